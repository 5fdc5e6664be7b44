//! A thin JSON-RPC client for one endpoint.

use std::time::Duration;

use async_trait::async_trait;
use governance::hash::{Hash32, from_hex, to_hex};
use serde_json::{Value, json};
use url::Url;

use crate::chain::{Chain, ChainFault, Estimate};
use crate::contract::{self, Call, LeafClaim};
use crate::send_outcome::{SendOutcome, shortened};
use crate::types::{
    Address, Block, BlockReference, BlockTag, Execution, FeeSuggestion, Head, Identity, Place, Receipt, Roles,
};

/// How many blocks the usual tip is the median of.
const FEE_HISTORY_BLOCKS: u64 = 20;

/// How an endpoint is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RpcSettings {
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
    /// How long one question may take in all.
    pub request_timeout: Duration,
    /// The longest answer that is read, in bytes; an endpoint that sends more is cut off.
    pub answer_bytes_max: usize,
}

impl Default for RpcSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(15),
            answer_bytes_max: 2 * 1024 * 1024,
        }
    }
}

/// Which chain an endpoint must follow to be used at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndpointPin {
    /// The chain's id.
    pub chain_id: u64,
    /// The hash of block 0, where the operator named it.
    pub genesis: Option<Hash32>,
}

/// One endpoint of a chain.
#[derive(Debug, Clone)]
pub struct RpcChain {
    client: reqwest::Client,
    url: Url,
    settings: RpcSettings,
}

impl RpcChain {
    /// Connects and refuses an endpoint that follows another chain than the pinned one.
    ///
    /// # Errors
    /// If the endpoint does not answer or follows another chain.
    pub async fn connect(url: Url, pin: EndpointPin, settings: RpcSettings) -> Result<Self, ChainFault> {
        let client = reqwest::Client::builder()
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.request_timeout)
            // A redirect would carry questions to a host that nobody named.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|source| unreachable("connect", source))?;
        let chain = Self { client, url, settings };
        let found = chain.identity().await?;
        let genesis = pin.genesis.unwrap_or(found.genesis);
        if found
            != (Identity {
                chain_id: pin.chain_id,
                genesis,
            })
        {
            return Err(ChainFault::WrongChain {
                expected: format!("{} {genesis}", pin.chain_id),
                found: format!("{} {}", found.chain_id, found.genesis),
            });
        }
        Ok(chain)
    }

    /// Asks one question.
    ///
    /// # Errors
    /// If the endpoint does not answer in time, answers with an error, or with something that is not JSON-RPC.
    pub async fn request(&self, method: &'static str, params: Value) -> Result<Value, ChainFault> {
        let question = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let mut response = self
            .client
            .post(self.url.clone())
            .json(&question)
            .send()
            .await
            .map_err(|source| unreachable(method, source))?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|source| unreachable(method, source))? {
            if body.len().saturating_add(chunk.len()) > self.settings.answer_bytes_max {
                let reason = format!("longer than {} bytes", self.settings.answer_bytes_max);
                return Err(ChainFault::Malformed { method, reason });
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer: Value = serde_json::from_slice(&body).map_err(|_| ChainFault::Malformed {
            method,
            reason: format!("status {status}, body {}", shortened(&String::from_utf8_lossy(&body))),
        })?;
        if let Some(error) = answer.get("error").filter(|error| !error.is_null()) {
            let message = error.get("message").and_then(Value::as_str).unwrap_or("no message");
            let code = error.get("code").and_then(Value::as_i64).unwrap_or_default();
            return Err(ChainFault::Refused {
                method,
                code,
                message: shortened(message),
            });
        }
        match answer.get_mut("result") {
            Some(result) => Ok(result.take()),
            None => Err(ChainFault::Malformed {
                method,
                reason: "neither result nor error".to_owned(),
            }),
        }
    }
}

#[async_trait]
impl Chain for RpcChain {
    async fn identity(&self) -> Result<Identity, ChainFault> {
        let chain_id = quantity("eth_chainId", &self.request("eth_chainId", json!([])).await?)?;
        let genesis = self
            .block(BlockTag::Number(0))
            .await?
            .ok_or_else(|| ChainFault::Malformed {
                method: "eth_getBlockByNumber",
                reason: "the node has no block 0".to_owned(),
            })?;
        Ok(Identity {
            chain_id,
            genesis: genesis.reference.hash,
        })
    }

