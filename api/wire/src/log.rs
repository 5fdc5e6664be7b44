//! What proves that something acknowledged is in the log of the co-op.

use governance::hash::Hash32;
use serde::{Deserialize, Serialize};

/// Whether a published checkpoint covers a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ReceiptState {
    /// It is acknowledged, and no checkpoint covers it yet; one does within seconds.
    Pending,
    /// A checkpoint covers it.
    Published(LogProof),
}

/// The proof that a record is in the log. The leaf is SHA-256 over a zero byte, a one byte, the type hash and the record hash; the
/// rest is RFC 6962.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LogProof {
    /// The name of the log; the first line of the checkpoint.
    pub origin: String,
    /// The public key of the log, as C2SP signed notes write it: `<origin>+<id>+<key>`.
    pub log_key: String,
    /// The Keccak-256 of the record's type string.
    #[schema(value_type = String)]
    pub type_hash: Hash32,
    /// The struct hash of the record.
    #[schema(value_type = String)]
    pub record_hash: Hash32,
    /// Its place in the log, from 0.
    pub index: u64,
    /// The size of the tree, as the checkpoint has it.
    pub size: u64,
    /// The hashes that lead from the leaf to the root, innermost first.
    #[schema(value_type = Vec<String>)]
    pub inclusion: Vec<Hash32>,
    /// The checkpoint, a signed note.
    pub checkpoint: String,
}
