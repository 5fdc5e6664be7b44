//! The versions of the bylaws.

use diesel::sql_types::{BigInt, Binary, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::hash::Hash32;
use governance::id::{MemberId, ProposalId};
use serde_json::Value;

use crate::{CoopTx, StoreError};

/// A version that is about to be put in force.
#[derive(Debug, Clone, Copy)]
pub struct NewBylaws<'a> {
    /// From 1.
    pub version: i64,
    /// The bylaws as JSON.
    pub content: &'a Value,
    /// The salt of their record.
    pub salt: Hash32,
    /// The hash of their record.
    pub record_hash: Hash32,
    /// Who put them in force; `None` for the founding ones, and where the members did.
    pub adopted_by: Option<MemberId>,
    /// The proposal by which the members did.
    pub adopted_by_proposal: Option<ProposalId>,
    /// When, in whole seconds.
    pub adopted_at: chrono::DateTime<chrono::Utc>,
}

/// A version of the bylaws.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct BylawsRow {
    /// From 1.
    #[diesel(sql_type = BigInt)]
    pub version: i64,
    /// The bylaws as JSON.
    #[diesel(sql_type = Jsonb)]
    pub content: Value,
    /// The salt of their record.
    #[diesel(sql_type = Binary)]
    pub salt: Vec<u8>,
    /// The hash of their record.
    #[diesel(sql_type = Binary)]
    pub record_hash: Vec<u8>,
    /// When they were put in force.
    #[diesel(sql_type = Timestamptz)]
    pub adopted_at: chrono::DateTime<chrono::Utc>,
}

/// Adds a version.
///
/// # Errors
/// If the database fails, also where the version exists.
pub async fn bylaws_insert(tx: &mut CoopTx, bylaws: NewBylaws<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- bylaws_insert
        INSERT INTO bylaws (coop_id, version, content, salt, record_hash, adopted_by, adopted_at, recorded_by,
            adopted_by_proposal)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(bylaws.version)
    .bind::<Jsonb, _>(bylaws.content)
    .bind::<Binary, _>(&bylaws.salt.as_bytes()[..])
    .bind::<Binary, _>(&bylaws.record_hash.as_bytes()[..])
    .bind::<Nullable<SqlUuid>, _>(bylaws.adopted_by.map(|member| member.uuid()))
    .bind::<Timestamptz, _>(bylaws.adopted_at)
    .bind::<Text, _>(name)
    .bind::<Nullable<SqlUuid>, _>(bylaws.adopted_by_proposal.map(|proposal| proposal.uuid()))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The version in force.
///
/// # Errors
/// If the database fails.
pub async fn bylaws_current(tx: &mut CoopTx) -> Result<Option<BylawsRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- bylaws_current
        SELECT version, content, salt, record_hash, adopted_at FROM bylaws
        WHERE coop_id = $1 ORDER BY version DESC LIMIT 1",
    )
    .bind::<SqlUuid, _>(coop)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// One version.
///
/// # Errors
/// If the database fails.
pub async fn bylaws_get(tx: &mut CoopTx, version: i64) -> Result<Option<BylawsRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- bylaws_get
        SELECT version, content, salt, record_hash, adopted_at FROM bylaws WHERE coop_id = $1 AND version = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(version)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}
