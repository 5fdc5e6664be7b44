//! One look at the chain, one decision, one deed.

use governance::hash::Hash32;

use super::{
    Batch, BatchState, ChainView, HaltReason, Presence, Readiness, Standing, Step, Task, next_step, roles_word,
};
use crate::chain::{Chain, ChainFault, Estimate};
use crate::fees::FeePolicy;
use crate::poster::{Poster, PosterKeyError, TransactionPlan};
use crate::types::{Block, BlockTag, Execution, Place, Roles};

/// Why a batch could not be advanced. It stays as it is; trying again later is right.
#[derive(Debug, thiserror::Error)]
pub enum OutboxFault {
    /// The chain did not answer.
    #[error("the chain did not answer")]
    Chain(#[from] ChainFault),
    /// The node knows no block by a tag that every chain we anchor on has.
    #[error("the node knows no {0} block")]
    MissingBlock(&'static str),
    /// The key refused to sign.
    #[error("the transaction could not be signed")]
    Signing(#[from] PosterKeyError),
}

/// Takes one step with `batch`. `Some` is the batch as it must be stored before the next call; `None` means that there is
/// nothing to do until the chain moves.
///
/// # Errors
/// If the chain does not answer; nothing was changed then.
pub async fn advance(
    chain: &dyn Chain,
    poster: &Poster,
    policy: &FeePolicy,
    batch: &Batch,
) -> Result<Option<Batch>, OutboxFault> {
    let view = observe(chain, poster, batch).await?;
    let newest = view.latest.reference.number;
    match next_step(batch, &view, policy) {
        Step::Wait => Ok(None),
        Step::Note(state) => Ok(Some(batch.moved(state))),
        Step::Abandon { reverts } => Ok(Some(batch.abandoned(reverts))),
        Step::Assign { nonce } => match chain.estimate(poster.address(), &batch.call()).await? {
            Estimate::Gas(gas) => Ok(Some(batch.assigned(nonce, with_reserve(gas), newest))),
            // The look said it would be taken, the trial says not: the chain moved in between.
            Estimate::Reverts(_) => Ok(None),
        },
        Step::Sign { fees } => {
            let Some(transaction) = batch.transaction() else {
                return Ok(None);
            };
            let (nonce, gas) = (transaction.nonce, transaction.gas);
            let signed = poster.sign(&TransactionPlan {
                call: batch.call(),
                nonce,
                gas,
                fees,
            })?;
            Ok(Some(batch.signed(fees, signed.raw, signed.hash)))
        }
        Step::Broadcast => {
            let Some(attempt) = batch.newest_attempt() else {
                return Ok(None);
            };
            let outcome = chain.send_raw(&attempt.raw).await;
            Ok(Some(batch.sent(newest, outcome)))
        }
    }
}

/// A fifth more than estimated: the cost of a call changes a little with the state it meets.
const fn with_reserve(gas: u64) -> u64 {
    gas.saturating_add(gas / 5)
}

async fn observe(chain: &dyn Chain, poster: &Poster, batch: &Batch) -> Result<ChainView, OutboxFault> {
    let latest = block(chain, BlockTag::Latest, "latest").await?;
    let safe = block(chain, BlockTag::Safe, "safe").await?.reference;
    let finalized = block(chain, BlockTag::Finalized, "finalized").await?.reference;
    let at = latest.reference.hash;
    Ok(ChainView {
        latest,
        at_latest: presence(chain, batch, at).await?,
        at_safe: (safe, presence_if_contract(chain, batch, safe.hash).await?),
        at_finalized: (finalized, presence_if_contract(chain, batch, finalized.hash).await?),
        nonce: chain.nonce(poster.address(), at).await?,
        readiness: readiness(chain, poster, batch, at).await?,
        suggestion: chain.fee_suggestion().await?,
        execution: execution(chain, batch).await?,
        standing: standing(chain, batch, &latest).await?,
    })
}

async fn block(chain: &dyn Chain, tag: BlockTag, name: &'static str) -> Result<Block, OutboxFault> {
    chain.block(tag).await?.ok_or(OutboxFault::MissingBlock(name))
}

async fn presence(chain: &dyn Chain, batch: &Batch, at: Hash32) -> Result<Presence, OutboxFault> {
    let found = match batch.task {
        Task::Anchor(item) => chain.link(batch.place, item.seq, at).await?,
        Task::Open { .. } => match chain.roles(batch.place, at).await? {
            Roles::NONE => Hash32::ZERO,
            roles => roles_word(roles.admin, roles.poster),
        },
    };
    Ok(match found {
        Hash32::ZERO => Presence::Absent,
        found if found == batch.expected => Presence::Ours,
        _ => Presence::Other,
    })
}

/// As [`presence`], for an older block in which the contract may not have been created yet.
async fn presence_if_contract(chain: &dyn Chain, batch: &Batch, at: Hash32) -> Result<Presence, OutboxFault> {
    if chain.code(batch.place.contract, at).await?.is_empty() {
        return Ok(Presence::Absent);
    }
    presence(chain, batch, at).await
}

async fn readiness(chain: &dyn Chain, poster: &Poster, batch: &Batch, at: Hash32) -> Result<Readiness, OutboxFault> {
    let Task::Anchor(item) = batch.task else {
        return Ok(Readiness::Ready);
    };
    let place: Place = batch.place;
    let roles = chain.roles(place, at).await?;
    if roles == Roles::NONE {
        return Ok(Readiness::PredecessorMissing);
    }
    let head = chain.head(place, at).await?;
    if head.closed {
        return Ok(Readiness::Never(HaltReason::Closed));
    }
    if roles.poster != poster.address() {
        return Ok(Readiness::Never(HaltReason::NotPoster));
    }
    let before = item.seq.saturating_sub(1);
    if head.seq < before {
        return Ok(Readiness::PredecessorMissing);
    }
    if chain.link(place, before, at).await? != item.prev || head.size > item.size {
        return Ok(Readiness::Never(HaltReason::OtherPast));
    }
    Ok(Readiness::Ready)
}

/// Every version is looked up, not only the newest: any of them may be the one that was mined.
async fn execution(chain: &dyn Chain, batch: &Batch) -> Result<Option<Execution>, OutboxFault> {
    let Some(transaction) = batch.transaction() else {
        return Ok(None);
    };
    for attempt in transaction.attempts.iter().rev() {
        let Some(receipt) = chain.receipt(attempt.hash).await? else {
            continue;
        };
        // Nodes were seen to give receipts of blocks that left the chain.
        let standing = chain.block(BlockTag::Number(receipt.block.number)).await?;
        if standing.is_some_and(|block| block.reference == receipt.block) {
            return Ok(Some(receipt.execution));
        }
    }
    Ok(None)
}

async fn standing(chain: &dyn Chain, batch: &Batch, latest: &Block) -> Result<Standing, OutboxFault> {
    let (BatchState::Mined(seen) | BatchState::Safe(seen) | BatchState::Final(seen)) = batch.state else {
        return Ok(Standing::Kept);
    };
    if seen.number > latest.reference.number {
        return Ok(Standing::Kept);
    }
    match chain.block(BlockTag::Number(seen.number)).await? {
        Some(block) if block.reference != seen => Ok(Standing::Replaced),
        Some(_) | None => Ok(Standing::Kept),
    }
}
