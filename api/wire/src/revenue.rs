//! How revenue is shared: the rules that decisions adopted.

use chrono::{DateTime, Utc};
use governance::action::RuleReading;
use governance::hash::Hash32;
use governance::id::ProposalId;
use governance::revenue::RevenueRule;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a legal profile says of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LegalFindingView {
    /// The clause.
    pub clause: String,
    /// `holds`, `check` or `breached`.
    pub standing: String,
    /// Where the clause stands.
    pub source: String,
    /// The steps that it is about.
    pub steps: Vec<String>,
    /// In plain English, with the figures.
    pub text: String,
}

/// A rule in words, and what the law it names may have against it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RuleWords {
    /// In English, one sentence for each step and each further clause.
    pub sentences: Vec<String>,
    /// In Chinese.
    pub sentences_zh: Vec<String>,
    /// What its legal profile says; empty without one. It refuses nothing and is no legal advice.
    pub findings: Vec<LegalFindingView>,
}

impl From<RuleReading> for RuleWords {
    fn from(reading: RuleReading) -> Self {
        let findings = reading.findings.into_iter().map(|finding| LegalFindingView {
            clause: finding.clause,
            standing: finding.standing,
            source: finding.source,
            steps: finding.steps.iter().map(ToString::to_string).collect(),
            text: finding.text,
        });
        Self {
            sentences: reading.sentences,
            sentences_zh: reading.sentences_zh,
            findings: findings.collect(),
        }
    }
}

/// A version of the revenue rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RevenueRuleVersion {
    /// From 1.
    pub version: u64,
    /// The hash of its `RevenueRuleV1`, which the proposal bound before anybody voted.
    #[schema(value_type = String)]
    pub hash: Hash32,
    /// Whether it is in force now.
    pub is_in_force: bool,
    /// From when on it is in force.
    pub effective_at: DateTime<Utc>,
    /// When it was adopted.
    pub adopted_at: DateTime<Utc>,
    /// The proposal that adopted it.
    #[schema(value_type = String, format = Uuid)]
    pub proposal: ProposalId,
    /// The rule as data.
    #[schema(value_type = Object)]
    pub rule: RevenueRule,
    /// The rule in words, and what its legal profile says of it.
    #[serde(flatten)]
    pub words: RuleWords,
}

/// A draft of a rule, to be looked at before anybody votes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewRevenueRule {
    /// The rule as data.
    #[schema(value_type = Object)]
    pub rule: RevenueRule,
}

/// A draft, looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RevenueRulePreview {
    /// The hash it would have.
    #[schema(value_type = String)]
    pub hash: Hash32,
    /// The version and the hash that a proposal must name now: the next version, and the hash it supersedes.
    pub next_version: u64,
    /// The hash of the newest version; the zero word where there is none.
    #[schema(value_type = String)]
    pub supersedes: Hash32,
    /// Why it could not be adopted as things stand.
    pub obstacle: Option<String>,
    /// The rule in words, and what its legal profile says of it.
    #[serde(flatten)]
    pub words: RuleWords,
}
