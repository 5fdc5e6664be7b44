//! `rochdale-audit watch`: look at a published log.

use std::path::PathBuf;

use audit::log::{LogSource, WatchRequest};
use governance::log::VerifierKey;

use super::progress::Progress;
use super::{Stop, print_json};

#[derive(clap::Args)]
pub(crate) struct Watch {
    /// The folder of the log, with `checkpoint` and `tile/`, or its address (https, or http to this machine).
    log: String,
    /// The log's key: name, id and key, joined by plus signs.
    #[arg(long, value_name = "VKEY")]
    key: VerifierKey,
    /// The file in which the last checkpoint is remembered; it is made at the first look.
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    /// Process at most so many new entries at once.
    #[arg(long, value_name = "N", default_value_t = 100_000_000)]
    max_entries: u64,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Watch) -> Result<u8, Stop> {
    let source = LogSource::parse(&arguments.log).map_err(Stop::usage)?;
    let request = WatchRequest {
        source: &source,
        key: &arguments.key,
        state: &arguments.state,
        entries_max: arguments.max_entries,
    };
    let mut progress = Progress::on_stderr("watching", 0);
    let report = audit::log::watch_telling(&request, &mut |done, all| progress.reach(done, all));
    let report = report.map_err(|fault| Stop::usage(format!("{}: {fault}", arguments.state.display())))?;
    drop(progress);
    let mut out = std::io::stdout().lock();
    if arguments.json {
        print_json(&mut out, &report)?;
    } else {
        audit::log::print_watch(&mut out, &report)?;
    }
    Ok(report.status)
}
