//! Keys that sign ballots.

use diesel::sql_types::{BigInt, Binary, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::hash::Hash32;
use governance::id::{MemberId, VotingKeyId};
use governance::signature::PublicKey;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A key that is about to be registered, with the proof that the member holds it.
#[derive(Debug, Clone, Copy)]
pub struct NewKey<'a> {
    /// The key.
    pub id: VotingKeyId,
    /// Whose it is.
    pub member: MemberId,
    /// Its public part.
    pub public_key: PublicKey,
    /// The salt of its registration record.
    pub salt: Hash32,
    /// The EIP-4361 message, where that is the proof; otherwise the registration itself was signed.
    pub message: Option<&'a str>,
    /// The signature.
    pub signature: &'a [u8],
    /// The sequence number of its registration record.
    pub sequence: i64,
}

/// The columns of a [`KeyRow`], of `voting_key AS key`.
pub const KEY_COLUMNS: &str = "key.id, key.kind, key.public_key, key.salt, key.proof_kind, key.registered_sequence, key.registered_at, key.ended_at";

/// A key.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct KeyRow {
    /// The key.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The kind of signature it makes.
    #[diesel(sql_type = SmallInt)]
    pub kind: i16,
    /// Its public part.
    #[diesel(sql_type = Binary)]
    pub public_key: Vec<u8>,
    /// The salt of its registration record.
    #[diesel(sql_type = Binary)]
    pub salt: Vec<u8>,
    /// How the member proved to hold it.
    #[diesel(sql_type = Text)]
    pub proof_kind: String,
    /// The sequence number of its registration record.
    #[diesel(sql_type = BigInt)]
    pub registered_sequence: i64,
    /// When it was registered.
    #[diesel(sql_type = Timestamptz)]
    pub registered_at: chrono::DateTime<chrono::Utc>,
    /// When it was taken back.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub ended_at: Option<chrono::DateTime<chrono::Utc>>,
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Registers a key and gives it back as it stands.
///
/// # Errors
/// The constraint `voting_key_in_use` where somebody of the co-op has it in use.
pub async fn key_insert(tx: &mut CoopTx, key: NewKey<'_>) -> Result<KeyRow, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let proof_kind = if key.message.is_some() { "siwe" } else { "signature" };
    sql_query(format!(
        "-- key_insert
        INSERT INTO voting_key AS key (coop_id, id, member_id, kind, public_key, salt, proof_kind, proof_message, proof_signature,
                                registered_sequence, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        RETURNING {KEY_COLUMNS}"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(key.id.uuid())
    .bind::<SqlUuid, _>(key.member.uuid())
    .bind::<SmallInt, _>(i16::from(key.public_key.kind().code()))
    .bind::<Binary, _>(key.public_key.as_bytes())
    .bind::<Binary, _>(&key.salt.as_bytes()[..])
    .bind::<Text, _>(proof_kind)
    .bind::<Nullable<Text>, _>(key.message)
    .bind::<Binary, _>(key.signature)
    .bind::<BigInt, _>(key.sequence)
    .bind::<Text, _>(name)
    .get_result(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The keys of a member, ended ones included, after `after`.
///
/// # Errors
/// If the database fails.
pub async fn key_list(tx: &mut CoopTx, member: MemberId, after: Uuid, limit: i64) -> Result<Vec<KeyRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- key_list
        SELECT {KEY_COLUMNS} FROM voting_key AS key
        WHERE coop_id = $1 AND member_id = $2 AND id > $3 ORDER BY id LIMIT $4"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .bind::<SqlUuid, _>(after)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// How many keys of a member may sign.
///
/// # Errors
/// If the database fails.
pub async fn keys_in_use(tx: &mut CoopTx, member: MemberId) -> Result<i64, StoreError> {
    let coop = tx.coop().uuid();
    let row: CountRow = sql_query(
        "-- keys_in_use
        SELECT count(*) AS count FROM voting_key WHERE coop_id = $1 AND member_id = $2 AND ended_at IS NULL",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .get_result(tx.connection())
    .await?;
    Ok(row.count)
}

/// Ends a key of a member. `false` where the member has no such key in use.
///
/// # Errors
/// If the database fails.
pub async fn key_end(tx: &mut CoopTx, member: MemberId, key: VotingKeyId) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let ended = sql_query(
        "-- key_end
        UPDATE voting_key SET ended_at = now() WHERE coop_id = $1 AND member_id = $2 AND id = $3 AND ended_at IS NULL",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .bind::<SqlUuid, _>(key.uuid())
    .execute(tx.connection())
    .await?;
    Ok(ended == 1)
}

/// Ends every key of a member and names them.
///
/// # Errors
/// If the database fails.
pub async fn keys_end_of_member(tx: &mut CoopTx, member: MemberId) -> Result<Vec<VotingKeyId>, StoreError> {
    let coop = tx.coop().uuid();
    let rows: Vec<IdRow> = sql_query(
        "-- keys_end_of_member
        UPDATE voting_key SET ended_at = now() WHERE coop_id = $1 AND member_id = $2 AND ended_at IS NULL RETURNING id",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .get_results(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| VotingKeyId::from_uuid(row.id)).collect())
}
