//! A real node with a distributor and a token on it, and what people send there: each message by an account of theirs, as the API gives it.

use std::time::Duration;

use chain::{EndpointPin, RpcChain, RpcSettings};
use governance::hash::to_hex;
use serde_json::{Value, json};

/// How often it is looked whether a message was mined.
const LOOKS_MAX: usize = 400;
const PAUSE: Duration = Duration::from_millis(25);
/// The shortest delay of a distributor.
pub const DAY: u64 = 86_400;

/// People's accounts on the node, none of which pays for anchors.
pub const EXECUTOR: usize = 1;
pub const GUARDIAN: usize = 2;
pub const ANYBODY: usize = 3;

/// A node with a distributor and a token on it.
pub struct Island {
    node: RpcChain,
    /// Accounts of people, which the node itself signs for.
    pub accounts: Vec<String>,
    /// The contract.
    pub distributor: String,
    /// The token.
    pub token: String,
}

fn word(value: u128) -> String {
    format!("{value:064x}")
}

fn of_address(address: &str) -> String {
    format!("{:0>64}", address.trim_start_matches("0x"))
}

fn creation(artifact: &str) -> String {
    let artifact: Value = serde_json::from_str(artifact).unwrap();
    artifact["bytecode"].as_str().unwrap().to_owned()
}

impl Island {
    /// Puts both on the chain of a node.
    pub async fn on(url: &str) -> Self {
        let pin = EndpointPin {
            chain_id: 31_337,
            genesis: None,
        };
        let node = RpcChain::connect(url.parse().unwrap(), pin, RpcSettings::default());
        let node = node.await.unwrap();
        let accounts = node.request("eth_accounts", json!([])).await.unwrap();
        let accounts: Vec<String> = serde_json::from_value(accounts).unwrap();
        let mut island = Self {
            node,
            accounts,
            distributor: String::new(),
            token: String::new(),
        };
        let code = creation(include_str!("../../../contracts/artifacts/RochdaleDistributor.json"));
        let arguments = of_address(&island.accounts[EXECUTOR])
            + &word(96)
            + &word(u128::from(DAY))
            + &word(1)
            + &of_address(&island.accounts[GUARDIAN]);
        island.distributor = island.create(&(code + &arguments)).await;
        island.token = island
            .create(&creation(include_str!("../../../contracts/artifacts/TestToken.json")))
            .await;
        island.finish_blocks().await;
        island
    }

    async fn sent(&self, message: Value) -> Value {
        let hash = self
            .node
            .request("eth_sendTransaction", json!([message]))
            .await
            .unwrap();
        for _ in 0..LOOKS_MAX {
            let receipt = self
                .node
                .request("eth_getTransactionReceipt", json!([hash]))
                .await
                .unwrap();
            if !receipt.is_null() {
                return receipt;
            }
            let _ = self.node.request("evm_mine", json!([])).await.unwrap();
            tokio::time::sleep(PAUSE).await;
        }
        panic!("the node does not take the message");
    }

    async fn create(&self, code: &str) -> String {
        let message = json!({"from": self.accounts[ANYBODY], "data": code, "gas": "0x500000"});
        self.sent(message).await["contractAddress"].as_str().unwrap().to_owned()
    }

    /// Sends a message; whether it did what it asks for.
    async fn send(&self, from: usize, to: &str, data: &str) -> bool {
        let message = json!({"from": self.accounts[from], "to": to, "data": data, "gas": "0x100000"});
        self.sent(message).await["status"] == "0x1"
    }

    /// Sends what the API gives.
    pub async fn call(&self, from: usize, call: &Value) -> bool {
        assert_eq!(call["chain_id"], 31_337, "{call}");
        self.send(from, call["to"].as_str().unwrap(), call["data"].as_str().unwrap())
            .await
    }

    /// Makes everything that was sent final.
    pub async fn finish_blocks(&self) {
        for _ in 0..4 {
            let _ = self.node.request("evm_mine", json!([])).await.unwrap();
        }
    }

    /// Lets time pass on the chain.
    pub async fn later(&self, seconds: u64) {
        let _ = self.node.request("evm_increaseTime", json!([seconds])).await.unwrap();
        let _ = self.node.request("evm_mine", json!([])).await.unwrap();
    }

    /// Gives the contract tokens.
    pub async fn fund(&self, cents: u128) {
        // mint(address,uint256)
        let data = format!("0x40c10f19{}{}", of_address(&self.distributor), word(cents * 10_000));
        assert!(self.send(ANYBODY, &self.token, &data).await);
    }

    /// Has the node sign typed data by an account of its own, as a wallet does.
    pub async fn signs(&self, account: &str, typed: &Value) -> String {
        let signed = self
            .node
            .request("eth_signTypedData_v4", json!([account, typed]))
            .await
            .unwrap();
        signed.as_str().unwrap().to_owned()
    }

    /// What an account holds of the token.
    pub async fn held(&self, account: &str) -> String {
        let call = json!({"to": self.token, "data": format!("0x70a08231{}", of_address(account))});
        let answer = self.node.request("eth_call", json!([call, "latest"])).await.unwrap();
        answer
            .as_str()
            .unwrap()
            .trim_start_matches("0x")
            .trim_start_matches('0')
            .to_owned()
    }

    /// Has the executor submit a root that nobody released, of so many cents.
    pub async fn submit_another(&self, epoch: u64, cents: u128) {
        self.submit(epoch, &word(7), cents).await;
    }

    /// Has the executor submit this root.
    pub async fn submit(&self, epoch: u64, root: &str, cents: u128) {
        let words = [root.trim_start_matches("0x"), &word(cents * 10_000), &word(7), &word(7)].concat();
        let selector = selector("submitRoot(address,uint64,bytes32,uint256,bytes32,bytes32)");
        let data = format!("0x{selector}{}{}{words}", of_address(&self.token), word(epoch.into()));
        assert!(self.send(EXECUTOR, &self.distributor, &data).await);
    }

    /// Has anybody activate a root, whoever submitted it.
    pub async fn activate(&self, epoch: u64) {
        let selector = selector("activate(address,uint64)");
        let data = format!("0x{selector}{}{}", of_address(&self.token), word(epoch.into()));
        assert!(self.send(ANYBODY, &self.distributor, &data).await);
    }

    /// Has the guardian stop a root.
    pub async fn veto(&self, epoch: u64) {
        let data = format!(
            "0x{}{}{}",
            &selector("veto(address,uint64)"),
            of_address(&self.token),
            word(epoch.into())
        );
        assert!(self.send(GUARDIAN, &self.distributor, &data).await);
    }
}

fn selector(signature: &str) -> String {
    let hash = to_hex(governance::hash::keccak256(signature.as_bytes()).as_bytes());
    hash[2..10].to_owned()
}
