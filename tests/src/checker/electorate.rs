//! The roll: who may vote, with which keys, frozen at the opening; and every ballot from someone on it.

use std::collections::{BTreeMap, BTreeSet};

use governance::hash::{Hash32, keccak256};
use governance::id::{MemberId, ProposalId};
use governance::record::{BallotV1, ChainDomain, Domain, Record as _, digest_of_hash};
use governance::roll::{RollEntry, RollKey, roll_root};
use governance::signature::{PublicKey, SignatureKind, verify};
use uuid::Uuid;

use super::rows::{Ballot, Coop, Proposal};
use super::{Evidence, Invariant, invariant};

pub(super) const INVARIANTS: &[Invariant] = &[
    invariant!(
        "4a",
        every_voter_is_on_the_roll,
        "Every ballot is of a member on the roll, and signed by a key on the roll or attested by the server."
    ),
    invariant!(
        "4b",
        every_roll_is_the_published_one,
        "The roll hashes to the root in the proposal's record, and the bundle's roll is the same."
    ),
    invariant!(
        "4c",
        every_ballot_is_what_was_signed,
        "A ballot's fields hash to its record, and its signature is over that record in its co-op's domain."
    ),
    invariant!(
        "4e",
        a_roll_bears_pseudonyms_exactly_where_its_tier_says_so,
        "A roll bears random pseudonyms and no keys where ballots stand under pseudonyms, and none anywhere else."
    ),
    invariant!(
        "4d",
        no_key_on_a_roll_came_after_the_opening,
        "Keys on a roll were registered before voting opened, by the member they stand for."
    ),
];

fn every_voter_is_on_the_roll(evidence: &Evidence) -> Vec<String> {
    let rows = &evidence.rows;
    let entries: BTreeSet<(Uuid, Uuid, Uuid)> = rows
        .roll_entry
        .iter()
        .map(|entry| (entry.coop_id, entry.proposal_id, entry.member_id))
        .collect();
    let keys: BTreeSet<(Uuid, Uuid, Uuid, u8, &[u8])> = rows
        .roll_key
        .iter()
        .map(|key| {
            (
                key.coop_id,
                key.proposal_id,
                key.member_id,
                key.kind,
                key.public_key.0.as_slice(),
            )
        })
        .collect();
    let server_key = evidence.server_key.as_deref().and_then(governance::hash::from_hex);
    rows.ballot
        .iter()
        .filter_map(|ballot| {
            let place = (ballot.coop_id, ballot.proposal_id, ballot.member_id);
            let key = ballot.public_key.0.as_slice();
            let wrong = if !entries.contains(&place) {
                "is of nobody on the roll"
            } else if ballot.kind == 5 && server_key.as_deref().is_some_and(|ours| ours != key) {
                "is attested by another key than the server's"
            } else if ballot.kind != 5 && !keys.contains(&(place.0, place.1, place.2, ballot.kind, key)) {
                "is signed by a key that is not on the roll"
            } else {
                return None;
            };
            Some(format!("ballot {} {wrong}", ballot.sequence))
        })
        .collect()
}

/// The roll of a proposal as the record knows it; `Err` where a key is none.
fn roll_of(evidence: &Evidence, proposal: &Proposal) -> Result<Vec<RollEntry>, String> {
    let mut keys: BTreeMap<Uuid, Vec<RollKey>> = BTreeMap::new();
    for key in evidence
        .rows
        .roll_key
        .iter()
        .filter(|key| (key.coop_id, key.proposal_id) == (proposal.coop_id, proposal.id))
    {
        let public_key = SignatureKind::from_code(key.kind)
            .and_then(|kind| PublicKey::parse(kind, &key.public_key.0).ok())
            .ok_or_else(|| format!("a key on the roll of {} is malformed", proposal.id))?;
        keys.entry(key.member_id).or_default().push(RollKey {
            public_key,
            registered_sequence: u64::try_from(key.registered_sequence).unwrap_or_default(),
        });
    }
    Ok(evidence
        .rows
        .roll(proposal)
        .map(|entry| RollEntry {
            voter: MemberId::from_uuid(entry.pseudonym.unwrap_or(entry.member_id)).word(),
            weight: u128::from(entry.weight),
            keys: keys.remove(&entry.member_id).unwrap_or_default(),
        })
        .collect())
}

fn every_roll_is_the_published_one(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    for proposal in evidence.rows.proposal.iter().filter(|proposal| proposal.was_opened()) {
        let roll = match roll_of(evidence, proposal) {
            Ok(roll) => roll,
            Err(why) => {
                found.push(why);
                continue;
            }
        };
        let root = roll_root(ProposalId::from_uuid(proposal.id).word(), &roll);
        let weight: u128 = roll.iter().map(|entry| entry.weight).sum();
        let published = proposal.roll_root.as_ref().map(super::rows::Bytes::word);
        if published != Some(root)
            || proposal.roll_count != u32::try_from(roll.len()).ok()
            || proposal.roll_weight.map(u128::from) != Some(weight)
        {
            found.push(format!("the roll of {} is not the one it published", proposal.id));
        }
        if let Some(bundle) = evidence.bundle(proposal) {
            let voters: BTreeSet<Hash32> = roll.iter().map(|entry| entry.voter).collect();
            if voters != bundle.voters || bundle.roll_root != Some(root) {
                found.push(format!("the bundle of {} has another roll", proposal.id));
            }
        }
    }
    found
}

