//! Who contests a result, and what a steward answered.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::id::{MemberId, ProposalId};
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A contest.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ContestRow {
    /// Who contests.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// How the member is called today.
    #[diesel(sql_type = Text)]
    pub display_name: String,
    /// Why.
    #[diesel(sql_type = Text)]
    pub reason: String,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    /// What a steward answered.
    #[diesel(sql_type = Nullable<Text>)]
    pub verdict: Option<String>,
    /// Why.
    #[diesel(sql_type = Nullable<Text>)]
    pub verdict_reason: Option<String>,
    /// The steward.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub decided_by: Option<Uuid>,
    /// When.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub decided_at: Option<DateTime<Utc>>,
}

/// Whether a result is contested now, and when the last contest was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct ContestState {
    /// Whether a contest waits for an answer.
    #[diesel(sql_type = Bool)]
    pub is_contested: bool,
    /// When the last one was answered.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub answered_at: Option<DateTime<Utc>>,
}

/// Notes that a member contests a result; false where the member did before.
///
/// # Errors
/// If the database fails.
pub async fn contest_insert(
    tx: &mut CoopTx,
    proposal: ProposalId,
    (member, reason): (MemberId, &str),
) -> Result<bool, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let inserted = sql_query(
        "-- contest_insert
        INSERT INTO proposal_contest (coop_id, proposal_id, member_id, reason, recorded_by) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (coop_id, proposal_id, member_id) DO NOTHING",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<SqlUuid, _>(member.uuid())
    .bind::<Text, _>(reason)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(inserted == 1)
}

/// Answers a contest; false where none of this member waits.
///
/// # Errors
/// If the database fails, or the steward is the member.
pub async fn contest_answer(
    tx: &mut CoopTx,
    (proposal, member): (ProposalId, MemberId),
    (verdict, reason): (&str, &str),
    by: MemberId,
) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let changed = sql_query(
        "-- contest_answer
        UPDATE proposal_contest SET verdict = $4, verdict_reason = $5, decided_by = $6, decided_at = clock_timestamp()
        WHERE coop_id = $1 AND proposal_id = $2 AND member_id = $3 AND verdict IS NULL",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<SqlUuid, _>(member.uuid())
    .bind::<Text, _>(verdict)
    .bind::<Text, _>(reason)
    .bind::<SqlUuid, _>(by.uuid())
    .execute(tx.connection())
    .await?;
    Ok(changed == 1)
}

/// Who contests a result, in the order in which they did.
///
/// # Errors
/// If the database fails.
pub async fn contests(tx: &mut CoopTx, proposal: ProposalId) -> Result<Vec<ContestRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- contests
        SELECT contest.member_id, member.display_name, contest.reason, contest.at, contest.verdict, contest.verdict_reason,
            contest.decided_by, contest.decided_at
        FROM proposal_contest AS contest
        JOIN member ON member.coop_id = contest.coop_id AND member.id = contest.member_id
        WHERE contest.coop_id = $1 AND contest.proposal_id = $2 ORDER BY contest.at, contest.member_id",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Whether a result is contested now.
///
/// # Errors
/// If the database fails.
pub async fn contest_state(tx: &mut CoopTx, proposal: ProposalId) -> Result<ContestState, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- contest_state
        SELECT coalesce(bool_or(verdict IS NULL), false) AS is_contested, max(decided_at) AS answered_at
        FROM proposal_contest WHERE coop_id = $1 AND proposal_id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .get_result(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Sets aside a result that waits to be executed; false where it does not wait.
///
/// # Errors
/// If the database fails, or no contest was upheld.
pub async fn proposal_set_aside(tx: &mut CoopTx, proposal: ProposalId, reason: &str) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let changed = sql_query(
        "-- proposal_set_aside
        UPDATE proposal SET state = 'rejected', end_reason = $3, version = version + 1
        WHERE coop_id = $1 AND id = $2 AND state IN ('queued', 'execution_failed')",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Text, _>(reason)
    .execute(tx.connection())
    .await?;
    Ok(changed == 1)
}
