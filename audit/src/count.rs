//! Counting a file of ballots by any method: `rochdale-audit count`.

mod explain;
mod methods;
mod print;
mod words;

use governance::hash::Hash32;
use governance::profile::rctab::{self, RctabRules, RuleRefusal};
use governance::profile::{self, Cells, Format, Profile, Refusal};
use governance::rule::Ratio;
use governance::tally::meek::EmptyRank;
use governance::tally::sheet::Count;
use governance::tally::{CountRefusal, TieBreak};

pub use explain::explain_count;
pub use print::print_count;

/// A counting method for files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CountMethod {
    /// One vote each.
    Plurality,
    /// A vote for each candidate approved of.
    Approval,
    /// Sums of scores.
    Score,
    /// Middle grades.
    MajorityJudgment,
    /// Votes that cost their square.
    Quadratic,
    /// Instant runoff.
    Irv,
    /// The single transferable vote of Scottish local elections.
    #[default]
    ScottishStv,
    /// Meek's method.
    Meek,
    /// Schulze's method.
    Schulze,
    /// Copeland's method.
    Copeland,
}

/// What is asked of a count.
#[derive(Debug, Clone, Default)]
pub struct CountRequest {
    /// How to count.
    pub method: CountMethod,
    /// Places to fill, instead of the number in the file; 1 where neither says.
    pub seats: Option<u16>,
    /// What settles ties, instead of the order in the file, if it has one.
    pub tie: TieOrder,
    /// What the cells of a table are; without it ranks for methods that rank, else scores.
    pub cells: Option<Cells>,
    /// The text of RCTab's configuration, which cast votes need.
    pub rules: Option<String>,
    /// The highest score or grade; without it the highest in the file.
    pub highest: Option<u32>,
    /// How many credits a paper may spend on quadratic votes; without it any number.
    pub credits: Option<u32>,
    /// The share of all papers that must score a candidate, where what a paper leaves out is no opinion and means are compared;
    /// without it what is left out is 0, and sums are. For scores alone.
    pub scorers: Option<Ratio>,
    /// By Meek's method: what a paper does whose equal rank has nobody left in it.
    pub empty_rank: EmptyRank,
}

/// What settles ties that the ballots do not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum TieOrder {
    /// The order in the file, or nothing.
    #[default]
    File,
    /// A lot.
    Lot(Hash32),
    /// An order of candidates, from 1: who stands first is drawn first.
    Order(Vec<u16>),
}

/// Why a file was not counted.
#[derive(Debug, thiserror::Error)]
pub enum CountFailure {
    /// The file is malformed.
    #[error(transparent)]
    File(#[from] Refusal),
    /// The method does not allow what a line says.
    #[error("line {line}: {unfit}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What it says.
        unfit: Unfit,
    },
    /// The configuration is not followed.
    #[error(transparent)]
    Rules(#[from] RuleRefusal),
    /// The election cannot be counted.
    #[error(transparent)]
    Count(#[from] CountRefusal),
    /// The file holds no scores.
    #[error("{0} needs scores, and the file ranks candidates")]
    NoScores(&'static str),
    /// More places than candidates, or none.
    #[error("--seats must be from 1 to the {candidates} candidates")]
    Seats {
        /// How many candidates the file has.
        candidates: usize,
    },
    /// An instant runoff of several places.
    #[error("irv fills one place, not {0}: give --seats 1, or count by scottish-stv or meek")]
    OnePlace(u16),
    /// Rules for something that is counted without.
    #[error("--rules are for cast votes (count,rank1,rank2 and so on), counted by irv")]
    NoRulesWanted,
    /// What is left out can be no opinion only where scores are counted.
    #[error("--no-opinion is for score")]
    NoOpinion,
    /// The order of ties is unusable.
    #[error("the order of ties must name every candidate once, by number from 1")]
    TieOrder,
}

/// What a line says that its method does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Equal ranks.
    #[error("candidates are ranked equally, which this method does not allow")]
    EqualRanks,
    /// Several first preferences.
    #[error("several candidates are ranked first, and a paper has one vote")]
    SeveralFirst,
    /// Ranks where scores are counted.
    #[error("the paper ranks candidates without scores")]
    Unscored,
    /// More credits than there are.
    #[error("the votes cost {cost} credits, and a paper has {credits}")]
    TooExpensive {
        /// The sum of squares.
        cost: u128,
        /// What may be spent.
        credits: u32,
    },
}

/// Counts a file; its `name` says which format it has. A count that stops at a tie has [`Count::undecided`].
///
/// # Errors
/// [`CountFailure`] if the file, the places or the order of ties cannot be used.
pub fn count_text(name: &str, text: &str, request: &CountRequest) -> Result<(Profile, Count), CountFailure> {
    let format = Format::of(name, text)?;
    let rules = request.rules.as_deref().map(rctab::read_rules).transpose()?;
    let profile = match (&rules, format) {
        (Some(rules), Format::CastVotes) => rctab::parse(text, rules)?,
        (Some(_), Format::Blt | Format::PrefLib | Format::Abif | Format::Csv | Format::NameLists | Format::Json) => {
            return Err(CountFailure::NoRulesWanted);
        }
        (None, _) => profile::parse_as(format, text, request.cells.unwrap_or(request.method.cells()))?,
    };
    let count = count_profile(&profile, rules.as_ref(), request)?;
    Ok((profile, count))
}

fn count_profile(profile: &Profile, rules: Option<&RctabRules>, request: &CountRequest) -> Result<Count, CountFailure> {
    let candidates = profile.candidates.len();
    let seats = request.seats.or(profile.seats).unwrap_or(1);
    if seats == 0 || usize::from(seats) > candidates {
        return Err(CountFailure::Seats { candidates });
    }
    let tie = match &request.tie {
        TieOrder::File => profile.tie_order.clone().map_or(TieBreak::None, TieBreak::Order),
        TieOrder::Lot(lot) => TieBreak::Lot(*lot),
        TieOrder::Order(numbers) => TieBreak::Order(from_zero(numbers, candidates)?),
    };
    let session = methods::Session {
        profile,
        rules,
        request,
        seats,
        tie: &tie,
    };
    session.count()
}

fn from_zero(numbers: &[u16], candidates: usize) -> Result<Vec<u16>, CountFailure> {
    let order: Option<Vec<u16>> = numbers.iter().map(|number| number.checked_sub(1)).collect();
    let order = order.ok_or(CountFailure::TieOrder)?;
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if sorted.iter().copied().map(usize::from).eq(0..candidates) {
        Ok(order)
    } else {
        Err(CountFailure::TieOrder)
    }
}

/// Reads an order of ties: candidates by number, from 1, apart by blanks or line ends; `#` begins a comment.
///
/// # Errors
/// [`CountFailure::TieOrder`] for anything else.
pub fn read_tie_order(text: &str) -> Result<Vec<u16>, CountFailure> {
    text.lines()
        .flat_map(|line| line.split('#').next().unwrap_or_default().split_whitespace())
        .map(|word| word.parse().map_err(|_| CountFailure::TieOrder))
        .collect()
}

/// The count as one line of JSON.
///
/// # Errors
/// Never; the type of the serializer has it.
pub fn count_json(count: &Count) -> Result<String, serde_json::Error> {
    serde_json::to_string(count)
}
