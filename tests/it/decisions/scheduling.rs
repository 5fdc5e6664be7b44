//! Voting that opens by itself.
//!
//! Aim: it opens once, when its time has come, for the text that it was set for; whatever stands in the way is told and leaves nothing
//! behind. Method: whole stories over the API, the job run early, late, twice and beside itself.

use chrono::{DateTime, TimeDelta, Utc};
use governance::id::{ProposalId, ScheduleId};
use serde_json::{Value, json};
use server::services::scheduling::{OpenReport, open_scheduled};
use tests::app::TestApp;
use tests::person::Reply;

use super::world::Hall;

/// A proposal before the members.
async fn discussed(hall: &Hall, kind: &str) -> ProposalId {
    let body = json!({"kind": kind, "title": "Shall we buy a loom?", "body": "It weaves."});
    let proposal = hall.draft(&hall.steward, &body).await;
    let _ = hall.step(&hall.steward, proposal, "discussion").await.expect(200);
    proposal
}

/// Lets voting open after so many seconds, for an hour.
async fn set(hall: &Hall, proposal: ProposalId, seconds: i64) -> Reply {
    let opens_at = Utc::now() + TimeDelta::seconds(seconds);
    set_to(hall, proposal, opens_at, opens_at + TimeDelta::hours(1)).await
}

async fn set_to(hall: &Hall, proposal: ProposalId, opens_at: DateTime<Utc>, closes_at: DateTime<Utc>) -> Reply {
    let body = json!({"opens_at": opens_at, "closes_at": closes_at});
    hall.steward
        .person
        .post(&hall.about(proposal, "opening"))
        .json(&body)
        .send()
        .await
}

async fn take_back(hall: &Hall, proposal: ProposalId) -> Reply {
    hall.steward
        .person
        .post(&hall.about(proposal, "opening-cancellation"))
        .json(&json!({"reason": "Not yet."}))
        .send()
        .await
}

async fn coming(hall: &Hall) -> Vec<Value> {
    let page = hall.members[0]
        .person
        .get("inbox?scheduled=true")
        .send()
        .await
        .expect(200);
    page["items"].as_array().unwrap().clone()
}

/// The opening that waits of a proposal.
async fn waiting(app: &TestApp, hall: &Hall, proposal: ProposalId) -> ScheduleId {
    let mut tx = app.app.store.coop_tx("proposal_read", hall.coop).await.unwrap();
    let row = store::decision::schedule::schedule_last(&mut tx, proposal)
        .await
        .unwrap();
    ScheduleId::from_uuid(row.unwrap().id)
}

