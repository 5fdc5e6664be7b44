//! Shared AI tools: keys, tools, models, the policy of use, what is spent. Amounts are whole micro-credits.

use chrono::{DateTime, Utc};
use governance::access::{ModelTerms, Policy, ToolTerms};
use governance::id::{DocumentId, JournalId, ProposalId, UpstreamId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A limit that a key has of its own, within those of its member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessKeyCap {
    /// How much.
    pub units: u64,
    /// In which period: `day`, `week` or `month`, in UTC.
    pub period: String,
}

/// A key to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccessKey {
    /// How it is called.
    #[schema(max_length = 80, example = "my editor")]
    pub name: String,
    /// The models it is for; all that the member may use unless said.
    #[serde(default)]
    pub models: Option<Vec<String>>,
    /// What it may ask: `chat_completions`, `completions`, `responses`, `embeddings`; everything unless said.
    #[serde(default)]
    pub endpoints: Option<Vec<String>>,
    /// The networks it may be used from, such as `192.0.2.0/24`; all unless said.
    #[serde(default)]
    pub networks: Option<Vec<String>>,
    /// The most that one call may cost.
    #[serde(default)]
    pub call_units_max: Option<u64>,
    /// The most that its calls may cost in a period.
    #[serde(default)]
    pub cap: Option<AccessKeyCap>,
    /// After how many days it is worth nothing, from 1 to 366.
    #[schema(minimum = 1, maximum = 366)]
    pub expires_in_days: u16,
}

/// A key to be replaced by one with the same scopes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateAccessKey {
    /// For how many seconds the old one works beside the new one, at most a week.
    #[schema(maximum = 604_800)]
    pub overlap_seconds: u32,
    /// After how many days the new one is worth nothing, from 1 to 366.
    #[schema(minimum = 1, maximum = 366)]
    pub expires_in_days: u16,
}

/// A key, without what proves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AccessKeyView {
    /// The key.
    #[schema(value_type = String, format = Uuid)]
    pub id: Uuid,
    /// How it is called.
    pub name: String,
    /// The models it is for; null for all that the member may use.
    pub models: Option<Vec<String>>,
    /// What it may ask; null for everything.
    pub endpoints: Option<Vec<String>>,
    /// The networks it may be used from; null for all.
    pub networks: Option<Vec<String>>,
    /// The most that one call may cost.
    pub call_units_max: Option<u64>,
    /// The most that its calls may cost in a period.
    pub cap: Option<AccessKeyCap>,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// From when on it is worth nothing.
    pub expires_at: DateTime<Utc>,
    /// When it was revoked; null while it was not.
    pub revoked_at: Option<DateTime<Utc>>,
    /// The key it took the place of.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub replaces: Option<Uuid>,
    /// The day of its last call, in UTC.
    pub last_used: Option<String>,
}

/// A key that was just made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AccessKeySecret {
    /// The key.
    pub key: AccessKeyView,
    /// Its text, shown this once: `rdk_…`. Null where the request is repeated, since it is not kept.
    pub secret: Option<String>,
}

/// A tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ToolView {
    /// The tool.
    #[schema(value_type = String, format = Uuid)]
    pub id: UpstreamId,
    /// How proposals call it.
    pub name: String,
    /// Its terms.
    #[schema(value_type = Object)]
    pub terms: ToolTerms,
    /// Whether the co-op has a key there. The key is never shown.
    pub has_key: bool,
    /// The proposal that set it so.
    #[schema(value_type = String, format = Uuid)]
    pub proposal: ProposalId,
    /// When.
    pub set_at: DateTime<Utc>,
    /// Since when it is not used any more.
    pub retired_at: Option<DateTime<Utc>>,
}

/// A model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ModelTermsView {
    /// The name by which members ask for it.
    pub name: String,
    /// Its terms, with its price for each token and call.
    #[schema(value_type = Object)]
    pub terms: ModelTerms,
    /// Whether what is sent to it leaves the co-op.
    pub external: bool,
    /// Where it goes.
    pub data_location: String,
    /// The proposal that set it so.
    #[schema(value_type = String, format = Uuid)]
    pub proposal: ProposalId,
    /// When it was first registered.
    pub registered_at: DateTime<Utc>,
    /// Since when it is not served any more, or its tool is not used any more.
    pub retired_at: Option<DateTime<Utc>>,
    /// Whether it is shown that no call of it costs more than is set aside; it takes no calls before.
    pub is_proved: bool,
    /// How many tokens more than is set aside a call had when that was last looked at; null where nothing answered, or none had.
    pub lacks: Option<u64>,
    /// How many tokens more than is set aside for it each message or text had; null where nothing answered, or none had.
    pub lacks_message: Option<u64>,
    /// Whether the member who asks may use it.
    pub is_permitted: bool,
}

/// All tools and models, retired ones too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Registry {
    /// The tools.
    pub tools: Vec<ToolView>,
    /// The models.
    pub models: Vec<ModelTermsView>,
}

/// The key of the co-op at a tool.
#[derive(Clone, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GiveToolKey {
    /// The key, as the provider gave it.
    #[schema(max_length = 500)]
    pub key: String,
}

