//! Logs that went on after their database was restored from an older copy: what came back from the published files, and the event
//! that says so.

use std::collections::{BTreeMap, BTreeSet};

use governance::event::EventKind;
use governance::hash::Hash32;
use uuid::Uuid;

use super::Evidence;
use super::heads::{leaves, root_of};
use super::rows::{Event, LogLeaf, Rows};

/// An entry of a log: whose, of what type, and its hash.
pub(super) type Entry = (Uuid, Hash32, Hash32);

/// How often each entry came back. What it stood for may be lost, and may have been done again since.
pub(super) fn restored(rows: &Rows) -> BTreeMap<Entry, i64> {
    let mut entries = BTreeMap::new();
    for leaf in rows.log_leaf.iter().filter(|leaf| leaf.is_restored()) {
        let entry = (leaf.coop_id, leaf.type_hash.word(), leaf.record_hash.word());
        *entries.entry(entry).or_default() += 1;
    }
    entries
}

/// The hashes of what came back, with their co-op.
pub(super) fn hashes(rows: &Rows) -> BTreeSet<(Uuid, Hash32)> {
    let leaves = rows.log_leaf.iter().filter(|leaf| leaf.is_restored());
    leaves.map(|leaf| (leaf.coop_id, leaf.record_hash.word())).collect()
}

/// What was told of a repair that was none, and what came back without a word.
pub(super) fn told_otherwise(evidence: &Evidence) -> Vec<String> {
    let logs = leaves(evidence);
    let mut found = Vec::new();
    let mut told: BTreeSet<(Uuid, u64)> = BTreeSet::new();
    for event in evidence.rows.event.iter().filter(|event| is_repair(event)) {
        let log = logs.get(&event.coop_id).map(Vec::as_slice).unwrap_or_default();
        match named(event, log) {
            Some(indexes) => told.extend(indexes.map(|index| (event.coop_id, index))),
            None => found.push(format!(
                "event {} tells of a repair of co-op {} that did not happen so",
                event.id, event.coop_id
            )),
        }
    }
    let untold = evidence.rows.log_leaf.iter();
    let untold = untold.filter(|leaf| leaf.is_restored() && !told.contains(&(leaf.coop_id, leaf.log_index)));
    found.extend(untold.map(|leaf| {
        format!(
            "leaf {} of co-op {} came back and nothing tells of it",
            leaf.log_index, leaf.coop_id
        )
    }));
    found
}

pub(super) fn is_repair(event: &Event) -> bool {
    EventKind::from_code(event.kind) == Some(EventKind::LogRepaired)
}

/// The leaves that the event names, if they are there, came back, and give the root that it names.
fn named(event: &Event, log: &[&LogLeaf]) -> Option<std::ops::Range<u64>> {
    let words: Vec<Hash32> = event.words.0.chunks(32).filter_map(Hash32::from_slice).collect();
    let [_, first, end, root] = words.as_slice() else {
        return None;
    };
    let (first, end) = (number(*first)?, number(*end)?);
    let between = log.get(usize::try_from(first).ok()?..usize::try_from(end).ok()?)?;
    let is_so = event.subject == event.coop_id
        && first < end
        && between.iter().all(|leaf| leaf.is_restored())
        && root_of(log, end) == Some(*root);
    is_so.then_some(first..end)
}

fn number(word: Hash32) -> Option<u64> {
    let digits = u64::from_be_bytes(*word.as_bytes().last_chunk()?);
    (Hash32::from_u128(digits.into()) == word).then_some(digits)
}
