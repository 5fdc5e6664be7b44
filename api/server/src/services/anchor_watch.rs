//! What a process remembers of the anchors between two rounds: where there is work, what halted, what it looked at last.
//!
//! Nothing here decides what is right. It saves looks at the database and the chain, and keeps lines of the log from being said
//! again and again; a process that starts with none of it finds it again with its first round of sealing.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use governance::hash::Hash32;
use governance::id::CoopId;

/// How often the newest final anchor of a co-op is read again.
const FINAL_LOOK_EVERY: Duration = Duration::from_secs(3_600);
/// How long a co-op whose anchor could not be worked on is left alone, so that its failure is not told each second.
const REST: Duration = Duration::from_secs(10);

/// Co-ops of this database that the configured chain, contract and account do not anchor, each counted under the first of these
/// in which it differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Elsewhere {
    /// Bound to another chain.
    pub other_chain: i64,
    /// Bound to another contract on this chain.
    pub other_contract: i64,
    /// Opened by another account.
    pub other_registrar: i64,
}

impl Elsewhere {
    /// All of them.
    #[must_use]
    pub const fn count(&self) -> i64 {
        self.other_chain
            .saturating_add(self.other_contract)
            .saturating_add(self.other_registrar)
    }
}

/// Says that it may be removed, unless it was put anew meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(u64);

/// When a batch was looked at last.
#[derive(Debug, Clone, Copy)]
struct Look {
    round: u64,
    block: Hash32,
}

#[derive(Default)]
struct Watched {
    marks: u64,
    open: BTreeMap<CoopId, Mark>,
    halted: BTreeMap<CoopId, (i64, String)>,
    elsewhere: Elsewhere,
    round: u64,
    looks: HashMap<(CoopId, i64), Look>,
    final_looks: HashMap<CoopId, Instant>,
    resting: HashMap<CoopId, Instant>,
}

/// The memory of one process.
#[derive(Default)]
pub struct AnchorWatch {
    watched: Mutex<Watched>,
}

impl AnchorWatch {
    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A co-op has a batch that is not final.
    pub fn open(&self, coop: CoopId) {
        let mut watched = self.watched();
        watched.marks = watched.marks.wrapping_add(1);
        let mark = Mark(watched.marks);
        watched.open.insert(coop, mark);
    }

    /// Nothing of the co-op is open any more, as far as who took `mark` before looking can say.
    pub fn closed(&self, coop: CoopId, mark: Mark) {
        let mut watched = self.watched();
        if watched.open.get(&coop) == Some(&mark) {
            watched.open.remove(&coop);
        }
    }

    /// The mark of a co-op, to take before looking whether anything of it is open.
    #[must_use]
    pub fn mark(&self, coop: CoopId) -> Mark {
        self.watched().open.get(&coop).copied().unwrap_or(Mark(0))
    }

    /// Whether any co-op has a batch that is not final.
    #[must_use]
    pub fn has_open(&self) -> bool {
        !self.watched().open.is_empty()
    }

    /// The co-ops with open batches, those behind `last` first.
    #[must_use]
    pub fn open_after(&self, last: Option<CoopId>) -> Vec<CoopId> {
        let mut coops: Vec<CoopId> = self.watched().open.keys().copied().collect();
        let behind = coops.partition_point(|coop| last.is_some_and(|last| *coop <= last));
        coops.rotate_left(behind);
        coops
    }

    /// Notes that an anchor halted; says so in the log once.
    pub fn halted(&self, coop: CoopId, seq: i64, reason: &str) {
        let halt = (seq, reason.to_owned());
        let before = self.watched().halted.insert(coop, halt.clone());
        if before.as_ref() != Some(&halt) {
            tracing::error!(coop.id = %coop, anchor.seq = seq, anchor.halt_reason = reason, "an anchor halted; a person must look");
        }
    }

    /// Notes that no anchor of the co-op is halted.
    pub fn not_halted(&self, coop: CoopId) {
        self.watched().halted.remove(&coop);
    }

    /// How many co-ops have a halted anchor.
    #[must_use]
    pub fn halted_count(&self) -> i64 {
        i64::try_from(self.watched().halted.len()).unwrap_or(i64::MAX)
    }

