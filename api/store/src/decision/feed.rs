//! Which secret addresses work, and what is read there.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::id::MemberId;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// An address that works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct FeedAddressRow {
    /// Which one of the member's it is.
    #[diesel(sql_type = BigInt)]
    pub generation: i64,
    /// When it was made.
    #[diesel(sql_type = Timestamptz)]
    pub changed_at: DateTime<Utc>,
}

/// A vote as feeds tell of it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct FeedRow {
    /// The proposal.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The title.
    #[diesel(sql_type = Text)]
    pub title: String,
    /// Where it stands.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// Rises with each change.
    #[diesel(sql_type = BigInt)]
    pub version: i64,
    /// When it was set that voting opens by itself; `None` where it has opened.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub scheduled_at: Option<DateTime<Utc>>,
    /// When voting opened, or will.
    #[diesel(sql_type = Timestamptz)]
    pub opens_at: DateTime<Utc>,
    /// When voting ends, as it was last said.
    #[diesel(sql_type = Timestamptz)]
    pub closes_at: DateTime<Utc>,
    /// When voting closed.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub closed_at: Option<DateTime<Utc>>,
    /// When the result was published.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub published_at: Option<DateTime<Utc>>,
    /// How it ended.
    #[diesel(sql_type = Nullable<Text>)]
    pub outcome: Option<String>,
}

#[derive(QueryableByName)]
struct Is {
    #[diesel(sql_type = Bool)]
    is: bool,
}

/// The address of a member that works, if there is one.
///
/// # Errors
/// If the database fails.
pub async fn feed_address_read(tx: &mut CoopTx, member: MemberId) -> Result<Option<FeedAddressRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- feed_address_read
        SELECT generation, changed_at FROM feed_address WHERE coop_id = $1 AND member_id = $2 AND ended_at IS NULL",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// Makes a member's next address, which ends the one before.
///
/// # Errors
/// If the database fails.
pub async fn feed_address_renew(tx: &mut CoopTx, member: MemberId) -> Result<FeedAddressRow, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- feed_address_renew
        INSERT INTO feed_address (coop_id, member_id, generation, recorded_by) VALUES ($1, $2, 1, $3)
        ON CONFLICT (coop_id, member_id) DO UPDATE
        SET generation = feed_address.generation + 1, changed_at = clock_timestamp(), ended_at = NULL
        RETURNING generation, changed_at",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .bind::<Text, _>(name)
    .get_result(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Ends a member's address.
///
/// # Errors
/// If the database fails.
pub async fn feed_address_end(tx: &mut CoopTx, member: MemberId) -> Result<(), StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- feed_address_end
        UPDATE feed_address SET ended_at = clock_timestamp() WHERE coop_id = $1 AND member_id = $2 AND ended_at IS NULL",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Whether this address works: it is the newest, was not ended, and its member is still one.
///
/// # Errors
/// If the database fails.
pub async fn feed_address_works(tx: &mut CoopTx, member: MemberId, generation: i64) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let row: Is = sql_query(
        "-- feed_address_works
        SELECT EXISTS (
            SELECT FROM feed_address JOIN member ON member.coop_id = feed_address.coop_id AND member.id = feed_address.member_id
            WHERE feed_address.coop_id = $1 AND feed_address.member_id = $2 AND feed_address.generation = $3
              AND feed_address.ended_at IS NULL AND member.status IN ('active', 'suspended')) AS is",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .bind::<BigInt, _>(generation)
    .get_result(tx.connection())
    .await?;
    Ok(row.is)
}

/// The newest votes that were ever opened or will open by themselves, newest first.
///
/// # Errors
/// If the database fails.
pub async fn feed_list(tx: &mut CoopTx, limit: i64) -> Result<Vec<FeedRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- feed_list
        SELECT proposal.id, proposal.title, proposal.state, proposal.version, set.scheduled_at,
               coalesce(proposal.opens_at, set.opens_at) AS opens_at, coalesce(proposal.extended_until, proposal.closes_at, set.closes_at) AS closes_at,
               proposal.closed_at, tally.published_at, tally.outcome
        FROM proposal LEFT JOIN tally ON tally.coop_id = proposal.coop_id AND tally.proposal_id = proposal.id
        LEFT JOIN proposal_schedule AS set ON set.coop_id = proposal.coop_id AND set.proposal_id = proposal.id
            AND set.outcome = 'waiting'
        WHERE proposal.coop_id = $1 AND (proposal.opens_at IS NOT NULL OR set.opens_at IS NOT NULL)
        ORDER BY coalesce(proposal.opens_at, set.opens_at) DESC, proposal.id DESC LIMIT $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}
