//! The demonstration: the co-op that a newcomer finds.

use devstack::anvil::Mining;
use serde_json::{Value, json};
use server::services::demo::{DemoClaims, DemoModels, DemoStory, seed};
use tests::app::{ChainChoice, Options, TestApp};
use tests::chain::TestChain;
use tests::memory_chain::{DEVELOPMENT_KEY, MemoryWorld};

use crate::payments::island::Island;
use crate::proof::contract;

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a story")]
async fn the_demonstration_holds_decisions_that_were_done_votes_that_wait_an_application_a_cycle_that_was_paid_and_one_to_run()
 {
    let options = Options::default().configure(|config| {
        config.gateway.allowed_origins = ["http://127.0.0.1:9", "http://127.0.0.1:10"]
            .map(str::to_owned)
            .to_vec();
    });
    let app = TestApp::start_with(options.chain(ChainChoice::Memory(MemoryWorld::start().await))).await;
    let story = DemoStory {
        models: Some(DemoModels {
            language: String::from("http://127.0.0.1:9/v1"),
            embeddings: String::from("http://127.0.0.1:10/v1"),
        }),
        shares_revenue: true,
        claims: None,
    };
    let demo = seed(&app.app, "rochdale 0a1b2c", &story)
        .await
        .expect("a demonstration");
    app.work().await;
    let anyone = app.anonymous();
    let session = anyone
        .post("sessions")
        .json(&json!({"email": "treasurer@demo.example", "password": demo.password}))
        .send()
        .await
        .expect(201);
    let token = format!("Bearer {}", session["access_token"].as_str().expect("a token"));
    let read = async |path: &str| -> Value {
        let request = anyone.get(&format!("coops/{}/{path}", demo.coop));
        request.header("authorization", &token).send().await.expect(200)["items"].clone()
    };
    let proposals = read("proposals").await;
    let mut states: Vec<&str> = proposals
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| item["state"].as_str().expect("a state"))
        .collect();
    states.sort_unstable();
    assert_eq!(states, ["discussion", "executed", "executed", "open", "open", "passed"]);
    let tools = anyone.get(&format!("coops/{}/access/tools", demo.coop));
    let tools = tools.header("authorization", &token).send().await.expect(200);
    assert_eq!(tools["models"].as_array().map(Vec::len), Some(2), "{tools}");
    let cycles = read("payouts").await;
    let states: Vec<&Value> = cycles
        .as_array()
        .expect("a list")
        .iter()
        .map(|cycle| &cycle["state"])
        .collect();
    assert_eq!(states, ["posted", "open"], "{cycles}");
    let at = |path: &str| format!("coops/{}/{path}", demo.coop);
    let get = async |path: &str| -> Value {
        anyone
            .get(&at(path))
            .header("authorization", &token)
            .send()
            .await
            .expect(200)
    };
    let cycle = |place: usize, step: &str| format!("payouts/{}/{step}", cycles[place]["id"].as_str().expect("an id"));
    // What members used is income, owed by each, and paid but by one.
    let balances = get("ledger/balances").await;
    let balance = |account: &str| -> String {
        let all = balances["balances"].as_array().expect("balances");
        let found = all.iter().find(|line| line["account"] == account);
        found.map_or_else(String::new, |line| {
            line["balance"].as_str().unwrap_or_default().to_owned()
        })
    };
    assert_eq!(balance("income:ai-usage"), "-53.55");
    let arrears = read("money/arrears").await;
    assert_eq!(arrears[0]["name"], "Demo Other Member", "{arrears}");
    assert_eq!(arrears.as_array().map(Vec::len), Some(1));
    assert_eq!(balance("assets:receivable:members"), arrears[0]["open"]);
    // It was shared by the rule, approved by two, paid by the bank, and closed by two.
    let shared = get(&cycle(0, "issue")).await;
    assert_eq!(
        (
            &shared["sums"][0]["state"],
            &shared["sums"][0]["payments"],
            shared["sums"].as_array().map(Vec::len)
        ),
        (&json!("settled"), &json!(5), Some(1)),
        "{shared}"
    );
    let own = get(&cycle(0, "statement")).await;
    assert!(own.to_string().contains("users"), "by what was used: {own}");
    for nothing in ["liabilities:payments:due", "liabilities:payments:clearing"] {
        assert_eq!(balance(nothing), "0.00", "{nothing}");
    }
    // Whoever has the file computes all of it again.
    let bundle = anyone
        .get(&at(&cycle(0, "bundle")))
        .header("authorization", &token)
        .send()
        .await;
    let report = audit::allocate_reader(bundle.bytes.as_slice()).expect("a bundle");
    assert_eq!(
        (report.different, report.missing.len()),
        (0, 0),
        "{:?}",
        report.differences
    );
    let differences = get("reconciliation").await;
    assert_eq!(differences["alarms"], json!([]), "{differences}");
    let frozen = anyone
        .post(&at(&cycle(1, "freezing")))
        .header("authorization", &token)
        .send()
        .await
        .expect(200);
    assert_eq!(frozen["revenue"], "267.65", "{frozen}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demonstration_without_models_and_books_says_nothing_of_them() {
    let app = TestApp::start().await;
    let demo = seed(&app.app, "rochdale 0a1b2c", &DemoStory::default())
        .await
        .expect("a demonstration");
    app.work().await;
    let anyone = app.anonymous();
    let session = anyone
        .post("sessions")
        .json(&json!({"email": "steward@demo.example", "password": demo.password}))
        .send()
        .await
        .expect(201);
    let token = format!("Bearer {}", session["access_token"].as_str().expect("a token"));
    for (path, count) in [("proposals", 4), ("applications", 1), ("payouts", 0)] {
        let request = anyone.get(&format!("coops/{}/{path}", demo.coop));
        let list = request.header("authorization", &token).send().await.expect(200);
        assert_eq!(list["items"].as_array().map(Vec::len), Some(count), "{path}: {list}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_chain_one_member_claims_what_the_cycle_pays_and_the_bank_pays_the_others() {
    let Some(chain) = TestChain::start("a demonstration with claims", Mining::EverySeconds(1)).await else {
        return;
    };
    let place = ChainChoice::Node {
        url: chain.url(),
        chain_id: chain.chain_id(),
        contract: contract(&chain).await,
        key: DEVELOPMENT_KEY,
    };
    let island = Island::on(&chain.url()).await;
    let app = TestApp::start_with(Options::default().chain(place)).await;
    let story = DemoStory {
        models: None,
        shares_revenue: true,
        claims: Some(DemoClaims {
            distributor: island.distributor.clone(),
            token: island.token.clone(),
        }),
    };
    let demo = seed(&app.app, "rochdale 0a1b2c", &story)
        .await
        .expect("a demonstration");
    app.work().await;
    let anyone = app.anonymous();
    let get = async |role: &str, path: &str| -> Value {
        let who = json!({"email": format!("{role}@demo.example"), "password": demo.password});
        let session = anyone.post("sessions").json(&who).send().await.expect(201);
        let token = format!("Bearer {}", session["access_token"].as_str().expect("a token"));
        let asked = anyone.get(&format!("coops/{}/{path}", demo.coop));
        asked.header("authorization", &token).send().await.expect(200)
    };
    let cycles = get("auditor", "payouts").await;
    let cycle = cycles["items"][0]["id"].as_str().expect("an id").to_owned();
    let files = get("auditor", &format!("payouts/{cycle}/files")).await;
    let told = |place: usize| [&files["items"][place]["rail"], &files["items"][place]["transfers"]];
    assert_eq!(
        [told(0), told(1)],
        [[&json!("bank"), &json!(4)], [&json!("chain"), &json!(1)]]
    );
    let claim = get("member", "claims").await["items"][0].take();
    assert_eq!(
        (&claim["left"], &claim["claimed"]),
        (&json!("0.00"), &claim["cumulative"]),
        "{claim}"
    );
    let units: u128 = claim["units"]
        .as_str()
        .and_then(|units| units.parse().ok())
        .expect("units");
    let wallet = claim["wallet"].as_str().expect("a wallet");
    assert_eq!(island.held(wallet).await, format!("{units:x}"));
    let shared = get("treasurer", &format!("payouts/{cycle}/issue")).await;
    assert_eq!(shared["sums"][0]["payments"], 5, "{shared}");
    let beside = get("auditor", "reconciliation").await;
    assert_eq!(
        (&beside["alarms"], &beside["distributors"][0]["is_even"]),
        (&json!([]), &json!(true)),
        "{beside}"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demonstration_without_models_charges_for_those_of_the_past() {
    let app = TestApp::start().await;
    let story = DemoStory {
        models: None,
        shares_revenue: true,
        claims: None,
    };
    let demo = seed(&app.app, "rochdale 0a1b2c", &story)
        .await
        .expect("a demonstration");
    app.work().await;
    let client = app.database.superuser().await;
    let cycles = "SELECT state FROM payout_cycle WHERE coop_id::text = $1 ORDER BY opened_at";
    let rows = client
        .query(cycles, &[&demo.coop.to_string()])
        .await
        .expect("the cycles");
    let states: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(states, ["posted", "open"]);
    app.finish().await;
}
