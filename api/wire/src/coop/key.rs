//! Keys that sign ballots.

use chrono::{DateTime, Utc};
use governance::hash::Hash32;
use governance::id::VotingKeyId;
use governance::signature::SignatureKind;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::page::Page;

/// A kind of key that a member can register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VotingKeyKind {
    /// An Ethereum wallet.
    Wallet,
    /// A passkey.
    Passkey,
    /// An Ed25519 key.
    Ed25519,
}

impl From<VotingKeyKind> for SignatureKind {
    fn from(kind: VotingKeyKind) -> Self {
        match kind {
            VotingKeyKind::Wallet => Self::Wallet,
            VotingKeyKind::Passkey => Self::Passkey,
            VotingKeyKind::Ed25519 => Self::Ed25519,
        }
    }
}

/// Registers a key of one's own.
///
/// The record is `KeyRegistrationV1(ns, member, kind, publicKey, salt)` with the namespace of the co-op, the caller's member id
/// as a word, 1 for a wallet, 3 for a passkey and 4 for Ed25519, the key as a word (an address padded on the left, the
/// Keccak-256 of a passkey's 64 bytes), and the salt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterKey {
    /// What kind of key it is.
    pub kind: VotingKeyKind,
    /// The address of a wallet (20 bytes), both coordinates of a passkey (64 bytes) or an Ed25519 public key (32 bytes), as 0x and
    /// lower-case hexadecimal digits.
    pub public_key: String,
    /// 32 random bytes for the record of the registration.
    #[schema(value_type = String)]
    pub salt: Hash32,
    /// The proof that the caller holds the key.
    pub proof: KeyProof,
}

/// The proof that a person holds a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum KeyProof {
    /// The key signed the EIP-712 digest of the registration record.
    Signature {
        /// 64 bytes for Ed25519, 65 for a wallet, the assertion for a passkey (record.md, section 4), as 0x and lower-case hexadecimal digits.
        signature: String,
    },
    /// A wallet signed an EIP-4361 message of the portal's domain, with a nonce of this server. Among its resources it names
    /// what it is for: `urn:rochdale:voting-key:<namespace>:<member>:<salt>`, and no other resource of `urn:rochdale:`.
    Siwe {
        /// The message, byte for byte as it was signed.
        message: String,
        /// 65 bytes, as 0x and lower-case hexadecimal digits.
        signature: String,
    },
}

/// A key of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyView {
    /// The key.
    #[schema(value_type = Uuid)]
    pub id: VotingKeyId,
    /// What kind of key it is.
    pub kind: VotingKeyKind,
    /// Its public part.
    pub public_key: String,
    /// The salt of its registration record.
    #[schema(value_type = String)]
    pub salt: Hash32,
    /// `signature`, `siwe` or `import`.
    pub proof: String,
    /// The sequence number of its registration record.
    pub registered_sequence: i64,
    /// When it was registered.
    pub registered_at: DateTime<Utc>,
    /// When it was taken back; null while it may sign.
    pub ended_at: Option<DateTime<Utc>>,
}

/// A page of keys.
pub type KeyPage = Page<KeyView>;
