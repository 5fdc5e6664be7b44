//! The logs of co-ops: their leaves, and the roots that were signed over them.

use std::collections::BTreeMap;

use governance::hash::{Hash32, keccak256};
use governance::log::{Frontier, LogEntry};
use governance::record::{BallotV1, Record as _};
use uuid::Uuid;

use super::rows::{LogHead, LogLeaf};
use super::{Evidence, Invariant, invariant};

pub(super) const INVARIANTS: &[Invariant] = &[
    invariant!(
        "26a",
        the_log_has_no_gap,
        "The leaves of each log are numbered from 0 without a gap, as many as its head says; no entry has two places."
    ),
    invariant!(
        "26b",
        every_signed_root_is_that_of_its_leaves,
        "The signed and the published root of each log are those of its leaves, and once all work is done they cover all of them."
    ),
    invariant!(
        "26c",
        the_log_holds_every_ballot_once,
        "Each ballot has exactly one entry in the log of its co-op, and each entry of a ballot has its ballot, but for what came \
         back when the log was repaired."
    ),
    invariant!(
        "26d",
        revisions_stand_in_the_log_in_their_order,
        "In the log, the later ballot of a voter stands behind the earlier one."
    ),
];

/// The leaves of each log, in their order.
pub(super) fn leaves(evidence: &Evidence) -> BTreeMap<Uuid, Vec<&LogLeaf>> {
    let mut logs: BTreeMap<Uuid, Vec<&LogLeaf>> = BTreeMap::new();
    for leaf in &evidence.rows.log_leaf {
        logs.entry(leaf.coop_id).or_default().push(leaf);
    }
    logs.values_mut().for_each(|log| log.sort_by_key(|leaf| leaf.log_index));
    logs
}

fn the_log_has_no_gap(evidence: &Evidence) -> Vec<String> {
    let logs = leaves(evidence);
    let mut found = Vec::new();
    for (coop, log) in &logs {
        for (leaf, index) in log.iter().zip(0..) {
            if leaf.log_index != index {
                found.push(format!("co-op {coop} has leaf {} in place {index}", leaf.log_index));
                break;
            }
        }
        if !evidence.rows.log_head.iter().any(|head| head.coop_id == *coop) {
            found.push(format!("co-op {coop} has leaves and no head"));
        }
    }
    for head in &evidence.rows.log_head {
        let count = logs.get(&head.coop_id).map_or(0, Vec::len);
        if u64::try_from(count) != Ok(head.sequenced) {
            found.push(format!(
                "co-op {} has {count} leaves of {}",
                head.coop_id, head.sequenced
            ));
        }
    }
    let mut numbers: BTreeMap<(Uuid, i64), usize> = BTreeMap::new();
    let placed = evidence.rows.log_leaf.iter().map(|leaf| (leaf.coop_id, leaf.entry_id));
    let pending = evidence
        .rows
        .log_pending
        .iter()
        .map(|entry| (entry.coop_id, entry.entry_id));
    for number in placed.chain(pending) {
        *numbers.entry(number).or_default() += 1;
    }
    let twice = numbers.into_iter().filter(|(_, count)| *count > 1);
    found.extend(twice.map(|((coop, entry), _)| format!("entry {entry} of co-op {coop} is there twice")));
    found
}

fn every_signed_root_is_that_of_its_leaves(evidence: &Evidence) -> Vec<String> {
    let logs = leaves(evidence);
    let mut found = Vec::new();
    for head in &evidence.rows.log_head {
        let log = logs.get(&head.coop_id).map(Vec::as_slice).unwrap_or_default();
        let signed = [
            ("signed", head.size, &head.root),
            ("published", head.published_size, &head.published_root),
        ];
        for (what, size, root) in signed {
            let root = root.as_ref().map(|root| root.word());
            if size > 0 && root_of(log, size) != root {
                found.push(format!("co-op {} {what} another root of {size} leaves", head.coop_id));
            }
        }
        if evidence.is_quiet && !is_done(head) {
            found.push(format!(
                "co-op {} published {} of {} leaves",
                head.coop_id, head.published_size, head.sequenced
            ));
        }
    }
    if evidence.is_quiet && !evidence.rows.log_pending.is_empty() {
        found.push(format!("{} entries have no place", evidence.rows.log_pending.len()));
    }
    found
}

