//! Payments that came in, what settles invoices, and what members owe.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::sql_types::{BigInt, Bool, Date, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::{DocumentId, IncomingPaymentId, JournalId, MemberId};
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A payment to write.
#[derive(Debug, Clone, Copy)]
pub struct NewIncoming<'a> {
    /// Its identifier.
    pub id: IncomingPaymentId,
    /// What the bank calls it.
    pub reference: &'a str,
    /// Who paid.
    pub member: Option<MemberId>,
    /// How much.
    pub amount: i64,
    /// What settles no invoice.
    pub credit: i64,
    /// The currency.
    pub currency: &'a str,
    /// When it came.
    pub received_on: NaiveDate,
    /// What the payer wrote.
    pub about: &'a str,
    /// The transaction that posts it.
    pub journal: JournalId,
    /// Who records it.
    pub actor: MemberId,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct IncomingRow {
    /// Its identifier.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// What the bank calls it.
    #[diesel(sql_type = Text)]
    pub reference: String,
    /// How much.
    #[diesel(sql_type = BigInt)]
    pub amount: i64,
    /// What settled no invoice.
    #[diesel(sql_type = BigInt)]
    pub credit: i64,
    /// The currency.
    #[diesel(sql_type = Text)]
    pub currency: String,
    /// When it came.
    #[diesel(sql_type = Date)]
    pub received_on: NaiveDate,
    /// The transaction that posted it.
    #[diesel(sql_type = SqlUuid)]
    pub journal_id: Uuid,
    /// Whether that is undone.
    #[diesel(sql_type = Bool)]
    pub is_undone: bool,
    /// When it was written.
    #[diesel(sql_type = Timestamptz)]
    pub recorded_at: DateTime<Utc>,
}

/// What a member owes.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ArrearsRow {
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// How the member is called.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// What is open.
    #[diesel(sql_type = BigInt)]
    pub open: i64,
    /// What of it is overdue.
    #[diesel(sql_type = BigInt)]
    pub overdue: i64,
    /// Since when.
    #[diesel(sql_type = Nullable<Date>)]
    pub overdue_since: Option<NaiveDate>,
    /// The credit that is left.
    #[diesel(sql_type = BigInt)]
    pub credit: i64,
}

/// Writes a payment that was posted.
///
/// # Errors
/// If the database fails.
pub async fn incoming_insert(tx: &mut CoopTx, new: NewIncoming<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- incoming_insert
        INSERT INTO incoming_payment (coop_id, id, reference, member_id, amount, credit, currency, received_on, about, journal_id, actor_id,
            recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(new.id.uuid())
    .bind::<Text, _>(new.reference)
    .bind::<Nullable<SqlUuid>, _>(new.member.map(|member| member.uuid()))
    .bind::<BigInt, _>(new.amount)
    .bind::<BigInt, _>(new.credit)
    .bind::<Text, _>(new.currency)
    .bind::<Date, _>(new.received_on)
    .bind::<Text, _>(new.about)
    .bind::<SqlUuid, _>(new.journal.uuid())
    .bind::<SqlUuid, _>(new.actor.uuid())
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Writes what settles an invoice: by a payment, a credit or a credit note.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `settlement_is_of_what_is_open` and `settlement_uses_credit_that_is_there`.
pub async fn settlement_insert(
    tx: &mut CoopTx,
    (document, journal): (DocumentId, JournalId),
    (way, amount): (&str, i64),
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- settlement_insert
        INSERT INTO settlement (coop_id, document_id, journal_id, way, amount, recorded_by) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(document.uuid())
    .bind::<SqlUuid, _>(journal.uuid())
    .bind::<Text, _>(way)
    .bind::<BigInt, _>(amount)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The payments of a member, by days.
///
/// # Errors
/// If the database fails.
pub async fn incoming_of(tx: &mut CoopTx, member: MemberId) -> Result<Vec<IncomingRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- incoming_of
        SELECT payment.id, payment.reference, payment.amount, payment.credit, payment.currency, payment.received_on, payment.journal_id,
            payment.recorded_at,
            EXISTS (SELECT FROM journal AS undoing WHERE undoing.coop_id = $1 AND undoing.reverses = payment.journal_id) AS is_undone
        FROM incoming_payment AS payment WHERE payment.coop_id = $1 AND payment.member_id = $2
        ORDER BY payment.received_on, payment.id",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The credit that a member has left, in units of the currency.
///
/// # Errors
/// If the database fails.
pub async fn credit_of(tx: &mut CoopTx, member: MemberId) -> Result<i64, StoreError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        credit: i64,
    }
    let coop = tx.coop().uuid();
    let found: Row = sql_query(format!(
        "-- credit_of\nSELECT {CREDIT} AS credit FROM (SELECT $2::uuid AS id) AS member"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .get_result(tx.connection())
    .await?;
    Ok(found.credit)
}

/// What payments and credit notes left, less what invoices used of it.
const CREDIT: &str = "(coalesce((SELECT sum(payment.credit) FROM incoming_payment AS payment
        WHERE payment.coop_id = $1 AND payment.member_id = member.id
          AND NOT EXISTS (SELECT FROM journal AS undoing WHERE undoing.coop_id = $1 AND undoing.reverses = payment.journal_id)), 0)
    + coalesce((SELECT sum(note.credit) FROM money_document AS note WHERE note.coop_id = $1 AND note.member_id = member.id), 0)
    - coalesce((SELECT sum(part.amount) FROM settlement AS part
        JOIN money_document AS invoice ON invoice.coop_id = $1 AND invoice.id = part.document_id
        WHERE part.coop_id = $1 AND part.way = 'credit' AND invoice.member_id = member.id), 0))::bigint";

/// The members who owe something or have a credit, after this one, as of a day.
///
/// # Errors
/// If the database fails.
pub async fn arrears_list(
    tx: &mut CoopTx,
    (after, limit): (Uuid, i64),
    day: NaiveDate,
) -> Result<Vec<ArrearsRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- arrears_list
        WITH invoice AS (
            SELECT document.member_id, document.due_on, document.gross - coalesce((
                SELECT sum(part.amount) FROM settlement AS part WHERE part.coop_id = $1 AND part.document_id = document.id
                  AND NOT EXISTS (SELECT FROM journal AS undoing WHERE undoing.coop_id = $1 AND undoing.reverses = part.journal_id)), 0)
                AS open
            FROM money_document AS document
            WHERE document.coop_id = $1 AND document.kind = 'invoice' AND document.member_id IS NOT NULL),
        sums AS (
            SELECT member_id, sum(open) AS open, coalesce(sum(open) FILTER (WHERE due_on < $4), 0) AS overdue,
                min(due_on) FILTER (WHERE due_on < $4 AND open > 0) AS overdue_since
            FROM invoice GROUP BY member_id),
        shown AS (
            SELECT member.id AS member_id, member.display_name AS name, coalesce(sums.open, 0)::bigint AS open,
                coalesce(sums.overdue, 0)::bigint AS overdue, sums.overdue_since, {CREDIT} AS credit
            FROM member LEFT JOIN sums ON sums.member_id = member.id WHERE member.coop_id = $1)
        SELECT * FROM shown WHERE member_id > $2 AND (open > 0 OR credit > 0) ORDER BY member_id LIMIT $3"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(after)
    .bind::<BigInt, _>(limit)
    .bind::<Date, _>(day)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}
