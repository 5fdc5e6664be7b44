//! A chain behind a bad line: what is asked or answered goes wrong in one chosen way until it is told to stop.

use std::sync::Mutex;

use async_trait::async_trait;
use chain::{
    Address, Block, BlockReference, BlockTag, Call, Chain, ChainFault, Estimate, Execution, FeeSuggestion, Head,
    Identity, LeafClaim, Place, Receipt, Roles, SendOutcome,
};
use governance::hash::{Hash32, keccak256};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Bytes arrive, the node's answer does not.
    AnswerLost,
    /// Bytes never arrive.
    RequestLost,
    /// The node says it took the bytes and forgets them.
    AcceptedAndForgotten,
    /// Nothing is answered at all.
    Silent,
    /// Receipts are missing.
    NoReceipts,
    /// Receipts name a block that left the chain and say that all went well.
    StaleReceipts,
    /// The newest block is behind by one.
    Lagging,
}

pub struct FaultyChain<'a> {
    inner: &'a dyn Chain,
    fault: Mutex<Fault>,
}

impl<'a> FaultyChain<'a> {
    pub fn new(inner: &'a dyn Chain) -> Self {
        Self {
            inner,
            fault: Mutex::new(Fault::None),
        }
    }

    pub fn set(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }

    fn fault(&self) -> Fault {
        *self.fault.lock().unwrap()
    }

    fn heard(&self) -> Result<(), ChainFault> {
        if self.fault() == Fault::Silent {
            return Err(ChainFault::Unreachable {
                method: "any",
                source: "the line is dead".into(),
            });
        }
        Ok(())
    }
}

#[async_trait]
impl Chain for FaultyChain<'_> {
    async fn identity(&self) -> Result<Identity, ChainFault> {
        self.heard()?;
        self.inner.identity().await
    }

    async fn block(&self, tag: BlockTag) -> Result<Option<Block>, ChainFault> {
        self.heard()?;
        let block = self.inner.block(tag).await?;
        match (self.fault(), tag, block) {
            (Fault::Lagging, BlockTag::Latest, Some(block)) => {
                let number = block.reference.number.saturating_sub(1);
                self.inner.block(BlockTag::Number(number)).await
            }
            (_, _, block) => Ok(block),
        }
    }

    async fn nonce(&self, account: Address, at: Hash32) -> Result<u64, ChainFault> {
        self.heard()?;
        self.inner.nonce(account, at).await
    }

    async fn fee_suggestion(&self) -> Result<FeeSuggestion, ChainFault> {
        self.heard()?;
        self.inner.fee_suggestion().await
    }

    async fn estimate(&self, from: Address, call: &Call) -> Result<Estimate, ChainFault> {
        self.heard()?;
        self.inner.estimate(from, call).await
    }

    async fn send_raw(&self, raw: &[u8]) -> SendOutcome {
        let lost = SendOutcome::Unknown("lost".to_owned());
        match self.fault() {
            Fault::None | Fault::NoReceipts | Fault::StaleReceipts | Fault::Lagging => self.inner.send_raw(raw).await,
            Fault::AnswerLost => {
                self.inner.send_raw(raw).await;
                lost
            }
            Fault::RequestLost | Fault::Silent => lost,
            Fault::AcceptedAndForgotten => SendOutcome::Accepted,
        }
    }

    async fn receipt(&self, transaction: Hash32) -> Result<Option<Receipt>, ChainFault> {
        self.heard()?;
        match self.fault() {
            Fault::NoReceipts => Ok(None),
            Fault::StaleReceipts => Ok(Some(Receipt {
                transaction,
                block: BlockReference {
                    number: 1,
                    hash: keccak256(b"a block that left the chain"),
                },
                execution: Execution::Succeeded,
                gas_used: 60_000,
                created: None,
            })),
            Fault::None
            | Fault::AnswerLost
            | Fault::RequestLost
            | Fault::AcceptedAndForgotten
            | Fault::Silent
            | Fault::Lagging => self.inner.receipt(transaction).await,
        }
    }

    async fn link(&self, place: Place, seq: u64, at: Hash32) -> Result<Hash32, ChainFault> {
        self.heard()?;
        self.inner.link(place, seq, at).await
    }

    async fn head(&self, place: Place, at: Hash32) -> Result<Head, ChainFault> {
        self.heard()?;
        self.inner.head(place, at).await
    }

    async fn roles(&self, place: Place, at: Hash32) -> Result<Roles, ChainFault> {
        self.heard()?;
        self.inner.roles(place, at).await
    }

    async fn verify(&self, contract: Address, claim: &LeafClaim, at: Hash32) -> Result<bool, ChainFault> {
        self.heard()?;
        self.inner.verify(contract, claim, at).await
    }

    async fn view(&self, contract: Address, data: &[u8], at: Hash32) -> Result<Vec<u8>, ChainFault> {
        self.heard()?;
        self.inner.view(contract, data, at).await
    }

    async fn logs(
        &self,
        contract: Address,
        topics: &[Hash32],
        blocks: (u64, u64),
    ) -> Result<Vec<Vec<Hash32>>, ChainFault> {
        self.heard()?;
        self.inner.logs(contract, topics, blocks).await
    }

    async fn code(&self, address: Address, at: Hash32) -> Result<Vec<u8>, ChainFault> {
        self.heard()?;
        self.inner.code(address, at).await
    }
}