fn is_done(head: &LogHead) -> bool {
    head.published_size == head.sequenced && head.refused.is_none()
}

pub(super) fn root_of(log: &[&LogLeaf], size: u64) -> Option<Hash32> {
    let mut frontier = Frontier::new();
    for leaf in log.get(..usize::try_from(size).ok()?)? {
        let entry = LogEntry {
            type_hash: leaf.type_hash.word(),
            record_hash: leaf.record_hash.word(),
        };
        frontier.push(entry.leaf_hash());
    }
    Some(frontier.root())
}

/// The numbers of a ballot's entries.
#[derive(Default)]
struct Entries {
    /// Of those that its own act made.
    own: Vec<i64>,
    /// Of those that came back from the published files.
    restored: Vec<i64>,
}

fn entries_of_ballots(evidence: &Evidence) -> BTreeMap<(Uuid, Hash32), Entries> {
    let of_ballots = keccak256(BallotV1::TYPE.as_bytes());
    let mut entries: BTreeMap<(Uuid, Hash32), Entries> = BTreeMap::new();
    for leaf in &evidence.rows.log_leaf {
        if leaf.type_hash.word() == of_ballots {
            let of_ballot = entries.entry((leaf.coop_id, leaf.record_hash.word())).or_default();
            if leaf.is_restored() {
                of_ballot.restored.push(leaf.entry_id);
            } else {
                of_ballot.own.push(leaf.entry_id);
            }
        }
    }
    for entry in &evidence.rows.log_pending {
        if entry.type_hash.word() == of_ballots {
            let of_ballot = entries.entry((entry.coop_id, entry.record_hash.word())).or_default();
            of_ballot.own.push(entry.entry_id);
        }
    }
    entries
}

fn the_log_holds_every_ballot_once(evidence: &Evidence) -> Vec<String> {
    let mut entries = entries_of_ballots(evidence);
    let mut found = Vec::new();
    for ballot in &evidence.rows.ballot {
        let hash = ballot.record_hash.word();
        let of_ballot = entries.remove(&(ballot.coop_id, hash)).unwrap_or_default();
        // A ballot that was cast again after it was lost has its own entry beside the one that came back.
        let is_once = match of_ballot.own.len() {
            0 => !of_ballot.restored.is_empty(),
            count => count == 1,
        };
        if !is_once {
            let (own, restored) = (of_ballot.own.len(), of_ballot.restored.len());
            found.push(format!(
                "the ballot {hash} has {own} entries, and {restored} that came back"
            ));
        }
    }
    let uncast = entries.iter().filter(|(_, of_ballot)| !of_ballot.own.is_empty());
    found.extend(
        uncast.map(|((coop, hash), _)| format!("the log of co-op {coop} has a ballot {hash} that nobody cast")),
    );
    found
}

fn revisions_stand_in_the_log_in_their_order(evidence: &Evidence) -> Vec<String> {
    let entries = entries_of_ballots(evidence);
    let mut voters: BTreeMap<(Uuid, Uuid, Uuid), BTreeMap<u64, i64>> = BTreeMap::new();
    for ballot in &evidence.rows.ballot {
        if let Some(number) = entries
            .get(&(ballot.coop_id, ballot.record_hash.word()))
            .and_then(|of_ballot| of_ballot.own.first().or(of_ballot.restored.first()))
        {
            let voter = (ballot.coop_id, ballot.proposal_id, ballot.member_id);
            voters.entry(voter).or_default().insert(ballot.revision, *number);
        }
    }
    voters
        .into_iter()
        .filter(|(_, revisions)| !revisions.values().is_sorted())
        .map(|((_, proposal, member), _)| format!("the ballots of {member} in {proposal} stand in another order"))
        .collect()
}