/// The signing domain of a co-op.
pub(super) fn domain(coop: &Coop) -> Domain {
    let chain = coop
        .chain_id
        .zip(coop.contract.as_ref())
        .and_then(|(chain_id, contract)| {
            let contract = contract.0.as_slice().try_into().ok()?;
            Some(ChainDomain { chain_id, contract })
        });
    Domain {
        namespace: coop.namespace.word(),
        chain,
    }
}

/// The record that a ballot's fields make.
fn record_of(evidence: &Evidence, coop: &Coop, proposal: &Proposal, ballot: &Ballot) -> BallotV1 {
    BallotV1 {
        namespace: coop.namespace.word(),
        proposal: ProposalId::from_uuid(proposal.id).word(),
        proposal_hash: proposal
            .record_hash
            .as_ref()
            .map(super::rows::Bytes::word)
            .unwrap_or_default(),
        voter: MemberId::from_uuid(evidence.rows.voter(proposal, ballot.member_id)).word(),
        revision: ballot.revision,
        options: ballot.options.clone(),
        points: ballot.points.clone(),
        reason: ballot
            .reason
            .as_ref()
            .map_or(Hash32::ZERO, |reason| keccak256(reason.as_bytes())),
        salt: ballot.salt.word(),
    }
}

fn every_ballot_is_what_was_signed(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    for proposal in &evidence.rows.proposal {
        let Some(coop) = evidence.rows.coop(proposal.coop_id) else {
            continue;
        };
        let domain = domain(coop);
        for ballot in evidence.rows.ballots(proposal) {
            let hash = record_of(evidence, coop, proposal, ballot).struct_hash();
            if hash != ballot.record_hash.word() {
                found.push(format!("ballot {} does not hash to its record", ballot.sequence));
                continue;
            }
            let key = SignatureKind::from_code(ballot.kind)
                .and_then(|kind| PublicKey::parse(kind, &ballot.public_key.0).ok());
            let is_signed =
                key.is_some_and(|key| verify(&key, digest_of_hash(&domain, hash), &ballot.signature.0).is_ok());
            if !is_signed {
                found.push(format!("ballot {} does not bear its signature", ballot.sequence));
            }
        }
    }
    found
}

fn a_roll_bears_pseudonyms_exactly_where_its_tier_says_so(evidence: &Evidence) -> Vec<String> {
    let rows = &evidence.rows;
    let mut found = Vec::new();
    for proposal in &rows.proposal {
        let hides = proposal.secrecy == 1;
        let is_random = |name: Uuid| name.get_version_num() == 4;
        let wrong = rows
            .roll(proposal)
            .filter(|entry| entry.pseudonym.is_some_and(is_random) != hides || entry.pseudonym.is_some() != hides)
            .count();
        let keys = rows
            .roll_key
            .iter()
            .filter(|key| (key.coop_id, key.proposal_id) == (proposal.coop_id, proposal.id))
            .count();
        if wrong > 0 || (hides && keys > 0) {
            found.push(format!(
                "the roll of {} has {wrong} wrong names and {keys} keys",
                proposal.id
            ));
        }
    }
    found
}

fn no_key_on_a_roll_came_after_the_opening(evidence: &Evidence) -> Vec<String> {
    let rows = &evidence.rows;
    let opened: BTreeMap<(Uuid, Hash32), i64> = rows
        .record
        .iter()
        .filter(|record| record.kind == "ProposalV1")
        .map(|record| ((record.coop_id, record.subject.word()), record.sequence))
        .collect();
    let registered: BTreeSet<(Uuid, Uuid, u8, &[u8], i64)> = rows
        .voting_key
        .iter()
        .map(|key| {
            (
                key.coop_id,
                key.member_id,
                key.kind,
                key.public_key.0.as_slice(),
                key.registered_sequence,
            )
        })
        .collect();
    rows.roll_key
        .iter()
        .filter_map(|key| {
            let subject = ProposalId::from_uuid(key.proposal_id).word();
            let at = opened.get(&(key.coop_id, subject)).copied().unwrap_or(0);
            let sequence = key.registered_sequence;
            let is_known = registered.contains(&(
                key.coop_id,
                key.member_id,
                key.kind,
                key.public_key.0.as_slice(),
                sequence,
            ));
            let wrong = match (is_known, sequence < at) {
                (true, true) => return None,
                (false, _) => "was never registered so",
                (true, false) => "was registered after the opening",
            };
            Some(format!(
                "a key of {} on the roll of {} {wrong}",
                key.member_id, key.proposal_id
            ))
        })
        .collect()
}
