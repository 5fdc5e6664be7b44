//! Aim: the whole life of a motion, as its members see it. Method: over HTTP, step by step.

use governance::id::ProposalId;
use serde_json::{Value, json};
use tests::app::TestApp;

use super::world::{Hall, motion, section};

const YES: &[u16] = &[0];
const NO: &[u16] = &[1];
const ABSTAIN: &[u16] = &[2];

#[tokio::test(flavor = "multi_thread")]
async fn a_motion_is_drafted_discussed_voted_on_counted_and_proved() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 4).await;
    let proposal = drafted_and_discussed(&hall).await;
    opened_and_voted_on(&hall, proposal).await;
    hall.step(&hall.steward, proposal, "closing")
        .await
        .problem("step-refused");
    let _ = hall.cast(&hall.steward, proposal, 1, ABSTAIN).await.expect(201);
    let tally = hall.finish(&app, proposal).await;
    counted_and_proved(&hall, proposal, &tally).await;
    app.finish().await;
}

/// A draft is its author's and the stewards' business, and its texts change by version.
async fn drafted_and_discussed(hall: &Hall) -> ProposalId {
    let [author, other] = [0, 1].map(|index| &hall.members[index]);
    let proposal = hall.draft(author, &motion()).await;
    let path = hall.about(proposal, "");
    other.person.get(&path).send().await.problem("not-found");
    let draft = author.person.get(&path).send().await;
    assert_eq!(draft.expect(200)["state"], "draft");
    assert_eq!(hall.view(&hall.steward, proposal).await["state"], "draft");

    let edit = |etag: &str, title: &str| {
        author
            .person
            .patch(&path)
            .if_match(etag)
            .json(&json!({"title": title}))
            .send()
    };
    let etag = draft.etag().unwrap();
    let title = "Shall we buy two looms?";
    assert_eq!(edit(&etag, title).await.expect(200)["title"], title);
    edit(&etag, "Shall we buy none?").await.problem("stale-version");
    author
        .person
        .patch(&path)
        .json(&json!({}))
        .send()
        .await
        .problem("if-match-missing");

    let shown = hall.step(author, proposal, "discussion").await.expect(200);
    assert_eq!(shown["state"], "discussion");
    let seen = hall.view(other, proposal).await;
    assert_eq!(seen["body"], "It weaves.");
    assert!(
        seen["rule_sentence"].as_str().unwrap().contains("more than 1/2"),
        "{seen}"
    );
    for not_yet in ["roll", "turnout", "signing", "record_hash", "my_ballot"] {
        assert_eq!(seen[not_yet], Value::Null, "{not_yet}");
    }
    proposal
}

/// Text, rule and roll are frozen; one changes their mind, and keeps both receipts.
async fn opened_and_voted_on(hall: &Hall, proposal: ProposalId) {
    let [author, other, third, fourth] = [0, 1, 2, 3].map(|index| &hall.members[index]);
    let opened = hall.open(proposal).await.expect(200);
    assert_eq!(
        (&opened["state"], &opened["roll"]["count"]),
        (&json!("open"), &json!(5))
    );
    assert_eq!(opened["turnout"], json!({"cast": 0, "of": 5}));
    let seen = hall.view(other, proposal).await;
    assert_eq!(seen["signing"]["proposal_hash"], seen["record_hash"]);
    assert_eq!(seen["signing"]["next_revision"], 1);

    let first = hall.cast(author, proposal, 1, NO).await.expect(201);
    for (who, choice) in [(other, YES), (third, YES), (fourth, NO)] {
        let _ = hall.cast(who, proposal, 1, choice).await.expect(201);
    }
    let _ = hall.cast(author, proposal, 2, YES).await.expect(201);
    let seen = hall.view(author, proposal).await;
    assert_eq!(seen["turnout"], json!({"cast": 4, "of": 5}));
    assert_eq!(
        (&seen["my_ballot"]["revision"], &seen["signing"]["next_revision"]),
        (&json!(2), &json!(3))
    );
    let mine = author
        .person
        .get(&hall.about(proposal, "ballots/mine"))
        .send()
        .await
        .expect(200);
    assert_eq!(mine["items"].as_array().unwrap().len(), 2);
    // The receipt is the one that was given, to the last byte of its signature.
    for (field, given) in first.as_object().unwrap() {
        assert_eq!(&mine["items"][0][field], given, "{field}");
    }
}

