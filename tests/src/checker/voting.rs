//! Ballots: none lost, none invented, none twice, none out of time.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use governance::hash::{Hash32, from_hex};
use governance::id::ProposalId;
use governance::record::{Domain, ReceiptV1, digest};
use governance::signature::{PublicKey, SignatureKind, verify};
use serde::Deserialize;
use uuid::Uuid;

use super::recount::judge_motion;
use super::repairs;
use super::rows::{Ballot, Proposal};
use super::{Evidence, Invariant, invariant};

pub(super) const INVARIANTS: &[Invariant] = &[
    invariant!(
        "1a",
        every_acknowledged_ballot_is_stored,
        "Every acknowledged ballot is in the table as it was acknowledged, or came back in a repaired log."
    ),
    invariant!(
        "1b",
        every_receipt_is_signed_by_the_server,
        "Every receipt names its ballot and bears the server's signature."
    ),
    invariant!(
        "1c",
        every_ballot_that_counts_is_in_the_tally,
        "A tally counts the last ballot of each member up to the close marker, and nothing else."
    ),
    invariant!(
        "1d",
        a_bundle_holds_exactly_the_ballots_up_to_the_marker,
        "A bundle lists every ballot up to the close marker as it is stored, and no other."
    ),
    invariant!(
        "2",
        revisions_are_a_chain_in_the_order_of_the_log,
        "A member's ballots are revisions 1, 2, 3 and so on, in the order of the server's sequence; 1 alone where ballots are final."
    ),
    invariant!(
        "5",
        no_ballot_was_cast_out_of_time,
        "Ballots were cast between opening and close, by the database's clock and by the close marker."
    ),
];

/// An acknowledged ballot.
#[derive(Deserialize)]
struct Acknowledged {
    record_hash: Hash32,
    sequence: u64,
    at: DateTime<Utc>,
    revision: u64,
    signature_kind: String,
    receipt: ReceiptV1,
    receipt_signature: String,
    server_key: String,
}

/// What clients were told about ballots: the co-op, the proposal, and the receipt where it can be read.
fn acknowledged(evidence: &Evidence) -> impl Iterator<Item = (Uuid, Uuid, Result<Acknowledged, String>)> {
    evidence.journal.iter().filter_map(|entry| {
        let (coop, proposal) = entry.of_proposal("/ballots")?;
        let is_cast = entry.method == "POST" && entry.is_success();
        is_cast.then(|| {
            let receipt = serde_json::from_slice(&entry.reply).map_err(|error| error.to_string());
            (coop, proposal, receipt)
        })
    })
}

fn every_acknowledged_ballot_is_stored(evidence: &Evidence) -> Vec<String> {
    let stored: BTreeMap<i64, &Ballot> = evidence
        .rows
        .ballot
        .iter()
        .map(|ballot| (ballot.sequence, ballot))
        .collect();
    let came_back = repairs::hashes(&evidence.rows);
    acknowledged(evidence)
        .filter_map(|(coop, proposal, receipt)| {
            let receipt = match receipt {
                Ok(receipt) => receipt,
                Err(error) => return Some(format!("a receipt of proposal {proposal} cannot be read: {error}")),
            };
            // Its number may be that of another ballot since, or it was cast again under another one.
            if came_back.contains(&(coop, receipt.record_hash)) {
                return None;
            }
            let sequence = i64::try_from(receipt.sequence).unwrap_or(i64::MAX);
            let Some(ballot) = stored.get(&sequence) else {
                return Some(format!("ballot {sequence} of proposal {proposal} is lost"));
            };
            let is_same = (ballot.coop_id, ballot.proposal_id, ballot.revision) == (coop, proposal, receipt.revision)
                && ballot.record_hash.word() == receipt.record_hash
                && ballot.cast_at == receipt.at
                && SignatureKind::from_code(ballot.kind).map(SignatureKind::name)
                    == Some(receipt.signature_kind.as_str());
            (!is_same).then(|| format!("ballot {sequence} of proposal {proposal} is not the acknowledged one"))
        })
        .collect()
}

