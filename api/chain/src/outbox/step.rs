//! The decision: given a batch and what the chain shows, what to do next.

use super::{Batch, BatchState, GAP_BLOCKS_MAX, HaltReason, RAISE_AFTER_BLOCKS, REVERTS_MAX, Transaction};
use crate::fees::{FeePolicy, NextFees};
use crate::send_outcome::SendOutcome;
use crate::types::{Block, BlockReference, Execution, FeeSuggestion, Fees};

/// What the contract holds where the batch belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Nothing.
    Absent,
    /// The batch.
    Ours,
    /// Something else.
    Other,
}

/// Whether the contract would take the batch on the newest block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// It would.
    Ready,
    /// What must stand before it does not.
    PredecessorMissing,
    /// It never would.
    Never(HaltReason),
}

/// Whether the block that a batch's state names is still on the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is, or the state names none, or the node is not that far.
    Kept,
    /// Another block has its height.
    Replaced,
}

/// What a look at the chain showed. State and nonce were read at the hash of one block, so they fit together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainView {
    /// The newest block.
    pub latest: Block,
    /// What it holds.
    pub at_latest: Presence,
    /// The safe block and what it holds.
    pub at_safe: (BlockReference, Presence),
    /// The finalized block and what it holds.
    pub at_finalized: (BlockReference, Presence),
    /// How many transactions of the account are mined up to the newest block.
    pub nonce: u64,
    /// Whether the contract would take the batch now.
    pub readiness: Readiness,
    /// What the chain asks for.
    pub suggestion: FeeSuggestion,
    /// What became of a version of the current transaction, where a receipt tells.
    pub execution: Option<Execution>,
    /// Whether the block that the batch's state names is still there.
    pub standing: Standing,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing until the chain moves.
    Wait,
    /// Take this transaction number.
    Assign {
        /// The number.
        nonce: u64,
    },
    /// Sign a version that offers this, and store it.
    Sign {
        /// What it offers.
        fees: Fees,
    },
    /// Send the newest stored bytes and note what the node said.
    Broadcast,
    /// Note this state.
    Note(BatchState),
    /// Give up the transaction number.
    Abandon {
        /// How often the contract has now refused a mined transaction of the batch.
        reverts: u32,
    },
}

/// Decides. Pure: the same batch and view always give the same step.
#[must_use]
pub fn next_step(batch: &Batch, view: &ChainView, policy: &FeePolicy) -> Step {
    match (batch.state, view.at_latest) {
        (BatchState::Halted(_), _) => Step::Wait,
        (BatchState::Final(seen), _) => {
            if is_contradicted(seen, view) {
                Step::Note(BatchState::Halted(HaltReason::FinalityViolated))
            } else {
                Step::Wait
            }
        }
        (_, Presence::Ours) => note_progress(batch, view),
        (_, Presence::Other) => Step::Note(BatchState::Halted(HaltReason::OtherPast)),
        // It stood there and a reorganisation took it away: the stored bytes are as good as before.
        (BatchState::Mined(_) | BatchState::Safe(_), Presence::Absent) => Step::Note(BatchState::Signed),
        (
            BatchState::Sealed
            | BatchState::Assigned
            | BatchState::Signed
            | BatchState::Broadcast
            | BatchState::WaitingForFee
            | BatchState::WaitingForFunds,
            Presence::Absent,
        ) => bring(batch, view, policy),
    }
}

/// Whether the chain no longer holds what was final. A node that is not that far yet contradicts nothing.
fn is_contradicted(seen: BlockReference, view: &ChainView) -> bool {
    let (finalized, held) = view.at_finalized;
    view.standing == Standing::Replaced || (finalized.number >= seen.number && held != Presence::Ours)
}

fn note_progress(batch: &Batch, view: &ChainView) -> Step {
    if view.at_finalized.1 == Presence::Ours {
        return Step::Note(BatchState::Final(view.at_finalized.0));
    }
    if view.at_safe.1 == Presence::Ours {
        return match (batch.state, view.standing) {
            (BatchState::Safe(_), Standing::Kept) => Step::Wait,
            (_, _) => Step::Note(BatchState::Safe(view.at_safe.0)),
        };
    }
    match (batch.state, view.standing) {
        (BatchState::Mined(_), Standing::Kept) => Step::Wait,
        (_, _) => Step::Note(BatchState::Mined(view.latest.reference)),
    }
}

fn bring(batch: &Batch, view: &ChainView, policy: &FeePolicy) -> Step {
    match view.readiness {
        Readiness::Ready => {}
        Readiness::PredecessorMissing => return Step::Wait,
        Readiness::Never(reason) => return Step::Note(BatchState::Halted(reason)),
    }
    let Some(transaction) = batch.transaction() else {
        return Step::Assign { nonce: view.nonce };
    };
    if view.nonce > transaction.nonce {
        return number_gone(batch, view);
    }
    let newest = view.latest.reference.number;
    if view.nonce < transaction.nonce {
        // A reorganisation took away what was before it, or the node is behind. Give it time before taking another number.
        return if newest.saturating_sub(transaction.assigned_at) >= GAP_BLOCKS_MAX {
            Step::Abandon { reverts: batch.reverts }
        } else {
            Step::Wait
        };
    }
    send_or_raise(batch, transaction, view, policy)
}

/// The number is used up and the batch is not there: a stranger took it, or the contract refused ours.
fn number_gone(batch: &Batch, view: &ChainView) -> Step {
    match view.execution {
        Some(Execution::Reverted) => {
            let reverts = batch.reverts.saturating_add(1);
            if reverts >= REVERTS_MAX {
                Step::Note(BatchState::Halted(HaltReason::Reverted))
            } else {
                Step::Abandon { reverts }
            }
        }
        // A receipt of success beside a contract without the link is a node that contradicts itself; look again later.
        Some(Execution::Succeeded) => Step::Wait,
        None => Step::Abandon { reverts: batch.reverts },
    }
}

fn send_or_raise(batch: &Batch, transaction: &Transaction, view: &ChainView, policy: &FeePolicy) -> Step {
    let newest = view.latest.reference.number;
    let Some(attempt) = transaction.attempts.last() else {
        return offer(batch, policy.first(view.suggestion), Step::Wait);
    };
    let Some(first_sent) = attempt.first_sent else {
        return Step::Broadcast;
    };
    if batch.state == BatchState::Signed {
        return Step::Broadcast;
    }
    // Bytes cost nothing to send again, and a node may have forgotten them without a word.
    let again = if attempt.last_sent == Some(newest) {
        Step::Wait
    } else {
        Step::Broadcast
    };
    let waited = newest.saturating_sub(first_sent) >= RAISE_AFTER_BLOCKS;
    let raise = match &attempt.outcome {
        Some(SendOutcome::Underpriced | SendOutcome::FeeTooLow) => true,
        Some(SendOutcome::NoFunds | SendOutcome::Reverts) => false,
        Some(
            SendOutcome::Accepted
            | SendOutcome::Known
            | SendOutcome::NonceLow
            | SendOutcome::NonceHigh
            | SendOutcome::Unknown(_),
        )
        | None => waited,
    };
    if raise {
        offer(batch, policy.next(attempt.fees, view.suggestion), again)
    } else {
        again
    }
}

fn offer(batch: &Batch, fees: NextFees, otherwise: Step) -> Step {
    match fees {
        NextFees::Offer(fees) => Step::Sign { fees },
        NextFees::CapReached if batch.state == BatchState::WaitingForFee => otherwise,
        NextFees::CapReached => Step::Note(BatchState::WaitingForFee),
    }
}
