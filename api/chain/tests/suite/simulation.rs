//! Two servers, one table of batches and a chain in memory, moved about by operations; and what must hold after each of them.

use chain::outbox::{Batch, BatchState, advance};
use chain::{
    Address, BlockTag, Call, Chain, FeePolicy, Fees, Loss, MemoryChain, MemorySettings, Place, Poster, Reorganisation,
    SendOutcome, TransactionPlan,
};
use governance::hash::Hash32;

use crate::lab::{self, GAS, GWEI, RICH, item, key, place};

pub const POLICY: FeePolicy = FeePolicy {
    max_fee_cap: 300 * GWEI,
    tip_min: GWEI,
};
const USUAL_BASE_FEE: u128 = GWEI;
const BATCHES_MAX: usize = 5;
/// Steps and blocks in which everything must come to rest.
const SETTLE_ROUNDS_MAX: usize = 600;

/// What may happen.
#[derive(Debug, Clone, Copy)]
pub enum Operation {
    /// A server takes a whole step: look, do, store.
    Step(usize),
    /// A server looks and does, and has not stored yet.
    Look(usize),
    /// A server stores what it did, unless another was faster.
    Store(usize),
    /// A server dies and forgets what it has not stored.
    Kill(usize),
    /// One more batch is sealed.
    Seal,
    /// A block is made.
    Mine,
    /// Blocks are replaced by empty ones.
    Reorganise(u64),
    /// The node forgets what waits.
    ForgetPool,
    /// Something is lost on the way.
    Lose(Loss),
    /// The base fee changes, in gwei.
    BaseFee(u128),
    /// The account is emptied or filled.
    Balance(u128),
    /// Someone else uses the key, at this fee in gwei.
    Foreign(u128),
}

struct Row {
    version: u64,
    batch: Batch,
}

struct Unstored {
    index: usize,
    version: u64,
    batch: Batch,
}

pub struct Simulation {
    pub chain: MemoryChain,
    pub poster: Poster,
    place: Place,
    rows: Vec<Row>,
    servers: [Option<Unstored>; 2],
    foreign: Vec<Hash32>,
}

impl Simulation {
    /// A deployed contract, and two batches to begin with: the opening of the namespace and its first anchor.
    pub async fn new() -> Self {
        let settings = MemorySettings {
            chain_id: lab::CHAIN_ID,
            finality_depth: 4,
            base_fee: USUAL_BASE_FEE,
            ..MemorySettings::default()
        };
        let chain = MemoryChain::new(settings);
        let poster = key(0x51);
        chain.set_balance(poster.address(), RICH);
        let plan = TransactionPlan {
            call: Call::Deploy,
            nonce: 0,
            gas: GAS,
            fees: lab::fees(20),
        };
        let signed = poster.sign(&plan).unwrap();
        assert_eq!(chain.send_raw(&signed.raw).await, SendOutcome::Accepted);
        for _ in 0..10 {
            chain.mine();
        }
        let contract = chain.receipt(signed.hash).await.unwrap().unwrap().created.unwrap();
        let place = place(contract, &poster);
        let owner: Address = poster.address();
        let open = Batch::open(place, lab::coop().word(), owner, owner);
        let mut simulation = Self {
            chain,
            poster,
            place,
            rows: vec![Row {
                version: 0,
                batch: open,
            }],
            servers: [None, None],
            foreign: vec![signed.hash],
        };
        simulation.seal();
        simulation
    }

    fn seal(&mut self) {
        if self.rows.len() >= BATCHES_MAX {
            return;
        }
        let seq = u64::try_from(self.rows.len()).unwrap();
        let prev = if seq == 1 {
            Hash32::ZERO
        } else {
            self.rows.last().unwrap().batch.expected
        };
        let batch = Batch::anchor(lab::CHAIN_ID, self.place.contract, item(self.place, seq, prev));
        self.rows.push(Row { version: 0, batch });
    }

    /// The oldest batch that is not final: an account works on one at a time.
    fn active(&self) -> Option<usize> {
        self.rows
            .iter()
            .position(|row| !matches!(row.batch.state, BatchState::Final(_)))
    }

    async fn look(&mut self, server: usize) {
        let Some(index) = self.active() else { return };
        let row = &self.rows[index];
        let next = advance(&self.chain, &self.poster, &POLICY, &row.batch).await.unwrap();
        self.servers[server] = next.map(|batch| Unstored {
            index,
            version: row.version,
            batch,
        });
    }

    fn store(&mut self, server: usize) {
        let Some(unstored) = self.servers[server].take() else {
            return;
        };
        let row = &mut self.rows[unstored.index];
        if row.version == unstored.version {
            row.version += 1;
            row.batch = unstored.batch;
        }
    }

