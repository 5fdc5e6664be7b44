//! Aim: what a rule asks beside a majority is what happens. Method: motions under such rules, over HTTP, and every bundle audited at
//! the end.

use serde_json::{Value, json};
use tests::app::TestApp;

use super::world::{Hall, motion, quick_bylaws, section};

const YES: &[u16] = &[0];
const NO: &[u16] = &[1];

fn of_kind(kind: &str) -> Value {
    let mut body = motion();
    body["kind"] = json!(kind);
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vote_ends_once_nothing_can_change_its_result() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 4).await;
    let proposal = hall.opened(&of_kind("settled")).await;
    for (voter, choice) in hall.members.iter().zip([YES, NO, YES]) {
        let _ = hall.cast(voter, proposal, 1, choice).await.expect(201);
    }
    // Two yes and one no of five: the others could still reject it.
    hall.step(&hall.steward, proposal, "closing")
        .await
        .problem("step-refused");
    let _ = hall.cast(&hall.members[3], proposal, 1, YES).await.expect(201);
    assert_eq!(hall.finish(&app, proposal).await["outcome"], "passed");
    hall.cast(&hall.steward, proposal, 1, NO).await.problem("voting-closed");
    let lines = hall.bundle(proposal).await;
    assert_eq!(section(&lines, "rule")[0]["record"]["early"], true);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_final_ballot_cannot_be_changed() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 4).await;
    let proposal = hall.opened(&of_kind("settled")).await;
    let voter = &hall.members[0];
    let _ = hall.cast(voter, proposal, 1, YES).await.expect(201);
    for revision in [1, 2] {
        hall.cast(voter, proposal, revision, NO)
            .await
            .problem("revision-conflict");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_fails_a_motion_that_has_its_majority() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 3).await;
    let proposal = hall.opened(&of_kind("guarded")).await;
    let view = hall.view(&hall.steward, proposal).await;
    let says = |field: &str, text: &str| assert!(view[field].as_str().unwrap().contains(text), "{view}");
    says("rule_sentence", "no more than 1/10 of all ballots may say no");
    says("rule_sentence_zh", "全部选票中至多可有 1/10 为反对");
    hall.all_cast(proposal, &[YES, YES, YES, NO]).await;
    let tally = hall.finish(&app, proposal).await;
    assert_eq!(tally["outcome"], "rejected");
    assert_eq!(
        tally["reasons"][2],
        "The condition on no votes is not met: 1 of 4 votes cast, no more than 1/10 are allowed."
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bylaws_with_an_impossible_rule_are_refused_with_what_to_do() {
    let app = TestApp::start().await;
    let person = app.person("Founder").await;
    for (pointer, value, expected) in [
        (
            "/kinds/motion/rule/early",
            json!(true),
            "set ballots_final, or early to false",
        ),
        (
            "/kinds/motion/rule/counting/majority/share",
            json!({"share": 1, "whole": 1}),
            "ask for at least 1/1",
        ),
        (
            "/kinds/election/rule/quorum",
            json!({"counts": "yes", "at_least": {"base": "square_root"}}),
            "count all_ballots",
        ),
    ] {
        let mut bylaws = quick_bylaws();
        *bylaws.pointer_mut(pointer).unwrap() = value;
        let body = json!({"slug": "impossible", "name": "Impossible", "display_name": "F", "bylaws": bylaws});
        let reply = person.post("coops").json(&body).send().await;
        let detail = reply.json()["detail"].as_str().unwrap_or_default().to_owned();
        assert_eq!(reply.status, 422, "{detail}");
        assert!(detail.contains(expected), "{detail}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_says_what_there_is_and_what_each_option_costs() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 0).await;
    let path = hall.path("proposals");
    let ask = |body: Value| hall.steward.person.post(&path).json(&body).send();
    let priced = |budget: Value, costs: Value| {
        let mut body = json!({"kind": "budget", "title": "What shall we buy?", "options": ["A loom", "Wool"]});
        for (name, value) in [("budget", budget), ("costs", costs)] {
            if !value.is_null() {
                body[name] = value;
            }
        }
        body
    };
    for (body, expected) in [
        (priced(Value::Null, Value::Null), "there are 2 options and 0 costs"),
        (priced(json!(500), json!([400])), "there are 2 options and 1 costs"),
        (
            priced(json!(500), json!([400, 501])),
            "the cost of option 2 must be from 1 to the budget",
        ),
    ] {
        let problem = ask(body).await.problem("rule-refused");
        assert!(problem["detail"].as_str().unwrap().contains(expected), "{problem}");
    }
    let mut motion = motion();
    motion["costs"] = json!([1]);
    ask(motion).await.problem("invalid-field");
    let made = ask(priced(json!(500), json!([400, 100]))).await.expect(201);
    assert_eq!(made["rule"]["counting"]["costs"], json!([400, 100]));
    let sentence = made["rule_sentence"].as_str().unwrap();
    assert!(
        sentence.contains("a budget of 500") && sentence.contains("cost 400, 100"),
        "{sentence}"
    );
    // An edit keeps what it does not name.
    let id = made["id"].as_str().unwrap().parse().unwrap();
    let etag = format!("\"{}\"", made["version"]);
    let edit = hall.steward.person.patch(&hall.about(id, "")).if_match(&etag);
    let edited = edit.json(&json!({"budget": 600})).send().await.expect(200);
    assert_eq!(edited["rule"]["counting"]["budget"], 600);
    assert_eq!(edited["rule"]["counting"]["costs"], json!([400, 100]));
    app.finish().await;
}