    async fn block(&self, tag: BlockTag) -> Result<Option<Block>, ChainFault> {
        let (method, place) = match tag {
            BlockTag::Latest => ("eth_getBlockByNumber", "latest".to_owned()),
            BlockTag::Safe => ("eth_getBlockByNumber", "safe".to_owned()),
            BlockTag::Finalized => ("eth_getBlockByNumber", "finalized".to_owned()),
            BlockTag::Number(number) => ("eth_getBlockByNumber", format!("{number:#x}")),
            BlockTag::Hash(hash) => ("eth_getBlockByHash", hash.to_string()),
        };
        let block = self.request(method, json!([place, false])).await?;
        if block.is_null() {
            return Ok(None);
        }
        let reference = BlockReference {
            number: quantity(method, field(method, &block, "number")?)?,
            hash: word(method, field(method, &block, "hash")?)?,
        };
        // Chains from before EIP-1559 have no base fee; they are none we anchor on, and zero asks for nothing.
        let base_fee = block
            .get("baseFeePerGas")
            .map_or(Ok(0), |fee| wide_quantity(method, fee))?;
        let timestamp = quantity(method, field(method, &block, "timestamp")?)?;
        Ok(Some(Block {
            reference,
            base_fee,
            timestamp,
        }))
    }

    async fn nonce(&self, account: Address, at: Hash32) -> Result<u64, ChainFault> {
        const METHOD: &str = "eth_getTransactionCount";
        quantity(
            METHOD,
            &self.request(METHOD, json!([account.to_string(), by_hash(at)])).await?,
        )
    }

    async fn fee_suggestion(&self) -> Result<FeeSuggestion, ChainFault> {
        const METHOD: &str = "eth_feeHistory";
        let params = json!([format!("{FEE_HISTORY_BLOCKS:#x}"), "latest", [50]]);
        let history = self.request(METHOD, params).await?;
        // The list of base fees ends with that of the block to come.
        let base_fees = field(METHOD, &history, "baseFeePerGas")?
            .as_array()
            .cloned()
            .unwrap_or_default();
        let base_fee = base_fees.last().map_or(Ok(0), |fee| wide_quantity(METHOD, fee))?;
        let mut tips = history
            .get("reward")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|rewards| rewards.get(0))
            .map(|tip| wide_quantity(METHOD, tip))
            .collect::<Result<Vec<u128>, ChainFault>>()?;
        tips.sort_unstable();
        let tip = tips.get(tips.len() / 2).copied().unwrap_or(0);
        Ok(FeeSuggestion { base_fee, tip })
    }

    async fn estimate(&self, from: Address, call: &Call) -> Result<Estimate, ChainFault> {
        const METHOD: &str = "eth_estimateGas";
        let mut request = json!({ "from": from.to_string(), "data": to_hex(&call.data()) });
        if let (Some(to), Some(fields)) = (call.to(), request.as_object_mut()) {
            fields.insert("to".to_owned(), json!(to.to_string()));
        }
        match self.request(METHOD, json!([request])).await {
            Ok(answer) => quantity(METHOD, &answer).map(Estimate::Gas),
            // Code 3 is the one that clients agree on for a revert; some say it in words only.
            Err(ChainFault::Refused { code, message, .. }) if code == 3 || message.contains("revert") => {
                Ok(Estimate::Reverts(message))
            }
            Err(fault) => Err(fault),
        }
    }

    async fn send_raw(&self, raw: &[u8]) -> SendOutcome {
        match self.request("eth_sendRawTransaction", json!([to_hex(raw)])).await {
            Ok(_) => SendOutcome::Accepted,
            Err(ChainFault::Refused { message, .. }) => SendOutcome::from_message(&message),
            Err(
                fault @ (ChainFault::Unreachable { .. } | ChainFault::Malformed { .. } | ChainFault::WrongChain { .. }),
            ) => SendOutcome::Unknown(shortened(&fault.to_string())),
        }
    }

    async fn receipt(&self, transaction: Hash32) -> Result<Option<Receipt>, ChainFault> {
        const METHOD: &str = "eth_getTransactionReceipt";
        let receipt = self.request(METHOD, json!([transaction.to_string()])).await?;
        if receipt.is_null() {
            return Ok(None);
        }
        let block = BlockReference {
            number: quantity(METHOD, field(METHOD, &receipt, "blockNumber")?)?,
            hash: word(METHOD, field(METHOD, &receipt, "blockHash")?)?,
        };
        let execution = match quantity(METHOD, field(METHOD, &receipt, "status")?)? {
            1 => Execution::Succeeded,
            _ => Execution::Reverted,
        };
        let gas_used = quantity(METHOD, field(METHOD, &receipt, "gasUsed")?)?;
        let created = receipt
            .get("contractAddress")
            .and_then(Value::as_str)
            .and_then(|text| text.to_lowercase().parse().ok());
        Ok(Some(Receipt {
            transaction,
            block,
            execution,
            gas_used,
            created,
        }))
    }

    async fn link(&self, place: Place, seq: u64, at: Hash32) -> Result<Hash32, ChainFault> {
        let answer = self.view(place.contract, &contract::link_query(place, seq), at).await?;
        contract::link_answer(&answer).ok_or_else(|| not_the_contract("link"))
    }

    async fn head(&self, place: Place, at: Hash32) -> Result<Head, ChainFault> {
        let answer = self.view(place.contract, &contract::head_query(place), at).await?;
        contract::head_answer(&answer).ok_or_else(|| not_the_contract("head"))
    }

    async fn roles(&self, place: Place, at: Hash32) -> Result<Roles, ChainFault> {
        let answer = self.view(place.contract, &contract::roles_query(place), at).await?;
        contract::roles_answer(&answer).ok_or_else(|| not_the_contract("rolesOf"))
    }

    async fn verify(&self, address: Address, claim: &LeafClaim, at: Hash32) -> Result<bool, ChainFault> {
        let answer = self.view(address, &contract::verify_query(claim), at).await?;
        contract::verify_answer(&answer).ok_or_else(|| not_the_contract("verify"))
    }

    /// By EIP-1898, on the branch the node follows.
    async fn view(&self, contract: Address, data: &[u8], at: Hash32) -> Result<Vec<u8>, ChainFault> {
        const METHOD: &str = "eth_call";
        let call = json!({ "to": contract.to_string(), "data": to_hex(data) });
        let answer = self.request(METHOD, json!([call, by_hash(at)])).await?;
        bytes(METHOD, &answer)
    }

    async fn logs(
        &self,
        contract: Address,
        topics: &[Hash32],
        (first, last): (u64, u64),
    ) -> Result<Vec<Vec<Hash32>>, ChainFault> {
        const METHOD: &str = "eth_getLogs";
        let topics: Vec<String> = topics.iter().map(Hash32::to_string).collect();
        let asked = json!([{ "address": contract.to_string(), "topics": topics, "fromBlock": format!("{first:#x}"),
            "toBlock": format!("{last:#x}") }]);
        let answer = self.request(METHOD, asked).await?;
        // What is no list is no answer: read as nobody, it would be believed.
        let words = |log: &Value| {
            let topics = list(METHOD, field(METHOD, log, "topics")?)?;
            topics.iter().map(|topic| word(METHOD, topic)).collect()
        };
        list(METHOD, &answer)?.iter().map(words).collect()
    }

    async fn code(&self, address: Address, at: Hash32) -> Result<Vec<u8>, ChainFault> {
        const METHOD: &str = "eth_getCode";
        bytes(
            METHOD,
            &self.request(METHOD, json!([address.to_string(), by_hash(at)])).await?,
        )
    }
}

