//! Delegations: given, listed, and read as they stood when voting closed.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Binary, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::delegation::Scope;
use governance::hash::Hash32;
use governance::id::{MemberId, ProposalId};
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A delegation that is about to be stored.
#[derive(Debug, Clone, Copy)]
pub struct NewDelegation<'a> {
    /// Who trusts.
    pub truster: MemberId,
    /// What it reaches.
    pub scope: Scope,
    /// The same to read.
    pub scope_name: &'a str,
    /// The revision, which must be the last of truster and scope and one more.
    pub revision: i64,
    /// Who is trusted.
    pub trustee: Option<MemberId>,
    /// From when on it holds no more, in seconds since 1970; 0 takes it back.
    pub valid_until: i64,
    /// The salt of its record.
    pub salt: Hash32,
    /// The hash of its record.
    pub record_hash: Hash32,
    /// The sequence number of its record.
    pub record_sequence: i64,
    /// How it is signed: 1, 4 or 5.
    pub kind: i16,
    /// The key that signed.
    pub public_key: &'a [u8],
    /// The signature.
    pub signature: &'a [u8],
}

/// A delegation as it stands in its row.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct DelegationRow {
    /// Who trusts.
    #[diesel(sql_type = SqlUuid)]
    pub truster_id: Uuid,
    /// How far it reaches.
    #[diesel(sql_type = SmallInt)]
    pub scope_kind: i16,
    /// Which one.
    #[diesel(sql_type = Binary)]
    pub scope: Vec<u8>,
    /// The same to read.
    #[diesel(sql_type = Text)]
    pub scope_name: String,
    /// The revision.
    #[diesel(sql_type = BigInt)]
    pub revision: i64,
    /// Who is trusted.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub trustee_id: Option<Uuid>,
    /// From when on it holds no more.
    #[diesel(sql_type = BigInt)]
    pub valid_until: i64,
    /// The salt of its record.
    #[diesel(sql_type = Binary)]
    pub salt: Vec<u8>,
    /// The hash of its record.
    #[diesel(sql_type = Binary)]
    pub record_hash: Vec<u8>,
    /// The sequence number of its record.
    #[diesel(sql_type = BigInt)]
    pub record_sequence: i64,
    /// How it is signed.
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
    pub given_at: DateTime<Utc>,
}

const COLUMNS: &str = "truster_id, scope_kind, scope, scope_name, revision, trustee_id, valid_until, salt, record_hash, \
    record_sequence, kind, public_key, signature, given_at";

