//! Policies: versions that follow one another, each set by a proposal.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::{MemberId, ProposalId};
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A version of the policy.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct PolicyRow {
    /// From 1.
    #[diesel(sql_type = BigInt)]
    pub version: i64,
    /// From when on it is in force.
    #[diesel(sql_type = Timestamptz)]
    pub effective_at: DateTime<Utc>,
    /// The proposal that set it.
    #[diesel(sql_type = SqlUuid)]
    pub proposal_id: Uuid,
    /// What it says.
    #[diesel(sql_type = Jsonb)]
    pub content: serde_json::Value,
    /// For each allowance, the proposal that first set it so, and since when.
    #[diesel(sql_type = Jsonb)]
    pub origins: serde_json::Value,
}

/// A version to be put in force.
#[derive(Debug, Clone, Copy)]
pub struct NewPolicy<'a> {
    /// Its number.
    pub version: i64,
    /// From when on.
    pub effective_at: DateTime<Utc>,
    /// The proposal that sets it.
    pub proposal: ProposalId,
    /// What it says.
    pub content: &'a serde_json::Value,
    /// Where each allowance comes from.
    pub origins: &'a serde_json::Value,
    /// When the proposal is executed.
    pub set_at: DateTime<Utc>,
}

/// A member, as far as a policy asks.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct SubjectRow {
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The class.
    #[diesel(sql_type = Text)]
    pub class: String,
    /// The offices held.
    #[diesel(sql_type = Array<Text>)]
    pub roles: Vec<String>,
}

const COLUMNS: &str = "version, effective_at, proposal_id, content, origins";

/// The policy in force at a moment; now where none is given.
///
/// # Errors
/// If the database fails.
pub async fn policy_in_force(tx: &mut CoopTx, at: Option<DateTime<Utc>>) -> Result<Option<PolicyRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- access_policy_in_force
        SELECT {COLUMNS} FROM access_policy WHERE coop_id = $1 AND effective_at <= coalesce($2, clock_timestamp())
        ORDER BY version DESC LIMIT 1"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<Nullable<Timestamptz>, _>(at)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// The proposal that first said, in the words in force, who may use a model; nothing where none does.
///
/// # Errors
/// If the database fails.
pub async fn permission_origin(tx: &mut CoopTx, model: &str) -> Result<Option<Uuid>, StoreError> {
    let coop = tx.coop().uuid();
    let row: Option<OriginRow> = sql_query(
        "-- access_permission_origin
        WITH said AS (
            SELECT p.version, p.proposal_id, (SELECT line FROM jsonb_array_elements(p.content -> 'models') AS line
                WHERE line ->> 'model' = $2) AS line
            FROM access_policy AS p WHERE p.coop_id = $1 AND p.effective_at <= clock_timestamp()
        ), now AS (SELECT line FROM said ORDER BY version DESC LIMIT 1)
        SELECT s.proposal_id FROM said AS s, now WHERE now.line IS NOT NULL AND s.version > coalesce((SELECT max(o.version)
            FROM said AS o WHERE o.line IS DISTINCT FROM now.line), 0) ORDER BY s.version LIMIT 1",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(model)
    .get_result(tx.connection())
    .await
    .optional()?;
    Ok(row.map(|row| row.proposal_id))
}

#[derive(QueryableByName)]
struct OriginRow {
    #[diesel(sql_type = SqlUuid)]
    proposal_id: Uuid,
}

/// The newest policy, in force or to come.
///
/// # Errors
/// If the database fails.
pub async fn policy_last(tx: &mut CoopTx) -> Result<Option<PolicyRow>, StoreError> {
    Ok(policy_list(tx, None, 1).await?.pop())
}

/// Policies before a version, newest first.
///
/// # Errors
/// If the database fails.
pub async fn policy_list(tx: &mut CoopTx, before: Option<i64>, limit: i64) -> Result<Vec<PolicyRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- access_policy_list
        SELECT {COLUMNS} FROM access_policy WHERE coop_id = $1 AND version < coalesce($2, 9223372036854775807)
        ORDER BY version DESC LIMIT $3"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<Nullable<BigInt>, _>(before)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Puts a version in force.
///
/// # Errors
/// If the database fails, also where the version exists.
pub async fn policy_insert(tx: &mut CoopTx, new: NewPolicy<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- access_policy_insert
        INSERT INTO access_policy (coop_id, version, effective_at, proposal_id, content, origins, set_at, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(new.version)
    .bind::<Timestamptz, _>(new.effective_at)
    .bind::<SqlUuid, _>(new.proposal.uuid())
    .bind::<Jsonb, _>(new.content)
    .bind::<Jsonb, _>(new.origins)
    .bind::<Timestamptz, _>(new.set_at)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

const SUBJECT: &str = "SELECT id, class,
        ARRAY(SELECT role FROM member_role WHERE member_role.coop_id = member.coop_id AND member_id = member.id ORDER BY role) AS roles
    FROM member";

/// Active members, a bounded number.
///
/// # Errors
/// If the database fails.
pub async fn subjects(tx: &mut CoopTx, limit: i64) -> Result<Vec<SubjectRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- access_subjects
        {SUBJECT} WHERE coop_id = $1 AND status = 'active' ORDER BY id LIMIT $2"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// A member.
///
/// # Errors
/// If the database fails.
pub async fn subject_get(tx: &mut CoopTx, member: MemberId) -> Result<Option<SubjectRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- access_subject_get
        {SUBJECT} WHERE coop_id = $1 AND id = $2"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}
