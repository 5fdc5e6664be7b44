//! What the demonstration's member claims from: a contract, and a token that anybody mints.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use devstack::{Anvil, http};
use serde_json::{Value, json};

use super::services::{create, word};
use super::state::State;
use crate::place;

/// How long a root waits in the contract at least.
const DAY: Duration = Duration::from_secs(86_400);
/// How often it is looked whether the token stands.
const LOOKS_MAX: usize = 100;
const PAUSE: Duration = Duration::from_millis(50);

/// Where members claim.
pub struct Island {
    /// The contract: the node's second account is its executor, the third its guardian.
    pub distributor: String,
    /// The token.
    pub token: String,
}

/// A day before now, in seconds since 1970.
pub fn day_ago() -> anyhow::Result<u64> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(now.saturating_sub(DAY).as_secs())
}

/// Creates both.
pub fn deploy(state: &State, program: &Path, chain: &Anvil) -> anyhow::Result<Island> {
    let accounts = ask(chain, "eth_accounts", &json!([]))?;
    let account = |place: usize| accounts[place].as_str().context("the chain has no accounts of its own");
    let asked = [
        "deploy-distributor",
        "--executor",
        account(1)?,
        "--guardian",
        account(2)?,
        "--delay-days",
        "1",
    ];
    let said = create(state, program, chain, &asked)?;
    let artifact = std::fs::read_to_string(place::root().join("contracts/artifacts/TestToken.json"))?;
    let artifact: Value = serde_json::from_str(&artifact)?;
    let creation = json!([{"from": account(3)?, "data": artifact["bytecode"], "gas": "0x500000"}]);
    Ok(Island {
        distributor: word(&said, "contract")?,
        token: created(chain, &ask(chain, "eth_sendTransaction", &creation)?)?,
    })
}

/// What a message created, once a block took it.
fn created(chain: &Anvil, hash: &Value) -> anyhow::Result<String> {
    for _ in 0..LOOKS_MAX {
        let receipt = ask(chain, "eth_getTransactionReceipt", &json!([hash]))?;
        if let Some(address) = receipt["contractAddress"].as_str() {
            return Ok(address.to_owned());
        }
        let _ = ask(chain, "anvil_mine", &json!(["0x1"]))?;
        std::thread::sleep(PAUSE);
    }
    anyhow::bail!("the chain does not take the token")
}

fn ask(chain: &Anvil, method: &str, params: &Value) -> anyhow::Result<Value> {
    let question = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let (_, answer) = http::post_json(chain.port(), "/", &question.to_string())?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let mut answer: Value = serde_json::from_str(body).with_context(|| format!("{method}: {body}"))?;
    anyhow::ensure!(answer["error"].is_null(), "{method}: {}", answer["error"]);
    Ok(answer["result"].take())
}
