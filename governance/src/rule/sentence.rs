//! The rule as plain sentences, for people.
//!
//! Both languages are written from the same data, and every field stands in both: two rules that differ have different sentences.
//! A share stands as it is written, so that a reader can compare it with the data.

mod chinese;
mod english;

use serde::{Deserialize, Serialize};

use super::{
    Answer, Bound, BudgetBallots, Condition, ConditionBase, Counting, DecisionRule, DefaultOption, ElectionTie,
    Majority, MajorityBase, Needed, Quorum, QuorumCounts, Spending, Threshold, Unscored,
};

/// A language in which rules are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[serde(rename = "en")]
    English,
    /// Chinese in simplified characters.
    #[serde(rename = "zh-Hans")]
    Chinese,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// The tag of the language (BCP 47).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-Hans",
        }
    }
}

impl DecisionRule {
    /// The rule in plain sentences.
    #[must_use]
    pub fn sentence(&self, language: Language) -> String {
        match language {
            Language::English => english::rule(self),
            Language::Chinese => chinese::rule(self),
        }
    }
}

/// A time as its largest whole unit: how many, and of what.
fn span(seconds: u64) -> (u64, Unit) {
    for (unit, length) in [(Unit::Day, 86_400), (Unit::Hour, 3_600), (Unit::Minute, 60)] {
        if seconds.is_multiple_of(length) {
            return (seconds.checked_div(length).unwrap_or_default(), unit);
        }
    }
    (seconds, Unit::Second)
}

#[derive(Clone, Copy)]
enum Unit {
    Day,
    Hour,
    Minute,
    Second,
}
