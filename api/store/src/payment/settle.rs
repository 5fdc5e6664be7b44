//! How payments and cycles end without a file of a bank: by statements of two persons, carried, closed, undone.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::sql_types::{BigInt, Binary, Date, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::{JournalId, MemberId, PaymentStatementId, PayoutCycleId};
use uuid::Uuid;

use super::NewAttempt;
use crate::{CoopTx, StoreError};

/// What somebody states of a payment.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct StatementRow {
    /// Its identifier.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The payment.
    #[diesel(sql_type = SqlUuid)]
    pub payment_id: Uuid,
    /// Which try.
    #[diesel(sql_type = SmallInt)]
    pub number: i16,
    /// How the try is made.
    #[diesel(sql_type = Text)]
    pub rail: String,
    /// Where it stands.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// How much.
    #[diesel(sql_type = BigInt)]
    pub amount: i64,
    /// `paid` or `not_paid`.
    #[diesel(sql_type = Text)]
    pub outcome: String,
    /// The account from which it was paid.
    #[diesel(sql_type = Nullable<Text>)]
    pub path: Option<String>,
    /// On which day.
    #[diesel(sql_type = Date)]
    pub day: NaiveDate,
    /// What the evidence is called.
    #[diesel(sql_type = Text)]
    pub reference: String,
    /// SHA-256 of it.
    #[diesel(sql_type = Binary)]
    pub document: Vec<u8>,
    /// Who states it.
    #[diesel(sql_type = SqlUuid)]
    pub stated_by: Uuid,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub stated_at: DateTime<Utc>,
    /// What another person found.
    #[diesel(sql_type = Nullable<Text>)]
    pub verdict: Option<String>,
    /// Who that was.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub confirmed_by: Option<Uuid>,
}

/// A statement to be written.
#[derive(Debug, Clone, Copy)]
pub struct NewPaymentStatement<'a> {
    /// Its identifier.
    pub id: PaymentStatementId,
    /// The payment, and which try.
    pub attempt: (Uuid, i16),
    /// `paid` or `not_paid`.
    pub outcome: &'a str,
    /// The account from which it was paid.
    pub account: Option<Uuid>,
    /// On which day.
    pub day: NaiveDate,
    /// What the evidence is called.
    pub reference: &'a str,
    /// SHA-256 of it.
    pub document: &'a [u8; 32],
    /// Who states it, and when.
    pub by: (MemberId, DateTime<Utc>),
}

/// That two persons end a cycle, or one of them wants to.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct EndRow {
    /// Who asked.
    #[diesel(sql_type = SqlUuid)]
    pub asked_by: Uuid,
    /// Why, where that is asked.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    /// When another person did it.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub done_at: Option<DateTime<Utc>>,
}

