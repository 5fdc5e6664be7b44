//! Requests sent again: with the same key and body the same answer, byte for byte, and no second effect.

use serde_json::json;
use tests::app::TestApp;

use super::world::{World, stored, unsigned};

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_ballot_gets_the_same_receipt_and_another_body_is_refused() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voter = world.import(1).await.remove(0);
    let question = world.motion().await;
    let body = voter.ballot(&question, 1, &[0], &[1]);
    let path = question.ballots_path();
    let first = world.anyone.post(&path).key("k").json(&body).send().await;
    let _ = first.expect(201);
    for _ in 0..3 {
        let again = world.anyone.post(&path).key("k").json(&body).send().await;
        assert_eq!((again.status, &again.bytes), (201, &first.bytes));
    }
    // The same choice under the same key, but salted anew: that is another request.
    let other = world
        .anyone
        .post(&path)
        .key("k")
        .json(&voter.ballot(&question, 1, &[0], &[1]))
        .send()
        .await;
    assert_eq!(other.status, 422);
    other.problem("idempotency-key-reused");
    let second = world
        .anyone
        .post(&path)
        .key("k")
        .json(&voter.ballot(&question, 2, &[1], &[1]))
        .send()
        .await;
    second.problem("idempotency-key-reused");
    // The same body under another key has its revision taken.
    world
        .anyone
        .post(&path)
        .key("l")
        .json(&body)
        .send()
        .await
        .problem("revision-conflict");
    assert_eq!(stored(&app, &question).await, 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_can_be_had_again_after_a_later_ballot_and_after_the_close() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voter = world.import(1).await.remove(0);
    let proposal = world.propose("quick", &[]).await;
    let question = world.open(proposal, 3_600).await;
    let path = question.ballots_path();
    let first_body = voter.ballot(&question, 1, &[0], &[1]);
    let first = world.anyone.post(&path).key("first").json(&first_body).send().await;
    let _ = world
        .cast(&question, &voter.ballot(&question, 2, &[1], &[1]))
        .await
        .expect(201);
    let again = world.anyone.post(&path).key("first").json(&first_body).send().await;
    assert_eq!((again.status, &again.bytes), (201, &first.bytes));
    let _ = world
        .steward
        .post(&path)
        .json(&unsigned(1, &[1], &[1]))
        .send()
        .await
        .expect(201);
    let closed = world
        .steward
        .post(&world.path(&format!("proposals/{proposal}/closing")))
        .send()
        .await;
    assert!(closed.status < 300, "{}", closed.json());
    let again = world.anyone.post(&path).key("first").json(&first_body).send().await;
    assert_eq!(
        (again.status, &again.bytes),
        (201, &first.bytes),
        "what was acknowledged stays so"
    );
    let late = world.cast(&question, &voter.ballot(&question, 3, &[0], &[1])).await;
    assert_eq!(late.status, 409);
    late.problem("voting-closed");
    assert_eq!(world.decided(&app, &question).await["state"], "rejected");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_belongs_to_its_member_and_says_nothing_to_others() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voters = world.import(2).await;
    let question = world.motion().await;
    let path = question.ballots_path();
    for voter in &voters {
        let body = voter.ballot(&question, 1, &[0], &[1]);
        let _ = world
            .anyone
            .post(&path)
            .key("same")
            .json(&body)
            .send()
            .await
            .expect(201);
    }
    assert_eq!(stored(&app, &question).await, 2);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_ballot_leaves_its_key_free() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voter = world.import(1).await.remove(0);
    let question = world.motion().await;
    let path = question.ballots_path();
    let wrong = voter.ballot(&question, 2, &[0], &[1]);
    world
        .anyone
        .post(&path)
        .key("k")
        .json(&wrong)
        .send()
        .await
        .problem("revision-conflict");
    let right = voter.ballot(&question, 1, &[0], &[1]);
    let _ = world.anyone.post(&path).key("k").json(&right).send().await.expect(201);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_one_header_of_bounded_length() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let question = world.motion().await;
    let path = question.ballots_path();
    let body = unsigned(1, &[0], &[1]);
    let long = "k".repeat(256);
    let twice = world
        .steward
        .post(&path)
        .header("idempotency-key", "a")
        .header("idempotency-key", "b");
    twice.json(&body).send().await.problem("idempotency-key-missing");
    world
        .steward
        .post(&path)
        .header("idempotency-key", &long)
        .json(&body)
        .send()
        .await
        .problem("idempotency-key-missing");
    assert_eq!(stored(&app, &question).await, 0);
    let longest = world
        .steward
        .post(&path)
        .header("idempotency-key", &long[..255])
        .json(&body)
        .send()
        .await;
    assert_eq!(longest.expect(201)["revision"], json!(1));
    app.finish().await;
}
