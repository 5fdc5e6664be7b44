//! Decision rules as data: what makes a result, printed as a sentence, hashed into the proposal and evaluated by whoever counts.
//!
//! Shares are ratios of integers and are compared by multiplying across; no quotient is ever formed. A share of nothing is not
//! reached: a motion on which nobody took a side fails.

mod check;
mod coding;
mod condition;
mod counting;
mod early;
mod judge;
mod late;
mod preset;
mod quorum;
mod ratio;
mod sentence;

use serde::{Deserialize, Serialize};

pub use check::RuleRefusal;
pub(crate) use check::SECONDS_MAX;
pub use condition::{Answer, Bound, CONDITIONS_MAX, Condition, ConditionBase};
pub use counting::{
    BudgetBallots, Counting, DefaultOption, ElectionTie, Majority, MajorityBase, Spending, Threshold, Unscored,
};
pub use judge::{Outcome, Verdict};
pub use late::{QuorumWatch, Taken};
pub use quorum::{Needed, Quorum, QuorumCounts};
pub use ratio::{Ratio, RatioRefusal};
pub use sentence::Language;

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
    /// How many must, or may, give one answer: all of these beside the majority, for motions alone.
    #[serde(default)]
    pub conditions: Vec<Condition>,
    /// Whether the first ballot of a member is the last.
    #[serde(default)]
    pub ballots_final: bool,
    /// Whether voting ends as soon as the result can no longer change ([`Self::early`]).
    #[serde(default)]
    pub early: bool,
    /// How long voting goes on at least from the moment the quorum is met, in seconds; 0 asks for nothing
    /// ([`Self::closes_after_quorum`]).
    #[serde(default)]
    pub late_quorum_seconds: u64,
    /// How long before voting opens the proposal must have been before the members, in seconds.
    #[serde(default)]
    pub notice_seconds: u64,
    /// The most weight of others that one member may carry by delegation; 0 bounds nothing. What is above it is not cast.
    #[serde(default)]
    pub carried_max: u64,
}

impl DecisionRule {
    /// A rule that asks for nothing beside its count.
    #[must_use]
    pub const fn new(counting: Counting) -> Self {
        Self {
            counting,
            quorum: None,
            conditions: Vec::new(),
            ballots_final: false,
            early: false,
            late_quorum_seconds: 0,
            notice_seconds: 0,
            carried_max: 0,
        }
    }

    /// The method it counts by.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.counting.method()
    }

    /// Places to fill; 1 for a motion and where the method fills one, 0 for a budget, which fills as many as it pays for.
    #[must_use]
    pub const fn seats(&self) -> u16 {
        match (&self.counting, self.counting.seats()) {
            (Counting::Budget { .. }, None) => 0,
            (_, Some(seats)) => seats,
            (_, None) => 1,
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
