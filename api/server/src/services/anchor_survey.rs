//! What a round of sealing looks at besides: which co-ops have open batches, and whether the newest final ones still stand.

use std::time::Instant;

use chain::outbox::BatchState;
use governance::id::CoopId;
use store::anchor::anchor_batch_newest_final;

use super::anchor_work::Stepped;
use super::anchoring::{Anchoring, AnchoringFault};

/// The most final batches read again in one round of sealing.
const FINAL_LOOKS_MAX: usize = 50;

impl Anchoring {
    /// Notes what of a co-op is open or halted.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn survey(&self, coop: CoopId) -> Result<(), AnchoringFault> {
        let mark = self.watch.mark(coop);
        if self.open_batches(coop).await?.is_empty() {
            self.watch.closed(coop, mark);
        } else {
            self.watch.open(coop);
        }
        Ok(())
    }

    /// Reads the newest final anchor of each co-op at its block again where that is an hour ago, of some in each call; halts it
    /// where the chain no longer holds it.
    ///
    /// # Errors
    /// If the database or the node is away; what fails for one co-op is logged.
    pub async fn look_at_finals(&self, coops: &[CoopId]) -> Result<(), AnchoringFault> {
        let now = Instant::now();
        let due = coops.iter().filter(|coop| self.watch.is_final_due(**coop, now));
        for coop in due.take(FINAL_LOOKS_MAX) {
            match self.look_at_final(*coop).await {
                Ok(()) => self.watch.final_looked(*coop, now),
                Err(fault) => self.failed(*coop, fault)?,
            }
        }
        Ok(())
    }

    async fn look_at_final(&self, coop: CoopId) -> Result<(), AnchoringFault> {
        let mut tx = self.store.coop_tx("anchor_newest_final", coop).await?;
        let newest = anchor_batch_newest_final(&mut tx, coop).await?;
        tx.commit().await?;
        if let Some(seq) = newest
            && let Stepped::Stored(BatchState::Halted(reason), _) = self.step((coop, seq), 0).await?
        {
            self.watch.halted(coop, seq, reason.name());
        }
        Ok(())
    }
}
