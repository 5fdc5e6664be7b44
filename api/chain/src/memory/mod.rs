//! A chain in memory: the contract's rules, a pool with the strict replacement rule, blocks, finality and reorganisations.
//!
//! It is stricter than a development node where such nodes are kind: a replacement must raise both fees by a tenth, and nothing
//! below the finalized block is ever replaced.

mod ledger;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use governance::hash::{Hash32, keccak256_words};

use self::ledger::{Decoded, Ledger, Surroundings, decode};
use crate::chain::{Chain, ChainFault, Estimate};
use crate::contract::{Call, LeafClaim, deployed_bytecode, link_hash};
use crate::send_outcome::SendOutcome;
use crate::types::{Address, Block, BlockReference, BlockTag, FeeSuggestion, Head, Identity, Place, Receipt, Roles};

/// How a chain in memory behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemorySettings {
    /// The chain's id.
    pub chain_id: u64,
    /// Safe is this many blocks behind the newest, finalized twice as many.
    pub finality_depth: u64,
    /// The first base fee, in wei.
    pub base_fee: u128,
    /// The tip it suggests, in wei.
    pub tip: u128,
    /// How far apart blocks are, in seconds.
    pub block_seconds: u64,
}

impl Default for MemorySettings {
    fn default() -> Self {
        Self {
            chain_id: 31_337,
            finality_depth: 2,
            base_fee: 1_000_000_000,
            tip: 1_000_000_000,
            block_seconds: 12,
        }
    }
}

/// What goes missing on the way to the node or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// The bytes never arrive.
    Request,
    /// The bytes arrive, the answer does not.
    Answer,
}

/// Whether a reorganisation took place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reorganisation {
    /// The blocks were replaced by empty ones.
    Done,
    /// It would have replaced a finalized block.
    BelowFinalized,
}

/// A chain in memory.
#[derive(Debug)]
pub struct MemoryChain {
    settings: MemorySettings,
    state: Mutex<State>,
}

#[derive(Debug, Clone)]
struct Sealed {
    block: Block,
    ledger: Ledger,
    receipts: Vec<Receipt>,
}

#[derive(Debug)]
struct State {
    blocks: Vec<Sealed>,
    /// The newest state, with whatever was given to accounts since the newest block.
    ledger: Ledger,
    pool: BTreeMap<(Address, u64), Decoded>,
    base_fee: u128,
    /// Makes blocks of one height on two branches differ.
    branch: u128,
    losses: VecDeque<Loss>,
}

/// What a message costs here: about what the real contract takes, so that fees and balances mean something.
fn gas_of(data: &[u8]) -> u64 {
    let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
    length.saturating_mul(200).saturating_add(21_000)
}

impl MemoryChain {
    /// A chain with its first block.
    #[must_use]
    pub fn new(settings: MemorySettings) -> Self {
        let mut state = State {
            blocks: Vec::new(),
            ledger: Ledger::default(),
            pool: BTreeMap::new(),
            base_fee: settings.base_fee,
            branch: 0,
            losses: VecDeque::new(),
        };
        state.seal(&settings);
        Self {
            settings,
            state: Mutex::new(state),
        }
    }

    /// Sets an account's balance, in wei.
    pub fn set_balance(&self, account: Address, amount: u128) {
        self.state().ledger.set_balance(account, amount);
    }

    /// Sets what the next blocks ask for, in wei.
    pub fn set_base_fee(&self, base_fee: u128) {
        self.state().base_fee = base_fee;
    }

    /// Makes one block of what waits and pays enough.
    pub fn mine(&self) {
        self.state().seal(&self.settings);
    }

    /// Replaces the newest `depth` blocks by as many empty ones. Their transactions do not return to the pool: whoever wants
    /// them mined must send them again.
    pub fn reorganise(&self, depth: u64) -> Reorganisation {
        let mut state = self.state();
        let newest = state.newest().block.reference.number;
        let kept = newest.saturating_sub(depth);
        if depth > newest || kept < self.finalized_number(newest) {
            return Reorganisation::BelowFinalized;
        }
        state.blocks.retain(|sealed| sealed.block.reference.number <= kept);
        state.ledger = state.newest().ledger.clone();
        state.branch = state.branch.saturating_add(1);
        let pool = std::mem::take(&mut state.pool);
        for _ in 0..depth {
            state.seal(&self.settings);
        }
        state.pool = pool;
        Reorganisation::Done
    }

    /// Forgets every waiting transaction, as a node does when it restarts or is full.
    pub fn forget_pool(&self) {
        self.state().pool.clear();
    }

