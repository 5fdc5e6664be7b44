//! Anchors on their way to the chain: what was sealed, what was signed and what became of it.
//!
//! A batch is read whole and replaced whole. Replacing names the version that was read and changes nothing if another server
//! was faster, so two servers that work on one batch cannot undo each other. What was signed is never changed or removed: the
//! database itself refuses it to the server's role.

mod lease;
mod rows;

use diesel::sql_types::{Array, BigInt, Binary, Integer, Nullable, Text, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::hash::Hash32;
use governance::id::CoopId;
use uuid::Uuid;

pub use self::lease::{AnchorAccount, AnchorLease, anchor_lease_keep, anchor_lease_take};
pub use self::rows::{
    AnchorAttemptRow, AnchorBatchRow, AnchorBatchWhole, AnchorSentRow, AnchorTxRow, NewAnchorBatch, OpenBatchRow,
    RecordLeafRow, Replacement, Sealing,
};
use crate::{CoopTx, StoreError};

/// The most batches one page lists.
pub const ANCHORS_PAGE_MAX: i64 = 100;
/// The most transactions told with one page: each batch is sent once, and a few times more where fees rise.
const SENT_MAX: i64 = 2_000;

const BATCH_COLUMNS: &str = "seq, size, prev, root, expected, chain_id, contract, namespace, poster, admin, state, \
     block_number, block_hash, halt_reason, current_nonce, reverts, version";

/// Seals a batch if it follows the newest one: its number is the next, its size is no smaller and it names its link. The
/// opening, number 0, is the first and is followed by number 1 with a zero link.
///
/// # Errors
/// If the database fails.
pub async fn anchor_batch_seal(tx: &mut CoopTx, new: &NewAnchorBatch) -> Result<Sealing, StoreError> {
    let inserted = sql_query(
        "-- anchor_batch_seal
        INSERT INTO anchor_batch
            (coop_id, seq, size, prev, root, expected, chain_id, contract, namespace, poster, admin, recorded_by)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'anchor_seal'
        WHERE ($2 = 0 AND NOT EXISTS (SELECT FROM anchor_batch WHERE coop_id = $1))
           OR EXISTS (
                SELECT FROM anchor_batch AS newest
                WHERE newest.coop_id = $1
                  AND newest.seq = (SELECT max(seq) FROM anchor_batch WHERE coop_id = $1)
                  AND newest.seq = $2 - 1 AND newest.size <= $3
                  AND newest.chain_id = $7 AND newest.contract = $8 AND newest.namespace = $9
                  AND $4 = CASE WHEN newest.seq = 0 THEN decode(repeat('00', 32), 'hex') ELSE newest.expected END)
        ON CONFLICT (coop_id, seq) DO NOTHING",
    )
    .bind::<SqlUuid, Uuid>(new.coop.uuid())
    .bind::<BigInt, _>(new.seq)
    .bind::<BigInt, _>(new.size)
    .bind::<Binary, _>(&new.prev)
    .bind::<Binary, _>(&new.root)
    .bind::<Binary, _>(&new.expected)
    .bind::<BigInt, _>(new.chain_id)
    .bind::<Binary, _>(&new.contract)
    .bind::<Binary, _>(&new.namespace)
    .bind::<Binary, _>(&new.poster)
    .bind::<Binary, _>(&new.admin)
    .execute(tx.connection())
    .await?;
    Ok(if inserted == 1 {
        Sealing::Sealed
    } else {
        Sealing::Overtaken
    })
}

/// The newest batch of a co-op.
///
/// # Errors
/// If the database fails.
pub async fn anchor_batch_newest(tx: &mut CoopTx, coop: CoopId) -> Result<Option<AnchorBatchRow>, StoreError> {
    sql_query(format!(
        "-- anchor_batch_newest
        SELECT {BATCH_COLUMNS} FROM anchor_batch WHERE coop_id = $1 ORDER BY seq DESC LIMIT 1"
    ))
    .bind::<SqlUuid, Uuid>(coop.uuid())
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// The batches of a co-op that are not final, oldest first, as far as one needs to choose among them; at most
/// [`ANCHORS_PAGE_MAX`].
///
/// # Errors
/// If the database fails.
pub async fn anchor_batch_open(tx: &mut CoopTx, coop: CoopId) -> Result<Vec<OpenBatchRow>, StoreError> {
    sql_query(
        "-- anchor_batch_open
        SELECT seq, state, halt_reason, current_nonce,
            EXISTS (SELECT FROM anchor_tx WHERE anchor_tx.coop_id = $1 AND anchor_tx.seq = batch.seq) AS was_numbered
        FROM anchor_batch AS batch WHERE coop_id = $1 AND state <> 'final' ORDER BY seq LIMIT $2",
    )
    .bind::<SqlUuid, Uuid>(coop.uuid())
    .bind::<BigInt, _>(ANCHORS_PAGE_MAX)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The number of the newest final batch of a co-op.
///
/// # Errors
/// If the database fails.
pub async fn anchor_batch_newest_final(tx: &mut CoopTx, coop: CoopId) -> Result<Option<i64>, StoreError> {
    let row: Option<Seq> = sql_query(
        "-- anchor_batch_newest_final
        SELECT seq FROM anchor_batch WHERE coop_id = $1 AND state = 'final' ORDER BY seq DESC LIMIT 1",
    )
    .bind::<SqlUuid, Uuid>(coop.uuid())
    .get_result(tx.connection())
    .await
    .optional()?;
    Ok(row.map(|row| row.seq))
}

/// A batch of a co-op by its number, with all that was tried for it.
///
/// # Errors
/// If the database fails.
pub async fn anchor_batch_get(tx: &mut CoopTx, coop: CoopId, seq: i64) -> Result<Option<AnchorBatchWhole>, StoreError> {
    let found: Option<AnchorBatchRow> = sql_query(format!(
        "-- anchor_batch_get
        SELECT {BATCH_COLUMNS} FROM anchor_batch WHERE coop_id = $1 AND seq = $2"
    ))
    .bind::<SqlUuid, Uuid>(coop.uuid())
    .bind::<BigInt, _>(seq)
    .get_result(tx.connection())
    .await
    .optional()?;
    let Some(batch) = found else { return Ok(None) };
    let transactions = sql_query(
        "-- anchor_batch_get, transactions
        SELECT nonce, gas, assigned_at_block FROM anchor_tx WHERE coop_id = $1 AND seq = $2 ORDER BY place",
    )
    .bind::<SqlUuid, Uuid>(coop.uuid())
    .bind::<BigInt, _>(batch.seq)
    .get_results(tx.connection())
    .await?;
    let attempts = sql_query(
        "-- anchor_batch_get, attempts
        SELECT nonce, raw, hash, max_fee, tip, first_sent_block, last_sent_block, outcome, outcome_text
        FROM anchor_attempt WHERE coop_id = $1 AND seq = $2 ORDER BY nonce, place",
    )
    .bind::<SqlUuid, Uuid>(coop.uuid())
    .bind::<BigInt, _>(batch.seq)
    .get_results(tx.connection())
    .await?;
    Ok(Some(AnchorBatchWhole {
        batch,
        transactions,
        attempts,
    }))
}

/// Replaces the progress of a batch, with whatever was newly signed, if the row still has the version in `whole`.
///
/// # Errors
/// If the database fails, or a signed version differs from the stored one in its place.
pub async fn anchor_batch_replace(
    tx: &mut CoopTx,
    coop: CoopId,
    whole: &AnchorBatchWhole,
) -> Result<Replacement, StoreError> {
    let batch = &whole.batch;
    let updated = sql_query(
        "-- anchor_batch_replace
        UPDATE anchor_batch
        SET state = $4, block_number = $5, block_hash = $6, halt_reason = $7, current_nonce = $8, reverts = $9,
            version = version + 1, changed_at = now()
        WHERE coop_id = $1 AND seq = $2 AND version = $3 AND state <> 'halted'
          AND (state <> 'final' OR $4 = 'halted')",
    )
    .bind::<SqlUuid, Uuid>(coop.uuid())
    .bind::<BigInt, _>(batch.seq)
    .bind::<BigInt, _>(batch.version)
    .bind::<Text, _>(&batch.state)
    .bind::<Nullable<BigInt>, _>(batch.block_number)
    .bind::<Nullable<Binary>, _>(batch.block_hash.as_deref())
    .bind::<Nullable<Text>, _>(batch.halt_reason.as_deref())
    .bind::<Nullable<BigInt>, _>(batch.current_nonce)
    .bind::<Integer, _>(batch.reverts)
    .execute(tx.connection())
    .await?;
    if updated == 0 {
        return Ok(Replacement::Overtaken);
    }
    for (place, transaction) in (0i32..).zip(&whole.transactions) {
        anchor_tx_put(tx, coop, batch.seq, place, transaction).await?;
        let attempts = whole
            .attempts
            .iter()
            .filter(|attempt| attempt.nonce == transaction.nonce);
        for (place, attempt) in (0i32..).zip(attempts) {
            anchor_attempt_put(tx, coop, batch.seq, place, attempt).await?;
        }
    }
    Ok(Replacement::Replaced)
}

async fn anchor_tx_put(
    tx: &mut CoopTx,
    coop: CoopId,
    seq: i64,
    place: i32,
    transaction: &AnchorTxRow,
) -> Result<(), StoreError> {
    sql_query(
        "-- anchor_tx_put
        INSERT INTO anchor_tx (coop_id, seq, nonce, place, gas, assigned_at_block) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (coop_id, seq, nonce) DO UPDATE SET assigned_at_block = excluded.assigned_at_block",
    )
    .bind::<SqlUuid, Uuid>(coop.uuid())
    .bind::<BigInt, _>(seq)
    .bind::<BigInt, _>(transaction.nonce)
    .bind::<Integer, _>(place)
    .bind::<BigInt, _>(transaction.gas)
    .bind::<BigInt, _>(transaction.assigned_at_block)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The stored bytes decide: where other bytes stand in this place nothing is written and the transaction fails.
async fn anchor_attempt_put(
    tx: &mut CoopTx,
    coop: CoopId,
    seq: i64,
    place: i32,
    attempt: &AnchorAttemptRow,
) -> Result<(), StoreError> {
    let written = sql_query(
        "-- anchor_attempt_put
        INSERT INTO anchor_attempt AS stored
            (coop_id, seq, nonce, place, raw, hash, max_fee, tip, first_sent_block, last_sent_block, outcome, outcome_text)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (coop_id, seq, nonce, place) DO UPDATE
        SET first_sent_block = excluded.first_sent_block, last_sent_block = excluded.last_sent_block,
            outcome = excluded.outcome, outcome_text = excluded.outcome_text
        WHERE stored.hash = excluded.hash",
    )
    .bind::<SqlUuid, Uuid>(coop.uuid())
    .bind::<BigInt, _>(seq)
    .bind::<BigInt, _>(attempt.nonce)
    .bind::<Integer, _>(place)
    .bind::<Binary, _>(&attempt.raw)
    .bind::<Binary, _>(&attempt.hash)
    .bind::<BigInt, _>(attempt.max_fee)
    .bind::<BigInt, _>(attempt.tip)
    .bind::<Nullable<BigInt>, _>(attempt.first_sent_block)
    .bind::<Nullable<BigInt>, _>(attempt.last_sent_block)
    .bind::<Nullable<Text>, _>(attempt.outcome.as_deref())
    .bind::<Text, _>(&attempt.outcome_text)
    .execute(tx.connection())
    .await?;
    if written == 1 {
        Ok(())
    } else {
        Err(StoreError::from(diesel::result::Error::NotFound))
    }
}

/// The leaves of all records of a co-op in the order of their sequence.
///
/// # Errors
/// If the database fails.
pub async fn record_leaves(tx: &mut CoopTx, coop: CoopId) -> Result<Vec<RecordLeafRow>, StoreError> {
    sql_query(
        "-- record_leaves
        SELECT tag, subject, record_hash FROM record WHERE coop_id = $1 ORDER BY sequence",
    )
    .bind::<SqlUuid, Uuid>(coop.uuid())
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

#[derive(QueryableByName)]
struct Seq {
    #[diesel(sql_type = BigInt)]
    seq: i64,
}

#[derive(QueryableByName)]
struct Size {
    #[diesel(sql_type = BigInt)]
    size: i64,
}

/// How many records a co-op has, from the head of its record: nothing is counted.
///
/// # Errors
/// If the database fails.
pub async fn record_size(tx: &mut CoopTx, coop: CoopId) -> Result<i64, StoreError> {
    let row: Size = sql_query(
        "-- record_size
        SELECT coalesce((SELECT size FROM record_head WHERE coop_id = $1), 0) AS size",
    )
    .bind::<SqlUuid, Uuid>(coop.uuid())
    .get_result(tx.connection())
    .await?;
    Ok(row.size)
}

/// The batches of a co-op below `before`, newest first.
///
/// # Errors
/// If the database fails.
pub async fn anchor_batch_list(
    tx: &mut CoopTx,
    coop: CoopId,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<AnchorBatchRow>, StoreError> {
    sql_query(format!(
        "-- anchor_batch_list
        SELECT {BATCH_COLUMNS} FROM anchor_batch
        WHERE coop_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3"
    ))
    .bind::<SqlUuid, Uuid>(coop.uuid())
    .bind::<BigInt, _>(before.unwrap_or(i64::MAX))
    .bind::<BigInt, _>(limit.clamp(1, ANCHORS_PAGE_MAX))
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The batches of a co-op that were the first to cover a record of `subject`, newest first.
///
/// # Errors
/// If the database fails.
pub async fn anchor_batch_list_of_subject(
    tx: &mut CoopTx,
    coop: CoopId,
    subject: Hash32,
) -> Result<Vec<AnchorBatchRow>, StoreError> {
    sql_query(format!(
        "-- anchor_batch_list_of_subject
        SELECT {BATCH_COLUMNS} FROM anchor_batch
        WHERE coop_id = $1 AND seq IN (
            SELECT (SELECT min(seq) FROM anchor_batch AS covering
                    WHERE covering.coop_id = $1 AND covering.seq >= 1 AND covering.size >= record.sequence)
            FROM record WHERE record.coop_id = $1 AND subject = $2)
        ORDER BY seq DESC LIMIT $3"
    ))
    .bind::<SqlUuid, Uuid>(coop.uuid())
    .bind::<Binary, _>(subject.as_bytes().as_slice())
    .bind::<BigInt, _>(ANCHORS_PAGE_MAX)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The hashes of what was sent for each of these batches, in the order in which it was signed.
///
/// # Errors
/// If the database fails.
pub async fn anchor_sent_list(tx: &mut CoopTx, coop: CoopId, seqs: &[i64]) -> Result<Vec<AnchorSentRow>, StoreError> {
    sql_query(
        "-- anchor_sent_list
        SELECT attempt.seq, attempt.hash FROM anchor_attempt AS attempt
        JOIN anchor_tx ON anchor_tx.coop_id = attempt.coop_id AND anchor_tx.seq = attempt.seq AND anchor_tx.nonce = attempt.nonce
        WHERE attempt.coop_id = $1 AND attempt.seq = ANY($2) AND attempt.first_sent_block IS NOT NULL
        ORDER BY attempt.seq, anchor_tx.place, attempt.place LIMIT $3",
    )
    .bind::<SqlUuid, Uuid>(coop.uuid())
    .bind::<Array<BigInt>, _>(seqs)
    .bind::<BigInt, _>(SENT_MAX)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}
