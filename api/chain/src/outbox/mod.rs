//! Bringing one anchor on chain, and keeping it there, as a machine of plain data.
//!
//! ```text
//! sealed → assigned → signed → broadcast → mined → safe → final
//!    ↑        │          ↑  ↑______│ raise     │
//!    └────────┘ abandon  └─────────────────────┘ orphaned: the same bytes again
//! ```
//!
//! A [`Batch`] is what a database row holds. [`advance`] looks at the chain, decides with [`next_step`] and gives back the batch
//! to store; the caller stores it before it calls again. Whatever is about to be sent is therefore stored first, so a crash at
//! any point loses nothing: the next call reads the row, looks at the chain and goes on. Storing must fail when the row changed
//! since it was read; a second server that works on the same row then loses the race and can at worst send bytes that are
//! stored already.
//!
//! Done means state: a batch is mined, safe or final when the contract, asked at the hash of the newest, safe or finalized
//! block, holds exactly what the batch says. Receipts only tell where to look.

mod advance;
mod state_text;
mod step;

use governance::hash::{Hash32, keccak256_words};

pub use self::advance::{OutboxFault, advance};
pub use self::state_text::StateParts;
pub use self::step::{ChainView, Presence, Readiness, Standing, Step, next_step};
use crate::contract::{AnchorItem, Call, link_hash};
use crate::send_outcome::SendOutcome;
use crate::types::{Address, BlockReference, Fees, Place};

/// How many blocks a transaction may wait before more is offered.
pub const RAISE_AFTER_BLOCKS: u64 = 3;
/// How many blocks a transaction may wait for a missing nonce before it before another nonce is taken.
pub const GAP_BLOCKS_MAX: u64 = 8;
/// How many times the contract may refuse a mined transaction before a person must look.
pub const REVERTS_MAX: u32 = 3;

/// What is to stand on chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// The co-op's namespace.
    Open {
        /// The co-op's id as a word.
        salt: Hash32,
        /// Who names the roles.
        admin: Address,
        /// Who anchors.
        poster: Address,
    },
    /// One anchor.
    Anchor(AnchorItem),
}

/// Why a person must look at a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HaltReason {
    /// The contract holds another anchor, or another past, than the database: one of them was restored or forged.
    OtherPast,
    /// A block that was finalized is gone.
    FinalityViolated,
    /// The namespace names another poster.
    NotPoster,
    /// The namespace is closed.
    Closed,
    /// The contract refused mined transactions again and again.
    Reverted,
}

/// Where a batch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchState {
    /// Its contents are fixed; nothing was asked of the chain yet.
    Sealed,
    /// It has a transaction number.
    Assigned,
    /// Signed bytes are stored and not known to be out.
    Signed,
    /// Signed bytes were sent.
    Broadcast,
    /// More than the operator's cap would have to be offered.
    WaitingForFee,
    /// The account cannot pay.
    WaitingForFunds,
    /// The newest block, this one when it was read, holds it.
    Mined(BlockReference),
    /// A safe block, this one when it was read, holds it.
    Safe(BlockReference),
    /// This finalized block holds it.
    Final(BlockReference),
    /// A person must look.
    Halted(HaltReason),
}

/// One version of a transaction. All versions share everything but the fees, so at most one of them can be mined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// What it offers.
    pub fees: Fees,
    /// The signed bytes.
    pub raw: Vec<u8>,
    /// Their hash.
    pub hash: Hash32,
    /// The newest block when it was first sent.
    pub first_sent: Option<u64>,
    /// The newest block when it was last sent.
    pub last_sent: Option<u64>,
    /// What the node said last.
    pub outcome: Option<SendOutcome>,
}

/// A transaction number taken for a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// The number.
    pub nonce: u64,
    /// The most gas; fixed here, never estimated again, since a replacement must not do less than what it replaces.
    pub gas: u64,
    /// The newest block when the number was last taken.
    pub assigned_at: u64,
    /// Its versions, oldest first.
    pub attempts: Vec<Attempt>,
}

/// One thing on its way to the chain, with all that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The contract and the namespace.
    pub place: Place,
    /// What is to stand there.
    pub task: Task,
    /// What the contract must answer for it: the link, or for an opening the hash of both roles.
    pub expected: Hash32,
    /// Where it stands.
    pub state: BatchState,
    /// Every transaction number taken for it, in the order they were first taken. Given up ones stay: should their number become
    /// free again, the same bytes go out again.
    pub transactions: Vec<Transaction>,
    /// The number of the transaction being worked on.
    pub current_nonce: Option<u64>,
    /// How often the contract refused a mined transaction of it.
    pub reverts: u32,
}

