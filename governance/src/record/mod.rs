//! The records of a co-op and the one way they are hashed: EIP-712 struct hashing.
//!
//! Every record is a flat structure of fixed-width words; texts enter as their Keccak-256, lists as the Keccak-256 of their
//! words laid end to end. JSON is only a picture of a record and is never hashed. The name of every type ends in its version.
//! Source: [EIP-712](https://eips.ethereum.org/EIPS/eip-712), "Definition of hashStruct" and "encodeData".

mod domain;
mod encode;
mod payouts;
mod reserved;
mod types;

pub use domain::{ChainDomain, Domain, namespace_on_chain, namespace_without_chain};
pub use payouts::{ClaimRootV1, ContributionsV1, PayoutV1, StatementLineV1, StatementV1};
pub use reserved::{ApprovalV1, ConsentV1, ObjectionV1, RevenueRuleV1, StepV1};
pub use types::{
    ActionV1, BallotV1, BylawsV1, ConditionV1, DelegationV1, EventV1, KeyRegistrationV1, KindV1, ProposalV1,
    ProxyBallotV1, ReceiptV1, RuleV1, TallyV1,
};

use crate::hash::{Hash32, keccak256};

/// A record: a type string and a struct hash.
pub trait Record {
    /// The EIP-712 type string.
    const TYPE: &'static str;

    /// The encoded fields, in the order of [`Self::TYPE`], one word each.
    fn words(&self) -> Vec<Hash32>;

    /// `keccak256(typeHash ‖ words)`, the identity of the record.
    fn struct_hash(&self) -> Hash32 {
        let mut words = vec![keccak256(Self::TYPE.as_bytes())];
        words.extend(self.words());
        crate::hash::keccak256_words(&words)
    }
}

/// What is signed: `keccak256(0x1901 ‖ domainSeparator ‖ hashStruct(record))`.
#[must_use]
pub fn digest<R: Record>(domain: &Domain, record: &R) -> Hash32 {
    digest_of_hash(domain, record.struct_hash())
}

/// As [`digest`], for a record whose struct hash is already known.
#[must_use]
pub fn digest_of_hash(domain: &Domain, record_hash: Hash32) -> Hash32 {
    digest_under(domain.separator(), record_hash)
}

/// As [`digest_of_hash`], for a domain whose separator is already known.
#[must_use]
pub fn digest_under(separator: Hash32, record_hash: Hash32) -> Hash32 {
    let mut bytes = Vec::with_capacity(66);
    bytes.extend_from_slice(&[0x19, 0x01]);
    bytes.extend_from_slice(separator.as_bytes());
    bytes.extend_from_slice(record_hash.as_bytes());
    keccak256(&bytes)
}

/// Every type string of the record with its type hash, in the order in which a bundle prints them; reserved ones too.
#[must_use]
pub fn type_registry() -> Vec<(&'static str, Hash32)> {
    [
        ActionV1::TYPE,
        ApprovalV1::TYPE,
        BallotV1::TYPE,
        BylawsV1::TYPE,
        ClaimRootV1::TYPE,
        ConditionV1::TYPE,
        ConsentV1::TYPE,
        ContributionsV1::TYPE,
        DelegationV1::TYPE,
        EventV1::TYPE,
        KeyRegistrationV1::TYPE,
        KindV1::TYPE,
        ObjectionV1::TYPE,
        PayoutV1::TYPE,
        ProposalV1::TYPE,
        ProxyBallotV1::TYPE,
        ReceiptV1::TYPE,
        RevenueRuleV1::TYPE,
        RuleV1::TYPE,
        StatementLineV1::TYPE,
        StatementV1::TYPE,
        StepV1::TYPE,
        TallyV1::TYPE,
    ]
    .into_iter()
    .map(|text| (text, keccak256(text.as_bytes())))
    .collect()
}

/// The tag of a kind of leaf: the Keccak-256 of its name. It is the first word of every leaf, so that a leaf of one kind can
/// never pass as a leaf of another.
#[must_use]
pub fn tag(name: &str) -> Hash32 {
    keccak256(name.as_bytes())
}

/// The hash of a list of texts: Keccak-256 of their Keccak-256s laid end to end, as EIP-712 encodes `string[]`.
#[must_use]
pub fn texts_hash<'a>(texts: impl IntoIterator<Item = &'a str>) -> Hash32 {
    let words: Vec<Hash32> = texts.into_iter().map(|text| keccak256(text.as_bytes())).collect();
    crate::hash::keccak256_words(&words)
}
