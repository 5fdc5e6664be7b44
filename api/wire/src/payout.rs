//! Payout cycles: how revenue is shared by the rule that members adopted.

use chrono::{DateTime, Utc};
use governance::hash::Hash32;
use governance::id::{ContributionId, JournalId, MemberId, PayoutCycleId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::log::ReceiptState;

/// Opens a cycle under the rule in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenPayoutCycle {
    /// How the period is called: 1 to 40 letters, digits and . _ -.
    #[schema(example = "2026-Q3")]
    pub period: String,
    /// The last day whose income and costs are shared, such as `2026-09-30`; not in the future.
    pub ends_on: String,
}

/// Approves a cycle: exactly what these digests stand for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovePayoutCycle {
    /// The digest of the computation.
    #[schema(value_type = String)]
    pub digest: Hash32,
    /// The digest of what is paid.
    #[schema(value_type = String)]
    pub payout_digest: Hash32,
}

/// Cancels a cycle that was not posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelPayoutCycle {
    /// Why; members read it.
    #[schema(max_length = 2000)]
    pub reason: String,
}

/// What freezing a cycle would take, and what stands in its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FreezePreview {
    /// What would be shared: income less costs up to the last day, less what earlier cycles shared.
    pub revenue: String,
    /// In which currency.
    pub currency: String,
    /// The snapshots of contributions that would be counted.
    #[schema(value_type = Vec<Uuid>)]
    pub snapshots: Vec<ContributionId>,
    /// What stands in the way, each with what would help.
    pub obstacles: Vec<String>,
}

/// A step of a computed cycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayoutStepView {
    /// Its name.
    pub step: String,
    /// What its pool held before.
    pub before: String,
    /// What it holds after.
    pub after: String,
    /// The digest that PostgreSQL computed.
    #[schema(value_type = String)]
    pub digest: Hash32,
    /// Whether the second computation gave the same; null before it.
    pub is_verified: bool,
}

/// What a computed cycle gives a pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PoolLineView {
    /// The step.
    pub step: String,
    /// The pool.
    pub pool: String,
    /// How much.
    pub amount: String,
}

/// What a computed cycle comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayoutSums {
    /// What members got in all.
    pub accrued: String,
    /// What is paid.
    pub paid: String,
    /// What is withheld.
    pub withheld: String,
    /// What goes to funds.
    pub dormant: String,
    /// How many are paid.
    pub payments: u64,
}

/// Who approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayoutApprovalView {
    /// The member.
    #[schema(value_type = String, format = Uuid)]
    pub member: MemberId,
    /// When.
    pub approved_at: DateTime<Utc>,
}

/// A payout cycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayoutCycleView {
    /// Its identifier.
    #[schema(value_type = String, format = Uuid)]
    pub id: PayoutCycleId,
    /// How the period is called.
    pub period: String,
    /// The last day whose income and costs are shared.
    pub ends_on: String,
    /// The currency.
    pub currency: String,
    /// `open`, `frozen`, `computed`, `verified`, `proposed`, `approved`, `posted`, or `cancelled`.
    pub state: String,
    /// Where it stands with its payments: as `state`; once it is posted also `issuing` while payments are on their way, `reconciling` when
    /// all are paid and one person asked to close it, `closed`, or `undone`.
    pub stage: String,
    /// The rule, by its version.
    pub rule_version: u64,
    /// The rule, by its hash.
    #[schema(value_type = String)]
    pub rule_hash: Hash32,
    /// The cycle's word, which orders equal remainders.
    #[schema(value_type = String)]
    pub word: Hash32,
    /// Who opened it.
    #[schema(value_type = String, format = Uuid)]
    pub opened_by: MemberId,
    /// When.
    pub opened_at: DateTime<Utc>,
    /// What is shared; null before it is frozen.
    pub revenue: Option<String>,
    /// How many members were frozen.
    pub members: Option<u32>,
    /// The snapshots of contributions that it counts.
    #[schema(value_type = Vec<Uuid>)]
    pub snapshots: Vec<ContributionId>,
    /// SHA-256 of the functions that compute it.
    #[schema(value_type = Option<String>)]
    pub engine: Option<Hash32>,
    /// The digest that PostgreSQL computed.
    #[schema(value_type = Option<String>)]
    pub digest: Option<Hash32>,
    /// That of what is paid.
    #[schema(value_type = Option<String>)]
    pub payout_digest: Option<Hash32>,
    /// When a second program had computed the same.
    pub verified_at: Option<DateTime<Utc>>,
    /// Who put it before the approvers.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub proposed_by: Option<MemberId>,
    /// How many must approve.
    pub approvals_needed: Option<u16>,
    /// Who did.
    pub approvals: Vec<PayoutApprovalView>,
    /// The transaction that posted it.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub journal: Option<JournalId>,
    /// When it was posted.
    pub posted_at: Option<DateTime<Utc>>,
    /// Why it was cancelled.
    pub cancel_reason: Option<String>,
    /// When two persons undid it, after it was posted: nothing of it is paid, and another cycle shares its income again.
    pub reversed_at: Option<DateTime<Utc>>,
    /// Why they did.
    pub reversal_reason: Option<String>,
    /// What each step did.
    pub steps: Vec<PayoutStepView>,
    /// What pools got.
    pub pools: Vec<PoolLineView>,
    /// What it comes to.
    pub sums: Option<PayoutSums>,
}

