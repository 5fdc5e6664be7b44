//! Wallets that sign in to an account.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Binary, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::{AccountId, SignInWalletId};
use uuid::Uuid;

use crate::{GlobalTx, StoreError};

/// The rule that a wallet signs in to one account.
pub const WALLET_IS_NEW: &str = "sign_in_wallet_is_new";

/// A wallet to be linked.
#[derive(Debug, Clone, Copy)]
pub struct NewWallet<'a> {
    /// The link.
    pub id: SignInWalletId,
    /// Whose it is.
    pub account: AccountId,
    /// The address.
    pub address: &'a [u8; 20],
}

/// A wallet that signs in.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct WalletRow {
    /// The link.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The address.
    #[diesel(sql_type = Binary)]
    pub address: Vec<u8>,
    /// When it was linked.
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

/// Links a wallet, unless the account has `most` already; `None` where it has.
///
/// # Errors
/// The constraint [`WALLET_IS_NEW`].
pub async fn wallet_insert(tx: &mut GlobalTx, new: NewWallet<'_>, most: i64) -> Result<Option<WalletRow>, StoreError> {
    let name = tx.name();
    // The lock makes two that link at once count one after the other.
    sql_query("-- wallet_insert, lock\nSELECT FROM account WHERE id = $1 FOR UPDATE")
        .bind::<SqlUuid, _>(new.account.uuid())
        .execute(tx.connection())
        .await?;
    sql_query(
        "-- wallet_insert
        INSERT INTO sign_in_wallet (id, account_id, address, recorded_by)
        SELECT $1, $2, $3, $4 WHERE (SELECT count(*) FROM sign_in_wallet WHERE account_id = $2) < $5
        RETURNING id, address, created_at, last_used_at",
    )
    .bind::<SqlUuid, _>(new.id.uuid())
    .bind::<SqlUuid, _>(new.account.uuid())
    .bind::<Binary, _>(&new.address[..])
    .bind::<Text, _>(name)
    .bind::<BigInt, _>(most)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// The wallets of an account, oldest first.
///
/// # Errors
/// If the database fails.
pub async fn wallet_list(tx: &mut GlobalTx, account: AccountId) -> Result<Vec<WalletRow>, StoreError> {
    sql_query(
        "-- wallet_list
        SELECT id, address, created_at, last_used_at FROM sign_in_wallet WHERE account_id = $1 ORDER BY id",
    )
    .bind::<SqlUuid, _>(account.uuid())
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Notes that a wallet signed in; to whose account. `None` where it is linked to none.
///
/// # Errors
/// If the database fails.
pub async fn wallet_use(tx: &mut GlobalTx, address: &[u8; 20]) -> Result<Option<AccountId>, StoreError> {
    let name = tx.name();
    let owner: Option<Owner> = sql_query(
        "-- wallet_use
        UPDATE sign_in_wallet SET last_used_at = now(), recorded_by = $2 WHERE address = $1 RETURNING account_id",
    )
    .bind::<Binary, _>(&address[..])
    .bind::<Text, _>(name)
    .get_result(tx.connection())
    .await
    .optional()?;
    Ok(owner.map(|owner| AccountId::from_uuid(owner.account_id)))
}

/// Takes a wallet of an account away. `false` where it has none such.
///
/// # Errors
/// If the database fails.
pub async fn wallet_delete(tx: &mut GlobalTx, account: AccountId, wallet: SignInWalletId) -> Result<bool, StoreError> {
    let deleted = sql_query("-- wallet_delete\nDELETE FROM sign_in_wallet WHERE id = $1 AND account_id = $2")
        .bind::<SqlUuid, _>(wallet.uuid())
        .bind::<SqlUuid, _>(account.uuid())
        .execute(tx.connection())
        .await?;
    Ok(deleted == 1)
}
