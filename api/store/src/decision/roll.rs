//! The roll of a proposal: frozen in one transaction with the opening, never changed afterwards.
//!
//! Rolls and ballots are read apart and put together by their readers: right after they were written the planner knows nothing of
//! their size, and a join could look at every row for each row.

use diesel::sql_types::{Array, BigInt, Binary, Bool, Nullable, SmallInt, Text, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::id::{MemberId, ProposalId};
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A member on a roll.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct RollMemberRow {
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// What the ballot weighs.
    #[diesel(sql_type = BigInt)]
    pub weight: i64,
    /// Under which name roll and ballots are published, where that is not the member's id.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub pseudonym: Option<Uuid>,
}

impl RollMemberRow {
    /// Under which name the member stands in what is published.
    #[must_use]
    pub fn voter(&self) -> Uuid {
        self.pseudonym.unwrap_or(self.member_id)
    }
}

/// How a member is called.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct MemberNameRow {
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The name.
    #[diesel(sql_type = Text)]
    pub display_name: String,
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

/// Whose active members stand on a roll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Electorate {
    /// Of these classes.
    pub classes: Vec<&'static str>,
    /// And holders of this office, where one is named.
    pub office: Option<&'static str>,
}

/// How many members would be on a roll that is frozen now.
///
/// # Errors
/// If the database fails.
pub async fn voters_count(tx: &mut CoopTx, body: &Electorate) -> Result<i64, StoreError> {
    let coop = tx.coop().uuid();
    let row: Count = sql_query(
        "-- voters_count
        SELECT count(*) AS count FROM member WHERE coop_id = $1 AND status = 'active' AND class = ANY($2)
          AND ($3 IS NULL OR EXISTS (SELECT FROM member_role
              WHERE member_role.coop_id = $1 AND member_role.member_id = member.id AND member_role.role = $3))",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Array<Text>, _>(&body.classes)
    .bind::<Nullable<Text>, _>(body.office)
    .get_result(tx.connection())
    .await?;
    Ok(row.count)
}

/// In whose name a roll is frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RollNames {
    /// Members with the keys that are in use.
    Members,
    /// Pseudonyms, made at random for this roll. No keys: a key is a name too.
    Pseudonyms,
}

/// Freezes the roll: every active member of the body with weight 1, and the keys that are in use. Returns how many members.
///
/// # Errors
/// If the database fails.
pub async fn roll_freeze(
    tx: &mut CoopTx,
    proposal: ProposalId,
    body: &Electorate,
    names: RollNames,
) -> Result<usize, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let members = sql_query(
        "-- roll_freeze, members
        INSERT INTO roll_entry (coop_id, proposal_id, member_id, weight, recorded_by, pseudonym)
        SELECT coop_id, $2, id, 1, $4, CASE WHEN $5 THEN gen_random_uuid() END FROM member
        WHERE coop_id = $1 AND status = 'active' AND class = ANY($3)
          AND ($6 IS NULL OR EXISTS (SELECT FROM member_role
              WHERE member_role.coop_id = $1 AND member_role.member_id = member.id AND member_role.role = $6))
        ORDER BY id",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Array<Text>, _>(&body.classes)
    .bind::<Text, _>(name)
    .bind::<Bool, _>(names == RollNames::Pseudonyms)
    .bind::<Nullable<Text>, _>(body.office)
    .execute(tx.connection())
    .await?;
    if names == RollNames::Pseudonyms {
        return Ok(members);
    }
    // The members were just written, so the planner knows nothing of them and would look at every key for each; `coalesce`
    // keeps the subquery one, which is then computed once and looked up.
    sql_query(
        "-- roll_freeze, keys
        INSERT INTO roll_key (coop_id, proposal_id, member_id, kind, public_key, registered_sequence, recorded_by)
        SELECT coop_id, $2, member_id, kind, public_key, registered_sequence, $3 FROM voting_key
        WHERE coop_id = $1 AND ended_at IS NULL AND coalesce(
            member_id IN (SELECT member_id FROM roll_entry WHERE coop_id = $1 AND proposal_id = $2), false)
        ORDER BY member_id, kind, public_key",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(members)
}

/// A page of a roll in the order of the members' ids.
///
/// # Errors
/// If the database fails.
pub async fn roll_members(
    tx: &mut CoopTx,
    proposal: ProposalId,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<RollMemberRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- roll_members
        SELECT member_id, weight, pseudonym FROM roll_entry
        WHERE coop_id = $1 AND proposal_id = $2 AND member_id > $3 ORDER BY member_id LIMIT $4",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<SqlUuid, _>(after.unwrap_or_default())
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// A page of a roll of pseudonyms, in their order: one in the order of the members' ids would tell whose they are.
///
/// # Errors
/// If the database fails.
pub async fn roll_pseudonyms(
    tx: &mut CoopTx,
    proposal: ProposalId,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<RollMemberRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- roll_pseudonyms
        SELECT member_id, weight, pseudonym FROM roll_entry
        WHERE coop_id = $1 AND proposal_id = $2 AND pseudonym > $3 ORDER BY pseudonym LIMIT $4",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<SqlUuid, _>(after.unwrap_or_default())
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// One member's place on a roll.
///
/// # Errors
/// If the database fails.
pub async fn roll_member(
    tx: &mut CoopTx,
    proposal: ProposalId,
    member: MemberId,
) -> Result<Option<RollMemberRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- roll_member
        SELECT member_id, weight, pseudonym FROM roll_entry
        WHERE coop_id = $1 AND proposal_id = $2 AND member_id = $3",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<SqlUuid, _>(member.uuid())
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// The keys on a roll of the members after one up to another, in the order of member, kind and key.
///
/// # Errors
/// If the database fails.
pub async fn roll_keys_up_to(
    tx: &mut CoopTx,
    proposal: ProposalId,
    after: Option<Uuid>,
    last: Uuid,
) -> Result<Vec<RollKeyRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- roll_keys_up_to
        SELECT member_id, kind, public_key, registered_sequence FROM roll_key
        WHERE coop_id = $1 AND proposal_id = $2 AND member_id > $3 AND member_id <= $4
        ORDER BY member_id, kind, public_key",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<SqlUuid, _>(after.unwrap_or_default())
    .bind::<SqlUuid, _>(last)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// How these members are called today.
///
/// # Errors
/// If the database fails.
pub async fn member_names(tx: &mut CoopTx, members: &[Uuid]) -> Result<Vec<MemberNameRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- member_names
        SELECT id, display_name FROM member WHERE coop_id = $1 AND id = ANY($2)",
    )
    .bind::<SqlUuid, _>(coop)
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