#[tokio::test(flavor = "multi_thread")]
async fn voting_opens_once_when_its_time_has_come_and_everybody_sees_it_coming() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let proposal = discussed(&hall, "motion").await;
    let version = hall.view(&hall.steward, proposal).await["version"].as_u64().unwrap();
    let first = set(&hall, proposal, 600).await.expect(200);
    assert_eq!(
        (first["state"].as_str(), first["version"].as_u64()),
        (Some("discussion"), Some(version + 1))
    );
    assert_eq!(first["course"]["opening"]["outcome"], "waiting");
    let id = waiting(&app, &hall, proposal).await;
    let early = open_scheduled(&app.app, hall.coop, id).await.unwrap();
    assert!(matches!(early, OpenReport::Wait(_)), "{early:?}");
    // The member sees it, in the list of what comes and in the feed.
    let items = coming(&hall).await;
    assert_eq!(items[0]["proposal"]["opens_at"], first["course"]["opening"]["opens_at"]);
    let addresses = hall.steward.person.put(&hall.path("feeds")).send().await.expect(200);
    let feed = addresses["atom"]
        .as_str()
        .unwrap()
        .strip_prefix(&app.url)
        .unwrap()
        .to_owned();
    let feed = app.anonymous().get(&feed).send().await;
    assert!(String::from_utf8_lossy(&feed.bytes).contains("Voting will open: Shall we buy a loom?"));
    // Another time takes the place of the first, whose job then finds nothing to do.
    let second = set(&hall, proposal, 2).await.expect(200);
    let opens_at: DateTime<Utc> = second["course"]["opening"]["opens_at"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(open_scheduled(&app.app, hall.coop, id).await.unwrap(), OpenReport::Done);
    assert_eq!(hall.view(&hall.steward, proposal).await["state"], "discussion");
    tokio::time::sleep(std::time::Duration::from_millis(3_100)).await;
    let id = waiting(&app, &hall, proposal).await;
    let (one, other) = tokio::join!(
        open_scheduled(&app.app, hall.coop, id),
        open_scheduled(&app.app, hall.coop, id)
    );
    assert_eq!((one.unwrap(), other.unwrap()), (OpenReport::Done, OpenReport::Done));
    app.work().await;
    let open = hall.view(&hall.members[0], proposal).await;
    assert_eq!(
        (&open["state"], &open["course"]["opening"]["outcome"]),
        (&json!("open"), &json!("opened"))
    );
    assert_eq!(open["closes_at"], second["course"]["opening"]["closes_at"]);
    assert!(open["opens_at"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap() >= opens_at);
    assert_eq!(coming(&hall).await, Vec::<Value>::new());
    hall.all_cast(proposal, &[&[0], &[0]]).await;
    assert_eq!(hall.finish(&app, proposal).await["outcome"], "passed");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opening_that_was_set_is_taken_back_and_ends_with_every_change_of_the_proposal() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let proposal = discussed(&hall, "motion").await;
    take_back(&hall, proposal).await.problem("step-refused");
    let _ = set(&hall, proposal, 1).await.expect(200);
    let back = take_back(&hall, proposal).await.expect(200);
    let opening = &back["course"]["opening"];
    assert_eq!(
        (&opening["outcome"], &opening["reason"]),
        (&json!("cancelled"), &json!("Not yet."))
    );
    take_back(&hall, proposal).await.problem("step-refused");
    let set_again = set(&hall, proposal, 600).await;
    let etag = set_again.etag().unwrap();
    let _ = set_again.expect(200);
    let edit = hall.steward.person.patch(&hall.about(proposal, "")).if_match(&etag);
    let edited = edit.json(&json!({"title": "Two looms?"})).send().await.expect(200);
    assert_eq!(edited["course"]["opening"]["outcome"], "edited");
    let _ = set(&hall, proposal, 600).await.expect(200);
    let gone = hall.step(&hall.steward, proposal, "withdrawal").await.expect(200);
    assert_eq!(gone["course"]["opening"]["outcome"], "ended");
    // Opened by hand meanwhile.
    let proposal = discussed(&hall, "motion").await;
    let _ = set(&hall, proposal, 600).await.expect(200);
    let open = hall.open(proposal).await.expect(200);
    assert_eq!(
        (&open["state"], &open["course"]["opening"]["outcome"]),
        (&json!("open"), &json!("opened"))
    );
    app.work().await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_way_is_told_and_nothing_is_half_done() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let proposal = discussed(&hall, "motion").await;
    let now = Utc::now();
    let day = TimeDelta::days(1);
    for (opens_at, closes_at, field) in [
        (now - day, now + day, "opens_at"),
        (now + day * 400, now + day * 401, "opens_at"),
        (now + day, now + day, "closes_at"),
        (now + day, now + day * 3, "closes_at"),
    ] {
        let refused = set_to(&hall, proposal, opens_at, closes_at)
            .await
            .problem("invalid-field");
        assert_eq!(refused["field"], field, "{refused}");
    }
    // The bylaws give three days to discuss: no sooner.
    let slow = discussed(&hall, "slow").await;
    set_to(&hall, slow, now + day, now + day * 3)
        .await
        .problem("step-refused");
    let _ = set_to(&hall, slow, now + day * 4, now + day * 6).await.expect(200);

    let _ = set(&hall, proposal, 1).await.expect(200);
    let halt = json!({"days": 1, "reason": "A key was stolen."});
    let _ = hall
        .steward
        .person
        .post(&hall.path("halts"))
        .json(&halt)
        .send()
        .await
        .expect(201);
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    app.work().await;
    let view = hall.view(&hall.members[0], proposal).await;
    let opening = &view["course"]["opening"];
    assert_eq!(
        (&view["state"], &opening["outcome"]),
        (&json!("discussion"), &json!("refused"))
    );
    assert!(
        opening["reason"]
            .as_str()
            .unwrap()
            .starts_with("The co-op is halted until"),
        "{opening}"
    );
    assert_eq!((&view["roll"], &view["record_hash"]), (&Value::Null, &Value::Null));
    // It is set again, and whoever does so says it of what stands there now.
    let halted = hall
        .steward
        .person
        .delete(&hall.path("halts/current"))
        .json(&json!({"reason": "It was found."}));
    let _ = halted.send().await.expect(200);
    let _ = set(&hall, proposal, 1).await.expect(200);
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    app.work().await;
    assert_eq!(hall.view(&hall.members[0], proposal).await["state"], "open");
    let member = hall.members[0].person.post(&hall.about(slow, "opening-cancellation"));
    member
        .json(&json!({"reason": "Not yet."}))
        .send()
        .await
        .problem("role-needed");
    app.finish().await;
}
