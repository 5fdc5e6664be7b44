//! Conditions beside the majority: how many may or must give one answer.

use serde::{Deserialize, Serialize};

use super::Ratio;
use crate::tally::motion::MotionTally;

/// The most conditions one rule may have; more could not be read.
pub const CONDITIONS_MAX: usize = 16;

/// Which ballots a condition looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// In favour.
    Yes,
    /// Against.
    No,
    /// Present and on neither side.
    Abstain,
    /// None of these.
    Blank,
}

impl Answer {
    /// All of them, in the order of their indices on a ballot.
    pub const ALL: [Self; 4] = [Self::Yes, Self::No, Self::Abstain, Self::Blank];

    /// The weight of the ballots that give it.
    #[must_use]
    pub const fn of(self, tally: &MotionTally) -> u128 {
        match self {
            Self::Yes => tally.yes,
            Self::No => tally.no,
            Self::Abstain => tally.abstain,
            Self::Blank => tally.blank,
        }
    }
}

/// Whether a share is a floor or a ceiling; the share itself satisfies both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// "At least".
    AtLeast,
    /// "No more than".
    NoMoreThan,
}

/// What a condition's share is a share of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionBase {
    /// Every ballot cast, blank ones too.
    VotesCast,
    /// The weight of the roll.
    Eligible,
}

/// How many must, or may, give one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The answer.
    pub answer: Answer,
    /// Floor or ceiling.
    pub bound: Bound,
    /// The share.
    pub share: Ratio,
    /// What it is a share of.
    pub of: ConditionBase,
}

impl Condition {
    /// Whether it holds for this count, with the weight it looked at and what that was measured against.
    #[must_use]
    pub fn holds(self, tally: &MotionTally, eligible: u128) -> bool {
        let part = self.answer.of(tally);
        let base = self.base(tally, eligible);
        match self.bound {
            Bound::AtLeast => self.share.reached(part, base),
            Bound::NoMoreThan => self.share.not_passed(part, base),
        }
    }

    /// What its share is measured against.
    #[must_use]
    pub const fn base(self, tally: &MotionTally, eligible: u128) -> u128 {
        match self.of {
            ConditionBase::VotesCast => tally.all(),
            ConditionBase::Eligible => eligible,
        }
    }
}
