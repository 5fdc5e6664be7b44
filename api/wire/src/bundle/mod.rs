//! The bundle: one file with all the evidence of a decision, enough to check it offline.
//!
//! A bundle `<co-op>-decision-<proposal>.rochdale` is gzip over JSON lines, one record a line, each with its section. Sections
//! come in the order of [`Section`]. Integers that may exceed 2^53 are texts of decimal digits, bytes are `0x` and lower-case
//! hexadecimal digits, moments are seconds since 1970. The first line says what the others are, the last counts them and holds
//! the SHA-256 of all bytes before it. Records are hashed as EIP-712 structs; this JSON is only their picture.
//!
//! The same database gives the same bytes before compression. [`BundleWriter`] writes them; the auditor's program has a reader
//! of its own.

mod fields;
pub mod member_receipt;
mod section;
mod writer;

use std::collections::BTreeMap;

use governance::action::Planned;
use governance::hash::Hash32;
use governance::id::CoopId;
use governance::record::{BallotV1, ConditionV1, DelegationV1, EventV1, ProposalV1, ProxyBallotV1, RuleV1, TallyV1};
use governance::rule::{DecisionRule, Language, Outcome};
use governance::signature::SignatureKind;
use governance::tally::sheet::Count;
use serde::{Deserialize, Serialize};

pub use fields::{ProposalFields, TallyFields};
pub use section::{Named, Section, SectionLine};
pub use writer::{BundleError, BundleWriter};

/// The name of the format, in every header.
pub const FORMAT: &str = "rochdale-bundle";
/// The version of the format.
pub const VERSION: u32 = 1;
/// The kind of bundle that proves one decision.
pub const KIND_DECISION: &str = "decision";
/// The longest line, in bytes with its line feed: the count of two hundred candidates over as many stages fits.
pub const LINE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The most lines in one section: a roll or an anchor's history longer than this is not one co-op's.
pub const SECTION_LINES_MAX: u64 = 20_000_000;
/// The most hashes on one line of the cover.
pub const COVER_HASHES_MAX: usize = 512;

/// What the file is, whose, and under which names its records were signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderLine {
    /// `header`.
    pub section: Named<{ Section::HEADER }>,
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// [`KIND_DECISION`].
    pub kind: String,
    /// Whose decision.
    pub coop: BundleCoop,
    /// The co-op's namespace.
    pub namespace: Hash32,
    /// The signing domain.
    pub domain: BundleDomain,
    /// The account that opened the namespace on chain, 20 bytes; absent without a chain.
    pub registrar: Option<String>,
    /// The server's Ed25519 key, which attests the ballots of members without a key.
    pub server_key: String,
    /// The co-op's transparency log; absent where the server publishes none.
    pub log: Option<BundleLog>,
    /// Every record type with its hash.
    pub types: Vec<BundleType>,
}

/// A co-op, as people call it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleCoop {
    /// Its id.
    pub id: CoopId,
    /// Its short name in addresses.
    pub slug: String,
    /// Its name.
    pub name: String,
}

/// The EIP-712 domain; its salt is the namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleDomain {
    /// The name wallets show.
    pub name: String,
    /// The version.
    pub version: String,
    /// The chain's id; absent without a chain.
    pub chain_id: Option<u64>,
    /// The anchor contract, 20 bytes; absent without a chain.
    pub verifying_contract: Option<String>,
}

/// The transparency log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleLog {
    /// The first line of its checkpoints; it ends with the namespace.
    pub origin: String,
    /// The key that signs them, as C2SP verifier key text: name, id and key.
    pub key: String,
}

/// A record type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleType {
    /// The EIP-712 type string.
    #[serde(rename = "type")]
    pub type_string: String,
    /// Its Keccak-256.
    pub hash: Hash32,
}

impl BundleType {
    /// Every type that records use.
    #[must_use]
    pub fn all() -> Vec<Self> {
        governance::record::type_registry()
            .into_iter()
            .map(|(text, hash)| Self {
                type_string: text.to_owned(),
                hash,
            })
            .collect()
    }
}

/// The decision rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleLine {
    /// `rule`.
    pub section: Named<{ Section::RULE }>,
    /// The record that the proposal names by its hash.
    pub record: RuleV1,
    /// The same as data.
    pub rule: DecisionRule,
    /// Its conditions, whose struct hashes stand in the record.
    pub conditions: Vec<ConditionV1>,
    /// The same in plain sentences, in English.
    pub sentence: String,
    /// The same in Chinese.
    pub sentence_zh: String,
}

impl RuleLine {
    /// The line of a rule.
    #[must_use]
    pub fn new(rule: DecisionRule, namespace: Hash32, salt: Hash32) -> Self {
        Self {
            section: Named,
            record: rule.record(namespace, salt),
            conditions: rule.condition_records(),
            sentence: rule.sentence(Language::English),
            sentence_zh: rule.sentence(Language::Chinese),
            rule,
        }
    }
}

