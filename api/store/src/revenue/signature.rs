//! Who signed a snapshot of contributions, and what a file of it holds.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Binary, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::{ContributionId, MemberId};
use uuid::Uuid;

use crate::coop::{KEY_COLUMNS, KeyRow};
use crate::{CoopTx, StoreError};

/// What one member has in a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct ContributionLineRow {
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// How much.
    #[diesel(sql_type = BigInt)]
    pub count: i64,
}

/// This key of a member, if it is in use.
///
/// # Errors
/// If the database fails.
pub async fn signing_key_get(
    tx: &mut CoopTx,
    member: MemberId,
    (kind, public_key): (i16, &[u8]),
) -> Result<Option<KeyRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- signing_key_get
        SELECT {KEY_COLUMNS} FROM voting_key AS key
        WHERE coop_id = $1 AND member_id = $2 AND kind = $3 AND public_key = $4 AND ended_at IS NULL"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .bind::<SmallInt, _>(kind)
    .bind::<Binary, _>(public_key)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// The key that signed a snapshot; `None` where nobody did.
///
/// # Errors
/// If the database fails.
pub async fn contribution_signer(tx: &mut CoopTx, id: ContributionId) -> Result<Option<KeyRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- contribution_signer
        SELECT {KEY_COLUMNS} FROM contribution_signature AS signed
        JOIN voting_key AS key ON key.coop_id = $1 AND key.id = signed.key_id
        WHERE signed.coop_id = $1 AND signed.snapshot_id = $2"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(id.uuid())
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// Adds the signature of a snapshot.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `contribution_signature_pkey` where it is signed.
pub async fn contribution_signature_insert(
    tx: &mut CoopTx,
    (id, key): (ContributionId, Uuid),
    (signature, at): (&[u8], DateTime<Utc>),
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- contribution_signature_insert
        INSERT INTO contribution_signature (coop_id, snapshot_id, key_id, signature, signed_at, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(id.uuid())
    .bind::<SqlUuid, _>(key)
    .bind::<Binary, _>(signature)
    .bind::<Timestamptz, _>(at)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The lines of a snapshot, in the order of members.
///
/// # Errors
/// If the database fails.
pub async fn contribution_lines(tx: &mut CoopTx, id: ContributionId) -> Result<Vec<ContributionLineRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- contribution_lines
        SELECT member_id, count FROM contribution_line WHERE coop_id = $1 AND snapshot_id = $2 ORDER BY line",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(id.uuid())
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}
