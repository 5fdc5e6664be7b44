//! Creating the contract, and making sure that a configured address really holds it.

use std::time::Duration;

use governance::hash::Hash32;

use crate::chain::{Chain, ChainFault, Estimate};
use crate::contract::{Call, deployed_bytecode};
use crate::distributor::Terms;
use crate::fees::{FeePolicy, NextFees};
use crate::poster::{Poster, PosterKeyError, TransactionPlan};
use crate::send_outcome::SendOutcome;
use crate::types::{Address, BlockTag, Execution};

/// How the receipt of a creation is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How long to wait between two looks.
    pub pause: Duration,
    /// How many looks to take.
    pub looks_max: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            pause: Duration::from_millis(500),
            looks_max: 600,
        }
    }
}

/// A contract that was created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deployment {
    /// Where it stands.
    pub contract: Address,
    /// The transaction that created it.
    pub transaction: Hash32,
}

/// Why the contract could not be created, or is not where it should be.
#[derive(Debug, thiserror::Error)]
pub enum DeployFault {
    /// The chain did not answer.
    #[error("the chain did not answer")]
    Chain(#[from] ChainFault),
    /// The key refused to sign.
    #[error("the creation could not be signed")]
    Signing(#[from] PosterKeyError),
    /// The chain asks for more than the cap.
    #[error("the chain asks for a higher fee than the configured cap")]
    FeeCap,
    /// The node took no bytes.
    #[error("the node did not take the transaction: {}", .0.name())]
    NotTaken(SendOutcome),
    /// The creation was tried and failed.
    #[error("the creation failed on chain: {0}")]
    Failed(String),
    /// No block took the transaction in time; it may still be mined later.
    #[error("transaction {0} was not mined in time")]
    NotMined(Hash32),
    /// Another code, or none, stands at the address.
    #[error("the code at {0} is not that of the contract that was asked for")]
    OtherCode(Address),
}

/// Creates the contract and waits until a block holds it. Whoever creates it has no power over it.
///
/// # Errors
/// See [`DeployFault`]. Trying again after a fault may leave an unused contract behind, which costs gas and does no harm.
pub async fn deploy(
    chain: &dyn Chain,
    poster: &Poster,
    policy: &FeePolicy,
    patience: Patience,
) -> Result<Deployment, DeployFault> {
    let created = create(chain, poster, (policy, patience), Call::Deploy).await?;
    check_contract(chain, created.contract).await?;
    Ok(created)
}

/// Creates a contract from which members claim, as [`deploy`] does the other one, and reads in it what it was created with.
///
/// # Errors
/// As [`deploy`].
pub async fn deploy_distributor(
    chain: &dyn Chain,
    poster: &Poster,
    (policy, patience): (&FeePolicy, Patience),
    terms: Terms,
) -> Result<Deployment, DeployFault> {
    let created = create(
        chain,
        poster,
        (policy, patience),
        Call::DeployDistributor(terms.clone()),
    )
    .await?;
    if terms.are_of(chain, created.contract, newest_hash(chain).await?).await? {
        Ok(created)
    } else {
        Err(DeployFault::OtherCode(created.contract))
    }
}

async fn create(
    chain: &dyn Chain,
    poster: &Poster,
    (policy, patience): (&FeePolicy, Patience),
    call: Call,
) -> Result<Deployment, DeployFault> {
    let latest = newest_hash(chain).await?;
    let nonce = chain.nonce(poster.address(), latest).await?;
    let gas = match chain.estimate(poster.address(), &call).await? {
        Estimate::Gas(gas) => gas.saturating_add(gas / 5),
        Estimate::Reverts(why) => return Err(DeployFault::Failed(why)),
    };
    let NextFees::Offer(fees) = policy.first(chain.fee_suggestion().await?) else {
        return Err(DeployFault::FeeCap);
    };
    let signed = poster.sign(&TransactionPlan { call, nonce, gas, fees })?;
    match chain.send_raw(&signed.raw).await {
        // A lost answer or a nonce that is gone may both mean that it arrived: the receipt tells.
        SendOutcome::Accepted | SendOutcome::Known | SendOutcome::NonceLow | SendOutcome::Unknown(_) => {}
        outcome @ (SendOutcome::NonceHigh
        | SendOutcome::Underpriced
        | SendOutcome::FeeTooLow
        | SendOutcome::NoFunds
        | SendOutcome::Reverts) => return Err(DeployFault::NotTaken(outcome)),
    }
    for _ in 0..patience.looks_max {
        if let Some(receipt) = chain.receipt(signed.hash).await? {
            let (Execution::Succeeded, Some(contract)) = (receipt.execution, receipt.created) else {
                return Err(DeployFault::Failed("it ran out of gas or was refused".to_owned()));
            };
            return Ok(Deployment {
                contract,
                transaction: signed.hash,
            });
        }
        tokio::time::sleep(patience.pause).await;
    }
    Err(DeployFault::NotMined(signed.hash))
}

/// Makes sure that the code at `contract` is exactly the committed one, so that nothing is ever anchored in another contract.
///
/// # Errors
/// If it is not, or the chain does not answer.
pub async fn check_contract(chain: &dyn Chain, contract: Address) -> Result<(), DeployFault> {
    let latest = newest_hash(chain).await?;
    if chain.code(contract, latest).await? == deployed_bytecode() {
        Ok(())
    } else {
        Err(DeployFault::OtherCode(contract))
    }
}

async fn newest_hash(chain: &dyn Chain) -> Result<Hash32, ChainFault> {
    let newest = chain.block(BlockTag::Latest).await?;
    newest
        .map(|block| block.reference.hash)
        .ok_or_else(|| ChainFault::Malformed {
            method: "eth_getBlockByNumber",
            reason: "the node has no newest block".to_owned(),
        })
}
