//! Decision rules as data: what makes a result, printed as a sentence, hashed into the proposal and evaluated by whoever counts.
//!
//! Shares are ratios of integers and are compared by multiplying across; no quotient is ever formed. A share of nothing is not
//! reached: a motion on which nobody took a side fails.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::ballot::Method;
use crate::hash::Hash32;
use crate::record::RuleV1;
use crate::tally::motion::MotionTally;

mod ratio;

pub use ratio::{Ratio, RatioRefusal};

/// Which ballots count towards the quorum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuorumCounts {
    /// Every ballot, blank ones too: taking part is what matters.
    AllBallots,
    /// Only ballots that take a side.
    YesAndNo,
}

/// How many must take part: a share of the roll, always "at least".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quorum {
    /// Which ballots count towards it.
    pub counts: QuorumCounts,
    /// The share of the roll that they must reach.
    pub share: Ratio,
}

/// What the yes votes are measured against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MajorityBase {
    /// Ballots that take a side.
    YesAndNo,
    /// Those and abstentions.
    YesNoAndAbstain,
    /// Every ballot.
    AllBallots,
    /// Everyone on the roll.
    Roll,
}

/// Whether a share must be exceeded or reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Threshold {
    /// "More than".
    Exceeded,
    /// "At least".
    Reached,
}

/// How many yes votes carry a motion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Majority {
    /// What they are measured against.
    pub base: MajorityBase,
    /// The share.
    pub share: Ratio,
    /// Exceeded or reached.
    pub threshold: Threshold,
}

/// What happens when an election cannot be decided by the ballots alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ElectionTie {
    /// The lot decides, from secrets committed before voting opened.
    Lot,
    /// Nothing decides: the election ends tied.
    Forbidden,
}

/// A decision rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
pub enum DecisionRule {
    /// A motion.
    YesNo {
        /// How many must take part.
        quorum: Quorum,
        /// How many yes votes carry it.
        majority: Majority,
    },
    /// An election by Scottish STV.
    ScottishStv {
        /// How many must take part; it counts all ballots.
        quorum: Quorum,
        /// Places to fill; in bylaws 0, which each proposal replaces.
        seats: u16,
        /// What breaks a tie.
        tie: ElectionTie,
    },
}

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

/// Why a rule is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RuleRefusal {
    /// An election's quorum counts ballots, since no candidate is a "yes".
    #[error("an election's quorum must count all ballots")]
    ElectionQuorum,
    /// The places and the candidates do not fit.
    #[error(
        "an election needs at least one place and no more places than candidates: {seats} places, {candidates} candidates"
    )]
    Seats {
        /// Places to fill.
        seats: u16,
        /// Candidates.
        candidates: usize,
    },
    /// A motion with options of its own, or an election without.
    #[error("a motion has no options of its own; an election lists its candidates")]
    Options,
}

impl DecisionRule {
    /// The default for motions: one fifth of the roll takes part, more yes than no.
    #[must_use]
    pub const fn simple_majority() -> Self {
        Self::YesNo {
            quorum: Quorum {
                counts: QuorumCounts::AllBallots,
                share: Ratio::of(1, 5),
            },
            majority: Majority {
                base: MajorityBase::YesAndNo,
                share: Ratio::of(1, 2),
                threshold: Threshold::Exceeded,
            },
        }
    }

    /// The default for elections: no quorum, the lot breaks ties.
    #[must_use]
    pub const fn election() -> Self {
        Self::ScottishStv {
            quorum: Quorum {
                counts: QuorumCounts::AllBallots,
                share: Ratio::of(0, 1),
            },
            seats: 0,
            tie: ElectionTie::Lot,
        }
    }

    /// The method it counts by.
    #[must_use]
    pub const fn method(&self) -> Method {
        match self {
            Self::YesNo { .. } => Method::YesNo,
            Self::ScottishStv { .. } => Method::ScottishStv,
        }
    }

    /// Places to fill; 1 for a motion.
    #[must_use]
    pub const fn seats(&self) -> u16 {
        match self {
            Self::YesNo { .. } => 1,
            Self::ScottishStv { seats, .. } => *seats,
        }
    }

