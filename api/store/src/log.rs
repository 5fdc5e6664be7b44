//! The transparency log of a co-op: what was acknowledged, its place, and how far it is signed and published.
//!
//! An act appends to `log_pending` in its own transaction and waits for nobody. The order is right all the same: whoever must
//! come after something waited for it to commit, so its number is greater. That holds for the revisions of a voter, and for
//! a close, which waits for all who cast.

use diesel::sql_types::{Array, BigInt, Binary, Text, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::hash::{Hash32, keccak256};
use governance::record::Record;

use crate::{CoopTx, StoreError};

/// What a leaf of the log commits to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogEntry {
    /// The hash of the record's type string.
    pub type_hash: Hash32,
    /// The struct hash of the record.
    pub record_hash: Hash32,
}

impl LogEntry {
    /// The entry of a record.
    #[must_use]
    pub fn of<R: Record>(record: &R) -> Self {
        Self {
            type_hash: keccak256(R::TYPE.as_bytes()),
            record_hash: record.struct_hash(),
        }
    }
}

#[derive(QueryableByName)]
struct Appended {
    #[diesel(sql_type = BigInt)]
    entry_id: i64,
}

/// Adds entries in their order, in one statement and without a lock; gives their numbers. They get their place in the log, and a
/// checkpoint that covers them, soon after the commit.
///
/// # Errors
/// If the database fails.
pub async fn log_append(tx: &mut CoopTx, entries: &[LogEntry]) -> Result<Vec<i64>, StoreError> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let types: Vec<&[u8]> = entries.iter().map(|entry| &entry.type_hash.as_bytes()[..]).collect();
    let hashes: Vec<&[u8]> = entries.iter().map(|entry| &entry.record_hash.as_bytes()[..]).collect();
    let rows: Vec<Appended> = sql_query(
        "-- log_append
        INSERT INTO log_pending (coop_id, type_hash, record_hash, recorded_by)
        SELECT $1, type_hash, record_hash, $2
        FROM unnest($3, $4) WITH ORDINALITY AS new (type_hash, record_hash, place) ORDER BY place
        RETURNING entry_id",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(name)
    .bind::<Array<Binary>, _>(types)
    .bind::<Array<Binary>, _>(hashes)
    .get_results(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| row.entry_id).collect())
}
