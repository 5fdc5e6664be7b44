//! Bringing batches on chain: the account's transaction numbers are given out one at a time, co-op by co-op.
//!
//! A batch takes a number only where every number that an unfinal batch holds is used up on the newest block. While one is on
//! its way, nobody else gets one; once it is mined, the co-op behind gets its turn. Should a reorganisation take mined batches
//! away, their numbers are free again on the chain and still taken here: nothing new goes out until they were sent again.
//!
//! The lease names every co-op with such a batch before the number is taken, so another server that takes over knows them too.

use chain::outbox::{BatchState, OutboxFault, advance};
use chain::{BlockTag, ChainFault};
use governance::hash::Hash32;
use governance::id::CoopId;
use std::time::Instant;
use store::StoreError;
use store::anchor::{
    AnchorAccount, AnchorLease, OpenBatchRow, Replacement, anchor_batch_get, anchor_batch_open, anchor_batch_replace,
    anchor_lease_keep, anchor_lease_take,
};

use super::anchoring::{Anchoring, AnchoringFault, WorkReport};
use super::anchoring_rows::{batch_from_rows, rows_from_batch, signed};
use crate::failpoint::Failpoint;

/// How long a server may work for an account before another may take over, in seconds; it is kept up at every step.
const LEASE_SECONDS: i16 = 60;
/// The most steps in one call of [`Anchoring::work`], so that a worker also gets to its other jobs.
const STEPS_MAX: usize = 200;
/// The most mined batches looked at in one round: each look asks the node a dozen times.
const MINED_LOOKS_MAX: usize = 20;

/// A batch that took a number and is not final.
#[derive(Debug, Clone, Copy)]
struct Flying {
    coop: CoopId,
    seq: i64,
    nonce: Option<i64>,
    is_mined: bool,
}

impl Flying {
    fn of(coop: CoopId, row: &OpenBatchRow) -> Self {
        Self {
            coop,
            seq: row.seq,
            nonce: row.current_nonce,
            is_mined: matches!(row.state.as_str(), "mined" | "safe"),
        }
    }

    const fn key(&self) -> (CoopId, i64) {
        (self.coop, self.seq)
    }
}

/// One step of a batch.
pub(super) enum Stepped {
    Stored(BatchState, Option<u64>),
    Waiting,
    /// The next number is one that another batch lost a moment ago.
    Blocked,
    Gone,
    Overtaken,
}

/// How far a batch came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    /// It waits for the chain.
    Waits,
    /// It waits for a batch of another co-op, and so does everyone who has no number.
    Blocked,
    /// It is final or halted.
    Ended,
    /// It failed and was told so.
    Failed,
    /// No more steps in this round.
    OutOfSteps,
    /// Another server took over.
    Overtaken,
}

/// What one round knows.
struct Round<'a> {
    account: &'a AnchorAccount,
    lease: &'a mut AnchorLease,
    steps: usize,
    flying: Vec<Flying>,
    /// Co-ops that could not be read: what numbers they hold is not known, so none is given out.
    unread: Vec<CoopId>,
}

impl Round<'_> {
    /// The least number that a batch may take; those below are taken by others.
    fn floor(&self, but: (CoopId, i64)) -> u64 {
        let others = self.flying.iter().filter(|flying| flying.key() != but);
        let highest = others.filter_map(|flying| flying.nonce).max();
        highest.map_or(0, |nonce| u64::try_from(nonce).unwrap_or_default().saturating_add(1))
    }

    fn note(&mut self, key: (CoopId, i64), state: BatchState, nonce: Option<u64>) {
        for flying in self.flying.iter_mut().filter(|flying| flying.key() == key) {
            flying.nonce = nonce.and_then(|nonce| i64::try_from(nonce).ok());
            flying.is_mined = matches!(state, BatchState::Mined(_) | BatchState::Safe(_));
        }
    }

    fn forget(&mut self, key: (CoopId, i64)) {
        self.flying.retain(|flying| flying.key() != key);
    }

    /// Writes into the lease, in memory, who must be looked at first from now on.
    fn note_unfinal(&mut self) {
        let mut coops: Vec<CoopId> = self.flying.iter().map(|flying| flying.coop).collect();
        coops.extend(&self.unread);
        coops.sort_unstable();
        coops.dedup();
        self.lease.unfinal_coop_ids = coops.iter().map(CoopId::uuid).collect();
    }
}

