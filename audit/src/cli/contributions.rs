//! `rochdale-audit contributions`: check a snapshot of contributions and who signed it.

use std::path::PathBuf;

use governance::log::VerifierKey;

use super::{Stop, print_json, read_at_most};

/// A snapshot of as many lines as one has, a hundred thousand, is smaller.
const FILE_BYTES_MAX: u64 = 32 * 1024 * 1024;

#[derive(clap::Args)]
pub(crate) struct Contributions {
    /// A snapshot, as whoever holds an office gets it from `GET /api/v1/coops/{coop}/contributions/{contribution}/file`.
    file: PathBuf,
    /// The log's key: name, id and key, joined by plus signs; from elsewhere, not from the file.
    #[arg(long, value_name = "VKEY")]
    key: Option<VerifierKey>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Contributions) -> Result<u8, Stop> {
    let bytes = read_at_most(&arguments.file, FILE_BYTES_MAX)?;
    let report = audit::check_contributions(&bytes, arguments.key.as_ref());
    let mut out = std::io::stdout().lock();
    if arguments.json {
        print_json(&mut out, &report)?;
    } else {
        audit::print_contributions(&mut out, &report)?;
    }
    Ok(report.status)
}
