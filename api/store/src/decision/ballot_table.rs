//! Every ballot of a published vote as a table of it shows them.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Binary, Bool, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::id::ProposalId;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A ballot in a table.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct BallotTableRow {
    /// The server's number.
    #[diesel(sql_type = BigInt)]
    pub sequence: i64,
    /// The voter, or the pseudonym under which the ballot is published.
    #[diesel(sql_type = SqlUuid)]
    pub voter: Uuid,
    /// How the voter is called today; NULL where the ballot stands under a pseudonym.
    #[diesel(sql_type = Nullable<Text>)]
    pub display_name: Option<String>,
    /// Which of the voter's ballots it is.
    #[diesel(sql_type = BigInt)]
    pub revision: i64,
    /// Whether it is the voter's last one before the close.
    #[diesel(sql_type = Bool)]
    pub is_counted: bool,
    /// The options chosen.
    #[diesel(sql_type = Array<SmallInt>)]
    pub options: Vec<i16>,
    /// What each is given.
    #[diesel(sql_type = Array<Integer>)]
    pub points: Vec<i32>,
    /// The reason given.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    /// The kind of signature.
    #[diesel(sql_type = SmallInt)]
    pub kind: i16,
    /// The hash of its record.
    #[diesel(sql_type = Binary)]
    pub record_hash: Vec<u8>,
    /// When it was stored.
    #[diesel(sql_type = Timestamptz)]
    pub cast_at: DateTime<Utc>,
}

/// The ballots after `after` in the order of their numbers, of a vote whose count is published; none of any other, whoever asks.
///
/// # Errors
/// If the database fails.
pub async fn ballot_table(
    tx: &mut CoopTx,
    proposal: ProposalId,
    after: i64,
    limit: i64,
) -> Result<Vec<BallotTableRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- ballot_table
        SELECT ballot.sequence, coalesce(entry.pseudonym, ballot.member_id) AS voter,
               CASE WHEN proposal.secrecy <> 1 THEN member.display_name END AS display_name, ballot.revision, ballot.options, ballot.points,
               ballot.reason, ballot.kind, ballot.record_hash, ballot.cast_at,
               ballot.sequence <= proposal.close_marker AND NOT EXISTS (
                   SELECT FROM ballot AS later WHERE later.coop_id = $1 AND later.proposal_id = $2
                     AND later.member_id = ballot.member_id AND later.revision > ballot.revision
                     AND later.sequence <= proposal.close_marker) AS is_counted
        FROM proposal
        JOIN tally ON tally.coop_id = proposal.coop_id AND tally.proposal_id = proposal.id
        JOIN ballot ON ballot.coop_id = proposal.coop_id AND ballot.proposal_id = proposal.id
        JOIN member ON member.coop_id = ballot.coop_id AND member.id = ballot.member_id
        JOIN roll_entry AS entry ON entry.coop_id = ballot.coop_id AND entry.proposal_id = ballot.proposal_id
             AND entry.member_id = ballot.member_id
        WHERE proposal.coop_id = $1 AND proposal.id = $2 AND ballot.sequence > $3
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
