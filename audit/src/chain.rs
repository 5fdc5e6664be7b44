//! Level 2: does the chain hold what the anchors say? Asked of each endpoint the auditor named, at a final block, by hash.
//!
//! This is a small client of its own. It sends questions only, to `https` addresses or to this machine, and reads bounded answers.

use std::io::Read as _;

use governance::hash::{Hash32, from_hex, keccak256, to_hex};
use governance::record::{ChainDomain, Domain};
use serde_json::{Value, json};
use url::{Host, Url};
use wire::bundle::{BundleBeacon, Section};

use crate::connection::Connection;
use crate::report::{At, Ledger, Level};
use crate::verify::Anchored;

/// The longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: u64 = 1024 * 1024;
/// The most anchors asked about. An honest bundle has two with a proof; one with more than this many lacks evidence.
const ANCHORS_MAX: usize = 64;
/// The contract as it was compiled; its code has no immutable values, so it is the same at every address.
const ARTIFACT: &str = include_str!("../../contracts/artifacts/RochdaleAnchor.json");

const CONTRACT: &str = "the contract is RochdaleAnchor";
const LINKS: &str = "the chain holds each anchor's link";
const BEACON: &str = "the lot's block is on the chain";

/// Why an endpoint is not spoken to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointRefusal {
    /// It is no address.
    #[error("it is no URL")]
    Url,
    /// What travels in the clear could be changed on the way.
    #[error("it must be https, or http to this machine")]
    Plain,
}

/// A JSON-RPC endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    url: Url,
    is_local: bool,
}