impl Anchoring {
    /// Brings batches on chain. Asks nothing of anyone where no batch is known to be open.
    ///
    /// # Errors
    /// If the database or the node fails for all; what was stored until then stays. What fails for one co-op is logged.
    pub async fn work(&self) -> Result<WorkReport, AnchoringFault> {
        if !self.watch.has_open() {
            return Ok(WorkReport::Idle);
        }
        let account = AnchorAccount {
            chain_id: signed(self.poster.chain_id(), "chain_id")?,
            poster: self.poster.address().as_bytes().to_vec(),
        };
        let mut tx = self.store.global_tx("anchor_lease_take").await?;
        let taken = anchor_lease_take(&mut tx, &account, LEASE_SECONDS).await?;
        tx.commit().await?;
        let Some(mut lease) = taken else {
            return Ok(WorkReport::NotOurs);
        };
        self.watch.begin_round();
        let report = self.work_under(&account, &mut lease).await;
        // Given back at once, so that the next round, here or elsewhere, need not wait for it to run out.
        self.keep(&account, &lease, 0).await?;
        report
    }

    async fn work_under(&self, account: &AnchorAccount, lease: &mut AnchorLease) -> Result<WorkReport, AnchoringFault> {
        let mut round = Round {
            account,
            lease,
            steps: 0,
            flying: Vec::new(),
            unread: Vec::new(),
        };
        self.read_flying(&mut round).await?;
        if let Some(report) = self.visit_flying(&mut round).await? {
            return Ok(report);
        }
        round.note_unfinal();
        // What gave up its number and can get none for now holds nobody up, and what failed does so only until its number is used up.
        let now = Instant::now();
        let is_free = round.unread.is_empty()
            && round
                .flying
                .iter()
                .all(|flying| flying.is_mined || flying.nonce.is_none() || self.watch.is_resting(flying.coop, now));
        if is_free && let Some(report) = self.give_turns(&mut round).await? {
            return Ok(report);
        }
        round.note_unfinal();
        let keys: Vec<(CoopId, i64)> = round.flying.iter().map(Flying::key).collect();
        self.watch.keep_looks(&keys);
        Ok(if keys.is_empty() && round.unread.is_empty() {
            WorkReport::Idle
        } else {
            WorkReport::Waiting
        })
    }

    /// Reads which batches hold numbers, of the co-ops that the lease names.
    async fn read_flying(&self, round: &mut Round<'_>) -> Result<(), AnchoringFault> {
        let mut coops = round.lease.unfinal_coop_ids.clone();
        coops.extend(round.lease.turn_coop_id);
        coops.sort_unstable();
        coops.dedup();
        for coop in coops.into_iter().map(CoopId::from_uuid) {
            match self.open_batches(coop).await {
                Ok(rows) => {
                    let flying = rows.iter().filter(|row| row.was_numbered);
                    round.flying.extend(flying.map(|row| Flying::of(coop, row)));
                }
                Err(fault) => {
                    self.failed(coop, fault)?;
                    round.unread.push(coop);
                }
            }
        }
        // What was sent first must be mined first; what gave up its number comes last.
        round
            .flying
            .sort_by_key(|flying| (flying.nonce.is_none(), flying.nonce));
        Ok(())
    }

    /// Goes on with the batches that took a number: all that are not mined, and some of the others where a block is new.
    async fn visit_flying(&self, round: &mut Round<'_>) -> Result<Option<WorkReport>, AnchoringFault> {
        if round.flying.is_empty() {
            return Ok(None);
        }
        let (newest, now) = (self.newest_block().await?, Instant::now());
        let mut mined: Vec<(u64, (CoopId, i64))> = round
            .flying
            .iter()
            .filter(|flying| flying.is_mined)
            .filter_map(|flying| Some((self.watch.looked_in(flying.key(), newest)?, flying.key())))
            .collect();
        // Those that were not looked at for longest; where all are alike, the lowest number comes first.
        mined.sort_by_key(|(looked, _)| *looked);
        mined.truncate(MINED_LOOKS_MAX);
        let chosen: Vec<(CoopId, i64)> = round
            .flying
            .iter()
            .filter(|flying| !flying.is_mined || mined.iter().any(|(_, key)| *key == flying.key()))
            .filter(|flying| !self.watch.is_resting(flying.coop, now))
            .map(Flying::key)
            .collect();
        for key in chosen {
            match self.bring(round, key).await? {
                Came::Waits => self.watch.looked(key, newest),
                Came::Ended => round.forget(key),
                Came::Blocked | Came::Failed => {}
                Came::OutOfSteps => return Ok(Some(WorkReport::Busy)),
                Came::Overtaken => return Ok(Some(WorkReport::NotOurs)),
            }
        }
        Ok(None)
    }

