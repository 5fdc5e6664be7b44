//! `rochdale-audit count`: count a ballot file.

use std::io::Write;
use std::path::{Path, PathBuf};

use audit::{CountFailure, CountRequest, TieOrder};
use clap::ValueEnum;
use governance::hash::Hash32;

use super::{CONTRADICTION, LACKING, Stop, USAGE, read_at_most};

/// The largest ballot file, in bytes.
const BALLOT_FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

#[derive(clap::Args)]
pub(crate) struct Count {
    /// The ballot file.
    file: PathBuf,
    /// How to count.
    #[arg(long, value_enum)]
    method: Method,
    /// Places to fill, instead of the number in the file.
    #[arg(long, value_name = "N")]
    seats: Option<u16>,
    /// The lot that settles ties: 0x and 64 hexadecimal digits.
    #[arg(long, value_name = "HEX", conflicts_with = "tie_order")]
    lot: Option<Hash32>,
    /// A file with the order in which ties were drawn: every candidate's number, first drawn first.
    #[arg(long, value_name = "FILE")]
    tie_order: Option<PathBuf>,
    /// Print the count as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Method {
    /// The single transferable vote of Scottish local elections (SSI 2007/42).
    ScottishStv,
}

pub(super) fn run(arguments: &Count) -> Result<u8, Stop> {
    let tie = match (&arguments.lot, &arguments.tie_order) {
        (Some(lot), _) => TieOrder::Lot(*lot),
        (None, Some(path)) => TieOrder::Order(audit::read_tie_order(&read(path)?).map_err(Stop::usage)?),
        (None, None) => TieOrder::File,
    };
    let request = CountRequest {
        seats: arguments.seats,
        tie,
    };
    let text = read(&arguments.file)?;
    let counted = match arguments.method {
        Method::ScottishStv => audit::count_text(&text, &request),
    };
    let (blt, counted) = counted.map_err(|failure| {
        let status = match failure {
            CountFailure::File(_) | CountFailure::Count(_) => CONTRADICTION,
            CountFailure::Seats { .. } | CountFailure::TieOrder => USAGE,
        };
        Stop(format!("{}: {failure}", arguments.file.display()), status)
    })?;
    let mut out = std::io::stdout().lock();
    if arguments.json {
        writeln!(out, "{}", audit::count_json(&counted).map_err(Stop::usage)?)?;
    } else {
        audit::print_count(&mut out, &blt, &counted)?;
    }
    Ok(if counted.undecided.is_some() { LACKING } else { 0 })
}

/// Reads a text file. A byte that is not UTF-8 is replaced: older ballot files hold names in other encodings.
fn read(path: &Path) -> Result<String, Stop> {
    let bytes = read_at_most(path, BALLOT_FILE_BYTES_MAX)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
