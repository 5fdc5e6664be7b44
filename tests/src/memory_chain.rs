//! A chain in memory with the contract on it, for tests that need anchors and no node.

use std::sync::Arc;
use std::time::Duration;

use chain::{Address, FeePolicy, MemoryChain, MemorySettings, Patience, Poster, deploy};

/// The secret key of the first development account of every local node; it is public knowledge.
pub const DEVELOPMENT_KEY: [u8; 32] = [
    0xac, 0x09, 0x74, 0xbe, 0xc3, 0x9a, 0x17, 0xe3, 0x6b, 0xa4, 0xa6, 0xb4, 0xd2, 0x38, 0xff, 0x94, 0x4b, 0xac, 0xb4,
    0x78, 0xcb, 0xed, 0x5e, 0xfc, 0xae, 0x78, 0x4d, 0x7b, 0xf4, 0xf2, 0xff, 0x80,
];
const ENOUGH: u128 = 1_000_000_000_000_000_000_000;
const GWEI: u128 = 1_000_000_000;

/// The chain and where the contract stands.
pub struct MemoryWorld {
    /// The chain.
    pub chain: Arc<MemoryChain>,
    /// The contract.
    pub contract: Address,
    /// The chain's id.
    pub chain_id: u64,
}

impl MemoryWorld {
    /// A fresh chain on which the contract was just created and the development account can pay.
    ///
    /// # Panics
    /// If the creation fails.
    pub async fn start() -> Self {
        let settings = MemorySettings {
            chain_id: 31_337,
            ..MemorySettings::default()
        };
        let chain = Arc::new(MemoryChain::new(settings));
        let poster = Poster::from_key(DEVELOPMENT_KEY, settings.chain_id).expect("a key");
        chain.set_balance(poster.address(), ENOUGH);
        let policy = FeePolicy {
            max_fee_cap: 1_000 * GWEI,
            tip_min: GWEI,
        };
        let patience = Patience {
            pause: Duration::from_millis(1),
            looks_max: 10_000,
        };
        let mining = async {
            loop {
                chain.mine();
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let deployment = tokio::select! {
            deployed = deploy(chain.as_ref(), &poster, &policy, patience) => deployed.expect("the contract"),
            () = mining => unreachable!("mining never ends"),
        };
        Self {
            chain,
            contract: deployment.contract,
            chain_id: settings.chain_id,
        }
    }
}
