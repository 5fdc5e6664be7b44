//! Why something is not proved, and whether the log holds a record, as the checks of single files ask it.

use governance::log::{LogEntry, VerifierKey};
use governance::record::Record;
use wire::log::ReceiptState;

use crate::log::{ReceiptVerdict, check_receipt};

/// Why something is not proved.
pub(crate) enum Stop {
    Contradiction(String),
    Lacking(String),
}

pub(crate) fn wrong(text: impl Into<String>) -> Stop {
    Stop::Contradiction(text.into())
}

pub(crate) fn lacking(text: impl Into<String>) -> Stop {
    Stop::Lacking(text.into())
}

/// Whether the log holds a record, which is called `what`.
pub(crate) fn in_log(what: &str, record: &impl Record, state: &ReceiptState, key: &VerifierKey) -> Result<(), Stop> {
    if let ReceiptState::Published(log) = state
        && log.type_hash != LogEntry::of(record).type_hash
    {
        return Err(wrong(format!(
            "its proof speaks of a record of another type than {what}"
        )));
    }
    let receipt = serde_json::to_vec(state).unwrap_or_default();
    let report = check_receipt(&receipt, key, Some(record.struct_hash()));
    match report.verdict {
        ReceiptVerdict::Proved => Ok(()),
        ReceiptVerdict::Contradicted => Err(wrong(format!("{what} in the log: {}", report.reason))),
        ReceiptVerdict::Pending | ReceiptVerdict::NoReceipt => {
            Err(lacking(format!("{what} in the log: {}", report.reason)))
        }
    }
}