/// A payout cycle in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayoutCycleSummary {
    /// Its identifier.
    #[schema(value_type = String, format = Uuid)]
    pub id: PayoutCycleId,
    /// How the period is called.
    pub period: String,
    /// The last day whose income and costs are shared.
    pub ends_on: String,
    /// The currency.
    pub currency: String,
    /// Where it stands.
    pub state: String,
    /// Where it stands with its payments: as `state`; once it is posted also `issuing` while payments are on their way, `reconciling` when
    /// all are paid and one person asked to close it, `closed`, or `undone`.
    pub stage: String,
    /// What is shared; null before it is frozen.
    pub revenue: Option<String>,
    /// When it was posted.
    pub posted_at: Option<DateTime<Utc>>,
    /// When it was undone, after it was posted.
    pub reversed_at: Option<DateTime<Utc>>,
}

/// What comes next in a cycle, before it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayoutNext {
    /// Where the cycle stands with its payments.
    pub stage: String,
    /// The step, as the last part of its route; null where nothing follows.
    pub act: Option<String>,
    /// Its route below that of the co-op.
    pub path: Option<String>,
    /// What it does, in English.
    pub what: Option<String>,
    /// Whether nobody takes it back alone.
    pub stays: bool,
    /// Who takes it: whoever holds one of these offices.
    pub roles: Vec<String>,
    /// The currency.
    pub currency: String,
    /// What is shared; null before it is frozen.
    pub revenue: Option<String>,
    /// Among how many members.
    pub members: Option<u32>,
    /// What is paid, to how many, and withheld; null before it is computed.
    pub sums: Option<PayoutSums>,
    /// The digest of the computation.
    #[schema(value_type = Option<String>)]
    pub digest: Option<Hash32>,
    /// The digest of what is paid.
    #[schema(value_type = Option<String>)]
    pub payout_digest: Option<Hash32>,
    /// How many approve it, by the amount; null before it is computed.
    pub approvals_needed: Option<u16>,
    /// How many did.
    pub approvals_given: u64,
    /// Who may approve it and did not yet.
    pub approvers: Vec<PayoutApprover>,
    /// What stands in the way now; of freezing it is told to treasurers.
    pub obstacles: Vec<String>,
}

/// Somebody who may approve a cycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayoutApprover {
    /// The member.
    #[schema(value_type = String, format = Uuid)]
    pub member: MemberId,
    /// The member's name.
    pub name: String,
}

/// What a step gave a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementLine {
    /// The step.
    pub step: String,
    /// What the step does, in English.
    pub sentence: String,
    /// In Chinese.
    pub sentence_zh: String,
    /// What the step shared among all.
    pub shared: String,
    /// The member's weight; null where the step weighs nobody.
    pub weight: Option<String>,
    /// The weight of all.
    pub weight_of_all: Option<String>,
    /// What the member got.
    pub amount: String,
}

/// A member's statement of a cycle: how each cent came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayoutStatement {
    /// The cycle.
    #[schema(value_type = String, format = Uuid)]
    pub cycle: PayoutCycleId,
    /// How the period is called.
    pub period: String,
    /// The currency.
    pub currency: String,
    /// Where the cycle stands: nothing is final before it is `posted`.
    pub state: String,
    /// When the cycle was undone, after it was posted: nothing of it is paid.
    pub reversed_at: Option<DateTime<Utc>>,
    /// The member.
    #[schema(value_type = String, format = Uuid)]
    pub member: MemberId,
    /// What each step gave.
    pub lines: Vec<StatementLine>,
    /// What was carried from before; below zero where the member owed.
    pub before: String,
    /// What the rule gives.
    pub accrued: String,
    /// What is withheld.
    pub withheld: String,
    /// What is to be paid.
    pub paid: String,
    /// What goes to a fund, since nobody claimed it.
    pub dormant: String,
    /// What is carried to the next cycle.
    pub carried: String,
    /// Whether what would be paid waits, since the membership is suspended.
    pub is_held: bool,
    /// Where the payment of it stands, such as `ready`, `submitted` or `settled`; null before the cycle is posted, and where nothing is paid.
    pub payment: Option<String>,
    /// What proves that the co-op's record holds this statement; null before the cycle is posted. It is for the member alone.
    pub proof: Option<StatementProof>,
}

/// What leads from a statement to the record of its cycle, and from there to the log: docs/record.md, `StatementV1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementProof {
    /// The salt of the statement.
    #[schema(value_type = String)]
    pub salt: Hash32,
    /// Which leaf it is, from 0: members in the order of their ids.
    pub index: u64,
    /// The hashes that lead from the leaf to the root, innermost first.
    #[schema(value_type = Vec<String>)]
    pub inclusion: Vec<Hash32>,
    /// The record of the cycle; cycle, period and currency are those of the statement.
    pub payout: PayoutRecord,
    /// The record in the log.
    pub log: ReceiptState,
}

/// What a `PayoutV1` says beside cycle, period and currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayoutRecord {
    /// The co-op's namespace.
    #[schema(value_type = String)]
    pub namespace: Hash32,
    /// The hash of the rule.
    #[schema(value_type = String)]
    pub ruleset: Hash32,
    /// The digest of the cycle.
    #[schema(value_type = String)]
    pub digest: Hash32,
    /// The digest of what is paid.
    #[schema(value_type = String)]
    pub payout_digest: Hash32,
    /// The root over all statements.
    #[schema(value_type = String)]
    pub statements: Hash32,
    /// How many there are.
    pub members: u64,
    /// What is paid in all.
    pub total: String,
    /// The salt of the record.
    #[schema(value_type = String)]
    pub salt: Hash32,
}
