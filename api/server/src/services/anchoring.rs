//! Anchoring: what a co-op recorded goes on chain, batch by batch, whatever happens on the way.
//!
//! [`Anchoring::seal`] fixes what the next anchor covers. [`Anchoring::work`] brings the oldest batch of each co-op on chain. Each
//! step is one look at the chain, then one transaction that stores it; nothing is sent that is not stored, and no transaction
//! is open while the chain is spoken to. Stopping between any two lines of this file loses nothing.

use std::sync::Arc;

use chain::outbox::{Batch, BatchState, OutboxFault, advance};
use chain::{Address, AnchorItem, Chain, FeePolicy, Place, Poster};
use governance::hash::Hash32;
use governance::id::CoopId;
use governance::merkle;
use governance::record::namespace_on_chain;
use store::anchor::{
    AnchorAccount, AnchorLease, NewAnchorBatch, RecordLeafRow, Replacement, Sealing, anchor_batch_newest,
    anchor_batch_oldest_open, anchor_batch_replace, anchor_batch_seal, anchor_lease_keep, anchor_lease_take,
    record_count, record_leaves,
};
use store::{Store, StoreError};

use crate::failpoint::Failpoint;

use super::anchoring_rows::{RowError, batch_from_rows, rows_from_batch, signed, word};

/// How long a server may work for an account before another may take over, in seconds; it is kept up at every step.
const LEASE_SECONDS: i16 = 60;
/// The most steps in one call of [`Anchoring::work`], so that a worker also gets to its other jobs.
const STEPS_MAX: usize = 200;

/// What the operator configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnchoringSettings {
    /// The anchor contract.
    pub contract: Address,
    /// Who is named as admin of the namespaces opened; a multisig or a timelock.
    pub admin: Address,
    /// What may be offered.
    pub fees: FeePolicy,
}

/// Why anchoring could not go on. Trying again later is right.
#[derive(Debug, thiserror::Error)]
pub enum AnchoringFault {
    /// The database failed.
    #[error("the database did not answer an anchoring job")]
    Store(#[from] StoreError),
    /// The chain failed.
    #[error("the chain did not answer an anchoring job")]
    Chain(#[from] OutboxFault),
    /// A row does not hold what it must.
    #[error("an anchor's row is damaged")]
    Row(#[from] RowError),
}

/// What sealing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealReport {
    /// The opening of the namespace or an anchor was sealed.
    Sealed,
    /// Nothing was recorded since the newest anchor.
    NothingNew,
    /// Another server sealed first.
    Overtaken,
}

/// Where an account's work stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkReport {
    /// Every batch of every co-op is final or halted.
    Idle,
    /// A batch waits for the chain to move.
    Waiting(CoopId),
    /// There is more to do at once.
    Busy,
    /// Another server works for this account.
    NotOurs,
}

/// The anchoring of one account on one chain.
pub struct Anchoring {
    store: Store,
    chain: Arc<dyn Chain>,
    poster: Poster,
    settings: AnchoringSettings,
}

/// One step of one co-op's batch.
enum Stepped {
    Stored(BatchState),
    Waiting,
    NothingOpen,
    Overtaken,
}

impl Anchoring {
    /// The anchoring of `poster` on `chain`. The contract's code must have been checked before ([`chain::check_contract`]).
    #[must_use]
    pub fn new(store: Store, chain: Arc<dyn Chain>, poster: Poster, settings: AnchoringSettings) -> Self {
        Self {
            store,
            chain,
            poster,
            settings,
        }
    }

    /// The co-op's namespace in the contract.
    #[must_use]
    pub fn place(&self, coop: CoopId) -> Place {
        let namespace = namespace_on_chain(*self.poster.address().as_bytes(), coop);
        Place {
            contract: self.settings.contract,
            namespace,
        }
    }

    /// Seals the opening of the co-op's namespace if there is none, else an anchor over all its records if there are new ones.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn seal(&self, coop: CoopId) -> Result<SealReport, AnchoringFault> {
        let mut tx = self.store.coop_tx("anchor_seal", coop).await?;
        let new = match anchor_batch_newest(&mut tx, coop).await? {
            None => self.opening(coop)?,
            Some(newest) if record_count(&mut tx, coop).await? <= newest.size => return Ok(SealReport::NothingNew),
            Some(newest) => {
                let prev = if newest.seq == 0 {
                    Hash32::ZERO
                } else {
                    word(&newest.expected, "expected")?
                };
                let leaves = record_leaves(&mut tx, coop).await?;
                self.anchor(coop, newest.seq.saturating_add(1), prev, &leaves)?
            }
        };
        let sealing = anchor_batch_seal(&mut tx, &new).await?;
        tx.commit().await?;
        Failpoint::AnchorSealed.reach();
        Ok(match sealing {
            Sealing::Sealed => SealReport::Sealed,
            Sealing::Overtaken => SealReport::Overtaken,
        })
    }

