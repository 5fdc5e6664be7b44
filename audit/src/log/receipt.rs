//! The answer of a server about one acknowledged record: does the log hold it?

use governance::hash::Hash32;
use governance::log::proof::{TreeHead, verify_inclusion};
use governance::log::{Checkpoint, LogEntry, VerifierKey};
use governance::record::type_registry;
use serde::Serialize;
use wire::log::{LogProof, ReceiptState};

use super::{CONTRADICTION, HOLDS, Head, LACKING};

/// The longest receipt that is read, in bytes: the longest note with every character escaped, and the longest proof.
pub const RECEIPT_BYTES_MAX: usize = 1024 * 1024;

/// What a receipt is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptVerdict {
    /// The log holds the record: its key signed so.
    Proved,
    /// It claims to be a proof and is none.
    Contradicted,
    /// The server has not published the record yet.
    Pending,
    /// It is not an answer about a receipt.
    NoReceipt,
}

/// What came of checking a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceiptReport {
    /// The origin of the log, by the key.
    pub origin: String,
    /// The verdict.
    pub verdict: ReceiptVerdict,
    /// Why, in one sentence.
    pub reason: String,
    /// The name of the record's type, where this program knows it.
    pub record_type: Option<String>,
    /// The hash of the record that the receipt speaks of.
    pub record_hash: Option<Hash32>,
    /// Whether the caller named that hash, so that it is known to be the record in question.
    pub is_compared: bool,
    /// Where in the log the record is said to stand, from 0.
    pub index: Option<u64>,
    /// The checkpoint, where it was found to be signed by the key.
    pub checkpoint: Option<Head>,
    /// The exit status: 0 proved, 1 contradicted, 2 pending or no receipt.
    pub status: u8,
}

/// Checks a receipt as a server gave it, by nothing but the key, and the hash of the record where the caller knows it.
#[must_use]
pub fn check_receipt(bytes: &[u8], key: &VerifierKey, record: Option<Hash32>) -> ReceiptReport {
    let mut report = ReceiptReport {
        origin: key.name().to_owned(),
        verdict: ReceiptVerdict::NoReceipt,
        reason: String::new(),
        record_type: None,
        record_hash: None,
        is_compared: record.is_some(),
        index: None,
        checkpoint: None,
        status: LACKING,
    };
    let (verdict, reason) = match parse(bytes) {
        Err(reason) => (ReceiptVerdict::NoReceipt, reason),
        Ok(ReceiptState::Pending) => {
            let reason = "it was acknowledged, and no published checkpoint covers it yet";
            (ReceiptVerdict::Pending, reason.to_owned())
        }
        Ok(ReceiptState::Published(proof)) => match prove(&proof, key, record, &mut report) {
            Ok(()) => {
                let reason = "the log's key signed a tree that holds this record";
                (ReceiptVerdict::Proved, reason.to_owned())
            }
            Err(reason) => (ReceiptVerdict::Contradicted, reason),
        },
    };
    report.verdict = verdict;
    report.reason = reason;
    report.status = match verdict {
        ReceiptVerdict::Proved => HOLDS,
        ReceiptVerdict::Contradicted => CONTRADICTION,
        ReceiptVerdict::Pending | ReceiptVerdict::NoReceipt => LACKING,
    };
    report
}

/// Reads the JSON. Its depth is bounded by the reader; members that are not known are left aside, for nothing rests on them.
fn parse(bytes: &[u8]) -> Result<ReceiptState, String> {
    if bytes.len() > RECEIPT_BYTES_MAX {
        return Err(format!("it is longer than {RECEIPT_BYTES_MAX} bytes"));
    }
    // The reader's own words would quote the file, which could then say in this program's name that all is well.
    serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        format!("it is not the answer about a receipt, by line {line}, column {column}")
    })
}

fn prove(
    proof: &LogProof,
    key: &VerifierKey,
    record: Option<Hash32>,
    report: &mut ReceiptReport,
) -> Result<(), String> {
    let entry = LogEntry {
        type_hash: proof.type_hash,
        record_hash: proof.record_hash,
    };
    report.record_type = type_name(entry.type_hash);
    report.record_hash = Some(entry.record_hash);
    report.index = Some(proof.index);
    let refuse_unless = |holds: bool, reason: &str| if holds { Ok(()) } else { Err(reason.to_owned()) };
    let is_asked_for = record.is_none_or(|record| record == entry.record_hash);
    refuse_unless(is_asked_for, "it speaks of another record than the one asked for")?;
    refuse_unless(proof.origin == key.name(), "it names another log than the key")?;
    refuse_unless(
        proof.log_key == key.to_string(),
        "it names another key than the one given",
    )?;
    let opened = Checkpoint::open(proof.checkpoint.as_bytes(), key);
    let (checkpoint, _) = opened.map_err(|refusal| format!("its checkpoint proves nothing: {refusal}"))?;
    let head: TreeHead = checkpoint.head();
    report.checkpoint = Some(head.into());
    refuse_unless(proof.size == head.size, "it names another size than its checkpoint")?;
    verify_inclusion(entry.leaf_hash(), proof.index, head, &proof.inclusion).map_err(|refusal| refusal.to_string())
}

fn type_name(type_hash: Hash32) -> Option<String> {
    let (text, _) = type_registry().into_iter().find(|(_, hash)| *hash == type_hash)?;
    Some(text.split_once('(')?.0.to_owned())
}
