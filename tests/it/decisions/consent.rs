//! Aim: an objection in a vote by consent goes its way from raised to what became of it, each step taken by whom it belongs to, and the
//! count follows. Method: whole decisions over HTTP; every party tries every step that is not its own, and the bundle is audited.

use governance::id::ProposalId;
use serde_json::{Value, json};
use tests::app::TestApp;
use tests::person::Reply;
use tests::voter::random_word;

use super::world::{Hall, Insider, section};

/// Voting by consent is open.
async fn opened(hall: &Hall, secrecy: &str) -> ProposalId {
    hall.opened(&json!({"kind": "consent", "title": "Shall we move the looms?", "secrecy": secrecy}))
        .await
}

/// Objects with a reason; the hash of the ballot.
async fn object(hall: &Hall, who: &Insider, proposal: ProposalId, revision: u64) -> String {
    let body = json!({"revision": revision, "options": [2], "points": [1], "salt": random_word(), "reason": "The floor is weak."});
    let stored = who
        .person
        .post(&hall.about(proposal, "ballots"))
        .json(&body)
        .send()
        .await
        .expect(201);
    stored["record_hash"].as_str().unwrap().to_owned()
}

async fn take(hall: &Hall, who: &Insider, proposal: ProposalId, body: Value) -> Reply {
    let path = hall.about(proposal, "consent-objections");
    who.person.post(&path).json(&body).send().await
}

async fn listed(hall: &Hall, who: &Insider, proposal: ProposalId) -> Reply {
    who.person.get(&hall.about(proposal, "consent-objections")).send().await
}

fn step(ballot: &str, step: &str) -> Value {
    json!({"ballot": ballot, "step": step})
}

fn because(ballot: &str, step: &str) -> Value {
    json!({"ballot": ballot, "step": step, "reason": "It was mended."})
}

#[actix_web::test]
async fn an_objection_is_judged_appealed_and_withdrawn_by_whom_each_step_belongs_to_and_then_blocks_nothing() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 3).await;
    let (objector, other) = (&hall.members[0], &hall.members[1]);
    let proposal = opened(&hall, "open").await;
    let ballot = object(&hall, objector, proposal, 1).await;
    let raised = listed(&hall, other, proposal).await.expect(200);
    assert_eq!(raised["items"][0]["state"], "raised");
    assert_eq!(raised["items"][0]["blocks"], true);
    assert_eq!(raised["items"][0]["reason"], "The floor is weak.");
    assert_eq!(raised["items"][0]["display_name"], "Member 1");

    for (who, body, status) in [
        (other, step(&ballot, "accept"), 403),
        (objector, because(&ballot, "dismiss"), 403),
        (other, step(&ballot, "withdraw"), 403),
        (&hall.steward, step(&ballot, "dismiss"), 422),
        (&hall.steward, step(&ballot, "leave_standing"), 409),
        (&hall.steward, step(&random_word().to_string(), "accept"), 404),
        (other, because(&ballot, "appeal"), 409),
    ] {
        let refused = take(&hall, who, proposal, body.clone()).await;
        assert_eq!(refused.status, status, "{body}");
    }
    let dismissed = take(&hall, &hall.steward, proposal, because(&ballot, "dismiss"))
        .await
        .expect(200);
    assert_eq!(
        (&dismissed["state"], &dismissed["blocks"]),
        (&json!("dismissed"), &json!(false))
    );
    assert_eq!(
        take(&hall, objector, proposal, because(&ballot, "appeal")).await.status,
        403
    );
    let appealed = take(&hall, other, proposal, because(&ballot, "appeal"))
        .await
        .expect(200);
    assert_eq!(
        (&appealed["state"], &appealed["blocks"]),
        (&json!("accepted"), &json!(true))
    );
    let frozen = take(&hall, &hall.steward, proposal, step(&ballot, "integrate"))
        .await
        .expect(409);
    assert_eq!(frozen["type"], "/problems/step-refused");
    let withdrawn = take(&hall, objector, proposal, step(&ballot, "withdraw"))
        .await
        .expect(200);
    let steps: Vec<&Value> = withdrawn["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| &step["step"])
        .collect();
    assert_eq!(steps, ["dismiss", "appeal", "withdraw"]);

    for (who, option) in [(&hall.steward, 0), (other, 0), (&hall.members[2], 1)] {
        let _ = hall.cast(who, proposal, 1, &[option]).await.expect(201);
    }
    let tally = hall.finish(&app, proposal).await;
    assert_eq!(tally["outcome"], "passed");
    assert_eq!(
        tally["record"]["counts"],
        json!(["2", "1", "0", "0", "0", "0", "1", "0"])
    );
    let late = take(&hall, &hall.steward, proposal, step(&ballot, "accept")).await;
    assert_eq!(late.expect(409)["type"], "/problems/voting-closed");
    let bundle = hall.bundle(proposal).await;
    let judged = section(&bundle, "event")
        .into_iter()
        .filter(|line| line["record"]["kind"] == 82);
    assert_eq!(judged.count(), 3);
    app.finish().await;
}

