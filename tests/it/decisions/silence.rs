//! Aim: V8 of the study of attacks. Before the tally is published nobody learns more than how many have voted.
//! Method: everything another member can read is read before and after the votes, and only the turnout may differ.

use serde_json::{Value, json};
use server::services::counting::{CloseReport, close};
use tests::app::TestApp;

use super::world::{Hall, Insider};
use crate::contact::webhooks::{ready, receiver, work};

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

/// What the calendar and the feed say at their addresses, which need no session.
async fn followed(app: &TestApp, addresses: &Value) -> [String; 2] {
    let mut texts = [String::new(), String::new()];
    for (text, name) in texts.iter_mut().zip(["calendar", "atom"]) {
        let path = addresses[name]
            .as_str()
            .unwrap()
            .strip_prefix(&app.url)
            .unwrap()
            .to_owned();
        let reply = app.anonymous().get(&path).send().await;
        assert_eq!(reply.status, 200);
        *text = format!("{:?} {}", reply.etag(), String::from_utf8_lossy(&reply.bytes));
    }
    texts
}

#[tokio::test(flavor = "multi_thread")]
async fn calendars_feeds_and_webhooks_tell_of_no_ballot_and_of_no_result_before_it_is_published() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 2).await;
    let (url, got) = receiver(vec![String::from("HTTP/1.1 204 No Content")]).await;
    let all = [
        "proposal.discussed",
        "proposal.opened",
        "proposal.closed",
        "proposal.result",
        "proposal.withdrawn",
        "proposal.cancelled",
    ];
    let _ = ready(&hall, &url, &all).await;
    let [ada, bo] = [&hall.members[0], &hall.members[1]];
    let addresses = ada.person.put(&hall.path("feeds")).send().await.expect(200);
    let sent = || -> Vec<Value> {
        let messages = got.lock().unwrap();
        messages
            .iter()
            .map(|(_, body)| serde_json::from_str(body).unwrap())
            .collect()
    };
    for secrecy in ["open", "pseudonymous", "sealed"] {
        let proposal = hall
            .opened(&json!({"kind": "hidden", "title": format!("Shall it be {secrecy}?"), "secrecy": secrecy}))
            .await;
        work(&app).await;
        let (told, messages) = (followed(&app, &addresses).await, sent().len());
        for (who, revision, choice) in [(&hall.steward, 1, 0), (bo, 1, 1), (bo, 2, 0)] {
            let _ = hall.cast(who, proposal, revision, &[choice]).await.expect(201);
            work(&app).await;
            assert_eq!(followed(&app, &addresses).await, told, "{secrecy}");
            assert_eq!(sent().len(), messages, "{secrecy}");
        }
        let _ = hall.cast(ada, proposal, 1, &[0]).await.expect(201);
        assert_eq!(close(&app.app, hall.coop, proposal).await.unwrap(), CloseReport::Closed);
        work(&app).await;
        // That it ended is told; how it ended, and how many voted, is not.
        let closed = sent().split_off(messages);
        assert_eq!(closed.len(), 1, "{closed:?}");
        assert_eq!(closed[0]["type"], "proposal.closed");
        let said: Vec<&String> = closed[0]["data"].as_object().unwrap().keys().collect();
        assert_eq!(said, ["coop", "proposal", "slug", "url"]);
        let ends = format!("Shall it be {secrecy}?");
        for text in followed(&app, &addresses).await {
            assert!(!text.contains(&format!("Passed: {ends}")), "{text}");
        }
        app.work().await;
        work(&app).await;
        for text in followed(&app, &addresses).await {
            assert!(text.contains(&format!("Passed: {ends}")), "{text}");
        }
        assert_eq!(sent().last().unwrap()["type"], "proposal.result");
    }
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
