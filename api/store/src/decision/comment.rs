//! What members say about a proposal. Rows are only added: an edit is a version, a removal a row of its own.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::id::{CommentId, MemberId, ProposalId};
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A comment as it is read, with its newest words.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct CommentRow {
    /// The comment.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// What it answers.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub parent_id: Option<Uuid>,
    /// How many answers deep it stands.
    #[diesel(sql_type = SmallInt)]
    pub depth: i16,
    /// Who said it.
    #[diesel(sql_type = SqlUuid)]
    pub author_id: Uuid,
    /// How the author is called today.
    #[diesel(sql_type = Text)]
    pub author_name: String,
    /// When it was first said.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    /// The number of its newest version; 0 where its words were erased.
    #[diesel(sql_type = BigInt)]
    pub version: i64,
    /// Its newest words; `None` where they were removed or erased.
    #[diesel(sql_type = Nullable<Text>)]
    pub body: Option<String>,
    /// When those were written.
    #[diesel(sql_type = Timestamptz)]
    pub written_at: DateTime<Utc>,
    /// The steward who took it out of sight.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub removed_by: Option<Uuid>,
    /// How that steward is called today.
    #[diesel(sql_type = Nullable<Text>)]
    pub removed_by_name: Option<String>,
    /// Why.
    #[diesel(sql_type = Nullable<Text>)]
    pub removed_reason: Option<String>,
    /// When.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub removed_at: Option<DateTime<Utc>>,
}

/// One version of a comment's words.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct CommentVersionRow {
    /// Its number.
    #[diesel(sql_type = BigInt)]
    pub version: i64,
    /// The words.
    #[diesel(sql_type = Text)]
    pub body: String,
    /// When they were written.
    #[diesel(sql_type = Timestamptz)]
    pub written_at: DateTime<Utc>,
}

/// A comment that is about to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewCommentRow<'a> {
    /// Its id.
    pub id: CommentId,
    /// About which proposal.
    pub proposal: ProposalId,
    /// What it answers, and how deep it then stands.
    pub parent: Option<CommentId>,
    /// How many answers deep it stands.
    pub depth: i16,
    /// Who says it.
    pub author: MemberId,
    /// The words.
    pub body: &'a str,
}

/// How much was said about a proposal already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct CommentCounts {
    /// By everyone.
    #[diesel(sql_type = BigInt)]
    pub all: i64,
    /// By the member who asks.
    #[diesel(sql_type = BigInt)]
    pub own: i64,
}

const SELECT: &str = "
    SELECT comment.id, comment.parent_id, comment.depth, comment.author_id, author.display_name AS author_name,
        comment.created_at, coalesce(newest.version, 0) AS version,
        CASE WHEN removal.comment_id IS NULL THEN newest.body END AS body,
        coalesce(newest.written_at, comment.created_at) AS written_at,
        removal.removed_by, steward.display_name AS removed_by_name, removal.reason AS removed_reason, removal.removed_at
    FROM comment
    JOIN member AS author ON author.coop_id = comment.coop_id AND author.id = comment.author_id
    LEFT JOIN LATERAL (
        SELECT version, body, written_at FROM comment_version
        WHERE comment_version.coop_id = comment.coop_id AND comment_version.proposal_id = comment.proposal_id
            AND comment_version.comment_id = comment.id
        ORDER BY version DESC LIMIT 1) AS newest ON true
    LEFT JOIN comment_removal AS removal ON removal.coop_id = comment.coop_id
        AND removal.proposal_id = comment.proposal_id AND removal.comment_id = comment.id
    LEFT JOIN member AS steward ON steward.coop_id = removal.coop_id AND steward.id = removal.removed_by";

