//! What follows a result: objections, execution, and what each attempt came to.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::id::{ApplicationId, MemberId, ProposalId};
use uuid::Uuid;

use super::proposal::Afterwards;
use crate::{CoopTx, StoreError};

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    #[expect(dead_code, reason = "the rows are read for their locks")]
    id: Uuid,
}

/// An application, as far as an action asks.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ApplicantRow {
    /// The application.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Who asks.
    #[diesel(sql_type = SqlUuid)]
    pub account_id: Uuid,
    /// How the person wishes to be called.
    #[diesel(sql_type = Text)]
    pub display_name: String,
    /// Where it stands.
    #[diesel(sql_type = Text)]
    pub status: String,
    /// Whether the person is a member.
    #[diesel(sql_type = Bool)]
    pub is_member: bool,
}

/// A member with offices, as far as an action asks.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct OfficeRow {
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// How the member is called.
    #[diesel(sql_type = Text)]
    pub display_name: String,
    /// Where the membership stands.
    #[diesel(sql_type = Text)]
    pub status: String,
    /// The offices held.
    #[diesel(sql_type = Array<Text>)]
    pub roles: Vec<String>,
}

/// An attempt to execute a decision.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct AttemptRow {
    /// Which one, from 1.
    #[diesel(sql_type = BigInt)]
    pub attempt: i64,
    /// `executed` or `failed`.
    #[diesel(sql_type = Text)]
    pub outcome: String,
    /// Why it failed.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    /// The steward who asked for it.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub asked_by: Option<Uuid>,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
}

/// An attempt that was just made.
#[derive(Debug, Clone, Copy)]
pub struct NewAttempt<'a> {
    /// Why it failed; nothing where it succeeded.
    pub failure: Option<&'a str>,
    /// The steward who asked for it.
    pub asked_by: Option<MemberId>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Members of a proposal: who sponsors it, or who objects.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct VoiceRow {
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// How the member is called.
    #[diesel(sql_type = Text)]
    pub display_name: String,
    /// The reason given.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
}

/// Puts a draft before the members to be sponsored.
///
/// # Errors
/// If the database fails.
pub async fn proposal_submit(tx: &mut CoopTx, proposal: ProposalId, at: DateTime<Utc>) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let changed = sql_query(
        "-- proposal_submit
        UPDATE proposal SET state = 'admission', submitted_at = $3, version = version + 1
        WHERE coop_id = $1 AND id = $2 AND state = 'draft'",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Timestamptz, _>(at)
    .execute(tx.connection())
    .await?;
    Ok(changed == 1)
}

/// Adds a sponsor; false where the member is one already.
///
/// # Errors
/// If the database fails.
pub async fn sponsor_insert(tx: &mut CoopTx, proposal: ProposalId, member: MemberId) -> Result<bool, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let inserted = sql_query(
        "-- sponsor_insert
        INSERT INTO proposal_sponsor (coop_id, proposal_id, member_id, recorded_by) VALUES ($1, $2, $3, $4)
        ON CONFLICT (coop_id, proposal_id, member_id) DO NOTHING",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<SqlUuid, _>(member.uuid())
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(inserted == 1)
}

