//! Counting: the one entry that the server and the auditor share, and the methods behind it.

pub mod approval;
pub mod budget;
pub mod consent;
pub mod decimal;
mod dispatch;
pub mod dots;
mod fraction;
pub mod grades;
pub mod irv;
mod limit;
pub mod majority_judgment;
pub mod meek;
pub mod motion;
pub mod pairwise;
mod papers;
pub mod plurality;
pub mod points;
pub mod quadratic;
pub mod score;
pub mod scottish;
pub mod sheet;
mod tie;

pub use dispatch::count;
pub use limit::Limit;
pub use papers::Papers;
pub use tie::{TieBreak, TieRule};

use crate::hash::Hash32;
use crate::rule::Outcome;
use motion::MotionTally;
use sheet::{Count, Question, Undecided};

/// A count with its verdict: everything a tally record and its readers need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// How the decision ended.
    pub outcome: Outcome,
    /// The sums behind it, each a plain sentence.
    pub reasons: Vec<String>,
    /// As [`crate::record::TallyV1::counts`]: a motion's yes, no, abstain and blank; else the last totals times `scale`.
    pub counts: Vec<u128>,
    /// What `counts` are multiplied by: a power of ten.
    pub scale: u64,
    /// The hash over the course of the count; zero for a motion, optimistic ones too.
    pub certificate: Hash32,
    /// The course of the count; a motion has none.
    pub count: Option<Count>,
    /// The weights of a motion.
    pub motion: Option<MotionTally>,
}

/// Why a count did not come to an end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CountRefusal {
    /// Candidates tie, no earlier stage settles it, and no lot was given.
    #[error("{}", needs_lot(.0))]
    NeedsLot(Undecided),
    /// A ballot of another method.
    #[error("a ballot is not of the kind that the rule counts")]
    WrongMethod,
    /// A ballot names a candidate beyond the last.
    #[error("a ballot names candidate {0}, who does not exist")]
    UnknownCandidate(u16),
    /// A ballot names a candidate twice.
    #[error("a ballot names candidate {0} twice")]
    Repeated(u16),
    /// A ballot gives more than the best grade or highest score.
    #[error("a ballot gives candidate {0} more than the rule allows")]
    UnknownGrade(u16),
    /// Nothing to fill, or nobody to fill it with.
    #[error("an election needs a place and a candidate")]
    NoPlaces,
    /// Exactness would end.
    #[error("more than {} votes cannot be counted exactly", scottish::VOTES_MAX)]
    TooManyVotes,
    /// More than the method holds.
    #[error("{0}")]
    Limit(Limit),
    /// Sums would no longer be exact.
    #[error(
        "ballots that weigh more than {} together cannot be counted exactly",
        points::WEIGHT_MAX
    )]
    TooHeavy,
    /// More options than a ballot can name.
    #[error("there are too many options to count")]
    TooManyOptions,
}

fn needs_lot(open: &Undecided) -> String {
    let what = match open.kind {
        Question::Surplus => "whose surplus is transferred first",
        Question::Exclusion => "who is excluded",
        Question::Place => "who gets the last places",
    };
    format!(
        "stage {}: candidates {} tie on {what}, no earlier stage settles it, and no lot was given",
        open.stage,
        listed(&open.candidates)
    )
}

/// "1, 2 and 5".
fn listed(numbers: &[u16]) -> String {
    let texts: Vec<String> = numbers.iter().map(u16::to_string).collect();
    match texts.split_last() {
        None => String::from("none"),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests;
