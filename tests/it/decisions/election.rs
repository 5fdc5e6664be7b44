//! Aim: elections from the candidates to the lot. Method: small elections whose result is plain, over HTTP, with a key of each
//! voter's own.

use governance::hash::{Hash32, keccak256_words};
use governance::record::tag;
use serde_json::{Value, json};
use tests::app::{ChainChoice, Options, TestApp};
use tests::memory_chain::MemoryWorld;

use super::world::{Hall, election, section};

#[tokio::test(flavor = "multi_thread")]
async fn an_election_by_signed_ballots_is_counted_and_proved() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 0).await;
    let voters = hall.import(6).await;
    let proposal = hall.opened(&election("election", 2, &["Ada", "Ben", "Cleo"])).await;
    let question = hall.question(proposal).await;
    let rankings: [&[u16]; 6] = [&[0, 1], &[0, 1], &[0, 2], &[1], &[2, 1], &[]];
    let ranks = [1, 2, 3];
    for (voter, ranking) in voters.iter().zip(rankings) {
        let body = voter.ballot(&question, 1, ranking, &ranks[..ranking.len()]);
        // A signed ballot needs no session.
        let _ = app
            .anonymous()
            .post(&question.ballots_path())
            .json(&body)
            .send()
            .await
            .expect(201);
    }
    let _ = hall.cast(&hall.steward, proposal, 1, &[0]).await.expect(201);
    let tally = hall.finish(&app, proposal).await;
    assert_eq!(tally["outcome"], "passed");
    // Six valid papers, two places: the quota is 3; Ada has four.
    assert_eq!(tally["count"]["quota"], "3");
    assert_eq!(tally["elected"][0], json!({"candidate": 1, "name": "Ada"}));
    assert_eq!(tally["elected"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&tally["signed_ballots"], &tally["attested_ballots"]),
        (&json!(6), &json!(1))
    );
    let lines = hall.bundle(proposal).await;
    assert_eq!(section(&lines, "tally")[0]["count"], tally["count"]);
    let keys: usize = section(&lines, "roll")
        .iter()
        .map(|entry| entry["keys"].as_array().unwrap().len())
        .sum();
    assert_eq!(keys, 6);
    app.finish().await;
}

/// Two candidates, two votes, one place: only a lot decides.
async fn tie(app: &TestApp, kind: &str) -> (Hall, governance::id::ProposalId) {
    let hall = Hall::with_members(app, 1).await;
    let proposal = hall.opened(&election(kind, 1, &["Ada", "Ben"])).await;
    hall.all_cast(proposal, &[&[0], &[1]]).await;
    (hall, proposal)
}

fn word(value: &Value) -> Hash32 {
    value.as_str().unwrap().parse().unwrap()
}

