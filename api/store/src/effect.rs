//! What a request with an Idempotency-Key did, stored in the transaction that did it.

use diesel::sql_types::{BigInt, Binary, Double, Nullable, SmallInt, Text, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::{CoopTx, GlobalTx, StoreError};

/// Whether a request is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EffectBegin {
    /// It is: do the work, then finish the effect in the same transaction.
    Fresh,
    /// It was done before: answer with this again.
    Replay {
        /// The HTTP status that was answered.
        status: i16,
        /// The body that was answered.
        body: Vec<u8>,
    },
    /// The key was used for another request.
    Differs,
}

#[derive(QueryableByName)]
struct EffectRow {
    #[diesel(sql_type = Binary)]
    request_hash: Vec<u8>,
    #[diesel(sql_type = Nullable<SmallInt>)]
    status: Option<i16>,
    #[diesel(sql_type = Nullable<Binary>)]
    body: Option<Vec<u8>>,
}

/// A request: who asks, under which key, for what.
#[derive(Debug, Clone, Copy)]
pub struct EffectKey<'a> {
    /// The member, or for what founds a co-op the account.
    pub actor: Uuid,
    /// The Idempotency-Key.
    pub key: &'a str,
    /// The SHA-256 of method, path and body.
    pub request_hash: &'a [u8; 32],
}

/// Takes the key inside a co-op. While another transaction holds it this waits, and fails as busy after the lock timeout.
///
/// # Errors
/// If the database fails.
pub async fn effect_begin(tx: &mut CoopTx, key: EffectKey<'_>) -> Result<EffectBegin, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let inserted = sql_query(
        "-- effect_begin
        INSERT INTO effect (coop_id, actor_id, key, request_hash, recorded_by) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (coop_id, actor_id, key) DO NOTHING",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(key.actor)
    .bind::<Text, _>(key.key)
    .bind::<Binary, _>(&key.request_hash[..])
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    if inserted == 1 {
        return Ok(EffectBegin::Fresh);
    }
    let row: Option<EffectRow> = sql_query(
        "-- effect_begin, earlier
        SELECT request_hash, status, body FROM effect WHERE coop_id = $1 AND actor_id = $2 AND key = $3",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(key.actor)
    .bind::<Text, _>(key.key)
    .get_result(tx.connection())
    .await
    .optional()?;
    Ok(earlier(row, key.request_hash))
}

/// Stores the answer of a fresh effect.
///
/// # Errors
/// If the database fails.
pub async fn effect_finish(tx: &mut CoopTx, key: EffectKey<'_>, status: i16, body: &[u8]) -> Result<(), StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- effect_finish
        UPDATE effect SET status = $4, body = $5 WHERE coop_id = $1 AND actor_id = $2 AND key = $3",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(key.actor)
    .bind::<Text, _>(key.key)
    .bind::<SmallInt, _>(status)
    .bind::<Binary, _>(body)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Removes effects of all co-ops that are this old, with the answers in them; how many of at most `limit`. The database lets none go
/// that is younger than a week.
///
/// # Errors
/// If the database fails.
pub async fn effect_sweep(tx: &mut GlobalTx, age_seconds: u32, limit: u16) -> Result<usize, StoreError> {
    sql_query(
        "-- effect_sweep
        DELETE FROM effect WHERE (coop_id, actor_id, key) IN (
            SELECT coop_id, actor_id, key FROM effect WHERE created_at < now() - make_interval(secs => $1)
            ORDER BY created_at LIMIT $2)",
    )
    .bind::<Double, _>(f64::from(age_seconds))
    .bind::<BigInt, _>(i64::from(limit))
    .execute(tx.connection())
    .await
    .map_err(StoreError::from)
}

fn earlier(row: Option<EffectRow>, request_hash: &[u8; 32]) -> EffectBegin {
    match row {
        Some(EffectRow {
            request_hash: stored,
            status: Some(status),
            body: Some(body),
        }) if stored == request_hash => EffectBegin::Replay { status, body },
        // A row without an answer was never committed so; another request's hash is another request.
        Some(_) | None => EffectBegin::Differs,
    }
}
