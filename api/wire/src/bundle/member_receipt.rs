//! The receipt file of a member: one ballot, its place, and the keys that the roll holds for whoever cast it.

use governance::hash::Hash32;
use governance::record::{BallotV1, ProposalV1, ReceiptV1, TallyV1};
use serde::{Deserialize, Serialize};

use super::BundleKey;
use super::fields::{ProposalFields, TallyFields};
use crate::log::ReceiptState;

/// What `format` says in such a file.
pub const RECEIPT_FORMAT: &str = "rochdale-receipt-1";

/// Everything that proves one ballot's place. It holds the ballot's salt, so it is for its holder alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptFile {
    /// [`RECEIPT_FORMAT`].
    pub format: String,
    /// The proposal, as it was opened.
    #[serde(with = "ProposalFields")]
    pub proposal: ProposalV1,
    /// The member's last ballot, with its salt.
    pub ballot: BallotV1,
    /// The member on the roll.
    pub roll: ReceiptRoll,
    /// The server's word that it stored the ballot.
    pub acknowledgement: ReceiptAcknowledgement,
    /// The ballot in the log.
    pub log: ReceiptState,
    /// The ballot in the count.
    pub result: ReceiptResult,
}

/// The member's entry of the roll, and what leads from it to the root that the proposal names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptRoll {
    /// The member's id as a word.
    pub voter: Hash32,
    /// The weight of the member's ballot.
    #[serde(with = "governance::tally::decimal::whole")]
    pub weight: u128,
    /// The keys behind the entry's commitment; empty where the server vouches for the member.
    pub keys: Vec<BundleKey>,
    /// The siblings, innermost first.
    pub proof: Vec<Hash32>,
}

/// The signed acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptAcknowledgement {
    /// The record that is signed.
    pub receipt: ReceiptV1,
    /// The Ed25519 signature over its EIP-712 digest (domain without a chain), as 0x and hexadecimal digits.
    pub receipt_signature: String,
    /// The key that made it, as 0x and hexadecimal digits.
    pub server_key: String,
}

/// What became of the ballot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum ReceiptResult {
    /// There is no tally yet.
    Pending {},
    /// The tally counts the ballot.
    Counted {
        /// The tally.
        #[serde(with = "TallyFields")]
        tally: TallyV1,
        /// The weight it counts with: the member's own, and what the ballot carries of others.
        #[serde(with = "governance::tally::decimal::whole")]
        weight: u128,
        /// What leads from the counted ballot to the root that the tally names; innermost first.
        proof: Vec<Hash32>,
        /// The tally in the log.
        log: ReceiptState,
    },
    /// The tally does not count the ballot: another of the same member takes its place.
    Superseded {
        /// The tally.
        #[serde(with = "TallyFields")]
        tally: TallyV1,
        /// The tally in the log.
        log: ReceiptState,
    },
}
