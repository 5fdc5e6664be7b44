//! Aim: what waits to be executed expires when its time is over, and does not happen while the co-op is halted; decisions admit and
//! reinstate. Method: whole stories over the API, with times of seconds in the bylaws and the worker's jobs run by hand.

use std::time::Duration;

use governance::bylaws::Bylaws;
use governance::id::ProposalId;
use governance::membership::Class;
use serde_json::{Value, json};
use server::services::counting::count_closed;
use server::services::execution::carry_out;
use tests::app::TestApp;

use super::world::{Hall, Insider, quick_bylaws};

fn motion_with(actions: Value) -> Value {
    json!({"kind": "motion", "title": "Let it be done", "actions": actions})
}

fn office(action: &str, member: &Insider, role: &str) -> Value {
    let member = member.member;
    json!({"act": {"action": action, "version": 1, "member": member, "role": role, "reason": "decided"}})
}

/// Everybody says yes; the result is published, and what is due after it is done.
async fn carried(app: &TestApp, hall: &Hall, actions: Value) -> ProposalId {
    let proposal = hall.opened(&motion_with(actions)).await;
    let yes = vec![&[0_u16][..]; hall.members.len() + 1];
    hall.all_cast(proposal, &yes).await;
    assert_eq!(hall.finish(app, proposal).await["outcome"], "passed");
    proposal
}

/// The same, but nothing is done beyond the count: no worker comes by.
async fn counted(app: &TestApp, hall: &Hall, actions: Value) -> ProposalId {
    let proposal = hall.opened(&motion_with(actions)).await;
    let yes = vec![&[0_u16][..]; hall.members.len() + 1];
    hall.all_cast(proposal, &yes).await;
    let _ = hall.step(&hall.steward, proposal, "closing").await.expect(200);
    let report = count_closed(&app.app, hall.coop, proposal).await;
    assert!(report.is_ok(), "{report:?}");
    assert_eq!(state(hall, proposal).await, "queued");
    proposal
}

/// From now on motions wait a second, and then there are so many seconds to execute them.
async fn let_motions_wait(app: &TestApp, hall: &Hall, execution_seconds: u64) {
    let mut bylaws: Bylaws = serde_json::from_value(quick_bylaws()).unwrap();
    let kind = bylaws.kinds.get_mut("motion").unwrap();
    (kind.timelock_seconds, kind.execution_seconds) = (1, execution_seconds);
    let amend = json!([{"act": {"action": "amend_bylaws", "version": 1, "replaces": 1, "bylaws": bylaws}}]);
    let proposal = carried(app, hall, amend).await;
    assert_eq!(state(hall, proposal).await, "executed");
}

/// Looks after a proposal again and again until it stands so.
async fn looked_after_until(app: &TestApp, hall: &Hall, proposal: ProposalId, wanted: &str) {
    for _ in 0..600 {
        let report = carry_out(&app.app, hall.coop, proposal).await;
        assert!(report.is_ok(), "{report:?}");
        if state(hall, proposal).await == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("never {wanted}");
}

async fn state(hall: &Hall, proposal: ProposalId) -> String {
    let view = hall.view(&hall.steward, proposal).await;
    view["state"].as_str().unwrap().to_owned()
}

async fn roles(hall: &Hall, who: &Insider) -> Value {
    let path = hall.path(&format!("members/{}", who.member));
    hall.steward.person.get(&path).send().await.expect(200)["roles"].clone()
}

#[actix_web::test]
async fn what_was_not_executed_in_its_time_expires_and_never_happens() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let one = &hall.members[0];
    let_motions_wait(&app, &hall, 8).await;
    let missed = counted(&app, &hall, json!([office("grant_role", one, "auditor")])).await;
    // Nor does what failed wait for ever for its obstacle to go.
    let failed = counted(&app, &hall, json!([office("end_role", one, "treasurer")])).await;
    looked_after_until(&app, &hall, failed, "execution_failed").await;
    looked_after_until(&app, &hall, failed, "expired").await;
    // Nobody came by this one before, and its time was over first.
    let _ = carry_out(&app.app, hall.coop, missed).await.unwrap();
    assert_eq!(state(&hall, missed).await, "expired");
    assert_eq!(roles(&hall, one).await, json!([]));
    for proposal in [missed, failed] {
        let late = hall.step(&hall.steward, proposal, "execution").await;
        assert_eq!(late.expect(409)["type"], "/problems/step-refused");
    }
    app.work().await;
    app.finish().await;
}

async fn halt(hall: &Hall) {
    let body = json!({"reason": "The count looks wrong.", "days": 1});
    let begun = hall.steward.person.post(&hall.path("halts")).json(&body).send().await;
    let _ = begun.expect(201);
}

async fn resume(hall: &Hall) {
    let request = hall.steward.person.delete(&hall.path("halts/current"));
    let _ = request.json(&json!({"reason": "It was not."})).send().await.expect(200);
}

