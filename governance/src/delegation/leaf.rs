//! What the record holds of the delegations that were used: one leaf for each member whose weight another one's vote carried.

use crate::hash::{Hash32, keccak256_words};
use crate::merkle::{leaf_hash, root};
use crate::record::tag;

/// The path of a member who cast a ballot: no step.
pub const NO_PATH: Hash32 = Hash32::ZERO;

/// The path of a member: the delegation that speaks, by the struct hash of its record, then the path of who is trusted. So each path
/// is one word, whatever its length, and whoever holds the records along it computes it again.
#[must_use]
pub fn path_hash(record_hash: Hash32, of_trustee: Hash32) -> Hash32 {
    keccak256_words(&[record_hash, of_trustee])
}

/// One member whose weight another one's vote carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DelegatedLeaf {
    /// The member.
    pub truster: Hash32,
    /// Whose vote carried it.
    pub delegate: Hash32,
    /// The weight.
    pub weight: u128,
    /// The steps from the one to the other: [`path_hash`].
    pub path: Hash32,
    /// The struct hash of the [`crate::record::ProxyBallotV1`] that the delegate cast for the member; zero where the member's
    /// weight went with the delegate's own ballot.
    pub proxy: Hash32,
}

/// The leaf: `(tag, proposal, truster, delegate, weight, path, proxy)`.
#[must_use]
pub fn delegated_leaf(proposal: Hash32, of: &DelegatedLeaf) -> Hash32 {
    leaf_hash(&[
        tag("DelegatedV1"),
        proposal,
        of.truster,
        of.delegate,
        Hash32::from_u128(of.weight),
        of.path,
        of.proxy,
    ])
}

/// What [`crate::record::TallyV1::delegations`] is: the root over the leaves, zero where there are none.
#[must_use]
pub fn delegations_root(proposal: Hash32, delegated: impl IntoIterator<Item = DelegatedLeaf>) -> Hash32 {
    root(
        delegated
            .into_iter()
            .map(|each| delegated_leaf(proposal, &each))
            .collect(),
    )
}
