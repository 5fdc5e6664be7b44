//! Aim: level 2 holds only if every endpoint the auditor names confirms the anchors, and every other answer has its meaning.
//! Method: endpoints on this machine that answer as told.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use audit::{Level, Options, Report, Standing};
use governance::hash::{Hash32, from_hex, keccak256, to_hex};
use serde_json::{Value, json};
use wire::bundle::Section;

use crate::builder::{CHAIN_ID, CLOSES_AT, OPENS_AT, election, lines, link_of, motion};
use crate::tampering::{line_of, verify_lines};

/// The most requests one endpoint answers, so that no test runs for ever.
const REQUESTS_MAX: usize = 100;

/// What an endpoint believes.
#[derive(Clone)]
struct Chain {
    id: u64,
    code: String,
    head: u64,
    links: BTreeMap<u64, Hash32>,
    final_block: u64,
    lot_block: Hash32,
    /// When the blocks of the anchors were made.
    anchored_at: u64,
    has_logs: bool,
    noise: Option<&'static str>,
}

impl Chain {
    /// One that holds the anchors of the stories.
    fn of(bundle: &[String]) -> Self {
        let artifact: Value =
            serde_json::from_str(include_str!("../../../contracts/artifacts/RochdaleAnchor.json")).unwrap();
        let anchors = bundle.iter().filter(|line| line.starts_with("{\"section\":\"anchor\""));
        let links: BTreeMap<u64, Hash32> = anchors
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .map(|line| {
                (
                    line["seq"].as_u64().unwrap(),
                    line["link"].as_str().unwrap().parse().unwrap(),
                )
            })
            .collect();
        Self {
            id: CHAIN_ID,
            code: artifact["deployedBytecode"].as_str().unwrap().to_owned(),
            head: links.keys().max().copied().unwrap_or_default(),
            links,
            final_block: 100,
            lot_block: keccak256(b"block"),
            anchored_at: OPENS_AT,
            has_logs: true,
            noise: None,
        }
    }

    fn answer(&self, question: &Value) -> Value {
        let parameter = |place: usize| &question["params"][place];
        match question["method"].as_str().unwrap() {
            "eth_chainId" => json!(format!("0x{:x}", self.id)),
            "eth_getBlockByNumber" if parameter(0) == "finalized" => self.block(self.final_block, keccak256(b"final")),
            "eth_getBlockByNumber" if parameter(0) == "0x33" => {
                let mut block = self.block(51, keccak256(&1_u64.to_be_bytes()));
                block["timestamp"] = format!("0x{:x}", self.anchored_at).into();
                block
            }
            "eth_getBlockByNumber" => self.block(77, self.lot_block),
            "eth_getLogs" => {
                assert_eq!(parameter(0)["topics"][2], Hash32::from_u128(1).to_string());
                if self.has_logs { json!([{}]) } else { json!([]) }
            }
            "eth_getCode" => {
                assert_eq!(parameter(1)["blockHash"], keccak256(b"final").to_string());
                json!(self.code)
            }
            "eth_call" => {
                assert_eq!(parameter(1)["blockHash"], keccak256(b"final").to_string());
                let data = from_hex(parameter(0)["data"].as_str().unwrap()).unwrap();
                let word = |number: u64| Hash32::from_u128(u128::from(number));
                if data[..4] == keccak256(b"head(bytes32)").as_bytes()[..4] {
                    let words = [word(self.head), word(9), word(CLOSES_AT), word(0)];
                    json!(to_hex(
                        &words.iter().flat_map(|word| *word.as_bytes()).collect::<Vec<u8>>()
                    ))
                } else {
                    let seq = u64::from_be_bytes(data[60..68].try_into().unwrap());
                    json!(self.links.get(&seq).copied().unwrap_or_default().to_string())
                }
            }
            other => panic!("{other}"),
        }
    }

    fn block(&self, number: u64, hash: Hash32) -> Value {
        let timestamp = format!("0x{:x}", CLOSES_AT + 61);
        json!({ "number": format!("0x{number:x}"), "hash": hash.to_string(), "timestamp": timestamp })
    }
}