/// The question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProposalLine {
    /// `proposal`.
    pub section: Named<{ Section::PROPOSAL }>,
    /// The record that every ballot names by its hash.
    #[serde(with = "fields::ProposalFields")]
    pub record: ProposalV1,
    /// The title.
    pub title: String,
    /// The text.
    pub body: String,
    /// The texts of the options in order; none for a motion.
    pub options: Vec<String>,
    /// What is done once it is carried; none in most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Planned>,
    /// The kind of decision in the bylaws.
    pub kind: String,
    /// The version of the bylaws it stood under.
    pub bylaws_version: u64,
    /// The place of the record in the log, from 0; absent while it has none.
    pub log_index: Option<u64>,
}

/// One member on the roll. Lines ascend by voter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RollLine {
    /// `roll`.
    pub section: Named<{ Section::ROLL }>,
    /// The member's id as a word.
    pub voter: Hash32,
    /// The weight of the member's ballot.
    #[serde(with = "governance::tally::decimal::whole")]
    pub weight: u128,
    /// The member's keys when voting opened.
    pub keys: Vec<BundleKey>,
}

/// A key on the roll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleKey {
    /// The kind of signature it makes; never `session`.
    pub kind: BundleSignatureKind,
    /// An address of 20 bytes or an Ed25519 key of 32.
    pub public_key: String,
    /// The server sequence of its registration.
    pub registered_sequence: u64,
}

impl From<governance::roll::RollKey> for BundleKey {
    fn from(key: governance::roll::RollKey) -> Self {
        Self {
            kind: key.public_key.kind().into(),
            public_key: key.public_key.to_string(),
            registered_sequence: key.registered_sequence,
        }
    }
}

/// Something that happened to the proposal. Lines ascend by place in the log; those without one come last, by moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventLine {
    /// `event`.
    pub section: Named<{ Section::EVENT }>,
    /// The record.
    pub record: EventV1,
    /// The words whose hash is the record's payload: who acted, then the facts of the kind
    /// ([`governance::event::EventKind::facts`]).
    pub facts: Vec<Hash32>,
    /// The place of the record in the log, from 0; absent while it has none.
    pub log_index: Option<u64>,
}

/// How a ballot is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BundleSignatureKind {
    /// An EVM account.
    Wallet,
    /// A passkey of the member.
    Passkey,
    /// An Ed25519 key of the member.
    Ed25519,
    /// The server, for a member who was signed in.
    Session,
}

impl From<SignatureKind> for BundleSignatureKind {
    fn from(kind: SignatureKind) -> Self {
        match kind {
            SignatureKind::Wallet => Self::Wallet,
            SignatureKind::Passkey => Self::Passkey,
            SignatureKind::Ed25519 => Self::Ed25519,
            SignatureKind::Session => Self::Session,
        }
    }
}

impl From<BundleSignatureKind> for SignatureKind {
    fn from(kind: BundleSignatureKind) -> Self {
        match kind {
            BundleSignatureKind::Wallet => Self::Wallet,
            BundleSignatureKind::Passkey => Self::Passkey,
            BundleSignatureKind::Ed25519 => Self::Ed25519,
            BundleSignatureKind::Session => Self::Session,
        }
    }
}

/// One ballot: every revision up to the close marker. Lines ascend by sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BallotLine {
    /// `ballot`.
    pub section: Named<{ Section::BALLOT }>,
    /// The record that was signed.
    pub record: BallotV1,
    /// The reason given, whose Keccak-256 the record holds; zero there where none was given.
    pub reason: Option<String>,
    /// How it is signed.
    pub kind: BundleSignatureKind,
    /// The key that signed it; the server's for `session`.
    pub public_key: String,
    /// The signature over the digest of the record in the domain of the header.
    pub signature: String,
    /// The server sequence under which it was stored.
    pub sequence: u64,
    /// When it was stored, in seconds since 1970.
    pub at: u64,
    /// Whether it is the member's last and was counted.
    pub counted: bool,
    /// The place of the record in the log, from 0; absent while it has none.
    pub log_index: Option<u64>,
}

/// One delegation that reaches the proposal, of a member on the roll: the newest of its truster and scope that was given before
/// voting closed. Lines ascend by truster, then scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DelegationLine {
    /// `delegation`.
    pub section: Named<{ Section::DELEGATION }>,
    /// The record that was signed.
    pub record: DelegationV1,
    /// How it is signed.
    pub kind: BundleSignatureKind,
    /// The key that signed it; the server's for `session`.
    pub public_key: String,
    /// The signature over the digest of the record in the domain of the header.
    pub signature: String,
    /// Its sequence number among the records of the co-op.
    pub sequence: u64,
    /// When it was stored, in seconds since 1970.
    pub at: u64,
    /// The place of the record in the log, from 0; absent while it has none.
    pub log_index: Option<u64>,
}

/// What the holder of a proxy cast for one member: the last of the two. Lines ascend by member, then holder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxyLine {
    /// `proxy`.
    pub section: Named<{ Section::PROXY }>,
    /// The record.
    pub record: ProxyBallotV1,
    /// The server's signature over the digest of the record in the domain of the header: the holder was signed in.
    pub signature: String,
    /// When it was stored, in seconds since 1970.
    pub at: u64,
    /// The place of the record in the log, from 0; absent while it has none.
    pub log_index: Option<u64>,
}

