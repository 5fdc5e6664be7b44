//! Proposals.

use chrono::{DateTime, Utc};
use governance::action::{Action, Change, Planned};
use governance::ballot::Method;
use governance::contest::ContestVerdict;
use governance::hash::Hash32;
use governance::id::{MemberId, ProposalId};
use governance::proposal::State;
use governance::rule::DecisionRule;
use governance::secrecy::Tier;
use serde::{Deserialize, Serialize};

use super::alternative::QuestionView;
use super::ballot::MyBallot;
use super::stage::StageView;

/// A proposal as it is begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProposal {
    /// The kind of decision, as the bylaws name it.
    #[schema(example = "motion")]
    pub kind: String,
    /// The title: one line.
    #[schema(max_length = 200)]
    pub title: String,
    /// The text; may be empty.
    #[serde(default)]
    #[schema(max_length = 20000)]
    pub body: String,
    /// The candidates of an election in their order on the ballot; none for a motion.
    #[serde(default)]
    pub options: Vec<String>,
    /// Places an election fills; left out for a motion, and for every method that knows how many it fills.
    #[serde(default)]
    pub seats: Option<u16>,
    /// What there is to spend, in the smallest unit; for a budget alone.
    #[serde(default)]
    pub budget: Option<u64>,
    /// What each option costs, in the same unit and in the order of the options; for a budget alone.
    #[serde(default)]
    pub costs: Option<Vec<u64>>,
    /// What is done once it is carried, each with the option that must be elected for it, if one must; see the steward's guide.
    #[serde(default)]
    #[schema(value_type = Vec<Object>, max_items = 20)]
    pub actions: Vec<Planned>,
    /// How secret ballots are: `open`, `pseudonymous` or `sealed`, of those that the bylaws allow; the first of them unless said.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "open")]
    pub secrecy: Option<Tier>,
    /// The proposal to which this one is an alternative: before the members, of the same kind and under the same bylaws.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub alternative_to: Option<ProposalId>,
}

/// A change of a proposal's texts; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditProposal {
    /// The title.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub title: Option<String>,
    /// The text.
    #[serde(default)]
    #[schema(max_length = 20000)]
    pub body: Option<String>,
    /// The candidates.
    #[serde(default)]
    pub options: Option<Vec<String>>,
    /// Places to fill.
    #[serde(default)]
    pub seats: Option<u16>,
    /// What there is to spend.
    #[serde(default)]
    pub budget: Option<u64>,
    /// What each option costs.
    #[serde(default)]
    pub costs: Option<Vec<u64>>,
    /// What is done once it is carried.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Object>>, max_items = 20)]
    pub actions: Option<Vec<Planned>>,
    /// How secret ballots are.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "open")]
    pub secrecy: Option<Tier>,
}

/// Opening of voting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenVoting {
    /// When voting ends; part of a second is cut off.
    pub closes_at: DateTime<Utc>,
    /// When voting opens by itself, in the place of what was set before; part of a second is cut off. Left out, it opens now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opens_at: Option<DateTime<Utc>>,
    /// The version that was read, as its ETag names it. Where it is not the current one any more nothing is opened, so that nobody
    /// freezes a text they have not seen. Left out, whatever the text is now is frozen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// Stopping of a proposal, or taking it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancellation {
    /// Why; members read it.
    #[schema(max_length = 2000)]
    pub reason: String,
}

/// An objection to what was carried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RaiseObjection {
    /// Why; members read it.
    #[schema(max_length = 2000)]
    pub reason: String,
}

/// Something that is done once a proposal is carried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PlannedAction {
    /// The option that must be elected for it, from 0; null where the proposal must be carried.
    pub option: Option<u16>,
    /// In plain English.
    pub sentence: String,
    /// The same as data.
    #[schema(value_type = Object)]
    pub act: Action,
}

