//! The rule in words, one sentence for each step and each further clause.

mod chinese;
mod english;

use super::RevenueRule;
use crate::rule::Language;

impl RevenueRule {
    /// What the rule says, in order: its steps, its withholdings, how shares are paid, and what is promised.
    #[must_use]
    pub fn sentences(&self, language: Language) -> Vec<String> {
        match language {
            Language::English => english::rule(self),
            Language::Chinese => chinese::rule(self),
        }
    }
}
