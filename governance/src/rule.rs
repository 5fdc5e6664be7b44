//! Decision rules as data: what makes a result, printed as a sentence, hashed into the proposal and evaluated by whoever counts.
//!
//! Shares are ratios of integers and are compared by multiplying across; no quotient is ever formed. A share of nothing is not
//! reached: a motion on which nobody took a side fails.

mod check;
mod coding;
mod counting;
mod judge;
mod preset;
mod quorum;
mod ratio;
mod sentence;

use serde::{Deserialize, Serialize};

pub use check::RuleRefusal;
pub use counting::{Counting, ElectionTie, Majority, MajorityBase, Threshold};
pub use judge::{Outcome, Verdict};
pub use quorum::{Needed, Quorum, QuorumCounts};
pub use ratio::{Ratio, RatioRefusal};

use crate::ballot::Method;

/// A decision rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionRule {
    /// How ballots are counted, and what makes a result of the count.
    pub counting: Counting,
    /// How many must take part; `None` where nobody need.
    #[serde(default)]
    pub quorum: Option<Quorum>,
}

impl DecisionRule {
    /// A rule that asks for nothing beside its count.
    #[must_use]
    pub const fn new(counting: Counting) -> Self {
        Self { counting, quorum: None }
    }

    /// The method it counts by.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.counting.method()
    }

    /// Places to fill; 1 for a motion.
    #[must_use]
    pub const fn seats(&self) -> u16 {
        match self.counting.seats() {
            Some(seats) => seats,
            None => 1,
        }
    }

    /// The same rule for this many places; a motion stays as it is.
    #[must_use]
    pub fn with_seats(&self, seats: u16) -> Self {
        Self {
            counting: self.counting.with_seats(seats),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests;
