//! Who may vote (V4): the roll of the opening, and on it active members with the keys of that moment.

use governance::id::MemberId;
use tests::app::TestApp;

use super::world::{World, in_the_name_of, stored, unsigned};

#[tokio::test(flavor = "multi_thread")]
async fn who_joined_after_the_opening_is_not_on_the_roll() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let question = world.motion().await;
    let late = world.import(1).await.remove(0);
    // No key of the roll speaks here, and who has no session is told nothing.
    let refused = world.cast(&question, &late.ballot(&question, 1, &[0], &[1])).await;
    assert_eq!(refused.status, 404);
    refused.problem("not-found");
    let insider = world.insider(&app, "Late").await;
    let body = unsigned(1, &[0], &[1]);
    insider
        .person
        .post(&question.ballots_path())
        .json(&body)
        .send()
        .await
        .problem("not-on-roll");
    let key = world.give_key(&insider).await;
    let signed = key.ballot(&question, 1, &[0], &[1]);
    world.cast(&question, &signed).await.problem("not-found");
    let refused = insider.person.post(&question.ballots_path()).json(&signed).send().await;
    assert_eq!(refused.status, 403);
    refused.problem("not-on-roll");
    assert_eq!(stored(&app, &question).await, 0);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_expelled_or_suspended_after_the_opening_cannot_vote_by_any_way() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    for (status, of_session) in [
        ("suspended", "membership-inactive"),
        ("expelled", "not-found"),
        ("left", "not-found"),
    ] {
        let insider = world.insider(&app, "Ada").await;
        let key = world.give_key(&insider).await;
        let question = world.motion().await;
        let _ = world
            .cast(&question, &key.ballot(&question, 1, &[0], &[1]))
            .await
            .expect(201);
        // Nobody but the member can leave.
        let by = if status == "left" {
            &insider.person
        } else {
            &world.steward
        };
        world.change_status_as(by, insider.member, status).await;
        let refused = world.cast(&question, &key.ballot(&question, 2, &[1], &[1])).await;
        assert_eq!(refused.status, 403, "{status}");
        refused.problem("membership-inactive");
        let body = unsigned(2, &[1], &[1]);
        insider
            .person
            .post(&question.ballots_path())
            .json(&body)
            .send()
            .await
            .problem(of_session);
        assert_eq!(stored(&app, &question).await, 1, "{status}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_suspended_at_the_opening_or_only_observes_is_not_on_the_roll() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let observer = world.import_as("observer", 1).await.remove(0);
    let suspended = world.import(1).await.remove(0);
    world.change_status(suspended.member, "suspended").await;
    let question = world.motion().await;
    world.change_status(suspended.member, "active").await;
    for voter in [&observer, &suspended] {
        world
            .cast(&question, &voter.ballot(&question, 1, &[0], &[1]))
            .await
            .problem("not-found");
    }
    assert_eq!(stored(&app, &question).await, 0);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_registered_after_the_opening_signs_the_next_vote_and_not_this_one() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let insider = world.insider(&app, "Ada").await;
    let question = world.motion().await;
    let key = world.give_key(&insider).await;
    let signed = key.ballot(&question, 1, &[0], &[1]);
    world.cast(&question, &signed).await.problem("not-found");
    let refused = insider.person.post(&question.ballots_path()).json(&signed).send().await;
    let refused = refused.problem("key-not-on-roll");
    assert!(
        refused["detail"].as_str().unwrap().contains("without a signature"),
        "{refused}"
    );
    let body = unsigned(1, &[0], &[1]);
    let attested = insider
        .person
        .post(&question.ballots_path())
        .json(&body)
        .send()
        .await
        .expect(201);
    assert_eq!(attested["signature_kind"], "session");
    let next = world.motion().await;
    let cast = world.cast(&next, &key.ballot(&next, 1, &[0], &[1])).await.expect(201);
    assert_eq!(cast["signature_kind"], "ed25519");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_ended_before_the_opening_signs_nothing() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let insider = world.insider(&app, "Ada").await;
    let key = world.give_key(&insider).await;
    let keys = insider.person.get(&world.path("keys")).send().await.expect(200);
    let id = keys["items"][0]["id"].as_str().unwrap();
    let ended = insider.person.delete(&world.path(&format!("keys/{id}"))).send().await;
    assert!(ended.status < 300, "{}", ended.json());
    let question = world.motion().await;
    let signed = key.ballot(&question, 1, &[0], &[1]);
    world.cast(&question, &signed).await.problem("not-found");
    let refused = insider.person.post(&question.ballots_path()).json(&signed).send().await;
    refused.problem("key-not-on-roll");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_speaks_for_its_own_member_alone() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voters = world.import(2).await;
    let question = world.motion().await;
    // The first one's key, in the name of the second, of nobody, and of a random member.
    for member in [
        voters[1].member,
        MemberId::from_uuid(uuid::Uuid::nil()),
        MemberId::from_uuid(uuid::Uuid::now_v7()),
    ] {
        let thief = in_the_name_of(member, &voters[0]);
        let refused = world.cast(&question, &thief.ballot(&question, 1, &[0], &[1])).await;
        refused.problem("not-found");
    }
    assert_eq!(stored(&app, &question).await, 0);
    app.finish().await;
}
