//! `rochdale-audit count`: count a file of ballots.

use std::io::Write;
use std::path::{Path, PathBuf};

use audit::{CountFailure, CountMethod, CountRequest, TieOrder};
use clap::ValueEnum;
use governance::hash::Hash32;
use governance::profile::Cells as ProfileCells;
use governance::rule::Ratio;
use governance::tally::meek;

use super::{CONTRADICTION, LACKING, Stop, USAGE, read_at_most};

/// The largest file of ballots, in bytes.
const BALLOT_FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

#[derive(clap::Args)]
pub(crate) struct Count {
    /// The file: .blt, PrefLib (.soc .soi .toc .toi), .abif, a table (.csv), rankings in .json, or lists of names.
    file: PathBuf,
    /// How to count.
    #[arg(long, value_enum)]
    method: Method,
    /// Places to fill, instead of the number in the file; 1 where neither says.
    #[arg(long, value_name = "N")]
    seats: Option<u16>,
    /// The lot that settles ties: 0x and 64 hexadecimal digits.
    #[arg(long, value_name = "HEX", conflicts_with = "tie_order")]
    lot: Option<Hash32>,
    /// A file with the order in which ties were drawn: every candidate's number, first drawn first.
    #[arg(long, value_name = "FILE")]
    tie_order: Option<PathBuf>,
    /// What the cells of a table are, unless the method says: ranks for methods that rank, scores for the first five.
    #[arg(long, value_enum)]
    cells: Option<Cells>,
    /// The configuration of RCTab by which cast votes (count,rank1,rank2 and so on) are counted.
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// The highest score or grade, instead of the highest in the file.
    #[arg(long, value_name = "N")]
    highest: Option<u32>,
    /// How many credits a paper has for quadratic votes; a paper that spends more is refused.
    #[arg(long, value_name = "N")]
    credits: Option<u32>,
    /// By score: a candidate left out of a paper gets no score there instead of 0, and means are compared, of those whom at least
    /// this share of all papers scored, as 1/2.
    #[arg(long, value_name = "SHARE", value_parser = share)]
    no_opinion: Option<Ratio>,
    /// By meek: what a paper does once everyone in an equal rank is defeated.
    #[arg(long, value_enum, default_value = "pass-on")]
    empty_rank: EmptyRank,
    /// Print the count as JSON.
    #[arg(long, conflicts_with = "explain")]
    json: bool,
    /// Explain the count in sentences, stage by stage.
    #[arg(long)]
    explain: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Cells {
    /// 1 is the most preferred.
    Ranks,
    /// More is better.
    Scores,
}

#[derive(Clone, Copy, ValueEnum)]
enum EmptyRank {
    /// It goes on to its next rank, as after a rank of one.
    PassOn,
    /// It counts for nobody, as with stv-rs 0.5, whose elections are counted again so.
    Exhaust,
}

#[derive(Clone, Copy, ValueEnum)]
enum Method {
    /// One vote for each paper's first candidate.
    Plurality,
    /// A vote for each candidate with a score above 0, or ranked at all.
    Approval,
    /// Sums of scores.
    Score,
    /// Middle grades.
    MajorityJudgment,
    /// Votes that cost their square.
    Quadratic,
    /// Instant runoff.
    Irv,
    /// The single transferable vote of Scottish local elections (SSI 2007/42).
    ScottishStv,
    /// Meek's method, in nine decimals.
    Meek,
    /// Schulze's method.
    Schulze,
    /// Copeland's method.
    Copeland,
}

impl From<Method> for CountMethod {
    fn from(method: Method) -> Self {
        match method {
            Method::Plurality => Self::Plurality,
            Method::Approval => Self::Approval,
            Method::Score => Self::Score,
            Method::MajorityJudgment => Self::MajorityJudgment,
            Method::Quadratic => Self::Quadratic,
            Method::Irv => Self::Irv,
            Method::ScottishStv => Self::ScottishStv,
            Method::Meek => Self::Meek,
            Method::Schulze => Self::Schulze,
            Method::Copeland => Self::Copeland,
        }
    }
}

fn status_of(failure: &CountFailure) -> u8 {
    match failure {
        CountFailure::File(_)
        | CountFailure::Line { .. }
        | CountFailure::Rules(_)
        | CountFailure::Count(_)
        | CountFailure::NoScores(_) => CONTRADICTION,
        CountFailure::Seats { .. }
        | CountFailure::OnePlace(_)
        | CountFailure::NoRulesWanted
        | CountFailure::NoOpinion
        | CountFailure::TieOrder => USAGE,
    }
}

pub(super) fn run(arguments: &Count) -> Result<u8, Stop> {
    let tie = match (&arguments.lot, &arguments.tie_order) {
        (Some(lot), _) => TieOrder::Lot(*lot),
        (None, Some(path)) => TieOrder::Order(audit::read_tie_order(&read(path)?).map_err(Stop::usage)?),
        (None, None) => TieOrder::File,
    };
    let request = CountRequest {
        method: arguments.method.into(),
        seats: arguments.seats,
        tie,
        cells: arguments.cells.map(|cells| match cells {
            Cells::Ranks => ProfileCells::Ranks,
            Cells::Scores => ProfileCells::Scores,
        }),
        rules: arguments.rules.as_deref().map(read).transpose()?,
        highest: arguments.highest,
        credits: arguments.credits,
        scorers: arguments.no_opinion,
        empty_rank: match arguments.empty_rank {
            EmptyRank::PassOn => meek::EmptyRank::PassOn,
            EmptyRank::Exhaust => meek::EmptyRank::Exhaust,
        },
    };
    let text = read(&arguments.file)?;
    let name = arguments.file.to_string_lossy();
    let counted = audit::count_text(&name, &text, &request);
    let (profile, counted) =
        counted.map_err(|failure| Stop(format!("{}: {failure}", arguments.file.display()), status_of(&failure)))?;
    let mut out = std::io::stdout().lock();
    if arguments.json {
        writeln!(out, "{}", audit::count_json(&counted).map_err(Stop::usage)?)?;
    } else if arguments.explain {
        audit::explain_count(&mut out, &profile, &counted, &request)?;
    } else {
        audit::print_count(&mut out, &profile, &counted)?;
    }
    Ok(if counted.undecided.is_some() { LACKING } else { 0 })
}

/// A share as it is written: `1/2`.
fn share(text: &str) -> Result<Ratio, String> {
    let terms = text
        .split_once('/')
        .and_then(|(share, whole)| Some((share.parse().ok()?, whole.parse().ok()?)));
    let (share, whole) = terms.ok_or("a share is two whole numbers, as 1/2")?;
    Ratio::new(share, whole).map_err(|refusal| refusal.to_string())
}

/// Reads a text file. A byte that is not UTF-8 is replaced: older ballot files hold names in other encodings.
fn read(path: &Path) -> Result<String, Stop> {
    let bytes = read_at_most(path, BALLOT_FILE_BYTES_MAX)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
