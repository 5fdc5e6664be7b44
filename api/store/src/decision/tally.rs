//! Published counts and the lots that were drawn for them.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Binary, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::hash::Hash32;
use governance::id::ProposalId;
use serde_json::Value;

use crate::{CoopTx, StoreError};

/// A count that is about to be published.
#[derive(Debug, Clone, Copy)]
pub struct NewTally<'a> {
    /// How it ended.
    pub outcome: &'a str,
    /// The sums behind it, as sentences.
    pub reasons: &'a [String],
    /// The fields of its record.
    pub record: &'a Value,
    /// The hash of its record.
    pub record_hash: Hash32,
    /// Its sequence number among the records of the co-op.
    pub record_sequence: i64,
    /// Every stage of an election.
    pub count: Option<&'a Value>,
    /// Counted ballots that a member's key signed.
    pub signed_ballots: i32,
    /// Counted ballots that the server vouches for.
    pub attested_ballots: i32,
    /// The weight that another one's vote carried.
    pub delegated_weight: i64,
    /// How much of it by proxy ballots.
    pub proxy_weight: i64,
    /// Delegations that spoke and that the server attests.
    pub attested_delegations: i32,
    /// What it lets be found out of single members although the tier hides it.
    pub exposures: &'a Value,
}

/// A published count as it stands in its row.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct TallyRow {
    /// How it ended.
    #[diesel(sql_type = Text)]
    pub outcome: String,
    /// The sums behind it, as sentences.
    #[diesel(sql_type = Array<Text>)]
    pub reasons: Vec<String>,
    /// The fields of its record.
    #[diesel(sql_type = Jsonb)]
    pub record: Value,
    /// The hash of its record.
    #[diesel(sql_type = Binary)]
    pub record_hash: Vec<u8>,
    /// Its sequence number among the records of the co-op.
    #[diesel(sql_type = BigInt)]
    pub record_sequence: i64,
    /// Every stage of an election.
    #[diesel(sql_type = Nullable<Jsonb>)]
    pub count: Option<Value>,
    /// Counted ballots that a member's key signed.
    #[diesel(sql_type = Integer)]
    pub signed_ballots: i32,
    /// Counted ballots that the server vouches for.
    #[diesel(sql_type = Integer)]
    pub attested_ballots: i32,
    /// The weight that another one's vote carried.
    #[diesel(sql_type = BigInt)]
    pub delegated_weight: i64,
    /// How much of it by proxy ballots.
    #[diesel(sql_type = BigInt)]
    pub proxy_weight: i64,
    /// Delegations that spoke and that the server attests.
    #[diesel(sql_type = Integer)]
    pub attested_delegations: i32,
    /// What it lets be found out of single members although the tier hides it.
    #[diesel(sql_type = Jsonb)]
    pub exposures: Value,
    /// When it was published.
    #[diesel(sql_type = Timestamptz)]
    pub published_at: DateTime<Utc>,
}

/// A lot as it stands in its row.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct LotRow {
    /// The lot.
    #[diesel(sql_type = Binary)]
    pub lot: Vec<u8>,
    /// The number of the block that is the beacon.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub beacon_block_number: Option<i64>,
    /// Its hash.
    #[diesel(sql_type = Nullable<Binary>)]
    pub beacon_block_hash: Option<Vec<u8>>,
    /// Its timestamp, in seconds since 1970.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub beacon_timestamp: Option<i64>,
}

/// Publishes a count.
///
/// # Errors
/// If the database fails, or there is a count already.
pub async fn tally_insert(tx: &mut CoopTx, proposal: ProposalId, tally: NewTally<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- tally_insert
        INSERT INTO tally (coop_id, proposal_id, outcome, reasons, record, record_hash, record_sequence, count,
            signed_ballots, attested_ballots, recorded_by, delegated_weight, proxy_weight, attested_delegations,
            exposures)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Text, _>(tally.outcome)
    .bind::<Array<Text>, _>(tally.reasons)
    .bind::<Jsonb, _>(tally.record)
    .bind::<Binary, _>(&tally.record_hash.as_bytes()[..])
    .bind::<BigInt, _>(tally.record_sequence)
    .bind::<Nullable<Jsonb>, _>(tally.count)
    .bind::<Integer, _>(tally.signed_ballots)
    .bind::<Integer, _>(tally.attested_ballots)
    .bind::<Text, _>(name)
    .bind::<BigInt, _>(tally.delegated_weight)
    .bind::<BigInt, _>(tally.proxy_weight)
    .bind::<Integer, _>(tally.attested_delegations)
    .bind::<Jsonb, _>(tally.exposures)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The published count of a proposal.
///
/// # Errors
/// If the database fails.
pub async fn tally_read(tx: &mut CoopTx, proposal: ProposalId) -> Result<Option<TallyRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- tally_read
        SELECT outcome, reasons, record, record_hash, record_sequence, count, signed_ballots, attested_ballots,
            delegated_weight, proxy_weight, attested_delegations, exposures, published_at
        FROM tally WHERE coop_id = $1 AND proposal_id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// Stores the lot that was drawn for a count, in the transaction that publishes it.
///
/// # Errors
/// If the database fails.
pub async fn lot_insert(tx: &mut CoopTx, proposal: ProposalId, lot: &LotRow) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- lot_insert
        INSERT INTO lot (coop_id, proposal_id, lot, beacon_block_number, beacon_block_hash, beacon_timestamp, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Binary, _>(&lot.lot)
    .bind::<Nullable<BigInt>, _>(lot.beacon_block_number)
    .bind::<Nullable<Binary>, _>(lot.beacon_block_hash.as_deref())
    .bind::<Nullable<BigInt>, _>(lot.beacon_timestamp)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The lot that was drawn for a count.
///
/// # Errors
/// If the database fails.
pub async fn lot_read(tx: &mut CoopTx, proposal: ProposalId) -> Result<Option<LotRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- lot_read
        SELECT lot, beacon_block_number, beacon_block_hash, beacon_timestamp FROM lot
        WHERE coop_id = $1 AND proposal_id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}
