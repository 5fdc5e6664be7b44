//! What a bundle proves of the records of a decision: where they stand, in the log and among the anchored records, which anchor was
//! the first to cover them, and what happened to the proposal.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Binary, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::hash::Hash32;
use uuid::Uuid;

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

/// Something that happened to a proposal, as it stands in its row.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct SubjectEventRow {
    /// What happened, as a code.
    #[diesel(sql_type = SmallInt)]
    pub kind: i16,
    /// Who acted, then the facts of the kind: 32 bytes each, laid end to end.
    #[diesel(sql_type = Binary)]
    pub words: Vec<u8>,
    /// Their hash.
    #[diesel(sql_type = Binary)]
    pub payload: Vec<u8>,
    /// When, in whole seconds.
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    /// The salt of its record.
    #[diesel(sql_type = Binary)]
    pub salt: Vec<u8>,
    /// The hash of its record.
    #[diesel(sql_type = Binary)]
    pub record_hash: Vec<u8>,
}

/// Everything that happened to one subject, in the order in which it was written.
///
/// # Errors
/// If the database fails.
pub async fn events_of_subject(tx: &mut CoopTx, subject: Uuid) -> Result<Vec<SubjectEventRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- events_of_subject
        SELECT kind, words, payload, at, salt, record_hash FROM event WHERE coop_id = $1 AND subject = $2 ORDER BY id",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(subject)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Where those of these records stand in the log that the first `size` leaves hold. What stands there twice has its first place.
///
/// # Errors
/// If the database fails.
pub async fn log_indexes(
    tx: &mut CoopTx,
    size: i64,
    record_hashes: &[&[u8]],
) -> Result<HashMap<Vec<u8>, i64>, StoreError> {
    #[derive(QueryableByName)]
    struct Indexed {
        #[diesel(sql_type = Binary)]
        record_hash: Vec<u8>,
        #[diesel(sql_type = BigInt)]
        log_index: i64,
    }
    let coop = tx.coop().uuid();
    let rows: Vec<Indexed> = sql_query(
        // The wall of OFFSET 0 keeps each lookup one by the record's index: with a list to compare with and no statistics yet, the
        // database would rather read the whole log for each page of ballots.
        "-- log_indexes
        SELECT wanted.record_hash, leaf.log_index FROM unnest($2) AS wanted (record_hash)
        CROSS JOIN LATERAL (
            SELECT log_index FROM log_leaf WHERE coop_id = $1 AND log_leaf.record_hash = wanted.record_hash OFFSET 0
        ) AS leaf
        WHERE leaf.log_index < $3 ORDER BY leaf.log_index DESC",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Array<Binary>, _>(record_hashes)
    .bind::<BigInt, _>(size)
    .get_results(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| (row.record_hash, row.log_index)).collect())
}