/// The lot: what was committed to when voting opened, and what it was mixed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotLine {
    /// `lot`.
    pub section: Named<{ Section::LOT }>,
    /// The secret; the proposal's salt is its commitment.
    pub lot_secret: Hash32,
    /// The block whose hash it was mixed with; absent where no lot was drawn, or without a chain.
    pub beacon: Option<BundleBeacon>,
}

/// A block after the close.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleBeacon {
    /// Its number.
    pub block_number: u64,
    /// Its hash.
    pub block_hash: Hash32,
    /// Its time, in seconds since 1970.
    pub timestamp: u64,
}

/// The count and its verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TallyLine {
    /// `tally`.
    pub section: Named<{ Section::TALLY }>,
    /// The record.
    #[serde(with = "fields::TallyFields")]
    pub record: TallyV1,
    /// How it ended, in a word.
    pub outcome: Outcome,
    /// The sums behind it.
    pub reasons: Vec<String>,
    /// Counted ballots with a member's signature.
    pub signed_ballots: u64,
    /// Counted ballots the server attested.
    pub attested_ballots: u64,
    /// Delegations that were used and that the server attested; absent where there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attested_delegations: u64,
    /// The course of an election; absent for a motion.
    pub count: Option<Count>,
    /// The place of the record in the log, from 0; absent while it has none.
    pub log_index: Option<u64>,
}

/// One anchor. Lines ascend by sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnchorLine {
    /// `anchor`.
    pub section: Named<{ Section::ANCHOR }>,
    /// The number of the anchor, from 1.
    pub seq: u64,
    /// How many records it covers.
    pub size: u64,
    /// The root over them.
    pub root: Hash32,
    /// The link before it.
    pub prev: Hash32,
    /// Its link: the word the contract stores.
    pub link: Hash32,
    /// The chain's id.
    pub chain_id: u64,
    /// The contract, 20 bytes.
    pub contract: String,
    /// The block that holds it, once there is one.
    pub block_number: Option<u64>,
    /// Its hash.
    pub block_hash: Option<Hash32>,
    /// How far it had come when the bundle was written; the auditor's program asks the chain instead.
    pub state: String,
    /// Which of this bundle's records the root holds.
    pub proofs: Vec<BundleProof>,
}

/// That an anchor's root holds a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleProof {
    /// The name of the record's type, whose Keccak-256 is the first word of the leaf: `ProposalV1` or `TallyV1`.
    pub tag: String,
    /// What the record is about, as a word: the proposal.
    pub subject: Hash32,
    /// The struct hash of the record.
    pub record_hash: Hash32,
    /// The sequence of the record among the co-op's.
    pub sequence: u64,
    /// The siblings from the leaf to the root.
    pub siblings: Vec<Hash32>,
}

/// The newest published checkpoint. A bundle has it only if it covers every record in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckpointLine {
    /// `checkpoint`.
    pub section: Named<{ Section::CHECKPOINT }>,
    /// The signed note, as it is published.
    pub note: String,
}

/// A part of the cover ([`governance::log::cover`]) that proves the proposal, every event, every ballot and the tally under the
/// checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoverLine {
    /// `cover`.
    pub section: Named<{ Section::COVER }>,
    /// Its next hashes in the order of the walk; at least one and no more than [`COVER_HASHES_MAX`].
    pub hashes: Vec<Hash32>,
}

/// The end: how many lines each section has, the hash of each, the hash of all, and the server's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndLine {
    /// `end`.
    pub section: Named<{ Section::END }>,
    /// The number of lines of every section before this one, also of those that have none.
    pub counts: BTreeMap<String, u64>,
    /// The SHA-256 of the lines of every section before this one.
    pub digests: BTreeMap<String, Hash32>,
    /// The SHA-256 of all bytes before this line.
    pub sha256: Hash32,
    /// The signature of the header's `server_key` over [`seal_digest`].
    ///
    /// Most of a bundle proves itself; this is for the rest (names, moments): whoever changes it cannot sign it anew.
    pub signature: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What the server signs at the end: the Keccak-256 of the tag `BundleSealV1` and the SHA-256 of each section before the end, in
/// order. An optional section ([`Section::is_optional`]) enters only where it has lines, behind the tag of its name.
#[must_use]
pub fn seal_digest(digests: &BTreeMap<Section, Hash32>) -> Hash32 {
    let mut words = vec![governance::record::tag("BundleSealV1")];
    let sections = Section::ALL.iter().filter(|section| **section != Section::End);
    for section in sections {
        match digests.get(section) {
            Some(digest) if section.is_optional() => words.extend([governance::record::tag(section.name()), *digest]),
            None if section.is_optional() => {}
            digest => words.push(digest.copied().unwrap_or_default()),
        }
    }
    governance::hash::keccak256_words(&words)
}

#[cfg(test)]
mod tests;
