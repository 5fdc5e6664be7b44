//! What PostgreSQL computed of a cycle, and the second computation beside it.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Binary, Bool, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::hash::Hash32;
use governance::id::{MemberId, PayoutCycleId};
use serde_json::Value;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A step as PostgreSQL computed it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct StepRow {
    /// Which step, from 1.
    #[diesel(sql_type = Integer)]
    pub step: i32,
    /// Its name.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// What its pool held before.
    #[diesel(sql_type = BigInt)]
    pub before: i64,
    /// What it holds after.
    #[diesel(sql_type = BigInt)]
    pub after: i64,
    /// The digest that PostgreSQL computed.
    #[diesel(sql_type = Binary)]
    pub digest: Vec<u8>,
    /// That of the second computation.
    #[diesel(sql_type = Nullable<Binary>)]
    pub twin_digest: Option<Vec<u8>>,
}

/// A line of a step.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct LineRow {
    /// Which step.
    #[diesel(sql_type = Integer)]
    pub step: i32,
    /// The member who gets it.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub member_id: Option<Uuid>,
    /// The pool that gets it.
    #[diesel(sql_type = Nullable<Text>)]
    pub pool: Option<String>,
    /// How much.
    #[diesel(sql_type = BigInt)]
    pub amount: i64,
}

/// What a cycle means for a member.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct PayoutRow {
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// What was carried from before.
    #[diesel(sql_type = BigInt)]
    pub before: i64,
    /// What the rule gives.
    #[diesel(sql_type = BigInt)]
    pub accrued: i64,
    /// What is withheld.
    #[diesel(sql_type = BigInt)]
    pub withheld: i64,
    /// By which withholding.
    #[diesel(sql_type = Nullable<Text>)]
    pub withholding: Option<String>,
    /// What is paid.
    #[diesel(sql_type = BigInt)]
    pub paid: i64,
    /// What goes to a fund.
    #[diesel(sql_type = BigInt)]
    pub dormant: i64,
    /// What is carried.
    #[diesel(sql_type = BigInt)]
    pub carried: i64,
    /// Whether what would be paid waits.
    #[diesel(sql_type = Bool)]
    pub is_held: bool,
}

/// What payouts come to, in units of 10^-8, as digits.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct SumsRow {
    /// What is withheld.
    #[diesel(sql_type = Text)]
    pub withheld: String,
    /// What is paid.
    #[diesel(sql_type = Text)]
    pub paid: String,
    /// What goes to funds.
    #[diesel(sql_type = Text)]
    pub dormant: String,
    /// What members got in all.
    #[diesel(sql_type = Text)]
    pub accrued: String,
    /// How many are paid.
    #[diesel(sql_type = BigInt)]
    pub payments: i64,
}

