//! The commands, one file each: its arguments and how it is run.

mod allocate;
mod claims;
mod contributions;
mod count;
mod diff;
mod folder;
mod fork_proof;
mod progress;
mod receipt;
mod rule;
mod statement;
mod verify;
mod watch;

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

use clap::{Parser, Subcommand};

const CONTRADICTION: u8 = 1;
const LACKING: u8 = 2;
/// The exit status of a command that could not be run as it was given.
pub(crate) const USAGE: u8 = 3;

/// Checks what a Rochdale co-op publishes, without trusting its server.
#[derive(Parser)]
#[command(name = "rochdale-audit", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check a bundle: signatures, roll, rule, count, roots and anchors; or a co-op's whole public record.
    ///
    /// A folder is a public record: its log and all of its bundles are checked, and that no ballot was left out.
    ///
    /// Exit status: 0 every required level holds, 1 a contradiction anywhere, 2 a required level lacks evidence, 3 usage.
    Verify(verify::Verify),
    /// Compare two bundles of one decision: do they hold the same evidence?
    ///
    /// Neither is checked by itself; verify does that.
    ///
    /// Exit status: 0 the same evidence, 1 it differs or a file is no bundle, 2 a file ends too early, 3 usage or two decisions.
    Diff(diff::Diff),
    /// Count a file of ballots by any method and print every stage.
    ///
    /// Exit status: 0 counted, 1 the file is malformed or its rules are not followed here, 2 a tie matters and neither --lot nor
    /// --tie-order was given, 3 usage.
    Count(count::Count),
    /// Look at a published log: nothing remembered was removed or changed, and the new entries give the signed root.
    ///
    /// The checkpoint is remembered after everything new was processed. Run it again and again, from cron for example.
    ///
    /// Exit status: 0 all is well, 1 a contradiction, 2 evidence is missing, 3 usage.
    Watch(watch::Watch),
    /// Compare two signed checkpoints of one log: can both be true?
    ///
    /// Exit status: 1 a fork, proved by the log's own signatures, 0 none, 2 undecided, 3 usage.
    ForkProof(fork_proof::ForkProof),
    /// Check the answer about an acknowledged record: does the log hold it?
    ///
    /// With --bundle: does the bundle of its decision hold the acknowledged ballot, or was it left out?
    ///
    /// Exit status: 0 proved or held, 1 a contradiction or an omitted ballot, 2 pending, undecided or no such answer, 3 usage.
    Receipt(receipt::Receipt),
    /// Print what a rule says, in English and Chinese, and its hash.
    ///
    /// The hash is that of the RuleV1 with the namespace and the salt given. A rule in bylaws has a salt of zero.
    ///
    /// Exit status: 0 printed, 1 the file holds no rule or the rule is refused, 3 usage.
    Rule(rule::Rule),
    /// Recompute a payout cycle: apply the revenue rule to the inputs and compare what is claimed of the result.
    ///
    /// Exit status: 0 the same result, 1 it differs, or the file, the rule or the inputs are refused, 2 the file claims no result,
    /// 3 usage.
    Allocate(allocate::Allocate),
    /// Check a member's statement of a payout cycle: does the co-op's record hold exactly this?
    ///
    /// Exit status: 0 proved, 1 a contradiction, 2 evidence is missing, or the log's key was not named, 3 usage.
    Statement(statement::Statement),
    /// Check a snapshot of contributions: are its lines what the co-op recorded, and did who brought it in sign that?
    ///
    /// Exit status: 0 proved, signed or not, as it says, 1 a contradiction, 2 evidence is missing, or the log's key was not named, 3 usage.
    Contributions(contributions::Contributions),
    /// Build the root of a list of claims again, and compare it with the list before and with what the contract shows.
    ///
    /// With --record and --receipt: does the co-op's log hold that this list was released?
    ///
    /// Exit status: 0 it is the root, 1 it is not, or the list is malformed or lets somebody earn less than before, 2 evidence is missing,
    /// 3 usage.
    Claims(claims::Claims),
}

impl Command {
    /// Runs the command and gives the exit status.
    pub(crate) fn run(&self) -> Result<u8, Stop> {
        match self {
            Self::Verify(arguments) => verify::run(arguments),
            Self::Diff(arguments) => diff::run(arguments),
            Self::Count(arguments) => count::run(arguments),
            Self::Watch(arguments) => watch::run(arguments),
            Self::ForkProof(arguments) => fork_proof::run(arguments),
            Self::Receipt(arguments) => receipt::run(arguments),
            Self::Rule(arguments) => rule::run(arguments),
            Self::Allocate(arguments) => allocate::run(arguments),
            Self::Statement(arguments) => statement::run(arguments),
            Self::Contributions(arguments) => contributions::run(arguments),
            Self::Claims(arguments) => claims::run(arguments),
        }
    }
}

/// Why the program ends early: what to say, and the exit status.
pub(crate) struct Stop(pub(crate) String, pub(crate) u8);

impl Stop {
    fn usage(text: impl std::fmt::Display) -> Self {
        Self(text.to_string(), USAGE)
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self(format!("cannot write: {error}"), USAGE)
    }
}

fn print_json(to: &mut impl Write, report: &impl serde::Serialize) -> Result<(), Stop> {
    let text = serde_json::to_string_pretty(report).map_err(Stop::usage)?;
    writeln!(to, "{text}")?;
    Ok(())
}

fn read_at_most(path: &Path, bytes_max: u64) -> Result<Vec<u8>, Stop> {
    let cannot = |error: std::io::Error| Stop::usage(format!("cannot read {}: {error}", path.display()));
    let file = std::fs::File::open(path).map_err(cannot)?;
    let mut bytes = Vec::new();
    file.take(bytes_max.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(cannot)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > bytes_max) {
        return Err(Stop::usage(format!(
            "{} is larger than {bytes_max} bytes",
            path.display()
        )));
    }
    Ok(bytes)
}

/// Opens a file, and tells its length as far as it has one.
fn open(path: &Path) -> Result<(BufReader<File>, u64), Stop> {
    let cannot = |error: std::io::Error| Stop::usage(format!("cannot open {}: {error}", path.display()));
    let file = File::open(path).map_err(cannot)?;
    let metadata = file.metadata().map_err(cannot)?;
    if metadata.is_dir() {
        return Err(Stop::usage(format!("{} is a folder", path.display())));
    }
    Ok((BufReader::with_capacity(256 * 1024, file), metadata.len()))
}
