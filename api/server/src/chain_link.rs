//! The chain as this deployment is configured for it: facts that hold without a node, and the node once it is needed.
//!
//! Members vote and proposals close while the node is away; only anchoring waits for it. So the program starts without it.

use std::sync::Arc;

use anyhow::Context as _;
use chain::{Address, Chain, EndpointPin, FeePolicy, Poster, RpcChain, RpcSettings, check_contract};
use governance::record::ChainDomain;
use store::Store;
use tokio::sync::OnceCell;

use crate::config::ChainConfig;
use crate::secrets::read_secret;
use crate::services::anchor_watch::AnchorWatch;
use crate::services::anchoring::{Anchoring, AnchoringSettings};

/// One gwei, in wei.
const GWEI: u128 = 1_000_000_000;
/// The least to offer whoever makes the block, in wei; some nodes forget transactions without a tip.
const TIP_MIN: u128 = GWEI;

/// The node and the anchoring that works with it.
pub struct Connected {
    /// The node.
    pub chain: Arc<dyn Chain>,
    /// Seals and brings anchors on chain.
    pub anchoring: Anchoring,
}

/// The chain.
pub struct ChainLink {
    config: ChainConfig,
    contract: Address,
    admin: Address,
    poster: Poster,
    connected: OnceCell<Connected>,
    given: Option<Arc<dyn Chain>>,
    watch: Arc<AnchorWatch>,
}

impl ChainLink {
    /// Reads the configuration and the poster's key; asks nothing of the node.
    ///
    /// # Errors
    /// If an address or the key is malformed.
    pub fn new(config: &ChainConfig) -> anyhow::Result<Self> {
        let key = read_secret(&config.poster_key_file)?;
        let poster = Poster::from_key(*key, config.chain_id).context("the poster's key is malformed")?;
        let contract = config
            .contract
            .to_lowercase()
            .parse()
            .context("chain.contract is no address")?;
        let admin = match &config.admin {
            Some(text) => text.to_lowercase().parse().context("chain.admin is no address")?,
            None => poster.address(),
        };
        Ok(Self {
            config: config.clone(),
            contract,
            admin,
            poster,
            connected: OnceCell::new(),
            given: None,
            watch: Arc::default(),
        })
    }

    /// The same with a chain that is already there; for tests.
    #[must_use]
    pub fn with_chain(mut self, chain: Arc<dyn Chain>) -> Self {
        self.given = Some(chain);
        self
    }

    /// What new co-ops are bound to.
    #[must_use]
    pub fn domain(&self) -> ChainDomain {
        ChainDomain {
            chain_id: self.config.chain_id,
            contract: *self.contract.as_bytes(),
        }
    }

    /// The account that opens namespaces and posts anchors.
    #[must_use]
    pub fn registrar(&self) -> [u8; 20] {
        *self.poster.address().as_bytes()
    }

    /// What this process remembers of the anchors.
    #[must_use]
    pub fn watch(&self) -> &AnchorWatch {
        &self.watch
    }

    /// How often to seal, and to look at what members claim, in seconds.
    #[must_use]
    pub const fn seal_seconds(&self) -> u64 {
        self.config.seal_seconds
    }

    /// The node, once it answered, follows the configured chain and holds the contract; asked anew until then.
    ///
    /// # Errors
    /// If it does not answer, follows another chain, or another code stands at the address.
    pub async fn connected(&self, store: &Store) -> anyhow::Result<&Connected> {
        self.connected
            .get_or_try_init(|| async {
                let chain: Arc<dyn Chain> = match &self.given {
                    Some(chain) => Arc::clone(chain),
                    None => Arc::new(connect(&self.config).await?),
                };
                check_contract(chain.as_ref(), self.contract).await?;
                let settings = AnchoringSettings {
                    contract: self.contract,
                    admin: self.admin,
                    fees: FeePolicy {
                        max_fee_cap: u128::from(self.config.max_fee_gwei).saturating_mul(GWEI),
                        tip_min: TIP_MIN,
                    },
                };
                let (poster, watch) = (self.poster.clone(), Arc::clone(&self.watch));
                let anchoring = Anchoring::new(store.clone(), Arc::clone(&chain), poster, settings, watch);
                Ok(Connected { chain, anchoring })
            })
            .await
    }
}

/// Reaches the configured node.
///
/// # Errors
/// If it does not answer or follows another chain.
pub async fn connect(config: &ChainConfig) -> anyhow::Result<RpcChain> {
    let pin = EndpointPin {
        chain_id: config.chain_id,
        genesis: config
            .genesis
            .as_deref()
            .map(str::parse)
            .transpose()
            .context("chain.genesis must be 0x and 64 hexadecimal digits")?,
    };
    let url = config.rpc_url.parse().context("chain.rpc_url is no address")?;
    Ok(RpcChain::connect(url, pin, RpcSettings::default()).await?)
}
