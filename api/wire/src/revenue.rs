//! How revenue is shared: the rules that decisions adopted, and what members contributed.

use chrono::{DateTime, Utc};
use governance::action::RuleReading;
use governance::hash::Hash32;
use governance::id::{ContributionId, CoopId, MemberId, ProposalId};
use governance::revenue::RevenueRule;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::coop::DomainView;
use crate::log::ReceiptState;

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
    /// What it would have given over past cycles.
    pub what_if: WhatIf,
    /// The rule in words, and what its legal profile says of it.
    #[serde(flatten)]
    pub words: RuleWords,
}

/// A table of what members contributed, of one metric, for some days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitContributions {
    /// What is counted, as revenue rules call it: 1 to 40 of a-z, 0-9 and _.
    #[schema(example = "hours")]
    pub metric: String,
    /// The first day counted, such as `2026-07-01`.
    pub starts_on: String,
    /// The last day counted.
    pub ends_on: String,
    /// Where the figures come from, in up to 500 characters on one line; left out where they are metered.
    #[serde(default)]
    pub source: Option<String>,
    /// The snapshot that this one corrects.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub replaces: Option<ContributionId>,
    /// For how many days members may dispute, from 1 to 90.
    #[schema(minimum = 1, maximum = 90)]
    pub challenge_days: u16,
    /// The first row is `member,count`; then the identifier of a member and a whole number in each row. Left out where they are metered.
    #[serde(default)]
    pub table: Option<String>,
    /// What the co-op's own meter counted of models' use on these days, in the place of a table.
    #[serde(default)]
    pub metered: Option<MeteredUsage>,
}

/// What is counted of the use of models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MeteredUsage {
    /// Calls.
    Calls,
    /// Tokens of input.
    InputTokens,
    /// Tokens of output.
    OutputTokens,
    /// Tokens of both.
    Tokens,
    /// What it cost, in micro-credits.
    Charged,
}

impl MeteredUsage {
    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::InputTokens => "input_tokens",
            Self::OutputTokens => "output_tokens",
            Self::Tokens => "tokens",
            Self::Charged => "charged",
        }
    }
}

/// What bringing a table in would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ContributionPreview {
    /// What is counted.
    pub metric: String,
    /// How many members have a line.
    pub line_count: u32,
    /// What the counts come to.
    pub total: String,
}

/// A snapshot of what members contributed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ContributionView {
    /// Its identifier.
    #[schema(value_type = String, format = Uuid)]
    pub id: ContributionId,
    /// What is counted.
    pub metric: String,
    /// The first day counted.
    pub starts_on: String,
    /// The last day counted.
    pub ends_on: String,
    /// Where the figures come from.
    pub source: String,
    /// `challengeable` while members may dispute it; then `disputed` while a dispute is open, `usable` when none is; `rejected` once one
    /// is upheld; `replaced` by a correction.
    pub state: String,
    /// The snapshot that it corrects.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub replaces: Option<ContributionId>,
    /// The snapshot that corrects it.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub replaced_by: Option<ContributionId>,
    /// How many members have a line.
    pub line_count: u32,
    /// SHA-256 over it and its lines.
    #[schema(value_type = String)]
    pub digest: Hash32,
    /// Who brought it in.
    #[schema(value_type = String, format = Uuid)]
    pub submitted_by: MemberId,
    /// When.
    pub submitted_at: DateTime<Utc>,
    /// Until when members may dispute it.
    pub challenge_until: DateTime<Utc>,
    /// How many disputes are open.
    pub disputes_open: u64,
    /// How many were upheld.
    pub disputes_upheld: u64,
    /// What the member has who asks; null without a line.
    pub own: Option<u64>,
    /// The struct hash of its `ContributionsV1`, by which the log is asked for it; null where it was brought in before there were any.
    #[schema(value_type = Option<String>)]
    pub record_hash: Option<Hash32>,
    /// The salt of that record; all else that it says stands here.
    #[schema(value_type = Option<String>)]
    pub record_salt: Option<Hash32>,
    /// The signature of who brought it in over that record; null where nobody signed.
    pub signature: Option<ContributionSignature>,
}

