//! Which ballot is the last one (V3): the server's sequence says, never a client's clock.

use futures_util::future::join_all;
use serde_json::json;
use tests::app::TestApp;

use super::world::{World, stored, unsigned};

#[tokio::test(flavor = "multi_thread")]
async fn a_later_ballot_replaces_the_earlier_one_whatever_the_clients_clock_says() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voter = world.import(1).await.remove(0);
    let proposal = world.propose("quick", &[]).await;
    let question = world.open(proposal, 3_600).await;
    let dates = [
        "Sat, 01 Jan 2000 00:00:00 GMT",
        "Fri, 31 Dec 1999 00:00:00 GMT",
        "Fri, 31 Dec 1999 00:00:00 GMT",
    ];
    let mut sequences = Vec::new();
    for (revision, date) in (1..).zip(dates) {
        let body = voter.ballot(&question, revision, &[u16::from(revision < 3)], &[1]);
        let cast = world
            .anyone
            .post(&question.ballots_path())
            .header("date", date)
            .json(&body)
            .send()
            .await;
        let receipt = cast.expect(201);
        assert_eq!(receipt["revision"], revision);
        sequences.push(receipt["sequence"].as_u64().unwrap());
    }
    assert!(sequences.is_sorted() && sequences[0] < sequences[1] && sequences[1] < sequences[2]);
    // Everyone has voted once the steward has, so the motion closes.
    let body = unsigned(1, &[0], &[1]);
    let _ = world
        .steward
        .post(&question.ballots_path())
        .json(&body)
        .send()
        .await
        .expect(201);
    let closed = world
        .steward
        .post(&world.path(&format!("proposals/{}/closing", question.proposal)))
        .send()
        .await;
    assert!(closed.status < 300, "{}", closed.json());
    let proposal = world.decided(&app, &question).await;
    assert_eq!(proposal["state"], "passed", "the third ballot said yes");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_cannot_say_when_it_voted_or_what_it_weighs() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voter = world.import(1).await.remove(0);
    let question = world.motion().await;
    for (field, value) in [
        ("at", json!("2000-01-01T00:00:00Z")),
        ("cast_at", json!(1)),
        ("timestamp", json!(1)),
        ("sequence", json!(1)),
        ("weight", json!(1000)),
        ("record_hash", json!(question.proposal_hash)),
    ] {
        let mut body = voter.ballot(&question, 1, &[0], &[1]);
        body[field] = value;
        world.cast(&question, &body).await.problem("invalid-body");
    }
    assert_eq!(stored(&app, &question).await, 0);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_follows_the_last_one_and_no_other() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voter = world.import(1).await.remove(0);
    let question = world.motion().await;
    let cast = async |revision: u64| {
        let body = voter.ballot(&question, revision, &[0], &[1]);
        world.cast(&question, &body).await
    };
    cast(2).await.problem("revision-conflict");
    cast(0).await.problem("revision-conflict");
    let _ = cast(1).await.expect(201);
    for wrong in [0, 1, 3, u64::from(u32::MAX), u64::try_from(i64::MAX).unwrap()] {
        assert_eq!(
            cast(wrong).await.problem("revision-conflict")["current_revision"],
            1,
            "revision {wrong}"
        );
    }
    cast(u64::MAX).await.problem("invalid-field");
    let _ = cast(2).await.expect(201);
    assert_eq!(stored(&app, &question).await, 2);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_changes_at_the_same_instant_one_is_told_of_the_other() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voter = world.import(1).await.remove(0);
    let question = world.motion().await;
    for revision in 1..=10 {
        let changes = [0, 1].map(|answer| {
            let body = voter.ballot(&question, revision, &[answer], &[1]);
            world.anyone.post(&question.ballots_path()).json(&body).send()
        });
        let replies = join_all(changes).await;
        let accepted = replies.iter().filter(|reply| reply.status == 201).count();
        assert_eq!(accepted, 1, "revision {revision}");
        for refused in replies.iter().filter(|reply| reply.status != 201) {
            refused.problem("revision-conflict");
        }
    }
    assert_eq!(stored(&app, &question).await, 10);
    app.finish().await;
}
