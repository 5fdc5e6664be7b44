//! Payout cycles: their rows.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::sql_types::{
    Array, BigInt, Binary, Date, Integer, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};
use governance::hash::Hash32;
use governance::id::{MemberId, PayoutCycleId};
use serde_json::Value;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A cycle.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct CycleRow {
    /// Its identifier.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// How the period is called.
    #[diesel(sql_type = Text)]
    pub period: String,
    /// The last day whose income and costs are shared.
    #[diesel(sql_type = Date)]
    pub ends_on: NaiveDate,
    /// The currency.
    #[diesel(sql_type = Text)]
    pub currency: String,
    /// The rule, by its version.
    #[diesel(sql_type = BigInt)]
    pub rule_version: i64,
    /// The rule, by its hash.
    #[diesel(sql_type = Binary)]
    pub rule_hash: Vec<u8>,
    /// The cycle's word.
    #[diesel(sql_type = Binary)]
    pub word: Vec<u8>,
    /// Where it stands.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// Where it stands with its payments: as the state; once it is posted also `issuing`, `reconciling`, `closed` or `undone`.
    #[diesel(sql_type = Text)]
    pub stage: String,
    /// Who opened it.
    #[diesel(sql_type = SqlUuid)]
    pub opened_by: Uuid,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub opened_at: DateTime<Utc>,
    /// What is shared.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub revenue: Option<i64>,
    /// What reserves held before.
    #[diesel(sql_type = Nullable<Jsonb>)]
    pub reserves: Option<Value>,
    /// Other balances.
    #[diesel(sql_type = Nullable<Jsonb>)]
    pub balances: Option<Value>,
    /// The snapshots that it counts.
    #[diesel(sql_type = Nullable<Array<SqlUuid>>)]
    pub snapshots: Option<Vec<Uuid>>,
    /// The last transaction of the books that it knows.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub journal_upto: Option<i64>,
    /// How many members were frozen.
    #[diesel(sql_type = Nullable<Integer>)]
    pub members: Option<i32>,
    /// SHA-256 of the functions that compute it.
    #[diesel(sql_type = Nullable<Binary>)]
    pub engine: Option<Vec<u8>>,
    /// Who froze it.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub frozen_by: Option<Uuid>,
    /// The digest that PostgreSQL computed.
    #[diesel(sql_type = Nullable<Binary>)]
    pub digest: Option<Vec<u8>>,
    /// That of what is paid.
    #[diesel(sql_type = Nullable<Binary>)]
    pub payout_digest: Option<Vec<u8>>,
    /// Who asked for the computation.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub computed_by: Option<Uuid>,
    /// When both programs said the same.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub verified_at: Option<DateTime<Utc>>,
    /// Who put it before the approvers.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub proposed_by: Option<Uuid>,
    /// How many must approve.
    #[diesel(sql_type = Nullable<SmallInt>)]
    pub approvals_needed: Option<i16>,
    /// The transaction that posted it.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub journal_id: Option<Uuid>,
    /// When it was posted.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub posted_at: Option<DateTime<Utc>>,
    /// Why it was cancelled.
    #[diesel(sql_type = Nullable<Text>)]
    pub cancel_reason: Option<String>,
    /// When two persons undid it, after it was posted.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub reversed_at: Option<DateTime<Utc>>,
    /// Why they did.
    #[diesel(sql_type = Nullable<Text>)]
    pub reversal_reason: Option<String>,
}

/// A cycle to be opened.
#[derive(Debug, Clone, Copy)]
pub struct NewCycle<'a> {
    /// Its identifier.
    pub id: PayoutCycleId,
    /// How the period is called.
    pub period: &'a str,
    /// The last day whose income and costs are shared.
    pub ends_on: NaiveDate,
    /// The rule: its version and its hash.
    pub rule: (i64, Hash32),
    /// The currency that the rule shares.
    pub currency: &'a str,
    /// The posted cycle before it.
    pub previous: Option<Uuid>,
    /// The cycle's word.
    pub word: Hash32,
    /// Who opens it, and when.
    pub by: (MemberId, DateTime<Utc>),
}

