//! Accounts: people who can sign in, their sessions and the links mailed to them.

pub mod link;
pub mod nonce;
pub mod passkey;
pub mod session;
pub mod wallet;

use chrono::{DateTime, Utc};
use diesel::sql_types::{Bool, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::id::AccountId;
use uuid::Uuid;

use crate::{GlobalTx, StoreError};

/// The rule that an address has one account.
pub const EMAIL_IS_NEW: &str = "account_email_is_new";

/// An account as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct AccountRow {
    /// The account.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The address, in lower case.
    #[diesel(sql_type = Text)]
    pub email: String,
    /// How the person wishes to be called.
    #[diesel(sql_type = Text)]
    pub display_name: String,
    /// Whether the address was confirmed.
    #[diesel(sql_type = Bool)]
    pub is_confirmed: bool,
    /// When it was made.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
}

/// What a password is checked against.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Credentials {
    /// The account.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The argon2id hash.
    #[diesel(sql_type = Text)]
    pub password_hash: String,
}

/// An account to be made. Its address counts as confirmed: whoever makes it came by a link mailed there.
#[derive(Debug, Clone, Copy)]
pub struct NewAccount<'a> {
    /// The account.
    pub id: AccountId,
    /// The address, in lower case.
    pub email: &'a str,
    /// How the person wishes to be called.
    pub display_name: &'a str,
    /// The argon2id hash.
    pub password_hash: &'a str,
}

/// A change of password.
#[derive(Debug, Clone, Copy)]
pub struct PasswordReplacement<'a> {
    /// The hash that must still be the account's; otherwise somebody was faster.
    pub verified_hash: &'a str,
    /// The new hash.
    pub new_hash: &'a str,
}

/// What to check a password of this address against.
///
/// # Errors
/// If the database fails.
pub async fn account_credentials(tx: &mut GlobalTx, email: &str) -> Result<Option<Credentials>, StoreError> {
    sql_query("-- account_credentials\nSELECT id, password_hash FROM account WHERE email = $1")
        .bind::<Text, _>(email)
        .get_result(tx.connection())
        .await
        .optional()
        .map_err(StoreError::from)
}

/// What to check a password of this account against.
///
/// # Errors
/// If the database fails.
pub async fn account_credentials_of(tx: &mut GlobalTx, account: AccountId) -> Result<Option<Credentials>, StoreError> {
    sql_query("-- account_credentials_of\nSELECT id, password_hash FROM account WHERE id = $1")
        .bind::<SqlUuid, _>(account.uuid())
        .get_result(tx.connection())
        .await
        .optional()
        .map_err(StoreError::from)
}

/// Makes an account with a confirmed address.
///
/// # Errors
/// The constraint [`EMAIL_IS_NEW`] if the address has one already.
pub async fn account_insert(tx: &mut GlobalTx, new: NewAccount<'_>) -> Result<(), StoreError> {
    let name = tx.name();
    sql_query(
        "-- account_insert
        INSERT INTO account (id, email, display_name, password_hash, email_confirmed_at, recorded_by)
        VALUES ($1, $2, $3, $4, now(), $5)",
    )
    .bind::<SqlUuid, _>(new.id.uuid())
    .bind::<Text, _>(new.email)
    .bind::<Text, _>(new.display_name)
    .bind::<Text, _>(new.password_hash)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The account.
///
/// # Errors
/// If the database fails.
pub async fn account_read(tx: &mut GlobalTx, account: AccountId) -> Result<Option<AccountRow>, StoreError> {
    sql_query(
        "-- account_read
        SELECT id, email, display_name, email_confirmed_at IS NOT NULL AS is_confirmed, created_at
        FROM account WHERE id = $1",
    )
    .bind::<SqlUuid, _>(account.uuid())
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// Whether an address has an account.
///
/// # Errors
/// If the database fails.
pub async fn account_exists(tx: &mut GlobalTx, email: &str) -> Result<bool, StoreError> {
    Ok(account_credentials(tx, email).await?.is_some())
}

/// Changes how the person wishes to be called.
///
/// # Errors
/// If the database fails.
pub async fn account_rename(
    tx: &mut GlobalTx,
    account: AccountId,
    display_name: &str,
) -> Result<Option<AccountRow>, StoreError> {
    let name = tx.name();
    sql_query(
        "-- account_rename
        UPDATE account SET display_name = $2, recorded_by = $3 WHERE id = $1
        RETURNING id, email, display_name, email_confirmed_at IS NOT NULL AS is_confirmed, created_at",
    )
    .bind::<SqlUuid, _>(account.uuid())
    .bind::<Text, _>(display_name)
    .bind::<Text, _>(name)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// Changes the password if it is still the one that was verified; whether it was.
///
/// # Errors
/// If the database fails.
pub async fn account_password_replace(
    tx: &mut GlobalTx,
    account: AccountId,
    change: PasswordReplacement<'_>,
) -> Result<bool, StoreError> {
    let name = tx.name();
    let changed = sql_query(
        "-- account_password_replace
        UPDATE account SET password_hash = $3, password_changed_at = now(), recorded_by = $4
        WHERE id = $1 AND password_hash = $2",
    )
    .bind::<SqlUuid, _>(account.uuid())
    .bind::<Text, _>(change.verified_hash)
    .bind::<Text, _>(change.new_hash)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(changed == 1)
}

/// Sets a password whatever it was before, for a link that was mailed; so the address counts as confirmed.
///
/// # Errors
/// If the database fails.
pub async fn account_password_reset(tx: &mut GlobalTx, account: AccountId, new_hash: &str) -> Result<(), StoreError> {
    let name = tx.name();
    sql_query(
        "-- account_password_reset
        UPDATE account SET password_hash = $2, password_changed_at = now(),
               email_confirmed_at = coalesce(email_confirmed_at, now()), recorded_by = $3
        WHERE id = $1",
    )
    .bind::<SqlUuid, _>(account.uuid())
    .bind::<Text, _>(new_hash)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Confirms the address.
///
/// # Errors
/// If the database fails.
pub async fn account_confirm_email(tx: &mut GlobalTx, account: AccountId) -> Result<(), StoreError> {
    let name = tx.name();
    sql_query(
        "-- account_confirm_email
        UPDATE account SET email_confirmed_at = coalesce(email_confirmed_at, now()), recorded_by = $2 WHERE id = $1",
    )
    .bind::<SqlUuid, _>(account.uuid())
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}
