//! The roll: who may vote in one proposal, with what weight and with which keys, frozen when voting opens.

use crate::hash::Hash32;
use crate::merkle::{leaf_hash, root};
use crate::record::tag;
use crate::signature::PublicKey;

/// A key on the roll, with the server sequence number of its registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RollKey {
    /// The key.
    pub public_key: PublicKey,
    /// When it was registered, as a sequence number of the co-op's records.
    pub registered_sequence: u64,
}

/// One member on a roll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollEntry {
    /// The member's id as a word.
    pub voter: Hash32,
    /// The weight of the member's ballot; 1 unless the bylaws have a college rule.
    pub weight: u128,
    /// The member's keys; empty where the server will have to vouch for the ballot.
    pub keys: Vec<RollKey>,
}

/// The commitment to a member's keys: the root over them, zero where there are none.
#[must_use]
pub fn key_commitment(keys: &[RollKey]) -> Hash32 {
    root(
        keys.iter()
            .map(|key| {
                leaf_hash(&[
                    tag("KeyV1"),
                    Hash32::from_u128(u128::from(key.public_key.kind().code())),
                    key.public_key.word(),
                    Hash32::from_u128(u128::from(key.registered_sequence)),
                ])
            })
            .collect(),
    )
}

/// The leaf of one entry: `(tag, proposal, voter, weight, keyCommit)`.
#[must_use]
pub fn roll_leaf(proposal: Hash32, entry: &RollEntry) -> Hash32 {
    leaf_hash(&[
        tag("RollV1"),
        proposal,
        entry.voter,
        Hash32::from_u128(entry.weight),
        key_commitment(&entry.keys),
    ])
}

/// The root of a roll.
#[must_use]
pub fn roll_root(proposal: Hash32, entries: &[RollEntry]) -> Hash32 {
    root(entries.iter().map(|entry| roll_leaf(proposal, entry)).collect())
}

/// The leaf of a counted ballot: `(tag, proposal, voter, ballotHash, weight)`.
#[must_use]
pub fn ballot_leaf(proposal: Hash32, voter: Hash32, ballot_hash: Hash32, weight: u128) -> Hash32 {
    leaf_hash(&[
        tag("BallotLeafV1"),
        proposal,
        voter,
        ballot_hash,
        Hash32::from_u128(weight),
    ])
}
