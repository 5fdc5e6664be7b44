//! Which entries of the log the bundles claim, and what follows from those that none claims.
//!
//! A bundle that the log proves claims its question, its ballots and its result. Of the log one bit is kept for each entry, and of
//! what nobody claims a bounded number.

use std::collections::BTreeSet;

use governance::hash::{Hash32, keccak256};
use governance::log::LogEntry;
use governance::record::{BallotV1, ProposalV1, Record as _, TallyV1};

use super::report::{UnclaimedEntries, UnclaimedEntry};

/// So many entries are told one by one; the others are counted.
pub(super) const ENTRIES_TOLD_MAX: usize = 1_000;

/// One bit for each entry of the log.
pub(super) struct Claimed {
    bits: Vec<u64>,
    size: u64,
}

impl Claimed {
    /// Nothing is claimed of a log of this size. The caller bounds it.
    pub(super) fn new(size: u64) -> Self {
        let words = usize::try_from(size.div_ceil(64)).unwrap_or(usize::MAX);
        Self {
            bits: vec![0; words],
            size,
        }
    }

    /// Claims an entry; false if it was claimed before, or there is none.
    pub(super) fn claim(&mut self, index: u64) -> bool {
        let Some((word, bit)) = self.place(index) else {
            return false;
        };
        let Some(word) = self.bits.get_mut(word) else {
            return false;
        };
        let is_free = *word & bit == 0;
        *word |= bit;
        is_free
    }

    /// Whether an entry is claimed.
    pub(super) fn has(&self, index: u64) -> bool {
        let word = self
            .place(index)
            .and_then(|(word, bit)| Some((self.bits.get(word)?, bit)));
        word.is_some_and(|(word, bit)| word & bit != 0)
    }

    fn place(&self, index: u64) -> Option<(usize, u64)> {
        (index < self.size).then_some((usize::try_from(index / 64).ok()?, 1 << (index % 64)))
    }
}

/// An entry that is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) index: u64,
    pub(super) record_hash: Hash32,
}

/// Entries of one kind: how many, and the first of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Entries {
    pub(super) count: u64,
    pub(super) first: Vec<Told>,
}

impl Entries {
    fn push(&mut self, index: u64, entry: &LogEntry) {
        self.count = self.count.saturating_add(1);
        if self.first.len() < ENTRIES_TOLD_MAX {
            self.first.push(Told {
                index,
                record_hash: entry.record_hash,
            });
        }
    }
}

impl Entries {
    /// Forgets those with these hashes.
    pub(super) fn remove(&mut self, hashes: &BTreeSet<Hash32>) {
        let before = self.first.len();
        self.first.retain(|told| !hashes.contains(&told.record_hash));
        let removed = before.saturating_sub(self.first.len());
        self.count = self.count.saturating_sub(u64::try_from(removed).unwrap_or(u64::MAX));
    }
}

impl From<&Entries> for UnclaimedEntries {
    fn from(entries: &Entries) -> Self {
        let told = entries.first.iter().map(|told| UnclaimedEntry {
            index: told.index,
            record_hash: told.record_hash,
        });
        Self {
            count: entries.count,
            first: told.collect(),
        }
    }
}

/// What a bundle claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Question,
    Ballot,
    Result,
}

/// The hashes of the types that a bundle claims.
struct Kinds([(Hash32, Kind); 3]);

impl Kinds {
    fn new() -> Self {
        Self([
            (keccak256(BallotV1::TYPE.as_bytes()), Kind::Ballot),
            (keccak256(ProposalV1::TYPE.as_bytes()), Kind::Question),
            (keccak256(TallyV1::TYPE.as_bytes()), Kind::Result),
        ])
    }

    fn of(&self, entry: &LogEntry) -> Option<Kind> {
        let found = self.0.iter().find(|(type_hash, _)| *type_hash == entry.type_hash);
        found.map(|(_, kind)| *kind)
    }
}