/// An endpoint that answers until it is dropped.
struct Endpoint {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Endpoint {
    fn of(chain: Chain) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().take(REQUESTS_MAX) {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                serve(stream.unwrap(), &chain);
            }
        });
        Self {
            address,
            stop,
            thread: Some(thread),
        }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(stream: TcpStream, chain: &Chain) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut length = 0;
    let mut line = String::new();
    while reader.read_line(&mut line).unwrap_or_default() > 2 {
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let question: Value = serde_json::from_slice(&body).unwrap();
    let answer = chain.noise.map_or_else(
        || json!({ "jsonrpc": "2.0", "id": question["id"], "result": chain.answer(&question) }).to_string(),
        str::to_owned,
    );
    let mut stream = stream;
    let _ = write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
        answer.len()
    );
}

fn verify(bundle: &[String], chains: &[Chain], require: Option<Vec<Level>>) -> Report {
    let endpoints: Vec<Endpoint> = chains.iter().cloned().map(Endpoint::of).collect();
    let options = Options {
        rpc: endpoints.iter().map(Endpoint::url).collect(),
        require,
        ..Options::default()
    };
    verify_lines(bundle, &options)
}

#[test]
fn anchors_that_every_endpoint_confirms_hold() {
    for story in [motion(true), election(true)] {
        let bundle = lines(&story);
        let chain = Chain::of(&bundle);
        let report = verify(&bundle, &[chain.clone(), chain], None);
        assert_eq!(report.status, 0, "{:#?}", report.findings);
        assert_eq!(report.levels[&Level::L2], Standing::Holds);
        assert!(!report.not_proved.iter().any(|text| text.contains("--rpc")));
        // Nor does a chain show that there is no second result.
        assert!(report.not_proved.iter().any(|text| text.contains("no second result")));
    }
}

#[test]
fn when_the_question_was_anchored_is_told_where_the_chain_says_so() {
    let bundle = lines(&motion(true));
    // The first ballot came ten seconds after the opening.
    for (anchored_at, has_logs, expected) in [
        (OPENS_AT, true, None),
        (
            OPENS_AT + 4,
            true,
            Some("before voting opened: the chain holds them from 4 s after that"),
        ),
        (
            OPENS_AT + 15,
            true,
            Some("before the first ballot: the chain holds them from 5 s after it"),
        ),
        (
            OPENS_AT,
            false,
            Some("that question and roll were anchored before voting opened"),
        ),
    ] {
        let chain = Chain {
            anchored_at,
            has_logs,
            ..Chain::of(&bundle)
        };
        let report = verify(&bundle, &[Chain::of(&bundle), chain], None);
        assert_eq!(report.status, 0, "{:#?}", report.findings);
        assert_eq!(report.decision.anchored_at, has_logs.then_some(anchored_at));
        let told = report.not_proved.iter().find(|text| text.contains("question and roll"));
        assert_eq!(told.is_some(), expected.is_some(), "{told:?}");
        assert!(
            expected.is_none_or(|text| told.is_some_and(|told| told.contains(text))),
            "{told:?}"
        );
    }
}

#[test]
fn every_other_answer_has_its_meaning() {
    let bundle = lines(&election(true));
    let honest = Chain::of(&bundle);
    let mut forged = honest.clone();
    forged.links.insert(2, keccak256(b"another"));
    let mut pending = honest.clone();
    pending.links.remove(&2);
    pending.head = 1;
    let mut skipped = honest.clone();
    skipped.links.remove(&2);
    let change = |change: fn(&mut Chain)| {
        let mut chain = honest.clone();
        change(&mut chain);
        chain
    };
    let cases = [
        ("another link", forged, 1, Section::Anchor),
        ("a link that the head says is there", skipped, 1, Section::Anchor),
        ("a link that is not final yet", pending, 2, Section::Anchor),
        ("another chain", change(|chain| chain.id = 1), 2, Section::Anchor),
        (
            "another contract",
            change(|chain| chain.code = "0x6001".to_owned()),
            1,
            Section::Anchor,
        ),
        (
            "no contract",
            change(|chain| chain.code = "0x".to_owned()),
            2,
            Section::Anchor,
        ),
        (
            "another block for the lot",
            change(|chain| chain.lot_block = Hash32::ZERO),
            1,
            Section::Lot,
        ),
        (
            "a block for the lot that is not final yet",
            change(|chain| chain.final_block = 76),
            2,
            Section::Anchor,
        ),
        (
            "a page",
            change(|chain| chain.noise = Some("<html>")),
            2,
            Section::Anchor,
        ),
        (
            "an error",
            change(|chain| chain.noise = Some("{\"error\":{\"code\":-32601}}")),
            2,
            Section::Anchor,
        ),
    ];
    for (name, chain, status, section) in cases {
        let report = verify(&bundle, &[honest.clone(), chain], None);
        assert_eq!(report.status, status, "{name}: {:#?}", report.findings);
        let found = |finding: &audit::Finding| finding.level == Level::L2 && finding.section == section;
        assert!(report.findings.iter().any(found), "{name}: {:#?}", report.findings);
        assert_eq!(report.levels[&Level::L0], Standing::Holds, "{name}");
    }
}

