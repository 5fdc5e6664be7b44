//! What strangers see of a co-op.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::MemberId;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// The rule that of two changes at once one comes first.
pub const PUBLIC_PAGE_IS_NEXT: &str = "public_page_pkey";

/// A version of the page.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct PublicPageRow {
    /// Which one, from 1.
    #[diesel(sql_type = BigInt)]
    pub version: i64,
    /// Whether there is a page at all.
    #[diesel(sql_type = Bool)]
    pub is_public: bool,
    /// What the co-op says of itself.
    #[diesel(sql_type = Text)]
    pub about: String,
    /// Which parts are shown.
    #[diesel(sql_type = Array<Text>)]
    pub shown: Vec<String>,
    /// Who set it.
    #[diesel(sql_type = SqlUuid)]
    pub set_by: Uuid,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub set_at: DateTime<Utc>,
}

/// A version to be set.
#[derive(Debug, Clone, Copy)]
pub struct NewPublicPage<'a> {
    /// Which one.
    pub version: i64,
    /// Whether there is a page at all.
    pub is_public: bool,
    /// What the co-op says of itself.
    pub about: &'a str,
    /// Which parts are shown.
    pub shown: &'a [&'a str],
    /// Who sets it.
    pub set_by: MemberId,
}

/// A decision as strangers see it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct PublicDecisionRow {
    /// The proposal.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// What was asked.
    #[diesel(sql_type = Text)]
    pub title: String,
    /// The kind of decision.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// How it ended.
    #[diesel(sql_type = Text)]
    pub outcome: String,
    /// When the result was published.
    #[diesel(sql_type = Timestamptz)]
    pub published_at: DateTime<Utc>,
    /// How many had cast a ballot of their own.
    #[diesel(sql_type = BigInt)]
    pub cast: i64,
    /// How many could have.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub of: Option<i64>,
}

/// The versions, the newest first.
///
/// # Errors
/// If the database fails.
pub async fn public_page_list(tx: &mut CoopTx, limit: i64) -> Result<Vec<PublicPageRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- public_page_list
        SELECT version, is_public, about, shown, set_by, set_at FROM public_page
        WHERE coop_id = $1 ORDER BY version DESC LIMIT $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Sets a version.
///
/// # Errors
/// The constraint [`PUBLIC_PAGE_IS_NEXT`] where another one was set meanwhile.
pub async fn public_page_insert(tx: &mut CoopTx, new: NewPublicPage<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- public_page_insert
        INSERT INTO public_page (coop_id, version, is_public, about, shown, set_by, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(new.version)
    .bind::<Bool, _>(new.is_public)
    .bind::<Text, _>(new.about)
    .bind::<Array<Text>, _>(new.shown)
    .bind::<SqlUuid, _>(new.set_by.uuid())
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// What was decided last and names no member: what a decision did to one of them is between the two.
///
/// # Errors
/// If the database fails.
pub async fn public_decisions(tx: &mut CoopTx, limit: i64) -> Result<Vec<PublicDecisionRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- public_decisions
        SELECT proposal.id, title, proposal.kind, tally.outcome, tally.published_at,
               (SELECT count(*) FROM ballot WHERE ballot.coop_id = $1 AND ballot.proposal_id = proposal.id AND revision = 1) AS cast,
               (SELECT count(*) FROM roll_entry WHERE roll_entry.coop_id = $1 AND roll_entry.proposal_id = proposal.id) AS of
        FROM tally JOIN proposal ON proposal.coop_id = tally.coop_id AND proposal.id = tally.proposal_id
        WHERE tally.coop_id = $1 AND NOT jsonb_path_exists(proposal.actions, '$.**.member')
        ORDER BY tally.published_at DESC, proposal.id LIMIT $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}
