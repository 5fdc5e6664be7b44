//! Who may work for an account now, and for which co-ops the account works.

use diesel::sql_types::{Array, BigInt, Binary, Nullable, SmallInt, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::Replacement;
use crate::{GlobalTx, StoreError};

/// An account on a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnchorAccount {
    /// The chain.
    pub chain_id: i64,
    /// The account.
    pub poster: Vec<u8>,
}

/// A lease that was taken.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct AnchorLease {
    /// The epoch; every later change names it.
    #[diesel(sql_type = BigInt)]
    pub epoch: i64,
    /// The co-op that last got a transaction number; the next turn is for those behind it.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub turn_coop_id: Option<Uuid>,
    /// The co-ops with a batch that took a transaction number and is not final.
    #[diesel(sql_type = Array<SqlUuid>)]
    pub unfinal_coop_ids: Vec<Uuid>,
}

/// Takes the lease on an account for so many seconds; `None` while another server holds it.
///
/// # Errors
/// If the database fails.
pub async fn anchor_lease_take(
    tx: &mut GlobalTx,
    account: &AnchorAccount,
    seconds: i16,
) -> Result<Option<AnchorLease>, StoreError> {
    sql_query(
        "-- anchor_lease_take
        INSERT INTO anchor_lease AS lease (chain_id, poster, epoch, held_until)
        VALUES ($1, $2, 1, now() + $3 * interval '1 second')
        ON CONFLICT (chain_id, poster) DO UPDATE
        SET epoch = lease.epoch + 1, held_until = excluded.held_until
        WHERE lease.held_until < now()
        RETURNING epoch, turn_coop_id, unfinal_coop_ids",
    )
    .bind::<BigInt, _>(account.chain_id)
    .bind::<Binary, _>(&account.poster)
    .bind::<SmallInt, _>(seconds)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// Keeps a lease for so many more seconds and notes for which co-ops the account works from now on.
///
/// # Errors
/// If the database fails.
pub async fn anchor_lease_keep(
    tx: &mut GlobalTx,
    account: &AnchorAccount,
    lease: &AnchorLease,
    seconds: i16,
) -> Result<Replacement, StoreError> {
    let kept = sql_query(
        "-- anchor_lease_keep
        UPDATE anchor_lease SET held_until = now() + $4 * interval '1 second', turn_coop_id = $5,
            unfinal_coop_ids = $6
        WHERE chain_id = $1 AND poster = $2 AND epoch = $3",
    )
    .bind::<BigInt, _>(account.chain_id)
    .bind::<Binary, _>(&account.poster)
    .bind::<BigInt, _>(lease.epoch)
    .bind::<SmallInt, _>(seconds)
    .bind::<Nullable<SqlUuid>, _>(lease.turn_coop_id)
    .bind::<Array<SqlUuid>, _>(&lease.unfinal_coop_ids)
    .execute(tx.connection())
    .await?;
    Ok(if kept == 1 {
        Replacement::Replaced
    } else {
        Replacement::Overtaken
    })
}
