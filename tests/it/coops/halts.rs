//! Aim: whoever watches over a co-op can stop in time what would bind it, and cannot keep it stopped. Method: each act that binds tried in
//! a halted co-op, and each that does not; time moved in the database alone.

use std::sync::Arc;

use governance::membership::{Class, Role};
use serde_json::{Value, json};
use tests::app::TestApp;
use tests::person::{Person, Reply, is_success};
use tests::voter::{Voter, random_word};

use crate::decisions::world::{Hall, motion};

const WHY: &str = "The result of the last vote looks wrong.";

async fn halt(hall: &Hall, person: &Person, days: u64) -> Reply {
    let body = json!({"reason": WHY, "days": days});
    person.post(&hall.path("halts")).json(&body).send().await
}

async fn end(hall: &Hall, person: &Person) -> Reply {
    let request = person.delete(&hall.path("halts/current"));
    request.json(&json!({"reason": "It was a misprint."})).send().await
}

/// Moves every halt into the past.
async fn pass(app: &TestApp, days: u64) {
    let client = app.database.superuser().await;
    let moved = format!(
        "BEGIN; ALTER TABLE halt DISABLE TRIGGER halt_is_only_ended;
         UPDATE halt SET began_at = began_at - interval '{days} days', until = until - interval '{days} days',
             ended_at = ended_at - interval '{days} days';
         ALTER TABLE halt ENABLE ALWAYS TRIGGER halt_is_only_ended; COMMIT"
    );
    client.batch_execute(&moved).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_halted_co_op_nothing_that_binds_happens_and_members_go_on_voting() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 2).await;
    let auditor = hall.join(&app, "Auditor", Class::Worker, &[Role::Auditor]).await;
    let (open, waiting) = (hall.opened_motion().await, hall.draft(&hall.steward, &motion()).await);
    let _ = hall.step(&hall.steward, waiting, "discussion").await.expect(200);
    let begun = halt(&hall, &auditor.person, 2).await.expect(201);
    assert_eq!((&begun["number"], &begun["is_in_force"]), (&json!(1), &json!(true)));
    let seen = hall.members[0].person.get(&format!("coops/{}", hall.coop)).send().await;
    assert_eq!(seen.expect(200)["halt"]["reason"], WHY);

    let target = hall.members[1].member;
    let version = |reply: &Reply| reply.etag().unwrap();
    let card = hall
        .steward
        .person
        .get(&hall.path(&format!("members/{target}")))
        .send()
        .await;
    let key = json!({"kind": "ed25519", "public_key": Voter::new(target).public_key(), "salt": random_word()});
    let steward = &hall.steward.person;
    let refused = [
        hall.open(waiting).await,
        steward
            .put(&hall.path(&format!("members/{target}/roles/treasurer")))
            .json(&json!({"reason": "elected"}))
            .send()
            .await,
        steward
            .post(&hall.path(&format!("members/{target}/status")))
            .if_match(&version(&card))
            .json(&json!({"status": "expelled", "reason": "why not"}))
            .send()
            .await,
        steward
            .post(&hall.path("member-imports"))
            .json(&json!({"members": [{"display_name": "New", "class": "user", "key": key}]}))
            .send()
            .await,
        steward
            .delete(&hall.path(&format!("members/{}/roles/auditor", auditor.member)))
            .json(&json!({"reason": "too watchful"}))
            .send()
            .await,
    ];
    for reply in refused {
        let problem = reply.problem("coop-halted");
        assert_eq!(problem["until"], begun["until"]);
        assert!(problem["detail"].as_str().unwrap().contains(WHY), "{problem}");
    }
    // What binds nobody goes on, to the count itself.
    hall.all_cast(open, &[&[0], &[0], &[1]]).await;
    let _ = hall.cast(&auditor, open, 1, &[0]).await.expect(201);
    assert_eq!(hall.finish(&app, open).await["outcome"], "passed");
    let leaver = &hall.members[1];
    let left = leaver
        .person
        .post(&hall.path(&format!("members/{target}/status")))
        .if_match(&version(&card))
        .json(&json!({"status": "left"}))
        .send()
        .await;
    assert!(is_success(left.status), "{left:?}");

    // Whoever halted it does not decide when it goes on, unless a steward.
    let _ = end(&hall, &auditor.person).await.problem("role-needed");
    let ended = end(&hall, steward).await.expect(200);
    assert_eq!(
        (&ended["is_in_force"], ended["ended_by"].is_string()),
        (&json!(false), true)
    );
    assert_eq!(end(&hall, steward).await.status, 404);
    let _ = hall.open(waiting).await.expect(200);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_halt_ends_by_itself_and_the_next_must_wait() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 0).await;
    let steward = hall.steward.person.clone();
    for days in [0, 8] {
        let problem = halt(&hall, &steward, days).await.problem("invalid-field");
        assert_eq!(problem["field"], "days");
    }
    let _ = halt(&hall, &steward, 7).await.expect(201);
    let _ = halt(&hall, &steward, 1).await.problem("halt-refused");
    let shown = |hall: &Hall| {
        let request = steward.get(&format!("coops/{}", hall.coop));
        async move { request.send().await.expect(200)["halt"].clone() }
    };
    assert_eq!(shown(&hall).await["number"], 1);
    pass(&app, 7).await;
    assert_eq!(shown(&hall).await, Value::Null);
    let _ = halt(&hall, &steward, 1).await.problem("halt-refused");
    pass(&app, 7).await;
    assert_eq!(halt(&hall, &steward, 1).await.expect(201)["number"], 2);
    let listed = steward.get(&hall.path("halts?limit=1")).send().await.expect(200);
    assert_eq!(listed["items"][0]["number"], 2);
    let next = format!("halts?limit=1&cursor={}", listed["next_cursor"].as_str().unwrap());
    let last = steward.get(&hall.path(&next)).send().await.expect(200);
    assert_eq!(
        (&last["items"][0]["number"], &last["next_cursor"]),
        (&json!(1), &Value::Null)
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_halt_at_once_one_does() {
    let app = Arc::new(TestApp::start().await);
    let hall = Hall::with_members(&app, 0).await;
    let auditor = hall.join(&app, "Auditor", Class::Worker, &[Role::Auditor]).await;
    for _ in 0..5 {
        let (one, other) = tokio::join!(halt(&hall, &hall.steward.person, 1), halt(&hall, &auditor.person, 1));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409]);
        pass(&app, 30).await;
    }
    Arc::into_inner(app).unwrap().finish().await;
}
