//! Batches as rows and back. The store knows no chain and the chain no rows, so they meet here.

use chain::outbox::{Attempt, Batch, BatchState, Task, Transaction};
use chain::{Address, AnchorItem, BlockReference, Fees, Place, SendOutcome};
use governance::hash::Hash32;
use store::anchor::{AnchorAttemptRow, AnchorBatchRow, AnchorBatchWhole, AnchorTxRow};

/// Why a row is no batch: it was written by another version or by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the column `{0}` of an anchor does not hold what it must")]
pub struct RowError(&'static str);

/// The batch that rows hold.
///
/// # Errors
/// If a column does not hold what it must.
pub fn batch_from_rows(whole: &AnchorBatchWhole) -> Result<Batch, RowError> {
    let row = &whole.batch;
    let place = Place {
        contract: address(&row.contract, "contract")?,
        namespace: word(&row.namespace, "namespace")?,
    };
    let task = match unsigned(row.seq, "seq")? {
        0 => Task::Open {
            salt: word(&row.root, "root")?,
            admin: address(&row.admin, "admin")?,
            poster: address(&row.poster, "poster")?,
        },
        seq => Task::Anchor(AnchorItem {
            namespace: place.namespace,
            seq,
            size: unsigned(row.size, "size")?,
            prev: word(&row.prev, "prev")?,
            root: word(&row.root, "root")?,
        }),
    };
    let block = match (row.block_number, &row.block_hash) {
        (Some(number), Some(hash)) => Some(BlockReference {
            number: unsigned(number, "block_number")?,
            hash: word(hash, "block_hash")?,
        }),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => return Err(RowError("block_hash")),
    };
    let state = BatchState::from_parts(&row.state, block, row.halt_reason.as_deref()).ok_or(RowError("state"))?;
    Ok(Batch {
        place,
        task,
        expected: word(&row.expected, "expected")?,
        state,
        transactions: whole
            .transactions
            .iter()
            .map(|transaction| transaction_from_rows(transaction, &whole.attempts))
            .collect::<Result<_, _>>()?,
        current_nonce: row
            .current_nonce
            .map(|nonce| unsigned(nonce, "current_nonce"))
            .transpose()?,
        reverts: u32::try_from(row.reverts).map_err(|_| RowError("reverts"))?,
    })
}

fn transaction_from_rows(row: &AnchorTxRow, attempts: &[AnchorAttemptRow]) -> Result<Transaction, RowError> {
    Ok(Transaction {
        nonce: unsigned(row.nonce, "nonce")?,
        gas: unsigned(row.gas, "gas")?,
        assigned_at: unsigned(row.assigned_at_block, "assigned_at_block")?,
        attempts: attempts
            .iter()
            .filter(|attempt| attempt.nonce == row.nonce)
            .map(attempt_from_row)
            .collect::<Result<_, _>>()?,
    })
}

fn attempt_from_row(row: &AnchorAttemptRow) -> Result<Attempt, RowError> {
    let outcome = row
        .outcome
        .as_deref()
        .map(|name| SendOutcome::from_name(name, &row.outcome_text).ok_or(RowError("outcome")))
        .transpose()?;
    let block = |number: Option<i64>, column| number.map(|number| unsigned(number, column)).transpose();
    Ok(Attempt {
        fees: Fees {
            max_fee: u128::from(unsigned(row.max_fee, "max_fee")?),
            tip: u128::from(unsigned(row.tip, "tip")?),
        },
        raw: row.raw.clone(),
        hash: word(&row.hash, "hash")?,
        first_sent: block(row.first_sent_block, "first_sent_block")?,
        last_sent: block(row.last_sent_block, "last_sent_block")?,
        outcome,
    })
}

/// The rows of `batch` after a step, as the next version of `before`.
///
/// # Errors
/// If a number is too large for its column.
pub fn rows_from_batch(before: &AnchorBatchRow, batch: &Batch) -> Result<AnchorBatchWhole, RowError> {
    let parts = batch.state.parts();
    let row = AnchorBatchRow {
        state: parts.name.to_owned(),
        block_number: parts
            .block
            .map(|block| signed(block.number, "block_number"))
            .transpose()?,
        block_hash: parts.block.map(|block| block.hash.as_bytes().to_vec()),
        halt_reason: parts.reason.map(str::to_owned),
        current_nonce: batch
            .current_nonce
            .map(|nonce| signed(nonce, "current_nonce"))
            .transpose()?,
        reverts: i32::try_from(batch.reverts).map_err(|_| RowError("reverts"))?,
        ..before.clone()
    };
    let mut whole = AnchorBatchWhole {
        batch: row,
        transactions: Vec::new(),
        attempts: Vec::new(),
    };
    for transaction in &batch.transactions {
        let nonce = signed(transaction.nonce, "nonce")?;
        whole.transactions.push(AnchorTxRow {
            nonce,
            gas: signed(transaction.gas, "gas")?,
            assigned_at_block: signed(transaction.assigned_at, "assigned_at_block")?,
        });
        for attempt in &transaction.attempts {
            whole.attempts.push(row_from_attempt(nonce, attempt)?);
        }
    }
    Ok(whole)
}

fn row_from_attempt(nonce: i64, attempt: &Attempt) -> Result<AnchorAttemptRow, RowError> {
    let block = |number: Option<u64>, column| number.map(|number| signed(number, column)).transpose();
    Ok(AnchorAttemptRow {
        nonce,
        raw: attempt.raw.clone(),
        hash: attempt.hash.as_bytes().to_vec(),
        max_fee: i64::try_from(attempt.fees.max_fee).map_err(|_| RowError("max_fee"))?,
        tip: i64::try_from(attempt.fees.tip).map_err(|_| RowError("tip"))?,
        first_sent_block: block(attempt.first_sent, "first_sent_block")?,
        last_sent_block: block(attempt.last_sent, "last_sent_block")?,
        outcome: attempt.outcome.as_ref().map(|outcome| outcome.name().to_owned()),
        outcome_text: match &attempt.outcome {
            Some(SendOutcome::Unknown(text)) => text.replace('\0', " "),
            Some(_) | None => String::new(),
        },
    })
}

fn unsigned(value: i64, column: &'static str) -> Result<u64, RowError> {
    u64::try_from(value).map_err(|_| RowError(column))
}

/// A number as its column holds it.
///
/// # Errors
/// If it is too large.
pub fn signed(value: u64, column: &'static str) -> Result<i64, RowError> {
    i64::try_from(value).map_err(|_| RowError(column))
}

/// A word from its column.
///
/// # Errors
/// If it is not 32 bytes.
pub fn word(bytes: &[u8], column: &'static str) -> Result<Hash32, RowError> {
    Hash32::from_slice(bytes).ok_or(RowError(column))
}

fn address(bytes: &[u8], column: &'static str) -> Result<Address, RowError> {
    bytes.try_into().map(Address::from_bytes).map_err(|_| RowError(column))
}