/// What an action would change as things stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PreviewedAction {
    /// The action.
    #[serde(flatten)]
    pub action: PlannedAction,
    /// What it would change, and for whom.
    #[schema(value_type = Vec<Object>)]
    pub changes: Vec<Change>,
    /// Why it could not be executed as things stand.
    pub obstacle: Option<String>,
}

/// What a proposal would change as things stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProposalPreview {
    /// The actions in their order.
    pub actions: Vec<PreviewedAction>,
    /// Why all of them together could not be executed.
    pub obstacle: Option<String>,
    /// What the count could tell of single members although ballots are to be secret, as many as may vote now.
    pub secrecy_warnings: Vec<String>,
    /// Why voting could not open because of it.
    pub secrecy_obstacle: Option<String>,
}

/// A member who sponsors a proposal, or objects to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Voice {
    /// The member.
    #[schema(value_type = String, format = Uuid)]
    pub member: MemberId,
    /// How the member is called today.
    pub display_name: String,
    /// The reason given; none of a sponsor.
    pub reason: Option<String>,
}

/// An opening of voting that was set for a moment to come, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ScheduledOpening {
    /// When voting opens.
    pub opens_at: DateTime<Utc>,
    /// When voting ends; later where it opens so late that the bylaws' shortest voting time would not be kept.
    pub closes_at: DateTime<Utc>,
    /// The steward who set it.
    #[schema(value_type = String, format = Uuid)]
    pub scheduled_by: MemberId,
    /// When it was set.
    pub scheduled_at: DateTime<Utc>,
    /// `waiting`; `opened`; `cancelled` by a steward; `edited`, the proposal was changed; `refused`, something stood in the way when
    /// its time came; `ended` with the proposal.
    pub outcome: String,
    /// Why it came to nothing.
    pub reason: Option<String>,
    /// Who ended it; null while it waits and where its time came.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub ended_by: Option<MemberId>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// A reply of the member whom a proposal would expel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplyToNotice {
    /// What the member says to the grounds; every member reads it with the proposal.
    #[schema(max_length = 20000)]
    pub reply: String,
}

/// What a member was told whom a proposal would expel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ExpulsionNotice {
    /// The member.
    #[schema(value_type = String, format = Uuid)]
    pub member: MemberId,
    /// How the member is called today.
    pub display_name: String,
    /// Why the proposal would expel the member.
    pub grounds: String,
    /// When the member was told.
    pub given_at: DateTime<Utc>,
    /// Until when voting waits for the reply.
    pub reply_until: DateTime<Utc>,
    /// What the member replied.
    pub reply: Option<String>,
    /// When.
    pub replied_at: Option<DateTime<Utc>>,
}

/// A contest of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RaiseContest {
    /// Why the result should not stand; members read it.
    #[schema(max_length = 2000)]
    pub reason: String,
}

/// What a steward answers to a contest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerContest {
    /// Who contests.
    #[schema(value_type = String, format = Uuid)]
    pub member: MemberId,
    /// `dismissed`, the result stands; `upheld`, nothing follows from it.
    #[schema(value_type = String)]
    pub verdict: ContestVerdict,
    /// Why; members read it.
    #[schema(max_length = 2000)]
    pub reason: String,
}

/// A member who contests a result, and what a steward answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ContestView {
    /// The member.
    #[schema(value_type = String, format = Uuid)]
    pub member: MemberId,
    /// How the member is called today.
    pub display_name: String,
    /// Whether it is the appeal of the one whom the decision would expel.
    pub is_appeal: bool,
    /// Why the result should not stand.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
    /// `dismissed` or `upheld`; null while nobody answered.
    pub verdict: Option<String>,
    /// Why.
    pub verdict_reason: Option<String>,
    /// The steward who answered.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub decided_by: Option<MemberId>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
}

