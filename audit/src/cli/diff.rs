//! `rochdale-audit diff`: compare two bundles of one decision.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

use audit::Limits;

use super::progress::{Progress, Watched};
use super::{Stop, open, print_json};

#[derive(clap::Args)]
pub(crate) struct Diff {
    /// A bundle.
    a: PathBuf,
    /// Another one of the same decision.
    b: PathBuf,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Diff) -> Result<u8, Stop> {
    let (a, a_bytes) = open(&arguments.a)?;
    let (b, b_bytes) = open(&arguments.b)?;
    let progress = Progress::on_stderr("comparing", a_bytes.saturating_add(b_bytes));
    let progress = Rc::new(RefCell::new(progress));
    let (a, b) = (Watched::new(a, &progress), Watched::new(b, &progress));
    let report = audit::diff_readers(a, b, Limits::default()).map_err(Stop::usage)?;
    drop(progress);
    let mut out = std::io::stdout().lock();
    if arguments.json {
        print_json(&mut out, &report)?;
    } else {
        audit::print_diff(&mut out, &report)?;
    }
    Ok(report.status)
}
