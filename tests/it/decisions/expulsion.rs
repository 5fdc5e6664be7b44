//! Due process before an expulsion.
//!
//! Aim: nobody is expelled by a decision who was not told why, could not reply, or was not heard again after it. Method: the whole way
//! of one expulsion over the API, mail included, with every refusal on it; and one that an appeal stops.

use std::time::Duration;

use governance::id::ProposalId;
use serde_json::{Value, json};
use tests::app::TestApp;
use tests::person::Reply;

use super::world::{Hall, Insider};

fn expulsion(kind: &str, member: &Insider, reason: &str) -> Value {
    let act = json!({"action": "expel", "version": 1, "member": member.member, "reason": reason});
    json!({"kind": kind, "title": "Must she go?", "actions": [{"act": act}]})
}

async fn reply(hall: &Hall, who: &Insider, proposal: ProposalId) -> Reply {
    let body = json!({"reply": "The till was empty when I came."});
    who.person.post(&hall.about(proposal, "reply")).json(&body).send().await
}

async fn status(hall: &Hall, who: &Insider) -> Value {
    let path = hall.path(&format!("members/{}", who.member));
    hall.steward.person.get(&path).send().await.expect(200)["status"].clone()
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one story from the notice to the answered appeal")]
async fn whoever_would_be_expelled_is_told_heard_and_may_appeal() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 3).await;
    let [ada, bo] = [&hall.members[0], &hall.members[1]];
    let body = expulsion("motion", ada, "She took the till.");
    let refused = hall
        .steward
        .person
        .post(&hall.path("proposals"))
        .json(&body)
        .send()
        .await;
    let problem = refused.problem("action-refused");
    assert_eq!(problem["lacking"], json!(["reply_seconds", "contest_seconds"]));
    let draft = hall
        .draft(&hall.steward, &expulsion("expulsion", ada, "She took the till."))
        .await;
    let told = hall.step(&hall.steward, draft, "discussion").await.expect(200);
    let notice = &told["course"]["notices"][0];
    assert_eq!(
        (&notice["member"], &notice["grounds"]),
        (&json!(ada.member), &json!("She took the till."))
    );
    app.work().await;
    let problem = hall.open(draft).await.problem("step-refused");
    assert_eq!(problem["possible_at"], notice["reply_until"], "{problem}");
    reply(&hall, bo, draft).await.problem("not-found");
    let replied = reply(&hall, ada, draft).await.expect(200);
    assert_eq!(
        replied["course"]["notices"][0]["reply"],
        "The till was empty when I came."
    );
    reply(&hall, ada, draft).await.problem("step-refused");
    // Other grounds: another notice, and another reply.
    let version = hall.view(&hall.steward, draft).await["version"].as_u64().unwrap();
    let actions = expulsion("expulsion", ada, "She lost the key.")["actions"].clone();
    let edit = hall
        .steward
        .person
        .patch(&hall.about(draft, ""))
        .if_match(&format!("\"{version}\""));
    let edited = edit.json(&json!({"actions": actions})).send().await.expect(200);
    assert_eq!(edited["course"]["notices"][0]["reply"], Value::Null);
    hall.open(draft).await.problem("step-refused");
    let _ = reply(&hall, ada, draft).await.expect(200);
    let _ = hall.open(draft).await.expect(200);
    reply(&hall, ada, draft).await.problem("step-refused");
    hall.all_cast(draft, &[&[0], &[1], &[0], &[0]]).await;
    assert_eq!(hall.finish(&app, draft).await["outcome"], "passed");
    assert_eq!(status(&hall, ada).await, "active", "she may appeal first");
    // Even where she is suspended meanwhile.
    let path = hall.path(&format!("members/{}", ada.member));
    let etag = hall.steward.person.get(&path).send().await.etag().unwrap();
    let suspend = hall.steward.person.post(&format!("{path}/status")).if_match(&etag);
    let suspend = suspend.json(&json!({"status": "suspended", "reason": "until it is clear"}));
    let _ = suspend.send().await.expect(200);
    let appeal = json!({"reason": "Nobody asked the neighbour."});
    let appeal = ada
        .person
        .post(&hall.about(draft, "contests"))
        .json(&appeal)
        .send()
        .await
        .expect(200);
    assert_eq!(appeal["course"]["contests"][0]["is_appeal"], true);
    tokio::time::sleep(Duration::from_millis(9_000)).await;
    app.work().await;
    assert_eq!(status(&hall, ada).await, "suspended", "her appeal waits for an answer");
    let verdict = json!({"member": ada.member, "verdict": "dismissed", "reason": "I asked the neighbour."});
    let path = hall.about(draft, "contest-verdicts");
    let _ = hall.steward.person.post(&path).json(&verdict).send().await.expect(200);
    app.work().await;
    assert_eq!(hall.view(&hall.steward, draft).await["state"], "executed");
    let _ = hall.bundle(draft).await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_reply_has_had_the_time_to() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let cy = &hall.members[0];
    let other = hall
        .draft(&hall.steward, &expulsion("expulsion", cy, "He never came."))
        .await;
    let _ = hall.step(&hall.steward, other, "discussion").await.expect(200);
    hall.open(other).await.problem("step-refused");
    tokio::time::sleep(Duration::from_millis(4_000)).await;
    let _ = hall.open(other).await.expect(200);
    app.work().await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_steward_expelled_meanwhile_replies_no_more() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let ada = &hall.members[0];
    let draft = hall
        .draft(&hall.steward, &expulsion("expulsion", ada, "She took the till."))
        .await;
    let _ = hall.step(&hall.steward, draft, "discussion").await.expect(200);
    let path = hall.path(&format!("members/{}", ada.member));
    let etag = hall.steward.person.get(&path).send().await.etag().unwrap();
    let expel = hall.steward.person.post(&format!("{path}/status")).if_match(&etag);
    let expel = expel.json(&json!({"status": "expelled", "reason": "She left with it."}));
    let _ = expel.send().await.expect(200);
    // The membership is over, and with it what it gave.
    reply(&hall, ada, draft).await.problem("not-found");
    let view = hall.view(&hall.steward, draft).await;
    assert_eq!(view["course"]["notices"][0]["reply"], Value::Null);
    // What is decided then meets the obstacle that nobody is left to expel.
    tokio::time::sleep(Duration::from_millis(3_500)).await;
    let _ = hall.open(draft).await.expect(200);
    let _ = hall.cast(&hall.steward, draft, 1, &[0]).await.expect(201);
    assert_eq!(hall.finish(&app, draft).await["outcome"], "passed");
    tokio::time::sleep(Duration::from_millis(9_000)).await;
    app.work().await;
    let view = hall.view(&hall.steward, draft).await;
    assert_eq!(view["state"], "execution_failed", "{view}");
    app.finish().await;
}
