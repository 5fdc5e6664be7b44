//! The terms that members decided: versions that follow one another.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Binary, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::hash::Hash32;
use governance::id::ProposalId;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A version of the terms.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct MoneyTermsRow {
    /// From 1.
    #[diesel(sql_type = BigInt)]
    pub version: i64,
    /// Its hash.
    #[diesel(sql_type = Binary)]
    pub terms_hash: Vec<u8>,
    /// The proposal that set it.
    #[diesel(sql_type = SqlUuid)]
    pub proposal_id: Uuid,
    /// What it says.
    #[diesel(sql_type = Jsonb)]
    pub content: serde_json::Value,
    /// When the proposal was executed.
    #[diesel(sql_type = Timestamptz)]
    pub set_at: DateTime<Utc>,
}

/// A version to be set.
#[derive(Debug, Clone, Copy)]
pub struct NewMoneyTerms<'a> {
    /// Its number.
    pub version: i64,
    /// Its hash.
    pub hash: Hash32,
    /// The hash of the version before.
    pub supersedes: Option<Hash32>,
    /// The proposal that sets it.
    pub proposal: ProposalId,
    /// What it says.
    pub content: &'a serde_json::Value,
    /// When the proposal is executed.
    pub set_at: DateTime<Utc>,
}

/// The newest versions, newest first.
///
/// # Errors
/// If the database fails.
pub async fn money_terms_list(tx: &mut CoopTx, limit: i64) -> Result<Vec<MoneyTermsRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- money_terms_list
        SELECT version, terms_hash, proposal_id, content, set_at FROM money_terms WHERE coop_id = $1 ORDER BY version DESC LIMIT $2",
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
/// If the database fails, also where the version exists or does not follow the one it supersedes.
pub async fn money_terms_insert(tx: &mut CoopTx, new: NewMoneyTerms<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- money_terms_insert
        INSERT INTO money_terms (coop_id, version, terms_hash, supersedes, proposal_id, content, set_at, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(new.version)
    .bind::<Binary, _>(new.hash.as_bytes().as_slice())
    .bind::<Nullable<Binary>, _>(new.supersedes.map(|hash| hash.as_bytes().to_vec()))
    .bind::<SqlUuid, _>(new.proposal.uuid())
    .bind::<Jsonb, _>(new.content)
    .bind::<Timestamptz, _>(new.set_at)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}