    fn opening(&self, coop: CoopId) -> Result<NewAnchorBatch, RowError> {
        let batch = Batch::open(
            self.place(coop),
            coop.word(),
            self.settings.admin,
            self.poster.address(),
        );
        // An opening has no root; its column holds the salt, which is what the contract is given.
        self.sealed(
            coop,
            &batch,
            AnchorItem {
                namespace: Hash32::ZERO,
                seq: 0,
                size: 0,
                prev: Hash32::ZERO,
                root: coop.word(),
            },
        )
    }

    fn anchor(
        &self,
        coop: CoopId,
        seq: i64,
        prev: Hash32,
        leaves: &[RecordLeafRow],
    ) -> Result<NewAnchorBatch, RowError> {
        let hashes = leaves
            .iter()
            .map(|leaf| {
                let record_hash = word(&leaf.record_hash, "record_hash")?;
                Ok(merkle::batch_leaf(
                    word(&leaf.tag, "tag")?,
                    word(&leaf.subject, "subject")?,
                    record_hash,
                ))
            })
            .collect::<Result<Vec<Hash32>, RowError>>()?;
        let item = AnchorItem {
            namespace: self.place(coop).namespace,
            seq: u64::try_from(seq).unwrap_or_default(),
            size: u64::try_from(leaves.len()).unwrap_or(u64::MAX),
            prev,
            root: merkle::root(hashes),
        };
        self.sealed(
            coop,
            &Batch::anchor(self.poster.chain_id(), self.settings.contract, item),
            item,
        )
    }

    fn sealed(&self, coop: CoopId, batch: &Batch, item: AnchorItem) -> Result<NewAnchorBatch, RowError> {
        Ok(NewAnchorBatch {
            coop,
            seq: signed(item.seq, "seq")?,
            size: signed(item.size, "size")?,
            prev: item.prev.as_bytes().to_vec(),
            root: item.root.as_bytes().to_vec(),
            expected: batch.expected.as_bytes().to_vec(),
            chain_id: signed(self.poster.chain_id(), "chain_id")?,
            contract: self.settings.contract.as_bytes().to_vec(),
            namespace: batch.place.namespace.as_bytes().to_vec(),
            poster: self.poster.address().as_bytes().to_vec(),
            admin: self.settings.admin.as_bytes().to_vec(),
        })
    }

    /// Brings batches of `coops` on chain, one at a time: the account's transaction numbers then never have a hole.
    ///
    /// # Errors
    /// If the database or the chain fails; what was stored until then stays.
    pub async fn work(&self, coops: &[CoopId]) -> Result<WorkReport, AnchoringFault> {
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
        let report = self.work_under(&account, &mut lease, coops).await;
        // Given back at once, so that the next round, here or elsewhere, need not wait for it to run out.
        self.keep(&account, &lease, 0).await?;
        report
    }

    async fn work_under(
        &self,
        account: &AnchorAccount,
        lease: &mut AnchorLease,
        coops: &[CoopId],
    ) -> Result<WorkReport, AnchoringFault> {
        let mut order: Vec<CoopId> = lease.turn_coop_id.map(CoopId::from_uuid).into_iter().collect();
        order.extend(coops.iter().copied());
        let mut steps = 0usize;
        for coop in order {
            loop {
                if steps == STEPS_MAX {
                    return Ok(WorkReport::Busy);
                }
                steps = steps.saturating_add(1);
                // The turn is stored before the batch takes a number: after a crash the same co-op goes on first.
                lease.turn_coop_id = Some(coop.uuid());
                if self.keep(account, lease, LEASE_SECONDS).await? == Replacement::Overtaken {
                    return Ok(WorkReport::NotOurs);
                }
                match self.step(coop).await? {
                    Stepped::Stored(BatchState::Halted(_)) | Stepped::NothingOpen => break,
                    Stepped::Stored(_) => {}
                    Stepped::Waiting => return Ok(WorkReport::Waiting(coop)),
                    Stepped::Overtaken => return Ok(WorkReport::NotOurs),
                }
            }
            lease.turn_coop_id = None;
        }
        Ok(WorkReport::Idle)
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

    async fn step(&self, coop: CoopId) -> Result<Stepped, AnchoringFault> {
        let mut tx = self.store.coop_tx("anchor_read", coop).await?;
        let found = anchor_batch_oldest_open(&mut tx, coop).await?;
        tx.commit().await?;
        let Some(whole) = found else {
            return Ok(Stepped::NothingOpen);
        };
        let batch = batch_from_rows(&whole)?;
        if matches!(batch.state, BatchState::Halted(_)) {
            return Ok(Stepped::NothingOpen);
        }
        let Some(next) = advance(self.chain.as_ref(), &self.poster, &self.settings.fees, &batch).await? else {
            return Ok(Stepped::Waiting);
        };
        let state = next.state.parts().name;
        Failpoint::AnchorAdvanced.reach_in(state);
        let rows = rows_from_batch(&whole.batch, &next)?;
        let mut tx = self.store.coop_tx("anchor_step", coop).await?;
        let replaced = anchor_batch_replace(&mut tx, coop, &rows).await?;
        tx.commit().await?;
        Failpoint::AnchorStored.reach_in(state);
        Ok(match replaced {
            Replacement::Replaced => Stepped::Stored(next.state),
            Replacement::Overtaken => Stepped::Overtaken,
        })
    }
}
