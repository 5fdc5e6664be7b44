//! Aim: level 2 of an audit holds against a real node, and against nothing else. Method: a decision of a whole server anchored on anvil,
//! its bundle given to the auditor's program with the node's address, as it is and changed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{Read as _, Write as _};
use std::time::Duration;

use audit::{Level, Report, Standing};
use chain::{FeePolicy, Patience, Poster, RpcChain, deploy};
use devstack::anvil::Mining;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use governance::id::ProposalId;
use server::config::ChainConfig;
use tests::app::{ChainChoice, Options, TestApp};
use tests::chain::TestChain;
use tests::memory_chain::DEVELOPMENT_KEY;

use crate::decisions::world::Hall;

const GWEI: u128 = 1_000_000_000;
/// How often to look whether the anchors are final; a block is made each second.
const LOOKS_MAX: usize = 120;
const LOOK: Duration = Duration::from_millis(500);

pub async fn connected(node: &TestChain) -> RpcChain {
    let config = ChainConfig {
        rpc_url: node.url(),
        chain_id: node.chain_id(),
        genesis: None,
        contract: String::new(),
        admin: None,
        poster_key_file: std::path::PathBuf::new(),
        max_fee_gwei: 1_000,
        seal_seconds: 0,
        explorer_url: None,
    };
    server::chain_link::connect(&config).await.unwrap()
}

pub async fn contract(node: &TestChain) -> String {
    let poster = Poster::from_key(DEVELOPMENT_KEY, node.chain_id()).unwrap();
    let policy = FeePolicy {
        max_fee_cap: 1_000 * GWEI,
        tip_min: GWEI,
    };
    let patience = Patience {
        pause: Duration::from_millis(50),
        looks_max: 600,
    };
    let chain = connected(node).await;
    let deployed = deploy(&chain, &poster, &policy, patience).await.unwrap();
    deployed.contract.to_string()
}

async fn bundle(hall: &Hall, proposal: ProposalId) -> Vec<u8> {
    let reply = hall.steward.person.get(&hall.about(proposal, "bundle")).send().await;
    assert_eq!(reply.status, 200);
    reply.bytes.to_vec()
}

async fn audited(bytes: Vec<u8>, url: String) -> Report {
    let options = audit::Options {
        rpc: vec![url],
        ..audit::Options::default()
    };
    let audit = tokio::task::spawn_blocking(move || audit::verify_reader(bytes.as_slice(), &options));
    audit.await.unwrap().unwrap()
}

/// The bundle with one text in place of another, wherever it stands.
fn changed(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut text = String::new();
    GzDecoder::new(bytes).read_to_string(&mut text).unwrap();
    assert!(text.contains(from), "{from}");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.replace(from, to).as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// The report on the proposal's bundle once its anchors are final, or the last one before patience ran out.
async fn report_once_final(app: &TestApp, hall: &Hall, proposal: ProposalId, node: &TestChain) -> audit::Report {
    let mut looks = 0;
    loop {
        let report = audited(bundle(hall, proposal).await, node.url()).await;
        if report.status == 0 || looks == LOOKS_MAX {
            return report;
        }
        assert_eq!(report.status, 2, "{:#?}", report.findings);
        looks += 1;
        tokio::time::sleep(LOOK).await;
        app.work().await;
    }
}

/// The link of the last anchor of a bundle.
fn last_link(bytes: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(bytes).read_to_string(&mut text).unwrap();
    let last = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .rfind(|line| line["section"] == "anchor")
        .unwrap();
    last["link"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_anchored_on_a_real_node_is_proved_by_it_and_no_other_is() {
    const NAME: &str = "a_decision_anchored_on_a_real_node_is_proved_by_it_and_no_other_is";
    let Some(node) = TestChain::start(NAME, Mining::EverySeconds(1)).await else {
        return;
    };
    let (own, other) = (contract(&node).await, contract(&node).await);
    let place = ChainChoice::Node {
        url: node.url(),
        chain_id: node.chain_id(),
        contract: own.clone(),
        key: DEVELOPMENT_KEY,
    };
    let app = TestApp::start_with(Options::default().chain(place)).await;
    let hall = Hall::with_members(&app, 0).await;
    let proposal = hall.opened_motion().await;
    app.work().await;
    hall.all_cast(proposal, &[&[0]]).await;
    let _ = hall.finish(&app, proposal).await;
    let report = report_once_final(&app, &hall, proposal, &node).await;
    assert_eq!(report.status, 0, "{:#?}", report.findings);
    assert_eq!(report.levels[&Level::L2], Standing::Holds);
    assert!(
        report.decision.anchored_at.is_some(),
        "the node tells when the question was anchored"
    );

    let honest = bundle(&hall, proposal).await;
    let identity = report.identity.unwrap();
    let link = governance::hash::Hash32::ZERO.to_string();
    let real = last_link(&honest);
    let cases = [
        (
            "a tampered anchor",
            real.as_str(),
            link.as_str(),
            Standing::Contradicted,
            "the chain holds",
        ),
        (
            "a contract without these anchors",
            &own,
            &other,
            Standing::Lacking,
            "is not in final block",
        ),
        (
            "no contract",
            &own,
            "0x00000000000000000000000000000000000000aa",
            Standing::Lacking,
            "there is no contract",
        ),
    ];
    assert_eq!(identity.contract.as_deref(), Some(own.as_str()));
    for (name, from, to, standing, text) in cases {
        let report = audited(changed(&honest, from, to), node.url()).await;
        assert_eq!(report.levels[&Level::L2], standing, "{name}: {:#?}", report.findings);
        assert_ne!(report.status, 0, "{name}");
        let told = |finding: &audit::Finding| finding.level == Level::L2 && finding.text.contains(text);
        assert!(report.findings.iter().any(told), "{name}: {:#?}", report.findings);
    }
    app.finish().await;
}