    async fn foreign(&mut self, gwei: u128) {
        let latest = self
            .chain
            .block(BlockTag::Latest)
            .await
            .unwrap()
            .unwrap()
            .reference
            .hash;
        let nonce = self.chain.nonce(self.poster.address(), latest).await.unwrap();
        let fees = Fees {
            max_fee: gwei * GWEI,
            tip: gwei * GWEI,
        };
        let call = Call::Nothing { to: key(9).address() };
        let signed = self
            .poster
            .sign(&TransactionPlan {
                call,
                nonce,
                gas: 21_000,
                fees,
            })
            .unwrap();
        self.foreign.push(signed.hash);
        self.chain.send_raw(&signed.raw).await;
    }

    pub async fn perform(&mut self, operation: Operation) {
        match operation {
            Operation::Step(server) => {
                self.look(server).await;
                self.store(server);
            }
            Operation::Look(server) => self.look(server).await,
            Operation::Store(server) => self.store(server),
            Operation::Kill(server) => self.servers[server] = None,
            Operation::Seal => self.seal(),
            Operation::Mine => self.chain.mine(),
            Operation::Reorganise(depth) => match self.chain.reorganise(depth) {
                Reorganisation::Done | Reorganisation::BelowFinalized => {}
            },
            Operation::ForgetPool => self.chain.forget_pool(),
            Operation::Lose(loss) => self.chain.lose_next(loss),
            Operation::BaseFee(gwei) => self.chain.set_base_fee(gwei * GWEI),
            Operation::Balance(amount) => self.chain.set_balance(self.poster.address(), amount),
            Operation::Foreign(gwei) => self.foreign(gwei).await,
        }
    }

    /// What must hold after every operation.
    pub async fn check(&self) {
        let latest = self
            .chain
            .block(BlockTag::Latest)
            .await
            .unwrap()
            .unwrap()
            .reference
            .hash;
        let head = self.chain.head(self.place, latest).await.unwrap();
        let known = u64::try_from(self.rows.len()).unwrap();
        assert!(head.seq < known, "the chain holds more anchors than were sealed");
        for (seq, row) in (0..known).zip(&self.rows) {
            let link = self.chain.link(self.place, seq, latest).await.unwrap();
            let expected = if seq >= 1 && seq <= head.seq {
                row.batch.expected
            } else {
                Hash32::ZERO
            };
            assert_eq!(
                link, expected,
                "the links on chain are not a beginning of ours, at {seq}"
            );
            if matches!(row.batch.state, BatchState::Final(_)) {
                assert!(head.seq >= seq, "batch {seq} is called final and is gone");
            }
            assert!(
                !matches!(row.batch.state, BatchState::Halted(_)),
                "batch {seq} {:?}",
                row.batch.state
            );
            self.check_attempts(&row.batch);
        }
        let stored: Vec<Hash32> = self
            .rows
            .iter()
            .flat_map(|row| &row.batch.transactions)
            .flat_map(|transaction| &transaction.attempts)
            .map(|attempt| attempt.hash)
            .collect();
        for hash in self.chain.transactions() {
            assert!(
                stored.contains(&hash) || self.foreign.contains(&hash),
                "{hash} is out and was never stored"
            );
        }
    }

    /// Signing again with the same number, gas and call must give the stored bytes: attempts differ in fees alone.
    fn check_attempts(&self, batch: &Batch) {
        for transaction in &batch.transactions {
            for attempt in &transaction.attempts {
                let plan = TransactionPlan {
                    call: batch.call(),
                    nonce: transaction.nonce,
                    gas: transaction.gas,
                    fees: attempt.fees,
                };
                assert_eq!(self.poster.sign(&plan).unwrap().raw, attempt.raw);
                assert!(attempt.fees.max_fee <= POLICY.max_fee_cap);
            }
            for pair in transaction.attempts.windows(2) {
                assert!(
                    pair[1].fees.max_fee * 10 >= pair[0].fees.max_fee * 11,
                    "raised by less than a tenth"
                );
                assert!(
                    pair[1].fees.tip * 10 >= pair[0].fees.tip * 11,
                    "tip raised by less than a tenth"
                );
            }
        }
    }

    /// Calms the chain and lets one server work; then everything sealed must be final.
    pub async fn settle(&mut self) {
        self.servers = [None, None];
        self.chain.set_base_fee(USUAL_BASE_FEE);
        self.chain.set_balance(self.poster.address(), RICH);
        for _ in 0..SETTLE_ROUNDS_MAX {
            if self.active().is_none() {
                self.check().await;
                return;
            }
            self.look(0).await;
            if self.servers[0].is_none() {
                self.chain.mine();
            }
            self.store(0);
        }
        let index = self.active().unwrap();
        panic!("batch {index} did not come to rest: {:#?}", self.rows[index].batch);
    }

    /// How many steps were stored so far.
    pub fn stored_steps(&self) -> u64 {
        self.rows.iter().map(|row| row.version).sum()
    }
}
