//! What follows from a count.

use serde::{Deserialize, Serialize};

use super::{Counting, DecisionRule, Majority, MajorityBase, Needed, Quorum, Threshold};
use crate::tally::motion::MotionTally;

/// How a decision ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The motion is carried, or the places are filled.
    Passed,
    /// The motion failed.
    Rejected,
    /// Too few took part.
    NoQuorum,
    /// An election whose tie nothing may break.
    Tied,
}

impl Outcome {
    /// The number in [`crate::record::TallyV1::outcome`].
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Passed => 1,
            Self::Rejected => 2,
            Self::NoQuorum => 3,
            Self::Tied => 4,
        }
    }

    /// The name in JSON and SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Rejected => "rejected",
            Self::NoQuorum => "no_quorum",
            Self::Tied => "tied",
        }
    }

    /// The outcome with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Passed, Self::Rejected, Self::NoQuorum, Self::Tied]
            .into_iter()
            .find(|outcome| outcome.name() == name)
    }
}

/// An outcome with the sums behind it, each a plain sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// How it ended.
    pub outcome: Outcome,
    /// One sentence for each condition that was looked at.
    pub reasons: Vec<String>,
}

impl DecisionRule {
    /// Judges a motion: the quorum first, then the majority. An election's rule judges only its quorum here.
    #[must_use]
    pub fn judge(&self, tally: &MotionTally, eligible: u128) -> Verdict {
        let taking_part = self.quorum.map_or(tally.all(), |quorum| quorum.counts.of(tally));
        let turnout = self.judge_turnout(taking_part, eligible);
        match (&self.counting, turnout.outcome) {
            (Counting::YesNo { majority }, Outcome::Passed) => {
                let (carried, reason) = judge_majority(*majority, tally, eligible);
                let mut reasons = turnout.reasons;
                reasons.push(reason);
                Verdict {
                    outcome: if carried { Outcome::Passed } else { Outcome::Rejected },
                    reasons,
                }
            }
            (Counting::YesNo { .. } | Counting::ScottishStv { .. }, _) => turnout,
        }
    }

    /// Judges whether enough took part: `taking_part` is the weight of what the quorum counts, of an election all ballots,
    /// blank ones included. Passed here means only that the quorum is met.
    #[must_use]
    pub fn judge_turnout(&self, taking_part: u128, eligible: u128) -> Verdict {
        let (present, reason) = judge_quorum(self.quorum, taking_part, eligible);
        Verdict {
            outcome: if present { Outcome::Passed } else { Outcome::NoQuorum },
            reasons: vec![reason],
        }
    }
}

fn judge_quorum(quorum: Option<Quorum>, taking_part: u128, eligible: u128) -> (bool, String) {
    let Some(quorum) = quorum else {
        return (
            true,
            format!("No quorum is asked for; {taking_part} of {eligible} took part."),
        );
    };
    let met = quorum.at_least.is_met(taking_part, eligible);
    let word = if met { "is met" } else { "is not met" };
    let needed = match quorum.at_least {
        Needed::Roll { share } => format!("at least {share} are needed"),
        Needed::Constant { votes } => format!("at least {votes} votes are needed"),
        Needed::SquareRoot {} => format!("at least one and a half times the square root of {eligible} are needed"),
    };
    (
        met,
        format!("The quorum {word}: {taking_part} of {eligible} took part, {needed}."),
    )
}

fn judge_majority(majority: Majority, tally: &MotionTally, eligible: u128) -> (bool, String) {
    let base = match majority.base {
        MajorityBase::YesAndNo => tally.yes_and_no(),
        MajorityBase::YesNoAndAbstain => tally.yes_and_no().saturating_add(tally.abstain),
        MajorityBase::AllBallots => tally.all(),
        MajorityBase::Roll => eligible,
    };
    let (carried, needed) = match majority.threshold {
        Threshold::Exceeded => (majority.share.exceeded(tally.yes, base), "more than"),
        Threshold::Reached => (majority.share.reached(tally.yes, base), "at least"),
    };
    let word = if carried { "is met" } else { "is not met" };
    (
        carried,
        format!(
            "The majority {word}: {} yes of {base}, {needed} {} are needed.",
            tally.yes, majority.share
        ),
    )
}
