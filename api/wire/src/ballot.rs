//! Casting a ballot and the receipt that comes back.

use chrono::{DateTime, Utc};
use governance::hash::Hash32;
use governance::id::MemberId;
use governance::record::ReceiptV1;
use serde::{Deserialize, Serialize};

/// A ballot as a client sends it. Namespace, proposal and voter complete it to the record that is hashed and signed.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CastBallot {
    /// Whose ballot it is; may be left out by whoever is signed in.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub voter: Option<MemberId>,
    /// 1 for the first ballot in a proposal, then the last one and one more.
    pub revision: u64,
    /// The options chosen, counted from 0. A motion: one of 0 yes, 1 no, 2 abstain, 3 blank; consent: 0, 1 stand aside, 2 objection. A
    /// ranking: candidates in order. Every other method: the options that get something.
    pub options: Vec<u16>,
    /// What each is given. A motion, consent, an option that is only named: 1. A ranking: the ranks 1, 2, 3 and so on. Else its score,
    /// grade, votes or dots.
    pub points: Vec<u32>,
    /// Why; at most 2000 characters.
    #[serde(default)]
    pub reason: Option<String>,
    /// 32 random bytes made by the voter, as 0x and hexadecimal digits.
    #[schema(value_type = String)]
    pub salt: Hash32,
    /// The voter's signature over the EIP-712 digest of the ballot; without one the server attests the ballot of whoever is
    /// signed in, and every report counts it apart.
    #[serde(default)]
    pub signature: Option<BallotSignature>,
}

/// A signature by a key on the roll.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BallotSignature {
    /// `wallet`, `passkey` or `ed25519`.
    pub kind: String,
    /// The wallet's address (20 bytes), both coordinates of the passkey (64 bytes) or the Ed25519 key (32 bytes), as 0x and lower-case hexadecimal digits.
    pub public_key: String,
    /// 65 bytes r, s, v of a wallet, the assertion of a passkey (record.md, section 4), or 64 bytes of Ed25519, as 0x and lower-case hexadecimal digits.
    pub signature: String,
}

/// The acknowledgement of a stored ballot: keep it, it proves what the server must count.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BallotReceipt {
    /// The hash of the ballot's record.
    #[schema(value_type = String)]
    pub record_hash: Hash32,
    /// The server's sequence number; it rises with every ballot and has gaps.
    pub sequence: u64,
    /// When it was stored, by the clock of the database.
    pub at: DateTime<Utc>,
    /// The revision stored.
    pub revision: u64,
    /// `wallet`, `ed25519`, or `session` where the server attested it.
    pub signature_kind: String,
    /// The receipt's record.
    #[schema(value_type = Object)]
    pub receipt: ReceiptV1,
    /// The server's Ed25519 signature over the receipt's EIP-712 digest (domain without a chain).
    pub receipt_signature: String,
    /// The key that made it, as 0x and hexadecimal digits.
    pub server_key: String,
}
