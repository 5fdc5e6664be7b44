//! `rochdale-audit verify`: check a bundle.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use audit::{Level, Limits, Options, Report};
use governance::hash::{Hash32, from_hex};
use governance::log::VerifierKey;
use governance::signature::{PublicKey, SignatureKind};

use super::progress::{Progress, Watched};
use super::{Stop, open, print_json};

#[derive(clap::Args)]
pub(crate) struct Verify {
    /// The bundle, a file ending in .rochdale, or - for what comes in; or a folder with a whole public record, as `rochdale export`
    /// writes it.
    #[arg(value_name = "FILE_OR_FOLDER")]
    bundle: PathBuf,
    /// Ask this JSON-RPC endpoint whether the chain holds the anchors; may be given several times.
    #[arg(long, value_name = "URL")]
    rpc: Vec<String>,
    /// Compare the bundle's checkpoint with this published log: a folder with `checkpoint` and `tile/`, or its address.
    #[arg(long, value_name = "FOLDER_OR_URL")]
    log: Option<String>,
    /// The log's key, if you know it from elsewhere: name, id and key, joined by plus signs.
    #[arg(long, value_name = "VKEY")]
    log_key: Option<VerifierKey>,
    /// The levels that must hold, e.g. L0,L2; by default L0, L1 where --log or --log-key is given, and L2 where --rpc is.
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
    /// Of a decision that passes several bodies: the bundle of the stage before. It is checked first, in the same way.
    #[arg(long, value_name = "FILE")]
    former: Option<PathBuf>,
    /// Read at most so many members, ballots and anchors, each; they are kept in memory.
    #[arg(long, value_name = "N", default_value_t = Limits::default().records)]
    max_records: u64,
    /// Of a public record: read at most so many entries of the log; each takes one bit of memory.
    #[arg(long, value_name = "N", default_value_t = audit::folder::ENTRIES_MAX)]
    max_entries: u64,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

fn parse_level(text: &str) -> Result<Level, String> {
    Level::from_name(text).ok_or_else(|| "levels are L0, L1, L2 and L3".to_owned())
}

pub(super) fn parse_key(text: &str) -> Result<PublicKey, String> {
    PublicKey::parse_hex(SignatureKind::Session, text).map_err(|refusal| refusal.to_string())
}

/// An account or contract; upper-case digits may be a checksum, which is not checked.
fn parse_address(text: &str) -> Result<[u8; 20], String> {
    let bytes = from_hex(&text.to_ascii_lowercase()).and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| "an address is 0x and 40 hexadecimal digits".to_owned())
}

pub(super) fn run(arguments: &Verify) -> Result<u8, Stop> {
    let mut options = Options {
        rpc: arguments.rpc.clone(),
        log: arguments.log.clone(),
        log_key: arguments.log_key.clone(),
        require: arguments.require.clone(),
        server_key: arguments.server_key,
        registrar: arguments.registrar,
        contract: arguments.contract,
        namespace: arguments.namespace,
        former: None,
        limits: Limits {
            records: arguments.max_records,
            ..Limits::default()
        },
    };
    if arguments.bundle.is_dir() {
        if arguments.former.is_some() {
            return Err(Stop::usage("--former belongs to one bundle, not to a whole record"));
        }
        return super::folder::run(&arguments.bundle, options, arguments.max_entries, arguments.json);
    }
    if let Some(former) = &arguments.former {
        let report = report(former, &options)?;
        if report.status != 0 || report.stage_result.is_none() {
            print(arguments.json, &report)?;
            return Ok(if report.status == 0 { 2 } else { report.status });
        }
        options.former = report.stage_result;
    }
    let report = report(&arguments.bundle, &options)?;
    print(arguments.json, &report)?;
    Ok(report.status)
}

fn report(bundle: &Path, options: &Options) -> Result<Report, Stop> {
    if bundle == Path::new("-") {
        return audit::verify_reader(std::io::stdin().lock(), options).map_err(Stop::usage);
    }
    let (file, bytes) = open(bundle)?;
    let progress = Rc::new(RefCell::new(Progress::on_stderr("verifying", bytes)));
    let report = audit::verify_reader(Watched::new(file, &progress), options).map_err(Stop::usage)?;
    drop(progress);
    Ok(report)
}

fn print(as_json: bool, report: &Report) -> Result<(), Stop> {
    let mut out = std::io::stdout().lock();
    if as_json {
        print_json(&mut out, report)?;
    } else {
        audit::print_report(&mut out, report)?;
    }
    Ok(())
}
