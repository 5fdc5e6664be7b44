//! The records of a co-op and the anchors that cover them.

use chrono::{DateTime, Utc};
use governance::hash::Hash32;
use governance::id::ProposalId;
use serde::{Deserialize, Serialize};

/// A record: what it is about and its hash, never its contents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RecordAnswer {
    /// Its place among the records of the co-op, from 1 without a gap.
    pub sequence: u64,
    /// The name of its type.
    pub kind: String,
    /// What it is about, as a word.
    #[schema(value_type = String)]
    pub subject: Hash32,
    /// Its struct hash.
    #[schema(value_type = String)]
    pub record_hash: Hash32,
    /// When it was added.
    pub at: DateTime<Utc>,
}

/// A block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AnchorBlock {
    /// Its number.
    pub number: u64,
    /// Its hash.
    #[schema(value_type = String)]
    pub hash: Hash32,
}

/// Which anchors are asked for.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AnchorsQuery {
    /// Only those that were the first to cover a record of this proposal, in one page.
    #[param(value_type = Option<Uuid>)]
    pub proposal: Option<ProposalId>,
    /// Where the page before ended: its `next_cursor`. Absent for the first page.
    pub cursor: Option<String>,
    /// How many items, from 1 to 100; 50 unless said.
    pub limit: Option<u16>,
}

/// An anchor on its way to the chain, or there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AnchorAnswer {
    /// Its number, from 1; 0 is the opening of the co-op's namespace.
    pub seq: u64,
    /// How many records it covers, from the first one on.
    pub size: u64,
    /// The link of the anchor before it; zero for the first.
    #[schema(value_type = String)]
    pub prev: Hash32,
    /// The root over the records it covers.
    #[schema(value_type = String)]
    pub root: Hash32,
    /// What the contract holds once it is there.
    #[schema(value_type = String)]
    pub link: Hash32,
    /// The chain (EIP-155).
    pub chain_id: u64,
    /// The contract.
    pub contract: String,
    /// The namespace of the co-op there.
    #[schema(value_type = String)]
    pub namespace: Hash32,
    /// Where it stands; `final` cannot be undone.
    pub state: String,
    /// The block in which it was seen.
    pub block: Option<AnchorBlock>,
    /// The hashes of the transactions that were sent for it, the first one first. They carry the same and differ in fees; the chain takes
    /// one of them.
    #[schema(value_type = Vec<String>)]
    pub transactions: Vec<Hash32>,
    /// Why a person must look, where it halted.
    pub halt_reason: Option<String>,
}