    /// Gives numbers to batches that never had one, one co-op after the other, until one is on its way.
    async fn give_turns(&self, round: &mut Round<'_>) -> Result<Option<WorkReport>, AnchoringFault> {
        let last = round.lease.turn_coop_id.map(CoopId::from_uuid);
        let now = Instant::now();
        let mut waits = false;
        for coop in self.watch.open_after(last) {
            if self.watch.is_resting(coop, now) {
                continue;
            }
            let mark = self.watch.mark(coop);
            let rows = match self.open_batches(coop).await {
                Ok(rows) => rows,
                Err(fault) => {
                    self.failed(coop, fault)?;
                    continue;
                }
            };
            if rows.is_empty() {
                self.watch.closed(coop, mark);
            }
            let known: Vec<i64> = round
                .flying
                .iter()
                .filter(|flying| flying.coop == coop)
                .map(|flying| flying.seq)
                .collect();
            let Some(row) = rows.iter().find(|row| !known.contains(&row.seq)) else {
                continue;
            };
            // Both are stored before the batch takes a number: after a crash it is found and goes on first.
            let key = (coop, row.seq);
            round.flying.push(Flying::of(coop, row));
            let turn = round.lease.turn_coop_id.replace(coop.uuid());
            round.note_unfinal();
            match self.bring(round, key).await? {
                Came::Ended => round.forget(key),
                Came::Waits | Came::Failed => {}
                Came::Blocked => {
                    round.forget(key);
                    round.lease.turn_coop_id = turn;
                    return Ok(Some(WorkReport::Waiting));
                }
                Came::OutOfSteps => return Ok(Some(WorkReport::Busy)),
                Came::Overtaken => return Ok(Some(WorkReport::NotOurs)),
            }
            let numbered = round.flying.iter().find(|flying| flying.key() == key);
            match numbered.map(|flying| (flying.nonce, flying.is_mined)) {
                // It has a number and is not mined: everyone else waits.
                Some((Some(_), false)) => return Ok(None),
                // Nothing could be taken for it yet; it waits its turn and holds nobody up.
                Some((None, _)) => {
                    waits = true;
                    round.forget(key);
                }
                Some((Some(_), true)) | None => {}
            }
        }
        round.note_unfinal();
        Ok(waits.then_some(WorkReport::Waiting))
    }

    /// Takes steps with one batch until it waits or ends.
    async fn bring(&self, round: &mut Round<'_>, key: (CoopId, i64)) -> Result<Came, AnchoringFault> {
        loop {
            if round.steps == STEPS_MAX {
                return Ok(Came::OutOfSteps);
            }
            round.steps = round.steps.saturating_add(1);
            if self.keep(round.account, round.lease, LEASE_SECONDS).await? == Replacement::Overtaken {
                return Ok(Came::Overtaken);
            }
            let floor = round.floor(key);
            match self.step(key, floor).await {
                Ok(Stepped::Stored(BatchState::Halted(reason), _)) => {
                    self.watch.halted(key.0, key.1, reason.name());
                    return Ok(Came::Ended);
                }
                Ok(Stepped::Stored(BatchState::Final(_), _)) | Ok(Stepped::Gone) => return Ok(Came::Ended),
                Ok(Stepped::Stored(state, nonce)) => round.note(key, state, nonce),
                Ok(Stepped::Waiting) => return Ok(Came::Waits),
                Ok(Stepped::Blocked) => return Ok(Came::Blocked),
                Ok(Stepped::Overtaken) => return Ok(Came::Overtaken),
                Err(fault) => {
                    self.failed(key.0, fault)?;
                    return Ok(Came::Failed);
                }
            }
        }
    }

