//! `rochdale-audit fork-proof`: compare two signed checkpoints.

use std::path::PathBuf;

use audit::log::LogSource;
use governance::log::VerifierKey;

use super::{Stop, print_json, read_at_most};

/// The largest file of a checkpoint, in bytes; the library reads less.
const CHECKPOINT_FILE_BYTES_MAX: u64 = 1024 * 1024;

#[derive(clap::Args)]
pub(crate) struct ForkProof {
    /// A checkpoint as it was signed.
    a: PathBuf,
    /// Another one.
    b: PathBuf,
    /// The log's key: name, id and key, joined by plus signs.
    #[arg(long, value_name = "VKEY")]
    key: VerifierKey,
    /// The folder or address of the log with the larger checkpoint, for checkpoints of different sizes.
    #[arg(long, value_name = "FOLDER_OR_URL")]
    tiles: Option<String>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &ForkProof) -> Result<u8, Stop> {
    let tiles = arguments.tiles.as_deref().map(LogSource::parse).transpose();
    let tiles = tiles.map_err(Stop::usage)?;
    let (a, b) = (
        read_at_most(&arguments.a, CHECKPOINT_FILE_BYTES_MAX)?,
        read_at_most(&arguments.b, CHECKPOINT_FILE_BYTES_MAX)?,
    );
    let report = audit::log::fork_proof(&a, &b, &arguments.key, tiles.as_ref());
    let mut out = std::io::stdout().lock();
    if arguments.json {
        print_json(&mut out, &report)?;
    } else {
        audit::log::print_fork(&mut out, &report)?;
    }
    Ok(report.status)
}
