//! Revenue rules: versions that follow one another, each adopted by a proposal.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Binary, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::hash::Hash32;
use governance::id::ProposalId;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A version of the rule.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct RevenueRuleRow {
    /// From 1.
    #[diesel(sql_type = BigInt)]
    pub version: i64,
    /// Its hash.
    #[diesel(sql_type = Binary)]
    pub rule_hash: Vec<u8>,
    /// From when on it is in force.
    #[diesel(sql_type = Timestamptz)]
    pub effective_at: DateTime<Utc>,
    /// The proposal that adopted it.
    #[diesel(sql_type = SqlUuid)]
    pub proposal_id: Uuid,
    /// What it says.
    #[diesel(sql_type = Jsonb)]
    pub content: serde_json::Value,
    /// When the proposal was executed.
    #[diesel(sql_type = Timestamptz)]
    pub adopted_at: DateTime<Utc>,
}

/// A version to be adopted.
#[derive(Debug, Clone, Copy)]
pub struct NewRevenueRule<'a> {
    /// Its number.
    pub version: i64,
    /// Its hash.
    pub hash: Hash32,
    /// The hash of the version before.
    pub supersedes: Option<Hash32>,
    /// The currency that it shares.
    pub currency: &'a str,
    /// From when on it is in force.
    pub effective_at: DateTime<Utc>,
    /// The proposal that adopts it.
    pub proposal: ProposalId,
    /// What it says.
    pub content: &'a serde_json::Value,
    /// When the proposal is executed.
    pub adopted_at: DateTime<Utc>,
}

const COLUMNS: &str = "version, rule_hash, effective_at, proposal_id, content, adopted_at";

/// The rule in force at a moment; now where none is given.
///
/// # Errors
/// If the database fails.
pub async fn revenue_rule_in_force(
    tx: &mut CoopTx,
    at: Option<DateTime<Utc>>,
) -> Result<Option<RevenueRuleRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- revenue_rule_in_force
        SELECT {COLUMNS} FROM revenue_rule WHERE coop_id = $1 AND effective_at <= coalesce($2, clock_timestamp())
        ORDER BY version DESC LIMIT 1"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<Nullable<Timestamptz>, _>(at)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// The rule of a version.
///
/// # Errors
/// If the database fails.
pub async fn revenue_rule_get(tx: &mut CoopTx, version: i64) -> Result<Option<RevenueRuleRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- revenue_rule_get
        SELECT {COLUMNS} FROM revenue_rule WHERE coop_id = $1 AND version = $2"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(version)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// Rules before a version, newest first.
///
/// # Errors
/// If the database fails.
pub async fn revenue_rule_list(
    tx: &mut CoopTx,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<RevenueRuleRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- revenue_rule_list
        SELECT {COLUMNS} FROM revenue_rule WHERE coop_id = $1 AND version < coalesce($2, 9223372036854775807)
        ORDER BY version DESC LIMIT $3"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<Nullable<BigInt>, _>(before)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Adopts a version.
///
/// # Errors
/// If the database fails, also where the version exists or does not follow the one it supersedes.
pub async fn revenue_rule_insert(tx: &mut CoopTx, new: NewRevenueRule<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- revenue_rule_insert
        INSERT INTO revenue_rule (coop_id, version, rule_hash, supersedes, currency, effective_at, proposal_id, content, adopted_at,
            recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(new.version)
    .bind::<Binary, _>(new.hash.as_bytes().as_slice())
    .bind::<Nullable<Binary>, _>(new.supersedes.map(|hash| hash.as_bytes().to_vec()))
    .bind::<Text, _>(new.currency)
    .bind::<Timestamptz, _>(new.effective_at)
    .bind::<SqlUuid, _>(new.proposal.uuid())
    .bind::<Jsonb, _>(new.content)
    .bind::<Timestamptz, _>(new.adopted_at)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}
