//! The transparency log of a co-op: what was acknowledged, its place, and how far it is signed and published.
//!
//! An act appends to `log_pending` in its own transaction and waits for nobody. The order is right all the same: whoever must
//! come after something waited for it to commit, so its number is greater. That holds for the revisions of a voter, and for
//! a close, which waits for all who cast.

mod head;
mod leaf;
mod restore;

use diesel::sql_types::{Array, BigInt, Binary, Text, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;

use crate::{CoopTx, StoreError};

pub use governance::log::LogEntry;
pub use head::{
    LogHead, LogRefusal, LogsStanding, SignedHead, log_publish, log_refuse, log_release, log_sign, log_take, logs_due,
    logs_standing, logs_started,
};
pub use leaf::{LeafRow, LogPlace, log_leaves, log_place, log_sequence};
pub use restore::{log_peek, log_restore, log_waiting};

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