impl Batch {
    /// A batch that adds an anchor.
    #[must_use]
    pub fn anchor(chain_id: u64, contract: Address, item: AnchorItem) -> Self {
        let place = Place {
            contract,
            namespace: item.namespace,
        };
        Self::new(place, Task::Anchor(item), link_hash(chain_id, contract, &item))
    }

    /// A batch that opens a namespace; `place` must be the one of the account that will post it.
    #[must_use]
    pub fn open(place: Place, salt: Hash32, admin: Address, poster: Address) -> Self {
        Self::new(place, Task::Open { salt, admin, poster }, roles_word(admin, poster))
    }

    const fn new(place: Place, task: Task, expected: Hash32) -> Self {
        Self {
            place,
            task,
            expected,
            state: BatchState::Sealed,
            transactions: Vec::new(),
            current_nonce: None,
            reverts: 0,
        }
    }

    /// What is asked of the contract.
    #[must_use]
    pub const fn call(&self) -> Call {
        let contract = self.place.contract;
        match self.task {
            Task::Open { salt, admin, poster } => Call::Open {
                contract,
                salt,
                admin,
                poster,
            },
            Task::Anchor(item) => Call::Anchor { contract, item },
        }
    }

    /// The transaction being worked on.
    #[must_use]
    pub fn transaction(&self) -> Option<&Transaction> {
        self.transactions
            .iter()
            .find(|transaction| Some(transaction.nonce) == self.current_nonce)
    }

    fn transaction_mut(&mut self) -> Option<&mut Transaction> {
        let current = self.current_nonce;
        self.transactions
            .iter_mut()
            .find(|transaction| Some(transaction.nonce) == current)
    }

    /// The newest version of the transaction being worked on.
    #[must_use]
    pub fn newest_attempt(&self) -> Option<&Attempt> {
        self.transaction()?.attempts.last()
    }

    /// The batch after it took a transaction number, with this much gas. A number it had before comes back with its bytes.
    #[must_use]
    pub fn assigned(&self, nonce: u64, gas: u64, newest_block: u64) -> Self {
        let mut next = self.clone();
        next.current_nonce = Some(nonce);
        match next.transaction_mut() {
            Some(before) => before.assigned_at = newest_block,
            None => {
                next.transactions.push(Transaction {
                    nonce,
                    gas,
                    assigned_at: newest_block,
                    attempts: Vec::new(),
                });
            }
        }
        next.state = if next.newest_attempt().is_some() {
            BatchState::Signed
        } else {
            BatchState::Assigned
        };
        next
    }

    /// The batch with one more version of its transaction.
    #[must_use]
    pub fn signed(&self, fees: Fees, raw: Vec<u8>, hash: Hash32) -> Self {
        let mut next = self.clone();
        if let Some(transaction) = next.transaction_mut() {
            transaction.attempts.push(Attempt {
                fees,
                raw,
                hash,
                first_sent: None,
                last_sent: None,
                outcome: None,
            });
            next.state = BatchState::Signed;
        }
        next
    }

    /// The batch after its newest bytes were sent.
    #[must_use]
    pub fn sent(&self, newest_block: u64, outcome: SendOutcome) -> Self {
        let mut next = self.clone();
        next.state = match (&outcome, self.state) {
            (SendOutcome::NoFunds, _) => BatchState::WaitingForFunds,
            // The cap was reached before; that the node still has the old bytes does not change it.
            (_, BatchState::WaitingForFee) => BatchState::WaitingForFee,
            (_, _) => BatchState::Broadcast,
        };
        if let Some(attempt) = next
            .transaction_mut()
            .and_then(|transaction| transaction.attempts.last_mut())
        {
            attempt.first_sent = attempt.first_sent.or(Some(newest_block));
            attempt.last_sent = Some(newest_block);
            attempt.outcome = Some(outcome);
        }
        next
    }

    /// The batch in another state.
    #[must_use]
    pub fn moved(&self, state: BatchState) -> Self {
        Self { state, ..self.clone() }
    }

    /// The batch without a transaction number: the old one can no longer be used.
    #[must_use]
    pub fn abandoned(&self, reverts: u32) -> Self {
        Self {
            state: BatchState::Sealed,
            current_nonce: None,
            reverts,
            ..self.clone()
        }
    }
}

/// What stands for the roles of an opened namespace.
pub(crate) fn roles_word(admin: Address, poster: Address) -> Hash32 {
    keccak256_words(&[admin.word(), poster.word()])
}
