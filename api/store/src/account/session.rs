//! Sessions and the chains of refresh tokens that prolong them.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Binary, Bool, Double, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::id::{AccountId, SessionId};
use uuid::Uuid;

use crate::{GlobalTx, StoreError};

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// The person signed out on this device.
    SignOut,
    /// The person signed out on every device.
    SignOutEverywhere,
    /// The password was changed.
    PasswordChange,
    /// The password was reset by a mailed link.
    PasswordReset,
    /// A refresh token came back after its successor was in use: somebody else may hold it.
    TokenReuse,
}

impl EndReason {
    /// The name in SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignOut => "sign_out",
            Self::SignOutEverywhere => "sign_out_everywhere",
            Self::PasswordChange => "password_change",
            Self::PasswordReset => "password_reset",
            Self::TokenReuse => "token_reuse",
        }
    }
}

/// A session to be begun.
#[derive(Debug, Clone, Copy)]
pub struct NewSession<'a> {
    /// The session.
    pub id: SessionId,
    /// Whose.
    pub account: AccountId,
    /// The hash that the password was checked against; the session begins only if it is still the account's. `None` where a passkey
    /// answered, which this transaction has found in place.
    pub verified_hash: Option<&'a str>,
    /// The SHA-256 of the first refresh token.
    pub refresh_hash: &'a [u8; 32],
    /// How long it lasts.
    pub life_seconds: u32,
}

/// A session that was prolonged.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Prolonged {
    /// The session.
    #[diesel(sql_type = SqlUuid)]
    pub session_id: Uuid,
    /// Whose.
    #[diesel(sql_type = SqlUuid)]
    pub account_id: Uuid,
    /// When it ends.
    #[diesel(sql_type = Timestamptz)]
    pub expires_at: DateTime<Utc>,
}

/// What became of a refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotation {
    /// It is replaced, now or a moment ago by a request that ran beside this one: hand out its successor.
    Prolonged(Prolonged),
    /// It was replaced longer ago than the grace; its session ends with this transaction.
    Reused(Uuid),
    /// There is no such token, or its session is over.
    Refused,
}

/// A token and the one that follows it, both as SHA-256.
#[derive(Debug, Clone, Copy)]
pub struct Succession<'a> {
    /// The one that was sent.
    pub token_hash: &'a [u8; 32],
    /// The one derived from it.
    pub successor_hash: &'a [u8; 32],
    /// For how long the replaced one is still answered with its successor.
    pub grace_seconds: u32,
}

/// A session in the list of its owner.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct SessionRow {
    /// The session.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// When it began.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    /// When it was last prolonged.
    #[diesel(sql_type = Timestamptz)]
    pub last_refreshed_at: DateTime<Utc>,
    /// When it ends by itself.
    #[diesel(sql_type = Timestamptz)]
    pub expires_at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct Expiry {
    #[diesel(sql_type = Timestamptz)]
    expires_at: DateTime<Utc>,
}

/// Begins a session; when it ends, or `None` if the password was changed since it was checked.
///
/// # Errors
/// If the database fails.
pub async fn session_insert(tx: &mut GlobalTx, new: NewSession<'_>) -> Result<Option<DateTime<Utc>>, StoreError> {
    let name = tx.name();
    // The lock on the account is shared with other sign-ins and waits for a change of password, which then ends this session or
    // makes this statement find another hash. Without it, a sign-in that verified the old password could outlive its change.
    let begun: Option<Expiry> = sql_query(
        "-- session_insert
        WITH owner AS (SELECT id FROM account WHERE id = $2 AND password_hash = coalesce($3, password_hash) FOR SHARE)
        INSERT INTO session (id, account_id, expires_at, recorded_by)
        SELECT $1, owner.id, now() + make_interval(secs => $4), $5 FROM owner
        RETURNING expires_at",
    )
    .bind::<SqlUuid, _>(new.id.uuid())
    .bind::<SqlUuid, _>(new.account.uuid())
    .bind::<Nullable<Text>, _>(new.verified_hash)
    .bind::<Double, _>(f64::from(new.life_seconds))
    .bind::<Text, _>(name)
    .get_result(tx.connection())
    .await
    .optional()?;
    let Some(begun) = begun else { return Ok(None) };
    refresh_token_insert(tx, new.id.uuid(), new.refresh_hash).await?;
    Ok(Some(begun.expires_at))
}

