//! Links that are mailed: each carries one action and works once.

use diesel::sql_types::{BigInt, Binary, Double, Nullable, Text, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::id::AccountId;
use uuid::Uuid;

use crate::{GlobalTx, StoreError};

/// The token of a link as the database knows it.
#[derive(Debug, Clone, Copy)]
pub struct LinkKey<'a> {
    /// The SHA-256 of the token.
    pub token_hash: &'a [u8; 32],
    /// The one thing it allows: `sign_up`, `confirm_email` or `reset_password`.
    pub action: &'a str,
}

/// A link that works.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct LinkRow {
    /// The account it acts on; `None` for a sign-up.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub account_id: Option<Uuid>,
    /// The address it was sent to.
    #[diesel(sql_type = Text)]
    pub email: String,
}

#[derive(QueryableByName)]
struct Owner {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Adds a link to sign up.
///
/// # Errors
/// If the database fails.
pub async fn sign_up_link_insert(
    tx: &mut GlobalTx,
    token_hash: &[u8; 32],
    email: &str,
    life_seconds: u32,
) -> Result<(), StoreError> {
    let name = tx.name();
    sql_query(
        "-- sign_up_link_insert
        INSERT INTO single_use_link (token_hash, action, email, expires_at, recorded_by)
        VALUES ($1, 'sign_up', $2, now() + make_interval(secs => $3), $4)",
    )
    .bind::<Binary, _>(&token_hash[..])
    .bind::<Text, _>(email)
    .bind::<Double, _>(f64::from(life_seconds))
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Adds a link to reset the password of the account with this address, if there is one, and makes earlier ones useless. It does
/// the same work where there is none.
///
/// # Errors
/// If the database fails.
pub async fn reset_link_insert(
    tx: &mut GlobalTx,
    token_hash: &[u8; 32],
    email: &str,
    life_seconds: u32,
) -> Result<(), StoreError> {
    // Two requests for one account take turns here, so that the later one finds the link of the earlier one.
    let owner: Option<Owner> =
        sql_query("-- reset_link_insert, owner\nSELECT id FROM account WHERE email = $1 FOR NO KEY UPDATE")
            .bind::<Text, _>(email)
            .get_result(tx.connection())
            .await
            .optional()?;
    let owner = AccountId::from_uuid(owner.map_or(Uuid::nil(), |owner| owner.id));
    account_links_void(tx, owner, "reset_password").await?;
    account_link_insert(
        tx,
        LinkKey {
            token_hash,
            action: "reset_password",
        },
        owner,
        life_seconds,
    )
    .await
}

/// Adds a link to confirm the address of an account, unless it is confirmed already.
///
/// # Errors
/// If the database fails.
pub async fn confirmation_link_insert(
    tx: &mut GlobalTx,
    token_hash: &[u8; 32],
    account: AccountId,
    life_seconds: u32,
) -> Result<(), StoreError> {
    account_link_insert(
        tx,
        LinkKey {
            token_hash,
            action: "confirm_email",
        },
        account,
        life_seconds,
    )
    .await
}

async fn account_link_insert(
    tx: &mut GlobalTx,
    link: LinkKey<'_>,
    account: AccountId,
    life_seconds: u32,
) -> Result<(), StoreError> {
    let name = tx.name();
    sql_query(
        "-- account_link_insert
        INSERT INTO single_use_link (token_hash, action, account_id, email, expires_at, recorded_by)
        SELECT $1, $2, id, email, now() + make_interval(secs => $4), $5 FROM account
        WHERE id = $3 AND NOT ($2 = 'confirm_email' AND email_confirmed_at IS NOT NULL)",
    )
    .bind::<Binary, _>(&link.token_hash[..])
    .bind::<Text, _>(link.action)
    .bind::<SqlUuid, _>(account.uuid())
    .bind::<Double, _>(f64::from(life_seconds))
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Makes every open link of an account for one action useless.
///
/// # Errors
/// If the database fails.
pub async fn account_links_void(tx: &mut GlobalTx, account: AccountId, action: &str) -> Result<(), StoreError> {
    sql_query(
        "-- account_links_void
        UPDATE single_use_link SET used_at = now() WHERE account_id = $1 AND action = $2 AND used_at IS NULL",
    )
    .bind::<SqlUuid, _>(account.uuid())
    .bind::<Text, _>(action)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Makes every open link to sign up with an address useless.
///
/// # Errors
/// If the database fails.
pub async fn sign_up_links_void(tx: &mut GlobalTx, email: &str) -> Result<(), StoreError> {
    sql_query(
        "-- sign_up_links_void
        UPDATE single_use_link SET used_at = now() WHERE email = $1 AND action = 'sign_up' AND used_at IS NULL",
    )
    .bind::<Text, _>(email)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The link, if it works; it stays usable.
///
/// # Errors
/// If the database fails.
pub async fn link_read(tx: &mut GlobalTx, link: LinkKey<'_>) -> Result<Option<LinkRow>, StoreError> {
    sql_query(
        "-- link_read
        SELECT account_id, email FROM single_use_link
        WHERE token_hash = $1 AND action = $2 AND used_at IS NULL AND expires_at > now()",
    )
    .bind::<Binary, _>(&link.token_hash[..])
    .bind::<Text, _>(link.action)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// Uses the link up, if it works: of two requests at once, one gets it.
///
/// # Errors
/// If the database fails.
pub async fn link_use(tx: &mut GlobalTx, link: LinkKey<'_>) -> Result<Option<LinkRow>, StoreError> {
    sql_query(
        "-- link_use
        UPDATE single_use_link SET used_at = now()
        WHERE token_hash = $1 AND action = $2 AND used_at IS NULL AND expires_at > now()
        RETURNING account_id, email",
    )
    .bind::<Binary, _>(&link.token_hash[..])
    .bind::<Text, _>(link.action)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// Removes links that expired this long ago; how many of at most `limit`.
///
/// # Errors
/// If the database fails.
pub async fn link_sweep(tx: &mut GlobalTx, age_seconds: u32, limit: u16) -> Result<usize, StoreError> {
    sql_query(
        "-- link_sweep
        DELETE FROM single_use_link WHERE token_hash IN (
            SELECT token_hash FROM single_use_link WHERE expires_at < now() - make_interval(secs => $1)
            ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)",
    )
    .bind::<Double, _>(f64::from(age_seconds))
    .bind::<BigInt, _>(i64::from(limit))
    .execute(tx.connection())
    .await
    .map_err(StoreError::from)
}
