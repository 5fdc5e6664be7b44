//! What an export of the public record needs to know of all decisions of a co-op at once.

use diesel::sql_types::{BigInt, Binary, Nullable, SmallInt, Text, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::event::EventKind;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A record of a question or of its count.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ExportRecordRow {
    /// The proposal as a word.
    #[diesel(sql_type = Binary)]
    pub subject: Vec<u8>,
    /// `ProposalV1` or `TallyV1`.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// Its place among the records of the co-op.
    #[diesel(sql_type = BigInt)]
    pub sequence: i64,
    /// Its place in the log.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub log_index: Option<i64>,
}

/// The event of a published result.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ExportResultRow {
    /// The proposal.
    #[diesel(sql_type = SqlUuid)]
    pub proposal_id: Uuid,
    /// Its place in the log.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub log_index: Option<i64>,
}

/// An anchor, as far as it changes what a bundle shows.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ExportAnchorRow {
    /// Its number.
    #[diesel(sql_type = BigInt)]
    pub seq: i64,
    /// How many records it covers.
    #[diesel(sql_type = BigInt)]
    pub size: i64,
    /// Where it stands.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// The block that holds it.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub block_number: Option<i64>,
    /// The hash of that block.
    #[diesel(sql_type = Nullable<Binary>)]
    pub block_hash: Option<Vec<u8>>,
}

/// The records of all questions and counts, in their order. One that a repaired log holds twice has its first place.
///
/// # Errors
/// If the database fails.
pub async fn export_records(tx: &mut CoopTx) -> Result<Vec<ExportRecordRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- export_records
        SELECT record.subject, record.kind, record.sequence, leaf.log_index
        FROM record LEFT JOIN LATERAL (
            SELECT log_index FROM log_leaf WHERE coop_id = $1 AND record_hash = record.record_hash
            ORDER BY log_index LIMIT 1
        ) AS leaf ON true
        WHERE record.coop_id = $1 AND record.kind IN ('ProposalV1', 'TallyV1') ORDER BY record.sequence",
    )
    .bind::<SqlUuid, _>(coop)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The events of all published results.
///
/// # Errors
/// If the database fails.
pub async fn export_results(tx: &mut CoopTx) -> Result<Vec<ExportResultRow>, StoreError> {
    let coop = tx.coop().uuid();
    let kind = i16::try_from(EventKind::ResultPublished.code()).unwrap_or(i16::MAX);
    sql_query(
        "-- export_results
        SELECT event.subject AS proposal_id, leaf.log_index
        FROM event LEFT JOIN LATERAL (
            SELECT log_index FROM log_leaf WHERE coop_id = $1 AND record_hash = event.record_hash
            ORDER BY log_index LIMIT 1
        ) AS leaf ON true
        WHERE event.coop_id = $1 AND event.kind = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SmallInt, _>(kind)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// All anchors, in their order.
///
/// # Errors
/// If the database fails.
pub async fn export_anchors(tx: &mut CoopTx) -> Result<Vec<ExportAnchorRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- export_anchors
        SELECT seq, size, state, block_number, block_hash FROM anchor_batch
        WHERE coop_id = $1 AND seq >= 1 ORDER BY seq",
    )
    .bind::<SqlUuid, _>(coop)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}
