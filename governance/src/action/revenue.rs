//! What decisions change about the rule by which revenue is shared.

use serde::{Deserialize, Serialize};

use super::{Change, Obstacle};
use crate::hash::Hash32;
use crate::revenue::legal::{Finding, Standing, lint};
use crate::revenue::{Label, RevenueRule};
use crate::rule::Language;

/// The revenue rules, as far as actions ask: the newest one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RevenueFacts {
    /// The co-op's namespace, in which rules are hashed.
    pub namespace: Hash32,
    /// The version of the newest rule; 0 where there is none.
    pub version: u64,
    /// Its hash; the zero word where there is none.
    pub hash: Hash32,
}

/// What a legal profile says of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalFinding {
    /// The clause.
    pub clause: String,
    /// `holds`, `check` or `breached`.
    pub standing: String,
    /// Where the clause stands.
    pub source: String,
    /// The steps that it is about.
    pub steps: Vec<Label>,
    /// In plain English, with the figures.
    pub text: String,
}

impl From<Finding> for LegalFinding {
    fn from(finding: Finding) -> Self {
        let standing = match finding.standing {
            Standing::Holds => "holds",
            Standing::Check => "check",
            Standing::Breached => "breached",
        };
        Self {
            clause: finding.clause.id.to_owned(),
            standing: standing.to_owned(),
            source: finding.clause.source.to_owned(),
            steps: finding.steps,
            text: finding.text,
        }
    }
}

/// What a rule says, in both languages, and what the law it names may have against it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleReading {
    /// In English, one sentence for each step and each further clause.
    pub sentences: Vec<String>,
    /// In Chinese.
    pub sentences_zh: Vec<String>,
    /// What its legal profile says; empty without one.
    pub findings: Vec<LegalFinding>,
}

impl RuleReading {
    /// Reads a rule.
    #[must_use]
    pub fn of(rule: &RevenueRule) -> Self {
        Self {
            sentences: rule.sentences(Language::English),
            sentences_zh: rule.sentences(Language::Chinese),
            findings: lint(rule).into_iter().map(LegalFinding::from).collect(),
        }
    }
}

impl RevenueFacts {
    /// What adopting a rule changes; it follows the newest version by number and by hash.
    ///
    /// # Errors
    /// [`Obstacle::RevenueRuleMoved`].
    pub fn adopt(&mut self, rule: &RevenueRule) -> Result<Change, Obstacle> {
        if rule.version != self.version.saturating_add(1) || rule.supersedes != self.hash {
            return Err(Obstacle::RevenueRuleMoved {
                version: rule.version,
                current: self.version,
                hash: self.hash,
            });
        }
        self.version = rule.version;
        self.hash = rule.hash(self.namespace);
        Ok(Change::RevenueRuleAdopted {
            version: self.version,
            hash: self.hash,
            currency: rule.currency.clone(),
            effective_from: rule.effective_from,
            reading: RuleReading::of(rule),
        })
    }
}

/// The action in plain English.
pub(super) fn sentence(rule: &RevenueRule) -> String {
    format!(
        "Version {} of the revenue rule is adopted, for revenue in {}. {}",
        rule.version,
        rule.currency,
        rule.sentences(Language::English).join(" ")
    )
}