    /// The hash of every transaction that waits or is mined.
    #[must_use]
    pub fn transactions(&self) -> Vec<Hash32> {
        let state = self.state();
        let mined = state
            .blocks
            .iter()
            .flat_map(|sealed| &sealed.receipts)
            .map(|receipt| receipt.transaction);
        mined.chain(state.pool.values().map(|waiting| waiting.hash)).collect()
    }

    /// How many transactions wait.
    #[must_use]
    pub fn pool_length(&self) -> usize {
        self.state().pool.len()
    }

    /// Loses something the next time bytes are sent.
    pub fn lose_next(&self, loss: Loss) {
        self.state().losses.push_back(loss);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    const fn finalized_number(&self, newest: u64) -> u64 {
        newest.saturating_sub(self.settings.finality_depth.saturating_mul(2))
    }

    fn at<T>(&self, hash: Hash32, read: impl FnOnce(&Ledger) -> T) -> Result<T, ChainFault> {
        let state = self.state();
        let sealed = state
            .blocks
            .iter()
            .rev()
            .find(|sealed| sealed.block.reference.hash == hash);
        sealed
            .map(|sealed| read(&sealed.ledger))
            .ok_or_else(|| ChainFault::Refused {
                method: "eth_call",
                code: -32_001,
                message: "the block is unknown or not canonical".to_owned(),
            })
    }
}

impl State {
    fn newest(&self) -> &Sealed {
        // The first block is made with the chain and `reorganise` keeps it.
        #[expect(clippy::expect_used, reason = "a chain is never without its first block")]
        self.blocks.last().expect("a first block")
    }

    fn seal(&mut self, settings: &MemorySettings) {
        let parent = self.blocks.last().map(|sealed| sealed.block.reference);
        let number = parent.map_or(0, |parent| parent.number.saturating_add(1));
        let hash = keccak256_words(&[
            Hash32::from_u128(u128::from(number)),
            parent.map_or(Hash32::ZERO, |parent| parent.hash),
            Hash32::from_u128(self.branch),
        ]);
        let reference = BlockReference { number, hash };
        let timestamp = number
            .saturating_mul(settings.block_seconds)
            .saturating_add(1_800_000_000);
        let surroundings = Surroundings {
            chain_id: settings.chain_id,
            timestamp,
        };
        let mut receipts = Vec::new();
        while let Some(transaction) = self.next_payable() {
            self.pool.remove(&(transaction.from, transaction.nonce));
            let tip = transaction
                .fees
                .tip
                .min(transaction.fees.max_fee.saturating_sub(self.base_fee));
            let price = self.base_fee.saturating_add(tip);
            let (execution, created, gas_used) = self.ledger.include(&transaction, price, surroundings);
            receipts.push(Receipt {
                transaction: transaction.hash,
                block: reference,
                execution,
                gas_used,
                created,
            });
        }
        let ledger = &self.ledger;
        self.pool.retain(|(account, nonce), _| *nonce >= ledger.nonce(*account));
        let block = Block {
            reference,
            base_fee: self.base_fee,
            timestamp,
        };
        self.blocks.push(Sealed {
            block,
            ledger: self.ledger.clone(),
            receipts,
        });
    }

    fn next_payable(&self) -> Option<Decoded> {
        self.pool
            .values()
            .find(|transaction| {
                transaction.nonce == self.ledger.nonce(transaction.from)
                    && transaction.fees.max_fee >= self.base_fee
                    && self.ledger.balance(transaction.from) >= most_cost(transaction)
            })
            .cloned()
    }

    fn receive(&mut self, raw: &[u8], chain_id: u64) -> SendOutcome {
        let Some(transaction) = decode(raw).filter(|transaction| transaction.chain_id == chain_id) else {
            return SendOutcome::Unknown("not a transaction for this chain".to_owned());
        };
        let place = (transaction.from, transaction.nonce);
        if transaction.nonce < self.ledger.nonce(transaction.from) {
            return SendOutcome::NonceLow;
        }
        if transaction.fees.max_fee < self.base_fee {
            return SendOutcome::FeeTooLow;
        }
        if self.ledger.balance(transaction.from) < most_cost(&transaction) {
            return SendOutcome::NoFunds;
        }
        match self.pool.get(&place) {
            Some(waiting) if waiting.hash == transaction.hash => return SendOutcome::Known,
            Some(waiting) if !replaces(&transaction, waiting) => return SendOutcome::Underpriced,
            Some(_) | None => {}
        }
        self.pool.insert(place, transaction);
        SendOutcome::Accepted
    }
}

fn most_cost(transaction: &Decoded) -> u128 {
    transaction.fees.max_fee.saturating_mul(u128::from(transaction.gas))
}

const fn replaces(new: &Decoded, old: &Decoded) -> bool {
    new.fees.max_fee.saturating_mul(10) >= old.fees.max_fee.saturating_mul(11)
        && new.fees.tip.saturating_mul(10) >= old.fees.tip.saturating_mul(11)
}

#[async_trait]
impl Chain for MemoryChain {
    async fn identity(&self) -> Result<Identity, ChainFault> {
        let state = self.state();
        let genesis = state
            .blocks
            .first()
            .map_or(Hash32::ZERO, |sealed| sealed.block.reference.hash);
        Ok(Identity {
            chain_id: self.settings.chain_id,
            genesis,
        })
    }

