//! Anchors as they stand in their rows.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
use governance::id::CoopId;

/// A batch that is about to be sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAnchorBatch {
    /// The co-op.
    pub coop: CoopId,
    /// The number: 0 opens the namespace, then from 1.
    pub seq: i64,
    /// How many records it covers.
    pub size: i64,
    /// The link before it.
    pub prev: Vec<u8>,
    /// The root over the records.
    pub root: Vec<u8>,
    /// What the contract must answer once it is done.
    pub expected: Vec<u8>,
    /// The chain.
    pub chain_id: i64,
    /// The contract.
    pub contract: Vec<u8>,
    /// The namespace.
    pub namespace: Vec<u8>,
    /// The account that sends it.
    pub poster: Vec<u8>,
    /// The account that an opening names as admin.
    pub admin: Vec<u8>,
}

/// Whether a batch was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealing {
    /// It was.
    Sealed,
    /// It does not follow the newest batch: another server sealed first.
    Overtaken,
}

/// Whether a batch was replaced, or a lease kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replacement {
    /// It was.
    Replaced,
    /// Another server changed it first; what was done is thrown away.
    Overtaken,
}

/// A batch as it stands in its row.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct AnchorBatchRow {
    /// The number.
    #[diesel(sql_type = BigInt)]
    pub seq: i64,
    /// How many records it covers.
    #[diesel(sql_type = BigInt)]
    pub size: i64,
    /// The link before it.
    #[diesel(sql_type = Binary)]
    pub prev: Vec<u8>,
    /// The root over the records.
    #[diesel(sql_type = Binary)]
    pub root: Vec<u8>,
    /// What the contract must answer once it is done.
    #[diesel(sql_type = Binary)]
    pub expected: Vec<u8>,
    /// The chain.
    #[diesel(sql_type = BigInt)]
    pub chain_id: i64,
    /// The contract.
    #[diesel(sql_type = Binary)]
    pub contract: Vec<u8>,
    /// The namespace.
    #[diesel(sql_type = Binary)]
    pub namespace: Vec<u8>,
    /// The account that sends it.
    #[diesel(sql_type = Binary)]
    pub poster: Vec<u8>,
    /// The account that an opening names as admin.
    #[diesel(sql_type = Binary)]
    pub admin: Vec<u8>,
    /// The name of the state.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// The height of the block of a mined, safe or final state.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub block_number: Option<i64>,
    /// The hash of that block.
    #[diesel(sql_type = Nullable<Binary>)]
    pub block_hash: Option<Vec<u8>>,
    /// Why a person must look.
    #[diesel(sql_type = Nullable<Text>)]
    pub halt_reason: Option<String>,
    /// The transaction number being worked on.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub current_nonce: Option<i64>,
    /// How often the contract refused it.
    #[diesel(sql_type = Integer)]
    pub reverts: i32,
    /// Rises with each change.
    #[diesel(sql_type = BigInt)]
    pub version: i64,
}

/// A batch that is not final, as far as one needs to choose among several.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct OpenBatchRow {
    /// The number.
    #[diesel(sql_type = BigInt)]
    pub seq: i64,
    /// The name of the state.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// Why a person must look.
    #[diesel(sql_type = Nullable<Text>)]
    pub halt_reason: Option<String>,
    /// The transaction number being worked on.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub current_nonce: Option<i64>,
    /// Whether it ever had a transaction number.
    #[diesel(sql_type = Bool)]
    pub was_numbered: bool,
}

/// A transaction number taken for a batch.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct AnchorTxRow {
    /// The number.
    #[diesel(sql_type = BigInt)]
    pub nonce: i64,
    /// The most gas.
    #[diesel(sql_type = BigInt)]
    pub gas: i64,
    /// The newest block when it was last taken.
    #[diesel(sql_type = BigInt)]
    pub assigned_at_block: i64,
}

/// A signed version of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct AnchorAttemptRow {
    /// The transaction number.
    #[diesel(sql_type = BigInt)]
    pub nonce: i64,
    /// The signed bytes.
    #[diesel(sql_type = Binary)]
    pub raw: Vec<u8>,
    /// Their hash.
    #[diesel(sql_type = Binary)]
    pub hash: Vec<u8>,
    /// The most offered for a unit of gas, in wei.
    #[diesel(sql_type = BigInt)]
    pub max_fee: i64,
    /// Of which for whoever makes the block, in wei.
    #[diesel(sql_type = BigInt)]
    pub tip: i64,
    /// The newest block when it was first sent.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub first_sent_block: Option<i64>,
    /// The newest block when it was last sent.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub last_sent_block: Option<i64>,
    /// What the node said last.
    #[diesel(sql_type = Nullable<Text>)]
    pub outcome: Option<String>,
    /// The node's words where they fit nothing known.
    #[diesel(sql_type = Text)]
    pub outcome_text: String,
}

/// A transaction that was sent for a batch.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct AnchorSentRow {
    /// The number of the batch.
    #[diesel(sql_type = BigInt)]
    pub seq: i64,
    /// The hash of the transaction.
    #[diesel(sql_type = Binary)]
    pub hash: Vec<u8>,
}

/// A batch with all that was tried for it, each list in the order in which it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnchorBatchWhole {
    /// The batch.
    pub batch: AnchorBatchRow,
    /// Its transaction numbers.
    pub transactions: Vec<AnchorTxRow>,
    /// Their signed versions.
    pub attempts: Vec<AnchorAttemptRow>,
}

/// A record, as far as a batch covers it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct RecordLeafRow {
    /// The kind of record, as a word.
    #[diesel(sql_type = Binary)]
    pub tag: Vec<u8>,
    /// What it is about, as a word.
    #[diesel(sql_type = Binary)]
    pub subject: Vec<u8>,
    /// Its struct hash.
    #[diesel(sql_type = Binary)]
    pub record_hash: Vec<u8>,
}