async fn refresh_token_insert(tx: &mut GlobalTx, session: Uuid, hash: &[u8; 32]) -> Result<(), StoreError> {
    let name = tx.name();
    sql_query(
        "-- refresh_token_insert
        INSERT INTO refresh_token (token_hash, session_id, recorded_by) VALUES ($1, $2, $3)",
    )
    .bind::<Binary, _>(&hash[..])
    .bind::<SqlUuid, _>(session)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Replaces a refresh token by its successor, once however many requests bring it at the same time.
///
/// # Errors
/// If the database fails.
pub async fn refresh_token_rotate(tx: &mut GlobalTx, succession: Succession<'_>) -> Result<Rotation, StoreError> {
    // One statement decides who replaces it: the others wait for the row and then find it replaced.
    let won: Option<Prolonged> = sql_query(
        "-- refresh_token_rotate
        UPDATE refresh_token SET replaced_at = clock_timestamp()
        FROM session
        WHERE token_hash = $1 AND replaced_at IS NULL
          AND session.id = session_id AND session.ended_at IS NULL AND session.expires_at > now()
        RETURNING session_id, session.account_id, session.expires_at",
    )
    .bind::<Binary, _>(&succession.token_hash[..])
    .get_result(tx.connection())
    .await
    .optional()?;
    if let Some(prolonged) = won {
        refresh_token_insert(tx, prolonged.session_id, succession.successor_hash).await?;
        return Ok(Rotation::Prolonged(prolonged));
    }
    lost(tx, succession).await
}

#[derive(QueryableByName)]
struct Replaced {
    #[diesel(sql_type = SqlUuid)]
    session_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    account_id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    expires_at: DateTime<Utc>,
    #[diesel(sql_type = Bool)]
    is_over: bool,
    #[diesel(sql_type = Bool)]
    is_recent: bool,
}

async fn lost(tx: &mut GlobalTx, succession: Succession<'_>) -> Result<Rotation, StoreError> {
    let replaced: Option<Replaced> = sql_query(
        "-- refresh_token_rotate, replaced
        SELECT session_id, session.account_id, session.expires_at,
               session.ended_at IS NOT NULL OR session.expires_at <= now() AS is_over,
               coalesce(replaced_at > clock_timestamp() - make_interval(secs => $2), false) AS is_recent
        FROM refresh_token JOIN session ON session.id = session_id WHERE token_hash = $1",
    )
    .bind::<Binary, _>(&succession.token_hash[..])
    .bind::<Double, _>(f64::from(succession.grace_seconds))
    .get_result(tx.connection())
    .await
    .optional()?;
    let Some(replaced) = replaced else {
        return Ok(Rotation::Refused);
    };
    if replaced.is_over {
        return Ok(Rotation::Refused);
    }
    let session = SessionId::from_uuid(replaced.session_id);
    if replaced.is_recent {
        let Replaced {
            session_id,
            account_id,
            expires_at,
            ..
        } = replaced;
        return Ok(Rotation::Prolonged(Prolonged {
            session_id,
            account_id,
            expires_at,
        }));
    }
    session_end(tx, session, EndReason::TokenReuse).await?;
    Ok(Rotation::Reused(replaced.session_id))
}

/// Ends one session.
///
/// # Errors
/// If the database fails.
pub async fn session_end(tx: &mut GlobalTx, session: SessionId, reason: EndReason) -> Result<(), StoreError> {
    let name = tx.name();
    sql_query(
        "-- session_end
        UPDATE session SET ended_at = now(), end_reason = $2, recorded_by = $3 WHERE id = $1 AND ended_at IS NULL",
    )
    .bind::<SqlUuid, _>(session.uuid())
    .bind::<Text, _>(reason.name())
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Ends every session of an account; how many.
///
/// # Errors
/// If the database fails.
pub async fn session_end_all(tx: &mut GlobalTx, account: AccountId, reason: EndReason) -> Result<usize, StoreError> {
    let name = tx.name();
    sql_query(
        "-- session_end_all
        UPDATE session SET ended_at = now(), end_reason = $2, recorded_by = $3
        WHERE account_id = $1 AND ended_at IS NULL",
    )
    .bind::<SqlUuid, _>(account.uuid())
    .bind::<Text, _>(reason.name())
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The sessions of an account that last, oldest first, after the one named; at most `limit`.
///
/// # Errors
/// If the database fails.
pub async fn session_list(
    tx: &mut GlobalTx,
    account: AccountId,
    after: SessionId,
    limit: i64,
) -> Result<Vec<SessionRow>, StoreError> {
    sql_query(
        "-- session_list
        SELECT id, created_at, expires_at,
               coalesce((SELECT issued_at FROM refresh_token WHERE session_id = session.id AND replaced_at IS NULL),
                        created_at) AS last_refreshed_at
        FROM session
        WHERE account_id = $1 AND ended_at IS NULL AND expires_at > now() AND id > $2
        ORDER BY id LIMIT $3",
    )
    .bind::<SqlUuid, _>(account.uuid())
    .bind::<SqlUuid, _>(after.uuid())
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Removes sessions that ended by themselves this long ago, with their tokens, so that the tables do not grow without end; how many
/// of at most `limit`.
///
/// # Errors
/// If the database fails.
pub async fn session_sweep(tx: &mut GlobalTx, age_seconds: u32, limit: u16) -> Result<usize, StoreError> {
    sql_query(
        "-- session_sweep
        WITH past AS (
            SELECT id FROM session WHERE expires_at < now() - make_interval(secs => $1)
            ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
        ), tokens AS (
            DELETE FROM refresh_token USING past WHERE session_id = past.id
        )
        DELETE FROM session USING past WHERE session.id = past.id",
    )
    .bind::<Double, _>(f64::from(age_seconds))
    .bind::<BigInt, _>(i64::from(limit))
    .execute(tx.connection())
    .await
    .map_err(StoreError::from)
}