    async fn block(&self, tag: BlockTag) -> Result<Option<Block>, ChainFault> {
        let state = self.state();
        let newest = state.newest().block.reference.number;
        let matches = |block: &Block| match tag {
            BlockTag::Latest => block.reference.number == newest,
            BlockTag::Safe => block.reference.number == newest.saturating_sub(self.settings.finality_depth),
            BlockTag::Finalized => block.reference.number == self.finalized_number(newest),
            BlockTag::Number(number) => block.reference.number == number,
            BlockTag::Hash(hash) => block.reference.hash == hash,
        };
        Ok(state.blocks.iter().map(|sealed| sealed.block).rev().find(matches))
    }

    async fn nonce(&self, account: Address, at: Hash32) -> Result<u64, ChainFault> {
        self.at(at, |ledger| ledger.nonce(account))
    }

    async fn fee_suggestion(&self) -> Result<FeeSuggestion, ChainFault> {
        Ok(FeeSuggestion {
            base_fee: self.state().base_fee,
            tip: self.settings.tip,
        })
    }

    async fn estimate(&self, from: Address, call: &Call) -> Result<Estimate, ChainFault> {
        let state = self.state();
        let surroundings = Surroundings {
            chain_id: self.settings.chain_id,
            timestamp: state.newest().block.timestamp,
        };
        let data = call.data();
        match state.ledger.clone().call(from, call.to(), &data, surroundings) {
            Ok(()) => Ok(Estimate::Gas(gas_of(&data))),
            Err(refused) => Ok(Estimate::Reverts(refused.to_owned())),
        }
    }

    async fn send_raw(&self, raw: &[u8]) -> SendOutcome {
        let mut state = self.state();
        match state.losses.pop_front() {
            None => state.receive(raw, self.settings.chain_id),
            Some(Loss::Request) => SendOutcome::Unknown("the request was lost".to_owned()),
            Some(Loss::Answer) => {
                state.receive(raw, self.settings.chain_id);
                SendOutcome::Unknown("the answer was lost".to_owned())
            }
        }
    }

    async fn receipt(&self, transaction: Hash32) -> Result<Option<Receipt>, ChainFault> {
        let state = self.state();
        let receipts = state.blocks.iter().rev().flat_map(|sealed| &sealed.receipts);
        Ok(receipts.copied().find(|receipt| receipt.transaction == transaction))
    }

    async fn link(&self, place: Place, seq: u64, at: Hash32) -> Result<Hash32, ChainFault> {
        self.at(at, |ledger| ledger.link(place, seq))
    }

    async fn head(&self, place: Place, at: Hash32) -> Result<Head, ChainFault> {
        self.at(at, |ledger| ledger.head(place))
    }

    async fn roles(&self, place: Place, at: Hash32) -> Result<Roles, ChainFault> {
        self.at(at, |ledger| ledger.roles(place))
    }

    async fn verify(&self, contract: Address, claim: &LeafClaim, at: Hash32) -> Result<bool, ChainFault> {
        let place = Place {
            contract,
            namespace: claim.item.namespace,
        };
        let link = self.at(at, |ledger| ledger.link(place, claim.item.seq))?;
        let anchored = link != Hash32::ZERO && link == link_hash(self.settings.chain_id, contract, &claim.item);
        Ok(anchored && governance::merkle::verify(claim.item.root, claim.leaf, &claim.proof))
    }

    /// Nothing but the anchor contract stands here, which is asked by the methods above.
    async fn view(&self, contract: Address, _data: &[u8], _at: Hash32) -> Result<Vec<u8>, ChainFault> {
        Err(ChainFault::Refused {
            method: "eth_call",
            code: -32_000,
            message: format!("no such contract at {contract}"),
        })
    }

    async fn logs(&self, _: Address, _: &[Hash32], _: (u64, u64)) -> Result<Vec<Vec<Hash32>>, ChainFault> {
        Ok(Vec::new())
    }

    async fn code(&self, address: Address, at: Hash32) -> Result<Vec<u8>, ChainFault> {
        self.at(at, |ledger| {
            if ledger.has_contract(address) {
                deployed_bytecode()
            } else {
                Vec::new()
            }
        })
    }
}
