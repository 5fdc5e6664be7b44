//! Files that ask a bank to pay.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::sql_types::{BigInt, Binary, Date, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::{LedgerAccountId, MemberId, PaymentFileId, PayoutCycleId};
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct FileRow {
    /// Its identifier.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The account of a bank that pays; `None` for a list of claims.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub bank_account_id: Option<Uuid>,
    /// The distributor that members claim from; `None` for a file for a bank.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub distributor_id: Option<Uuid>,
    /// What the bank calls it.
    #[diesel(sql_type = Text)]
    pub message: String,
    /// SHA-256 of its bytes.
    #[diesel(sql_type = Binary)]
    pub digest: Vec<u8>,
    /// The day on which the bank is to pay.
    #[diesel(sql_type = Date)]
    pub pay_on: NaiveDate,
    /// How many payments.
    #[diesel(sql_type = Integer)]
    pub transfers: i32,
    /// What they come to.
    #[diesel(sql_type = BigInt)]
    pub total: i64,
    /// Where it stands.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// Who prepared it.
    #[diesel(sql_type = SqlUuid)]
    pub prepared_by: Uuid,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub prepared_at: DateTime<Utc>,
    /// Who released it.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub released_by: Option<Uuid>,
    /// When.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub released_at: Option<DateTime<Utc>>,
    /// Why it was withdrawn.
    #[diesel(sql_type = Nullable<Text>)]
    pub withdraw_reason: Option<String>,
}

/// What a file asks to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileRail {
    /// A bank.
    Bank,
    /// A contract from which members claim.
    Chain,
}

/// A file to be written down.
#[derive(Debug, Clone, Copy)]
pub struct NewFile<'a> {
    /// Its identifier.
    pub id: PaymentFileId,
    /// The cycle.
    pub cycle: PayoutCycleId,
    /// The account that pays.
    pub account: LedgerAccountId,
    /// How.
    pub rail: FileRail,
    /// What the bank calls it.
    pub message: &'a str,
    /// SHA-256 of its bytes.
    pub digest: &'a [u8; 32],
    /// The day on which the bank is to pay.
    pub pay_on: NaiveDate,
    /// How many payments, and what they come to.
    pub sums: (i32, i64),
    /// Who prepares it, and when.
    pub by: (MemberId, DateTime<Utc>),
}

/// A payment of a file, with the details to which it goes.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct TransferRow {
    /// The payment.
    #[diesel(sql_type = SqlUuid)]
    pub payment_id: Uuid,
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// Which try.
    #[diesel(sql_type = SmallInt)]
    pub number: i16,
    /// How much.
    #[diesel(sql_type = BigInt)]
    pub amount: i64,
    /// The version of the details.
    #[diesel(sql_type = Integer)]
    pub payee_version: i32,
    /// The details, sealed; `None` for who was erased.
    #[diesel(sql_type = Nullable<Binary>)]
    pub sealed: Option<Vec<u8>>,
}

const COLUMNS: &str =
    "id, bank_account_id, distributor_id, message, digest, pay_on, transfers, total, state, prepared_by, prepared_at, released_by,
    released_at, withdraw_reason";

/// Writes a file down.
///
/// # Errors
/// If the database fails.
pub async fn file_insert(tx: &mut CoopTx, new: NewFile<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- file_insert
        INSERT INTO payment_file (coop_id, id, cycle_id, bank_account_id, message, digest, pay_on, transfers, total, prepared_by,
            prepared_at, recorded_by, distributor_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(new.id.uuid())
    .bind::<SqlUuid, _>(new.cycle.uuid())
    .bind::<Nullable<SqlUuid>, _>((new.rail == FileRail::Bank).then(|| new.account.uuid()))
    .bind::<Text, _>(new.message)
    .bind::<Binary, _>(new.digest.as_slice())
    .bind::<Date, _>(new.pay_on)
    .bind::<Integer, _>(new.sums.0)
    .bind::<BigInt, _>(new.sums.1)
    .bind::<SqlUuid, _>(new.by.0.uuid())
    .bind::<Timestamptz, _>(new.by.1)
    .bind::<Text, _>(name)
    .bind::<Nullable<SqlUuid>, _>((new.rail == FileRail::Chain).then(|| new.account.uuid()))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// A file of a cycle.
///
/// # Errors
/// If the database fails.
pub async fn file_get(tx: &mut CoopTx, cycle: PayoutCycleId, id: PaymentFileId) -> Result<Option<FileRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- file_get\nSELECT {COLUMNS} FROM payment_file WHERE coop_id = $1 AND cycle_id = $2 AND id = $3"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .bind::<SqlUuid, _>(id.uuid())
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// Files of a cycle after this one, in the order in which they were prepared.
///
/// # Errors
/// If the database fails.
pub async fn file_list(
    tx: &mut CoopTx,
    cycle: PayoutCycleId,
    (after, limit): (Uuid, i64),
) -> Result<Vec<FileRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- file_list\nSELECT {COLUMNS} FROM payment_file WHERE coop_id = $1 AND cycle_id = $2 AND id > $3 ORDER BY id LIMIT $4"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .bind::<SqlUuid, _>(after)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The payments of a file.
///
/// # Errors
/// If the database fails.
pub async fn file_transfers(tx: &mut CoopTx, id: PaymentFileId) -> Result<Vec<TransferRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- file_transfers
        SELECT attempt.payment_id, attempt.member_id, attempt.number, attempt.amount, payee.version AS payee_version, payee.sealed
        FROM payment_attempt AS attempt
        JOIN payee ON payee.coop_id = $1 AND payee.member_id = attempt.member_id AND payee.version = attempt.payee_version
        WHERE attempt.coop_id = $1 AND attempt.file_id = $2 ORDER BY attempt.reference",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(id.uuid())
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Releases a file to be given to the bank, with its tries.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `payment_file_is_released_by_another` for who prepared it, and
/// `payment_file_is_to_current_payees` where a member wants to be paid elsewhere since.
pub async fn file_release(tx: &mut CoopTx, id: PaymentFileId, by: (MemberId, DateTime<Utc>)) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- file_release
        UPDATE payment_file SET state = 'released', released_by = $3, released_at = $4, recorded_by = $5 WHERE coop_id = $1 AND id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(id.uuid())
    .bind::<SqlUuid, _>(by.0.uuid())
    .bind::<Timestamptz, _>(by.1)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    attempts_follow(tx, id, ("submitted", by.1)).await
}

/// Withdraws a file that was not released, with its tries.
///
/// # Errors
/// If the database fails.
pub async fn file_withdraw(
    tx: &mut CoopTx,
    id: PaymentFileId,
    reason: &str,
    by: (MemberId, DateTime<Utc>),
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- file_withdraw
        UPDATE payment_file SET state = 'withdrawn', withdrawn_by = $3, withdraw_reason = $4, recorded_by = $5
        WHERE coop_id = $1 AND id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(id.uuid())
    .bind::<SqlUuid, _>(by.0.uuid())
    .bind::<Text, _>(reason)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    attempts_follow(tx, id, ("withdrawn", by.1)).await
}

async fn attempts_follow(
    tx: &mut CoopTx,
    file: PaymentFileId,
    (state, at): (&str, DateTime<Utc>),
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- attempts_follow
        UPDATE payment_attempt SET state = $3, changed_at = $4, recorded_by = $5 WHERE coop_id = $1 AND file_id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(file.uuid())
    .bind::<Text, _>(state)
    .bind::<Timestamptz, _>(at)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}
