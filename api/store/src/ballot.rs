//! Casting: many ballots in one guarded statement and one commit, each accepted or refused on its own.
//!
//! The statement locks the proposal's row for share, so a closer waits for every caster and a caster that comes later finds it
//! closed. Isolation is READ COMMITTED on purpose: a snapshot taken before the wait would lose acknowledged ballots.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Integer, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;
use governance::hash::keccak256;
use governance::record::{BallotV1, Record as _};
use uuid::Uuid;

use crate::prepared::prepared;
use crate::{CoopTx, StoreError};

/// A ballot whose form and signature were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBallot {
    /// The proposal.
    pub proposal: Uuid,
    /// The voter.
    pub member: Uuid,
    /// The account that must be behind the voter, where the caller's session is what authenticates.
    pub account: Option<Uuid>,
    /// The revision, which must be the voter's last and one more.
    pub revision: i64,
    /// The options chosen.
    pub options: Vec<u16>,
    /// What each is given.
    pub points: Vec<u32>,
    /// The reason given.
    pub reason: Option<String>,
    /// The voter's salt.
    pub salt: [u8; 32],
    /// The hash of its record.
    pub record_hash: [u8; 32],
    /// How it is signed: 1, 4 or 5.
    pub kind: i16,
    /// The key that signed.
    pub public_key: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
    /// The Idempotency-Key.
    pub key: String,
    /// The SHA-256 of the request.
    pub request_hash: [u8; 32],
}

/// An accepted ballot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct AcceptedBallot {
    /// Its place in the batch, from 1.
    #[diesel(sql_type = BigInt)]
    pub place: i64,
    /// Its sequence number.
    #[diesel(sql_type = BigInt)]
    pub sequence: i64,
    /// When it was cast, by the clock of the database.
    #[diesel(sql_type = Timestamptz)]
    pub cast_at: DateTime<Utc>,
}

/// Why a ballot was not accepted, or which ballot the same request cast before. Everything is read after the attempt; the first
/// that applies is the reason.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct RefusedBallot {
    /// Its place in the batch, from 1.
    #[diesel(sql_type = BigInt)]
    pub place: i64,
    /// The ballot that was cast with this Idempotency-Key before.
    #[diesel(embed)]
    pub earlier: Option<EarlierBallot>,
    /// Whether the proposal exists.
    #[diesel(sql_type = Bool)]
    pub exists: bool,
    /// Whether the account that asks is behind the voter, or none needs to be.
    #[diesel(sql_type = Bool)]
    pub is_own: bool,
    /// Whether voting is open.
    #[diesel(sql_type = Bool)]
    pub is_open: bool,
    /// Whether the voter is on the roll.
    #[diesel(sql_type = Bool)]
    pub is_on_roll: bool,
    /// Whether the voter's membership is active.
    #[diesel(sql_type = Bool)]
    pub is_active: bool,
    /// Whether the key is on the roll.
    #[diesel(sql_type = Bool)]
    pub has_key: bool,
    /// The voter's last revision; 0 before the first.
    #[diesel(sql_type = BigInt)]
    pub current_revision: i64,
}

/// A ballot as its receipt tells of it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct EarlierBallot {
    /// The SHA-256 of the request that cast it.
    #[diesel(sql_type = Binary)]
    pub request_hash: Vec<u8>,
    /// Its revision.
    #[diesel(sql_type = BigInt)]
    pub revision: i64,
    /// The hash of its record.
    #[diesel(sql_type = Binary)]
    pub record_hash: Vec<u8>,
    /// The voter's salt.
    #[diesel(sql_type = Binary)]
    pub salt: Vec<u8>,
    /// How it is signed.
    #[diesel(sql_type = SmallInt)]
    pub kind: i16,
    /// Its sequence number.
    #[diesel(sql_type = BigInt)]
    pub sequence: i64,
    /// When it was cast.
    #[diesel(sql_type = Timestamptz)]
    pub cast_at: DateTime<Utc>,
}

