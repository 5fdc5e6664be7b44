//! What strangers see of a co-op.

use chrono::{DateTime, NaiveDate, Utc};
use governance::hash::Hash32;
use governance::id::{MemberId, ProposalId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{BylawsView, CountsView};
use crate::decision::AnchorAnswer;

/// A part of the page that may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PublicPart {
    /// How many members there are; never who.
    Members,
    /// The bylaws in force.
    Bylaws,
    /// What was decided last, and how many voted; nothing that was decided about a member.
    Decisions,
    /// The payout cycles that are done: what was shared, never who got what.
    Payouts,
    /// The keys and names by which evidence of the co-op is checked.
    Keys,
}

impl PublicPart {
    /// Each, in the order in which they are told.
    pub const ALL: [Self; 5] = [Self::Members, Self::Bylaws, Self::Decisions, Self::Payouts, Self::Keys];

    /// The name in SQL and in events.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Bylaws => "bylaws",
            Self::Decisions => "decisions",
            Self::Payouts => "payouts",
            Self::Keys => "keys",
        }
    }
}

/// Sets what strangers see.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPublicPage {
    /// Whether there is a page at all.
    pub is_public: bool,
    /// What the co-op says of itself, as plain text.
    #[schema(max_length = 4000)]
    pub about: String,
    /// Which parts are shown.
    #[schema(max_items = 5)]
    pub shown: Vec<PublicPart>,
}

/// What is set, and what was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PublicPageSetting {
    /// Which version stands; 0 where none was ever set.
    pub version: u64,
    /// Whether there is a page at all.
    pub is_public: bool,
    /// What the co-op says of itself.
    pub about: String,
    /// Which parts are shown.
    pub shown: Vec<PublicPart>,
    /// The versions, the newest first: 50 at most.
    pub history: Vec<PublicPageVersion>,
}

/// A version as it was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PublicPageVersion {
    /// Which one.
    pub version: u64,
    /// Whether there was a page.
    pub is_public: bool,
    /// Which parts were shown.
    pub shown: Vec<PublicPart>,
    /// The steward.
    #[schema(value_type = Uuid)]
    pub set_by: MemberId,
    /// When.
    pub set_at: DateTime<Utc>,
}

/// The page; what the co-op does not show is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PublicPage {
    /// The short name.
    pub slug: String,
    /// The name.
    pub name: String,
    /// When it was founded.
    pub created_at: DateTime<Utc>,
    /// What it says of itself.
    pub about: String,
    /// How many members there are.
    pub members: Option<CountsView>,
    /// The bylaws in force.
    pub bylaws: Option<BylawsView>,
    /// What was decided last.
    pub decisions: Option<Vec<PublicDecision>>,
    /// The payout cycles that are done, the newest first.
    pub payouts: Option<Vec<PublicPayout>>,
    /// By what its evidence is checked.
    pub keys: Option<PublicKeys>,
}

/// A decision as strangers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PublicDecision {
    /// The proposal.
    #[schema(value_type = Uuid)]
    pub id: ProposalId,
    /// What was asked.
    pub title: String,
    /// The kind of decision.
    pub kind: String,
    /// How it ended: `passed`, `rejected`, `no_quorum` or `tied`.
    pub outcome: String,
    /// When the result was published.
    pub published_at: DateTime<Utc>,
    /// How many cast a ballot of their own.
    pub cast: u64,
    /// How many could.
    pub of: u64,
}

/// A payout cycle as strangers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PublicPayout {
    /// The period.
    pub period: String,
    /// Its last day.
    pub ends_on: NaiveDate,
    /// The currency.
    pub currency: String,
    /// What was shared, as a decimal number.
    pub revenue: String,
}

/// By what evidence of a co-op is checked: compare it with what an auditor tells you.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PublicKeys {
    /// The namespace of its signatures and anchors.
    #[schema(value_type = String)]
    pub namespace: Hash32,
    /// The server's key, which seals bundles.
    pub server_key: String,
    /// The key that signs the checkpoints of its log.
    pub log_key: String,
    /// The account that opened the namespace on the chain; null without a chain.
    pub registrar: Option<String>,
    /// The newest anchors that are final, the newest first; at most ten.
    pub anchors: Vec<AnchorAnswer>,
    /// The address of a page about a transaction of the chain, `{tx}` in the place of its hash; null where the operator named none.
    pub explorer: Option<String>,
}