#[derive(QueryableByName)]
struct Given {
    #[diesel(sql_type = Timestamptz)]
    given_at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// Stores a delegation and gives its moment; `None` where its revision is not the next one. Its record must have been added in
/// this transaction before, which makes those who give delegations in one co-op wait for each other.
///
/// # Errors
/// If the database fails.
pub async fn delegation_insert(tx: &mut CoopTx, new: NewDelegation<'_>) -> Result<Option<DateTime<Utc>>, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let row: Option<Given> = sql_query(
        "-- delegation_insert
        INSERT INTO delegation (coop_id, truster_id, scope_kind, scope, scope_name, revision, trustee_id, valid_until, salt,
            record_hash, record_sequence, kind, public_key, signature, given_at, recorded_by)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, date_trunc('second', clock_timestamp()), $15
        WHERE $6 = 1 + coalesce((SELECT max(revision) FROM delegation
            WHERE coop_id = $1 AND truster_id = $2 AND scope_kind = $3 AND scope = $4), 0)
        RETURNING given_at",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(new.truster.uuid())
    .bind::<SmallInt, _>(i16::from(new.scope.kind.code()))
    .bind::<Binary, _>(&new.scope.of.as_bytes()[..])
    .bind::<Text, _>(new.scope_name)
    .bind::<BigInt, _>(new.revision)
    .bind::<Nullable<SqlUuid>, _>(new.trustee.map(|trustee| trustee.uuid()))
    .bind::<BigInt, _>(new.valid_until)
    .bind::<Binary, _>(&new.salt.as_bytes()[..])
    .bind::<Binary, _>(&new.record_hash.as_bytes()[..])
    .bind::<BigInt, _>(new.record_sequence)
    .bind::<SmallInt, _>(new.kind)
    .bind::<Binary, _>(new.public_key)
    .bind::<Binary, _>(new.signature)
    .bind::<Text, _>(name)
    .get_result(tx.connection())
    .await
    .optional()?;
    Ok(row.map(|row| row.given_at))
}

/// The newest delegation of each scope of one member, at most `limit`, those over or taken back included.
///
/// # Errors
/// If the database fails.
pub async fn delegations_of_truster(
    tx: &mut CoopTx,
    truster: MemberId,
    limit: i64,
) -> Result<Vec<DelegationRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- delegations_of_truster
        SELECT DISTINCT ON (scope_kind, scope) {COLUMNS} FROM delegation WHERE coop_id = $1 AND truster_id = $2
        ORDER BY scope_kind, scope, revision DESC LIMIT $3"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(truster.uuid())
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// How many members trust one directly now, whatever the scope.
///
/// # Errors
/// If the database fails.
pub async fn delegations_received_count(tx: &mut CoopTx, trustee: MemberId) -> Result<i64, StoreError> {
    let coop = tx.coop().uuid();
    let row: Number = sql_query(
        "-- delegations_received_count
        SELECT count(DISTINCT given.truster_id) AS number FROM delegation AS given
        WHERE given.coop_id = $1 AND given.trustee_id = $2 AND given.valid_until > extract(epoch FROM statement_timestamp())
            AND given.revision = (SELECT max(newest.revision) FROM delegation AS newest WHERE newest.coop_id = $1
                AND newest.truster_id = given.truster_id AND newest.scope_kind = given.scope_kind
                AND newest.scope = given.scope)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(trustee.uuid())
    .get_result(tx.connection())
    .await?;
    Ok(row.number)
}

/// Where a list of delegations goes on: after this truster and record.
pub type DelegationPosition = (Uuid, i64);

/// The delegations that stand now and name one member, by truster and record.
///
/// # Errors
/// If the database fails.
pub async fn delegations_received(
    tx: &mut CoopTx,
    trustee: MemberId,
    (after, after_record): DelegationPosition,
    limit: i64,
) -> Result<Vec<DelegationRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- delegations_received
        SELECT {COLUMNS} FROM delegation AS given
        WHERE given.coop_id = $1 AND given.trustee_id = $2 AND given.valid_until > extract(epoch FROM statement_timestamp())
            AND (given.truster_id, given.record_sequence) > ($3, $4)
            AND given.revision = (SELECT max(newest.revision) FROM delegation AS newest WHERE newest.coop_id = $1
                AND newest.truster_id = given.truster_id AND newest.scope_kind = given.scope_kind
                AND newest.scope = given.scope)
        ORDER BY given.truster_id, given.record_sequence LIMIT $5"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(trustee.uuid())
    .bind::<SqlUuid, _>(after)
    .bind::<BigInt, _>(after_record)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// What reaches one proposal, and up to which record and moment delegations are looked at.
#[derive(Debug, Clone, Copy)]
pub struct Reaching {
    /// The proposal.
    pub proposal: ProposalId,
    /// The word of its kind.
    pub kind: Hash32,
    /// The last record that counts.
    pub marker: i64,
    /// The end of voting: what was given from then on does not count.
    pub before: DateTime<Utc>,
}

/// Where a list of the delegations that reach a proposal goes on: after this truster and scope.
pub type ReachingPosition = (Uuid, i16);

/// The newest delegations that reach a proposal, of members on its roll, in the order of truster and scope.
///
/// # Errors
/// If the database fails.
pub async fn delegations_reaching(
    tx: &mut CoopTx,
    reaching: Reaching,
    (after, after_scope): ReachingPosition,
    limit: i64,
) -> Result<Vec<DelegationRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- delegations_reaching
        SELECT DISTINCT ON (truster_id, scope_kind) {COLUMNS} FROM delegation
        WHERE coop_id = $1 AND ((scope_kind = 1 AND scope = $2) OR (scope_kind = 2 AND scope = $3) OR (scope_kind = 3 AND scope = $4))
            AND record_sequence <= $5 AND given_at < $6 AND (truster_id, scope_kind) > ($7, $8)
            AND (SELECT entry.weight FROM roll_entry AS entry WHERE entry.coop_id = $1 AND entry.proposal_id = $9
                AND entry.member_id = delegation.truster_id) IS NOT NULL
        ORDER BY truster_id, scope_kind, revision DESC LIMIT $10"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<Binary, _>(&Hash32::ZERO.as_bytes()[..])
    .bind::<Binary, _>(&reaching.kind.as_bytes()[..])
    .bind::<Binary, _>(&reaching.proposal.word().as_bytes()[..])
    .bind::<BigInt, _>(reaching.marker)
    .bind::<Timestamptz, _>(reaching.before)
    .bind::<SqlUuid, _>(after)
    .bind::<SmallInt, _>(after_scope)
    .bind::<SqlUuid, _>(reaching.proposal.uuid())
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Of these members, the newest delegations that reach a proposal now.
///
/// # Errors
/// If the database fails.
pub async fn delegations_of_now(
    tx: &mut CoopTx,
    (proposal, kind): (ProposalId, Hash32),
    members: &[Uuid],
) -> Result<Vec<DelegationRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- delegations_of_now
        SELECT DISTINCT ON (truster_id, scope_kind) {COLUMNS} FROM delegation
        WHERE coop_id = $1 AND truster_id = ANY($2)
            AND ((scope_kind = 1 AND scope = $3) OR (scope_kind = 2 AND scope = $4) OR (scope_kind = 3 AND scope = $5))
        ORDER BY truster_id, scope_kind, revision DESC"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<Array<SqlUuid>, _>(members)
    .bind::<Binary, _>(&Hash32::ZERO.as_bytes()[..])
    .bind::<Binary, _>(&kind.as_bytes()[..])
    .bind::<Binary, _>(&proposal.word().as_bytes()[..])
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

#[derive(QueryableByName)]
struct Member {
    #[diesel(sql_type = SqlUuid)]
    member_id: Uuid,
}

/// Members on the roll of a proposal who ever named one of these, at most `limit`: who may trust them now.
///
/// # Errors
/// If the database fails.
pub async fn delegation_trusters(
    tx: &mut CoopTx,
    proposal: ProposalId,
    trustees: &[Uuid],
    limit: i64,
) -> Result<Vec<Uuid>, StoreError> {
    let coop = tx.coop().uuid();
    let rows: Vec<Member> = sql_query(
        "-- delegation_trusters
        SELECT DISTINCT truster_id AS member_id FROM delegation
        WHERE coop_id = $1 AND trustee_id = ANY($2)
            AND (SELECT entry.weight FROM roll_entry AS entry WHERE entry.coop_id = $1 AND entry.proposal_id = $3
                AND entry.member_id = delegation.truster_id) IS NOT NULL
        ORDER BY 1 LIMIT $4",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Array<SqlUuid>, _>(trustees)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| row.member_id).collect())
}

/// Which of these members cast a ballot of their own in a proposal.
///
/// # Errors
/// If the database fails.
pub async fn members_who_voted(
    tx: &mut CoopTx,
    proposal: ProposalId,
    members: &[Uuid],
) -> Result<Vec<Uuid>, StoreError> {
    let coop = tx.coop().uuid();
    let rows: Vec<Member> = sql_query(
        "-- members_who_voted
        SELECT member_id FROM ballot WHERE coop_id = $1 AND proposal_id = $2 AND revision = 1 AND member_id = ANY($3)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Array<SqlUuid>, _>(members)
    .get_results(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| row.member_id).collect())
}

/// Writes up to which record delegations count in a proposal that is being closed. It waits for those who give one at this moment, and
/// they for it, so that the log holds the close in its place among them. Take it after the proposal and before the event.
///
/// # Errors
/// If the database fails.
pub async fn delegation_mark(tx: &mut CoopTx, proposal: ProposalId) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- delegation_mark, head
        SELECT size AS number FROM record_head WHERE coop_id = $1 FOR NO KEY UPDATE",
    )
    .bind::<SqlUuid, _>(coop)
    .execute(tx.connection())
    .await?;
    sql_query(
        "-- delegation_mark
        INSERT INTO delegation_marker (coop_id, proposal_id, marker, recorded_by)
        SELECT $1, $2, coalesce((SELECT size FROM record_head WHERE coop_id = $1), 0), $3",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The last record that counts in a proposal; `None` before it closed.
///
/// # Errors
/// If the database fails.
pub async fn delegation_marker(tx: &mut CoopTx, proposal: ProposalId) -> Result<Option<i64>, StoreError> {
    let coop = tx.coop().uuid();
    let row: Option<Number> = sql_query(
        "-- delegation_marker
        SELECT marker AS number FROM delegation_marker WHERE coop_id = $1 AND proposal_id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .get_result(tx.connection())
    .await
    .optional()?;
    Ok(row.map(|row| row.number))
}

/// Whether a member has this key in use.
///
/// # Errors
/// If the database fails.
pub async fn key_is_in_use(
    tx: &mut CoopTx,
    member: MemberId,
    kind: i16,
    public_key: &[u8],
) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let row: Number = sql_query(
        "-- key_is_in_use
        SELECT count(*) AS number FROM voting_key
        WHERE coop_id = $1 AND member_id = $2 AND kind = $3 AND public_key = $4 AND ended_at IS NULL",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .bind::<SmallInt, _>(kind)
    .bind::<Binary, _>(public_key)
    .get_result(tx.connection())
    .await?;
    Ok(row.number > 0)
}
