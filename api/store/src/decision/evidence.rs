//! What a bundle proves of the records of a decision: where they stand, and which anchor was the first to cover them.

use diesel::sql_types::{BigInt, Binary, Nullable, Text, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::hash::Hash32;

use crate::anchor::RecordLeafRow;
use crate::{CoopTx, StoreError};

/// A record about one subject.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct SubjectRecordRow {
    /// Its place among the records of the co-op.
    #[diesel(sql_type = BigInt)]
    pub sequence: i64,
    /// The name of its type.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// Its struct hash.
    #[diesel(sql_type = Binary)]
    pub record_hash: Vec<u8>,
}

/// An anchor, as far as a bundle shows it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct CoveringAnchorRow {
    /// Its number.
    #[diesel(sql_type = BigInt)]
    pub seq: i64,
    /// How many records it covers.
    #[diesel(sql_type = BigInt)]
    pub size: i64,
    /// The link before it.
    #[diesel(sql_type = Binary)]
    pub prev: Vec<u8>,
    /// The root over its records.
    #[diesel(sql_type = Binary)]
    pub root: Vec<u8>,
    /// Its link.
    #[diesel(sql_type = Binary)]
    pub expected: Vec<u8>,
    /// The chain.
    #[diesel(sql_type = BigInt)]
    pub chain_id: i64,
    /// The contract.
    #[diesel(sql_type = Binary)]
    pub contract: Vec<u8>,
    /// Where it stands.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// The block that holds it.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub block_number: Option<i64>,
    /// The hash of that block.
    #[diesel(sql_type = Nullable<Binary>)]
    pub block_hash: Option<Vec<u8>>,
}

/// The records about one subject, in their order.
///
/// # Errors
/// If the database fails.
pub async fn records_of_subject(tx: &mut CoopTx, subject: Hash32) -> Result<Vec<SubjectRecordRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- records_of_subject
        SELECT sequence, kind, record_hash FROM record WHERE coop_id = $1 AND subject = $2 ORDER BY sequence",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Binary, _>(&subject.as_bytes()[..])
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The first anchor that covers the record with this sequence number.
///
/// # Errors
/// If the database fails.
pub async fn anchor_covering(tx: &mut CoopTx, sequence: i64) -> Result<Option<CoveringAnchorRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- anchor_covering
        SELECT seq, size, prev, root, expected, chain_id, contract, state, block_number, block_hash FROM anchor_batch
        WHERE coop_id = $1 AND seq >= 1 AND size >= $2 ORDER BY seq LIMIT 1",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(sequence)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// The leaves of the first `size` records.
///
/// # Errors
/// If the database fails.
pub async fn record_leaves_up_to(tx: &mut CoopTx, size: i64) -> Result<Vec<RecordLeafRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- record_leaves_up_to
        SELECT tag, subject, record_hash FROM record WHERE coop_id = $1 AND sequence <= $2 ORDER BY sequence",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(size)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}