fn every_receipt_is_signed_by_the_server(evidence: &Evidence) -> Vec<String> {
    acknowledged(evidence)
        .filter_map(|(coop, proposal, receipt)| {
            let receipt = receipt.ok()?;
            let namespace = evidence.rows.coop(coop)?.namespace.word();
            let record = &receipt.receipt;
            let is_about = record.namespace == namespace
                && record.subject == ProposalId::from_uuid(proposal).word()
                && record.record_hash == receipt.record_hash
                && record.sequence == receipt.sequence
                && i64::try_from(record.at) == Ok(receipt.at.timestamp());
            let domain = Domain { namespace, chain: None };
            let is_signed = PublicKey::parse_hex(SignatureKind::Session, &receipt.server_key)
                .ok()
                .zip(from_hex(&receipt.receipt_signature))
                .is_some_and(|(key, signature)| verify(&key, digest(&domain, record), &signature).is_ok());
            let is_ours = evidence
                .server_key
                .as_ref()
                .is_none_or(|key| *key == receipt.server_key);
            let wrong = match (is_about, is_signed, is_ours) {
                (true, true, true) => return None,
                (false, _, _) => "does not name its ballot",
                (true, false, _) => "is not signed",
                (true, true, false) => "is signed by another key than the server's",
            };
            Some(format!("the receipt of ballot {} {wrong}", receipt.sequence))
        })
        .collect()
}

fn every_ballot_that_counts_is_in_the_tally(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    for proposal in &evidence.rows.proposal {
        let Some(tally) = evidence.rows.tally(proposal) else {
            continue;
        };
        let counted = evidence.rows.counted(proposal);
        let attested = counted.values().filter(|ballot| ballot.kind == 5).count() as u64;
        let signed = counted.len() as u64 - attested;
        let marker = proposal.close_marker.unwrap_or_default();
        let first = evidence.rows.ballots(proposal).map(|ballot| ballot.sequence).min();
        for (what, told, is) in [
            (
                "ballot_count",
                tally.record["ballot_count"].as_u64(),
                Some(counted.len() as u64),
            ),
            ("signed_ballots", Some(tally.signed_ballots), Some(signed)),
            ("attested_ballots", Some(tally.attested_ballots), Some(attested)),
            ("log_to", tally.record["log_to"].as_u64(), u64::try_from(marker).ok()),
            (
                "log_from",
                tally.record["log_from"].as_u64(),
                u64::try_from(first.unwrap_or_default()).ok(),
            ),
        ] {
            if told != is {
                found.push(format!(
                    "the tally of {} says {what} {told:?}, the ballots {is:?}",
                    proposal.id
                ));
            }
        }
    }
    found
}

fn a_bundle_holds_exactly_the_ballots_up_to_the_marker(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    for (coop, id, bundle) in evidence.readable_bundles() {
        let Some(proposal) = evidence.rows.proposal(coop, id) else {
            found.push(format!("the bundle of {id} is of no proposal"));
            continue;
        };
        let counted: BTreeSet<i64> = evidence
            .rows
            .counted(proposal)
            .values()
            .map(|ballot| ballot.sequence)
            .collect();
        let marker = proposal.close_marker.unwrap_or_default();
        let stored: BTreeSet<(i64, Hash32, bool)> = evidence
            .rows
            .ballots(proposal)
            .filter(|ballot| ballot.sequence <= marker)
            .map(|ballot| {
                (
                    ballot.sequence,
                    ballot.record_hash.word(),
                    counted.contains(&ballot.sequence),
                )
            })
            .collect();
        let listed: BTreeSet<(i64, Hash32, bool)> = bundle.ballots.iter().copied().collect();
        for (sequence, _, _) in stored.difference(&listed) {
            found.push(format!(
                "ballot {sequence} is not in the bundle of {id} as it is stored"
            ));
        }
        for (sequence, _, _) in listed.difference(&stored) {
            found.push(format!("ballot {sequence} of the bundle of {id} was never accepted so"));
        }
    }
    found
}

