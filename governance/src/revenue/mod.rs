//! Revenue rules: how revenue becomes reserves and members' shares, exactly, and what of that is paid.
//!
//! Every amount is a whole number of units of 10^-8 of the currency, stored in 63 bits and computed in 128. A rule is data: a list of
//! steps that move money between named pools and to members, without loops and without conditions, so that what holds for each step
//! holds for the rule. [`Rule`](RevenueRule) says what is done, [`compute`] does it, [`pay`] says what is paid of it, [`legal`] what a
//! law may have against it.

mod allocate;
mod amount;
mod approvals;
mod clamp;
mod contribution;
mod cycle;
mod digest;
mod history;
pub mod legal;
mod name;
mod payout;
mod rule;
mod sentence;
mod statement;
mod waterfall;

pub use allocate::{AllocateRefusal, allocate};
pub use amount::{Amount, AmountTextError, Balance, DECIMALS};
pub use approvals::{APPROVALS_MAX, ApprovalTier, Approvals, ApprovalsRefusal, TIERS_MAX};
pub use clamp::{Bounds, BoundsRefusal, Multiplier, Shares, allocate_within};
pub use contribution::{
    CONTRIBUTION_LINES_MAX, ContributionHead, ContributionRefusal, contribution_digest, read_contributions,
};
pub use cycle::{Cycle, CycleRefusal, GivenMembers, MEMBERS_MAX, Measure, MemberInput, Standing};
pub use digest::{cycle_digest, cycle_word, payout_digest, tie_word};
pub use history::{Comparison, HistoryRefusal, Past, what_if};
pub use name::{Group, Label, NameTextError, Pool, PoolKind};
pub use payout::{Payment, PayoutRefusal, pay};
pub use rule::{
    Cap, Dormancy, Excess, Infeasible, MetricWeight, Notice, Operation, PARTS_MAX, Part, Payout, Period, Profile, Rail,
    RevenueRule, RevenueRuleRefusal, Rounding, STEPS_MAX, Shortfall, Step, StepRefusal, Target, Withholding,
};
pub use statement::StatementHead;
pub use waterfall::{Computed, Line, Receiver, StepComputed, WaterfallRefusal, compute};

#[cfg(test)]
mod tests;
