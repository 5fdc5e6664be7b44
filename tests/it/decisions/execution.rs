//! Decisions that change the co-op by themselves.
//!
//! Aim: what was carried happens once, all of it or nothing, when its time has come, and everybody can see why. Method: whole stories
//! over the API with the worker's jobs run by hand, two workers at once, and bylaws, objections and sponsors that stand in the way.

use governance::bylaws::Bylaws;
use governance::membership::Class;
use serde_json::{Value, json};
use server::services::execution::carry_out;
use tests::app::TestApp;

use super::world::{Hall, Insider, quick_bylaws};

/// A motion with these actions.
fn motion_with(kind: &str, actions: Value) -> Value {
    json!({"kind": kind, "title": "Let it be done", "actions": actions})
}

fn about(action: &str, member: &Insider) -> Value {
    json!({"act": {"action": action, "version": 1, "member": member.member, "reason": "decided"}})
}

fn office(action: &str, member: &Insider, role: &str) -> Value {
    let member = member.member;
    json!({"act": {"action": action, "version": 1, "member": member, "role": role, "reason": "decided"}})
}

/// Everybody says yes; the result is published, and what is due after it is done.
async fn carried(app: &TestApp, hall: &Hall, body: &Value) -> governance::id::ProposalId {
    let proposal = hall.opened(body).await;
    let yes = vec![&[0_u16][..]; hall.members.len() + 1];
    hall.all_cast(proposal, &yes).await;
    let tally = hall.finish(app, proposal).await;
    assert_eq!(tally["outcome"], "passed");
    proposal
}

async fn roles(hall: &Hall, who: &Insider) -> Value {
    let path = hall.path(&format!("members/{}", who.member));
    hall.steward.person.get(&path).send().await.expect(200)["roles"].clone()
}

#[actix_web::test]
async fn an_election_seats_three_treasurers() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 4).await;
    let _ = carried(
        &app,
        &hall,
        &motion_with("motion", json!([office("grant_role", &hall.members[3], "treasurer")])),
    )
    .await;
    assert_eq!(roles(&hall, &hall.members[3]).await, json!(["treasurer"]));
    let candidates: Vec<_> = hall.members.iter().map(|one| one.member).collect();
    let body = json!({"kind": "election", "title": "Who keeps the money?", "options": ["Ada", "Bo", "Cy", "Di"], "seats": 3,
        "actions": [{"act": {"action": "seat_winners", "version": 1, "role": "treasurer", "candidates": candidates}}]});
    let proposal = hall.opened(&body).await;
    let preview = hall
        .steward
        .person
        .get(&hall.about(proposal, "preview"))
        .send()
        .await
        .expect(200);
    assert_eq!(preview["actions"][0]["changes"][0]["change"], "role_contested");
    assert_eq!(
        preview["actions"][0]["changes"][0]["holders"],
        json!([hall.members[3].member])
    );
    hall.all_cast(proposal, &[&[0, 1, 2], &[0, 1], &[1, 2], &[2, 0], &[0]])
        .await;
    let _ = hall.finish(&app, proposal).await;
    let view = hall.view(&hall.steward, proposal).await;
    assert_eq!(view["state"], "executed", "{view}");
    for winner in &hall.members[..3] {
        assert_eq!(roles(&hall, winner).await, json!(["treasurer"]));
    }
    assert_eq!(roles(&hall, &hall.members[3]).await, json!([]));
    let lines = hall.bundle(proposal).await;
    let asked: Vec<&Value> = super::world::section(&lines, "proposal");
    assert_eq!(asked[0]["actions"][0]["act"]["role"], "treasurer");
    app.finish().await;
}

