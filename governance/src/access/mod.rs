//! Shared AI tools: what a call costs, who may use how much, who is next, and what a key looks like.
//!
//! Units are whole micro-credits: a millionth of a credit. Nothing is rounded, since prices are whole units for each token.

mod charge;
mod fallback;
mod key;
mod period;
mod policy;
mod preview;
mod price;
mod queue;
mod rate;
mod registry;
mod total;

pub use charge::{Charge, Ending, Held, PartialChargeRule, charge};
pub use fallback::{Served, Weakness, weakness};
pub use key::{KeyParts, KeyRefusal};
pub use period::{Period, Window};
pub use policy::{Allowance, Group, Limit, Permission, Policy, PolicyRefusal, Principal, Share, Subject, Weight};
pub use preview::{Difference, PolicyChange, RateChange, SharedChange, Subjected, compare, compare_model};
pub use price::{Ask, Bound, Fit, Overhead, Price, Unfit, Usage, fit};
pub use queue::{FairQueue, QueueRefusal, SCALE};
pub use rate::{Metered, Owed, PARTS, Rate, owed};
pub use registry::{Endpoint, ModelTerms, ToolKind, ToolTerms, check_slug};
pub use total::{TOLD_MEMBERS_MIN, UsageTotal, Used, UsedOnDay, totals};

/// The most units of one allowance: a thousand million credits. The sum of what is spent and held stays far below 2^63.
pub const UNITS_MAX: u64 = 1_000_000_000_000_000;
/// The most units of one token: a credit.
pub const TOKEN_UNITS_MAX: u64 = 1_000_000;
/// The most units each call may cost beside its tokens: a thousand credits.
pub const CALL_UNITS_MAX: u64 = 1_000_000_000;
/// The most tokens of input and output that any model may have.
pub const CONTEXT_TOKENS_MAX: u64 = 16_777_216;
/// The most answers of one call.
pub const ANSWERS_MAX: u32 = 128;
/// The highest weight in the queue; the counters divide by every weight up to it without a remainder.
pub const WEIGHT_MAX: u32 = 20;
