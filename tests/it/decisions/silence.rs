//! Aim: V8 of the study of attacks. Before the tally is published nobody learns more than how many have voted.
//! Method: everything another member can read is read before and after the votes, and only the turnout may differ.

use serde_json::{Value, json};
use server::services::counting::{CloseReport, close};
use tests::app::TestApp;

use super::world::{Hall, Insider};

/// Everything a member can read that might tell of ballots, with the headers that may.
async fn all_that_is_told(hall: &Hall, who: &Insider, proposal: governance::id::ProposalId) -> Vec<Value> {
    let mut told = Vec::new();
    for path in [
        hall.about(proposal, ""),
        hall.about(proposal, "roll"),
        hall.about(proposal, "ballots/mine"),
        hall.about(proposal, "tally"),
        hall.about(proposal, "bundle"),
        hall.path("proposals"),
        hall.path("proposals?state=open"),
        hall.path("records"),
        hall.path("anchors"),
        hall.path("members"),
        format!("coops/{}", hall.coop),
    ] {
        let reply = who.person.get(&path).send().await;
        let mut body = reply.json();
        if let Some(document) = body.as_object_mut() {
            // The turnout is what may be told; the id of the request is new each time.
            document.remove("turnout");
            document.remove("instance");
        }
        let etag = reply.etag();
        told.push(json!({"path": path, "status": reply.status, "etag": etag, "body": body}));
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_tally_only_the_turnout_is_told() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 4).await;
    let proposal = hall.opened_motion().await;
    let watcher = &hall.members[0];
    let before = all_that_is_told(&hall, watcher, proposal).await;
    for (index, choice) in [(1, 0), (2, 1), (3, 0)] {
        let _ = hall
            .cast(&hall.members[index], proposal, 1, &[choice])
            .await
            .expect(201);
    }
    let _ = hall.cast(&hall.members[3], proposal, 2, &[1]).await.expect(201);
    assert_eq!(all_that_is_told(&hall, watcher, proposal).await, before);
    assert_eq!(
        hall.view(watcher, proposal).await["turnout"],
        json!({"cast": 3, "of": 5})
    );
    // Not even a steward is told more.
    hall.tally(proposal).await.problem("not-counted-yet");
    hall.steward
        .person
        .get(&hall.about(proposal, "bundle"))
        .send()
        .await
        .problem("not-counted-yet");

    // Closed and not yet counted is still silent.
    for who in [watcher, &hall.steward] {
        let _ = hall.cast(who, proposal, 1, &[0]).await.expect(201);
    }
    assert_eq!(close(&app.app, hall.coop, proposal).await.unwrap(), CloseReport::Closed);
    hall.tally(proposal).await.problem("not-counted-yet");
    hall.steward
        .person
        .get(&hall.about(proposal, "bundle"))
        .send()
        .await
        .problem("not-counted-yet");
    let closed = hall.view(watcher, proposal).await;
    assert_eq!((&closed["state"], &closed["signing"]), (&json!("closed"), &Value::Null));
    app.work().await;
    assert_eq!(hall.tally(proposal).await.expect(200)["motion"]["yes"], 3);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_of_the_lot_is_told_with_the_tally_and_never_before() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 0).await;
    let proposal = hall.opened_motion().await;
    let client = app.database.superuser().await;
    let row = client.query_one("SELECT lot_secret FROM proposal", &[]).await.unwrap();
    let secret = governance::hash::to_hex(row.get::<_, &[u8]>(0));
    let tells = |told: &[Value]| told.iter().any(|told| told.to_string().contains(&secret));
    assert!(!tells(&all_that_is_told(&hall, &hall.steward, proposal).await));
    hall.all_cast(proposal, &[&[0]]).await;
    let _ = hall.finish(&app, proposal).await;
    assert!(tells(&hall.bundle(proposal).await));
    app.finish().await;
}
