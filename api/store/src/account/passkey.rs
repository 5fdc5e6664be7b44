//! Passkeys that sign in to an account.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Binary, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::{AccountId, PasskeyId};
use uuid::Uuid;

use crate::{GlobalTx, StoreError};

/// The rule that an authenticator's key belongs to one account.
pub const CREDENTIAL_IS_NEW: &str = "passkey_credential_is_new";

/// A passkey to be added.
#[derive(Debug, Clone, Copy)]
pub struct NewPasskey<'a> {
    /// The passkey.
    pub id: PasskeyId,
    /// Whose it is.
    pub account: AccountId,
    /// The name by which the authenticator finds it.
    pub credential: &'a [u8],
    /// Both coordinates of its point.
    pub public_key: &'a [u8; 64],
    /// What its owner calls it.
    pub name: &'a str,
    /// How often the authenticator signed.
    pub sign_count: u32,
}

/// A passkey.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct PasskeyRow {
    /// The passkey.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Whose it is.
    #[diesel(sql_type = SqlUuid)]
    pub account_id: Uuid,
    /// The name by which the authenticator finds it.
    #[diesel(sql_type = Binary)]
    pub credential: Vec<u8>,
    /// Both coordinates of its point.
    #[diesel(sql_type = Binary)]
    pub public_key: Vec<u8>,
    /// What its owner calls it.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// When it was added.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    /// When somebody last signed in with it.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub last_used_at: Option<DateTime<Utc>>,
}

#[derive(QueryableByName)]
struct Owner {
    #[diesel(sql_type = SqlUuid)]
    account_id: Uuid,
}

/// Adds a passkey, unless the account has `most` already; `None` where it has.
///
/// # Errors
/// The constraint [`CREDENTIAL_IS_NEW`].
pub async fn passkey_insert(
    tx: &mut GlobalTx,
    new: NewPasskey<'_>,
    most: i64,
) -> Result<Option<PasskeyRow>, StoreError> {
    let name = tx.name();
    // The lock makes two that add at once count one after the other.
    sql_query("-- passkey_insert, lock\nSELECT FROM account WHERE id = $1 FOR UPDATE")
        .bind::<SqlUuid, _>(new.account.uuid())
        .execute(tx.connection())
        .await?;
    sql_query(
        "-- passkey_insert
        INSERT INTO passkey (id, account_id, credential, public_key, name, sign_count, recorded_by)
        SELECT $1, $2, $3, $4, $5, $6, $7 WHERE (SELECT count(*) FROM passkey WHERE account_id = $2) < $8
        RETURNING id, account_id, credential, public_key, name, created_at, last_used_at",
    )
    .bind::<SqlUuid, _>(new.id.uuid())
    .bind::<SqlUuid, _>(new.account.uuid())
    .bind::<Binary, _>(new.credential)
    .bind::<Binary, _>(&new.public_key[..])
    .bind::<Text, _>(new.name)
    .bind::<BigInt, _>(i64::from(new.sign_count))
    .bind::<Text, _>(name)
    .bind::<BigInt, _>(most)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// The passkeys of an account, oldest first.
///
/// # Errors
/// If the database fails.
pub async fn passkey_list(tx: &mut GlobalTx, account: AccountId) -> Result<Vec<PasskeyRow>, StoreError> {
    sql_query(
        "-- passkey_list
        SELECT id, account_id, credential, public_key, name, created_at, last_used_at FROM passkey
        WHERE account_id = $1 ORDER BY id",
    )
    .bind::<SqlUuid, _>(account.uuid())
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The passkey that an authenticator names so.
///
/// # Errors
/// If the database fails.
pub async fn passkey_find(tx: &mut GlobalTx, credential: &[u8]) -> Result<Option<PasskeyRow>, StoreError> {
    sql_query(
        "-- passkey_find
        SELECT id, account_id, credential, public_key, name, created_at, last_used_at FROM passkey WHERE credential = $1",
    )
    .bind::<Binary, _>(credential)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// Notes that a passkey signed in; whose it is. `None` where it was taken away, or where its count did not go on: a copy of it signed.
///
/// # Errors
/// If the database fails.
pub async fn passkey_use(
    tx: &mut GlobalTx,
    passkey: PasskeyId,
    sign_count: u32,
) -> Result<Option<AccountId>, StoreError> {
    let name = tx.name();
    let owner: Option<Owner> = sql_query(
        "-- passkey_use
        UPDATE passkey SET sign_count = $2, last_used_at = now(), recorded_by = $3
        WHERE id = $1 AND (sign_count < $2 OR (sign_count = 0 AND $2 = 0)) RETURNING account_id",
    )
    .bind::<SqlUuid, _>(passkey.uuid())
    .bind::<BigInt, _>(i64::from(sign_count))
    .bind::<Text, _>(name)
    .get_result(tx.connection())
    .await
    .optional()?;
    Ok(owner.map(|owner| AccountId::from_uuid(owner.account_id)))
}

/// Takes a passkey of an account away. `false` where it has none such.
///
/// # Errors
/// If the database fails.
pub async fn passkey_delete(tx: &mut GlobalTx, account: AccountId, passkey: PasskeyId) -> Result<bool, StoreError> {
    let deleted = sql_query("-- passkey_delete\nDELETE FROM passkey WHERE id = $1 AND account_id = $2")
        .bind::<SqlUuid, _>(passkey.uuid())
        .bind::<SqlUuid, _>(account.uuid())
        .execute(tx.connection())
        .await?;
    Ok(deleted == 1)
}