/// The comments on a proposal after `after`, in the order in which they were made.
///
/// # Errors
/// If the database fails.
pub async fn comment_list(
    tx: &mut CoopTx,
    proposal: ProposalId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<CommentRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- comment_list
        {SELECT} WHERE comment.coop_id = $1 AND comment.proposal_id = $2 AND comment.id > $3 ORDER BY comment.id LIMIT $4"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<SqlUuid, _>(after)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// One comment. Changes of one comment follow each other where its proposal is locked first.
///
/// # Errors
/// If the database fails.
pub async fn comment_read(
    tx: &mut CoopTx,
    proposal: ProposalId,
    comment: CommentId,
) -> Result<Option<CommentRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- comment_read
        {SELECT} WHERE comment.coop_id = $1 AND comment.proposal_id = $2 AND comment.id = $3"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<SqlUuid, _>(comment.uuid())
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// Holds the thread of a proposal until the transaction ends, and neither a step of the proposal nor a cast: whoever writes in it
/// writes after another.
///
/// # Errors
/// If the database fails, or another transaction holds it for too long.
pub async fn comment_thread_hold(tx: &mut CoopTx, proposal: ProposalId) -> Result<(), StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- comment_thread_hold
        SELECT pg_advisory_xact_lock(hashtextextended('comments ' || $1::text || ' ' || $2::text, 0))",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// How much was said about a proposal.
///
/// # Errors
/// If the database fails.
pub async fn comment_counts(
    tx: &mut CoopTx,
    proposal: ProposalId,
    author: MemberId,
) -> Result<CommentCounts, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- comment_counts
        SELECT count(*) AS all, count(*) FILTER (WHERE author_id = $3) AS own
        FROM comment WHERE coop_id = $1 AND proposal_id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<SqlUuid, _>(author.uuid())
    .get_result(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Adds a comment with its first words.
///
/// # Errors
/// If the database fails.
pub async fn comment_insert(tx: &mut CoopTx, new: NewCommentRow<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- comment_insert
        INSERT INTO comment (coop_id, proposal_id, id, parent_id, depth, author_id, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(new.proposal.uuid())
    .bind::<SqlUuid, _>(new.id.uuid())
    .bind::<Nullable<SqlUuid>, _>(new.parent.map(|parent| parent.uuid()))
    .bind::<SmallInt, _>(new.depth)
    .bind::<SqlUuid, _>(new.author.uuid())
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    comment_version_insert(tx, (new.proposal, new.id), 1, new.body).await
}

/// Adds other words for a comment under the next number.
///
/// # Errors
/// If the database fails, or that number is taken.
pub async fn comment_version_insert(
    tx: &mut CoopTx,
    (proposal, comment): (ProposalId, CommentId),
    version: i64,
    body: &str,
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- comment_version_insert
        INSERT INTO comment_version (coop_id, proposal_id, comment_id, version, body, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<SqlUuid, _>(comment.uuid())
    .bind::<BigInt, _>(version)
    .bind::<Text, _>(body)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The words of a comment from the first to the newest, after version `after`; none where it was removed.
///
/// # Errors
/// If the database fails.
pub async fn comment_versions(
    tx: &mut CoopTx,
    (proposal, comment): (ProposalId, CommentId),
    after: i64,
    limit: i64,
) -> Result<Vec<CommentVersionRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- comment_versions
        SELECT version, body, written_at FROM comment_version
        WHERE coop_id = $1 AND proposal_id = $2 AND comment_id = $3 AND version > $4
            AND NOT EXISTS (SELECT FROM comment_removal WHERE coop_id = $1 AND proposal_id = $2 AND comment_id = $3)
        ORDER BY version LIMIT $5",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<SqlUuid, _>(comment.uuid())
    .bind::<BigInt, _>(after)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Notes that a steward took a comment out of sight.
///
/// # Errors
/// If the database fails.
pub async fn comment_removal_insert(
    tx: &mut CoopTx,
    (proposal, comment): (ProposalId, CommentId),
    by: MemberId,
    reason: &str,
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- comment_removal_insert
        INSERT INTO comment_removal (coop_id, proposal_id, comment_id, removed_by, reason, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<SqlUuid, _>(comment.uuid())
    .bind::<SqlUuid, _>(by.uuid())
    .bind::<Text, _>(reason)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}
