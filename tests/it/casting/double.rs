//! Casting twice at the same instant (V1).

use std::sync::Arc;

use futures_util::future::join_all;
use tests::app::TestApp;
use tests::database::connect;
use tests::person::Reply;
use tokio::sync::Barrier;

use super::world::{World, stored, unsigned};

/// How many requests arrive together.
const TOGETHER: usize = 50;

/// What must hold of requests that arrived together: one ballot stored, one acknowledged, all others told of it.
fn is_cast_once(stored: i64, acknowledged: usize) -> bool {
    stored == 1 && acknowledged == 1
}

fn with_status(replies: &[Reply], status: u16) -> Vec<&Reply> {
    replies.iter().filter(|reply| reply.status == status).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_requests_with_one_key_are_one_ballot_and_one_receipt() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voter = world.import(1).await.remove(0);
    let question = world.motion().await;
    let body = voter.ballot(&question, 1, &[0], &[1]);
    let requests = (0..TOGETHER).map(|_| {
        world
            .anyone
            .post(&question.ballots_path())
            .key("one")
            .json(&body)
            .send()
    });
    let replies = join_all(requests).await;
    let accepted = with_status(&replies, 201);
    assert_eq!(
        accepted.len(),
        TOGETHER,
        "{:?}",
        replies.iter().map(|reply| reply.status).collect::<Vec<_>>()
    );
    assert!(accepted.iter().all(|reply| reply.bytes == accepted[0].bytes));
    assert_eq!(stored(&app, &question).await, 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_requests_with_fifty_keys_are_one_ballot_and_the_others_are_told_of_it() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voter = world.import(1).await.remove(0);
    let insider = world.insider(&app, "Ada").await;
    let question = world.motion().await;
    // Alternately yes and no, so that it matters which one wins.
    let signed = (0..TOGETHER).map(|place| {
        let body = voter.ballot(&question, 1, &[u16::from(place % 2 == 0)], &[1]);
        world.anyone.post(&question.ballots_path()).json(&body).send()
    });
    let attested = (0..TOGETHER).map(|place| {
        let body = unsigned(1, &[u16::from(place % 2 == 0)], &[1]);
        insider.person.post(&question.ballots_path()).json(&body).send()
    });
    let (signed, attested) = tokio::join!(join_all(signed), join_all(attested));
    for replies in [&signed, &attested] {
        for refused in replies.iter().filter(|reply| reply.status != 201) {
            assert_eq!(refused.problem("revision-conflict")["current_revision"], 1);
        }
        assert!(is_cast_once(1, with_status(replies, 201).len()));
    }
    assert_eq!(stored(&app, &question).await, 2, "one of each voter");
    app.finish().await;
}

/// The guard guards: the usual way of looking first and storing then, without the unique key, casts eight of eight.
#[tokio::test(flavor = "multi_thread")]
async fn looking_first_and_storing_then_would_cast_every_one_of_them() {
    let app = TestApp::start().await;
    let table = "CREATE TABLE naive (proposal_id bigint, member_id bigint)";
    app.database.superuser().await.batch_execute(table).await.unwrap();
    let barrier = Arc::new(Barrier::new(8));
    let casts = (0..8).map(|_| {
        let (url, barrier) = (app.database.superuser_url.clone(), Arc::clone(&barrier));
        async move {
            let mut client = connect(&url).await;
            let transaction = client.transaction().await.unwrap();
            let looked = transaction
                .query_one("SELECT count(*) FROM naive WHERE member_id = 1", &[])
                .await;
            let is_first = looked.unwrap().get::<_, i64>(0) == 0;
            barrier.wait().await;
            if is_first {
                transaction
                    .execute("INSERT INTO naive VALUES (1, 1)", &[])
                    .await
                    .unwrap();
            }
            transaction.commit().await.unwrap();
            is_first
        }
    });
    let acknowledged = join_all(casts).await.into_iter().filter(|is_first| *is_first).count();
    let client = app.database.superuser().await;
    let count: i64 = client
        .query_one("SELECT count(*) FROM naive", &[])
        .await
        .unwrap()
        .get(0);
    assert!(
        !is_cast_once(count, acknowledged),
        "{count} rows, {acknowledged} acknowledged"
    );
    assert_eq!((count, acknowledged), (8, 8));
    client.batch_execute("DROP TABLE naive").await.unwrap();
    app.finish().await;
}
