//! Aim: rolls and ballots that do not fit one page of anything. Method: a thousand voters entered by key, and the steward.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tests::app::TestApp;

use super::world::{Hall, section};

const VOTERS: usize = 1_000;
/// Requests under way at once.
const AT_ONCE: usize = 64;

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_voters_are_on_the_roll_in_the_count_and_in_the_bundle() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 0).await;
    let voters = hall.import(VOTERS).await;
    let proposal = hall.opened_motion().await;
    let question = hall.question(proposal).await;
    let _ = hall.cast(&hall.steward, proposal, 1, &[1]).await.expect(201);
    let anonymous = app.anonymous();
    let casts = voters.iter().map(|voter| {
        let body = voter.ballot(&question, 1, &[0], &[1]);
        let request = anonymous.post(&question.ballots_path()).json(&body);
        async move { request.send().await.expect(201) }
    });
    let receipts: Vec<Value> = futures_util::stream::iter(casts)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let tally = hall.finish(&app, proposal).await;
    assert_eq!(
        tally["motion"],
        json!({"yes": VOTERS, "no": 1, "abstain": 0, "blank": 0})
    );

    let lines = hall.bundle(proposal).await;
    assert_eq!(section(&lines, "roll").len(), VOTERS + 1);
    let numbers = |values: &[&Value]| {
        values
            .iter()
            .map(|value| value["sequence"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    let listed = numbers(&section(&lines, "ballot"));
    assert!(listed.is_sorted());
    let given: BTreeSet<u64> = numbers(&receipts.iter().collect::<Vec<_>>()).into_iter().collect();
    assert!(given.is_subset(&listed.iter().copied().collect()));
    assert_eq!(listed.len(), VOTERS + 1);

    let mut roll = BTreeSet::new();
    let mut cursor = String::new();
    loop {
        let path = hall.about(proposal, &format!("roll?limit=100{cursor}"));
        let page = hall.steward.person.get(&path).send().await.expect(200);
        roll.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|entry| entry["member"].to_string()),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(roll.len(), VOTERS + 1);
    app.finish().await;
}