/// Waits until what is queued may be executed, by the clock of the database.
async fn timelock_over(app: &TestApp, proposal: ProposalId) {
    let client = app.database.superuser().await;
    let query = "SELECT execute_after <= clock_timestamp() FROM proposal WHERE id = $1";
    while !client
        .query_one(query, &[&proposal.uuid()])
        .await
        .unwrap()
        .get::<_, bool>(0)
    {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[actix_web::test]
async fn what_is_queued_waits_for_the_end_of_a_halt() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let one = &hall.members[0];
    let_motions_wait(&app, &hall, 3_600).await;
    let proposal = counted(&app, &hall, json!([office("grant_role", one, "auditor")])).await;
    halt(&hall).await;
    timelock_over(&app, proposal).await;
    app.work().await;
    let again = carry_out(&app.app, hall.coop, proposal).await;
    assert!(again.is_ok(), "{again:?}");
    assert_eq!(state(&hall, proposal).await, "queued");
    assert_eq!(roles(&hall, one).await, json!([]));
    hall.step(&hall.steward, proposal, "execution")
        .await
        .problem("coop-halted");
    resume(&hall).await;
    let _ = carry_out(&app.app, hall.coop, proposal).await.unwrap();
    assert_eq!(state(&hall, proposal).await, "executed");
    assert_eq!(roles(&hall, one).await, json!(["auditor"]));
    app.work().await;
    app.finish().await;
}

#[actix_web::test]
async fn a_halt_does_not_lengthen_the_time_to_execute() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let one = &hall.members[0];
    let_motions_wait(&app, &hall, 1).await;
    let proposal = counted(&app, &hall, json!([office("grant_role", one, "auditor")])).await;
    halt(&hall).await;
    looked_after_until(&app, &hall, proposal, "expired").await;
    resume(&hall).await;
    let _ = carry_out(&app.app, hall.coop, proposal).await.unwrap();
    assert_eq!(
        (state(&hall, proposal).await.as_str(), roles(&hall, one).await),
        ("expired", json!([]))
    );
    app.work().await;
    app.finish().await;
}

async fn applied(app: &TestApp, hall: &Hall, name: &str) -> (tests::person::Person, Value) {
    let person = app.person(name).await;
    let body = json!({"display_name": name, "statement": "I weave."});
    let made = person.post(&hall.path("applications")).json(&body).send().await;
    let id = made.expect(201)["id"].clone();
    (person, id)
}

#[actix_web::test]
async fn a_decision_admits_whoever_applied_and_nobody_who_came_in_otherwise() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let (ada, of_ada) = applied(&app, &hall, "Ada").await;
    let admit = |application: &Value, class: &str| json!([{"act": {"action": "admit", "version": 1, "application": application, "class": class}}]);
    let proposal = hall.draft(&hall.steward, &motion_with(admit(&of_ada, "user"))).await;
    let preview = hall
        .steward
        .person
        .get(&hall.about(proposal, "preview"))
        .send()
        .await
        .expect(200);
    assert_eq!(
        preview["actions"][0]["changes"][0]["change"], "member_admitted",
        "{preview}"
    );
    let _ = hall.step(&hall.steward, proposal, "discussion").await.expect(200);
    let _ = hall.open(proposal).await.expect(200);
    hall.all_cast(proposal, &[&[0], &[0]]).await;
    let _ = hall.finish(&app, proposal).await;
    assert_eq!(state(&hall, proposal).await, "executed");
    let me = ada.get(&format!("coops/{}", hall.coop)).send().await.expect(200)["me"].clone();
    assert_eq!((&me["class"], &me["status"]), (&json!("user"), &json!("active")));
    let ada = Insider {
        person: ada,
        member: me["id"].as_str().unwrap().parse().unwrap(),
    };
    // The steward was faster with the next one: the decision finds nothing to admit, and says so.
    let (_, of_bob) = applied(&app, &hall, "Bob").await;
    let second = hall.opened(&motion_with(admit(&of_bob, "worker"))).await;
    let path = hall.path(&format!("applications/{}/decision", of_bob.as_str().unwrap()));
    let decided = json!({"decision": "admitted", "class": "supporter"});
    let _ = hall.steward.person.post(&path).json(&decided).send().await.expect(200);
    // Ada is on this roll.
    let _ = hall.cast(&ada, second, 1, &[0]).await.expect(201);
    hall.all_cast(second, &[&[0], &[0]]).await;
    let _ = hall.finish(&app, second).await;
    let view = hall.view(&hall.steward, second).await;
    assert_eq!(view["state"], "execution_failed", "{view}");
    assert!(
        view["course"]["attempts"][0]["reason"]
            .as_str()
            .unwrap()
            .contains("not waiting any more")
    );
    app.finish().await;
}

#[actix_web::test]
async fn a_decision_suspends_and_another_one_reinstates_once() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let one = hall.join(&app, "Observer", Class::Observer, &[]).await;
    let about =
        |action: &str| json!([{"act": {"action": action, "version": 1, "member": one.member, "reason": "decided"}}]);
    let status = || async {
        let path = hall.path(&format!("members/{}", one.member));
        hall.steward.person.get(&path).send().await.expect(200)["status"].clone()
    };
    let early = carried(&app, &hall, about("reinstate")).await;
    assert_eq!(state(&hall, early).await, "execution_failed");
    let suspended = carried(&app, &hall, about("suspend")).await;
    assert_eq!(
        (state(&hall, suspended).await.as_str(), status().await),
        ("executed", json!("suspended"))
    );
    let back = carried(&app, &hall, about("reinstate")).await;
    assert_eq!(
        (state(&hall, back).await.as_str(), status().await),
        ("executed", json!("active"))
    );
    let twice = carried(&app, &hall, about("reinstate")).await;
    assert_eq!(state(&hall, twice).await, "execution_failed");
    assert_eq!(status().await, json!("active"));
    app.finish().await;
}
