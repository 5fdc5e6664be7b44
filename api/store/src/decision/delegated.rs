//! What came of each weight that was not cast by its member, and the ballots that holders of proxies cast.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Binary, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::hash::{Hash32, keccak256};
use governance::id::{MemberId, ProposalId};
use governance::record::{ProxyBallotV1, Record as _};
use uuid::Uuid;

use crate::log::{LogEntry, log_append};
use crate::{CoopTx, StoreError};

/// What came of the weight of one member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelegated {
    /// The member.
    pub truster: Uuid,
    /// The weight.
    pub weight: i64,
    /// Whose vote carried it.
    pub delegate: Option<Uuid>,
    /// Whom the member trusts.
    pub next: Option<Uuid>,
    /// How many steps.
    pub depth: Option<i16>,
    /// The way.
    pub path: Option<Vec<u8>>,
    /// The proxy ballot that counted.
    pub proxy: Option<Vec<u8>>,
    /// Why nobody's vote carried it.
    pub uncast: Option<&'static str>,
}

/// Stores what came of these weights, in the transaction that publishes the tally.
///
/// # Errors
/// If the database fails.
pub async fn delegated_insert(tx: &mut CoopTx, proposal: ProposalId, rows: &[NewDelegated]) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- delegated_insert
        INSERT INTO delegated (coop_id, proposal_id, truster_id, weight, delegate_id, next_id, depth, path, proxy, uncast,
            recorded_by)
        SELECT $1, $2, truster_id, weight, delegate_id, next_id, depth, path, proxy, uncast, $3
        FROM unnest($4, $5, $6, $7, $8, $9, $10, $11)
            AS new (truster_id, weight, delegate_id, next_id, depth, path, proxy, uncast)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Text, _>(name)
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.truster).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(rows.iter().map(|row| row.weight).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(rows.iter().map(|row| row.delegate).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(rows.iter().map(|row| row.next).collect::<Vec<_>>())
    .bind::<Array<Nullable<SmallInt>>, _>(rows.iter().map(|row| row.depth).collect::<Vec<_>>())
    .bind::<Array<Nullable<Binary>>, _>(rows.iter().map(|row| row.path.as_deref()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Binary>>, _>(rows.iter().map(|row| row.proxy.as_deref()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(rows.iter().map(|row| row.uncast).collect::<Vec<_>>())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// How one member voted in a decided proposal, and for whom.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ReportRow {
    /// The proposal.
    #[diesel(sql_type = SqlUuid)]
    pub proposal_id: Uuid,
    /// Its title.
    #[diesel(sql_type = Text)]
    pub title: String,
    /// The kind of decision.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// How it ended.
    #[diesel(sql_type = Text)]
    pub outcome: String,
    /// When its count was published.
    #[diesel(sql_type = Timestamptz)]
    pub published_at: DateTime<Utc>,
    /// The options of the member's own ballot; NULL where there was none.
    #[diesel(sql_type = Nullable<Array<SmallInt>>)]
    pub options: Option<Vec<i16>>,
    /// What each was given.
    #[diesel(sql_type = Nullable<Array<Integer>>)]
    pub points: Option<Vec<i32>>,
    /// The reason given.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    /// The weight of others that went with that ballot.
    #[diesel(sql_type = BigInt)]
    pub carried: i64,
    /// How many members that were.
    #[diesel(sql_type = BigInt)]
    pub carried_members: i64,
    /// The weight of members for whom the member cast proxy ballots that counted.
    #[diesel(sql_type = BigInt)]
    pub by_proxy: i64,
}

/// How one member voted in decided proposals, the newest proposal first.
///
/// # Errors
/// If the database fails.
pub async fn delegate_report(
    tx: &mut CoopTx,
    member: MemberId,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<ReportRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- delegate_report
        SELECT proposal.id AS proposal_id, proposal.title, proposal.kind, tally.outcome, tally.published_at,
            own.options, own.points, own.reason,
            coalesce(carried.weight, 0)::bigint AS carried, coalesce(carried.members, 0)::bigint AS carried_members,
            coalesce(carried.by_proxy, 0)::bigint AS by_proxy
        FROM proposal JOIN tally ON tally.coop_id = proposal.coop_id AND tally.proposal_id = proposal.id
        LEFT JOIN LATERAL (
            SELECT ballot.options, ballot.points, ballot.reason FROM ballot
            WHERE ballot.coop_id = $1 AND ballot.proposal_id = proposal.id AND ballot.member_id = $2
                AND ballot.sequence <= proposal.close_marker
            ORDER BY ballot.revision DESC LIMIT 1
        ) AS own ON true
        LEFT JOIN LATERAL (
            SELECT sum(delegated.weight) FILTER (WHERE delegated.proxy IS NULL) AS weight,
                count(*) FILTER (WHERE delegated.proxy IS NULL) AS members,
                sum(delegated.weight) FILTER (WHERE delegated.proxy IS NOT NULL) AS by_proxy
            FROM delegated
            WHERE delegated.coop_id = $1 AND delegated.proposal_id = proposal.id AND delegated.delegate_id = $2
        ) AS carried ON true
        -- Never of ballots that stand under pseudonyms.
        WHERE proposal.coop_id = $1 AND proposal.secrecy <> 1 AND ($3::uuid IS NULL OR proposal.id < $3)
            AND (own.options IS NOT NULL OR coalesce(carried.by_proxy, 0) > 0)
        ORDER BY proposal.id DESC LIMIT $4",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .bind::<Nullable<SqlUuid>, _>(before)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// A ballot that a holder casts for one member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProxyBallot {
    /// For whom.
    pub member: Uuid,
    /// The revision, which must be the holder's last for this member and one more.
    pub revision: i64,
    /// The options chosen.
    pub options: Vec<u16>,
    /// What each is given.
    pub points: Vec<u32>,
    /// The salt of its record.
    pub salt: Hash32,
    /// The hash of its record.
    pub record_hash: Hash32,
    /// The server's signature.
    pub signature: Vec<u8>,
}

/// A proxy ballot as it stands in its row.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ProxyBallotRow {
    /// For whom.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// Who holds the proxy.
    #[diesel(sql_type = SqlUuid)]
    pub holder_id: Uuid,
    /// The revision.
    #[diesel(sql_type = BigInt)]
    pub revision: i64,
    /// The options chosen.
    #[diesel(sql_type = Array<SmallInt>)]
    pub options: Vec<i16>,
    /// What each is given.
    #[diesel(sql_type = Array<Integer>)]
    pub points: Vec<i32>,
    /// The salt of its record.
    #[diesel(sql_type = Binary)]
    pub salt: Vec<u8>,
    /// The hash of its record.
    #[diesel(sql_type = Binary)]
    pub record_hash: Vec<u8>,
    /// The server's key.
    #[diesel(sql_type = Binary)]
    pub public_key: Vec<u8>,
    /// The server's signature.
    #[diesel(sql_type = Binary)]
    pub signature: Vec<u8>,
    /// When it was stored.
    #[diesel(sql_type = Timestamptz)]
    pub cast_at: DateTime<Utc>,
}

const PROXY_COLUMNS: &str =
    "member_id, holder_id, revision, options, points, salt, record_hash, public_key, signature, cast_at";

/// Whether voting is open on a proposal; while this transaction lasts it is not closed.
///
/// # Errors
/// If the database fails.
pub async fn voting_hold_open(tx: &mut CoopTx, proposal: ProposalId) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let rows = sql_query(
        "-- voting_hold_open
        SELECT id FROM proposal WHERE coop_id = $1 AND id = $2 AND state = 'open'
          AND statement_timestamp() < coalesce(extended_until, closes_at) FOR SHARE",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .execute(tx.connection())
    .await?;
    Ok(rows > 0)
}

#[derive(QueryableByName)]
struct LastRevision {
    #[diesel(sql_type = SqlUuid)]
    member_id: Uuid,
    #[diesel(sql_type = BigInt)]
    revision: i64,
}

/// The last revisions of a holder for these members; who has none is left out.
///
/// # Errors
/// If the database fails.
pub async fn proxy_revisions(
    tx: &mut CoopTx,
    (proposal, holder): (ProposalId, MemberId),
    members: &[Uuid],
) -> Result<Vec<(Uuid, i64)>, StoreError> {
    let coop = tx.coop().uuid();
    let rows: Vec<LastRevision> = sql_query(
        "-- proxy_revisions
        SELECT member_id, max(revision) AS revision FROM proxy_ballot
        WHERE coop_id = $1 AND proposal_id = $2 AND holder_id = $3 AND member_id = ANY($4) GROUP BY member_id",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<SqlUuid, _>(holder.uuid())
    .bind::<Array<SqlUuid>, _>(members)
    .get_results(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| (row.member_id, row.revision)).collect())
}

/// Stores the ballots of a holder with their entries for the log. `false` where a revision was taken meanwhile, and then none
/// may be kept.
///
/// # Errors
/// If the database fails.
pub async fn proxy_ballots_append(
    tx: &mut CoopTx,
    (proposal, holder): (ProposalId, MemberId),
    public_key: &[u8],
    ballots: &[NewProxyBallot],
) -> Result<bool, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let stored = sql_query(
        "-- proxy_ballots_append
        INSERT INTO proxy_ballot (coop_id, proposal_id, member_id, holder_id, revision, options, points, salt, record_hash,
            public_key, signature, cast_at, recorded_by)
        SELECT $1, $2, member_id, $3, revision, options::smallint[], points::integer[], salt, record_hash, $4, signature,
            statement_timestamp(), $5
        FROM unnest($6, $7, $8, $9, $10, $11, $12) AS new (member_id, revision, options, points, salt, record_hash, signature)
        ORDER BY member_id
        ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<SqlUuid, _>(holder.uuid())
    .bind::<Binary, _>(public_key)
    .bind::<Text, _>(name)
    .bind::<Array<SqlUuid>, _>(ballots.iter().map(|ballot| ballot.member).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(ballots.iter().map(|ballot| ballot.revision).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(ballots.iter().map(|ballot| literal(&ballot.options)).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(ballots.iter().map(|ballot| literal(&ballot.points)).collect::<Vec<_>>())
    .bind::<Array<Binary>, _>(ballots.iter().map(|ballot| &ballot.salt.as_bytes()[..]).collect::<Vec<_>>())
    .bind::<Array<Binary>, _>(ballots.iter().map(|ballot| &ballot.record_hash.as_bytes()[..]).collect::<Vec<_>>())
    .bind::<Array<Binary>, _>(ballots.iter().map(|ballot| &ballot.signature[..]).collect::<Vec<_>>())
    .execute(tx.connection())
    .await?;
    let type_hash = keccak256(ProxyBallotV1::TYPE.as_bytes());
    let entries: Vec<LogEntry> = ballots
        .iter()
        .map(|ballot| LogEntry {
            type_hash,
            record_hash: ballot.record_hash,
        })
        .collect();
    log_append(tx, &entries).await?;
    Ok(stored == ballots.len())
}

/// A list of numbers as PostgreSQL reads an array.
fn literal<T: ToString>(numbers: &[T]) -> String {
    let texts: Vec<String> = numbers.iter().map(T::to_string).collect();
    format!("{{{}}}", texts.join(","))
}

/// Where a list of proxy ballots goes on: after this member and holder.
pub type ProxyPosition = (Uuid, Uuid);

/// The last ballot of each holder for each member, in the order of member and holder.
///
/// # Errors
/// If the database fails.
pub async fn proxy_ballots_last(
    tx: &mut CoopTx,
    proposal: ProposalId,
    (after, after_holder): ProxyPosition,
    limit: i64,
) -> Result<Vec<ProxyBallotRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- proxy_ballots_last
        SELECT DISTINCT ON (member_id, holder_id) {PROXY_COLUMNS} FROM proxy_ballot
        WHERE coop_id = $1 AND proposal_id = $2 AND (member_id, holder_id) > ($3, $4)
        ORDER BY member_id, holder_id, revision DESC LIMIT $5"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<SqlUuid, _>(after)
    .bind::<SqlUuid, _>(after_holder)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The last ballot of each holder for one member, after a holder.
///
/// # Errors
/// If the database fails.
pub async fn proxy_ballots_of_member(
    tx: &mut CoopTx,
    (proposal, member): (ProposalId, MemberId),
    after: Uuid,
    limit: i64,
) -> Result<Vec<ProxyBallotRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- proxy_ballots_of_member
        SELECT DISTINCT ON (holder_id) {PROXY_COLUMNS} FROM proxy_ballot
        WHERE coop_id = $1 AND proposal_id = $2 AND member_id = $3 AND holder_id > $4
        ORDER BY holder_id, revision DESC LIMIT $5"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<SqlUuid, _>(member.uuid())
    .bind::<SqlUuid, _>(after)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}
