//! Suppliers' bills and who approved them.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::sql_types::{BigInt, Binary, Bool, Date, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::hash::Hash32;
use governance::id::{BillId, JournalId, MemberId};
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A bill.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct BillRow {
    /// Its identifier.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Who sent it.
    #[diesel(sql_type = Text)]
    pub supplier: String,
    /// What the supplier calls it.
    #[diesel(sql_type = Text)]
    pub reference: String,
    /// Where it is paid to.
    #[diesel(sql_type = Nullable<Text>)]
    pub iban: Option<String>,
    /// When it was written.
    #[diesel(sql_type = Date)]
    pub issued_on: NaiveDate,
    /// When it is due.
    #[diesel(sql_type = Date)]
    pub due_on: NaiveDate,
    /// The currency.
    #[diesel(sql_type = Text)]
    pub currency: String,
    /// Without VAT.
    #[diesel(sql_type = BigInt)]
    pub net: i64,
    /// The VAT.
    #[diesel(sql_type = BigInt)]
    pub vat: i64,
    /// With VAT.
    #[diesel(sql_type = BigInt)]
    pub gross: i64,
    /// What it is for.
    #[diesel(sql_type = Jsonb)]
    pub lines: serde_json::Value,
    /// SHA-256 of the supplier's file.
    #[diesel(sql_type = Nullable<Binary>)]
    pub file_hash: Option<Vec<u8>>,
    /// What is approved.
    #[diesel(sql_type = Binary)]
    pub digest: Vec<u8>,
    /// Where it stands.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// How many must approve.
    #[diesel(sql_type = SmallInt)]
    pub approvals_needed: i16,
    /// Who prepared it.
    #[diesel(sql_type = SqlUuid)]
    pub prepared_by: Uuid,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub prepared_at: DateTime<Utc>,
    /// The transaction that posted it.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub journal_id: Option<Uuid>,
    /// The transaction that paid it.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub payment_journal_id: Option<Uuid>,
    /// Why it was cancelled.
    #[diesel(sql_type = Nullable<Text>)]
    pub cancel_reason: Option<String>,
}

/// A bill to write.
#[derive(Debug, Clone, Copy)]
pub struct NewBill<'a> {
    /// Its identifier.
    pub id: BillId,
    /// Who sent it.
    pub supplier: &'a str,
    /// What the supplier calls it.
    pub reference: &'a str,
    /// Where it is paid to.
    pub iban: Option<&'a str>,
    /// When it was written.
    pub issued_on: NaiveDate,
    /// When it is due.
    pub due_on: NaiveDate,
    /// The currency.
    pub currency: &'a str,
    /// Without VAT, and with it.
    pub amounts: (i64, i64),
    /// What it is for.
    pub lines: &'a serde_json::Value,
    /// SHA-256 of the supplier's file.
    pub file: Option<Hash32>,
    /// What is approved.
    pub digest: Hash32,
    /// How many must approve.
    pub approvals_needed: i16,
    /// Who prepares it, and when.
    pub by: (MemberId, DateTime<Utc>),
}

/// An approval.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct BillApprovalRow {
    /// Who approved.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub approved_at: DateTime<Utc>,
    /// Whether who approved holds an office now.
    #[diesel(sql_type = Bool)]
    pub holds_office: bool,
}

const COLUMNS: &str =
    "id, supplier, reference, iban, issued_on, due_on, currency, net, vat, gross, lines, file_hash, digest, state,
    approvals_needed, prepared_by, prepared_at, journal_id, payment_journal_id, cancel_reason";

