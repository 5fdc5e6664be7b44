//! What is said about a chain, in our own words.

use std::fmt;
use std::str::FromStr;

use governance::hash::{Hash32, from_hex, to_hex};

/// An account or a contract.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address([u8; 20]);

/// Why a text is not an [`Address`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 0x followed by 40 lower-case hexadecimal digits")]
pub struct AddressTextError;

impl Address {
    /// The address of nobody.
    pub const ZERO: Self = Self([0; 20]);

    /// Wraps 20 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// The address as a word, padded on the left.
    #[must_use]
    pub fn word(&self) -> Hash32 {
        Hash32::left_padded(&self.0)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&to_hex(&self.0))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for Address {
    type Err = AddressTextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        from_hex(text)
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or(AddressTextError)
    }
}

/// Which chain this is. Two chains may share an id by mistake; they never share the hash of their first block too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The chain's id (EIP-155).
    pub chain_id: u64,
    /// The hash of block 0.
    pub genesis: Hash32,
}

/// A block by number and hash. The hash decides; the number alone names different blocks before and after a reorganisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockReference {
    /// Its height.
    pub number: u64,
    /// Its hash.
    pub hash: Hash32,
}

/// Which block is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockTag {
    /// The newest block.
    Latest,
    /// The newest block that is unlikely to be replaced.
    Safe,
    /// The newest block that cannot be replaced.
    Finalized,
    /// The block at this height on the branch the node follows.
    Number(u64),
    /// The block with this hash.
    Hash(Hash32),
}

/// A block's header, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Its number and hash.
    pub reference: BlockReference,
    /// What each unit of gas costs at least in this block, in wei.
    pub base_fee: u128,
    /// When it was made, in seconds since 1970.
    pub timestamp: u64,
}

/// What a transaction offers for each unit of gas (EIP-1559).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fees {
    /// At most this, in wei.
    pub max_fee: u128,
    /// Of which at most this goes to whoever makes the block, in wei.
    pub tip: u128,
}

/// What the chain asks for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeeSuggestion {
    /// The base fee of the newest block, in wei.
    pub base_fee: u128,
    /// The median tip of recent blocks, in wei.
    pub tip: u128,
}

/// Whether a mined transaction did what it asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Execution {
    /// It did.
    Succeeded,
    /// The contract refused; only the gas is gone.
    Reverted,
}

/// Where a transaction was mined, as a node tells it. A hint where to look, never a proof that anything happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The transaction.
    pub transaction: Hash32,
    /// The block that holds it.
    pub block: BlockReference,
    /// Whether it did what it asked for.
    pub execution: Execution,
    /// The gas it used.
    pub gas_used: u64,
    /// The contract it created, if it created one.
    pub created: Option<Address>,
}

/// A namespace in a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The anchor contract.
    pub contract: Address,
    /// The namespace.
    pub namespace: Hash32,
}

/// Where a namespace stands in the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// The number of the newest anchor; 0 while there is none.
    pub seq: u64,
    /// How many records it covers.
    pub size: u64,
    /// The timestamp of its block, in seconds since 1970.
    pub anchored_at: u64,
    /// Whether no further anchor is accepted.
    pub closed: bool,
}

/// Who may act for a namespace; all zero where nobody opened it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roles {
    /// Names the roles and closes.
    pub admin: Address,
    /// Anchors.
    pub poster: Address,
    /// Where the co-op went on after closing.
    pub successor: Address,
}

impl Roles {
    /// The roles of a namespace that nobody opened.
    pub const NONE: Self = Self {
        admin: Address::ZERO,
        poster: Address::ZERO,
        successor: Address::ZERO,
    };
}