/// An allowance of the member who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AllowanceLine {
    /// Whose account it is: `coop`, `class`, `role` or `member`.
    pub limit: String,
    /// Which of them, such as the name of a class.
    pub subject: String,
    /// The period: `day`, `week` or `month`, in UTC.
    pub period: String,
    /// The allowance of one period.
    pub cap: u64,
    /// What is spent of it. Of a shared allowance with fewer than five active members in it, the member's own part alone is shown.
    pub spent: Option<u64>,
    /// What running calls hold of it.
    pub held: Option<u64>,
    /// When it begins anew.
    pub resets_at: DateTime<Utc>,
    /// The proposal that set it.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub proposal: Option<ProposalId>,
    /// Since when it is so.
    pub since: Option<DateTime<Utc>>,
}

/// What the member who asks may still use: every line must cover a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Allowances {
    /// The lines; none where nobody decided that the member may use anything.
    pub limits: Vec<AllowanceLine>,
    /// The member's weight in the queue.
    pub weight: u32,
}

/// Where an allowance of a policy comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AllowanceOrigin {
    /// The proposal that first set it as it is.
    #[schema(value_type = String, format = Uuid)]
    pub proposal: ProposalId,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// A version of the policy of use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PolicyVersion {
    /// From 1.
    pub version: u64,
    /// Whether it is the one in force.
    pub is_in_force: bool,
    /// From when on it is in force.
    pub effective_at: DateTime<Utc>,
    /// The proposal that set it.
    #[schema(value_type = String, format = Uuid)]
    pub proposal: ProposalId,
    /// What it says.
    #[schema(value_type = Object)]
    pub policy: Policy,
    /// For each of its allowances, in order, where it comes from.
    pub origins: Vec<AllowanceOrigin>,
}

/// A call of the member who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UsageView {
    /// Its hold.
    #[schema(value_type = String, format = Uuid)]
    pub hold: Uuid,
    /// The key.
    #[schema(value_type = String, format = Uuid)]
    pub key: Uuid,
    /// The model.
    pub model: String,
    /// What was asked.
    pub endpoint: String,
    /// How it ended.
    pub ending: String,
    /// How its usage is known: `final`, `continuous`, `counted` or `bound`.
    pub source: String,
    /// Tokens of input; null where nothing tells.
    pub input_tokens: Option<u64>,
    /// Tokens of output; null where nothing tells.
    pub output_tokens: Option<u64>,
    /// The rule for calls that break off.
    pub rule: String,
    /// What was set aside.
    pub units: u64,
    /// What it cost.
    pub charged: u64,
    /// When it was settled.
    pub at: DateTime<Utc>,
}

/// What at least five members together used of a model on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UsageGroup {
    /// The model.
    pub model: String,
    /// How many members.
    pub members: u64,
    /// How many calls.
    pub calls: u64,
    /// Tokens of input.
    pub input_tokens: u64,
    /// Tokens of output.
    pub output_tokens: u64,
    /// What they cost.
    pub charged: u64,
}

/// What was used on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UsageOfDay {
    /// The day.
    pub day: String,
    /// Each model that at least five members used.
    pub groups: Vec<UsageGroup>,
}

/// What the member who asks owes in money for what was used on some days, at the rate that was voted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OwedView {
    /// Of which sum in the books; from 1.
    pub number: u64,
    /// The first of the days.
    pub first_day: String,
    /// The last.
    pub last_day: String,
    /// What was used, in micro-credits.
    pub charged: u64,
    /// The currency.
    pub currency: String,
    /// What is owed, in minor units.
    pub minor: u64,
    /// What is carried on to the next time, in 10^-12 of a minor unit.
    pub carry: String,
    /// The transaction in the books in which it stands, together with what at least four others owe; null where nothing is owed yet.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub journal: Option<JournalId>,
    /// The invoice that asks the member for it.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub invoice: Option<DocumentId>,
    /// When it was told.
    pub told_at: DateTime<Utc>,
}

/// Whether the books agree with themselves, at one instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Invariants {
    /// The instant.
    pub at: DateTime<Utc>,
    /// Whether all of what must hold does.
    pub holds_true: bool,
    /// How many accounts there are.
    pub accounts: u64,
    /// How many calls run. This and the sums are null where fewer than five active members share them.
    pub holds_open: Option<u64>,
    /// How many of these have no lease any more and wait to be swept.
    pub holds_expired: u64,
    /// What all accounts hold, added up.
    pub held: Option<u64>,
    /// What the open holds set aside, each counted in every account it is held in. Equal to `held`.
    pub held_by_holds: Option<u64>,
    /// What all accounts spent, added up.
    pub spent: Option<u64>,
    /// What settled calls were charged, each counted in every account. Equal to `spent`.
    pub charged: Option<u64>,
    /// How many accounts disagree with their holds. 0.
    pub mismatches: u64,
    /// How many accounts are beyond their cap. 0.
    pub beyond_cap: u64,
    /// How many settled calls are not booked as they were charged. 0.
    pub unbooked: u64,
    /// What upstreams claimed beyond what was set aside; nobody pays it. 0.
    pub excess: u64,
}