/// The signature of who brought a snapshot in, by a key that was registered here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ContributionSignature {
    /// `wallet`, `passkey` or `ed25519`.
    pub kind: String,
    /// The wallet's address, both coordinates of the passkey, or the Ed25519 key.
    pub public_key: String,
    /// The signature over the EIP-712 digest of the `ContributionsV1`; of a passkey, its assertion.
    pub signature: String,
    /// When.
    pub signed_at: DateTime<Utc>,
}

/// A snapshot as a file that `rochdale-audit contributions` checks by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ContributionFile {
    /// The co-op.
    #[schema(value_type = String, format = Uuid)]
    pub coop: CoopId,
    /// The domain of signatures in it.
    pub domain: DomainView,
    /// The snapshot, without what the member has who asks.
    pub snapshot: ContributionView,
    /// Its lines, as the table that is brought in: `member,count`.
    pub table: String,
    /// Where the log holds its record.
    pub log: ReceiptState,
    /// What proves whose key signed; null where nobody signed.
    pub registration: Option<RegistrationProof>,
}

/// What leads from a member's key to the co-op's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RegistrationProof {
    /// The salt of its `KeyRegistrationV1`.
    #[schema(value_type = String)]
    pub salt: Hash32,
    /// Where the log holds that record.
    pub log: ReceiptState,
}

/// A member's dispute of the own line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DisputeView {
    /// The member.
    #[schema(value_type = String, format = Uuid)]
    pub member: MemberId,
    /// What the snapshot says; null without a line.
    pub counted: Option<u64>,
    /// What it should be, as the member says.
    pub claimed: Option<u64>,
    /// Why.
    pub reason: String,
    /// When.
    pub raised_at: DateTime<Utc>,
    /// Whether the member is right; null while it is open.
    pub is_upheld: Option<bool>,
    /// Why it was decided so.
    pub ruling: Option<String>,
    /// The steward who decided.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub ruled_by: Option<MemberId>,
}

/// A snapshot, with the disputes that the member may see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ContributionDetail {
    /// The snapshot.
    pub snapshot: ContributionView,
    /// One's own dispute; all of them for those who hold an office.
    pub disputes: Vec<DisputeView>,
}

/// Says that one's own line is wrong, or missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisputeContribution {
    /// Why.
    #[schema(max_length = 2000)]
    pub reason: String,
    /// What it should be.
    #[serde(default)]
    pub claimed: Option<u64>,
}

/// Decides a dispute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideDispute {
    /// Whether the member is right; then the snapshot is not used, and a correction replaces it.
    pub is_upheld: bool,
    /// Why.
    #[schema(max_length = 2000)]
    pub reason: String,
}

/// What a draft would have given the member who asks, over the cycles told anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WhatIfOwn {
    /// What the rules of the time gave.
    pub accrued: String,
    /// What was to be paid under them.
    pub paid: String,
    /// What the draft would have given.
    pub would_accrue: String,
    /// What would have been to be paid under it.
    pub would_be_paid: String,
    /// What would be carried at the end; below zero where the member would owe.
    pub would_carry: String,
}

/// Past cycles told anew under a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WhatIf {
    /// How many cycles, the newest ones: twelve at most.
    pub cycles: u32,
    /// Whether there may be older ones.
    pub has_more: bool,
    /// Why it cannot be told, with the cycle.
    pub refusal: Option<String>,
    /// How many members would have got more.
    pub members_gain: u32,
    /// How many would have got less.
    pub members_lose: u32,
    /// How many would have got the same.
    pub members_same: u32,
    /// What the member who asks would have got; null where the member had no part.
    pub own: Option<WhatIfOwn>,
}

/// Says which tax profile a member has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetTaxProfile {
    /// The member.
    #[schema(value_type = String, format = Uuid)]
    pub member: MemberId,
    /// The profile as revenue rules call it, 1 to 40 of a-z, 0-9 and _; null for none.
    #[schema(example = "no_tax_number")]
    pub profile: Option<String>,
}

/// A member's tax profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaxProfileView {
    /// The member.
    #[schema(value_type = String, format = Uuid)]
    pub member: MemberId,
    /// The profile; null for none.
    pub profile: Option<String>,
    /// Who set it.
    #[schema(value_type = String, format = Uuid)]
    pub set_by: MemberId,
    /// When.
    pub set_at: DateTime<Utc>,
}
