//! Counting: the one entry that the server and the auditor share, and the methods behind it.

pub mod decimal;
pub mod irv;
mod limit;
pub mod meek;
pub mod motion;
pub mod pairwise;
mod papers;
pub mod scottish;
pub mod sheet;
mod tie;

pub use limit::Limit;
pub use papers::Papers;
pub use tie::{TieBreak, TieRule};

use crate::ballot::{Choice, Method};
use crate::hash::Hash32;
use crate::rule::{Counting, DecisionRule, ElectionTie, Outcome, Verdict};
use crate::tally::motion::MotionTally;
use scottish::Contest;
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
    /// The hash over the course of the count; zero for a motion.
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
    /// A method without a count.
    #[error("nothing counts by {} yet", .0.name())]
    NoCount(Method),
    /// Nothing to fill, or nobody to fill it with.
    #[error("an election needs a place and a candidate")]
    NoPlaces,
    /// Exactness would end.
    #[error("more than {} votes cannot be counted exactly", scottish::VOTES_MAX)]
    TooManyVotes,
    /// More than the method holds.
    #[error("{0}")]
    Limit(Limit),
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

/// Whether [`count`] knows this method. Bylaws may name no other: a proposal under such a rule could never end.
#[must_use]
pub const fn is_counted(method: Method) -> bool {
    match method {
        Method::YesNo | Method::ScottishStv => true,
        Method::Plurality
        | Method::Approval
        | Method::Score
        | Method::MajorityJudgment
        | Method::Quadratic
        | Method::Dots
        | Method::Budget
        | Method::Irv
        | Method::Meek
        | Method::Schulze
        | Method::Copeland
        | Method::Consent
        | Method::Optimistic => false,
    }
}

/// Counts `ballots`, each a checked choice with its weight, under `rule`, and judges the result.
///
/// `options` is how many options the proposal has (0 for a motion), `roll_weight` what a quorum is measured against. Count with
/// [`TieBreak::None`] first: only where that answers [`CountRefusal::NeedsLot`] is a lot needed, and then everyone who counts
/// again must use the same.
///
/// # Errors
/// [`CountRefusal::NeedsLot`] where the rule leaves a tie to the lot and `tie` holds none; else the first reason why these
/// ballots cannot be counted.
pub fn count<I>(
    rule: &DecisionRule,
    options: usize,
    ballots: I,
    roll_weight: u128,
    tie: &TieBreak,
) -> Result<Counted, CountRefusal>
where
    I: IntoIterator<Item = (Choice, u128)>,
{
    match &rule.counting {
        Counting::YesNo { .. } => count_motion(rule, ballots, roll_weight),
        Counting::ScottishStv { seats, tie: on_tie } => {
            let contest = Contest {
                candidates: u16::try_from(options).map_err(|_| CountRefusal::TooManyOptions)?,
                seats: *seats,
                withdrawn: Vec::new(),
            };
            let mut papers = Papers::new();
            let mut weight: u128 = 0;
            for (choice, ballot_weight) in ballots {
                let Choice::Ranking(ranking) = choice else {
                    return Err(CountRefusal::WrongMethod);
                };
                papers.add(&ranking, ballot_weight);
                weight = weight.saturating_add(ballot_weight);
            }
            let turnout = rule.judge_turnout(weight, roll_weight);
            count_election(&contest, &papers, turnout, *on_tie, tie)
        }
        Counting::Plurality { .. }
        | Counting::Approval { .. }
        | Counting::Score { .. }
        | Counting::MajorityJudgment { .. }
        | Counting::Quadratic { .. }
        | Counting::Dots { .. }
        | Counting::Budget { .. }
        | Counting::Irv { .. }
        | Counting::Meek { .. }
        | Counting::Schulze { .. }
        | Counting::Copeland { .. }
        | Counting::Consent { .. }
        | Counting::Optimistic { .. } => Err(CountRefusal::NoCount(rule.method())),
    }
}

fn count_motion<I>(rule: &DecisionRule, ballots: I, roll_weight: u128) -> Result<Counted, CountRefusal>
where
    I: IntoIterator<Item = (Choice, u128)>,
{
    let mut tally = MotionTally::default();
    for (choice, weight) in ballots {
        let Choice::Motion(answer) = choice else {
            return Err(CountRefusal::WrongMethod);
        };
        tally.add(answer, weight);
    }
    let verdict = rule.judge(&tally, roll_weight);
    Ok(Counted {
        outcome: verdict.outcome,
        reasons: verdict.reasons,
        counts: tally.counts(),
        scale: 1,
        certificate: Hash32::ZERO,
        count: None,
        motion: Some(tally),
    })
}

fn count_election(
    contest: &Contest,
    papers: &Papers,
    turnout: Verdict,
    on_tie: ElectionTie,
    tie: &TieBreak,
) -> Result<Counted, CountRefusal> {
    let quorate = match turnout.outcome {
        Outcome::Passed => true,
        Outcome::Rejected | Outcome::NoQuorum | Outcome::Tied => false,
    };
    // Without a quorum the count is only information, and the rule may forbid the lot: neither is worth drawing one.
    let may_draw = quorate && on_tie == ElectionTie::Lot;
    let result = scottish::count(contest, papers, if may_draw { tie } else { &TieBreak::None })?;
    let mut reasons = turnout.reasons;
    let outcome = match &result.undecided {
        _ if !quorate => Outcome::NoQuorum,
        Some(open) if may_draw => return Err(CountRefusal::NeedsLot(open.clone())),
        Some(open) => {
            reasons.push(format!(
                "Candidates {} tie at stage {}, no earlier stage settles it, and the rule forbids the lot: the election is undecided.",
                listed(&open.candidates),
                open.stage
            ));
            Outcome::Tied
        }
        None if result.elected.is_empty() => {
            reasons.push(String::from("No ballot names a candidate, so no place is filled."));
            Outcome::Rejected
        }
        None => {
            reasons.push(format!(
                "The quota is {} of {} valid ballots; after {} stages candidates {} are elected to {} places.",
                result.quota.unwrap_or_default(),
                result.valid,
                result.stages.len(),
                listed(&result.elected),
                result.seats
            ));
            Outcome::Passed
        }
    };
    Ok(Counted {
        outcome,
        reasons,
        counts: result.counts(),
        scale: u64::try_from(result.scale()).unwrap_or(u64::MAX),
        certificate: result.certificate(),
        count: Some(result),
        motion: None,
    })
}

#[cfg(test)]
mod tests;