    /// Notes which co-ops are anchored elsewhere; warns where that changed.
    pub fn elsewhere(&self, found: Elsewhere) {
        let before = std::mem::replace(&mut self.watched().elsewhere, found);
        if before == found {
            return;
        }
        tracing::warn!(
            coops = found.count(),
            coops.other_chain = found.other_chain,
            coops.other_contract = found.other_contract,
            coops.other_registrar = found.other_registrar,
            "co-ops are not anchored here: they are bound to another chain, contract or account than is configured"
        );
    }

    /// A round of work begins.
    pub fn begin_round(&self) {
        let mut watched = self.watched();
        watched.round = watched.round.wrapping_add(1);
    }

    /// When a batch was looked at last, as the number of the round; `None` where that was under this newest block, so that there
    /// is nothing new to see.
    #[must_use]
    pub fn looked_in(&self, batch: (CoopId, i64), newest: Hash32) -> Option<u64> {
        match self.watched().looks.get(&batch) {
            Some(look) if look.block == newest => None,
            Some(look) => Some(look.round),
            None => Some(0),
        }
    }

    /// A batch was looked at under this newest block.
    pub fn looked(&self, batch: (CoopId, i64), newest: Hash32) {
        let mut watched = self.watched();
        let round = watched.round;
        watched.looks.insert(batch, Look { round, block: newest });
    }

    /// Forgets the looks at every batch that is not among these.
    pub fn keep_looks(&self, batches: &[(CoopId, i64)]) {
        self.watched().looks.retain(|batch, _| batches.contains(batch));
    }

    /// Whether the newest final anchor of the co-op should be read again.
    #[must_use]
    pub fn is_final_due(&self, coop: CoopId, now: Instant) -> bool {
        let watched = self.watched();
        let last = watched.final_looks.get(&coop);
        last.is_none_or(|last| now.duration_since(*last) >= FINAL_LOOK_EVERY)
    }

    /// The newest final anchor of the co-op was read.
    pub fn final_looked(&self, coop: CoopId, now: Instant) {
        self.watched().final_looks.insert(coop, now);
    }

    /// Something of the co-op failed: it is left alone for a while.
    pub fn rest(&self, coop: CoopId, now: Instant) {
        self.watched().resting.insert(coop, now);
    }

    /// Whether the co-op is left alone.
    #[must_use]
    pub fn is_resting(&self, coop: CoopId, now: Instant) -> bool {
        let watched = self.watched();
        let since = watched.resting.get(&coop);
        since.is_some_and(|since| now.duration_since(*since) < REST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coops() -> [CoopId; 3] {
        [1, 2, 3].map(|number| CoopId::from_uuid(uuid::Uuid::from_u128(number)))
    }

    #[test]
    fn the_turn_goes_round() {
        let watch = AnchorWatch::default();
        let [first, second, third] = coops();
        for coop in coops() {
            watch.open(coop);
        }
        for (last, expected) in [
            (None, [first, second, third]),
            (Some(first), [second, third, first]),
            (Some(second), [third, first, second]),
            (Some(third), [first, second, third]),
        ] {
            assert_eq!(watch.open_after(last), expected, "{last:?}");
        }
    }

    #[test]
    fn what_was_opened_after_a_look_stays_open() {
        let watch = AnchorWatch::default();
        let [coop, ..] = coops();
        watch.open(coop);
        let mark = watch.mark(coop);
        watch.open(coop);
        watch.closed(coop, mark);
        assert!(watch.has_open());
        watch.closed(coop, watch.mark(coop));
        assert!(!watch.has_open());
    }

    #[test]
    fn a_final_anchor_is_read_again_once_an_hour() {
        let watch = AnchorWatch::default();
        let [coop, ..] = coops();
        let start = Instant::now();
        let due = [0, 1, 3_599, 3_600, 3_601, 7_200].map(|seconds| {
            let now = start.checked_add(Duration::from_secs(seconds)).unwrap_or(start);
            let is_due = watch.is_final_due(coop, now);
            if is_due {
                watch.final_looked(coop, now);
            }
            is_due
        });
        assert_eq!(due, [true, false, false, true, false, true]);
    }
}