/// An attempt to execute what was carried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ExecutionAttempt {
    /// Which one, from 1.
    pub attempt: u64,
    /// `executed` or `failed`.
    pub outcome: String,
    /// Why it failed.
    pub reason: Option<String>,
    /// The steward who asked for it; null where its time had come.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub asked_by: Option<MemberId>,
    /// When.
    pub at: DateTime<Utc>,
}

/// What comes before and after the vote on a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProposalCourse {
    /// What is done once it is carried.
    pub actions: Vec<PlannedAction>,
    /// How many members must sponsor it before it is discussed.
    pub sponsors_needed: u16,
    /// Who sponsors it.
    pub sponsors: Vec<Voice>,
    /// Whom it would expel, what they were told, and what they replied.
    pub notices: Vec<ExpulsionNotice>,
    /// The last opening of voting that was set for a moment to come; null where none was.
    pub opening: Option<ScheduledOpening>,
    /// How many objections stop it once it is carried; 0 where members may not object.
    pub objectors_needed: u16,
    /// Until when members on the roll may object.
    pub objection_until: Option<DateTime<Utc>>,
    /// Who objects.
    pub objections: Vec<Voice>,
    /// Until when the result may be contested; null where the bylaws give no time, and before there is a result.
    pub contest_until: Option<DateTime<Utc>>,
    /// Who contests it.
    pub contests: Vec<ContestView>,
    /// How long what was carried waits before it is executed, in seconds.
    pub timelock_seconds: u64,
    /// From when it may be executed.
    pub execute_after: Option<DateTime<Utc>>,
    /// Until when it may be.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was executed.
    pub executed_at: Option<DateTime<Utc>>,
    /// The last attempts to execute it, the newest first.
    pub attempts: Vec<ExecutionAttempt>,
}

/// Which proposals a list holds.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProposalQuery {
    /// Only those in this state.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    pub state: Option<State>,
    /// Where the page before ended: its `next_cursor`. Absent for the first page.
    pub cursor: Option<String>,
    /// How many items, from 1 to 100; 50 unless said.
    pub limit: Option<u16>,
}

/// A member who wrote a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Author {
    /// The member.
    #[schema(value_type = String, format = Uuid)]
    pub id: MemberId,
    /// How the member is called today.
    pub display_name: String,
}

/// A proposal in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProposalSummary {
    /// The proposal.
    #[schema(value_type = String, format = Uuid)]
    pub id: ProposalId,
    /// The kind of decision.
    pub kind: String,
    /// The counting method, such as `yes_no` or `scottish_stv`.
    #[schema(value_type = String)]
    pub method: Method,
    /// The title.
    pub title: String,
    /// Where it stands.
    #[schema(value_type = String)]
    pub state: State,
    /// Who wrote it.
    pub author: Author,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// When voting opened.
    pub opens_at: Option<DateTime<Utc>>,
    /// When voting ends.
    pub closes_at: Option<DateTime<Utc>>,
}

/// How many have cast a ballot. Never how they voted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Turnout {
    /// Members on the roll who have cast a ballot.
    pub cast: u64,
    /// Members on the roll.
    pub of: u64,
}

/// The roll as it was frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RollCommitment {
    /// Its root.
    #[schema(value_type = String)]
    pub root: Hash32,
    /// Members on it.
    pub count: u32,
    /// The sum of their weights.
    pub weight: u64,
}

/// The EIP-712 domain of a co-op; what is null is left out of the domain's type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SigningDomain {
    /// `Rochdale`.
    pub name: String,
    /// `1`.
    pub version: String,
    /// The chain that anchors the co-op (EIP-155).
    pub chain_id: Option<u64>,
    /// The anchor contract on it.
    pub verifying_contract: Option<String>,
    /// The co-op's namespace.
    #[schema(value_type = String)]
    pub salt: Hash32,
}