/// Writes a bill.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `bill_reference_is_taken_once` where it is there already.
pub async fn bill_insert(tx: &mut CoopTx, new: NewBill<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let (net, gross) = new.amounts;
    sql_query(
        "-- bill_insert
        INSERT INTO bill (coop_id, id, supplier, reference, iban, issued_on, due_on, currency, net, vat, gross, lines, file_hash, digest,
            approvals_needed, prepared_by, prepared_at, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10 - $9, $10, $11, $12, $13, $14, $15, $16, $17)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(new.id.uuid())
    .bind::<Text, _>(new.supplier)
    .bind::<Text, _>(new.reference)
    .bind::<Nullable<Text>, _>(new.iban)
    .bind::<Date, _>(new.issued_on)
    .bind::<Date, _>(new.due_on)
    .bind::<Text, _>(new.currency)
    .bind::<BigInt, _>(net)
    .bind::<BigInt, _>(gross)
    .bind::<Jsonb, _>(new.lines)
    .bind::<Nullable<Binary>, _>(new.file.map(|hash| hash.as_bytes().to_vec()))
    .bind::<Binary, _>(new.digest.as_bytes().as_slice())
    .bind::<SmallInt, _>(new.approvals_needed)
    .bind::<SqlUuid, _>(new.by.0.uuid())
    .bind::<Timestamptz, _>(new.by.1)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// A bill, and it alone until the transaction ends where that is asked for.
///
/// # Errors
/// If the database fails.
pub async fn bill_get(tx: &mut CoopTx, id: BillId, locked: bool) -> Result<Option<BillRow>, StoreError> {
    let coop = tx.coop().uuid();
    let lock = if locked { "FOR UPDATE" } else { "" };
    sql_query(format!(
        "-- bill_get\nSELECT {COLUMNS} FROM bill WHERE coop_id = $1 AND id = $2 {lock}"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(id.uuid())
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// The bills before the one with this identifier, the newest first.
///
/// # Errors
/// If the database fails.
pub async fn bill_list(tx: &mut CoopTx, (before, limit): (Uuid, i64)) -> Result<Vec<BillRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- bill_list
        SELECT {COLUMNS} FROM bill WHERE coop_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(before)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Approves the digest of a proposed bill; false where the member did so before.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `bill_approval_is_by_another` for who prepared it, and
/// `bill_approval_is_of_what_is_proposed` for another digest.
pub async fn bill_approval_insert(
    tx: &mut CoopTx,
    (bill, digest): (BillId, Hash32),
    by: (MemberId, DateTime<Utc>),
) -> Result<bool, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let inserted = sql_query(
        "-- bill_approval_insert
        INSERT INTO bill_approval (coop_id, bill_id, member_id, digest, approved_at, recorded_by) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (coop_id, bill_id, member_id) DO NOTHING",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(bill.uuid())
    .bind::<SqlUuid, _>(by.0.uuid())
    .bind::<Binary, _>(digest.as_bytes().as_slice())
    .bind::<Timestamptz, _>(by.1)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(inserted == 1)
}

/// The approvals of a bill.
///
/// # Errors
/// If the database fails.
pub async fn bill_approval_list(tx: &mut CoopTx, bill: BillId) -> Result<Vec<BillApprovalRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- bill_approval_list
        SELECT approval.member_id, approval.approved_at,
            member.status = 'active' AND EXISTS (SELECT FROM member_role WHERE member_role.coop_id = $1
                AND member_role.member_id = approval.member_id) AS holds_office
        FROM bill_approval AS approval JOIN member ON member.coop_id = $1 AND member.id = approval.member_id
        WHERE approval.coop_id = $1 AND approval.bill_id = $2 ORDER BY approval.approved_at, approval.member_id",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(bill.uuid())
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Notes that enough approved, and the transaction that posted the bill.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `bill_is_approved_by_enough` where approvals are missing.
pub async fn bill_approve(
    tx: &mut CoopTx,
    (bill, journal): (BillId, JournalId),
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- bill_approve
        UPDATE bill SET state = 'approved', journal_id = $3, approved_at = $4, recorded_by = $5 WHERE coop_id = $1 AND id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(bill.uuid())
    .bind::<SqlUuid, _>(journal.uuid())
    .bind::<Timestamptz, _>(at)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Notes the transaction that paid a bill.
///
/// # Errors
/// If the database fails.
pub async fn bill_pay(
    tx: &mut CoopTx,
    (bill, journal): (BillId, JournalId),
    by: (MemberId, DateTime<Utc>),
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- bill_pay
        UPDATE bill SET state = 'paid', payment_journal_id = $3, paid_by = $4, paid_at = $5, recorded_by = $6
        WHERE coop_id = $1 AND id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(bill.uuid())
    .bind::<SqlUuid, _>(journal.uuid())
    .bind::<SqlUuid, _>(by.0.uuid())
    .bind::<Timestamptz, _>(by.1)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Cancels a bill that was not approved.
///
/// # Errors
/// If the database fails.
pub async fn bill_cancel(
    tx: &mut CoopTx,
    (bill, reason): (BillId, &str),
    by: (MemberId, DateTime<Utc>),
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- bill_cancel
        UPDATE bill SET state = 'cancelled', cancel_reason = $3, cancelled_by = $4, cancelled_at = $5, recorded_by = $6
        WHERE coop_id = $1 AND id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(bill.uuid())
    .bind::<Text, _>(reason)
    .bind::<SqlUuid, _>(by.0.uuid())
    .bind::<Timestamptz, _>(by.1)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}