/// How many entries of a type there are, and how many of them bundles claim.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) entries: u64,
    pub(super) claimed: u64,
}

/// What follows from the entries that no bundle claims. Entries are taken in their order.
///
/// A ballot stands in the log behind its question and before its result. So where as many questions as results without a bundle stand
/// before a ballot that nobody claims, it is of no decision without a bundle: it was left out of one that has a bundle. Where more
/// questions do, it may be of one of those.
pub(super) struct Unclaimed {
    kinds: Kinds,
    pub(super) proposals: Counts,
    pub(super) ballots: Counts,
    pub(super) tallies: Counts,
    /// Everything else.
    pub(super) others: u64,
    /// Questions without a bundle so far that have no result so far.
    open: u64,
    /// Results without a bundle.
    pub(super) results: Entries,
    /// Results for which there is no question without a bundle: a second result of a decision.
    pub(super) second_results: Entries,
    /// Ballots that are of no decision without a bundle.
    pub(super) omitted: Entries,
    /// Ballots that may be of a decision without a bundle.
    pub(super) undecided: Entries,
    /// How many of those stand between opening and close of a decision with a bundle, too.
    pub(super) undecided_beside: u64,
    /// The places of openings and closes of decisions with a bundle, ascending.
    spans: Spans,
}

impl Unclaimed {
    /// Before the first entry. `spans` are opening and close of each decision with a bundle.
    pub(super) fn new(spans: Vec<(u64, u64)>) -> Self {
        Self {
            kinds: Kinds::new(),
            proposals: Counts::default(),
            ballots: Counts::default(),
            tallies: Counts::default(),
            others: 0,
            open: 0,
            results: Entries::default(),
            second_results: Entries::default(),
            omitted: Entries::default(),
            undecided: Entries::default(),
            undecided_beside: 0,
            spans: Spans::new(spans),
        }
    }

    /// Takes the next entry.
    pub(super) fn take(&mut self, index: u64, entry: &LogEntry, is_claimed: bool) {
        let Some(kind) = self.kinds.of(entry) else {
            self.others = self.others.saturating_add(1);
            return;
        };
        let counts = match kind {
            Kind::Question => &mut self.proposals,
            Kind::Ballot => &mut self.ballots,
            Kind::Result => &mut self.tallies,
        };
        counts.entries = counts.entries.saturating_add(1);
        if is_claimed {
            counts.claimed = counts.claimed.saturating_add(1);
            return;
        }
        match kind {
            Kind::Question => self.open = self.open.saturating_add(1),
            Kind::Ballot if self.open == 0 => self.omitted.push(index, entry),
            Kind::Ballot => {
                self.undecided.push(index, entry);
                let beside = u64::from(self.spans.contain(index));
                self.undecided_beside = self.undecided_beside.saturating_add(beside);
            }
            Kind::Result if self.open == 0 => self.second_results.push(index, entry),
            Kind::Result => {
                self.open = self.open.saturating_sub(1);
                self.results.push(index, entry);
            }
        }
    }

    /// Decisions with a question in the log and no bundle.
    pub(super) const fn unpublished(&self) -> u64 {
        self.proposals.entries.saturating_sub(self.proposals.claimed)
    }
}

/// Which places lie in some span, asked in ascending order.
struct Spans {
    /// Begins, ascending.
    begins: std::vec::IntoIter<(u64, u64)>,
    next: Option<(u64, u64)>,
    /// The furthest end of those that began.
    end: u64,
}

impl Spans {
    fn new(mut spans: Vec<(u64, u64)>) -> Self {
        spans.sort_unstable();
        let mut begins = spans.into_iter();
        Self {
            next: begins.next(),
            begins,
            end: 0,
        }
    }