/// Computes a frozen cycle inside PostgreSQL. `words` are the Keccak-256 of names, in hex.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `revenue_engine_refuses` where the rule cannot be applied.
pub async fn cycle_compute(
    tx: &mut CoopTx,
    cycle: PayoutCycleId,
    words: &Value,
    by: (MemberId, DateTime<Utc>),
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- cycle_compute
        UPDATE payout_cycle SET state = 'computed', digest = computed.digest, payout_digest = computed.payout_digest, computed_by = $4,
            computed_at = $5, recorded_by = $6
        FROM engine.revenue_compute($1, $2, $3) AS computed
        WHERE coop_id = $1 AND id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .bind::<Jsonb, _>(words)
    .bind::<SqlUuid, _>(by.0.uuid())
    .bind::<Timestamptz, _>(by.1)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The steps of a computed cycle.
///
/// # Errors
/// If the database fails.
pub async fn cycle_steps(tx: &mut CoopTx, cycle: PayoutCycleId) -> Result<Vec<StepRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- cycle_steps
        SELECT step, name, before, after, digest, twin_digest FROM payout_step WHERE coop_id = $1 AND cycle_id = $2 ORDER BY step",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The lines of a computed cycle: all of them, those of pools alone, or those of one member.
///
/// # Errors
/// If the database fails.
pub async fn cycle_lines(
    tx: &mut CoopTx,
    cycle: PayoutCycleId,
    (pools, member): (bool, Option<MemberId>),
) -> Result<Vec<LineRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- cycle_lines
        SELECT step, member_id, pool, amount FROM payout_line WHERE coop_id = $1 AND cycle_id = $2
          AND (NOT $3 OR member_id IS NULL) AND ($4 IS NULL OR member_id = $4)
        ORDER BY step, place",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .bind::<Bool, _>(pools)
    .bind::<Nullable<SqlUuid>, _>(member.map(|member| member.uuid()))
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// What a computed cycle means for members: all of them, or one.
///
/// # Errors
/// If the database fails.
pub async fn cycle_payouts(
    tx: &mut CoopTx,
    cycle: PayoutCycleId,
    member: Option<MemberId>,
) -> Result<Vec<PayoutRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- cycle_payouts
        SELECT member_id, before, accrued, withheld, withholding, paid, dormant, carried, is_held FROM payout
        WHERE coop_id = $1 AND cycle_id = $2 AND ($3 IS NULL OR member_id = $3) ORDER BY member_id",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .bind::<Nullable<SqlUuid>, _>(member.map(|member| member.uuid()))
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// What the payouts of a computed cycle come to.
///
/// # Errors
/// If the database fails.
pub async fn cycle_sums(tx: &mut CoopTx, cycle: PayoutCycleId) -> Result<SumsRow, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- cycle_sums
        SELECT coalesce(sum(withheld), 0)::text AS withheld, coalesce(sum(paid), 0)::text AS paid,
            coalesce(sum(dormant), 0)::text AS dormant, coalesce(sum(accrued), 0)::text AS accrued,
            count(*) FILTER (WHERE paid > 0) AS payments
        FROM payout WHERE coop_id = $1 AND cycle_id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .get_result(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// What one withholding of a rule withholds in all.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct WithheldRow {
    /// Which one.
    #[diesel(sql_type = Text)]
    pub withholding: String,
    /// In units of 10^-8, as digits.
    #[diesel(sql_type = Text)]
    pub units: String,
}

/// What a computed cycle withholds, by withholding.
///
/// # Errors
/// If the database fails.
pub async fn cycle_withheld(tx: &mut CoopTx, cycle: PayoutCycleId) -> Result<Vec<WithheldRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- cycle_withheld
        SELECT withholding, sum(withheld)::text AS units FROM payout WHERE coop_id = $1 AND cycle_id = $2 AND withheld > 0
        GROUP BY withholding ORDER BY withholding",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Writes down the digests of the second computation, step by step. The schema takes those that are equal, and no others.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `payout_step_is_computed_twice_alike` and
/// `payout_cycle_is_computed_twice_alike` where they differ.
pub async fn cycle_verify(
    tx: &mut CoopTx,
    cycle: PayoutCycleId,
    steps: &[Hash32],
    (digest, payout_digest, at): (Hash32, Hash32, DateTime<Utc>),
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- cycle_verify, steps
        UPDATE payout_step SET twin_digest = twin.digest
        FROM unnest($3) WITH ORDINALITY AS twin (digest, step)
        WHERE coop_id = $1 AND cycle_id = $2 AND payout_step.step = twin.step",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .bind::<Array<Binary>, _>(
        steps
            .iter()
            .map(|digest| digest.as_bytes().to_vec())
            .collect::<Vec<_>>(),
    )
    .execute(tx.connection())
    .await?;
    sql_query(
        "-- cycle_verify
        UPDATE payout_cycle SET state = 'verified', twin_digest = $3, twin_payout_digest = $4, verified_at = $5, recorded_by = $6
        WHERE coop_id = $1 AND id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .bind::<Binary, _>(digest.as_bytes().as_slice())
    .bind::<Binary, _>(payout_digest.as_bytes().as_slice())
    .bind::<Timestamptz, _>(at)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// What a member weighs in a step, and what all weigh together, as digits.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct WeightsRow {
    /// The member's own.
    #[diesel(sql_type = Text)]
    pub own: String,
    /// Everybody's.
    #[diesel(sql_type = Text)]
    pub all_members: String,
}

/// What a member weighs in a step of a frozen cycle.
///
/// # Errors
/// If the database fails.
pub async fn cycle_weights(
    tx: &mut CoopTx,
    cycle: PayoutCycleId,
    step: &Value,
    member: MemberId,
) -> Result<WeightsRow, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- cycle_weights
        SELECT coalesce(sum(weight) FILTER (WHERE member = $4), 0)::text AS own, coalesce(sum(weight), 0)::text AS all_members
        FROM engine.revenue_weights($1, $2, $3)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .bind::<Jsonb, _>(step)
    .bind::<SqlUuid, _>(member.uuid())
    .get_result(tx.connection())
    .await
    .map_err(StoreError::from)
}
