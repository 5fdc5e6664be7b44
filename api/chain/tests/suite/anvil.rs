//! A real node of its own for one test, on a free loopback port, stopped when the test ends.

use std::path::Path;

use async_trait::async_trait;
use chain::{Address, Chain, EndpointPin, RpcChain, RpcSettings};
use devstack::anvil::Mining;
use devstack::{Anvil, AnvilOptions};
use governance::hash::Hash32;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::lab::{CHAIN_ID, Lab};

pub struct AnvilLab {
    pub chain: RpcChain,
    pub url: url::Url,
    // Dropped in this order: the node goes before its folder.
    _node: Anvil,
    _folder: TempDir,
}

impl AnvilLab {
    /// `None` where the program is not installed.
    pub async fn start() -> Option<Self> {
        let contracts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts");
        let program = AnvilOptions::find_program(&[&contracts]).ok()?;
        let folder = tempfile::tempdir().unwrap();
        let mut options = AnvilOptions::new(&program, folder.path());
        options.chain_id = CHAIN_ID;
        options.mining = Mining::OnDemand;
        options.slots_in_an_epoch = 2;
        let started = tokio::task::spawn_blocking(move || Anvil::start(&options)).await;
        let node = started.unwrap().unwrap();
        let url: url::Url = node.url().parse().unwrap();
        let pin = EndpointPin {
            chain_id: CHAIN_ID,
            genesis: None,
        };
        let chain = RpcChain::connect(url.clone(), pin, RpcSettings::default())
            .await
            .unwrap();
        Some(Self {
            chain,
            url,
            _node: node,
            _folder: folder,
        })
    }

    async fn ask(&self, method: &'static str, params: Value) {
        self.chain.request(method, params).await.unwrap();
    }
}

#[async_trait]
impl Lab for AnvilLab {
    fn chain(&self) -> &dyn Chain {
        &self.chain
    }

    async fn mine(&self) {
        self.ask("anvil_mine", json!(["0x1"])).await;
    }

    async fn set_balance(&self, account: Address, amount: u128) {
        self.ask("anvil_setBalance", json!([account.to_string(), format!("{amount:#x}")]))
            .await;
    }

    async fn set_base_fee(&self, base_fee: u128) {
        self.ask("anvil_setNextBlockBaseFeePerGas", json!([format!("{base_fee:#x}")]))
            .await;
    }

    async fn reorganise(&self, depth: u64) {
        self.ask("anvil_reorg", json!([depth, []])).await;
    }

    async fn forget(&self, transaction: Hash32) {
        self.ask("anvil_dropTransaction", json!([transaction.to_string()]))
            .await;
    }
}
