//! The inputs of a cycle, frozen set by set.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::sql_types::{Array, BigInt, Binary, Bool, Date, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::{MemberId, PayoutCycleId};
use serde_json::Value;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// What the books give a cycle.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct BasisRow {
    /// Income less costs up to the last day, less what earlier cycles shared, in units of 10^-8, as digits.
    #[diesel(sql_type = Text)]
    pub revenue: String,
    /// What each account of equity holds, by path, as digits.
    #[diesel(sql_type = Jsonb)]
    pub equity: Value,
    /// The number of the last transaction.
    #[diesel(sql_type = BigInt)]
    pub journal_upto: i64,
}

/// A snapshot of contributions that a cycle would count, or waits for.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct CountedRow {
    /// The snapshot.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// What is counted.
    #[diesel(sql_type = Text)]
    pub metric: String,
    /// Whether members may still dispute it, a dispute is open, or one was upheld.
    #[diesel(sql_type = Bool)]
    pub is_unsettled: bool,
}

/// Inputs to freeze.
#[derive(Debug, Clone, Copy)]
pub struct Freeze<'a> {
    /// The cycle.
    pub cycle: PayoutCycleId,
    /// What is shared.
    pub revenue: i64,
    /// What reserves hold, by pool.
    pub reserves: &'a Value,
    /// Other balances.
    pub balances: &'a Value,
    /// The snapshots that it counts.
    pub snapshots: &'a [Uuid],
    /// The last transaction of the books that it knows.
    pub journal_upto: i64,
    /// SHA-256 of the functions that compute it.
    pub engine: &'a [u8; 32],
    /// Who freezes it, and when.
    pub by: (MemberId, DateTime<Utc>),
}

/// What the books give for a cycle in a currency up to a day.
///
/// # Errors
/// If the database fails.
pub async fn cycle_basis(tx: &mut CoopTx, currency: &str, ends_on: NaiveDate) -> Result<BasisRow, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- cycle_basis
        WITH sums AS (
            SELECT account.path, account.kind,
                -coalesce(sum(entry.amount) FILTER (WHERE journal.effective_on <= $3 AND journal.kind <> 'closing'), 0) AS upto, -coalesce(sum(entry.amount), 0) AS whole
            FROM ledger_account AS account
            LEFT JOIN journal_entry AS entry ON entry.coop_id = $1 AND entry.account_id = account.id
            LEFT JOIN journal ON journal.coop_id = $1 AND journal.number = entry.number
            WHERE account.coop_id = $1 AND account.currency = $2 AND account.kind IN ('income', 'expense', 'equity')
            GROUP BY account.path, account.kind)
        SELECT (coalesce((SELECT sum(upto) FROM sums WHERE kind IN ('income', 'expense')), 0)
                - coalesce((SELECT sum(revenue) FROM payout_cycle AS cycle WHERE coop_id = $1 AND currency = $2 AND state = 'posted'
                    AND NOT EXISTS (SELECT FROM payout_reversal AS undone WHERE undone.coop_id = $1 AND undone.cycle_id = cycle.id
                        AND undone.reversed_at IS NOT NULL)), 0))::text
                AS revenue,
            coalesce((SELECT jsonb_object_agg(path, whole::text) FROM sums WHERE kind = 'equity'), '{}') AS equity,
            coalesce((SELECT last_number FROM ledger_book WHERE coop_id = $1), 0) AS journal_upto",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(currency)
    .bind::<Date, _>(ends_on)
    .get_result(tx.connection())
    .await
    .map_err(StoreError::from)
}

#[derive(QueryableByName)]
struct EarliestRow {
    #[diesel(sql_type = Nullable<Date>)]
    day: Option<NaiveDate>,
}