#[actix_web::test]
async fn an_amendment_waits_for_its_timelock_and_only_later_proposals_follow_it() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let mut bylaws: Bylaws = serde_json::from_value(quick_bylaws()).unwrap();
    bylaws.kinds.get_mut("motion").unwrap().timelock_seconds = 5;
    let amend = |replaces: u64, bylaws: &Bylaws| json!([{"act": {"action": "amend_bylaws", "version": 1, "replaces": replaces, "bylaws": bylaws}}]);
    let first = carried(&app, &hall, &motion_with("motion", amend(1, &bylaws))).await;
    assert_eq!(hall.view(&hall.steward, first).await["state"], "executed");
    let running = hall.draft(&hall.steward, &super::world::motion()).await;
    bylaws.kinds.get_mut("motion").unwrap().timelock_seconds = 0;
    let second = carried(&app, &hall, &motion_with("motion", amend(2, &bylaws))).await;
    assert_eq!(hall.view(&hall.steward, second).await["state"], "queued");
    let early = hall.step(&hall.steward, second, "execution").await;
    assert_eq!(early.expect(409)["type"], "/problems/step-refused");
    tokio::time::sleep(std::time::Duration::from_millis(5_500)).await;
    app.work().await;
    assert_eq!(hall.view(&hall.steward, second).await["state"], "executed");
    let in_force = hall.steward.person.get(&hall.path("bylaws")).send().await.expect(200);
    assert_eq!(in_force["version"], 3);
    let later = hall.draft(&hall.steward, &super::world::motion()).await;
    assert_eq!(hall.view(&hall.steward, running).await["bylaws_version"], 2);
    assert_eq!(hall.view(&hall.steward, later).await["bylaws_version"], 3);
    app.finish().await;
}

#[actix_web::test]
async fn what_cannot_be_executed_fails_whole_and_succeeds_once_the_obstacle_is_gone() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 2).await;
    let (one, two) = (&hall.members[0], &hall.members[1]);
    let actions = json!([
        about("suspend", one),
        office("grant_role", two, "auditor"),
        office("end_role", one, "treasurer")
    ]);
    let proposal = carried(&app, &hall, &motion_with("motion", actions)).await;
    let view = hall.view(&hall.steward, proposal).await;
    assert_eq!(view["state"], "execution_failed", "{view}");
    let reason = view["course"]["attempts"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("treasurer"), "{reason}");
    // Nothing of it was done, and trying again changes nothing while the obstacle stands.
    assert_eq!(roles(&hall, two).await, json!([]));
    let again = hall.step(&hall.steward, proposal, "execution").await;
    assert_eq!(again.expect(409)["type"], "/problems/execution-failed");
    let plain = hall.step(two, proposal, "execution").await;
    assert_eq!(plain.status, 403);
    app.finish().await;
}

#[actix_web::test]
async fn a_steward_tries_again_once_the_obstacle_is_gone() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 2).await;
    let one = &hall.members[0];
    let proposal = hall
        .opened(&motion_with("motion", json!([office("grant_role", one, "auditor")])))
        .await;
    hall.all_cast(proposal, &[&[0], &[0], &[0]]).await;
    let suspend = json!({"status": "suspended", "reason": "for a moment"});
    let path = hall.path(&format!("members/{}/status", one.member));
    let etag = hall
        .steward
        .person
        .get(&hall.path(&format!("members/{}", one.member)))
        .send()
        .await
        .etag()
        .unwrap();
    let _ = hall
        .steward
        .person
        .post(&path)
        .if_match(&etag)
        .json(&suspend)
        .send()
        .await
        .expect(200);
    let _ = hall.finish(&app, proposal).await;
    assert_eq!(hall.view(&hall.steward, proposal).await["state"], "execution_failed");
    let etag = hall
        .steward
        .person
        .get(&hall.path(&format!("members/{}", one.member)))
        .send()
        .await
        .etag()
        .unwrap();
    let back = json!({"status": "active", "reason": "over"});
    let _ = hall
        .steward
        .person
        .post(&path)
        .if_match(&etag)
        .json(&back)
        .send()
        .await
        .expect(200);
    let done = hall.step(&hall.steward, proposal, "execution").await.expect(200);
    assert_eq!(done["state"], "executed");
    assert_eq!(done["course"]["attempts"].as_array().unwrap().len(), 2);
    assert_eq!(roles(&hall, one).await, json!(["auditor"]));
    let twice = hall.step(&hall.steward, proposal, "execution").await;
    assert_eq!(twice.expect(409)["state"], "executed");
    app.finish().await;
}

