//! `rochdale-audit claims`: build the root of a list of claims again.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use audit::ClaimsRecordRefusal;
use governance::hash::{Hash32, sha256};
use governance::ledger::ClaimSet;
use governance::log::VerifierKey;
use serde::Serialize;

use super::{CONTRADICTION, LACKING, Stop, print_json, read_at_most};

/// A list of as many accounts as a root has, a hundred thousand, is smaller.
const LIST_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// The largest answer of the server about a file or a record, in bytes.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

#[derive(clap::Args)]
pub(crate) struct Claims {
    /// A list of claims, as an officer of the co-op can download it.
    list: PathBuf,
    /// The list of the root before it: nobody may have earned less since.
    #[arg(long, value_name = "LIST")]
    before: Option<PathBuf>,
    /// The root that the contract shows, as 0x and 64 hexadecimal digits; it must be this one.
    #[arg(long, value_name = "WORD")]
    root: Option<Hash32>,
    /// What the server says of the file, as it stands in its list of the files of a cycle: the list must be what its record is over.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// With --record: the server's answer about the record, `GET /api/v1/coops/{coop}/receipts/{record_hash}`; the log must hold it.
    #[arg(long, value_name = "FILE", requires = "record", requires = "key")]
    receipt: Option<PathBuf>,
    /// With --receipt: the log's key: name, id and key, joined by plus signs; from elsewhere, not from the file.
    #[arg(long, value_name = "VKEY", requires = "receipt")]
    key: Option<VerifierKey>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    chain_id: u64,
    accounts: usize,
    root: Hash32,
    total: String,
    /// What is added to the list before.
    added: Option<String>,
    /// SHA-256 of the list: what the contract was told as its content.
    content: Hash32,
    /// The record that is over it, where one was given; the log holds it where a receipt was given too.
    record: Option<Hash32>,
    is_in_log: bool,
}

pub(super) fn run(arguments: &Claims) -> Result<u8, Stop> {
    let (set, content) = read(&arguments.list)?;
    let before = arguments.before.as_deref().map(read).transpose()?;
    if let Some((before, _)) = &before {
        set.follows(before)
            .map_err(|refusal| Stop(format!("it does not follow the list before: {refusal}"), CONTRADICTION))?;
    }
    let root = set.tree().root();
    if let Some(shown) = arguments.root.filter(|shown| *shown != root) {
        return Err(Stop(format!("the claims give {root}, and not {shown}"), CONTRADICTION));
    }
    let record = arguments
        .record
        .as_deref()
        .map(|path| recorded(path, &arguments.list, &set))
        .transpose()?;
    if let (Some(hash), Some(receipt), Some(key)) = (record, &arguments.receipt, &arguments.key) {
        in_log(receipt, key, hash)?;
    }
    let report = Report {
        chain_id: set.place().chain_id,
        accounts: set.claims().len(),
        root,
        total: set.total().to_string(),
        added: before.map(|(before, _)| set.total().saturating_sub(before.total()).to_string()),
        content,
        record,
        is_in_log: arguments.receipt.is_some(),
    };
    let mut to = std::io::stdout().lock();
    if arguments.json {
        print_json(&mut to, &report)?;
        return Ok(0);
    }
    writeln!(
        to,
        "{} accounts may claim {} units of the token",
        report.accounts, report.total
    )?;
    if let Some(added) = &report.added {
        writeln!(to, "{added} more than before, and nobody less")?;
    }
    writeln!(to, "root {root}\ncontent {content}")?;
    if let Some(record) = report.record {
        let place = if report.is_in_log { ", which the log holds" } else { "" };
        writeln!(to, "record {record}{place}")?;
    }
    Ok(0)
}

/// The hash of the record that a file says of itself, if the list is what it is over.
fn recorded(path: &Path, list: &Path, set: &ClaimSet) -> Result<Hash32, Stop> {
    let bytes = read_at_most(path, FILE_BYTES_MAX)?;
    let list = read_at_most(list, LIST_BYTES_MAX)?;
    let list = String::from_utf8_lossy(&list);
    audit::claims_record(&list, set, &bytes).map_err(|refusal| {
        let status = match refusal {
            ClaimsRecordRefusal::NotReleased => LACKING,
            ClaimsRecordRefusal::Malformed | ClaimsRecordRefusal::OtherList => CONTRADICTION,
        };
        Stop(format!("{}: {refusal}", path.display()), status)
    })
}

fn in_log(path: &Path, key: &VerifierKey, record: Hash32) -> Result<(), Stop> {
    let bytes = read_at_most(path, FILE_BYTES_MAX)?;
    let report = audit::log::check_receipt(&bytes, key, Some(record));
    let reason = audit::harmless(&report.reason);
    if report.status == 0 && report.record_type.as_deref() != Some("ClaimRootV1") {
        return Err(Stop(
            format!("{}: it is about a record of another type", path.display()),
            CONTRADICTION,
        ));
    }
    match report.status {
        0 => Ok(()),
        status => Err(Stop(format!("{}: {reason}", path.display()), status)),
    }
}

fn read(path: &Path) -> Result<(ClaimSet, Hash32), Stop> {
    let bytes = read_at_most(path, LIST_BYTES_MAX)?;
    let wrong = |reason: String| {
        Stop(
            format!("{}: {}", path.display(), audit::harmless(&reason)),
            CONTRADICTION,
        )
    };
    let text = std::str::from_utf8(&bytes).map_err(|error| wrong(error.to_string()))?;
    let set = ClaimSet::read_list(text).map_err(|refusal| wrong(refusal.to_string()))?;
    Ok((set, sha256(&bytes)))
}