async fn counted_and_proved(hall: &Hall, proposal: ProposalId, tally: &Value) {
    assert_eq!(tally["outcome"], "passed");
    assert_eq!(tally["motion"], json!({"yes": 3, "no": 1, "abstain": 1, "blank": 0}));
    assert_eq!(
        (&tally["signed_ballots"], &tally["attested_ballots"]),
        (&json!(0), &json!(5))
    );
    let other = &hall.members[1];
    assert_eq!(hall.view(other, proposal).await["state"], "passed");
    hall.cast(other, proposal, 2, NO).await.problem("voting-closed");

    let lines = hall.bundle(proposal).await;
    let ballots = section(&lines, "ballot");
    let counted: Vec<bool> = ballots
        .iter()
        .map(|ballot| ballot["counted"].as_bool().unwrap())
        .collect();
    assert_eq!(counted, [false, true, true, true, true, true]);
    assert_eq!(section(&lines, "roll").len(), 5);
    assert_eq!(section(&lines, "tally")[0]["record"], tally["record"]);
    assert_eq!(
        lines,
        hall.bundle(proposal).await,
        "the same database gives the same bundle"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_happened_stands_in_the_records_in_its_order() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let proposal = hall.opened_motion().await;
    hall.all_cast(proposal, &[YES, YES]).await;
    let tally = hall.finish(&app, proposal).await;
    let mut kinds = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = hall.path(&format!("records?limit=1{cursor}"));
        let page = hall.members[0].person.get(&path).send().await.expect(200);
        kinds.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["kind"].as_str().unwrap().to_owned()),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(kinds, ["BylawsV1", "ProposalV1", "TallyV1"]);
    assert_eq!(tally["record_sequence"], 3);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_motion_without_its_quorum_and_a_tied_one_do_not_pass() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let proposal = hall.opened_motion().await;
    hall.all_cast(proposal, &[YES, NO]).await;
    let tally = hall.finish(&app, proposal).await;
    assert_eq!(tally["outcome"], "rejected");
    assert!(tally["reasons"][1].as_str().unwrap().contains("is not met"), "{tally}");

    // Nobody votes: the worker closes when the time is over.
    let silent = hall.draft(&hall.steward, &motion()).await;
    let _ = hall.step(&hall.steward, silent, "discussion").await.expect(200);
    let _ = hall.open_for(silent, 2).await.expect(200);
    let mut looks = 0;
    while hall.view(&hall.steward, silent).await["state"] != "no_quorum" {
        looks += 1;
        assert!(looks < 200, "it never closed");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        app.work().await;
    }
    let tally = hall.tally(silent).await.expect(200);
    assert_eq!(
        (&tally["turnout"]["cast"], &tally["record"]["log_to"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(section(&hall.bundle(silent).await, "ballot").len(), 0);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_is_withdrawn_by_its_author_and_cancelled_by_a_steward() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 2).await;
    let [author, other] = [&hall.members[0], &hall.members[1]];
    let proposal = hall.draft(author, &motion()).await;
    let _ = hall.step(author, proposal, "discussion").await.expect(200);
    hall.step(other, proposal, "withdrawal").await.problem("role-needed");
    hall.step(&hall.steward, proposal, "withdrawal")
        .await
        .problem("role-needed");
    let withdraw = |body: Value| {
        author
            .person
            .post(&hall.about(proposal, "withdrawal"))
            .json(&body)
            .send()
    };
    withdraw(json!({})).await.problem("invalid-body");
    withdraw(json!({"reason": "  "})).await.problem("invalid-field");
    let gone = withdraw(json!({"reason": "The loom is sold."})).await.expect(200);
    assert_eq!(
        (&gone["state"], &gone["ended_by"], &gone["end_reason"]),
        (&json!("withdrawn"), &json!(author.member), &json!("The loom is sold."))
    );

    let proposal = hall.opened_motion().await;
    let _ = hall.cast(author, proposal, 1, YES).await.expect(201);
    let cancel = |who: &super::world::Insider, body: Value| {
        who.person
            .post(&hall.about(proposal, "cancellation"))
            .json(&body)
            .send()
    };
    cancel(author, json!({"reason": "I lose"})).await.problem("role-needed");
    cancel(&hall.steward, json!({"reason": "  "}))
        .await
        .problem("invalid-field");
    cancel(&hall.steward, json!({})).await.problem("invalid-body");
    let stopped = cancel(&hall.steward, json!({"reason": "The loom is sold."}))
        .await
        .expect(200);
    assert_eq!(
        (&stopped["state"], &stopped["end_reason"]),
        (&json!("cancelled"), &json!("The loom is sold."))
    );
    hall.cast(other, proposal, 1, YES).await.problem("voting-closed");
    app.work().await;
    hall.tally(proposal).await.problem("not-counted-yet");
    app.finish().await;
}
