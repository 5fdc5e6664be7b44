//! The roll of a proposal: frozen in one transaction with the opening, never changed afterwards.

use diesel::sql_types::{Array, BigInt, Binary, Bool, Nullable, SmallInt, Text, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::id::{MemberId, ProposalId};
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A member on a roll with one of the member's keys; a member without keys has one such row, a member with two keys two.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct RollRow {
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// What the ballot weighs.
    #[diesel(sql_type = BigInt)]
    pub weight: i64,
    /// The kind of the key.
    #[diesel(sql_type = Nullable<SmallInt>)]
    pub kind: Option<i16>,
    /// The key.
    #[diesel(sql_type = Nullable<Binary>)]
    pub public_key: Option<Vec<u8>>,
    /// The sequence number of its registration record.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub registered_sequence: Option<i64>,
}

/// A member on a roll, for people.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct RollMemberRow {
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// How the member is called today.
    #[diesel(sql_type = Text)]
    pub display_name: String,
    /// What the ballot weighs.
    #[diesel(sql_type = BigInt)]
    pub weight: i64,
}

/// A key on a roll.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct RollKeyRow {
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// The kind of the key.
    #[diesel(sql_type = SmallInt)]
    pub kind: i16,
    /// The key.
    #[diesel(sql_type = Binary)]
    pub public_key: Vec<u8>,
    /// The sequence number of its registration record.
    #[diesel(sql_type = BigInt)]
    pub registered_sequence: i64,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Is {
    #[diesel(sql_type = Bool)]
    is: bool,
}

/// How many members would be on a roll that is frozen now: active ones of these classes.
///
/// # Errors
/// If the database fails.
pub async fn voters_count(tx: &mut CoopTx, classes: &[&str]) -> Result<i64, StoreError> {
    let coop = tx.coop().uuid();
    let row: Count = sql_query(
        "-- voters_count
        SELECT count(*) AS count FROM member WHERE coop_id = $1 AND status = 'active' AND class = ANY($2)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Array<Text>, _>(classes)
    .get_result(tx.connection())
    .await?;
    Ok(row.count)
}

/// Freezes the roll: every active member of these classes with weight 1, and the keys that are in use. Returns how many members.
///
/// # Errors
/// If the database fails.
pub async fn roll_freeze(tx: &mut CoopTx, proposal: ProposalId, classes: &[&str]) -> Result<usize, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let members = sql_query(
        "-- roll_freeze, members
        INSERT INTO roll_entry (coop_id, proposal_id, member_id, weight, recorded_by)
        SELECT coop_id, $2, id, 1, $4 FROM member
        WHERE coop_id = $1 AND status = 'active' AND class = ANY($3) ORDER BY id",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Array<Text>, _>(classes)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    sql_query(
        "-- roll_freeze, keys
        INSERT INTO roll_key (coop_id, proposal_id, member_id, kind, public_key, registered_sequence, recorded_by)
        SELECT entry.coop_id, entry.proposal_id, entry.member_id, key.kind, key.public_key, key.registered_sequence, $3
        FROM roll_entry AS entry
        JOIN voting_key AS key ON key.coop_id = entry.coop_id AND key.member_id = entry.member_id
        WHERE entry.coop_id = $1 AND entry.proposal_id = $2 AND key.ended_at IS NULL
        ORDER BY entry.member_id, key.kind, key.public_key",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(members)
}

/// Up to `members` members of a roll after one of them, each with all keys, in the order of their ids; a member's keys in the
/// order of kind and key.
///
/// # Errors
/// If the database fails.
pub async fn roll_rows(
    tx: &mut CoopTx,
    proposal: ProposalId,
    after: Option<Uuid>,
    members: i64,
) -> Result<Vec<RollRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- roll_rows
        SELECT entry.member_id, entry.weight, key.kind, key.public_key, key.registered_sequence
        FROM (
            SELECT coop_id, proposal_id, member_id, weight FROM roll_entry
            WHERE coop_id = $1 AND proposal_id = $2 AND member_id > $3
            ORDER BY member_id LIMIT $4
        ) AS entry
        LEFT JOIN roll_key AS key ON key.coop_id = entry.coop_id AND key.proposal_id = entry.proposal_id
            AND key.member_id = entry.member_id
        ORDER BY entry.member_id, key.kind, key.public_key",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<SqlUuid, _>(after.unwrap_or_default())
    .bind::<BigInt, _>(members)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// A page of a roll, for people, in the order of the members' ids.
///
/// # Errors
/// If the database fails.
pub async fn roll_members(
    tx: &mut CoopTx,
    proposal: ProposalId,
    after: Option<MemberId>,
    limit: i64,
) -> Result<Vec<RollMemberRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- roll_members
        SELECT entry.member_id, member.display_name, entry.weight
        FROM roll_entry AS entry JOIN member ON member.coop_id = entry.coop_id AND member.id = entry.member_id
        WHERE entry.coop_id = $1 AND entry.proposal_id = $2 AND entry.member_id > $3
        ORDER BY entry.member_id LIMIT $4",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<SqlUuid, _>(after.map_or(Uuid::nil(), |member| member.uuid()))
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The keys on a roll of these members.
///
/// # Errors
/// If the database fails.
pub async fn roll_keys_of(
    tx: &mut CoopTx,
    proposal: ProposalId,
    members: &[Uuid],
) -> Result<Vec<RollKeyRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- roll_keys_of
        SELECT member_id, kind, public_key, registered_sequence FROM roll_key
        WHERE coop_id = $1 AND proposal_id = $2 AND member_id = ANY($3) ORDER BY member_id, kind, public_key",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Array<SqlUuid>, _>(members)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Whether a member is on the roll.
///
/// # Errors
/// If the database fails.
pub async fn roll_has(tx: &mut CoopTx, proposal: ProposalId, member: MemberId) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let row: Is = sql_query(
        "-- roll_has
        SELECT EXISTS (SELECT FROM roll_entry WHERE coop_id = $1 AND proposal_id = $2 AND member_id = $3) AS is",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<SqlUuid, _>(member.uuid())
    .get_result(tx.connection())
    .await?;
    Ok(row.is)
}