    fn contain(&mut self, index: u64) -> bool {
        while let Some((_, end)) = self.next.filter(|(begin, _)| *begin < index) {
            self.end = self.end.max(end);
            self.next = self.begins.next();
        }
        index < self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A log as letters: `P`, `B`, `T` are a question, a ballot and a result that some bundle claims, small letters those that none
    /// claims, and a dot is anything else. Gives the places of what is left out, second results, and ballots that may be of a
    /// decision without a bundle.
    fn judged(log: &str, spans: &[(u64, u64)]) -> (Vec<u64>, Vec<u64>, Vec<u64>, u64) {
        let mut unclaimed = Unclaimed::new(spans.to_vec());
        let hash = |name: &str| keccak256(name.as_bytes());
        for (index, letter) in (0..).zip(log.chars()) {
            let type_hash = match letter.to_ascii_uppercase() {
                'P' => hash(ProposalV1::TYPE),
                'B' => hash(BallotV1::TYPE),
                'T' => hash(TallyV1::TYPE),
                _ => Hash32::ZERO,
            };
            let entry = LogEntry {
                type_hash,
                record_hash: Hash32::from_u128(index.into()),
            };
            unclaimed.take(index, &entry, letter.is_ascii_uppercase());
        }
        let places = |entries: &Entries| entries.first.iter().map(|told| told.index).collect();
        (
            places(&unclaimed.omitted),
            places(&unclaimed.second_results),
            places(&unclaimed.undecided),
            unclaimed.undecided_beside,
        )
    }

    #[test]
    fn a_ballot_that_no_bundle_holds_was_omitted_unless_a_decision_without_a_bundle_was_open() {
        let none: Vec<u64> = Vec::new();
        for (log, spans, omitted, second, undecided, beside) in [
            ("", &[][..], none.clone(), none.clone(), none.clone(), 0),
            ("..PB.BT.", &[(2, 6)], none.clone(), none.clone(), none.clone(), 0),
            // Left out of the only decision.
            ("P.BbBT", &[(0, 5)], vec![3], none.clone(), none.clone(), 0),
            // Before any question at all.
            ("b.P.T", &[(2, 4)], vec![0], none.clone(), none.clone(), 0),
            // Another decision is open, so it may be of that one.
            ("PpbT", &[(0, 3)], none.clone(), none.clone(), vec![2], 1),
            ("PBTpb", &[(0, 2)], none.clone(), none.clone(), vec![4], 0),
            // But not if that one opened later, or had its result before.
            ("PbpT", &[(0, 3)], vec![1], none.clone(), none.clone(), 0),
            ("ptPbT", &[(2, 4)], vec![3], none.clone(), none.clone(), 0),
            ("ppPtbT", &[(2, 5)], none.clone(), none.clone(), vec![4], 1),
            // A second result, and one whose question has no bundle.
            ("PTt", &[(0, 1)], none.clone(), vec![2], none.clone(), 0),
            ("PTpbt", &[(0, 1)], none.clone(), none.clone(), vec![3], 0),
            ("PTptt", &[(0, 1)], none.clone(), vec![4], none.clone(), 0),
        ] {
            assert_eq!(judged(log, spans), (omitted, second, undecided, beside), "{log}");
        }
    }

    #[test]
    fn an_entry_is_claimed_once_and_only_where_there_is_one() {
        let mut claimed = Claimed::new(130);
        for index in [0, 63, 64, 129] {
            assert!(!claimed.has(index));
            assert!(claimed.claim(index));
            assert!(claimed.has(index));
            assert!(!claimed.claim(index), "twice");
        }
        assert!(!claimed.claim(130) && !claimed.claim(u64::MAX));
        assert!(!claimed.has(130) && !claimed.has(1) && !claimed.has(u64::MAX));
        assert!(!Claimed::new(0).claim(0));
    }

    #[test]
    fn of_many_entries_a_bounded_number_is_kept() {
        let (places, _, _, _) = judged(&"b".repeat(ENTRIES_TOLD_MAX + 10), &[]);
        assert_eq!(places.len(), ENTRIES_TOLD_MAX);
    }
}
