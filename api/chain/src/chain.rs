//! The seam between the rest of the server and a chain.

use async_trait::async_trait;
use governance::hash::Hash32;

use crate::contract::{Call, LeafClaim};
use crate::send_outcome::SendOutcome;
use crate::types::{Address, Block, BlockTag, FeeSuggestion, Head, Identity, Place, Receipt, Roles};

/// Why a question to a chain has no answer. None of these says anything about what is on chain.
#[derive(Debug, thiserror::Error)]
pub enum ChainFault {
    /// The node could not be reached, or not in time.
    #[error("the node did not answer `{method}`")]
    Unreachable {
        /// The method asked for.
        method: &'static str,
        /// What went wrong on the way.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The node answered with an error of its own.
    #[error("the node refused `{method}` with code {code}: {message}")]
    Refused {
        /// The method asked for.
        method: &'static str,
        /// The JSON-RPC error code.
        code: i64,
        /// The node's words, cut to a bound.
        message: String,
    },
    /// The answer was not what the method promises.
    #[error("the node's answer to `{method}` is malformed: {reason}")]
    Malformed {
        /// The method asked for.
        method: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The node follows another chain than the configured one.
    #[error("the node follows another chain: expected {expected}, found {found}")]
    WrongChain {
        /// What the configuration names.
        expected: String,
        /// What the node says.
        found: String,
    },
}

/// What a call would cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Estimate {
    /// It would succeed with this much gas.
    Gas(u64),
    /// The contract would refuse it, in the node's words.
    Reverts(String),
}

/// A chain with the anchor contract on it.
///
/// State is read at a block *hash*: two answers about one hash can be put together, two about "latest" cannot.
#[async_trait]
pub trait Chain: Send + Sync {
    /// Which chain this is.
    async fn identity(&self) -> Result<Identity, ChainFault>;

    /// A block; `None` if the node knows none by that tag, number or hash.
    async fn block(&self, tag: BlockTag) -> Result<Option<Block>, ChainFault>;

    /// How many transactions of `account` are mined up to the block with this hash. Pending ones never count: a node may forget
    /// them.
    async fn nonce(&self, account: Address, at: Hash32) -> Result<u64, ChainFault>;

    /// What the chain asks for now.
    async fn fee_suggestion(&self) -> Result<FeeSuggestion, ChainFault>;

    /// What a call would cost `from` on the newest block.
    async fn estimate(&self, from: Address, call: &Call) -> Result<Estimate, ChainFault>;

    /// Hands signed bytes to the node. Never fails: a lost answer is [`SendOutcome::Unknown`], since the bytes may have arrived.
    async fn send_raw(&self, raw: &[u8]) -> SendOutcome;

    /// Where the transaction was mined, if the node says it was.
    async fn receipt(&self, transaction: Hash32) -> Result<Option<Receipt>, ChainFault>;

    /// The link of one anchor as the contract holds it in the block with this hash; zero where there is none.
    async fn link(&self, place: Place, seq: u64, at: Hash32) -> Result<Hash32, ChainFault>;

    /// Where the namespace stands in the block with this hash.
    async fn head(&self, place: Place, at: Hash32) -> Result<Head, ChainFault>;

    /// Who may act for the namespace in the block with this hash.
    async fn roles(&self, place: Place, at: Hash32) -> Result<Roles, ChainFault>;

    /// Whether the contract itself, in the block with this hash, says that the claim holds.
    async fn verify(&self, contract: Address, claim: &LeafClaim, at: Hash32) -> Result<bool, ChainFault>;

    /// What a view of a contract answers in the block with this hash.
    async fn view(&self, contract: Address, data: &[u8], at: Hash32) -> Result<Vec<u8>, ChainFault>;

    /// What a contract told under these first topics in the blocks from one number to another: the topics of each log, in order.
    async fn logs(
        &self,
        contract: Address,
        topics: &[Hash32],
        blocks: (u64, u64),
    ) -> Result<Vec<Vec<Hash32>>, ChainFault>;

    /// The code at an address in the block with this hash; empty where there is none.
    async fn code(&self, address: Address, at: Hash32) -> Result<Vec<u8>, ChainFault>;
}