/// Adds an objection; false where the member objects already.
///
/// # Errors
/// If the database fails, also where the member is not on the roll.
pub async fn objection_insert(
    tx: &mut CoopTx,
    proposal: ProposalId,
    (member, reason): (MemberId, &str),
) -> Result<bool, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let inserted = sql_query(
        "-- objection_insert
        INSERT INTO proposal_objection (coop_id, proposal_id, member_id, reason, recorded_by) VALUES ($1, $2, $3, $4, $5)
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

/// Who sponsors a proposal, in the order in which they did.
///
/// # Errors
/// If the database fails.
pub async fn sponsors(tx: &mut CoopTx, proposal: ProposalId) -> Result<Vec<VoiceRow>, StoreError> {
    voices(tx, proposal, "proposal_sponsor", "NULL").await
}

/// Who objects to what was carried, in the order in which they did.
///
/// # Errors
/// If the database fails.
pub async fn objections(tx: &mut CoopTx, proposal: ProposalId) -> Result<Vec<VoiceRow>, StoreError> {
    voices(tx, proposal, "proposal_objection", "reason").await
}

async fn voices(
    tx: &mut CoopTx,
    proposal: ProposalId,
    table: &'static str,
    reason: &'static str,
) -> Result<Vec<VoiceRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- proposal_voices
        SELECT voice.member_id, member.display_name, {reason} AS reason FROM {table} AS voice
        JOIN member ON member.coop_id = voice.coop_id AND member.id = voice.member_id
        WHERE voice.coop_id = $1 AND voice.proposal_id = $2 ORDER BY voice.at, voice.member_id"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Ends the time for objections; false where it ended before.
///
/// # Errors
/// If the database fails.
pub async fn objection_end(
    tx: &mut CoopTx,
    proposal: ProposalId,
    (state, reason): (&str, Option<&str>),
    after: Afterwards,
) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let changed = sql_query(
        "-- objection_end
        UPDATE proposal SET state = $3, end_reason = $4, execute_after = $5, expires_at = $6, version = version + 1
        WHERE coop_id = $1 AND id = $2 AND state = 'objection'",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Text, _>(state)
    .bind::<Nullable<Text>, _>(reason)
    .bind::<Nullable<Timestamptz>, _>(after.execute_after)
    .bind::<Nullable<Timestamptz>, _>(after.expires_at)
    .execute(tx.connection())
    .await?;
    Ok(changed == 1)
}

/// Writes what an attempt came to, and where the proposal stands then: `executed` or `execution_failed`. False where it was not
/// waiting to be executed. The database takes one success of a proposal at most.
///
/// # Errors
/// If the database fails.
pub async fn execution_end(tx: &mut CoopTx, proposal: ProposalId, attempt: NewAttempt<'_>) -> Result<bool, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let changed = sql_query(
        "-- execution_end, state
        UPDATE proposal SET state = CASE WHEN $3 THEN 'execution_failed' ELSE 'executed' END,
            executed_at = CASE WHEN $3 THEN NULL ELSE $4 END, version = version + 1
        WHERE coop_id = $1 AND id = $2 AND state IN ('queued', 'execution_failed')",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Bool, _>(attempt.failure.is_some())
    .bind::<Timestamptz, _>(attempt.at)
    .execute(tx.connection())
    .await?;
    if changed != 1 {
        return Ok(false);
    }
    sql_query(
        "-- execution_end, attempt
        INSERT INTO execution (coop_id, proposal_id, attempt, outcome, reason, asked_by, at, recorded_by)
        SELECT $1, $2, coalesce(max(attempt), 0) + 1, $3, $4, $5, $6, $7 FROM execution
        WHERE coop_id = $1 AND proposal_id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Text, _>(if attempt.failure.is_some() {
        "failed"
    } else {
        "executed"
    })
    .bind::<Nullable<Text>, _>(attempt.failure)
    .bind::<Nullable<SqlUuid>, _>(attempt.asked_by.map(|member| member.uuid()))
    .bind::<Timestamptz, _>(attempt.at)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(true)
}

/// Gives up a proposal that was not executed in time.
///
/// # Errors
/// If the database fails.
pub async fn execution_expire(tx: &mut CoopTx, proposal: ProposalId) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let changed = sql_query(
        "-- execution_expire
        UPDATE proposal SET state = 'expired', version = version + 1
        WHERE coop_id = $1 AND id = $2 AND state IN ('queued', 'execution_failed')",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .execute(tx.connection())
    .await?;
    Ok(changed == 1)
}

/// The last attempts to execute a proposal, the newest first.
///
/// # Errors
/// If the database fails.
pub async fn execution_attempts(tx: &mut CoopTx, proposal: ProposalId) -> Result<Vec<AttemptRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- execution_attempts
        SELECT attempt, outcome, reason, asked_by, at FROM execution WHERE coop_id = $1 AND proposal_id = $2
        ORDER BY attempt DESC LIMIT 20",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Locks these members and all who hold an office, in the order of their ids: what actions are decided on stands still until the
/// transaction ends. Read them with [`offices`], in a later statement.
///
/// # Errors
/// If the database fails.
pub async fn offices_lock(tx: &mut CoopTx, members: &[Uuid]) -> Result<(), StoreError> {
    let coop = tx.coop().uuid();
    let _: Vec<IdRow> = sql_query(
        "-- offices_lock
        SELECT id FROM member
        WHERE coop_id = $1 AND (id = ANY($2) OR EXISTS (SELECT FROM member_role
            WHERE member_role.coop_id = member.coop_id AND member_role.member_id = member.id))
        ORDER BY id FOR NO KEY UPDATE OF member",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Array<SqlUuid>, _>(members)
    .get_results(tx.connection())
    .await?;
    Ok(())
}

/// These members and all who hold an office.
///
/// # Errors
/// If the database fails.
pub async fn offices(tx: &mut CoopTx, members: &[Uuid]) -> Result<Vec<OfficeRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- offices
        SELECT id, display_name, status, ARRAY(SELECT role FROM member_role
            WHERE member_role.coop_id = member.coop_id AND member_role.member_id = member.id ORDER BY role) AS roles
        FROM member
        WHERE coop_id = $1 AND (id = ANY($2) OR EXISTS (SELECT FROM member_role
            WHERE member_role.coop_id = member.coop_id AND member_role.member_id = member.id))
        ORDER BY id",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Array<SqlUuid>, _>(members)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// These applications.
///
/// # Errors
/// If the database fails.
pub async fn applicants(tx: &mut CoopTx, applications: &[Uuid]) -> Result<Vec<ApplicantRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- applicants
        SELECT id, account_id, display_name, status, EXISTS (SELECT FROM member
            WHERE member.coop_id = application.coop_id AND member.account_id = application.account_id
              AND member.status IN ('active', 'suspended')) AS is_member
        FROM application WHERE coop_id = $1 AND id = ANY($2) ORDER BY id",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Array<SqlUuid>, _>(applications)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Locks these applications, in the order of their ids.
///
/// # Errors
/// If the database fails.
pub async fn applicants_lock(tx: &mut CoopTx, applications: &[Uuid]) -> Result<(), StoreError> {
    let coop = tx.coop().uuid();
    let _: Vec<IdRow> = sql_query(
        "-- applicants_lock
        SELECT id FROM application WHERE coop_id = $1 AND id = ANY($2) ORDER BY id FOR UPDATE",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Array<SqlUuid>, _>(applications)
    .get_results(tx.connection())
    .await?;
    Ok(())
}

/// Admits an applicant by a decision of the members; false where the application is not waiting.
///
/// # Errors
/// If the database fails.
pub async fn application_admit(
    tx: &mut CoopTx,
    application: ApplicationId,
    proposal: ProposalId,
) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let changed = sql_query(
        "-- application_admit
        UPDATE application SET status = 'admitted', decided_at = now(), decided_by_proposal = $3
        WHERE coop_id = $1 AND id = $2 AND status = 'pending'",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(application.uuid())
    .bind::<SqlUuid, _>(proposal.uuid())
    .execute(tx.connection())
    .await?;
    Ok(changed == 1)
}

/// How many sponsor a proposal, and how many object to it.
///
/// # Errors
/// If the database fails.
pub async fn voices_count(tx: &mut CoopTx, proposal: ProposalId) -> Result<(i64, i64), StoreError> {
    let coop = tx.coop().uuid();
    let mut counts = [0; 2];
    for (count, table) in counts.iter_mut().zip(["proposal_sponsor", "proposal_objection"]) {
        let row: Count = sql_query(format!(
            "-- voices_count
            SELECT count(*) AS count FROM {table} WHERE coop_id = $1 AND proposal_id = $2"
        ))
        .bind::<SqlUuid, _>(coop)
        .bind::<SqlUuid, _>(proposal.uuid())
        .get_result(tx.connection())
        .await?;
        *count = row.count;
    }
    let [sponsors, objections] = counts;
    Ok((sponsors, objections))
}
