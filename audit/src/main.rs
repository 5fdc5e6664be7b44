//! `rochdale-audit`: checks a bundle without trusting the server, counts ballot files, watches the log and checks receipts.
//!
//! Exit status: 0 everything required holds, 1 a contradiction or a malformed file, 2 evidence or a lot is missing, 3 usage.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use audit::log::{LogSource, WatchRequest};
use audit::{CountFailure, CountRequest, Level, Limits, Options, TieOrder};
use clap::error::ErrorKind;
use clap::{Parser, Subcommand, ValueEnum};
use governance::hash::{Hash32, from_hex};
use governance::log::VerifierKey;
use governance::signature::{PublicKey, SignatureKind};

const CONTRADICTION: u8 = 1;
const LACKING: u8 = 2;
const USAGE: u8 = 3;
/// The largest ballot file, in bytes.
const BALLOT_FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// The largest file of a checkpoint, in bytes; the library reads less.
const CHECKPOINT_FILE_BYTES_MAX: u64 = 1024 * 1024;
/// The largest file of a receipt, in bytes; the library reads no more either.
const RECEIPT_FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Checks what a Rochdale co-op publishes, without trusting its server.
#[derive(Parser)]
#[command(name = "rochdale-audit", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check a bundle: signatures, roll, rule, count, roots and anchors.
    ///
    /// Exit status: 0 every required level holds, 1 a contradiction anywhere, 2 a required level lacks evidence, 3 usage.
    Verify(Verify),
    /// Count a ballot file (.blt) and print every stage.
    ///
    /// Exit status: 0 counted, 1 the file is malformed, 2 a tie matters and neither --lot nor --tie-order was given, 3 usage.
    Count(Count),
    /// Look at a published log: nothing remembered was removed or changed, and the new entries give the signed root.
    ///
    /// The checkpoint is remembered after everything new was processed. Run it again and again, from cron for example.
    ///
    /// Exit status: 0 all is well, 1 a contradiction, 2 evidence is missing, 3 usage.
    Watch(Watch),
    /// Compare two signed checkpoints of one log: can both be true?
    ///
    /// Exit status: 1 a fork, proved by the log's own signatures, 0 none, 2 undecided, 3 usage.
    ForkProof(ForkProof),
    /// Check the answer about an acknowledged record: does the log hold it?
    ///
    /// Exit status: 0 proved, 1 a contradiction, 2 pending or no such answer, 3 usage.
    Receipt(Receipt),
}