    pub(super) async fn step(&self, (coop, seq): (CoopId, i64), floor: u64) -> Result<Stepped, AnchoringFault> {
        let mut tx = self.store.coop_tx("anchor_read", coop).await?;
        let found = anchor_batch_get(&mut tx, coop, seq).await?;
        tx.commit().await?;
        let Some(whole) = found else { return Ok(Stepped::Gone) };
        let batch = batch_from_rows(&whole)?;
        let Some(next) = advance(self.chain.as_ref(), &self.poster, &self.settings.fees, &batch).await? else {
            return Ok(Stepped::Waiting);
        };
        // A number below belongs to a batch that a reorganisation took away a moment ago; that one goes out again first.
        if batch.current_nonce.is_none() && next.current_nonce.is_some_and(|nonce| nonce < floor) {
            return Ok(Stepped::Blocked);
        }
        let state = next.state.parts().name;
        Failpoint::AnchorAdvanced.reach_in(state);
        let rows = rows_from_batch(&whole.batch, &next)?;
        let mut tx = self.store.coop_tx("anchor_step", coop).await?;
        let replaced = anchor_batch_replace(&mut tx, coop, &rows).await?;
        tx.commit().await?;
        Failpoint::AnchorStored.reach_in(state);
        Ok(match replaced {
            Replacement::Replaced => Stepped::Stored(next.state, next.current_nonce),
            Replacement::Overtaken => Stepped::Overtaken,
        })
    }

    async fn keep(
        &self,
        account: &AnchorAccount,
        lease: &AnchorLease,
        seconds: i16,
    ) -> Result<Replacement, AnchoringFault> {
        let mut tx = self.store.global_tx("anchor_lease_keep").await?;
        let kept = anchor_lease_keep(&mut tx, account, lease, seconds).await?;
        tx.commit().await?;
        Ok(kept)
    }

    async fn newest_block(&self) -> Result<Hash32, AnchoringFault> {
        let newest = self.chain.block(BlockTag::Latest).await.map_err(OutboxFault::from)?;
        let newest = newest.ok_or(OutboxFault::MissingBlock("latest"))?;
        Ok(newest.reference.hash)
    }

    /// The batches of a co-op that can be worked on, oldest first; what stands behind a halted one cannot.
    pub(super) async fn open_batches(&self, coop: CoopId) -> Result<Vec<OpenBatchRow>, AnchoringFault> {
        let mut tx = self.store.coop_tx("anchor_batch_open", coop).await?;
        let mut rows = anchor_batch_open(&mut tx, coop).await?;
        tx.commit().await?;
        let Some(halted) = rows.iter().position(|row| row.state == "halted") else {
            self.watch.not_halted(coop);
            return Ok(rows);
        };
        if let Some(row) = rows.get(halted) {
            self.watch
                .halted(coop, row.seq, row.halt_reason.as_deref().unwrap_or_default());
        }
        rows.truncate(halted);
        Ok(rows)
    }

    /// Logs what failed for one co-op and leaves that co-op alone for a while.
    ///
    /// # Errors
    /// The fault itself where it is not one of that co-op: everyone behind it would meet it too.
    pub(super) fn failed(&self, coop: CoopId, fault: AnchoringFault) -> Result<(), AnchoringFault> {
        if fault.is_of_all() {
            return Err(fault);
        }
        self.watch.rest(coop, Instant::now());
        let cause = anyhow::Error::from(fault);
        tracing::error!(coop.id = %coop, error.cause = %format_args!("{cause:#}"), "an anchor could not be worked on");
        Ok(())
    }
}

impl AnchoringFault {
    /// Whether it says that the database or the node is away, so that trying other co-ops is no use.
    #[must_use]
    pub const fn is_of_all(&self) -> bool {
        match self {
            Self::Store(StoreError::Unavailable(_) | StoreError::CommitUnknown(_)) => true,
            Self::Chain(OutboxFault::Chain(ChainFault::Unreachable { .. } | ChainFault::WrongChain { .. })) => true,
            Self::Store(_) | Self::Chain(_) | Self::Row(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_an_unfinal_batch_of_another_holds_is_never_the_next() {
        let [first, second] = [1, 2].map(|number| CoopId::from_uuid(uuid::Uuid::from_u128(number)));
        let flying = |coop, seq, nonce| Flying {
            coop,
            seq,
            nonce,
            is_mined: true,
        };
        let account = AnchorAccount {
            chain_id: 1,
            poster: Vec::new(),
        };
        let mut lease = AnchorLease {
            epoch: 1,
            turn_coop_id: None,
            unfinal_coop_ids: Vec::new(),
        };
        let round = Round {
            account: &account,
            lease: &mut lease,
            steps: 0,
            flying: vec![
                flying(first, 1, Some(5)),
                flying(first, 2, Some(7)),
                flying(second, 1, None),
            ],
            unread: Vec::new(),
        };
        for (key, expected) in [((second, 1), 8), ((first, 2), 6), ((first, 1), 8)] {
            assert_eq!(round.floor(key), expected, "{key:?}");
        }
    }
}