#[actix_web::test]
async fn two_workers_execute_it_once() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let mut bylaws: Bylaws = serde_json::from_value(quick_bylaws()).unwrap();
    bylaws.kinds.get_mut("motion").unwrap().timelock_seconds = 5;
    let amend = json!([{"act": {"action": "amend_bylaws", "version": 1, "replaces": 1, "bylaws": bylaws}}]);
    let _ = carried(&app, &hall, &motion_with("motion", amend)).await;
    let one = &hall.members[0];
    let proposal = carried(
        &app,
        &hall,
        &motion_with("motion", json!([office("grant_role", one, "auditor")])),
    )
    .await;
    assert_eq!(hall.view(&hall.steward, proposal).await["state"], "queued");
    tokio::time::sleep(std::time::Duration::from_millis(5_500)).await;
    let work = || carry_out(&app.app, hall.coop, proposal);
    let (first, second, third) = tokio::join!(work(), work(), work());
    for report in [first, second, third] {
        assert!(report.is_ok(), "{report:?}");
    }
    assert_eq!(hall.view(&hall.steward, proposal).await["state"], "executed");
    app.work().await;
    app.finish().await;
}

#[actix_web::test]
async fn sponsors_come_before_the_discussion_and_objections_stop_what_was_carried() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 2).await;
    let mut bylaws: Bylaws = serde_json::from_value(quick_bylaws()).unwrap();
    let kind = bylaws.kinds.get_mut("motion").unwrap();
    (kind.sponsors, kind.objection_seconds, kind.objectors) = (1, 3_600, 2);
    let amend = json!([{"act": {"action": "amend_bylaws", "version": 1, "replaces": 1, "bylaws": bylaws}}]);
    let _ = carried(&app, &hall, &motion_with("motion", amend)).await;
    let (one, two) = (&hall.members[0], &hall.members[1]);
    let proposal = hall
        .draft(&hall.steward, &motion_with("motion", json!([about("suspend", one)])))
        .await;
    let submitted = hall.step(&hall.steward, proposal, "discussion").await.expect(200);
    assert_eq!(submitted["state"], "admission");
    assert_eq!(
        hall.step(&hall.steward, proposal, "sponsors").await.expect(409)["type"],
        "/problems/step-refused"
    );
    let sponsored = hall.step(two, proposal, "sponsors").await.expect(200);
    assert_eq!(sponsored["state"], "discussion");
    assert_eq!(sponsored["course"]["sponsors"][0]["member"], json!(two.member));
    let _ = hall.open(proposal).await.expect(200);
    hall.all_cast(proposal, &[&[0], &[1], &[0]]).await;
    let _ = hall.finish(&app, proposal).await;
    assert_eq!(hall.view(one, proposal).await["state"], "objection");
    let late = hall.join(&app, "Late", Class::Worker, &[]).await;
    let object = |who: &Insider| {
        let body = json!({"reason": "nobody heard the other side"});
        who.person.post(&hall.about(proposal, "objections")).json(&body)
    };
    assert_eq!(object(&late).send().await.status, 403);
    assert_eq!(object(one).send().await.expect(200)["state"], "objection");
    assert_eq!(object(one).send().await.expect(200)["state"], "objection");
    let stopped = object(two).send().await.expect(200);
    assert_eq!(stopped["state"], "rejected");
    assert!(stopped["end_reason"].as_str().unwrap().contains("nobody heard"));
    app.work().await;
    app.finish().await;
}
