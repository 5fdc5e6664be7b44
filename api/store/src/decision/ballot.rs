//! Ballots read back: one's own, those that count, and all of them for a bundle. Casting is in [`crate::ballot`].

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Binary, Bool, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryableByName, sql_query};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection as _};
use governance::id::{MemberId, ProposalId};
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A ballot as it stands in its row.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct BallotRow {
    /// The voter.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// The revision.
    #[diesel(sql_type = BigInt)]
    pub revision: i64,
    /// The server's sequence number.
    #[diesel(sql_type = BigInt)]
    pub sequence: i64,
    /// The options chosen.
    #[diesel(sql_type = Array<SmallInt>)]
    pub options: Vec<i16>,
    /// What each is given.
    #[diesel(sql_type = Array<Integer>)]
    pub points: Vec<i32>,
    /// The reason given.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    /// The voter's salt.
    #[diesel(sql_type = Binary)]
    pub salt: Vec<u8>,
    /// The hash of its record.
    #[diesel(sql_type = Binary)]
    pub record_hash: Vec<u8>,
    /// How it is signed: 1, 4 or 5.
    #[diesel(sql_type = SmallInt)]
    pub kind: i16,
    /// The key that signed.
    #[diesel(sql_type = Binary)]
    pub public_key: Vec<u8>,
    /// The signature.
    #[diesel(sql_type = Binary)]
    pub signature: Vec<u8>,
    /// When it was stored.
    #[diesel(sql_type = Timestamptz)]
    pub cast_at: DateTime<Utc>,
}

/// A ballot in the list of all, with whether it is its voter's last.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ListedBallotRow {
    /// The ballot.
    #[diesel(embed)]
    pub ballot: BallotRow,
    /// Whether it is the voter's last up to the close marker.
    #[diesel(sql_type = Bool)]
    pub is_last: bool,
}

/// A ballot that counts.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct CountedBallotRow {
    /// The voter.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// The options chosen.
    #[diesel(sql_type = Array<SmallInt>)]
    pub options: Vec<i16>,
    /// What each is given.
    #[diesel(sql_type = Array<Integer>)]
    pub points: Vec<i32>,
    /// The hash of its record.
    #[diesel(sql_type = Binary)]
    pub record_hash: Vec<u8>,
    /// How it is signed.
    #[diesel(sql_type = SmallInt)]
    pub kind: i16,
    /// What the ballot weighs; none where the voter is not on the roll, which no ballot should be.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub weight: Option<i64>,
    /// Under which name it is published, where that is not the member's id.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub pseudonym: Option<Uuid>,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct First {
    #[diesel(sql_type = Nullable<BigInt>)]
    first: Option<i64>,
}

/// How many ballots one read of the list gives, so that a list of any length needs little memory.
pub const FETCH: i64 = 1_000;

/// How the ballots of a large vote are read: all of them are wanted, not the first few soon; the sort has room; and the first rows may
/// take longer than a request may.
const COUNTED_LIMITS: &str =
    "SET LOCAL cursor_tuple_fraction = 1; SET LOCAL work_mem = '64MB'; SET LOCAL statement_timeout = '5min'";

const COLUMNS: &str =
    "member_id, revision, sequence, options, points, reason, salt, record_hash, kind, public_key, signature, cast_at";

/// How many members have cast a ballot: their first ballots are counted.
///
/// # Errors
/// If the database fails.
pub async fn turnout(tx: &mut CoopTx, proposal: ProposalId) -> Result<i64, StoreError> {
    let coop = tx.coop().uuid();
    let row: Count = sql_query(
        "-- turnout
        SELECT count(*) AS count FROM ballot WHERE coop_id = $1 AND proposal_id = $2 AND revision = 1",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .get_result(tx.connection())
    .await?;
    Ok(row.count)
}

/// The weight of the ballots that give one answer to a motion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct AnswerRow {
    /// The answer, as its index.
    #[diesel(sql_type = SmallInt)]
    pub answer: i16,
    /// Their weight.
    #[diesel(sql_type = BigInt)]
    pub weight: i64,
}

/// What the first ballots of members say about a motion, summed. They are all there are where ballots are final.
///
/// # Errors
/// If the database fails.
pub async fn ballot_answers(tx: &mut CoopTx, proposal: ProposalId) -> Result<Vec<AnswerRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- ballot_answers
        SELECT ballot.options[1] AS answer, sum(roll_entry.weight)::bigint AS weight
        FROM ballot JOIN roll_entry USING (coop_id, proposal_id, member_id)
        WHERE ballot.coop_id = $1 AND ballot.proposal_id = $2 AND ballot.revision = 1
        GROUP BY ballot.options[1]",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The ballots of one member after a revision, the first one first.
