//! How far each log is: taking it for a while, signing, publishing, and refusing to.

use diesel::sql_types::{BigInt, Binary, Nullable, SmallInt, Text, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::hash::Hash32;
use uuid::Uuid;

use crate::anchor::Replacement;
use crate::{CoopTx, GlobalTx, StoreError};

/// Why nothing is signed for a co-op.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogRefusal {
    /// The published log is ahead of the database.
    Behind,
    /// The published log says something else than the database.
    Contradicts,
    /// The published log cannot be read.
    Unreachable,
    /// The leaves do not give the root that was signed.
    Damaged,
}

impl LogRefusal {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Behind, Self::Contradicts, Self::Unreachable, Self::Damaged];

    /// The name in SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Behind => "behind",
            Self::Contradicts => "contradicts",
            Self::Unreachable => "unreachable",
            Self::Damaged => "damaged",
        }
    }
}

/// A log that was taken.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct LogHead {
    /// The epoch; every later change names it.
    #[diesel(sql_type = BigInt)]
    pub epoch: i64,
    /// How many leaves have a place.
    #[diesel(sql_type = BigInt)]
    pub sequenced: i64,
    /// The size of the newest signed checkpoint; 0 before the first.
    #[diesel(sql_type = BigInt)]
    pub size: i64,
    /// Its root.
    #[diesel(sql_type = Nullable<Binary>)]
    pub root: Option<Vec<u8>>,
    /// The signed note.
    #[diesel(sql_type = Nullable<Text>)]
    pub note: Option<String>,
    /// The size of the newest checkpoint known to be published.
    #[diesel(sql_type = BigInt)]
    pub published_size: i64,
    /// Its root.
    #[diesel(sql_type = Nullable<Binary>)]
    pub published_root: Option<Vec<u8>>,
    /// Why nothing was signed the last time.
    #[diesel(sql_type = Nullable<Text>)]
    pub refused: Option<String>,
}

/// A checkpoint that is to become the newest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHead {
    /// Its size.
    pub size: i64,
    /// Its root.
    pub root: Hash32,
    /// The signed note.
    pub note: String,
}

/// How all logs together stand.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct LogsStanding {
    /// Co-ops for which nothing is signed.
    #[diesel(sql_type = BigInt)]
    pub refused: i64,
    /// One of the reasons.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    /// How long the oldest entry without a place waits, in seconds; 0 without one.
    #[diesel(sql_type = BigInt)]
    pub waiting_seconds: i64,
}

#[derive(QueryableByName)]
struct CoopRow {
    #[diesel(sql_type = SqlUuid)]
    coop_id: Uuid,
}

/// The co-ops whose log has something to do and that no worker holds.
///
/// # Errors
/// If the database fails.
pub async fn logs_due(tx: &mut GlobalTx) -> Result<Vec<Uuid>, StoreError> {
    let rows: Vec<CoopRow> = sql_query(
        // The first part jumps from one co-op to the next by the key, however much waits in each.
        "-- logs_due
        WITH RECURSIVE waiting AS (
            (SELECT coop_id FROM log_pending ORDER BY coop_id LIMIT 1)
            UNION ALL
            SELECT (SELECT next.coop_id FROM log_pending AS next WHERE next.coop_id > waiting.coop_id
                    ORDER BY next.coop_id LIMIT 1)
            FROM waiting WHERE waiting.coop_id IS NOT NULL
        ), due AS (
            SELECT coop_id FROM waiting WHERE coop_id IS NOT NULL
            UNION SELECT coop_id FROM log_head WHERE sequenced > published_size OR refused IS NOT NULL
        )
        SELECT due.coop_id FROM due LEFT JOIN log_head AS head ON head.coop_id = due.coop_id
        WHERE head.held_until IS NULL OR head.held_until < clock_timestamp()",
    )
    .get_results(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| row.coop_id).collect())
}

/// Every co-op whose log was begun.
///
/// # Errors
/// If the database fails.
pub async fn logs_started(tx: &mut GlobalTx) -> Result<Vec<Uuid>, StoreError> {
    let rows: Vec<CoopRow> = sql_query("-- logs_started\nSELECT coop_id FROM log_head ORDER BY coop_id")
        .get_results(tx.connection())
        .await?;
    Ok(rows.into_iter().map(|row| row.coop_id).collect())
}

