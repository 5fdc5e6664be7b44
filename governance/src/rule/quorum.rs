//! How many must take part.

use serde::{Deserialize, Serialize};

use super::Ratio;
use crate::tally::motion::MotionTally;

/// Which ballots count towards the quorum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuorumCounts {
    /// Every ballot, blank ones too: taking part is what matters.
    AllBallots,
    /// Only ballots that take a side.
    YesAndNo,
    /// Those and abstentions.
    YesNoAndAbstain,
    /// Ballots that support it, and abstentions.
    YesAndAbstain,
    /// Only ballots that support it.
    Yes,
}

impl QuorumCounts {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::AllBallots,
        Self::YesAndNo,
        Self::YesNoAndAbstain,
        Self::YesAndAbstain,
        Self::Yes,
    ];

    /// The weight of the ballots that count.
    #[must_use]
    pub const fn of(self, tally: &MotionTally) -> u128 {
        match self {
            Self::AllBallots => tally.all(),
            Self::YesAndNo => tally.yes_and_no(),
            Self::YesNoAndAbstain => tally.yes_and_no().saturating_add(tally.abstain),
            Self::YesAndAbstain => tally.yes.saturating_add(tally.abstain),
            Self::Yes => tally.yes,
        }
    }
}

/// How many are enough; always "at least".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "base", rename_all = "snake_case", deny_unknown_fields)]
pub enum Needed {
    /// A share of the weight of the roll.
    Roll {
        /// The share.
        share: Ratio,
    },
    /// A fixed weight, whatever the size of the roll.
    Constant {
        /// The weight.
        votes: u64,
    },
    /// One and a half times the square root of the weight of the roll: what Debian asks for, its constitution, 4.2.7 (3Q for the
    /// roll's Q, half the square root). It is compared squared, 4·n² with 9·E.
    SquareRoot {},
}

impl Needed {
    /// Whether `taking_part` of `eligible` are enough. Of an empty roll nobody can be.
    #[must_use]
    pub fn is_met(self, taking_part: u128, eligible: u128) -> bool {
        match self {
            Self::Roll { share } => share.reached(taking_part, eligible),
            Self::Constant { votes } => eligible > 0 && taking_part >= u128::from(votes),
            Self::SquareRoot {} => eligible > 0 && reaches_root(taking_part, eligible),
        }
    }
}

/// From here on, four times a square is above nine times any 128-bit number: 4 · 2^132 > 9 · 2^128.
const ROOT_ALWAYS: u128 = 1 << 66;

/// `4·part² >= 9·whole`, exactly.
fn reaches_root(part: u128, whole: u128) -> bool {
    if part >= ROOT_ALWAYS {
        return true;
    }
    let double = part.saturating_mul(2);
    super::ratio::wide_product(double, double) >= super::ratio::wide_product(whole, 9)
}

/// How many must take part, always "at least".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quorum {
    /// Which ballots count towards it.
    pub counts: QuorumCounts,
    /// How many are needed.
    pub at_least: Needed,
}

impl Quorum {
    /// A share of the roll, of all ballots.
    #[must_use]
    pub const fn of_roll(share: Ratio) -> Self {
        Self {
            counts: QuorumCounts::AllBallots,
            at_least: Needed::Roll { share },
        }
    }
}
