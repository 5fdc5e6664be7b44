//! Decisions as rows and back. The store knows no rules and the domain no rows, so they meet here.

use chrono::{DateTime, Utc};
use governance::action::{Planned, actions_hash};
use governance::bylaws::{Bylaws, KindBylaws};
use governance::hash::{Hash32, keccak256};
use governance::id::{MemberId, ProposalId};
use governance::proposal::State;
use governance::record::{BallotV1, ChainDomain, Domain, ProposalV1, Record as _, texts_hash};
use governance::roll::{RollEntry, RollKey};
use governance::rule::DecisionRule;
use governance::secrecy::Tier;
use governance::signature::{PublicKey, SignatureKind};
use governance::time::Timestamp;
use serde_json::Value;
use store::coop::CoopRow;
use store::decision::ballot::BallotRow;
use store::decision::proposal::ProposalRow;
use store::decision::roll::{RollKeyRow, RollMemberRow};
use uuid::Uuid;

use crate::problem::Problem;

/// A row does not hold what it must: it was written by another version or by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the column `{0}` of a decision does not hold what it must")]
pub struct RowDamage(pub &'static str);

impl From<RowDamage> for Problem {
    fn from(damage: RowDamage) -> Self {
        Self::internal(damage)
    }
}

/// What was fixed when voting opened, beside the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frozen {
    /// The salt of the rule's record.
    pub rule_salt: Hash32,
    /// The salt of the proposal's record, which commits to the secret of the lot.
    pub salt: Hash32,
    /// The root of the roll.
    pub roll_root: Hash32,
    /// Members on the roll.
    pub roll_count: u32,
    /// The sum of their weights.
    pub roll_weight: u64,
    /// When voting opened.
    pub opens_at: Timestamp,
    /// When voting ends.
    pub closes_at: Timestamp,
}

/// A word from its column.
///
/// # Errors
/// If it is not 32 bytes.
pub fn word(bytes: &[u8], column: &'static str) -> Result<Hash32, RowDamage> {
    Hash32::from_slice(bytes).ok_or(RowDamage(column))
}

/// A number that is never negative from its column.
///
/// # Errors
/// If it is negative or too large.
pub fn number<T: TryFrom<i64>>(value: i64, column: &'static str) -> Result<T, RowDamage> {
    T::try_from(value).map_err(|_| RowDamage(column))
}

/// A moment in whole seconds; what lies before 1970 is 1970.
#[must_use]
pub fn timestamp(at: DateTime<Utc>) -> Timestamp {
    Timestamp(u64::try_from(at.timestamp()).unwrap_or_default())
}

/// The moment of a timestamp; `None` beyond the calendar.
#[must_use]
pub fn moment(at: Timestamp) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(i64::try_from(at.0).ok()?, 0)
}

/// Where a proposal stands.
///
/// # Errors
/// If the row holds no known state.
pub fn state(row: &ProposalRow) -> Result<State, RowDamage> {
    State::from_name(&row.state).ok_or(RowDamage("state"))
}

/// The decision rule of a proposal.
///
/// # Errors
/// If the row holds none.
pub fn rule(row: &ProposalRow) -> Result<DecisionRule, RowDamage> {
    serde_json::from_value(row.rule.clone()).map_err(|_| RowDamage("rule"))
}

/// How secret the ballots of a proposal are.
///
/// # Errors
/// If the row holds no known tier.
pub fn tier(row: &ProposalRow) -> Result<Tier, RowDamage> {
    let code = u8::try_from(row.secrecy).map_err(|_| RowDamage("secrecy"))?;
    Tier::from_code(code).ok_or(RowDamage("secrecy"))
}

/// What is done once a proposal is carried.
///
/// # Errors
/// If the row holds no actions.
pub fn planned(row: &ProposalRow) -> Result<Vec<Planned>, RowDamage> {
    serde_json::from_value(row.actions.clone()).map_err(|_| RowDamage("actions"))
}

/// What the bylaws say of one kind of decision; `None` if they do not know it.
///
/// # Errors
/// If the row holds no bylaws.
pub fn kind_bylaws(content: &Value, kind: &str) -> Result<Option<KindBylaws>, RowDamage> {
    let bylaws: Bylaws = serde_json::from_value(content.clone()).map_err(|_| RowDamage("content"))?;
    Ok(bylaws.kinds.get(kind).cloned())
}

/// The domain in which ballots of a co-op are signed.
///
/// # Errors
/// If the row holds none.
pub fn domain(row: &CoopRow) -> Result<Domain, RowDamage> {
    let chain = match (row.chain_id, &row.contract) {
        (Some(chain_id), Some(contract)) => Some(ChainDomain {
            chain_id: number(chain_id, "chain_id")?,
            contract: contract.as_slice().try_into().map_err(|_| RowDamage("contract"))?,
        }),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => return Err(RowDamage("contract")),
    };
    Ok(Domain {
        namespace: word(&row.namespace, "namespace")?,
        chain,
    })
}