impl Endpoint {
    pub(crate) fn parse(text: &str) -> Result<Self, EndpointRefusal> {
        let url = Url::parse(text).map_err(|_| EndpointRefusal::Url)?;
        let is_local = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => return Err(EndpointRefusal::Url),
        };
        match url.scheme() {
            "https" => Ok(Self { url, is_local }),
            "http" if is_local => Ok(Self { url, is_local }),
            _ => Err(EndpointRefusal::Plain),
        }
    }

    pub(crate) const fn url(&self) -> &Url {
        &self.url
    }

    pub(crate) fn connect(&self) -> Result<Connection, String> {
        Connection::open(self.is_local)
    }

    /// Host and port: the rest of an address may hold a key.
    fn name(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url
            .port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

/// What one endpoint said.
enum Said {
    Checked(At, &'static str, Result<(), String>),
    Missing(String),
    /// When the first anchor of the proposal was made.
    Anchored(u64),
}

impl Said {
    fn moment(&self) -> Option<u64> {
        match self {
            Self::Anchored(moment) => Some(*moment),
            Self::Checked(..) | Self::Missing(_) => None,
        }
    }
}

/// Asks every endpoint, side by side. Gives back when the first anchor of the proposal was made, if each of them confirms it.
pub(crate) fn check(
    ledger: &mut Ledger,
    endpoints: &[Endpoint],
    domain: Option<Domain>,
    anchors: &[Anchored],
    beacon: Option<&BundleBeacon>,
) -> Option<u64> {
    let Some((namespace, chain)) = domain.and_then(|domain| Some((domain.namespace, domain.chain?))) else {
        ledger.missing(At::chain(), "the bundle names no chain".to_owned());
        return None;
    };
    for (is_held, what) in [
        (anchors.iter().any(|anchor| anchor.holds_proposal), "proposal"),
        (anchors.iter().any(|anchor| anchor.holds_tally), "tally"),
    ] {
        if !is_held {
            ledger.missing(At::chain(), format!("no anchor in the bundle holds the {what}"));
        }
    }
    let asked = chosen(ledger, anchors);
    let questions = Questions {
        namespace,
        chain,
        anchors: &asked,
        beacon,
    };
    // Threads of their own: a caller may stand inside an asynchronous runtime, where blocking is forbidden.
    let answers: Vec<(String, Vec<Said>)> = std::thread::scope(|scope| {
        let workers: Vec<_> = endpoints
            .iter()
            .map(|endpoint| (endpoint.name(), scope.spawn(|| questions.ask(endpoint))))
            .collect();
        workers
            .into_iter()
            .map(|(name, worker)| {
                (
                    name,
                    worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                )
            })
            .collect()
    });
    let mut moments = Some(Vec::new());
    for (name, said) in answers {
        let moment = said.iter().find_map(Said::moment);
        moments = moments.zip(moment).map(|(mut moments, moment)| {
            moments.push(moment);
            moments
        });
        for one in said {
            match one {
                Said::Checked(at, what, result) => {
                    ledger.hold(at, what, result.is_ok(), || {
                        format!("{name}: {}", result.err().unwrap_or_default())
                    });
                }
                Said::Missing(text) => ledger.missing(At::chain(), format!("{name}: {text}")),
                Said::Anchored(_) => {}
            }
        }
    }
    moments?.into_iter().max()
}

/// The anchors asked about: every one that carries a proof, those of the tally first, and as many of the others as there is room.
///
/// A proof is worth what the link of its anchor is worth, so none is believed that was not asked about: among many real anchors
/// one invented would do.
fn chosen(ledger: &mut Ledger, anchors: &[Anchored]) -> Vec<Anchored> {
    let proving = anchors.iter().filter(|anchor| anchor.has_proof).count();
    if proving > ANCHORS_MAX {
        let text = format!("{proving} anchors carry proofs, and only {ANCHORS_MAX} are asked about");
        ledger.missing(At::chain(), text);
    }
    let mut asked: Vec<Anchored> = anchors.to_vec();
    asked.sort_by_key(|anchor| (!anchor.holds_tally, !anchor.has_proof, anchor.seq));
    asked.truncate(ANCHORS_MAX);
    asked
}

struct Questions<'a> {
    namespace: Hash32,
    chain: ChainDomain,
    anchors: &'a [Anchored],
    beacon: Option<&'a BundleBeacon>,
}

impl Questions<'_> {
    fn ask(&self, endpoint: &Endpoint) -> Vec<Said> {
        let mut said = Vec::new();
        if let Err(text) = self.ask_all(endpoint, &mut said) {
            said.push(Said::Missing(text));
        }
        said
    }

    fn ask_all(&self, endpoint: &Endpoint, said: &mut Vec<Said>) -> Result<(), String> {
        let client = Client::new(endpoint)?;
        let chain_id = client.quantity("eth_chainId", json!([]))?;
        if chain_id != self.chain.chain_id {
            return Err(format!(
                "it follows chain {chain_id}, the bundle is of {}",
                self.chain.chain_id
            ));
        }
        let last = client.block(json!("finalized"))?;
        let code = client.bytes("eth_getCode", json!([to_hex(&self.chain.contract), by_hash(last.hash)]))?;
        if code.is_empty() {
            return Err(format!(
                "there is no contract at {} in final block {}",
                to_hex(&self.chain.contract),
                last.number
            ));
        }
        let genuine = deployed_code().is_some_and(|expected| expected == code);
        said.push(Said::Checked(
            At::chain(),
            CONTRACT,
            if genuine {
                Ok(())
            } else {
                Err("the code at the contract's address is another".to_owned())
            },
        ));
        let newest = self.view(&client, "head(bytes32)", &[self.namespace], last.hash)?;
        let newest = newest.first().copied().unwrap_or_default();
        for anchor in self.anchors {
            let seq = Hash32::from_u128(u128::from(anchor.seq));
            let answer = self.view(&client, "link(bytes32,uint64)", &[self.namespace, seq], last.hash)?;
            let link = answer.first().copied().unwrap_or_default();
            if link == Hash32::ZERO && newest < seq {
                let (seq, number) = (anchor.seq, last.number);
                said.push(Said::Missing(format!(
                    "anchor {seq} is not in final block {number} yet"
                )));
                continue;
            }
            let result = if link == anchor.link {
                Ok(())
            } else {
                Err(format!(
                    "the chain holds {link} as link {}, the bundle says {}",
                    anchor.seq, anchor.link
                ))
            };
            said.push(Said::Checked(At::chain().line(anchor.line), LINKS, result));
        }
        said.extend(self.ask_moment(&client, last.number).map(Said::Anchored));
        self.ask_beacon(&client, last.number, said)
    }

    /// When the first anchor of the proposal was made: the time of the block in which the contract says so. A node need not remember
    /// that, so no answer is no finding.
    fn ask_moment(&self, client: &Client, last: u64) -> Option<u64> {
        let holding = self.anchors.iter().filter(|anchor| anchor.holds_proposal);
        let first = holding.min_by_key(|anchor| anchor.seq)?;
        let (number, hash) = first.block.filter(|(number, _)| *number <= last)?;
        let block = client.block(json!(format!("0x{number:x}"))).ok()?;
        let topics = [
            keccak256(b"Anchored(bytes32,uint64,uint64,bytes32,bytes32)"),
            self.namespace,
            Hash32::from_u128(u128::from(first.seq)),
        ];
        let filter = json!({
            "blockHash": hash.to_string(),
            "address": to_hex(&self.chain.contract),
            "topics": topics.map(|topic| topic.to_string()),
        });
        let logs = client.request("eth_getLogs", json!([filter])).ok()?;
        let is_there = block.hash == hash && logs.as_array().is_some_and(|logs| !logs.is_empty());
        is_there.then_some(block.timestamp)
    }

    fn ask_beacon(&self, client: &Client, last: u64, said: &mut Vec<Said>) -> Result<(), String> {
        let Some(beacon) = self.beacon else { return Ok(()) };
        if beacon.block_number > last {
            return Err(format!("the lot's block {} is not final yet", beacon.block_number));
        }
        let block = client.block(json!(format!("0x{:x}", beacon.block_number)))?;
        let at = At {
            level: Level::L2,
            section: Section::Lot,
            line: None,
        };
        let result = if (block.hash, block.timestamp) == (beacon.block_hash, beacon.timestamp) {
            Ok(())
        } else {
            Err(format!(
                "block {} is {} of second {}",
                block.number, block.hash, block.timestamp
            ))
        };
        said.push(Said::Checked(at, BEACON, result));
        Ok(())
    }

    /// The words that a view of the contract answers in a block.
    fn view(&self, client: &Client, signature: &str, arguments: &[Hash32], at: Hash32) -> Result<Vec<Hash32>, String> {
        let mut data = keccak256(signature.as_bytes()).as_bytes()[..4].to_vec();
        for argument in arguments {
            data.extend_from_slice(argument.as_bytes());
        }
        let call = json!({ "to": to_hex(&self.chain.contract), "data": to_hex(&data) });
        let answer = client.bytes("eth_call", json!([call, by_hash(at)]))?;
        if answer.is_empty() || !answer.len().is_multiple_of(32) {
            return Err(format!("{signature} was answered with {} bytes", answer.len()));
        }
        Ok(answer.chunks_exact(32).filter_map(Hash32::from_slice).collect())
    }
}