fn revisions_are_a_chain_in_the_order_of_the_log(evidence: &Evidence) -> Vec<String> {
    let proposals = evidence.rows.proposal.iter();
    let finals: BTreeSet<Uuid> = proposals
        .filter(|proposal| proposal.rule["ballots_final"] == true)
        .map(|proposal| proposal.id)
        .collect();
    let mut of_member: BTreeMap<(Uuid, Uuid, Uuid), Vec<(i64, u64)>> = BTreeMap::new();
    for ballot in &evidence.rows.ballot {
        of_member
            .entry((ballot.coop_id, ballot.proposal_id, ballot.member_id))
            .or_default()
            .push((ballot.sequence, ballot.revision));
    }
    of_member
        .into_iter()
        .filter_map(|((_, proposal, member), mut ballots)| {
            ballots.sort_unstable();
            let revisions: Vec<u64> = ballots.into_iter().map(|(_, revision)| revision).collect();
            let is_chain = revisions.iter().copied().eq(1..=revisions.len() as u64);
            let is_final = finals.contains(&proposal);
            (!is_chain || (is_final && revisions.len() > 1))
                .then(|| format!("member {member} has revisions {revisions:?} in proposal {proposal}"))
        })
        .collect()
}

fn no_ballot_was_cast_out_of_time(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    for proposal in &evidence.rows.proposal {
        for ballot in evidence.rows.ballots(proposal) {
            if let Some(why) = out_of_time(proposal, ballot) {
                found.push(format!(
                    "ballot {} of {} was cast {why}",
                    ballot.sequence, ballot.proposal_id
                ));
            }
        }
        if let (Some(closes_at), Some(closed_at)) = (proposal.extended_until.or(proposal.closes_at), proposal.closed_at)
            && closed_at < closes_at
            && !may_close_early(evidence, proposal)
        {
            found.push(format!("{} was closed before its time", proposal.id));
        }
    }
    found
}

fn out_of_time(proposal: &Proposal, ballot: &Ballot) -> Option<&'static str> {
    if proposal.opens_at.is_none_or(|opens_at| ballot.cast_at < opens_at) {
        Some("before voting opened")
    } else if proposal
        .extended_until
        .or(proposal.closes_at)
        .is_none_or(|closes_at| ballot.cast_at >= closes_at)
    {
        Some("after voting ended")
    } else if proposal.closed_at.is_some_and(|closed_at| ballot.cast_at > closed_at) {
        Some("after voting was closed")
    } else if proposal.close_marker.is_some_and(|marker| ballot.sequence > marker) {
        Some("beyond the close marker")
    } else {
        None
    }
}

/// The rule may let voting end once it makes no difference whether all others say the same thing or nothing.
fn is_settled(evidence: &Evidence, proposal: &Proposal) -> bool {
    if proposal.rule["early"] != true {
        return false;
    }
    let ballots = evidence.rows.counted(proposal);
    let said = |answer: u16| ballots.values().filter(|ballot| ballot.options == [answer]).count() as u128;
    let sums = [said(0), said(1), said(2), said(3)];
    let roll: u128 = evidence.rows.roll(proposal).map(|entry| u128::from(entry.weight)).sum();
    let rest = roll - sums.iter().sum::<u128>();
    (0..4).all(|answer| {
        let mut end = sums;
        end[answer] += rest;
        judge_motion(&proposal.rule, end, roll) == judge_motion(&proposal.rule, sums, roll)
    })
}

/// The bylaws may let voting end once everyone on the roll has voted.
fn may_close_early(evidence: &Evidence, proposal: &Proposal) -> bool {
    let bylaws = evidence
        .rows
        .bylaws
        .iter()
        .find(|bylaws| (bylaws.coop_id, bylaws.version) == (proposal.coop_id, proposal.bylaws_version));
    let allowed = bylaws.is_some_and(|bylaws| bylaws.content["kinds"][&proposal.kind]["close_when_all_voted"] == true);
    let voters: BTreeSet<Uuid> = evidence.rows.counted(proposal).keys().copied().collect();
    is_settled(evidence, proposal)
        || allowed
            && evidence
                .rows
                .roll(proposal)
                .all(|entry| voters.contains(&entry.member_id))
}