/// What a ballot of the caller must hold to be signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Signing {
    /// The domain.
    pub domain: SigningDomain,
    /// `ns` of the ballot.
    #[schema(value_type = String)]
    pub namespace: Hash32,
    /// `proposal` of the ballot.
    #[schema(value_type = String)]
    pub proposal: Hash32,
    /// `proposalHash` of the ballot.
    #[schema(value_type = String)]
    pub proposal_hash: Hash32,
    /// `voter` of the ballot: the member, or the member's pseudonym. A ballot under a pseudonym is cast without a signature.
    #[schema(value_type = String)]
    pub voter: Hash32,
    /// `revision` of the next ballot.
    pub next_revision: u64,
}

/// A proposal.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProposalAnswer {
    /// The proposal.
    #[schema(value_type = String, format = Uuid)]
    pub id: ProposalId,
    /// The kind of decision.
    pub kind: String,
    /// The bylaws under which it was made.
    pub bylaws_version: u64,
    /// The title.
    pub title: String,
    /// The text.
    pub body: String,
    /// The candidates of an election; none for a motion.
    pub options: Vec<String>,
    /// The counting method, such as `yes_no` or `scottish_stv`.
    #[schema(value_type = String)]
    pub method: Method,
    /// Places to fill; 1 for a motion.
    pub seats: u16,
    /// The decision rule as data.
    #[schema(value_type = Object)]
    pub rule: DecisionRule,
    /// The decision rule in plain sentences, in English.
    pub rule_sentence: String,
    /// The same in Chinese.
    pub rule_sentence_zh: String,
    /// Where it stands.
    #[schema(value_type = String)]
    pub state: State,
    /// Who wrote it.
    pub author: Author,
    /// Rises with each change; the ETag.
    pub version: u64,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// When discussion began.
    pub discussed_at: Option<DateTime<Utc>>,
    /// From when the bylaws let voting open; only during discussion.
    pub opens_from: Option<DateTime<Utc>>,
    /// The shortest time voting may last, in seconds.
    pub voting_seconds_min: u64,
    /// The longest time voting may last, in seconds.
    pub voting_seconds_max: u64,
    /// Whether voting ends early once everyone on the roll has cast a ballot.
    pub close_when_all_voted: bool,
    /// When voting opened.
    pub opens_at: Option<DateTime<Utc>>,
    /// When voting ends.
    pub closes_at: Option<DateTime<Utc>>,
    /// When it was to end before the quorum was met so late that voting goes on; null where it was not.
    pub extended_from: Option<DateTime<Utc>>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// Who withdrew, cancelled or adopted it, or put it to one vote with others.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub ended_by: Option<MemberId>,
    /// Why it was withdrawn, cancelled, merged, or stopped by objections.
    pub end_reason: Option<String>,
    /// What comes before and after the vote.
    pub course: ProposalCourse,
    /// Which stage of its decision it is, where the bylaws name bodies that carry it before the members.
    pub stage: Option<StageView>,
    /// The question that it is on, where others are on it too.
    pub question: Option<QuestionView>,
    /// The secrecy tier: `open`; `pseudonymous`, where roll and ballots are published under names made for this proposal; `sealed`, where
    /// nobody is told even how many have voted until the count is published.
    #[schema(value_type = String)]
    pub secrecy: Tier,
    /// What the count could tell of single members although the tier hides it, as many as are on the roll.
    pub secrecy_warnings: Vec<String>,
    /// The roll, once voting opened.
    pub roll: Option<RollCommitment>,
    /// How many have cast a ballot, once voting opened; where ballots are sealed, once the count is published.
    pub turnout: Option<Turnout>,
    /// The struct hash of the `ProposalV1`, once voting opened.
    #[schema(value_type = Option<String>)]
    pub record_hash: Option<Hash32>,
    /// Whether the caller is on the roll.
    pub is_on_roll: bool,
    /// What the caller needs to sign a ballot; null while the caller cannot cast one.
    pub signing: Option<Signing>,
    /// The caller's last ballot.
    pub my_ballot: Option<MyBallot>,
}
