//! `rochdale-audit verify FOLDER`: check a whole public record.

use std::path::Path;

use audit::Options;
use audit::folder::FolderOptions;

use super::progress::Progress;
use super::{Stop, print_json};

pub(super) fn run(folder: &Path, options: Options, entries_max: u64, json: bool) -> Result<u8, Stop> {
    if options.log.is_some() {
        return Err(Stop::usage(
            "a public record holds its log, so --log is not for it; compare its checkpoint with another by fork-proof",
        ));
    }
    let options = FolderOptions {
        bundles: options,
        entries_max,
    };
    let mut progress = Progress::on_stderr("verifying bundles", 0);
    let mut tell = |number: u64, count: u64| progress.reach(number.saturating_sub(1), count);
    let report = audit::folder::verify_folder(folder, &options, &mut tell).map_err(Stop::usage)?;
    drop(progress);
    let mut out = std::io::stdout().lock();
    if json {
        print_json(&mut out, &report)?;
    } else {
        audit::folder::print_folder(&mut out, &report)?;
    }
    Ok(report.status)
}
