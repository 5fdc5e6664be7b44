//! `rochdale-audit receipt`: check a receipt.

use std::path::PathBuf;

use governance::hash::Hash32;
use governance::log::VerifierKey;

use super::{Stop, print_json, read_at_most};

/// The largest file of a receipt, in bytes; the library reads no more either.
const RECEIPT_FILE_BYTES_MAX: u64 = 1024 * 1024;

#[derive(clap::Args)]
pub(crate) struct Receipt {
    /// The server's answer, JSON of `GET /api/v1/coops/{coop}/receipts/{record_hash}`.
    file: PathBuf,
    /// The log's key: name, id and key, joined by plus signs; from elsewhere, not from the file.
    #[arg(long, value_name = "VKEY")]
    key: VerifierKey,
    /// The hash of the record in question, if you know it from elsewhere.
    #[arg(long, value_name = "HASH")]
    record: Option<Hash32>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Receipt) -> Result<u8, Stop> {
    let bytes = read_at_most(&arguments.file, RECEIPT_FILE_BYTES_MAX)?;
    let report = audit::log::check_receipt(&bytes, &arguments.key, arguments.record);
    let mut out = std::io::stdout().lock();
    if arguments.json {
        print_json(&mut out, &report)?;
    } else {
        audit::log::print_receipt(&mut out, &report)?;
    }
    Ok(report.status)
}