///
/// # Errors
/// If the database fails.
pub async fn ballots_of_member(
    tx: &mut CoopTx,
    proposal: ProposalId,
    member: MemberId,
    after: i64,
    limit: i64,
) -> Result<Vec<BallotRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- ballots_of_member
        SELECT {COLUMNS} FROM ballot WHERE coop_id = $1 AND proposal_id = $2 AND member_id = $3 AND revision > $4
        ORDER BY revision LIMIT $5"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<SqlUuid, _>(member.uuid())
    .bind::<BigInt, _>(after)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The last ballot of one member.
///
/// # Errors
/// If the database fails.
pub async fn ballot_last_of_member(
    tx: &mut CoopTx,
    proposal: ProposalId,
    member: MemberId,
) -> Result<Option<BallotRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- ballot_last_of_member
        SELECT {COLUMNS} FROM ballot WHERE coop_id = $1 AND proposal_id = $2 AND member_id = $3
        ORDER BY revision DESC LIMIT 1"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<SqlUuid, _>(member.uuid())
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// Opens the list of every ballot up to the close marker in the order of their sequence; [`ballots_fetch`] reads it. Once per
/// transaction: the database sorts once and keeps its place.
///
/// # Errors
/// If the database fails.
pub async fn ballots_open(tx: &mut CoopTx, proposal: ProposalId, marker: i64) -> Result<(), StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- ballots_open
        DECLARE ballots NO SCROLL CURSOR FOR
        SELECT {COLUMNS}, revision = max(revision) OVER (PARTITION BY member_id) AS is_last FROM ballot
        WHERE coop_id = $1 AND proposal_id = $2 AND sequence <= $3 ORDER BY sequence"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<BigInt, _>(marker)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The next ballots of the list, at most [`FETCH`]; none at its end.
///
/// # Errors
/// If the database fails.
pub async fn ballots_fetch(tx: &mut CoopTx) -> Result<Vec<ListedBallotRow>, StoreError> {
    sql_query(format!("-- ballots_fetch\nFETCH {FETCH} FROM ballots"))
        .get_results(tx.connection())
        .await
        .map_err(StoreError::from)
}

/// Ends the list, so that the transaction may open another.
///
/// # Errors
/// If the database fails.
pub async fn ballots_close(tx: &mut CoopTx) -> Result<(), StoreError> {
    sql_query("-- ballots_close\nCLOSE ballots")
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Opens the list of the ballots that count, each member's last revision up to the close marker, with the member's place on the
/// roll, in the order of the members' ids; [`counted_fetch`] reads it.
///
/// The database reads both tables once, from end to end, and sorts once. Page after page by member, each row would be looked up
/// where it lies, which costs five times as much as soon as the tables outgrow the database's memory.
///
/// # Errors
/// If the database fails.
pub async fn counted_open(tx: &mut CoopTx, proposal: ProposalId, marker: i64) -> Result<(), StoreError> {
    let coop = tx.coop().uuid();
    tx.connection().batch_execute(COUNTED_LIMITS).await?;
    sql_query(
        "-- counted_open
        DECLARE counted NO SCROLL CURSOR FOR
        SELECT DISTINCT ON (member_id) member_id, options, points, record_hash, kind, weight, pseudonym
        FROM ballot LEFT JOIN roll_entry USING (coop_id, proposal_id, member_id)
        WHERE coop_id = $1 AND proposal_id = $2 AND sequence <= $3 ORDER BY member_id, revision DESC",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<BigInt, _>(marker)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The next ballots that count, at most [`FETCH`]; none at the end of the list.
///
/// # Errors
/// If the database fails.
pub async fn counted_fetch(tx: &mut CoopTx) -> Result<Vec<CountedBallotRow>, StoreError> {
    sql_query(format!("-- counted_fetch\nFETCH {FETCH} FROM counted"))
        .get_results(tx.connection())
        .await
        .map_err(StoreError::from)
}

/// Ends the list, so that the transaction may open another.
///
/// # Errors
/// If the database fails.
pub async fn counted_close(tx: &mut CoopTx) -> Result<(), StoreError> {
    sql_query("-- counted_close\nCLOSE counted")
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// The sequence number of the first ballot of a proposal.
///
/// # Errors
/// If the database fails.
pub async fn ballot_first_sequence(tx: &mut CoopTx, proposal: ProposalId) -> Result<Option<i64>, StoreError> {
    let coop = tx.coop().uuid();
    let row: First = sql_query(
        "-- ballot_first_sequence
        SELECT min(sequence) AS first FROM ballot WHERE coop_id = $1 AND proposal_id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .get_result(tx.connection())
    .await?;
    Ok(row.first)
}