/// The most recent revision of a voter in a batch is not known to its others, so a batch holds each voter at most once per
/// proposal; this tells which must wait for the next batch.
#[must_use]
pub fn ballots_that_wait(ballots: &[&NewBallot]) -> Vec<bool> {
    let mut voters = HashSet::new();
    ballots
        .iter()
        .map(|ballot| !voters.insert((ballot.proposal, ballot.member)))
        .collect()
}

/// Stores ballots with their entries for the log.
///
/// Voting often opens on a roll the planner knows nothing of yet, and a join could then look at every member or ballot for each
/// that is asked. Subqueries that give one value stay lookups by key; ordering by the revision names the key to use. Begin the
/// transaction with [`crate::Store::coop_tx_by_key`].
const BALLOT_APPEND: &str = "-- ballot_append
    WITH asked AS MATERIALIZED (
        SELECT * FROM unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::bytea[],
            $9::bytea[], $10::smallint[], $11::bytea[], $12::bytea[], $13::text[], $14::bytea[], $15::uuid[])
        WITH ORDINALITY AS asked (proposal_id, member_id, revision, options, points, reason, salt, record_hash, kind,
            public_key, signature, key, request_hash, account_id, place)
    ), opened AS MATERIALIZED (
        SELECT id FROM proposal
        WHERE coop_id = $1 AND id = ANY($2) AND state = 'open' AND statement_timestamp() < coalesce(extended_until, closes_at)
        ORDER BY id FOR SHARE
    ), stored AS (
        INSERT INTO ballot (coop_id, proposal_id, member_id, revision, options, points, reason, salt, record_hash, kind,
            public_key, signature, idempotency_key, request_hash, cast_at, recorded_by)
        SELECT $1, asked.proposal_id, asked.member_id, asked.revision, asked.options::smallint[],
            asked.points::integer[], asked.reason, asked.salt, asked.record_hash, asked.kind, asked.public_key,
            asked.signature, asked.key, asked.request_hash, statement_timestamp(), $16
        FROM asked
        JOIN opened ON opened.id = asked.proposal_id
        WHERE coalesce((
                SELECT member.status = 'active'
                    AND (asked.account_id IS NULL OR member.account_id = asked.account_id)
                FROM member WHERE member.coop_id = $1 AND member.id = asked.member_id), false)
            AND (SELECT entry.weight FROM roll_entry AS entry
                WHERE entry.coop_id = $1 AND entry.proposal_id = asked.proposal_id
                    AND entry.member_id = asked.member_id) IS NOT NULL
            AND (asked.kind = 5 OR (
                SELECT roll_key.registered_sequence FROM roll_key
                WHERE roll_key.coop_id = $1 AND roll_key.proposal_id = asked.proposal_id
                    AND roll_key.member_id = asked.member_id AND roll_key.kind = asked.kind
                    AND roll_key.public_key = asked.public_key) IS NOT NULL)
            AND asked.revision = 1 + coalesce((
                SELECT earlier.revision FROM ballot AS earlier
                WHERE earlier.coop_id = $1 AND earlier.proposal_id = asked.proposal_id
                    AND earlier.member_id = asked.member_id
                ORDER BY earlier.revision DESC LIMIT 1), 0)
            AND (SELECT earlier.revision FROM ballot AS earlier
                WHERE earlier.coop_id = $1 AND earlier.proposal_id = asked.proposal_id
                    AND earlier.member_id = asked.member_id AND earlier.idempotency_key = asked.key
                ORDER BY earlier.revision DESC LIMIT 1) IS NULL
        ORDER BY asked.proposal_id, asked.member_id
        ON CONFLICT (coop_id, proposal_id, member_id, revision) DO NOTHING
        RETURNING proposal_id, member_id, sequence, cast_at, record_hash
    ), logged AS (
        INSERT INTO log_pending (coop_id, type_hash, record_hash, recorded_by)
        SELECT $1, $17, record_hash, $16 FROM stored
    )
    SELECT asked.place, stored.sequence, stored.cast_at
    FROM stored JOIN asked USING (proposal_id, member_id)";

