//! Numbers used once, for messages that a wallet signs (EIP-4361) and challenges that a passkey answers.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Double, Text, Timestamptz};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;

use crate::{GlobalTx, StoreError};

#[derive(QueryableByName)]
struct Expiry {
    #[diesel(sql_type = Timestamptz)]
    expires_at: DateTime<Utc>,
}

/// Stores a nonce; until when it can be used.
///
/// # Errors
/// If the database fails.
pub async fn nonce_insert(tx: &mut GlobalTx, nonce: &str, life_seconds: u32) -> Result<DateTime<Utc>, StoreError> {
    let name = tx.name();
    let row: Expiry = sql_query(
        "-- nonce_insert
        INSERT INTO siwe_nonce (nonce, expires_at, recorded_by) VALUES ($1, now() + make_interval(secs => $2), $3)
        RETURNING expires_at",
    )
    .bind::<Text, _>(nonce)
    .bind::<Double, _>(f64::from(life_seconds))
    .bind::<Text, _>(name)
    .get_result(tx.connection())
    .await?;
    Ok(row.expires_at)
}

/// Uses a nonce up; whether it could be used. Of two requests at once, one gets it.
///
/// # Errors
/// If the database fails.
pub async fn nonce_use(tx: &mut GlobalTx, nonce: &str) -> Result<bool, StoreError> {
    let used: Vec<Expiry> =
        sql_query("-- nonce_use\nDELETE FROM siwe_nonce WHERE nonce = $1 AND expires_at > now() RETURNING expires_at")
            .bind::<Text, _>(nonce)
            .get_results(tx.connection())
            .await?;
    Ok(!used.is_empty())
}

/// Removes nonces that were never used in time; how many of at most `limit`.
///
/// # Errors
/// If the database fails.
pub async fn nonce_sweep(tx: &mut GlobalTx, limit: u16) -> Result<usize, StoreError> {
    sql_query(
        "-- nonce_sweep
        DELETE FROM siwe_nonce WHERE nonce IN (
            SELECT nonce FROM siwe_nonce WHERE expires_at < now() ORDER BY expires_at LIMIT $1
            FOR UPDATE SKIP LOCKED)",
    )
    .bind::<BigInt, _>(i64::from(limit))
    .execute(tx.connection())
    .await
    .map_err(StoreError::from)
}