/// What was fixed when voting opened; `None` before.
///
/// # Errors
/// If only part of it is there.
pub fn frozen(row: &ProposalRow) -> Result<Option<Frozen>, RowDamage> {
    if row.record_hash.is_none() {
        return Ok(None);
    }
    let bytes = |column: &Option<Vec<u8>>, name| word(column.as_deref().ok_or(RowDamage(name))?, name);
    let at = |column: Option<DateTime<Utc>>, name| column.map(timestamp).ok_or(RowDamage(name));
    Ok(Some(Frozen {
        rule_salt: bytes(&row.rule_salt, "rule_salt")?,
        salt: bytes(&row.salt, "salt")?,
        roll_root: bytes(&row.roll_root, "roll_root")?,
        roll_count: number(i64::from(row.roll_count.unwrap_or(-1)), "roll_count")?,
        roll_weight: number(row.roll_weight.unwrap_or(-1), "roll_weight")?,
        opens_at: at(row.opens_at, "opens_at")?,
        closes_at: at(row.closes_at, "closes_at")?,
    }))
}

/// The record of a proposal.
///
/// # Errors
/// If the row holds no rule.
pub fn proposal_record(row: &ProposalRow, namespace: Hash32, frozen: &Frozen) -> Result<ProposalV1, RowDamage> {
    Ok(ProposalV1 {
        namespace,
        proposal: ProposalId::from_uuid(row.id).word(),
        text: texts_hash([row.title.as_str(), row.body.as_str()]),
        options: texts_hash(row.options.iter().map(String::as_str)),
        actions: actions_hash(&planned(row)?, namespace),
        rule: rule(row)?.record(namespace, frozen.rule_salt).struct_hash(),
        roll: frozen.roll_root,
        roll_count: frozen.roll_count,
        roll_weight: u128::from(frozen.roll_weight),
        opens_at: frozen.opens_at.0,
        closes_at: frozen.closes_at.0,
        secrecy: tier(row)?.code(),
        salt: frozen.salt,
    })
}

/// The record of a ballot in a proposal that was opened; `voter` is the member, or the pseudonym on the roll.
///
/// # Errors
/// If a row is damaged.
pub fn ballot_record(
    row: &ProposalRow,
    (voter, ballot): (Uuid, &BallotRow),
    namespace: Hash32,
) -> Result<BallotV1, RowDamage> {
    let proposal_hash = row.record_hash.as_deref().ok_or(RowDamage("record_hash"))?;
    let reason = ballot.reason.as_ref();
    Ok(BallotV1 {
        namespace,
        proposal: ProposalId::from_uuid(row.id).word(),
        proposal_hash: word(proposal_hash, "record_hash")?,
        voter: MemberId::from_uuid(voter).word(),
        revision: number(ballot.revision, "revision")?,
        options: ballot.options.iter().map(|option| option.cast_unsigned()).collect(),
        points: ballot.points.iter().map(|points| points.cast_unsigned()).collect(),
        reason: reason.map_or(Hash32::ZERO, |reason| keccak256(reason.as_bytes())),
        salt: word(&ballot.salt, "salt")?,
    })
}

/// How a signature kind is numbered in a row.
///
/// # Errors
/// If it is no kind.
pub fn signature_kind(kind: i16) -> Result<SignatureKind, RowDamage> {
    u8::try_from(kind)
        .ok()
        .and_then(SignatureKind::from_code)
        .ok_or(RowDamage("kind"))
}

/// Part of a roll from its rows, members and keys both in the order of the members.
///
/// # Errors
/// If a row is damaged, or a key is of nobody in this part.
pub fn roll_entries(members: &[RollMemberRow], keys: &[RollKeyRow]) -> Result<Vec<RollEntry>, RowDamage> {
    let mut keys = keys.iter().peekable();
    let mut entries = Vec::with_capacity(members.len());
    for row in members {
        let mut entry = RollEntry {
            voter: MemberId::from_uuid(row.voter()).word(),
            weight: number(row.weight, "weight")?,
            keys: Vec::new(),
        };
        while let Some(key) = keys.next_if(|key| key.member_id == row.member_id) {
            entry.keys.push(RollKey {
                public_key: PublicKey::parse(signature_kind(key.kind)?, &key.public_key)
                    .map_err(|_| RowDamage("public_key"))?,
                registered_sequence: number(key.registered_sequence, "registered_sequence")?,
            });
        }
        entries.push(entry);
    }
    if keys.next().is_some() {
        return Err(RowDamage("member_id"));
    }
    Ok(entries)
}