/// Stores every ballot of the batch that may be stored, and with each its entry for the log.
///
/// # Errors
/// If the database fails; then none is stored.
pub async fn ballot_append(tx: &mut CoopTx, ballots: &[&NewBallot]) -> Result<Vec<AcceptedBallot>, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let column = Columns::of(ballots);
    prepared(BALLOT_APPEND)
        .bind::<SqlUuid, _>(coop)
        .bind::<Array<SqlUuid>, _>(&column.proposals)
        .bind::<Array<SqlUuid>, _>(&column.members)
        .bind::<Array<BigInt>, _>(ballots.iter().map(|ballot| ballot.revision).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(
            ballots
                .iter()
                .map(|ballot| literal(&ballot.options))
                .collect::<Vec<_>>(),
        )
        .bind::<Array<Text>, _>(ballots.iter().map(|ballot| literal(&ballot.points)).collect::<Vec<_>>())
        .bind::<Array<Nullable<Text>>, _>(
            ballots
                .iter()
                .map(|ballot| ballot.reason.as_deref())
                .collect::<Vec<_>>(),
        )
        .bind::<Array<Binary>, _>(ballots.iter().map(|ballot| &ballot.salt[..]).collect::<Vec<_>>())
        .bind::<Array<Binary>, _>(ballots.iter().map(|ballot| &ballot.record_hash[..]).collect::<Vec<_>>())
        .bind::<Array<SmallInt>, _>(&column.kinds)
        .bind::<Array<Binary>, _>(&column.public_keys)
        .bind::<Array<Binary>, _>(ballots.iter().map(|ballot| &ballot.signature[..]).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(&column.keys)
        .bind::<Array<Binary>, _>(
            ballots
                .iter()
                .map(|ballot| &ballot.request_hash[..])
                .collect::<Vec<_>>(),
        )
        .bind::<Array<Nullable<SqlUuid>>, _>(&column.accounts)
        .bind::<Text, _>(name)
        .bind::<Binary, _>(&keccak256(BallotV1::TYPE.as_bytes()).as_bytes()[..])
        .get_results(tx.connection())
        .await
        .map_err(StoreError::from)
}

/// What is known about ballots that were not stored.
///
/// # Errors
/// If the database fails.
pub async fn ballot_refusals(tx: &mut CoopTx, ballots: &[&NewBallot]) -> Result<Vec<RefusedBallot>, StoreError> {
    let coop = tx.coop().uuid();
    let column = Columns::of(ballots);
    prepared(
        "-- ballot_refusals
        SELECT asked.place, earlier.request_hash, earlier.revision, earlier.record_hash, earlier.salt, earlier.kind,
            earlier.sequence, earlier.cast_at,
            proposal.id IS NOT NULL AS exists,
            (asked.account_id IS NULL OR coalesce(member.account_id = asked.account_id, false)) AS is_own,
            coalesce(proposal.state = 'open'
                AND statement_timestamp() < coalesce(proposal.extended_until, proposal.closes_at), false) AS is_open,
            entry.member_id IS NOT NULL AS is_on_roll,
            coalesce(member.status = 'active', false) AS is_active,
            (asked.kind = 5 OR roll_key.member_id IS NOT NULL) AS has_key,
            coalesce((SELECT newest.revision FROM ballot AS newest
                WHERE newest.coop_id = $1 AND newest.proposal_id = asked.proposal_id
                    AND newest.member_id = asked.member_id
                ORDER BY newest.revision DESC LIMIT 1), 0) AS current_revision
        FROM unnest($2::uuid[], $3::uuid[], $4::smallint[], $5::bytea[], $6::text[], $7::uuid[])
            WITH ORDINALITY AS asked (proposal_id, member_id, kind, public_key, key, account_id, place)
        LEFT JOIN proposal ON proposal.coop_id = $1 AND proposal.id = asked.proposal_id
        LEFT JOIN member ON member.coop_id = $1 AND member.id = asked.member_id
        LEFT JOIN roll_entry AS entry ON entry.coop_id = $1 AND entry.proposal_id = asked.proposal_id
            AND entry.member_id = asked.member_id
        LEFT JOIN roll_key ON roll_key.coop_id = $1 AND roll_key.proposal_id = asked.proposal_id
            AND roll_key.member_id = asked.member_id AND roll_key.kind = asked.kind
            AND roll_key.public_key = asked.public_key
        LEFT JOIN LATERAL (
            SELECT ballot.* FROM ballot
            WHERE ballot.coop_id = $1 AND ballot.proposal_id = asked.proposal_id
                AND ballot.member_id = asked.member_id AND ballot.idempotency_key = asked.key
            ORDER BY ballot.revision DESC LIMIT 1
        ) AS earlier ON true
        ORDER BY asked.place",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Array<SqlUuid>, _>(&column.proposals)
    .bind::<Array<SqlUuid>, _>(&column.members)
    .bind::<Array<SmallInt>, _>(&column.kinds)
    .bind::<Array<Binary>, _>(&column.public_keys)
    .bind::<Array<Text>, _>(&column.keys)
    .bind::<Array<Nullable<SqlUuid>>, _>(&column.accounts)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// What a ballot is checked against before it reaches the database; none of it changes once voting opened.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct CastHeader {
    /// The decision rule as data.
    #[diesel(sql_type = Jsonb)]
    pub rule: serde_json::Value,
    /// How many options the proposal lists.
    #[diesel(sql_type = Integer)]
    pub option_count: i32,
    /// The hash of the proposal's record.
    #[diesel(sql_type = Binary)]
    pub record_hash: Vec<u8>,
    /// The secrecy tier.
    #[diesel(sql_type = SmallInt)]
    pub secrecy: i16,
    /// The bylaws of its kind.
    #[diesel(sql_type = Jsonb)]
    pub bylaws: serde_json::Value,
    /// The co-op's namespace.
    #[diesel(sql_type = Binary)]
    pub namespace: Vec<u8>,
    /// The chain, where one anchors the co-op.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub chain_id: Option<i64>,
    /// The anchor contract there.
    #[diesel(sql_type = Nullable<Binary>)]
    pub contract: Option<Vec<u8>>,
}

/// The header of a proposal; the inner `None` where voting never opened, the outer where there is no such proposal.
///
/// # Errors
/// If the database fails.
pub async fn cast_header(tx: &mut CoopTx, proposal: Uuid) -> Result<Option<Option<CastHeader>>, StoreError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Bool)]
        was_opened: bool,
        #[diesel(embed)]
        header: CastHeader,
    }
    let coop = tx.coop().uuid();
    let found: Vec<Found> = prepared(
        "-- cast_header
        SELECT proposal.record_hash IS NOT NULL AS was_opened, proposal.rule,
            cardinality(proposal.options) AS option_count, coalesce(proposal.record_hash, ''::bytea) AS record_hash,
            proposal.secrecy, coalesce(bylaws.content -> 'kinds' -> proposal.kind, 'null') AS bylaws,
            coop.namespace, coop.chain_id, coop.contract
        FROM proposal JOIN coop ON coop.id = proposal.coop_id
        JOIN bylaws ON bylaws.coop_id = proposal.coop_id AND bylaws.version = proposal.bylaws_version
        WHERE proposal.coop_id = $1 AND proposal.id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal)
    .get_results(tx.connection())
    .await?;
    Ok(found
        .into_iter()
        .next()
        .map(|found| found.was_opened.then_some(found.header)))
}

struct Columns<'a> {
    proposals: Vec<Uuid>,
    members: Vec<Uuid>,
    accounts: Vec<Option<Uuid>>,
    kinds: Vec<i16>,
    public_keys: Vec<&'a [u8]>,
    keys: Vec<&'a str>,
}

impl<'a> Columns<'a> {
    fn of(ballots: &[&'a NewBallot]) -> Self {
        Self {
            proposals: ballots.iter().map(|ballot| ballot.proposal).collect(),
            members: ballots.iter().map(|ballot| ballot.member).collect(),
            accounts: ballots.iter().map(|ballot| ballot.account).collect(),
            kinds: ballots.iter().map(|ballot| ballot.kind).collect(),
            public_keys: ballots.iter().map(|ballot| &ballot.public_key[..]).collect(),
            keys: ballots.iter().map(|ballot| ballot.key.as_str()).collect(),
        }
    }
}

/// A list of numbers as PostgreSQL writes an array: lists of unequal length cannot travel as one array of arrays.
fn literal<T: ToString>(numbers: &[T]) -> String {
    let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    format!("{{{}}}", texts.join(","))
}