/// The lot follows from the secret that the proposal's salt committed to, and from the beacon, and it decides as published.
fn check_lot(tally: &Value, lines: &[Value]) {
    let lot = &tally["lot"];
    let secret = word(&lot["secret"]);
    let salt = word(&section(lines, "proposal")[0]["record"]["salt"]);
    assert_eq!(keccak256_words(&[tag("LotCommitmentV1"), secret]), salt);
    let drawn = keccak256_words(&[tag("LotV1"), secret, word(&lot["beacon"])]);
    assert_eq!(word(&lot["lot"]), drawn);
    // Whose number hashes lower is drawn first, and who is drawn is excluded.
    let rank = |index: u128| keccak256_words(&[drawn, Hash32::from_u128(index)]);
    let elected = if rank(0) < rank(1) { "Ben" } else { "Ada" };
    assert_eq!(tally["elected"][0]["name"], elected, "{tally}");
    assert_eq!(section(lines, "lot")[0]["lot_secret"], lot["secret"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tie_without_a_chain_is_broken_by_the_secret_of_the_opening() {
    let app = TestApp::start().await;
    let (hall, proposal) = tie(&app, "election").await;
    let tally = hall.finish(&app, proposal).await;
    assert_eq!(
        (&tally["outcome"], &tally["lot"]["beacon_block_number"]),
        (&json!("passed"), &Value::Null)
    );
    assert_eq!(word(&tally["lot"]["beacon"]), Hash32::ZERO);
    let lines = hall.bundle(proposal).await;
    check_lot(&tally, &lines);
    assert_eq!(section(&lines, "lot")[0]["beacon"], Value::Null);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tie_with_a_chain_is_broken_by_a_block_after_the_close() {
    let world = MemoryWorld::start().await;
    let app = TestApp::start_with(Options::default().chain(ChainChoice::Memory(world))).await;
    let (hall, proposal) = tie(&app, "election").await;
    let tally = hall.finish(&app, proposal).await;
    let lines = hall.bundle(proposal).await;
    check_lot(&tally, &lines);
    let beacon = &section(&lines, "lot")[0]["beacon"];
    assert_eq!(beacon["block_hash"], tally["lot"]["beacon"]);
    assert_ne!(word(&tally["lot"]["beacon"]), Hash32::ZERO);
    let closed_at = hall.view(&hall.steward, proposal).await["closed_at"]
        .as_str()
        .unwrap()
        .to_owned();
    let closed_at = chrono::DateTime::parse_from_rfc3339(&closed_at).unwrap().timestamp();
    assert!(beacon["timestamp"].as_i64().unwrap() >= closed_at + 60);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_rule_forbids_the_lot_a_tie_stays_one() {
    let app = TestApp::start().await;
    let (hall, proposal) = tie(&app, "board").await;
    let tally = hall.finish(&app, proposal).await;
    assert_eq!((&tally["outcome"], &tally["lot"]), (&json!("tied"), &Value::Null));
    assert_eq!(tally["elected"], json!([]));
    assert_eq!(hall.view(&hall.steward, proposal).await["state"], "tied");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_result_is_anchored_and_the_bundle_proves_it() {
    let world = MemoryWorld::start().await;
    let app = TestApp::start_with(Options::default().chain(ChainChoice::Memory(world))).await;
    let hall = Hall::with_members(&app, 0).await;
    let proposal = hall.opened_motion_alone(&app).await;
    let lines = hall.bundle(proposal).await;
    let anchors = section(&lines, "anchor");
    assert_eq!(
        anchors.len(),
        2,
        "one that first covers the proposal, one that first covers the tally"
    );
    for (anchor, kind) in anchors.iter().zip(["ProposalV1", "TallyV1"]) {
        assert_eq!(
            (&anchor["state"], &anchor["proofs"][0]["tag"]),
            (&json!("final"), &json!(kind))
        );
        let proof = &anchor["proofs"][0];
        let leaf = governance::merkle::batch_leaf(tag(kind), word(&proof["subject"]), word(&proof["record_hash"]));
        let siblings: Vec<Hash32> = proof["siblings"].as_array().unwrap().iter().map(word).collect();
        assert!(governance::merkle::verify(word(&anchor["root"]), leaf, &siblings));
    }
    let listed = hall
        .steward
        .person
        .get(&hall.path("anchors?limit=1"))
        .send()
        .await
        .expect(200);
    assert_eq!(
        (&listed["items"][0]["seq"], &listed["items"][0]["state"]),
        (&json!(2), &json!("final"))
    );
    assert!(listed["next_cursor"].is_string());
    check_transactions(&app, &hall, proposal).await;
    check_strangers(&app, &hall).await;
    app.finish().await;
}

/// The anchors of the proposal stand in one list with the transactions that the chain holds, and the co-op says where to look at them.
async fn check_transactions(app: &TestApp, hall: &Hall, proposal: governance::id::ProposalId) {
    let get = |path: String| hall.steward.person.get(&path).send();
    let of_it = get(hall.path(&format!("anchors?proposal={proposal}")))
        .await
        .expect(200);
    let seqs: Vec<&Value> = of_it["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|anchor| &anchor["seq"])
        .collect();
    assert_eq!(
        (seqs, &of_it["next_cursor"]),
        (vec![&json!(2), &json!(1)], &Value::Null)
    );
    let database = app.database.superuser().await;
    for anchor in of_it["items"].as_array().unwrap() {
        let sent: Vec<Hash32> = anchor["transactions"].as_array().unwrap().iter().map(word).collect();
        assert_eq!(sent.len(), 1, "{anchor}");
        let signed = "SELECT raw FROM anchor_attempt WHERE hash = $1";
        let row = database
            .query_one(signed, &[&sent[0].as_bytes().as_slice()])
            .await
            .unwrap();
        assert_eq!(governance::hash::keccak256(row.get::<_, &[u8]>(0)), sent[0]);
    }
    let other = get(hall.path(&format!("anchors?proposal={}", uuid::Uuid::now_v7())))
        .await
        .expect(200);
    assert_eq!(other["items"], json!([]));
    let coop = get(format!("coops/{}", hall.coop)).await.expect(200);
    assert_eq!(coop["explorer"], "https://explorer.example/tx/{tx}");
}

/// Where a co-op shows its keys, strangers read the anchors that nothing undoes, as members do, and nothing of those under way.
async fn check_strangers(app: &TestApp, hall: &Hall) {
    let shown = serde_json::json!({"is_public": true, "about": "", "shown": ["keys"]});
    let set = hall.steward.person.put(&hall.path("public-page"));
    let _ = set.if_match("\"0\"").json(&shown).send().await.expect(200);
    let public = app.anonymous().get(&format!("public/{}", hall.slug));
    let keys = public.send().await.expect(200)["keys"].take();
    let mut listed = hall.steward.person.get(&hall.path("anchors")).send().await.expect(200);
    let all = listed["items"].as_array_mut().unwrap();
    all.retain(|anchor| anchor["state"] == "final");
    assert!(all.len() >= 3, "the opening and two anchors: {all:?}");
    assert_eq!(keys["anchors"].as_array(), Some(&*all));
    assert_eq!(keys["explorer"], "https://explorer.example/tx/{tx}");
    let coop = hall.steward.person.get(&format!("coops/{}", hall.coop));
    assert_eq!(keys["registrar"], coop.send().await.expect(200)["registrar"]);
    let undone = "UPDATE anchor_batch SET state = 'mined' WHERE seq = 2";
    let database = app.database.superuser().await;
    database
        .batch_execute("SET session_replication_role = replica")
        .await
        .unwrap();
    let _ = database.execute(undone, &[]).await.unwrap();
    let public = app.anonymous().get(&format!("public/{}", hall.slug));
    let keys = public.send().await.expect(200)["keys"].take();
    assert_eq!(
        keys["anchors"][0]["seq"], 1,
        "what could be undone is not shown: {keys}"
    );
    let done = "UPDATE anchor_batch SET state = 'final' WHERE seq = 2";
    let _ = database.execute(done, &[]).await.unwrap();
}

impl Hall {
    /// A motion on which the steward alone votes, anchored at its opening and at its end.
    async fn opened_motion_alone(&self, app: &TestApp) -> governance::id::ProposalId {
        let proposal = self.opened_motion().await;
        app.work().await;
        self.all_cast(proposal, &[&[0]]).await;
        let _ = self.finish(app, proposal).await;
        proposal
    }
}

/// Each is refused with 422 and this problem, and nothing is written.
async fn check_refused(cases: &[(&str, Value, &str)]) {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 0).await;
    for (name, body, slug) in cases {
        let reply = hall
            .steward
            .person
            .post(&hall.path("proposals"))
            .json(body)
            .send()
            .await;
        let document = reply.problem(slug);
        assert_eq!(reply.status, 422, "{name}: {document}");
    }
    let list = hall
        .steward
        .person
        .get(&hall.path("proposals"))
        .send()
        .await
        .expect(200);
    assert_eq!(list["items"], json!([]));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn motions_that_no_count_could_decide_are_refused() {
    let long = "x".repeat(201);
    let with = |field: &str, value: Value| {
        let mut body = json!({"kind": "motion", "title": "T"});
        body[field] = value;
        body
    };
    check_refused(&[
        ("an unknown kind", with("kind", json!("war")), "invalid-field"),
        ("options", with("options", json!(["A"])), "rule-refused"),
        ("seats", with("seats", json!(1)), "invalid-field"),
        ("no title", with("title", json!(" ")), "invalid-field"),
        ("a long title", with("title", json!(long)), "invalid-field"),
        (
            "a title that turns",
            with("title", json!("a\u{202e}b")),
            "invalid-field",
        ),
        ("an unknown field", with("rule", json!({})), "invalid-body"),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn elections_that_no_count_could_decide_are_refused() {
    let many: Vec<String> = (0..201).map(|number| format!("Candidate {number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let of = |seats, candidates: &[&str]| election("election", seats, candidates);
    check_refused(&[
        ("no candidates", of(1, &[]), "rule-refused"),
        ("more places than candidates", of(3, &["A", "B"]), "rule-refused"),
        ("no place", of(0, &["A", "B"]), "rule-refused"),
        ("a candidate twice", of(1, &["A", " A "]), "invalid-field"),
        ("a candidate without a name", of(1, &["A", ""]), "invalid-field"),
        ("too many candidates", of(1, &many), "invalid-field"),
    ])
    .await;
}