/// The first day of income up to a day that no posted cycle shared and nobody undid; `None` without any.
///
/// # Errors
/// If the database fails.
pub async fn cycle_earliest_income(
    tx: &mut CoopTx,
    currency: &str,
    ends_on: NaiveDate,
) -> Result<Option<NaiveDate>, StoreError> {
    let coop = tx.coop().uuid();
    let row: EarliestRow = sql_query(
        "-- cycle_earliest_income
        SELECT min(journal.effective_on) AS day
        FROM ledger_account AS account
        JOIN journal_entry AS entry ON entry.coop_id = $1 AND entry.account_id = account.id
        JOIN journal ON journal.coop_id = $1 AND journal.number = entry.number
        WHERE account.coop_id = $1 AND account.currency = $2 AND account.kind = 'income' AND entry.amount < 0
          AND journal.effective_on <= $3
          -- What a posted cycle shared; it shared nothing that was recorded before it and took effect after its last day.
          AND NOT EXISTS (SELECT FROM payout_cycle AS cycle
              WHERE cycle.coop_id = $1 AND cycle.currency = $2 AND cycle.state = 'posted'
                AND cycle.journal_upto >= journal.number AND cycle.ends_on >= journal.effective_on
                AND NOT EXISTS (SELECT FROM payout_reversal AS undone WHERE undone.coop_id = $1 AND undone.cycle_id = cycle.id
                    AND undone.reversed_at IS NOT NULL))
          AND NOT EXISTS (SELECT FROM journal AS undoing WHERE undoing.coop_id = $1 AND undoing.reverses = journal.id)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(currency)
    .bind::<Date, _>(ends_on)
    .get_result(tx.connection())
    .await?;
    Ok(row.day)
}

/// The snapshots of contributions up to a day that no posted cycle counted and none replaced.
///
/// # Errors
/// If the database fails.
pub async fn cycle_snapshots(tx: &mut CoopTx, ends_on: NaiveDate) -> Result<Vec<CountedRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- cycle_snapshots
        SELECT header.id, header.metric,
            header.challenge_until >= clock_timestamp()
            OR EXISTS (SELECT FROM contribution_dispute AS dispute
                LEFT JOIN contribution_ruling AS ruling ON ruling.coop_id = $1 AND ruling.snapshot_id = header.id
                    AND ruling.member_id = dispute.member_id
                WHERE dispute.coop_id = $1 AND dispute.snapshot_id = header.id AND coalesce(ruling.is_upheld, true)) AS is_unsettled
        FROM contribution_snapshot AS header
        WHERE header.coop_id = $1 AND header.ends_on <= $2
          AND NOT EXISTS (SELECT FROM contribution_snapshot AS later WHERE later.coop_id = $1 AND later.replaces = header.id)
          AND NOT EXISTS (SELECT FROM payout_cycle AS cycle WHERE cycle.coop_id = $1 AND cycle.state = 'posted'
                          AND header.id = ANY (cycle.snapshots)
                          AND NOT EXISTS (SELECT FROM payout_reversal AS undone WHERE undone.coop_id = $1 AND undone.cycle_id = cycle.id
                              AND undone.reversed_at IS NOT NULL))
        ORDER BY header.id",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Date, _>(ends_on)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Who contributed more of a metric than can be counted.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct OverflowRow {
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// What is counted.
    #[diesel(sql_type = Text)]
    pub metric: String,
}

/// Whose contributions in these snapshots come to more than 63 bits hold, of the first hundred.
///
/// # Errors
/// If the database fails.
pub async fn cycle_overflows(tx: &mut CoopTx, snapshots: &[Uuid]) -> Result<Vec<OverflowRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- cycle_overflows
        SELECT line.member_id, header.metric FROM contribution_snapshot AS header
        JOIN contribution_line AS line ON line.coop_id = $1 AND line.snapshot_id = header.id
        WHERE header.coop_id = $1 AND header.id = ANY ($2)
        GROUP BY header.metric, line.member_id HAVING sum(line.count) > 9223372036854775807
        ORDER BY header.metric, line.member_id LIMIT 100",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Array<SqlUuid>, _>(snapshots)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Freezes the inputs of an open cycle: the members with what is known of each, and what they contributed.
///
/// # Errors
/// If the database fails.
pub async fn cycle_freeze(tx: &mut CoopTx, freeze: Freeze<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query("-- cycle_freeze, metrics\nSELECT engine.cycle_freeze_metrics($1, $2, $3)")
        .bind::<SqlUuid, _>(coop)
        .bind::<SqlUuid, _>(freeze.cycle.uuid())
        .bind::<Array<SqlUuid>, _>(freeze.snapshots)
        .execute(tx.connection())
        .await?;
    sql_query("-- cycle_freeze, members\nSELECT engine.cycle_freeze_members($1, $2)")
        .bind::<SqlUuid, _>(coop)
        .bind::<SqlUuid, _>(freeze.cycle.uuid())
        .execute(tx.connection())
        .await?;
    sql_query(
        "-- cycle_freeze
        UPDATE payout_cycle SET state = 'frozen', revenue = $3, reserves = $4, balances = $5, snapshots = $6, journal_upto = $7,
            members = (SELECT count(*) FROM payout_member WHERE coop_id = $1 AND cycle_id = $2), engine = $8, frozen_by = $9,
            frozen_at = $10, recorded_by = $11
        WHERE coop_id = $1 AND id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(freeze.cycle.uuid())
    .bind::<BigInt, _>(freeze.revenue)
    .bind::<Jsonb, _>(freeze.reserves)
    .bind::<Jsonb, _>(freeze.balances)
    .bind::<Array<SqlUuid>, _>(freeze.snapshots)
    .bind::<BigInt, _>(freeze.journal_upto)
    .bind::<Binary, _>(freeze.engine.as_slice())
    .bind::<SqlUuid, _>(freeze.by.0.uuid())
    .bind::<Timestamptz, _>(freeze.by.1)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}