    /// The same rule for this many places; a motion stays as it is.
    #[must_use]
    pub const fn with_seats(self, seats: u16) -> Self {
        match self {
            Self::YesNo { .. } => self,
            Self::ScottishStv { quorum, tie, .. } => Self::ScottishStv { quorum, seats, tie },
        }
    }

    const fn quorum(&self) -> Quorum {
        match self {
            Self::YesNo { quorum, .. } | Self::ScottishStv { quorum, .. } => *quorum,
        }
    }

    /// Checks a rule as bylaws may hold it.
    ///
    /// # Errors
    /// [`RuleRefusal::ElectionQuorum`].
    pub const fn check(&self) -> Result<(), RuleRefusal> {
        match self {
            Self::ScottishStv {
                quorum:
                    Quorum {
                        counts: QuorumCounts::YesAndNo,
                        ..
                    },
                ..
            } => Err(RuleRefusal::ElectionQuorum),
            Self::YesNo { .. } | Self::ScottishStv { .. } => Ok(()),
        }
    }

    /// Checks a rule against a proposal's own options.
    ///
    /// # Errors
    /// [`RuleRefusal`] with the first reason found.
    pub fn check_options(&self, options: usize) -> Result<(), RuleRefusal> {
        self.check()?;
        match self {
            Self::YesNo { .. } if options == 0 => Ok(()),
            Self::YesNo { .. } => Err(RuleRefusal::Options),
            Self::ScottishStv { .. } if options == 0 => Err(RuleRefusal::Options),
            Self::ScottishStv { seats, .. } if *seats >= 1 && usize::from(*seats) <= options => Ok(()),
            Self::ScottishStv { seats, .. } => Err(RuleRefusal::Seats {
                seats: *seats,
                candidates: options,
            }),
        }
    }

    /// The rule as a record.
    #[must_use]
    pub fn record(&self, namespace: Hash32, salt: Hash32) -> RuleV1 {
        let quorum = self.quorum();
        let (majority_base, share, majority_strict) = match self {
            Self::YesNo { majority, .. } => {
                let base = match majority.base {
                    MajorityBase::YesAndNo => 1,
                    MajorityBase::YesNoAndAbstain => 2,
                    MajorityBase::AllBallots => 3,
                    MajorityBase::Roll => 4,
                };
                (base, majority.share, majority.threshold == Threshold::Exceeded)
            }
            // An election has no majority; zero says so.
            Self::ScottishStv { .. } => (0, Ratio::of(0, 1), false),
        };
        RuleV1 {
            namespace,
            method: self.method().name().to_owned(),
            seats: self.seats(),
            quorum_counts: match quorum.counts {
                QuorumCounts::AllBallots => 1,
                QuorumCounts::YesAndNo => 2,
            },
            quorum_base: 1,
            quorum_share: quorum.share.share(),
            quorum_whole: quorum.share.whole(),
            majority_base,
            majority_share: share.share(),
            majority_whole: share.whole(),
            majority_strict,
            tie: match self {
                Self::YesNo { .. } => 0,
                Self::ScottishStv {
                    tie: ElectionTie::Lot, ..
                } => 1,
                Self::ScottishStv {
                    tie: ElectionTie::Forbidden,
                    ..
                } => 2,
            },
            salt,
        }
    }

    /// Reads the rule back from its record; `None` where a field has no meaning.
    #[must_use]
    pub fn from_record(record: &RuleV1) -> Option<Self> {
        let counts = match record.quorum_counts {
            1 => QuorumCounts::AllBallots,
            2 => QuorumCounts::YesAndNo,
            _ => return None,
        };
        if record.quorum_base != 1 {
            return None;
        }
        let quorum = Quorum {
            counts,
            share: Ratio::new(record.quorum_share, record.quorum_whole).ok()?,
        };
        let rule = match Method::from_name(&record.method)? {
            Method::YesNo => Self::YesNo {
                quorum,
                majority: majority_of(record)?,
            },
            Method::ScottishStv => Self::ScottishStv {
                quorum,
                seats: record.seats,
                tie: match record.tie {
                    1 => ElectionTie::Lot,
                    2 => ElectionTie::Forbidden,
                    _ => return None,
                },
            },
        };
        // Whatever the rule does not express must be what `record` writes for it: one rule, one record.
        (rule.record(record.namespace, record.salt) == *record).then_some(rule)
    }