/// A block by its hash (EIP-1898), on the branch the node follows.
fn by_hash(hash: Hash32) -> Value {
    json!({ "blockHash": hash.to_string(), "requireCanonical": true })
}

fn deployed_code() -> Option<Vec<u8>> {
    let artifact: Value = serde_json::from_str(ARTIFACT).ok()?;
    from_hex(artifact.get("deployedBytecode")?.as_str()?)
}

struct Block {
    number: u64,
    hash: Hash32,
    timestamp: u64,
}

struct Client {
    http: Connection,
    url: Url,
}

impl Client {
    fn new(endpoint: &Endpoint) -> Result<Self, String> {
        Ok(Self {
            http: endpoint.connect()?,
            url: endpoint.url.clone(),
        })
    }

    fn request(&self, method: &'static str, params: Value) -> Result<Value, String> {
        let question = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let said = self.http.post_json(self.url.clone(), question.to_string())?;
        let mut body = Vec::new();
        said.body
            .take(ANSWER_BYTES_MAX)
            .read_to_end(&mut body)
            .map_err(|error| format!("{method}: {error}"))?;
        let answer: Value = serde_json::from_slice(&body).map_err(|_| format!("{method}: {}, no JSON", said.status))?;
        if let Some(error) = answer.get("error").filter(|error| !error.is_null()) {
            let message: String = error.to_string().chars().take(200).collect();
            return Err(format!("{method}: {message}"));
        }
        let result = answer.get("result").filter(|result| !result.is_null());
        result.cloned().ok_or_else(|| format!("{method}: no result"))
    }

    fn bytes(&self, method: &'static str, params: Value) -> Result<Vec<u8>, String> {
        let answer = self.request(method, params)?;
        let bytes = answer.as_str().map(str::to_lowercase).and_then(|text| from_hex(&text));
        bytes.ok_or_else(|| format!("{method}: no bytes"))
    }

    fn quantity(&self, method: &'static str, params: Value) -> Result<u64, String> {
        let answer = self.request(method, params)?;
        quantity(&answer).ok_or_else(|| format!("{method}: no number"))
    }

    fn block(&self, which: Value) -> Result<Block, String> {
        const METHOD: &str = "eth_getBlockByNumber";
        let answer = self.request(METHOD, json!([which, false]))?;
        let read = || {
            Some(Block {
                number: quantity(answer.get("number")?)?,
                hash: answer.get("hash")?.as_str()?.to_lowercase().parse().ok()?,
                timestamp: quantity(answer.get("timestamp")?)?,
            })
        };
        read().ok_or_else(|| format!("{METHOD}: no block {which}"))
    }
}

fn quantity(value: &Value) -> Option<u64> {
    u64::from_str_radix(value.as_str()?.strip_prefix("0x")?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_this_machine_are_spoken_to() {
        let cases = [
            ("https://rpc.example/v1/key", Ok("rpc.example")),
            ("http://localhost:8545", Ok("localhost:8545")),
            ("http://127.0.0.1:8545", Ok("127.0.0.1:8545")),
            ("http://[::1]:8545", Ok("[::1]:8545")),
            ("http://rpc.example", Err(EndpointRefusal::Plain)),
            ("http://127.0.0.1.example", Err(EndpointRefusal::Plain)),
            ("ftp://localhost", Err(EndpointRefusal::Plain)),
            ("localhost", Err(EndpointRefusal::Url)),
            ("data:x", Err(EndpointRefusal::Url)),
        ];
        for (text, expected) in cases {
            let endpoint = Endpoint::parse(text).map(|endpoint| endpoint.name());
            assert_eq!(endpoint.as_deref(), expected.as_ref().map(|name| *name), "{text}");
        }
    }

    #[test]
    fn the_committed_contract_has_code() {
        assert!(deployed_code().unwrap().len() > 1_000);
    }
}
