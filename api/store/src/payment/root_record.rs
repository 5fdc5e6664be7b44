//! The records of roots.

use diesel::sql_types::{BigInt, Binary, Nullable, Text, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::hash::Hash32;
use governance::id::PaymentFileId;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A record to be written.
#[derive(Debug, Clone, Copy)]
pub struct NewClaimRootRecord<'a> {
    /// Its struct hash.
    pub hash: Hash32,
    /// The distributor.
    pub distributor: Uuid,
    /// The epoch in the contract.
    pub epoch: i64,
    /// The root.
    pub root: Hash32,
    /// What its claims come to, in the smallest unit of the token, as digits.
    pub total: &'a str,
    /// The file; `None` where nobody released it, as the two after it.
    pub file: Option<Uuid>,
    /// SHA-256 of the list of claims.
    pub content: Option<Hash32>,
    /// What the contract is told as the statements of the cycle.
    pub statements: Option<Hash32>,
    /// Its salt.
    pub salt: Hash32,
}

/// A record of a root that was released.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ClaimRootRecordRow {
    /// Its struct hash.
    #[diesel(sql_type = Binary)]
    pub record_hash: Vec<u8>,
    /// What the contract is told as the statements of the cycle.
    #[diesel(sql_type = Nullable<Binary>)]
    pub statements: Option<Vec<u8>>,
    /// Its salt.
    #[diesel(sql_type = Binary)]
    pub salt: Vec<u8>,
}

/// Writes what a record says.
///
/// # Errors
/// If the database fails.
pub async fn claim_root_record_insert(tx: &mut CoopTx, new: NewClaimRootRecord<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let bytes = |word: Option<Hash32>| word.map(|word| word.as_bytes().to_vec());
    sql_query(
        "-- claim_root_record_insert
        INSERT INTO claim_root_record (coop_id, record_hash, distributor_id, epoch, root, total, file_id, content, statements, salt,
            recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6::text::numeric, $7, $8, $9, $10, $11)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Binary, _>(new.hash.as_bytes().as_slice())
    .bind::<SqlUuid, _>(new.distributor)
    .bind::<BigInt, _>(new.epoch)
    .bind::<Binary, _>(new.root.as_bytes().as_slice())
    .bind::<Text, _>(new.total)
    .bind::<Nullable<SqlUuid>, _>(new.file)
    .bind::<Nullable<Binary>, _>(bytes(new.content))
    .bind::<Nullable<Binary>, _>(bytes(new.statements))
    .bind::<Binary, _>(new.salt.as_bytes().as_slice())
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The record of the root of a file; `None` before it is released.
///
/// # Errors
/// If the database fails.
pub async fn claim_root_record_of(
    tx: &mut CoopTx,
    file: PaymentFileId,
) -> Result<Option<ClaimRootRecordRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- claim_root_record_of
        SELECT record_hash, statements, salt FROM claim_root_record WHERE coop_id = $1 AND file_id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(file.uuid())
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}