#[derive(clap::Args)]
struct Verify {
    /// The bundle, a file ending in .rochdale.
    bundle: PathBuf,
    /// Ask this JSON-RPC endpoint whether the chain holds the anchors; may be given several times.
    #[arg(long, value_name = "URL")]
    rpc: Vec<String>,
    /// The levels that must hold, e.g. L0,L2; by default L0, and L2 where --rpc is given.
    #[arg(long, value_name = "LEVELS", value_delimiter = ',', value_parser = parse_level)]
    require: Option<Vec<Level>>,
    /// The server's Ed25519 key, if you know it from elsewhere.
    #[arg(long, value_name = "HEX", value_parser = parse_key)]
    server_key: Option<PublicKey>,
    /// The account that opened the co-op's namespace on chain, if you know it from elsewhere.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address)]
    registrar: Option<[u8; 20]>,
    /// The contract that holds the co-op's anchors, if you know it from elsewhere.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address)]
    contract: Option<[u8; 20]>,
    /// The co-op's namespace, if you know it from elsewhere.
    #[arg(long, value_name = "HEX")]
    namespace: Option<Hash32>,
    /// Read at most so many members, ballots and anchors, each; they are kept in memory.
    #[arg(long, value_name = "N", default_value_t = Limits::default().records)]
    max_records: u64,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
struct Count {
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

#[derive(clap::Args)]
struct Watch {
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

#[derive(clap::Args)]
struct ForkProof {
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

#[derive(clap::Args)]
struct Receipt {
    /// The server's answer, JSON of `GET /api/v1/coops/{coop}/receipts/{record_hash}`.
    file: PathBuf,
    /// The log's key: name, id and key, joined by plus signs; from elsewhere, not from the file.
    #[arg(long, value_name = "VKEY")]
    key: VerifierKey,
    /// The hash of the record in question, if you know it from elsewhere.
    #[arg(long, value_name = "HASH")]
    record: Option<Hash32>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Method {
    /// The single transferable vote of Scottish local elections (SSI 2007/42).
    ScottishStv,
}

fn parse_level(text: &str) -> Result<Level, String> {
    Level::from_name(text).ok_or_else(|| "levels are L0, L1, L2 and L3".to_owned())
}

fn parse_key(text: &str) -> Result<PublicKey, String> {
    PublicKey::parse_hex(SignatureKind::Session, text).map_err(|refusal| refusal.to_string())
}

/// An account or contract; upper-case digits may be a checksum, which is not checked.
fn parse_address(text: &str) -> Result<[u8; 20], String> {
    let bytes = from_hex(&text.to_ascii_lowercase()).and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| "an address is 0x and 40 hexadecimal digits".to_owned())
}

/// Why the program ends early: what to say, and the exit status.
struct Stop(String, u8);

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

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Nothing can be done if help cannot be printed.
            let _ = error.print();
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            return ExitCode::from(if asked { 0 } else { USAGE });
        }
    };
    let result = match cli.command {
        Command::Verify(arguments) => verify(&arguments),
        Command::Count(arguments) => count(&arguments),
        Command::Watch(arguments) => watch(&arguments),
        Command::ForkProof(arguments) => fork_proof(&arguments),
        Command::Receipt(arguments) => receipt(&arguments),
    };
    match result {
        Ok(status) => ExitCode::from(status),
        Err(Stop(text, status)) => {
            let _ = writeln!(std::io::stderr(), "rochdale-audit: {text}");
            ExitCode::from(status)
        }
    }
}

fn verify(arguments: &Verify) -> Result<u8, Stop> {
    let options = Options {
        rpc: arguments.rpc.clone(),
        require: arguments.require.clone(),
        server_key: arguments.server_key,
        registrar: arguments.registrar,
        contract: arguments.contract,
        namespace: arguments.namespace,
        limits: Limits {
            records: arguments.max_records,
            ..Limits::default()
        },
    };
    let report = audit::verify_file(&arguments.bundle, &options).map_err(Stop::usage)?;
    let mut out = std::io::stdout().lock();
    if arguments.json {
        print_json(&mut out, &report)?;
    } else {
        audit::print_report(&mut out, &report)?;
    }
    Ok(report.status)
}

fn count(arguments: &Count) -> Result<u8, Stop> {
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

fn watch(arguments: &Watch) -> Result<u8, Stop> {
    let source = LogSource::parse(&arguments.log).map_err(Stop::usage)?;
    let request = WatchRequest {
        source: &source,
        key: &arguments.key,
        state: &arguments.state,
        entries_max: arguments.max_entries,
    };
    let report =
        audit::log::watch(&request).map_err(|fault| Stop::usage(format!("{}: {fault}", arguments.state.display())))?;
    let mut out = std::io::stdout().lock();
    if arguments.json {
        print_json(&mut out, &report)?;
    } else {
        audit::log::print_watch(&mut out, &report)?;
    }
    Ok(report.status)
}

fn fork_proof(arguments: &ForkProof) -> Result<u8, Stop> {
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

fn receipt(arguments: &Receipt) -> Result<u8, Stop> {
    let bytes = read_at_most(&arguments.file, RECEIPT_FILE_BYTES_MAX)?;
    let report = audit::log::check_receipt(&bytes, &arguments.key, arguments.record);
    let mut out = std::io::stdout().lock();
    if arguments.json {
        print_json(&mut out, &report)?;
    } else {
        audit::log::print_receipt(&mut out, &report)?;
    }
    Ok(report.status)
}

fn print_json(to: &mut impl Write, report: &impl serde::Serialize) -> Result<(), Stop> {
    let text = serde_json::to_string_pretty(report).map_err(Stop::usage)?;
    writeln!(to, "{text}")?;
    Ok(())
}

/// Reads a text file. A byte that is not UTF-8 is replaced: older ballot files hold names in other encodings.
fn read(path: &Path) -> Result<String, Stop> {
    let bytes = read_at_most(path, BALLOT_FILE_BYTES_MAX)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
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