const COLUMNS: &str = "id, period, ends_on, currency, rule_version, rule_hash, word, state, opened_by, opened_at, revenue, reserves, balances,
    snapshots, journal_upto, members, engine, frozen_by, digest, payout_digest, computed_by, verified_at, proposed_by, approvals_needed,
    journal_id, posted_at, cancel_reason,
    (SELECT undone.reversed_at FROM payout_reversal AS undone
        WHERE undone.coop_id = payout_cycle.coop_id AND undone.cycle_id = payout_cycle.id AND undone.reversed_at IS NOT NULL) AS reversed_at,
    (SELECT undone.reason FROM payout_reversal AS undone
        WHERE undone.coop_id = payout_cycle.coop_id AND undone.cycle_id = payout_cycle.id AND undone.reversed_at IS NOT NULL) AS reversal_reason,
    CASE WHEN state <> 'posted' THEN state
        WHEN EXISTS (SELECT FROM payout_reversal AS undone WHERE undone.coop_id = payout_cycle.coop_id
            AND undone.cycle_id = payout_cycle.id AND undone.reversed_at IS NOT NULL) THEN 'undone'
        WHEN EXISTS (SELECT FROM payment_closing AS ending WHERE ending.coop_id = payout_cycle.coop_id
            AND ending.cycle_id = payout_cycle.id AND ending.closed_at IS NOT NULL) THEN 'closed'
        WHEN EXISTS (SELECT FROM payment_closing AS ending WHERE ending.coop_id = payout_cycle.coop_id
            AND ending.cycle_id = payout_cycle.id AND ending.withdrawn_at IS NULL) THEN 'reconciling'
        WHEN EXISTS (SELECT FROM payment_issue AS issue WHERE issue.coop_id = payout_cycle.coop_id
            AND issue.cycle_id = payout_cycle.id) THEN 'issuing'
        ELSE state END AS stage";

/// Opens a cycle.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `payout_cycle_is_alone` while another one is under way, and
/// `payout_cycle_is_one_for_each_period`.
pub async fn cycle_insert(tx: &mut CoopTx, new: NewCycle<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- cycle_insert
        INSERT INTO payout_cycle (coop_id, id, period, ends_on, currency, rule_version, rule_hash, previous, word, opened_by, opened_at,
            recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(new.id.uuid())
    .bind::<Text, _>(new.period)
    .bind::<Date, _>(new.ends_on)
    .bind::<Text, _>(new.currency)
    .bind::<BigInt, _>(new.rule.0)
    .bind::<Binary, _>(new.rule.1.as_bytes().as_slice())
    .bind::<Nullable<SqlUuid>, _>(new.previous)
    .bind::<Binary, _>(new.word.as_bytes().as_slice())
    .bind::<SqlUuid, _>(new.by.0.uuid())
    .bind::<Timestamptz, _>(new.by.1)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The time that a step of a cycle may take: a million members take longer than any answer to a person should. It holds until the
/// transaction ends, its commit included.
const LIMITS: &str = "SET LOCAL statement_timeout = '10min'; SET LOCAL idle_in_transaction_session_timeout = '10min'";

/// A cycle; `locked` keeps it as it is until the transaction ends, which may then take as long as a step of a cycle takes.
///
/// # Errors
/// If the database fails.
pub async fn cycle_get(tx: &mut CoopTx, id: PayoutCycleId, locked: bool) -> Result<Option<CycleRow>, StoreError> {
    let coop = tx.coop().uuid();
    let lock = if locked { "FOR NO KEY UPDATE" } else { "" };
    if locked {
        tx.connection().batch_execute(LIMITS).await?;
    }
    sql_query(format!(
        "-- cycle_get\nSELECT {COLUMNS} FROM payout_cycle WHERE coop_id = $1 AND id = $2 {lock}"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(id.uuid())
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// Cycles after this one, in the order of identifiers.
///
/// # Errors
/// If the database fails.
pub async fn cycle_list(tx: &mut CoopTx, after: Uuid, limit: i64) -> Result<Vec<CycleRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- cycle_list\nSELECT {COLUMNS} FROM payout_cycle WHERE coop_id = $1 AND id > $2 ORDER BY id LIMIT $3"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(after)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The cycle that was posted last.
///
/// # Errors
/// If the database fails.
pub async fn cycle_last_posted(tx: &mut CoopTx) -> Result<Option<CycleRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- cycle_last_posted\nSELECT {COLUMNS} FROM payout_cycle WHERE coop_id = $1 AND state = 'posted'
        ORDER BY posted_at DESC, id DESC LIMIT 1"
    ))
    .bind::<SqlUuid, _>(coop)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// The cycles in a currency that were posted last and that nobody undid, the newest first.
///
/// # Errors
/// If the database fails.
pub async fn cycle_posted(tx: &mut CoopTx, currency: &str, limit: i64) -> Result<Vec<CycleRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- cycle_posted\nSELECT {COLUMNS} FROM payout_cycle WHERE coop_id = $1 AND currency = $2 AND state = 'posted'
        AND NOT EXISTS (SELECT FROM payout_reversal AS undone WHERE undone.coop_id = $1 AND undone.cycle_id = payout_cycle.id
            AND undone.reversed_at IS NOT NULL)
        ORDER BY posted_at DESC, id DESC LIMIT $3"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(currency)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}
