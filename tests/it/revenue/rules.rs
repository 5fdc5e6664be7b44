//! Rules adopted by decisions: looked at, bound by hash, one after the other, told.

use serde_json::{Value, json};
use tests::app::TestApp;

use super::world::{adopt, carry, equal, motion, nothing, rules};
use crate::decisions::world::Hall;

const SCIC: &str = include_str!("../../../governance/testdata/revenue/scic.json");

async fn preview(hall: &Hall, rule: &Value) -> tests::person::Reply {
    let request = hall.members[0].person.post(&hall.path("revenue/rules/preview"));
    request.json(&json!({"rule": rule})).send().await
}

/// The story: looked at before the vote, adopted by it, read by everybody with its words, its hash and its proposal.
#[tokio::test(flavor = "multi_thread")]
async fn a_rule_is_looked_at_adopted_and_read_with_the_hash_that_was_voted_on() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let scic: Value = serde_json::from_str(SCIC).unwrap();
    let seen = preview(&hall, &scic).await.expect(200);
    assert_eq!(
        (&seen["next_version"], &seen["supersedes"], &seen["obstacle"]),
        (&json!(1), &json!(nothing()), &Value::Null)
    );
    let standings: Vec<&str> = seen["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["standing"].as_str().unwrap())
        .collect();
    assert_eq!(standings, ["check", "holds"], "{seen}");
    assert_eq!(
        seen["sentences"].as_array().unwrap().len(),
        seen["sentences_zh"].as_array().unwrap().len()
    );
    let body = motion(&[adopt(&scic)]);
    let proposal = hall.opened(&body).await;
    let request = hall.steward.person.get(&hall.about(proposal, "preview"));
    let change = request.send().await.expect(200)["actions"][0]["changes"][0].clone();
    assert_eq!(
        (&change["change"], &change["hash"], &change["reading"]["findings"]),
        (&json!("revenue_rule_adopted"), &seen["hash"], &seen["findings"])
    );
    assert_eq!(rules(&hall).await, json!([]), "nothing is adopted before the vote");
    hall.all_cast(proposal, &[&[0], &[0]]).await;
    let _ = hall.finish(&app, proposal).await;
    let listed = rules(&hall).await;
    let first = &listed[0];
    assert_eq!(
        (&first["hash"], &first["proposal"], &first["rule"], &first["sentences"]),
        (
            &seen["hash"],
            &json!(proposal),
            &scic_as_stored(&scic),
            &seen["sentences"]
        )
    );
    app.finish().await;
}

/// What was left out is written out where it is stored.
fn scic_as_stored(rule: &Value) -> Value {
    let parsed: governance::revenue::RevenueRule = serde_json::from_value(rule.clone()).unwrap();
    serde_json::to_value(parsed).unwrap()
}

/// A version follows the newest one by number and by hash, or is not adopted; one for later waits for its time.
#[tokio::test(flavor = "multi_thread")]
async fn versions_follow_one_another_and_wait_for_their_time() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let _ = carry(&app, &hall, &[adopt(&equal(1, &nothing()))]).await;
    let first = rules(&hall).await[0].clone();
    let hash = first["hash"].as_str().unwrap().to_owned();
    let wrong = format!("0x{}", "11".repeat(32));
    for stale in [equal(1, &nothing()), equal(3, &hash), equal(2, &wrong)] {
        let seen = preview(&hall, &stale).await.expect(200);
        assert!(
            seen["obstacle"].as_str().unwrap().contains("version 1 is the newest"),
            "{seen}"
        );
        let proposal = hall.opened(&motion(&[adopt(&stale)])).await;
        hall.all_cast(proposal, &[&[0], &[0]]).await;
        let _ = hall.finish(&app, proposal).await;
        let view = hall.view(&hall.steward, proposal).await;
        assert_eq!(view["state"], "execution_failed", "{view}");
    }
    let mut later = equal(2, &hash);
    later["effective_from"] = json!(4_102_444_800_u64);
    let _ = carry(&app, &hall, &[adopt(&later)]).await;
    let listed = rules(&hall).await;
    let in_force: Vec<&Value> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| &rule["is_in_force"])
        .collect();
    assert_eq!(in_force, [&json!(false), &json!(true)], "{listed}");
    assert_eq!(listed[0]["effective_at"], "2100-01-01T00:00:00Z");
    // Nothing comes in force before the version it follows.
    let early = equal(3, listed[0]["hash"].as_str().unwrap());
    let _ = carry(&app, &hall, &[adopt(&early)]).await;
    assert_eq!(rules(&hall).await[0]["effective_at"], "2100-01-01T00:00:00Z");
    app.finish().await;
}

/// What is no rule is refused with the step before anybody votes.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_rule_is_refused_with_the_step_and_the_reason() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let mut undrained = equal(1, &nothing());
    undrained["steps"] =
        json!([{"id": "half", "does": {"op": "percent", "share": {"share": 1, "whole": 2}, "to": "fund:common"}}]);
    let mut unknown = equal(1, &nothing());
    unknown["steps"][0]["does"]["bonus"] = json!("1.00");
    let mut backwards = equal(1, &nothing());
    backwards["steps"][0]["from"] = json!("reserve:legal");
    let cases = [
        (undrained, "pool:revenue gets money and no later step empties it"),
        (backwards, "step all: it takes from reserve:legal"),
        (unknown, ""),
    ];
    for (rule, reason) in cases {
        let seen = preview(&hall, &rule).await;
        assert_eq!(seen.status, 422, "{rule}");
        assert!(String::from_utf8_lossy(&seen.bytes).contains(reason), "{rule}");
        let request = hall.steward.person.post(&hall.path("proposals"));
        let drafted = request.json(&motion(&[adopt(&rule)])).send().await;
        assert_eq!(drafted.status, 422, "{rule}");
    }
    app.finish().await;
}

/// The schema keeps the chain, whoever writes.
#[tokio::test(flavor = "multi_thread")]
async fn the_schema_keeps_the_chain_of_versions() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let proposal = carry(&app, &hall, &[adopt(&equal(1, &nothing()))]).await;
    let client = app.database.superuser().await;
    let insert = |version: u64, supersedes: &str, currency: &str| {
        format!(
            "INSERT INTO revenue_rule SELECT coop_id, {version}, sha256('x'), {supersedes}, '{currency}', now(), '{proposal}',
                 jsonb_set(content, '{{version}}', '{version}'), now(), 'test' FROM revenue_rule"
        )
    };
    let cases = [
        (insert(2, "NULL", "EUR"), "revenue_rule_first_supersedes_none"),
        (
            insert(2, "sha256('y')", "EUR"),
            "revenue_rule_supersedes_one_of_this_co_op",
        ),
        (insert(2, "rule_hash", "USD"), "revenue_rule_is_what_its_content_says"),
        (insert(1, "NULL", "EUR"), "revenue_rule_pkey"),
        (String::from("UPDATE revenue_rule SET effective_at = now()"), ""),
        (String::from("DELETE FROM revenue_rule"), ""),
        (String::from("TRUNCATE revenue_rule"), ""),
    ];
    for (statement, constraint) in cases {
        let error = client.batch_execute(&statement).await.unwrap_err();
        let error = error.as_db_error().unwrap();
        assert_eq!(
            error.constraint().unwrap_or_default(),
            constraint,
            "{statement}: {error}"
        );
    }
    app.finish().await;
}
