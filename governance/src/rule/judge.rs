//! What follows from a count.

use serde::{Deserialize, Serialize};

use super::{Answer, Bound, Condition, ConditionBase, Counting, DecisionRule, Majority, Needed, Ratio, Threshold};
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

/// One thing that a rule asks of a motion beside its quorum.
#[derive(Debug, Clone, Copy)]
pub(super) enum Criterion {
    Majority(Majority),
    MinYes(u64),
    Condition(Condition),
    /// Fewer than this share of the roll say no.
    Unopposed(Ratio),
}

impl Criterion {
    pub(super) fn holds(self, tally: &MotionTally, eligible: u128) -> bool {
        match self {
            Self::Majority(majority) => majority.is_carried(tally, eligible),
            Self::MinYes(least) => tally.yes >= u128::from(least),
            Self::Condition(condition) => condition.holds(tally, eligible),
            Self::Unopposed(share) => eligible > 0 && !share.reached(tally.no, eligible),
        }
    }

    fn reason(self, tally: &MotionTally, eligible: u128) -> String {
        let word = if self.holds(tally, eligible) {
            "is met"
        } else {
            "is not met"
        };
        match self {
            Self::Majority(majority) => format!(
                "The majority {word}: {} yes of {}, {} {} are needed.",
                tally.yes,
                majority.measured(tally, eligible),
                match majority.threshold {
                    Threshold::Exceeded => "more than",
                    Threshold::Reached => "at least",
                },
                majority.share
            ),
            Self::MinYes(least) => {
                format!(
                    "The least number of yes votes {word}: {}, at least {least} are needed.",
                    tally.yes
                )
            }
            Self::Unopposed(share) => format!("{} of {eligible} say no; {share} stop the motion.", tally.no),
            Self::Condition(condition) => format!(
                "The condition on {} {word}: {} of {} {}, {}.",
                match condition.answer {
                    Answer::Yes => "yes votes",
                    Answer::No => "no votes",
                    Answer::Abstain => "abstentions",
                    Answer::Blank => "blank ballots",
                },
                condition.answer.of(tally),
                condition.base(tally, eligible),
                match condition.of {
                    ConditionBase::VotesCast => "votes cast",
                    ConditionBase::Eligible => "on the roll",
                },
                match condition.bound {
                    Bound::AtLeast => format!("at least {} are needed", condition.share),
                    Bound::NoMoreThan => format!("no more than {} are allowed", condition.share),
                }
            ),
        }
    }
}

impl DecisionRule {
    /// Judges a motion, or an optimistic one: the quorum first, then the majority and every condition. The rule of any other
    /// method judges only its quorum here.
    #[must_use]
    pub fn judge(&self, tally: &MotionTally, eligible: u128) -> Verdict {
        let turnout = self.judge_turnout(self.taking_part(tally), eligible);
        match turnout.outcome {
            Outcome::Rejected | Outcome::NoQuorum | Outcome::Tied => turnout,
            Outcome::Passed => {
                let criteria = self.criteria();
                let carried = criteria.iter().all(|each| each.holds(tally, eligible));
                let mut reasons = turnout.reasons;
                reasons.extend(criteria.iter().map(|each| each.reason(tally, eligible)));
                Verdict {
                    outcome: if carried { Outcome::Passed } else { Outcome::Rejected },
                    reasons,
                }
            }
        }
    }

    /// How a motion ends: what [`Self::judge`] finds, without its reasons.
    #[must_use]
    pub fn outcome(&self, tally: &MotionTally, eligible: u128) -> Outcome {
        if !self.is_quorate(self.taking_part(tally), eligible) {
            return Outcome::NoQuorum;
        }
        if self.criteria().iter().all(|each| each.holds(tally, eligible)) {
            Outcome::Passed
        } else {
            Outcome::Rejected
        }
    }

    /// Judges whether enough took part: `taking_part` is the weight of what the quorum counts, of an election all ballots,
    /// blank ones included. Passed here means only that the quorum is met.
    #[must_use]
    pub fn judge_turnout(&self, taking_part: u128, eligible: u128) -> Verdict {
        let present = self.is_quorate(taking_part, eligible);
        let needed = match self.quorum.map(|quorum| quorum.at_least) {
            None => None,
            Some(Needed::Roll { share }) => Some(share.to_string()),
            Some(Needed::Constant { votes }) => Some(votes.to_string()),
            Some(Needed::SquareRoot {}) => Some(format!("one and a half times the square root of {eligible}")),
        };
        let word = if present { "is met" } else { "is not met" };
        let reason = match needed {
            None => format!("No quorum is asked for; {taking_part} of {eligible} took part."),
            Some(needed) => {
                format!("The quorum {word}: {taking_part} of {eligible} took part, at least {needed} are needed.")
            }
        };
        Verdict {
            outcome: if present { Outcome::Passed } else { Outcome::NoQuorum },
            reasons: vec![reason],
        }
    }

    /// The weight of the ballots that count towards the quorum; all of them where there is none.
    #[must_use]
    pub fn taking_part(&self, tally: &MotionTally) -> u128 {
        self.quorum.map_or(tally.all(), |quorum| quorum.counts.of(tally))
    }

    /// Whether this weight of ballots meets the quorum.
    #[must_use]
    pub fn is_quorate(&self, taking_part: u128, eligible: u128) -> bool {
        self.quorum
            .is_none_or(|quorum| quorum.at_least.is_met(taking_part, eligible))
    }

    /// What a motion must satisfy once the quorum is met: all of these.
    pub(super) fn criteria(&self) -> Vec<Criterion> {
        let mut criteria = Vec::new();
        if let Some(majority) = self.counting.majority() {
            criteria.push(Criterion::Majority(majority));
            criteria.extend((majority.min_yes > 0).then_some(Criterion::MinYes(majority.min_yes)));
        }
        if let Counting::Optimistic { against } = &self.counting {
            criteria.push(Criterion::Unopposed(*against));
        }
        criteria.extend(self.conditions.iter().copied().map(Criterion::Condition));
        criteria
    }
}