fn by_hash(hash: Hash32) -> Value {
    json!({ "blockHash": hash.to_string(), "requireCanonical": true })
}

fn unreachable(method: &'static str, source: reqwest::Error) -> ChainFault {
    // The address may hold an access key in its path, so it must not reach a log.
    ChainFault::Unreachable {
        method,
        source: Box::new(source.without_url()),
    }
}

fn not_the_contract(view: &str) -> ChainFault {
    ChainFault::Malformed {
        method: "eth_call",
        reason: format!("no anchor contract answered `{view}` at that block"),
    }
}

fn field<'a>(method: &'static str, object: &'a Value, name: &str) -> Result<&'a Value, ChainFault> {
    object.get(name).ok_or_else(|| ChainFault::Malformed {
        method,
        reason: format!("`{name}` is missing"),
    })
}

fn list<'a>(method: &'static str, value: &'a Value) -> Result<&'a [Value], ChainFault> {
    let found = value.as_array().map(Vec::as_slice);
    found.ok_or_else(|| ChainFault::Malformed {
        method,
        reason: "expected a list".to_owned(),
    })
}

fn text<'a>(method: &'static str, value: &'a Value) -> Result<&'a str, ChainFault> {
    value.as_str().ok_or_else(|| ChainFault::Malformed {
        method,
        reason: "expected a text".to_owned(),
    })
}

fn wide_quantity(method: &'static str, value: &Value) -> Result<u128, ChainFault> {
    text(method, value)?
        .strip_prefix("0x")
        .and_then(|digits| u128::from_str_radix(digits, 16).ok())
        .ok_or_else(|| ChainFault::Malformed {
            method,
            reason: "expected a quantity".to_owned(),
        })
}

fn quantity(method: &'static str, value: &Value) -> Result<u64, ChainFault> {
    u64::try_from(wide_quantity(method, value)?).map_err(|_| ChainFault::Malformed {
        method,
        reason: "the quantity exceeds 64 bits".to_owned(),
    })
}

fn bytes(method: &'static str, value: &Value) -> Result<Vec<u8>, ChainFault> {
    from_hex(&text(method, value)?.to_lowercase()).ok_or_else(|| ChainFault::Malformed {
        method,
        reason: "expected bytes".to_owned(),
    })
}

fn word(method: &'static str, value: &Value) -> Result<Hash32, ChainFault> {
    Hash32::from_slice(&bytes(method, value)?).ok_or_else(|| ChainFault::Malformed {
        method,
        reason: "expected 32 bytes".to_owned(),
    })
}
