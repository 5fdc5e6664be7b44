//! Delegation: who votes for a member who does not vote.
//!
//! A member trusts another one, for the whole co-op, for one kind of decision or for one proposal, until a moment. In each
//! proposal the narrowest of a member's delegations that still holds is the one that speaks; one that names nobody says that nobody
//! votes for the member there, whatever a wider one says. What a member casts alone always counts instead. The weight of everyone
//! else is carried along the delegations to the first member on the way who cast a ballot, at most [`DEPTH_MAX`] steps.
//!
//! Each member has one delegation at most that speaks, so what comes of a roll depends on nothing but who stands on it, who cast a
//! ballot and which delegations there are; in which order they are told never matters. The work and the memory grow with the number
//! of members and no faster.
//!
//! Source: voting.md 4.12, after LiquidFeedback, whose cycles of members who do not vote count for nobody either.

mod leaf;
mod resolve;
mod scope;

pub use leaf::{DelegatedLeaf, NO_PATH, delegated_leaf, delegations_root, path_hash};
pub use resolve::{Delegated, Fate, Refusal, Resolution, Resolver, Sums, Uncast};
pub use scope::{Asked, Edge, Scope, ScopeKind, Standing, kind_word};

/// The most steps from a member to the ballot that carries the member's weight. A longer chain is nothing that anybody oversees.
pub const DEPTH_MAX: u8 = 64;

/// The most delegations that one member may have: one for the co-op, and one for each kind of decision and proposal.
pub const EDGES_PER_MEMBER_MAX: u32 = 200;

/// The longest that a delegation may hold, in seconds: four years. Trust that nobody renews ends.
pub const SECONDS_MAX: u64 = 4 * 366 * 86_400;
