//! `rochdale-audit allocate`.

use std::io::Write;
use std::path::PathBuf;

use audit::{AllocateFailure, allocate_reader, allocation_json, explain_allocation, harmless, print_allocation};
use governance::id::MemberId;

use super::{CONTRADICTION, LACKING, Stop, USAGE, open, print_json};

#[derive(clap::Args)]
pub(crate) struct Allocate {
    /// A file of JSON lines: the rule, the cycle, its members, and what is claimed of the result.
    file: PathBuf,
    /// Print JSON, with everything that was computed.
    #[arg(long, conflicts_with = "explain")]
    json: bool,
    /// Tell how each amount came about, step by step.
    #[arg(long)]
    explain: bool,
    /// With --explain: of this member alone.
    #[arg(long, value_name = "ID", requires = "explain")]
    member: Option<MemberId>,
}

fn status_of(failure: &AllocateFailure) -> u8 {
    match failure {
        AllocateFailure::Read(_) => USAGE,
        AllocateFailure::Without(_) => LACKING,
        AllocateFailure::Line { .. }
        | AllocateFailure::Cycle(_)
        | AllocateFailure::Waterfall(_)
        | AllocateFailure::Payout(_) => CONTRADICTION,
    }
}

pub(super) fn run(arguments: &Allocate) -> Result<u8, Stop> {
    let (file, _) = open(&arguments.file)?;
    let allocation = allocate_reader(file).map_err(|failure| {
        let text = harmless(&failure.to_string());
        Stop(format!("{}: {text}", arguments.file.display()), status_of(&failure))
    })?;
    let mut to = std::io::BufWriter::new(std::io::stdout().lock());
    if arguments.json {
        print_json(&mut to, &allocation_json(&allocation))?;
    } else {
        if arguments.explain {
            explain_allocation(&mut to, &allocation, arguments.member)?;
            writeln!(to)?;
        }
        print_allocation(&mut to, &allocation)?;
    }
    to.flush()?;
    Ok(match (allocation.different, allocation.missing.is_empty()) {
        (0, true) => 0,
        (0, false) => LACKING,
        (_, _) => CONTRADICTION,
    })
}
