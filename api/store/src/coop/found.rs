//! The co-op itself, and where to find it.

use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::hash::Hash32;
use governance::id::{AccountId, CoopId};
use uuid::Uuid;

use crate::{CoopTx, GlobalTx, StoreError};

/// Where a co-op is anchored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainPlace {
    /// The chain (EIP-155).
    pub chain_id: i64,
    /// The anchor contract.
    pub contract: [u8; 20],
    /// Who opens the namespace there.
    pub registrar: [u8; 20],
}

/// A co-op that is about to be founded; its id is that of the transaction.
#[derive(Debug, Clone, Copy)]
pub struct NewCoop<'a> {
    /// Its short name.
    pub slug: &'a str,
    /// Its name.
    pub name: &'a str,
    /// What separates its records from those of others.
    pub namespace: Hash32,
    /// Where it is anchored, if it is.
    pub chain: Option<ChainPlace>,
}

/// A co-op.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct CoopRow {
    /// The co-op.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Its short name.
    #[diesel(sql_type = Text)]
    pub slug: String,
    /// Its name.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// What separates its records from those of others.
    #[diesel(sql_type = Binary)]
    pub namespace: Vec<u8>,
    /// The chain that anchors it.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub chain_id: Option<i64>,
    /// The anchor contract there.
    #[diesel(sql_type = Nullable<Binary>)]
    pub contract: Option<Vec<u8>>,
    /// Who opens its namespace there.
    #[diesel(sql_type = Nullable<Binary>)]
    pub registrar: Option<Vec<u8>>,
    /// When it was founded.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: chrono::DateTime<chrono::Utc>,
}

/// How many belong to a co-op.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct CountsRow {
    /// Members in good standing.
    #[diesel(sql_type = BigInt)]
    pub active: i64,
    /// Of these, those of a class that votes.
    #[diesel(sql_type = BigInt)]
    pub voting: i64,
    /// Members whose rights are suspended.
    #[diesel(sql_type = BigInt)]
    pub suspended: i64,
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Adds the co-op of the transaction. `false` if it is there already; a concurrent founding of the same one is waited for.
///
/// # Errors
/// If the database fails.
pub async fn coop_insert(tx: &mut CoopTx, coop: NewCoop<'_>) -> Result<bool, StoreError> {
    let (id, name) = (tx.coop().uuid(), tx.name());
    let inserted = sql_query(
        "-- coop_insert
        INSERT INTO coop (id, slug, name, namespace, chain_id, contract, registrar, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (id) DO NOTHING",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<Text, _>(coop.slug)
    .bind::<Text, _>(coop.name)
    .bind::<Binary, _>(&coop.namespace.as_bytes()[..])
    .bind::<Nullable<BigInt>, _>(coop.chain.map(|chain| chain.chain_id))
    .bind::<Nullable<Binary>, _>(coop.chain.map(|chain| chain.contract.to_vec()))
    .bind::<Nullable<Binary>, _>(coop.chain.map(|chain| chain.registrar.to_vec()))
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(inserted == 1)
}

/// Enters the co-op of the transaction in the directory.
///
/// # Errors
/// The constraint `coop_directory_slug_is_new` where the short name is taken.
pub async fn directory_insert(tx: &mut CoopTx, slug: &str, is_anchored: bool) -> Result<(), StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- directory_insert
        INSERT INTO coop_directory (coop_id, slug, is_anchored) VALUES ($1, $2, $3)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(slug)
    .bind::<Bool, _>(is_anchored)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The co-op of the transaction.
///
/// # Errors
/// If the database fails.
pub async fn coop_get(tx: &mut CoopTx) -> Result<Option<CoopRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- coop_get
        SELECT id, slug, name, namespace, chain_id, contract, registrar, created_at FROM coop WHERE id = $1",
    )
    .bind::<SqlUuid, _>(coop)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// How many belong to the co-op of the transaction.
///
/// # Errors
/// If the database fails.
pub async fn coop_counts(tx: &mut CoopTx) -> Result<CountsRow, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- coop_counts
        SELECT count(*) FILTER (WHERE status = 'active') AS active,
               count(*) FILTER (WHERE status = 'active' AND class <> 'observer') AS voting,
               count(*) FILTER (WHERE status = 'suspended') AS suspended
        FROM member WHERE coop_id = $1",
    )
    .bind::<SqlUuid, _>(coop)
    .get_result(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Remembers that an account has to do with the co-op of the transaction, so that it finds the way back.
///
/// # Errors
/// If the database fails.
pub async fn account_coop_insert(tx: &mut CoopTx, account: AccountId) -> Result<(), StoreError> {
    let coop = tx.coop().uuid();
    // Without a conflict target, which would need the right to read.
    sql_query(
        "-- account_coop_insert
        INSERT INTO account_coop (account_id, coop_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(account.uuid())
    .bind::<SqlUuid, _>(coop)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The co-op with this short name.
///
/// # Errors
/// If the database fails.
pub async fn coop_of_slug(tx: &mut GlobalTx, slug: &str) -> Result<Option<CoopId>, StoreError> {
    let row: Option<IdRow> = sql_query(
        "-- coop_of_slug
        SELECT coop_id AS id FROM coop_directory WHERE slug = $1",
    )
    .bind::<Text, _>(slug)
    .get_result(tx.connection())
    .await
    .optional()?;
    Ok(row.map(|row| CoopId::from_uuid(row.id)))
}

/// Every co-op.
///
/// # Errors
/// If the database fails.
pub async fn coops_all(tx: &mut GlobalTx) -> Result<Vec<CoopId>, StoreError> {
    let rows: Vec<IdRow> = sql_query("-- coops_all\nSELECT coop_id AS id FROM coop_directory ORDER BY coop_id")
        .get_results(tx.connection())
        .await?;
    Ok(rows.into_iter().map(|row| CoopId::from_uuid(row.id)).collect())
}

/// The co-ops an account has to do with, after `after`.
///
/// # Errors
/// If the database fails.
pub async fn coops_of_account(
    tx: &mut GlobalTx,
    account: AccountId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<CoopId>, StoreError> {
    let rows: Vec<IdRow> = sql_query(
        "-- coops_of_account
        SELECT coop_id AS id FROM account_coop WHERE account_id = $1 AND coop_id > $2 ORDER BY coop_id LIMIT $3",
    )
    .bind::<SqlUuid, _>(account.uuid())
    .bind::<SqlUuid, _>(after)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| CoopId::from_uuid(row.id)).collect())
}
