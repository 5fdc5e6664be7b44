//! Objections in votes by consent, each a ballot, and what was done about them.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Binary, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::hash::Hash32;
use governance::id::{MemberId, ProposalId};
use governance::tally::consent::{ObjectionState, ObjectionStep};
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// An objection: the last ballot of a member, which objects.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ConsentObjectionRow {
    /// The server's number of the ballot.
    #[diesel(sql_type = BigInt)]
    pub sequence: i64,
    /// Who raised it.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// How the member is called today.
    #[diesel(sql_type = Text)]
    pub display_name: String,
    /// The hash of the ballot.
    #[diesel(sql_type = Binary)]
    pub record_hash: Vec<u8>,
    /// The reason given.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub cast_at: DateTime<Utc>,
}

/// A step about an objection, as it stands in its row.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ObjectionStepRow {
    /// The hash of the ballot that raised it.
    #[diesel(sql_type = Binary)]
    pub ballot_hash: Vec<u8>,
    /// Which step about it, from 1.
    #[diesel(sql_type = BigInt)]
    pub number: i64,
    /// What was done.
    #[diesel(sql_type = Text)]
    pub step: String,
    /// Where it stands after that.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// Why.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    /// Who did it.
    #[diesel(sql_type = SqlUuid)]
    pub actor_id: Uuid,
    /// How that member is called today.
    #[diesel(sql_type = Text)]
    pub display_name: String,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
}

/// A step that is about to be stored.
#[derive(Debug, Clone, Copy)]
pub struct NewObjectionStep<'a> {
    /// The hash of the ballot that raised the objection.
    pub ballot: Hash32,
    /// Which step about it, from 1.
    pub number: i64,
    /// What is done.
    pub step: ObjectionStep,
    /// Where it stands after that.
    pub state: ObjectionState,
    /// Why.
    pub reason: Option<&'a str>,
    /// Who does it.
    pub actor: MemberId,
}

/// The objections of a proposal by consent after a sequence number, in the order in which they came; a ballot that its member replaced
/// objects no more.
///
/// # Errors
/// If the database fails.
pub async fn consent_objections(
    tx: &mut CoopTx,
    proposal: ProposalId,
    after: i64,
    limit: i64,
) -> Result<Vec<ConsentObjectionRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- consent_objections
        SELECT ballot.sequence, ballot.member_id, member.display_name, ballot.record_hash, ballot.reason, ballot.cast_at
        FROM ballot JOIN member ON member.coop_id = ballot.coop_id AND member.id = ballot.member_id
        WHERE ballot.coop_id = $1 AND ballot.proposal_id = $2 AND ballot.sequence > $3 AND ballot.options = '{2}'
          AND NOT EXISTS (
              SELECT FROM ballot AS later WHERE later.coop_id = $1 AND later.proposal_id = $2
                AND later.member_id = ballot.member_id AND later.revision > ballot.revision)
        ORDER BY ballot.sequence LIMIT $4",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<BigInt, _>(after)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The steps about these objections, in their order.
///
/// # Errors
/// If the database fails.
pub async fn objection_steps(
    tx: &mut CoopTx,
    proposal: ProposalId,
    ballots: &[Vec<u8>],
) -> Result<Vec<ObjectionStepRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- objection_steps
        SELECT taken.ballot_hash, taken.number, taken.step, taken.state, taken.reason, taken.actor_id, member.display_name,
               taken.at
        FROM objection_step AS taken JOIN member ON member.coop_id = taken.coop_id AND member.id = taken.actor_id
        WHERE taken.coop_id = $1 AND taken.proposal_id = $2 AND taken.ballot_hash = ANY($3)
        ORDER BY taken.ballot_hash, taken.number",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Array<Binary>, _>(ballots)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Every step about an objection of a proposal, each objection's in their order.
///
/// # Errors
/// If the database fails.
pub async fn objection_steps_all(tx: &mut CoopTx, proposal: ProposalId) -> Result<Vec<ObjectionStepRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- objection_steps_all
        SELECT taken.ballot_hash, taken.number, taken.step, taken.state, taken.reason, taken.actor_id, '' AS display_name,
               taken.at
        FROM objection_step AS taken WHERE taken.coop_id = $1 AND taken.proposal_id = $2
        ORDER BY taken.ballot_hash, taken.number",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Stores a step; false where another one was first.
///
/// # Errors
/// If the database fails.
pub async fn objection_step_insert(
    tx: &mut CoopTx,
    proposal: ProposalId,
    new: NewObjectionStep<'_>,
) -> Result<bool, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let inserted = sql_query(
        "-- objection_step_insert
        INSERT INTO objection_step (coop_id, proposal_id, ballot_hash, number, step, state, reason, actor_id, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (coop_id, proposal_id, ballot_hash, number) DO NOTHING",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Binary, _>(&new.ballot.as_bytes()[..])
    .bind::<BigInt, _>(new.number)
    .bind::<Text, _>(new.step.name())
    .bind::<Text, _>(new.state.name())
    .bind::<Nullable<Text>, _>(new.reason)
    .bind::<SqlUuid, _>(new.actor.uuid())
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(inserted == 1)
}