#[actix_web::test]
async fn what_is_not_resolved_when_voting_ends_stands_and_a_new_ballot_objects_anew() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 3).await;
    let objector = &hall.members[0];
    // Judged or not, and left standing, it blocks.
    for steps in [&[][..], &["accept"], &["accept", "leave_standing"]] {
        let proposal = opened(&hall, "open").await;
        let ballot = object(&hall, objector, proposal, 1).await;
        for name in steps {
            let _ = take(&hall, &hall.steward, proposal, step(&ballot, name))
                .await
                .expect(200);
        }
        for who in [&hall.steward, &hall.members[1], &hall.members[2]] {
            let _ = hall.cast(who, proposal, 1, &[0]).await.expect(201);
        }
        assert_eq!(hall.finish(&app, proposal).await["outcome"], "rejected", "{steps:?}");
    }
    let proposal = opened(&hall, "open").await;
    let first = object(&hall, objector, proposal, 1).await;
    let _ = take(&hall, &hall.steward, proposal, because(&first, "dismiss"))
        .await
        .expect(200);
    let second = object(&hall, objector, proposal, 2).await;
    let list = listed(&hall, objector, proposal).await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&list["items"][0]["ballot"], &list["items"][0]["state"]),
        (&json!(second), &json!("raised"))
    );
    let replaced = take(&hall, objector, proposal, step(&first, "withdraw")).await;
    assert_eq!(replaced.status, 404);
    for who in [&hall.steward, &hall.members[1], &hall.members[2]] {
        let _ = hall.cast(who, proposal, 1, &[0]).await.expect(201);
    }
    let tally = hall.finish(&app, proposal).await;
    assert_eq!(
        (&tally["outcome"], &tally["record"]["counts"]),
        (&json!("rejected"), &json!(["3", "0", "1", "0", "0", "0", "0", "0"]))
    );
    app.finish().await;
}

#[actix_web::test]
async fn objections_under_pseudonyms_name_nobody_and_sealed_ones_are_not_told_before_the_count() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 3).await;
    let objector = &hall.members[0];
    let everyone = [&hall.steward, &hall.members[1], &hall.members[2]];

    let veiled = opened(&hall, "pseudonymous").await;
    let ballot = object(&hall, objector, veiled, 1).await;
    let list = listed(&hall, &hall.steward, veiled).await.expect(200);
    assert_eq!(
        (&list["items"][0]["member"], &list["items"][0]["display_name"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(list["items"][0]["ballot"], json!(ballot));
    // Who withdraws shows whose it was.
    let own = take(&hall, objector, veiled, step(&ballot, "withdraw")).await;
    assert_eq!(own.expect(409)["type"], "/problems/step-refused");
    let _ = take(&hall, &hall.steward, veiled, because(&ballot, "dismiss"))
        .await
        .expect(200);

    let sealed = opened(&hall, "sealed").await;
    let hidden = object(&hall, objector, sealed, 1).await;
    assert_eq!(listed(&hall, &hall.steward, sealed).await.status, 409);
    let blind = take(&hall, &hall.steward, sealed, step(&hidden, "accept")).await;
    assert_eq!(blind.status, 409);

    for (proposal, outcome) in [(veiled, "passed"), (sealed, "rejected")] {
        for who in everyone {
            let _ = hall.cast(who, proposal, 1, &[0]).await.expect(201);
        }
        assert_eq!(hall.finish(&app, proposal).await["outcome"], outcome);
    }
    let opened = listed(&hall, &hall.steward, sealed).await.expect(200);
    assert_eq!(opened["items"][0]["display_name"], "Member 1");
    app.finish().await;
}

#[actix_web::test]
async fn where_the_rule_asks_for_two_appeals_one_leaves_an_objection_dismissed() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 3).await;
    for (appeals, outcome) in [(1, "passed"), (2, "rejected")] {
        let body = json!({"kind": "appeals", "title": "Shall we move the looms?"});
        let proposal = hall.opened(&body).await;
        let ballot = object(&hall, &hall.members[0], proposal, 1).await;
        let dismissed = take(&hall, &hall.steward, proposal, because(&ballot, "dismiss")).await;
        let _ = dismissed.expect(200);
        let first = take(&hall, &hall.members[1], proposal, because(&ballot, "appeal")).await;
        let first = first.expect(200);
        assert_eq!(
            (&first["state"], &first["blocks"]),
            (&json!("dismissed"), &json!(false))
        );
        let again = take(&hall, &hall.members[1], proposal, because(&ballot, "appeal")).await;
        let again = again.expect(409);
        assert!(
            again["detail"]
                .as_str()
                .unwrap()
                .contains("appealed against this dismissal already")
        );
        if appeals == 2 {
            let second = take(&hall, &hall.members[2], proposal, because(&ballot, "appeal")).await;
            assert_eq!(second.expect(200)["state"], "accepted");
        }
        for who in [&hall.steward, &hall.members[1], &hall.members[2]] {
            let _ = hall.cast(who, proposal, 1, &[0]).await.expect(201);
        }
        assert_eq!(hall.finish(&app, proposal).await["outcome"], outcome);
    }
    app.finish().await;
}
