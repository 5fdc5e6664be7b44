//! `rochdale-audit statement`: check a member's statement of a payout cycle.

use std::path::PathBuf;

use governance::log::VerifierKey;

use super::{Stop, print_json, read_at_most};

/// The largest file of a statement, in bytes; the library reads no more either.
const STATEMENT_FILE_BYTES_MAX: u64 = 1024 * 1024;

#[derive(clap::Args)]
pub(crate) struct Statement {
    /// A statement, as a member gets it from the portal or from `GET /api/v1/coops/{coop}/payouts/{cycle}/statement`.
    file: PathBuf,
    /// The log's key: name, id and key, joined by plus signs; from elsewhere, not from the file.
    #[arg(long, value_name = "VKEY")]
    key: Option<VerifierKey>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Statement) -> Result<u8, Stop> {
    let bytes = read_at_most(&arguments.file, STATEMENT_FILE_BYTES_MAX)?;
    let report = audit::check_statement(&bytes, arguments.key.as_ref());
    let mut out = std::io::stdout().lock();
    if arguments.json {
        print_json(&mut out, &report)?;
    } else {
        audit::print_statement(&mut out, &report)?;
    }
    Ok(report.status)
}
