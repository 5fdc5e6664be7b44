//! Open votes that wait for a member.

use chrono::{DateTime, Utc};
use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use governance::id::AccountId;
use uuid::Uuid;

use super::proposal::ProposalListRow;
use crate::{CoopTx, StoreError};

/// Where a page of what waits begins: after this one, the nearest deadline first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InboxPosition {
    /// When voting ends.
    pub closes_at: DateTime<Utc>,
    /// The proposal.
    pub id: Uuid,
}

/// The votes of this co-op that will open by themselves, for the active member behind an account who would be on the roll as things
/// stand, the nearest deadline first. `opens_at` and `closes_at` are those that were set.
///
/// # Errors
/// If the database fails.
pub async fn inbox_coming(
    tx: &mut CoopTx,
    account: AccountId,
    (classes, after): (&[&str], Option<InboxPosition>),
    limit: i64,
) -> Result<Vec<ProposalListRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- inbox_coming
        SELECT proposal.id, proposal.kind, proposal.rule -> 'counting' ->> 'method' AS method, proposal.title, proposal.state,
               proposal.author_id, author.display_name AS author_name, proposal.created_at, set.opens_at, set.closes_at
        FROM proposal_schedule AS set
        JOIN proposal ON proposal.coop_id = set.coop_id AND proposal.id = set.proposal_id
        JOIN member AS author ON author.coop_id = proposal.coop_id AND author.id = proposal.author_id
        JOIN member AS me ON me.coop_id = proposal.coop_id AND me.account_id = $2 AND me.status = 'active' AND me.class = ANY($6)
        LEFT JOIN proposal_stage AS stage ON stage.coop_id = proposal.coop_id AND stage.proposal_id = proposal.id
        WHERE set.coop_id = $1 AND set.outcome = 'waiting' AND ($3 IS NULL OR (set.closes_at, proposal.id) > ($3, $4))
          -- Of a stage, whoever is of its body as things stand.
          AND (coalesce(stage.body, 'members') IN ('members', 'class:' || me.class) OR EXISTS (
              SELECT FROM member_role WHERE member_role.coop_id = me.coop_id AND member_role.member_id = me.id
                AND stage.body = 'office:' || member_role.role))
        ORDER BY set.closes_at, proposal.id LIMIT $5",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(account.uuid())
    .bind::<Nullable<Timestamptz>, _>(after.map(|position| position.closes_at))
    .bind::<Nullable<SqlUuid>, _>(after.map(|position| position.id))
    .bind::<BigInt, _>(limit)
    .bind::<Array<Text>, _>(classes)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The open votes of this co-op in which the active member behind an account is on the roll and has no ballot, the nearest deadline
/// first. Walks the open votes by their deadlines, with two look-ups by key for each.
///
/// # Errors
/// If the database fails.
pub async fn inbox_list(
    tx: &mut CoopTx,
    account: AccountId,
    after: Option<InboxPosition>,
    limit: i64,
) -> Result<Vec<ProposalListRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- inbox_list
        SELECT proposal.id, proposal.kind, proposal.rule -> 'counting' ->> 'method' AS method, proposal.title, proposal.state,
               proposal.author_id, author.display_name AS author_name, proposal.created_at, proposal.opens_at,
               coalesce(proposal.extended_until, proposal.closes_at) AS closes_at
        FROM proposal
        JOIN member AS author ON author.coop_id = proposal.coop_id AND author.id = proposal.author_id
        JOIN member AS me ON me.coop_id = proposal.coop_id AND me.account_id = $2 AND me.status = 'active'
        WHERE proposal.coop_id = $1 AND proposal.state = 'open' AND coalesce(proposal.extended_until, proposal.closes_at) > clock_timestamp()
          AND ($3 IS NULL OR (coalesce(proposal.extended_until, proposal.closes_at), proposal.id) > ($3, $4))
          AND EXISTS (SELECT FROM roll_entry WHERE roll_entry.coop_id = proposal.coop_id
                      AND roll_entry.proposal_id = proposal.id AND roll_entry.member_id = me.id)
          AND NOT EXISTS (SELECT FROM ballot WHERE ballot.coop_id = proposal.coop_id
                          AND ballot.proposal_id = proposal.id AND ballot.member_id = me.id)
        ORDER BY coalesce(proposal.extended_until, proposal.closes_at), proposal.id LIMIT $5",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(account.uuid())
    .bind::<Nullable<Timestamptz>, _>(after.map(|position| position.closes_at))
    .bind::<Nullable<SqlUuid>, _>(after.map(|position| position.id))
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}
