//! `rochdale-audit claims`: build the root of a list of claims again.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use governance::hash::{Hash32, sha256};
use governance::ledger::ClaimSet;
use serde::Serialize;

use super::{CONTRADICTION, Stop, print_json, read_at_most};

/// A list of as many accounts as a root has, a hundred thousand, is smaller.
const LIST_BYTES_MAX: u64 = 32 * 1024 * 1024;

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
    let report = Report {
        chain_id: set.place().chain_id,
        accounts: set.claims().len(),
        root,
        total: set.total().to_string(),
        added: before.map(|(before, _)| set.total().saturating_sub(before.total()).to_string()),
        content,
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
    Ok(0)
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