/// Real later anchors, each with a real proof of the question, around an invented one that carries the proof of the tally.
fn hidden_among(real: u64) -> (Vec<String>, Chain) {
    let honest = lines(&motion(true));
    let mut chain = Chain::of(&honest);
    let (first, _) = line_of(&honest, Section::Anchor);
    // The chain never saw the second anchor, which holds the tally.
    chain.links.insert(2, keccak256(b"what was anchored"));
    let mut bundle = honest.clone();
    let namespace = line_of(&honest, Section::Header).1["namespace"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let mut line: Value = serde_json::from_str(&honest[first]).unwrap();
    let root: Hash32 = line["root"].as_str().unwrap().parse().unwrap();
    line["size"] = 3.into();
    // Number 3 is left out, so that nothing has to follow from the invented one.
    let mut prev = keccak256(b"link 3");
    for seq in 4..4 + real {
        let link = link_of(namespace, seq, 3, root, prev);
        line["seq"] = seq.into();
        line["prev"] = prev.to_string().into();
        line["link"] = link.to_string().into();
        bundle.insert(bundle.len() - 1, line.to_string());
        chain.links.insert(seq, link);
        (prev, chain.head) = (link, seq);
    }
    (crate::tampering::mended(bundle, crate::tampering::By::Server), chain)
}

#[test]
fn an_invented_anchor_does_not_hide_behind_many_real_ones() {
    for (real, is_too_many) in [(1, false), (62, false), (64, true), (80, true)] {
        let (bundle, chain) = hidden_among(real);
        assert_eq!(
            crate::tampering::verify(&bundle).status,
            0,
            "the bundle agrees with itself"
        );
        let report = verify(&bundle, &[chain], None);
        assert_eq!(report.status, 1, "{real}: {:#?}", report.findings);
        assert!(report.findings.iter().any(|finding| finding.text.contains("as link 2")));
        let lacks = |finding: &audit::Finding| finding.text.contains("only 64 are asked about");
        assert_eq!(report.findings.iter().any(lacks), is_too_many, "{real}");
    }
    // Where all is true but too much of it, evidence is missing.
    let (bundle, mut chain) = hidden_among(64);
    let second = Chain::of(&lines(&motion(true))).links[&2];
    chain.links.insert(2, second);
    assert_eq!(verify(&bundle, &[chain], None).status, 2);
}

#[test]
fn missing_evidence_matters_only_where_the_level_is_required() {
    let bundle = lines(&motion(true));
    let silent = Chain {
        noise: Some(""),
        ..Chain::of(&bundle)
    };
    assert_eq!(verify(&bundle, std::slice::from_ref(&silent), None).status, 2);
    assert_eq!(verify(&bundle, &[silent], Some(vec![Level::L0])).status, 0);
    // Nobody listens on a port that was just given back.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let options = Options {
        rpc: vec![format!("http://{closed}")],
        ..Options::default()
    };
    assert_eq!(verify_lines(&bundle, &options).status, 2);
    // A bundle without a chain, or whose anchors hold no tally.
    let plain = lines(&motion(false));
    assert_eq!(verify(&plain, &[Chain::of(&bundle)], None).status, 2);
    let (index, _) = line_of(&bundle, Section::Anchor);
    let mut first_only = bundle.clone();
    first_only.remove(index + 1);
    let first_only = crate::tampering::mended(first_only, crate::tampering::By::Server);
    let report = verify(&first_only, &[Chain::of(&bundle)], None);
    assert_eq!(report.status, 2, "{:#?}", report.findings);
}
