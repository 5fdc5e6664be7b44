//! Several proposals on one question: which they are, what became of them, and the texts that were replaced.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::id::{MemberId, ProposalId};
use serde_json::Value;
use uuid::Uuid;

use super::proposal::Ending;
use crate::{CoopTx, StoreError};

/// A proposal among those on one question.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct QuestionRow {
    /// The proposal.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Its title.
    #[diesel(sql_type = Text)]
    pub title: String,
    /// Where it stands.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// Who wrote it.
    #[diesel(sql_type = SqlUuid)]
    pub author_id: Uuid,
    /// How the author is called today.
    #[diesel(sql_type = Text)]
    pub author_name: String,
    /// When it was put before the members.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub shown_at: Option<DateTime<Utc>>,
    /// The first proposal on the question; none where it is that one, or a vote on several.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub original_id: Option<Uuid>,
    /// The proposal that its text went into.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub into_id: Option<Uuid>,
    /// Which option of that one it is, from 1.
    #[diesel(sql_type = Nullable<SmallInt>)]
    pub place: Option<i16>,
    /// Why it ended.
    #[diesel(sql_type = Nullable<Text>)]
    pub end_reason: Option<String>,
}

/// A text that stood before the members and was replaced.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ProposalVersionRow {
    /// The version of the proposal up to which it read so.
    #[diesel(sql_type = BigInt)]
    pub version: i64,
    /// The title then.
    #[diesel(sql_type = Text)]
    pub title: String,
    /// The text then.
    #[diesel(sql_type = Text)]
    pub body: String,
    /// The options then.
    #[diesel(sql_type = Array<Text>)]
    pub options: Vec<String>,
    /// What was to be done then.
    #[diesel(sql_type = Jsonb)]
    pub actions: Value,
    /// Who replaced it.
    #[diesel(sql_type = SqlUuid)]
    pub replaced_by: Uuid,
    /// How that member is called today.
    #[diesel(sql_type = Text)]
    pub replaced_by_name: String,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub replaced_at: DateTime<Utc>,
    /// The alternative that was adopted in its place.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub alternative_id: Option<Uuid>,
}

