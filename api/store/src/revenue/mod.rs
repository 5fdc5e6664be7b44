//! How revenue is shared: the rules that decisions adopted, what members contributed, and the cycles that pay.

mod approval;
mod computed;
mod contribution;
mod cycle;
mod freeze;
mod frozen;
mod metered;
mod post;
mod rule;
mod signature;
mod statement;
mod tax;

pub use approval::{
    ApprovalRow, ApproverRow, approval_insert, approval_list, approvers, cycle_approve, cycle_cancel, cycle_post,
    cycle_propose,
};
pub use computed::{
    LineRow, PayoutRow, StepRow, SumsRow, WeightsRow, WithheldRow, cycle_compute, cycle_lines, cycle_payouts,
    cycle_steps, cycle_sums, cycle_verify, cycle_weights, cycle_withheld,
};
pub use contribution::{
    ContributionRow, DisputeRow, NewContribution, contribution_get, contribution_insert, contribution_list,
    dispute_insert, dispute_list, members_known, ruling_insert,
};
pub use cycle::{CycleRow, NewCycle, cycle_get, cycle_insert, cycle_last_posted, cycle_list, cycle_posted};
pub use freeze::{
    BasisRow, CountedRow, Freeze, OverflowRow, cycle_basis, cycle_earliest_income, cycle_freeze, cycle_overflows,
    cycle_snapshots,
};
pub use frozen::{FrozenMembers, FrozenRow};
pub use metered::{METERED_USAGE_IS_COUNTED_ONCE, MeteredRow, contribution_overlaps, usage_of_members};
pub use post::{NewCyclePosting, cycle_post_entries};
pub use rule::{
    NewRevenueRule, RevenueRuleRow, revenue_rule_get, revenue_rule_in_force, revenue_rule_insert, revenue_rule_list,
};
pub use signature::{
    ContributionLineRow, contribution_lines, contribution_signature_insert, contribution_signer, signing_key_get,
};
pub use statement::{
    StatementTile, StatementsRow, statement_place, statement_tiles, statements_get, statements_insert,
};
pub use tax::{TaxProfileRow, tax_profile_list, tax_profile_set};
