//! The leaves of a log: giving entries their place, and finding them.

use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::hash::Hash32;
use governance::log::LogEntry;

use crate::{CoopTx, StoreError};

/// A leaf.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct LeafRow {
    /// Its place, from 0.
    #[diesel(sql_type = BigInt)]
    pub log_index: i64,
    #[diesel(sql_type = Binary)]
    type_hash: Vec<u8>,
    #[diesel(sql_type = Binary)]
    record_hash: Vec<u8>,
}

impl LeafRow {
    /// What it commits to; `None` where the row is damaged.
    #[must_use]
    pub fn entry(&self) -> Option<LogEntry> {
        Some(LogEntry {
            type_hash: Hash32::from_slice(&self.type_hash)?,
            record_hash: Hash32::from_slice(&self.record_hash)?,
        })
    }
}

/// Where an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogPlace {
    /// It is acknowledged, and no published checkpoint covers it yet.
    Pending,
    /// It stands at `index`, and the published checkpoint covers it.
    Published {
        /// Its place, from 0.
        index: i64,
        /// The hash of its type.
        type_hash: Hash32,
    },
}

#[derive(QueryableByName)]
struct Sequenced {
    #[diesel(sql_type = BigInt)]
    sequenced: i64,
}

/// Gives up to `max` entries that wait their places, in the order of their numbers; gives how many leaves there are now, or `None`
/// if another worker took the log.
///
/// # Errors
/// If the database fails.
pub async fn log_sequence(tx: &mut CoopTx, epoch: i64, max: i64) -> Result<Option<i64>, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    // The row lock first: what is moved below is what was committed when it was held. Until the end of the transaction entries are
    // found by the key alone: however many wait, and whatever the statistics say of so short-lived rows, a batch reads itself.
    let held: Vec<Sequenced> = sql_query(
        "-- log_sequence, head
        SELECT sequenced, set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)
        FROM log_head WHERE coop_id = $1 AND epoch = $2 FOR UPDATE",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(epoch)
    .get_results(tx.connection())
    .await?;
    let [head] = held.as_slice() else { return Ok(None) };
    let moved = sql_query(
        // The bound is one value from a subquery: behind a wall, a comparison with anything that might leak is no index condition.
        "-- log_sequence
        WITH moved AS (
            DELETE FROM log_pending WHERE coop_id = $1 AND entry_id <= (
                SELECT max(entry_id) FROM (
                    SELECT entry_id FROM log_pending WHERE coop_id = $1 ORDER BY entry_id LIMIT $3) AS batch)
            RETURNING entry_id, type_hash, record_hash
        )
        INSERT INTO log_leaf (coop_id, log_index, type_hash, record_hash, entry_id, recorded_by)
        SELECT $1, $2 + row_number() OVER (ORDER BY entry_id) - 1, type_hash, record_hash, entry_id, $4 FROM moved",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(head.sequenced)
    .bind::<BigInt, _>(max)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    let sequenced = head.sequenced.saturating_add(i64::try_from(moved).unwrap_or(i64::MAX));
    if moved > 0 {
        sql_query(
            "-- log_sequence, sequenced
            UPDATE log_head SET sequenced = $2, changed_at = clock_timestamp() WHERE coop_id = $1",
        )
        .bind::<SqlUuid, _>(coop)
        .bind::<BigInt, _>(sequenced)
        .execute(tx.connection())
        .await?;
    }
    Ok(Some(sequenced))
}

/// The leaves from `from` on, in their order, up to but without `to`.
///
/// # Errors
/// If the database fails.
pub async fn log_leaves(tx: &mut CoopTx, from: i64, to: i64) -> Result<Vec<LeafRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- log_leaves
        SELECT log_index, type_hash, record_hash FROM log_leaf
        WHERE coop_id = $1 AND log_index >= $2 AND log_index < $3 ORDER BY log_index",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(from)
    .bind::<BigInt, _>(to)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Where the entry of a record is; `None` where nothing with this hash was ever acknowledged.
///
/// # Errors
/// If the database fails.
pub async fn log_place(tx: &mut CoopTx, record_hash: Hash32) -> Result<Option<LogPlace>, StoreError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Nullable<BigInt>)]
        log_index: Option<i64>,
        #[diesel(sql_type = Nullable<Binary>)]
        type_hash: Option<Vec<u8>>,
        #[diesel(sql_type = Bool)]
        is_pending: bool,
    }
    let coop = tx.coop().uuid();
    let found: Found = sql_query(
        "-- log_place
        SELECT leaf.log_index, leaf.type_hash,
            CASE WHEN leaf.log_index IS NULL
                THEN EXISTS (SELECT FROM log_pending WHERE coop_id = $1 AND record_hash = $2)
                ELSE leaf.log_index >= (SELECT published_size FROM log_head WHERE coop_id = $1)
            END AS is_pending
        FROM (VALUES (1)) AS one
        LEFT JOIN LATERAL (
            SELECT log_index, type_hash FROM log_leaf WHERE coop_id = $1 AND record_hash = $2 ORDER BY log_index LIMIT 1
        ) AS leaf ON true",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Binary, _>(&record_hash.as_bytes()[..])
    .get_result(tx.connection())
    .await?;
    if found.is_pending {
        return Ok(Some(LogPlace::Pending));
    }
    let type_hash = found.type_hash.as_deref().and_then(Hash32::from_slice);
    Ok(found
        .log_index
        .zip(type_hash)
        .map(|(index, type_hash)| LogPlace::Published { index, type_hash }))
}