#[derive(QueryableByName)]
struct Original {
    #[diesel(sql_type = SqlUuid)]
    original_id: Uuid,
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Listed {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Stores that a draft is an alternative to the first proposal on its question.
///
/// # Errors
/// If the database fails.
pub async fn alternative_insert(tx: &mut CoopTx, proposal: ProposalId, original: ProposalId) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- alternative_insert
        INSERT INTO proposal_alternative (coop_id, proposal_id, original_id, recorded_by) VALUES ($1, $2, $3, $4)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<SqlUuid, _>(original.uuid())
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The first proposal on the question of an alternative; `None` of any other.
///
/// # Errors
/// If the database fails.
pub async fn original_of(tx: &mut CoopTx, proposal: ProposalId) -> Result<Option<ProposalId>, StoreError> {
    let coop = tx.coop().uuid();
    let row: Option<Original> = sql_query(
        "-- original_of
        SELECT original_id FROM proposal_alternative WHERE coop_id = $1 AND proposal_id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .get_result(tx.connection())
    .await
    .optional()?;
    Ok(row.map(|row| ProposalId::from_uuid(row.original_id)))
}

/// The proposals on a question that are discussed, without the one whose id is `but`, in the order in which they were begun: the ids.
///
/// # Errors
/// If the database fails.
pub async fn question_discussed(
    tx: &mut CoopTx,
    original: ProposalId,
    but: Option<ProposalId>,
) -> Result<Vec<ProposalId>, StoreError> {
    let coop = tx.coop().uuid();
    let rows: Vec<Listed> = sql_query(
        "-- question_discussed
        SELECT proposal.id FROM proposal
        LEFT JOIN proposal_alternative AS alternative
            ON alternative.coop_id = proposal.coop_id AND alternative.proposal_id = proposal.id
        WHERE proposal.coop_id = $1 AND (proposal.id = $2 OR alternative.original_id = $2) AND proposal.state = 'discussion'
            AND proposal.id IS DISTINCT FROM $3
        ORDER BY alternative.original_id IS NOT NULL, proposal.created_at, proposal.id",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(original.uuid())
    .bind::<Nullable<SqlUuid>, _>(but.map(|but| but.uuid()))
    .get_results(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| ProposalId::from_uuid(row.id)).collect())
}

/// How many alternatives to a proposal there are.
///
/// # Errors
/// If the database fails.
pub async fn alternatives_count(tx: &mut CoopTx, original: ProposalId) -> Result<i64, StoreError> {
    let coop = tx.coop().uuid();
    let row: Counted = sql_query(
        "-- alternatives_count
        SELECT count(*) AS count FROM proposal_alternative WHERE coop_id = $1 AND original_id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(original.uuid())
    .get_result(tx.connection())
    .await?;
    Ok(row.count)
}

/// All proposals on the question of which this one is: the first, its alternatives, and the vote on several, or what went into this one.
/// Alone where it is the only one.
///
/// # Errors
/// If the database fails.
pub async fn question_read(tx: &mut CoopTx, proposal: ProposalId, limit: i64) -> Result<Vec<QuestionRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- question_read
        WITH first AS (
            SELECT coalesce(
                (SELECT original_id FROM proposal_alternative WHERE coop_id = $1 AND proposal_id = $2),
                (SELECT coalesce(alternative.original_id, merger.proposal_id) FROM proposal_merger AS merger
                    LEFT JOIN proposal_alternative AS alternative
                        ON alternative.coop_id = merger.coop_id AND alternative.proposal_id = merger.proposal_id
                    WHERE merger.coop_id = $1 AND merger.into_id = $2 AND merger.place = 1),
                $2) AS id),
        parts AS (
            SELECT id FROM first
            UNION SELECT proposal_id FROM proposal_alternative, first WHERE coop_id = $1 AND original_id = first.id),
        whole AS (
            SELECT id FROM parts
            UNION SELECT into_id FROM proposal_merger, parts WHERE coop_id = $1 AND proposal_id = parts.id)
        SELECT proposal.id, proposal.title, proposal.state, proposal.author_id, member.display_name AS author_name,
            coalesce(proposal.submitted_at, proposal.discussed_at) AS shown_at, alternative.original_id,
            merger.into_id, merger.place, proposal.end_reason
        FROM whole JOIN proposal ON proposal.coop_id = $1 AND proposal.id = whole.id
        JOIN member ON member.coop_id = $1 AND member.id = proposal.author_id
        LEFT JOIN proposal_alternative AS alternative
            ON alternative.coop_id = $1 AND alternative.proposal_id = proposal.id
        LEFT JOIN proposal_merger AS merger ON merger.coop_id = $1 AND merger.proposal_id = proposal.id
        ORDER BY proposal.created_at, proposal.id LIMIT $3",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Whether a proposal is a vote on several, whose texts nobody changes.
///
/// # Errors
/// If the database fails.
pub async fn is_joint(tx: &mut CoopTx, proposal: ProposalId) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let row: Counted = sql_query(
        "-- is_joint
        SELECT count(*) AS count FROM proposal_merger WHERE coop_id = $1 AND into_id = $2 AND place IS NOT NULL",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .get_result(tx.connection())
    .await?;
    Ok(row.count > 0)
}

/// Lets a proposal go on in another one, as the whole of it or as its option at a place; false where it is not before the members.
///
/// # Errors
/// If the database fails.
pub async fn proposal_merge(
    tx: &mut CoopTx,
    proposal: ProposalId,
    (into, place): (ProposalId, Option<i16>),
    ending: Ending<'_>,
) -> Result<bool, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- proposal_merge: the row that the step rests on
        INSERT INTO proposal_merger (coop_id, proposal_id, into_id, place, recorded_by) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<SqlUuid, _>(into.uuid())
    .bind::<Nullable<SmallInt>, _>(place)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    let changed = sql_query(
        "-- proposal_merge
        UPDATE proposal SET state = $3, ended_by = $4, end_reason = $5, version = version + 1
        WHERE coop_id = $1 AND id = $2 AND state IN ('admission', 'discussion')",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Text, _>(ending.state)
    .bind::<SqlUuid, _>(ending.by.uuid())
    .bind::<Text, _>(ending.reason)
    .execute(tx.connection())
    .await?;
    Ok(changed == 1)
}

/// Keeps the text of a proposal that is about to be replaced, by whom and when, and the alternative that is adopted in its place.
///
/// # Errors
/// If the database fails.
pub async fn version_keep(
    tx: &mut CoopTx,
    proposal: ProposalId,
    (by, at): (MemberId, DateTime<Utc>),
    alternative: Option<ProposalId>,
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- version_keep
        INSERT INTO proposal_version (coop_id, proposal_id, version, title, body, options, actions, replaced_by, replaced_at,
            alternative_id, recorded_by)
        SELECT coop_id, id, version, title, body, options, actions, $3, $4, $5, $6 FROM proposal
        WHERE coop_id = $1 AND id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<SqlUuid, _>(by.uuid())
    .bind::<Timestamptz, _>(at)
    .bind::<Nullable<SqlUuid>, _>(alternative.map(|alternative| alternative.uuid()))
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// How many texts of a proposal were replaced.
///
/// # Errors
/// If the database fails.
pub async fn versions_count(tx: &mut CoopTx, proposal: ProposalId) -> Result<i64, StoreError> {
    let coop = tx.coop().uuid();
    let row: Counted = sql_query(
        "-- versions_count
        SELECT count(*) AS count FROM proposal_version WHERE coop_id = $1 AND proposal_id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .get_result(tx.connection())
    .await?;
    Ok(row.count)
}

/// The texts of a proposal that were replaced, those before `before`, the newest first.
///
/// # Errors
/// If the database fails.
pub async fn version_list(
    tx: &mut CoopTx,
    proposal: ProposalId,
    before: i64,
    limit: i64,
) -> Result<Vec<ProposalVersionRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- version_list
        SELECT kept.version, kept.title, kept.body, kept.options, kept.actions, kept.replaced_by,
            member.display_name AS replaced_by_name, kept.replaced_at, kept.alternative_id
        FROM proposal_version AS kept
        JOIN member ON member.coop_id = kept.coop_id AND member.id = kept.replaced_by
        WHERE kept.coop_id = $1 AND kept.proposal_id = $2 AND kept.version < $3
        ORDER BY kept.version DESC LIMIT $4",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<BigInt, _>(before)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}