/// Writes a try that no bank makes: by hand, or carried.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `payment_attempt_is_alone` where another try may still pay.
pub async fn attempt_insert_alone(
    tx: &mut CoopTx,
    new: &NewAttempt,
    (rail, state, reason): (&str, &str, Option<&str>),
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- attempt_insert_alone
        INSERT INTO payment_attempt (coop_id, payment_id, member_id, number, amount, reference, rail, state, reason, changed_at, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(new.payment)
    .bind::<SqlUuid, _>(new.member)
    .bind::<SmallInt, _>(new.number)
    .bind::<BigInt, _>(new.amount)
    .bind::<Text, _>(&new.reference)
    .bind::<Text, _>(rail)
    .bind::<Text, _>(state)
    .bind::<Nullable<Text>, _>(reason)
    .bind::<Timestamptz, _>(at)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Lets a try go on by a statement that was confirmed.
///
/// # Errors
/// If the database fails, or the try does not go on so.
pub async fn attempt_end(
    tx: &mut CoopTx,
    row: &StatementRow,
    state: &str,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- attempt_end
        UPDATE payment_attempt SET state = $4, statement_id = $5, reason = $6, changed_at = $7, recorded_by = $8
        WHERE coop_id = $1 AND payment_id = $2 AND number = $3",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(row.payment_id)
    .bind::<SmallInt, _>(row.number)
    .bind::<Text, _>(state)
    .bind::<SqlUuid, _>(row.id)
    .bind::<Text, _>(&row.reference)
    .bind::<Timestamptz, _>(at)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Writes a statement down.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `payment_statement_is_alone` while another one waits.
pub async fn statement_insert(tx: &mut CoopTx, new: NewPaymentStatement<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- statement_insert
        INSERT INTO payment_statement (coop_id, id, payment_id, number, outcome, ledger_account_id, day, reference, document, stated_by,
            stated_at, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(new.id.uuid())
    .bind::<SqlUuid, _>(new.attempt.0)
    .bind::<SmallInt, _>(new.attempt.1)
    .bind::<Text, _>(new.outcome)
    .bind::<Nullable<SqlUuid>, _>(new.account)
    .bind::<Date, _>(new.day)
    .bind::<Text, _>(new.reference)
    .bind::<Binary, _>(new.document.as_slice())
    .bind::<SqlUuid, _>(new.by.0.uuid())
    .bind::<Timestamptz, _>(new.by.1)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Statements of a cycle after this one, in the order in which they were made.
///
/// # Errors
/// If the database fails.
pub async fn statement_list(
    tx: &mut CoopTx,
    cycle: PayoutCycleId,
    (after, limit): (Uuid, i64),
) -> Result<Vec<StatementRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- statement_list
        SELECT said.id, said.payment_id, said.number, attempt.rail, attempt.state, attempt.member_id, attempt.amount, said.outcome,
            account.path, said.day, said.reference, said.document, said.stated_by, said.stated_at, said.verdict, said.confirmed_by
        FROM payment_statement AS said
        JOIN payment ON payment.coop_id = $1 AND payment.id = said.payment_id AND payment.cycle_id = $2
        JOIN payment_attempt AS attempt ON attempt.coop_id = $1 AND attempt.payment_id = said.payment_id AND attempt.number = said.number
        LEFT JOIN ledger_account AS account ON account.coop_id = $1 AND account.id = said.ledger_account_id
        WHERE said.coop_id = $1 AND said.id > $3 ORDER BY said.id LIMIT $4",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .bind::<SqlUuid, _>(after)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Notes what another person found of a statement.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `payment_statement_is_confirmed_by_another` for who made it.
pub async fn statement_verdict(
    tx: &mut CoopTx,
    id: PaymentStatementId,
    verdict: &str,
    by: (MemberId, DateTime<Utc>),
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- statement_verdict
        UPDATE payment_statement SET verdict = $3, confirmed_by = $4, confirmed_at = $5, recorded_by = $6 WHERE coop_id = $1 AND id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(id.uuid())
    .bind::<Text, _>(verdict)
    .bind::<SqlUuid, _>(by.0.uuid())
    .bind::<Timestamptz, _>(by.1)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

async fn end_get(tx: &mut CoopTx, cycle: PayoutCycleId, query: &str) -> Result<Option<EndRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(query)
        .bind::<SqlUuid, _>(coop)
        .bind::<SqlUuid, _>(cycle.uuid())
        .get_result(tx.connection())
        .await
        .optional()
        .map_err(StoreError::from)
}

/// Whether a cycle is closed, or somebody asked for it.
///
/// # Errors
/// If the database fails.
pub async fn closing_get(tx: &mut CoopTx, cycle: PayoutCycleId) -> Result<Option<EndRow>, StoreError> {
    let query = "-- closing_get
        SELECT asked_by, NULL::text AS reason, closed_at AS done_at FROM payment_closing
        WHERE coop_id = $1 AND cycle_id = $2 AND withdrawn_at IS NULL";
    end_get(tx, cycle, query).await
}

/// Whether a cycle was undone, or somebody asked for it.
///
/// # Errors
/// If the database fails.
pub async fn reversal_get(tx: &mut CoopTx, cycle: PayoutCycleId) -> Result<Option<EndRow>, StoreError> {
    let query = "-- reversal_get
        SELECT asked_by, reason, reversed_at AS done_at FROM payout_reversal
        WHERE coop_id = $1 AND cycle_id = $2 AND withdrawn_at IS NULL";
    end_get(tx, cycle, query).await
}

/// Asks for a cycle to be closed.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `payment_closing_leaves_nothing` where something is not paid.
pub async fn closing_ask(
    tx: &mut CoopTx,
    cycle: PayoutCycleId,
    by: (MemberId, DateTime<Utc>),
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- closing_ask
        INSERT INTO payment_closing (coop_id, cycle_id, number, asked_by, asked_at, recorded_by)
        SELECT $1, $2, 1 + count(*), $3, $4, $5 FROM payment_closing WHERE coop_id = $1 AND cycle_id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .bind::<SqlUuid, _>(by.0.uuid())
    .bind::<Timestamptz, _>(by.1)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Closes a cycle.
///
/// # Errors
/// As [`closing_ask`]; `payment_closing_is_by_another` for who asked.
pub async fn closing_finish(
    tx: &mut CoopTx,
    cycle: PayoutCycleId,
    by: (MemberId, DateTime<Utc>),
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- closing_finish
        UPDATE payment_closing SET closed_by = $3, closed_at = $4, recorded_by = $5
        WHERE coop_id = $1 AND cycle_id = $2 AND withdrawn_at IS NULL",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .bind::<SqlUuid, _>(by.0.uuid())
    .bind::<Timestamptz, _>(by.1)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Asks for a cycle to be undone.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `payout_reversal_is_of_the_last_cycle` where it cannot be.
pub async fn reversal_ask(
    tx: &mut CoopTx,
    cycle: PayoutCycleId,
    reason: &str,
    by: (MemberId, DateTime<Utc>),
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- reversal_ask
        INSERT INTO payout_reversal (coop_id, cycle_id, number, reason, asked_by, asked_at, recorded_by)
        SELECT $1, $2, 1 + count(*), $3, $4, $5, $6 FROM payout_reversal WHERE coop_id = $1 AND cycle_id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .bind::<Text, _>(reason)
    .bind::<SqlUuid, _>(by.0.uuid())
    .bind::<Timestamptz, _>(by.1)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Notes that a cycle was undone, and by which transaction.
///
/// # Errors
/// As [`reversal_ask`]; `payout_reversal_is_by_another` for who asked.
pub async fn reversal_finish(
    tx: &mut CoopTx,
    (cycle, journal): (PayoutCycleId, JournalId),
    by: (MemberId, DateTime<Utc>),
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- reversal_finish
        UPDATE payout_reversal SET journal_id = $3, reversed_by = $4, reversed_at = $5, recorded_by = $6
        WHERE coop_id = $1 AND cycle_id = $2 AND withdrawn_at IS NULL",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .bind::<SqlUuid, _>(journal.uuid())
    .bind::<SqlUuid, _>(by.0.uuid())
    .bind::<Timestamptz, _>(by.1)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Takes back that a member asked for a cycle to be closed, if nobody did it since; whether there was something to take back.
///
/// # Errors
/// If the database fails.
pub async fn closing_withdraw(
    tx: &mut CoopTx,
    cycle: PayoutCycleId,
    by: (MemberId, DateTime<Utc>),
) -> Result<bool, StoreError> {
    let query = "-- closing_withdraw
        UPDATE payment_closing SET withdrawn_at = $4, recorded_by = $5
        WHERE coop_id = $1 AND cycle_id = $2 AND asked_by = $3 AND withdrawn_at IS NULL AND closed_at IS NULL";
    end_withdraw(tx, cycle, by, query).await
}

/// Takes back that a member asked for a cycle to be undone, as [`closing_withdraw`].
///
/// # Errors
/// If the database fails.
pub async fn reversal_withdraw(
    tx: &mut CoopTx,
    cycle: PayoutCycleId,
    by: (MemberId, DateTime<Utc>),
) -> Result<bool, StoreError> {
    let query = "-- reversal_withdraw
        UPDATE payout_reversal SET withdrawn_at = $4, recorded_by = $5
        WHERE coop_id = $1 AND cycle_id = $2 AND asked_by = $3 AND withdrawn_at IS NULL AND reversed_at IS NULL";
    end_withdraw(tx, cycle, by, query).await
}

async fn end_withdraw(
    tx: &mut CoopTx,
    cycle: PayoutCycleId,
    by: (MemberId, DateTime<Utc>),
    query: &str,
) -> Result<bool, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let changed = sql_query(query)
        .bind::<SqlUuid, _>(coop)
        .bind::<SqlUuid, _>(cycle.uuid())
        .bind::<SqlUuid, _>(by.0.uuid())
        .bind::<Timestamptz, _>(by.1)
        .bind::<Text, _>(name)
        .execute(tx.connection())
        .await?;
    Ok(changed == 1)
}
