//! Bringing leaves back that were published and are missing here, because the database was restored from an older copy.

use diesel::sql_types::{Array, BigInt, Binary, Text, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::hash::Hash32;
use governance::log::LogEntry;

use super::{LogHead, SignedHead};
use crate::anchor::Replacement;
use crate::{CoopTx, StoreError};

/// The most entries in one statement.
const BATCH_MAX: usize = 4_096;

/// How far the log of the co-op is, without taking it; `None` where it was not begun.
///
/// # Errors
/// If the database fails.
pub async fn log_peek(tx: &mut CoopTx) -> Result<Option<LogHead>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- log_peek
        SELECT epoch, sequenced, size, root, note, published_size, published_root, refused FROM log_head WHERE coop_id = $1",
    )
    .bind::<SqlUuid, _>(coop)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// Those of these entries that wait for a place.
///
/// # Errors
/// If the database fails.
pub async fn log_waiting(tx: &mut CoopTx, entries: &[LogEntry]) -> Result<Vec<LogEntry>, StoreError> {
    #[derive(QueryableByName)]
    struct Waiting {
        #[diesel(sql_type = Binary)]
        type_hash: Vec<u8>,
        #[diesel(sql_type = Binary)]
        record_hash: Vec<u8>,
    }
    let coop = tx.coop().uuid();
    let mut found = Vec::new();
    for batch in entries.chunks(BATCH_MAX) {
        let (types, hashes) = columns(batch);
        let rows: Vec<Waiting> = sql_query(
            "-- log_waiting
            SELECT DISTINCT type_hash, record_hash FROM log_pending WHERE coop_id = $1
                AND (type_hash, record_hash) IN (SELECT * FROM unnest($2, $3))",
        )
        .bind::<SqlUuid, _>(coop)
        .bind::<Array<Binary>, _>(types)
        .bind::<Array<Binary>, _>(hashes)
        .get_results(tx.connection())
        .await?;
        found.extend(rows.iter().filter_map(|row| {
            Some(LogEntry {
                type_hash: Hash32::from_slice(&row.type_hash)?,
                record_hash: Hash32::from_slice(&row.record_hash)?,
            })
        }));
    }
    Ok(found)
}

/// Gives these published entries the places behind the last leaf, and makes the published checkpoint the newest, in a log that was
/// taken in this transaction. What waits for a place and is among the entries gets its place there, and is not entered again.
///
/// # Errors
/// If the database fails.
pub async fn log_restore(
    tx: &mut CoopTx,
    taken: &LogHead,
    entries: &[LogEntry],
    published: &SignedHead,
) -> Result<Replacement, StoreError> {
    let mut sequenced = taken.sequenced;
    for batch in entries.chunks(BATCH_MAX) {
        enter(tx, batch).await?;
        let placed = place(tx, sequenced, batch).await?;
        if placed != batch.len() {
            return Ok(Replacement::Overtaken);
        }
        sequenced = sequenced.saturating_add(i64::try_from(placed).unwrap_or(i64::MAX));
    }
    let coop = tx.coop().uuid();
    let changed = sql_query(
        "-- log_restore
        UPDATE log_head SET sequenced = $3, size = $4, root = $5, note = $6, published_size = $4, published_root = $5,
            refused = NULL, held_until = '-infinity', changed_at = clock_timestamp()
        WHERE coop_id = $1 AND epoch = $2 AND sequenced = $7 AND size < $4 AND $3 >= $4",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(taken.epoch)
    .bind::<BigInt, _>(sequenced)
    .bind::<BigInt, _>(published.size)
    .bind::<Binary, _>(&published.root.as_bytes()[..])
    .bind::<Text, _>(&published.note)
    .bind::<BigInt, _>(taken.sequenced)
    .execute(tx.connection())
    .await?;
    Ok(if changed == 1 {
        Replacement::Replaced
    } else {
        Replacement::Overtaken
    })
}

/// Lets the entries wait that do not wait yet: a leaf needs a number, and only what waits has one.
async fn enter(tx: &mut CoopTx, batch: &[LogEntry]) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let (types, hashes) = columns(batch);
    sql_query(
        // The second of two equal entries is another one, so equal ones are counted.
        "-- log_restore, enter
        INSERT INTO log_pending (coop_id, type_hash, record_hash, recorded_by)
        SELECT $1, type_hash, record_hash, $2
        FROM (SELECT type_hash, record_hash, place,
                row_number() OVER (PARTITION BY type_hash, record_hash ORDER BY place) AS nth
            FROM unnest($3, $4) WITH ORDINALITY AS new (type_hash, record_hash, place)) AS wanted
        LEFT JOIN (SELECT type_hash, record_hash, count(*) AS many FROM log_pending WHERE coop_id = $1
            GROUP BY type_hash, record_hash) AS waiting USING (type_hash, record_hash)
        WHERE wanted.nth > coalesce(waiting.many, 0) ORDER BY wanted.place",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(name)
    .bind::<Array<Binary>, _>(types)
    .bind::<Array<Binary>, _>(hashes)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Moves the entries to their places, from `first` on; gives how many.
async fn place(tx: &mut CoopTx, first: i64, batch: &[LogEntry]) -> Result<usize, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let (types, hashes) = columns(batch);
    sql_query(
        "-- log_restore, place
        WITH wanted AS (
            SELECT type_hash, record_hash, place, row_number() OVER (PARTITION BY type_hash, record_hash ORDER BY place) AS nth
            FROM unnest($4, $5) WITH ORDINALITY AS new (type_hash, record_hash, place)
        ), waiting AS (
            SELECT type_hash, record_hash, entry_id,
                row_number() OVER (PARTITION BY type_hash, record_hash ORDER BY entry_id) AS nth
            FROM log_pending WHERE coop_id = $1
        ), placed AS (
            SELECT type_hash, record_hash, place, entry_id FROM wanted JOIN waiting USING (type_hash, record_hash, nth)
        ), moved AS (
            DELETE FROM log_pending WHERE coop_id = $1 AND entry_id IN (SELECT entry_id FROM placed) RETURNING entry_id
        )
        INSERT INTO log_leaf (coop_id, log_index, type_hash, record_hash, entry_id, recorded_by)
        SELECT $1, $2 + place - 1, type_hash, record_hash, entry_id, $3 FROM placed JOIN moved USING (entry_id)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(first)
    .bind::<Text, _>(name)
    .bind::<Array<Binary>, _>(types)
    .bind::<Array<Binary>, _>(hashes)
    .execute(tx.connection())
    .await
    .map_err(StoreError::from)
}

fn columns(entries: &[LogEntry]) -> (Vec<&[u8]>, Vec<&[u8]>) {
    let types = entries.iter().map(|entry| &entry.type_hash.as_bytes()[..]).collect();
    let hashes = entries.iter().map(|entry| &entry.record_hash.as_bytes()[..]).collect();
    (types, hashes)
}
