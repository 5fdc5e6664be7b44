//! A chain that a test can push about.

use async_trait::async_trait;
use chain::{
    Address, AnchorItem, BlockTag, Call, Chain, Execution, Fees, MemoryChain, MemorySettings, Place, Poster, Receipt,
    SendOutcome, SignedTransaction, TransactionPlan, link_hash,
};
use governance::hash::{Hash32, keccak256};
use governance::id::CoopId;

use crate::anvil::AnvilLab;

pub const CHAIN_ID: u64 = 31_337;
/// Enough for any call of the suite, the creation of the contract included.
pub const GAS: u64 = 5_000_000;
pub const GWEI: u128 = 1_000_000_000;
pub const RICH: u128 = 1_000_000_000_000_000_000_000;

#[async_trait]
pub trait Lab: Send + Sync {
    fn chain(&self) -> &dyn Chain;
    async fn mine(&self);
    async fn set_balance(&self, account: Address, amount: u128);
    async fn set_base_fee(&self, base_fee: u128);
    async fn reorganise(&self, depth: u64);
    async fn forget(&self, transaction: Hash32);
}

pub struct MemoryLab(pub MemoryChain);

#[async_trait]
impl Lab for MemoryLab {
    fn chain(&self) -> &dyn Chain {
        &self.0
    }

    async fn mine(&self) {
        self.0.mine();
    }

    async fn set_balance(&self, account: Address, amount: u128) {
        self.0.set_balance(account, amount);
    }

    async fn set_base_fee(&self, base_fee: u128) {
        self.0.set_base_fee(base_fee);
    }

    async fn reorganise(&self, depth: u64) {
        assert_eq!(self.0.reorganise(depth), chain::Reorganisation::Done);
    }

    async fn forget(&self, _transaction: Hash32) {
        self.0.forget_pool();
    }
}

pub async fn memory() -> Option<Box<dyn Lab>> {
    let settings = MemorySettings {
        chain_id: CHAIN_ID,
        ..MemorySettings::default()
    };
    Some(Box::new(MemoryLab(MemoryChain::new(settings))))
}

pub async fn anvil() -> Option<Box<dyn Lab>> {
    match AnvilLab::start().await {
        Some(lab) => Some(Box::new(lab)),
        None => {
            println!("NOT RUN: chain-anvil, run npm ci in contracts");
            None
        }
    }
}

/// A lab with a funded account.
pub struct World {
    pub lab: Box<dyn Lab>,
    pub poster: Poster,
}

pub fn coop() -> CoopId {
    "0190f3a0-0000-7000-8000-000000000001".parse().unwrap()
}

pub fn key(number: u8) -> Poster {
    Poster::from_key([number; 32], CHAIN_ID).unwrap()
}

impl World {
    pub async fn new(lab: Box<dyn Lab>) -> Self {
        let poster = key(0x51);
        lab.set_balance(poster.address(), RICH).await;
        // Blocks to reorganise, so that depths near the beginning are not special.
        for _ in 0..8 {
            lab.mine().await;
        }
        Self { lab, poster }
    }

    pub fn chain(&self) -> &dyn Chain {
        self.lab.chain()
    }

    pub async fn latest(&self) -> Hash32 {
        self.chain()
            .block(BlockTag::Latest)
            .await
            .unwrap()
            .unwrap()
            .reference
            .hash
    }

    pub async fn sign(&self, poster: &Poster, call: Call, fees: Fees) -> SignedTransaction {
        let nonce = self.chain().nonce(poster.address(), self.latest().await).await.unwrap();
        poster
            .sign(&TransactionPlan {
                call,
                nonce,
                gas: GAS,
                fees,
            })
            .unwrap()
    }

    /// Sends and mines a call and returns its receipt.
    pub async fn perform(&self, poster: &Poster, call: Call) -> Receipt {
        let signed = self.sign(poster, call, fees(20)).await;
        assert_eq!(self.chain().send_raw(&signed.raw).await, SendOutcome::Accepted);
        self.lab.mine().await;
        self.chain()
            .receipt(signed.hash)
            .await
            .unwrap()
            .expect("the call was not mined")
    }

    /// Deploys the contract.
    pub async fn deploy(&self) -> Address {
        let receipt = self.perform(&self.poster, Call::Deploy).await;
        assert_eq!(receipt.execution, Execution::Succeeded);
        receipt.created.expect("no contract was created")
    }

    /// Deploys the contract and opens the co-op's namespace.
    pub async fn open(&self) -> Place {
        let contract = self.deploy().await;
        let receipt = self.perform(&self.poster, open_call(contract, &self.poster)).await;
        assert_eq!(receipt.execution, Execution::Succeeded);
        place(contract, &self.poster)
    }
}

pub fn open_call(contract: Address, poster: &Poster) -> Call {
    Call::Open {
        contract,
        salt: coop().word(),
        admin: poster.address(),
        poster: poster.address(),
    }
}

pub fn place(contract: Address, registrar: &Poster) -> Place {
    let namespace = governance::record::namespace_on_chain(*registrar.address().as_bytes(), coop());
    Place { contract, namespace }
}

pub fn fees(gwei: u128) -> Fees {
    Fees {
        max_fee: gwei * GWEI,
        tip: GWEI,
    }
}

/// The anchor after `prev` in a chain of made-up roots.
pub fn item(place: Place, seq: u64, prev: Hash32) -> AnchorItem {
    let root = keccak256(&seq.to_be_bytes());
    AnchorItem {
        namespace: place.namespace,
        seq,
        size: seq * 10,
        prev,
        root,
    }
}

pub fn link(place: Place, item: &AnchorItem) -> Hash32 {
    link_hash(CHAIN_ID, place.contract, item)
}

pub fn anchor_call(place: Place, item: AnchorItem) -> Call {
    Call::Anchor {
        contract: place.contract,
        item,
    }
}