    /// The rule as a sentence, for people.
    #[must_use]
    pub fn sentence(&self) -> String {
        let quorum = self.quorum();
        let mut text = if quorum.share.share() == 0 {
            String::from("There is no quorum")
        } else {
            let ballots = match quorum.counts {
                QuorumCounts::AllBallots => "cast a ballot, blank ones and abstentions included",
                QuorumCounts::YesAndNo => "vote yes or no",
            };
            format!("At least {} of the members on the roll must {ballots}", quorum.share)
        };
        let rest = match self {
            Self::YesNo { majority, .. } => format!(
                "; the motion passes if {} {} of {} say yes, and fails otherwise.",
                match majority.threshold {
                    Threshold::Exceeded => "more than",
                    Threshold::Reached => "at least",
                },
                majority.share,
                match majority.base {
                    MajorityBase::YesAndNo => "the yes and no ballots",
                    MajorityBase::YesNoAndAbstain => "the yes, no and abstain ballots",
                    MajorityBase::AllBallots => "all ballots",
                    MajorityBase::Roll => "everyone on the roll",
                }
            ),
            Self::ScottishStv { seats, tie, .. } => format!(
                "; {} by the single transferable vote as in Scottish local elections; {}.",
                match seats {
                    0 => String::from("places are filled"),
                    1 => String::from("one place is filled"),
                    _ => format!("{seats} places are filled"),
                },
                match tie {
                    ElectionTie::Lot => "a tie that earlier stages do not settle is broken by lot",
                    ElectionTie::Forbidden => "a tie that earlier stages do not settle leaves the election undecided",
                }
            ),
        };
        let _ = write!(text, "{rest}");
        text
    }

    /// Judges a motion: the quorum first, then the majority. An election's rule judges only its quorum here.
    #[must_use]
    pub fn judge(&self, tally: &MotionTally, eligible: u128) -> Verdict {
        let quorum = self.quorum();
        let taking_part = match quorum.counts {
            QuorumCounts::AllBallots => tally.all(),
            QuorumCounts::YesAndNo => tally.yes_and_no(),
        };
        let (present, quorum_reason) = judge_quorum(quorum, taking_part, eligible);
        if !present {
            return Verdict {
                outcome: Outcome::NoQuorum,
                reasons: vec![quorum_reason],
            };
        }
        match self {
            Self::ScottishStv { .. } => Verdict {
                outcome: Outcome::Passed,
                reasons: vec![quorum_reason],
            },
            Self::YesNo { majority, .. } => {
                let (carried, majority_reason) = judge_majority(*majority, tally, eligible);
                let outcome = if carried { Outcome::Passed } else { Outcome::Rejected };
                Verdict {
                    outcome,
                    reasons: vec![quorum_reason, majority_reason],
                }
            }
        }
    }

    /// Judges whether enough took part in an election: ballots cast, blank ones included, against the roll.
    #[must_use]
    pub fn judge_turnout(&self, ballots: u128, eligible: u128) -> Verdict {
        let (present, reason) = judge_quorum(self.quorum(), ballots, eligible);
        Verdict {
            outcome: if present { Outcome::Passed } else { Outcome::NoQuorum },
            reasons: vec![reason],
        }
    }
}

fn majority_of(record: &RuleV1) -> Option<Majority> {
    Some(Majority {
        base: match record.majority_base {
            1 => MajorityBase::YesAndNo,
            2 => MajorityBase::YesNoAndAbstain,
            3 => MajorityBase::AllBallots,
            4 => MajorityBase::Roll,
            _ => return None,
        },
        share: Ratio::new(record.majority_share, record.majority_whole).ok()?,
        threshold: if record.majority_strict {
            Threshold::Exceeded
        } else {
            Threshold::Reached
        },
    })
}

fn judge_quorum(quorum: Quorum, taking_part: u128, eligible: u128) -> (bool, String) {
    if quorum.share.share() == 0 {
        return (
            true,
            format!("No quorum is asked for; {taking_part} of {eligible} took part."),
        );
    }
    let met = quorum.share.reached(taking_part, eligible);
    let word = if met { "is met" } else { "is not met" };
    (
        met,
        format!(
            "The quorum {word}: {taking_part} of {eligible} took part, at least {} are needed.",
            quorum.share
        ),
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

#[cfg(test)]
mod tests;
