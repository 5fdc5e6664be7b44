//! A real node of its own for one test, on a free loopback port, stopped when the test ends.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chain::{Address, Chain, EndpointPin, RpcChain, RpcSettings};
use governance::hash::Hash32;
use serde_json::{Value, json};

use crate::lab::{CHAIN_ID, Lab};

const START_SECONDS_MAX: u64 = 30;

pub struct AnvilLab {
    pub chain: RpcChain,
    pub url: url::Url,
    child: Child,
}

fn program() -> PathBuf {
    let architecture = if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "amd64"
    };
    let system = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!(
        "../../contracts/node_modules/@foundry-rs/anvil-{system}-{architecture}/bin/anvil"
    ))
}

impl AnvilLab {
    /// `None` where the program is not installed.
    pub async fn start() -> Option<Self> {
        let program = program();
        if !program.exists() {
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(program)
            .args([
                "--host",
                "127.0.0.1",
                "--port",
                &port.to_string(),
                "--chain-id",
                &CHAIN_ID.to_string(),
            ])
            .args(["--no-mining", "--slots-in-an-epoch", "2", "--accounts", "1", "--silent"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let url: url::Url = format!("http://127.0.0.1:{port}").parse().unwrap();
        // The child is owned before anything can fail, so that it is stopped in any case.
        let mut started = Starting { child: Some(child) };
        let deadline = Instant::now() + Duration::from_secs(START_SECONDS_MAX);
        loop {
            let pin = EndpointPin {
                chain_id: CHAIN_ID,
                genesis: None,
            };
            match RpcChain::connect(url.clone(), pin, RpcSettings::default()).await {
                Ok(chain) => {
                    return Some(Self {
                        chain,
                        url,
                        child: started.child.take().unwrap(),
                    });
                }
                Err(fault) => assert!(Instant::now() < deadline, "the node did not start: {fault}"),
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn ask(&self, method: &'static str, params: Value) {
        self.chain.request(method, params).await.unwrap();
    }
}

struct Starting {
    child: Option<Child>,
}

impl Drop for Starting {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            stop(child);
        }
    }
}

impl Drop for AnvilLab {
    fn drop(&mut self) {
        stop(&mut self.child);
    }
}

fn stop(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
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
