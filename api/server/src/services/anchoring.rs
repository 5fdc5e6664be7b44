//! Anchoring: what a co-op recorded goes on chain, batch by batch, whatever happens on the way.
//!
//! [`Anchoring::seal`] fixes what the next anchor covers. [`Anchoring::work`] brings batches on chain. Each step is one look at the chain, then one
//! transaction that stores it; nothing is sent that is not stored, and no transaction is open while the chain is spoken to. Stopping
//! between any two lines loses nothing.

use std::sync::Arc;

use chain::outbox::{Batch, OutboxFault};
use chain::{Address, AnchorItem, Chain, FeePolicy, Place, Poster};
use governance::hash::Hash32;
use governance::id::CoopId;
use governance::merkle;
use governance::record::namespace_on_chain;
use store::anchor::{
    NewAnchorBatch, RecordLeafRow, Sealing, anchor_batch_newest, anchor_batch_seal, record_leaves, record_size,
};
use store::{Store, StoreError};

use crate::failpoint::Failpoint;

use super::anchor_watch::AnchorWatch;
use super::anchoring_rows::{RowError, signed, word};

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
    /// The newest batch is not mined yet; what is new meanwhile goes into one anchor behind it.
    NotYet,
    /// Another server sealed first.
    Overtaken,
}

/// Where an account's work stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkReport {
    /// Every batch of every co-op is final or halted.
    Idle,
    /// A batch waits for the chain to move.
    Waiting,
    /// There is more to do at once.
    Busy,
    /// Another server works for this account.
    NotOurs,
}

/// The anchoring of one account on one chain.
pub struct Anchoring {
    pub(super) store: Store,
    pub(super) chain: Arc<dyn Chain>,
    pub(super) poster: Poster,
    pub(super) settings: AnchoringSettings,
    pub(super) watch: Arc<AnchorWatch>,
}

/// Whether a state says that the batch stands on the chain.
fn is_mined(state: &str) -> bool {
    matches!(state, "mined" | "safe" | "final")
}

impl Anchoring {
    /// The anchoring of `poster` on `chain`. The contract's code must have been checked before ([`chain::check_contract`]).
    #[must_use]
    pub fn new(
        store: Store,
        chain: Arc<dyn Chain>,
        poster: Poster,
        settings: AnchoringSettings,
        watch: Arc<AnchorWatch>,
    ) -> Self {
        Self {
            store,
            chain,
            poster,
            settings,
            watch,
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

    /// Seals the opening of the co-op's namespace if there is none, else an anchor over all its records if there are new ones and
    /// the one before it is mined: sealing further ahead would only make more anchors of the same records.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn seal(&self, coop: CoopId) -> Result<SealReport, AnchoringFault> {
        let mut tx = self.store.coop_tx("anchor_seal", coop).await?;
        let new = match anchor_batch_newest(&mut tx, coop).await? {
            None => self.opening(coop)?,
            // An opening covers nothing, so the first anchor may stand behind it at once.
            Some(newest) if newest.seq > 0 && !is_mined(&newest.state) => return Ok(SealReport::NotYet),
            Some(newest) if record_size(&mut tx, coop).await? <= newest.size => return Ok(SealReport::NothingNew),
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
        self.watch.open(coop);
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
}
