//! Ballots read back, and the roll.

use governance::hash::Hash32;
use governance::id::MemberId;
use serde::{Deserialize, Serialize};

use crate::ballot::BallotReceipt;

/// A ballot of one's own, with its receipt.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MyBallot {
    /// The options chosen.
    pub options: Vec<u16>,
    /// What each is given.
    pub points: Vec<u32>,
    /// The reason given.
    pub reason: Option<String>,
    /// The salt.
    #[schema(value_type = String)]
    pub salt: Hash32,
    /// The key that signed, or the server's.
    pub public_key: String,
    /// The signature over the ballot.
    pub signature: String,
    /// The receipt.
    #[serde(flatten)]
    pub receipt: BallotReceipt,
}

/// A member on the roll of a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RollEntry {
    /// The member.
    #[schema(value_type = String, format = Uuid)]
    pub member: MemberId,
    /// How the member is called today.
    pub display_name: String,
    /// What the ballot weighs.
    pub weight: u64,
    /// The keys that may sign it.
    pub keys: Vec<RollKey>,
}

/// A key on the roll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RollKey {
    /// `wallet` or `ed25519`.
    pub kind: String,
    /// The key.
    pub public_key: String,
    /// The sequence number of its registration among the records of the co-op.
    pub registered_sequence: u64,
}
