//! Halting by decision.
//!
//! Aim: the members halt their co-op for longer than an office may, and end any halt, since a halt never keeps them from ending it.
//! Method: a decided halt, a decision that waits behind it, and a decision to end it that is opened and done while it lasts.

use governance::id::ProposalId;
use serde_json::{Value, json};
use server::services::execution::{CarryReport, carry_out};
use tests::app::TestApp;

use super::world::Hall;

fn motion_with(act: &Value) -> Value {
    json!({"kind": "motion", "title": "Let it be done", "actions": [{"act": act}]})
}

async fn carried(app: &TestApp, hall: &Hall, act: &Value) -> ProposalId {
    let proposal = hall.opened(&motion_with(act)).await;
    hall.all_cast(proposal, &[&[0], &[0]]).await;
    assert_eq!(hall.finish(app, proposal).await["outcome"], "passed");
    proposal
}

#[tokio::test(flavor = "multi_thread")]
async fn the_members_halt_their_co_op_and_end_the_halt_in_spite_of_it() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let act = |days: u64| json!({"action": "halt", "version": 1, "days": days, "reason": "We look at the books."});
    for days in [0, 91] {
        let refused = hall
            .steward
            .person
            .post(&hall.path("proposals"))
            .json(&motion_with(&act(days)));
        refused.send().await.problem("action-refused");
    }
    let halt = carried(&app, &hall, &act(60)).await;
    assert_eq!(hall.view(&hall.steward, halt).await["state"], "executed");
    let coop = hall
        .steward
        .person
        .get(&format!("coops/{}", hall.coop))
        .send()
        .await
        .expect(200);
    let shown = &coop["halt"];
    assert_eq!((&shown["by"], &shown["by_proposal"]), (&Value::Null, &json!(halt)));
    // What the members decided no steward undoes.
    let alone = hall.steward.person.delete(&hall.path("halts/current"));
    let alone = alone.json(&json!({"reason": "I looked at them."}));
    alone.send().await.problem("halt-refused");
    // Nothing else is opened while it lasts; what would end it is, and is done.
    let other = hall.draft(&hall.steward, &super::world::motion()).await;
    let _ = hall.step(&hall.steward, other, "discussion").await.expect(200);
    hall.open(other).await.problem("coop-halted");
    let beside = json!({"kind": "motion", "title": "More", "actions": [
        {"act": {"action": "end_halt", "version": 1, "reason": "It is done."}}, {"act": act(1)}]});
    let beside = hall.draft(&hall.steward, &beside).await;
    let _ = hall.step(&hall.steward, beside, "discussion").await.expect(200);
    hall.open(beside).await.problem("coop-halted");
    let end = json!({"action": "end_halt", "version": 1, "reason": "The books are right."});
    let ended = carried(&app, &hall, &end).await;
    assert_eq!(hall.view(&hall.steward, ended).await["state"], "executed");
    let halts = hall.steward.person.get(&hall.path("halts")).send().await.expect(200);
    let row = &halts["items"][0];
    assert_eq!(
        (&row["ended_by_proposal"], &row["is_in_force"]),
        (&json!(ended), &json!(false))
    );
    // There is nothing left to end.
    let again = carried(&app, &hall, &end).await;
    let view = hall.view(&hall.steward, again).await;
    assert_eq!(view["state"], "execution_failed");
    assert_eq!(
        view["course"]["attempts"][0]["reason"],
        "the co-op is not halted any more"
    );
    let _ = carry_out(&app.app, hall.coop, again).await.unwrap();
    let _ = hall.open(other).await.expect(200);
    app.work().await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_halt_that_the_members_refuse_halts_nothing_nor_does_the_database_take_one_that_nobody_decided() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let act = json!({"action": "halt", "version": 1, "days": 60, "reason": "We look at the books."});
    let refused = hall.opened(&motion_with(&act)).await;
    hall.all_cast(refused, &[&[1], &[1]]).await;
    assert_eq!(hall.finish(&app, refused).await["outcome"], "rejected");
    let report = carry_out(&app.app, hall.coop, refused).await.unwrap();
    assert_eq!(report, CarryReport::Done);
    let coop = format!("coops/{}", hall.coop);
    assert_eq!(
        hall.steward.person.get(&coop).send().await.expect(200)["halt"],
        Value::Null
    );
    let client = app.database.superuser().await;
    let insert = |proposal: &str, actor: &str, days: u8| {
        format!(
            "INSERT INTO halt (coop_id, number, began_at, until, reason, actor_id, proposal_id, recorded_by)
             SELECT '{}', 9, at, at + interval '{days} days', 'so', {actor}, {proposal}, 'nobody'
             FROM date_trunc('second', now()) AS at",
            hall.coop
        )
    };
    let (proposal, actor) = (format!("'{refused}'"), format!("'{}'", hall.steward.member));
    for (statement, refusal) in [
        (insert(&proposal, "NULL", 60), "only a decision that was carried"),
        (insert("NULL", "NULL", 7), "halt_is_of_somebody_or_decided"),
        (insert("NULL", &actor, 8), "halt_lasts_as_long_as_it_may"),
    ] {
        let error = client.batch_execute(&statement).await.unwrap_err();
        let told = error.as_db_error().unwrap().message().to_owned();
        assert!(told.contains(refusal), "{statement}: {told}");
    }
    app.finish().await;
}