/// How all logs together stand.
///
/// # Errors
/// If the database fails.
pub async fn logs_standing(tx: &mut GlobalTx) -> Result<LogsStanding, StoreError> {
    sql_query(
        // Entries wait in the order in which they came, so few are looked at: what waits long is what cannot be signed.
        "-- logs_standing
        SELECT count(refused) AS refused, min(refused) AS reason,
            coalesce((SELECT extract(epoch FROM clock_timestamp() - min(appended_at))::bigint FROM log_pending), 0)
                AS waiting_seconds
        FROM log_head WHERE refused IS NOT NULL",
    )
    .get_result(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Takes the log of the co-op for so many seconds; `None` while another worker holds it.
///
/// # Errors
/// If the database fails.
pub async fn log_take(tx: &mut CoopTx, seconds: i16) -> Result<Option<LogHead>, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- log_take
        INSERT INTO log_head AS head (coop_id, epoch, held_until, recorded_by)
        VALUES ($1, 1, clock_timestamp() + $2 * interval '1 second', $3)
        ON CONFLICT (coop_id) DO UPDATE
        SET epoch = head.epoch + 1, held_until = excluded.held_until, changed_at = clock_timestamp()
        WHERE head.held_until < clock_timestamp()
        RETURNING epoch, sequenced, size, root, note, published_size, published_root, refused",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SmallInt, _>(seconds)
    .bind::<Text, _>(name)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// Makes a checkpoint the newest, if the log still stands where it stood: at this epoch, with the signed size before.
///
/// # Errors
/// If the database fails.
pub async fn log_sign(tx: &mut CoopTx, before: &LogHead, signed: &SignedHead) -> Result<Replacement, StoreError> {
    let coop = tx.coop().uuid();
    let changed = sql_query(
        "-- log_sign
        UPDATE log_head SET size = $4, root = $5, note = $6, changed_at = clock_timestamp()
        WHERE coop_id = $1 AND epoch = $2 AND size = $3 AND size < $4",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(before.epoch)
    .bind::<BigInt, _>(before.size)
    .bind::<BigInt, _>(signed.size)
    .bind::<Binary, _>(&signed.root.as_bytes()[..])
    .bind::<Text, _>(&signed.note)
    .execute(tx.connection())
    .await?;
    Ok(replacement(changed))
}

/// Notes that the newest checkpoint, of this size, lies in the published folder, and gives the log back.
///
/// # Errors
/// If the database fails.
pub async fn log_publish(tx: &mut CoopTx, epoch: i64, size: i64) -> Result<Replacement, StoreError> {
    let coop = tx.coop().uuid();
    let changed = sql_query(
        "-- log_publish
        UPDATE log_head SET published_size = size, published_root = root, held_until = '-infinity', refused = NULL,
            changed_at = clock_timestamp()
        WHERE coop_id = $1 AND epoch = $2 AND size = $3",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(epoch)
    .bind::<BigInt, _>(size)
    .execute(tx.connection())
    .await?;
    Ok(replacement(changed))
}

/// Gives the log back with nothing published.
///
/// # Errors
/// If the database fails.
pub async fn log_release(tx: &mut CoopTx, epoch: i64) -> Result<(), StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- log_release
        UPDATE log_head SET held_until = '-infinity', refused = NULL, changed_at = clock_timestamp()
        WHERE coop_id = $1 AND epoch = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(epoch)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Notes why nothing is signed, and leaves the log alone for so many seconds.
///
/// # Errors
/// If the database fails.
pub async fn log_refuse(tx: &mut CoopTx, epoch: i64, refusal: LogRefusal, seconds: i16) -> Result<(), StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- log_refuse
        UPDATE log_head SET refused = $3, held_until = clock_timestamp() + $4 * interval '1 second',
            changed_at = clock_timestamp()
        WHERE coop_id = $1 AND epoch = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(epoch)
    .bind::<Text, _>(refusal.name())
    .bind::<SmallInt, _>(seconds)
    .execute(tx.connection())
    .await?;
    Ok(())
}

const fn replacement(changed: usize) -> Replacement {
    if changed == 1 {
        Replacement::Replaced
    } else {
        Replacement::Overtaken
    }
}
