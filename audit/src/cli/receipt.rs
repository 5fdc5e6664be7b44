//! `rochdale-audit receipt`: check a receipt.

use std::path::{Path, PathBuf};

use audit::Options;
use governance::hash::Hash32;
use governance::log::VerifierKey;
use governance::signature::PublicKey;

use super::verify::parse_key;
use super::{Stop, open, print_json, read_at_most};

/// The largest file of a receipt, in bytes; the library reads no more either.
const RECEIPT_FILE_BYTES_MAX: u64 = 1024 * 1024;

#[derive(clap::Args)]
pub(crate) struct Receipt {
    /// A member's receipt file, or the server's answer to `GET /api/v1/coops/{coop}/receipts/{record_hash}`; with --bundle also its
    /// answer to the ballot.
    file: PathBuf,
    /// The log's key: name, id and key, joined by plus signs; from elsewhere, not from the file.
    #[arg(long, value_name = "VKEY", required_unless_present = "bundle")]
    key: Option<VerifierKey>,
    /// Look for the ballot in this bundle of its decision: was it left out?
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// With --bundle or a receipt file: the server's Ed25519 key, if you know it from elsewhere.
    #[arg(long, value_name = "HEX", value_parser = parse_key)]
    server_key: Option<PublicKey>,
    /// The hash of the record in question, if you know it from elsewhere.
    #[arg(long, value_name = "HASH")]
    record: Option<Hash32>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Receipt) -> Result<u8, Stop> {
    let bytes = read_at_most(&arguments.file, RECEIPT_FILE_BYTES_MAX)?;
    if let Some(bundle) = &arguments.bundle {
        return look_in_bundle(arguments, bundle, &bytes);
    }
    let key = arguments.key.as_ref().ok_or_else(|| Stop::usage("--key is missing"))?;
    if audit::log::is_receipt_file(&bytes) {
        let report = audit::log::check_receipt_file(&bytes, key, arguments.server_key.as_ref(), arguments.record);
        let mut out = std::io::stdout().lock();
        if arguments.json {
            print_json(&mut out, &report)?;
        } else {
            audit::log::print_receipt_file(&mut out, &report)?;
        }
        return Ok(report.status);
    }
    if arguments.server_key.is_some() {
        return Err(Stop::usage("--server-key is for --bundle or a receipt file"));
    }
    let report = audit::log::check_receipt(&bytes, key, arguments.record);
    let mut out = std::io::stdout().lock();
    if arguments.json {
        print_json(&mut out, &report)?;
    } else {
        audit::log::print_receipt(&mut out, &report)?;
    }
    Ok(report.status)
}

/// Says whether the bundle holds the ballot.
fn look_in_bundle(arguments: &Receipt, bundle: &Path, evidence: &[u8]) -> Result<u8, Stop> {
    let options = Options {
        server_key: arguments.server_key,
        log_key: arguments.key.clone(),
        ..Options::default()
    };
    let (file, _) = open(bundle)?;
    let known = (arguments.key.as_ref(), arguments.record);
    let report = audit::check_omission(evidence, known, file, &options);
    let mut out = std::io::stdout().lock();
    if arguments.json {
        print_json(&mut out, &report)?;
    } else {
        audit::print_omission(&mut out, &report)?;
    }
    Ok(report.status)
}
