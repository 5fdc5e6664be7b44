//! Aim: V6 and V7 of the study of attacks. What members vote on never changes once voting opened, and nobody acts for others.
//! Method: every way to change it is tried, over HTTP and below it.

use serde_json::{Value, json};
use tests::app::TestApp;

use super::world::{Hall, motion, quick_bylaws, section};

const YES: &[u16] = &[0];

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_voted_on_changes_after_the_opening() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let proposal = hall.opened_motion().await;
    let before = hall.view(&hall.steward, proposal).await;
    let _ = hall.cast(&hall.members[0], proposal, 1, YES).await.expect(201);
    let etag = format!("\"{}\"", before["version"]);
    let path = hall.about(proposal, "");
    for change in [
        json!({"title": "Other"}),
        json!({"body": "Other"}),
        json!({"options": ["A"]}),
        json!({"seats": 2}),
    ] {
        let edit = hall.steward.person.patch(&path).if_match(&etag).json(&change);
        edit.send().await.problem("proposal-frozen");
    }
    // A longer window, another discussion, a second opening: none of these steps exists any more.
    hall.open_for(proposal, 7_200).await.problem("step-refused");
    hall.step(&hall.steward, proposal, "discussion")
        .await
        .problem("step-refused");
    hall.step(&hall.steward, proposal, "withdrawal")
        .await
        .problem("step-refused");
    let mut after = hall.view(&hall.steward, proposal).await;
    after["turnout"] = before["turnout"].clone();
    assert_eq!(after, before);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_refuses_what_a_faulty_program_would_change() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 0).await;
    let proposal = hall.opened_motion().await;
    hall.all_cast(proposal, &[YES]).await;
    let _ = hall.finish(&app, proposal).await;
    let client = app.database.superuser().await;
    for change in [
        "UPDATE proposal SET title = 'Other'",
        "UPDATE proposal SET rule = '{}'",
        "UPDATE proposal SET closes_at = now()",
        "UPDATE proposal SET lot_secret = roll_root",
        "UPDATE proposal SET state = 'open'",
        "UPDATE proposal SET state = 'rejected'",
        "UPDATE proposal SET close_marker = 0",
        "UPDATE roll_entry SET weight = 1",
        "DELETE FROM roll_entry",
        "UPDATE ballot SET options = '{1}'",
        "DELETE FROM ballot",
        "UPDATE tally SET outcome = 'rejected'",
        "TRUNCATE tally, lot",
    ] {
        let refused = client.batch_execute(change).await;
        assert!(refused.is_err(), "{change} was possible");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bylaws_that_come_later_change_no_open_and_no_past_decision() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 2).await;
    let past = hall.opened_motion().await;
    hall.all_cast(past, &[YES, YES, YES]).await;
    let decided = hall.finish(&app, past).await;
    let open = hall.opened_motion().await;

    // There is no request for it yet, so the row is written as a later version of the program would.
    let mut strict = quick_bylaws();
    strict["kinds"]["motion"]["rule"]["quorum"]["at_least"]["share"] = json!({"share": 1, "whole": 1});
    strict["kinds"]["motion"]["rule"]["counting"]["majority"]["share"] = json!({"share": 1, "whole": 1});
    strict["kinds"]["motion"]["rule"]["counting"]["majority"]["threshold"] = json!("reached");
    let client = app.database.superuser().await;
    client
        .execute(
            "INSERT INTO bylaws (coop_id, version, content, salt, record_hash, adopted_at, recorded_by)
             SELECT coop_id, 2, $1::text::jsonb, salt, record_hash, adopted_at, 'test' FROM bylaws",
            &[&strict.to_string()],
        )
        .await
        .unwrap();
    hall.all_cast(open, &[YES, YES, &[1]]).await;
    assert_eq!(hall.finish(&app, open).await["outcome"], "passed");
    assert_eq!(hall.tally(past).await.expect(200), decided);
    // What begins now follows the new ones.
    let new = hall.opened_motion().await;
    hall.all_cast(new, &[YES, YES, &[1]]).await;
    assert_eq!(hall.finish(&app, new).await["outcome"], "rejected");
    app.abandon().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_takes_another_ones_proposal_or_acts_for_its_author() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 3).await;
    let [author, squatter, stranger] = [&hall.members[0], &hall.members[1], &hall.members[2]];
    // The squatter proposes the same first and withdraws it; the other proposal goes its own way.
    let squatted = hall.draft(squatter, &motion()).await;
    let _ = hall.step(squatter, squatted, "discussion").await.expect(200);
    let proposal = hall.draft(author, &motion()).await;
    let _ = hall.step(squatter, squatted, "withdrawal").await.expect(200);
    let _ = hall.step(author, proposal, "discussion").await.expect(200);

    let path = hall.about(proposal, "");
    let etag = author.person.get(&path).send().await.etag().unwrap();
    let edit = stranger
        .person
        .patch(&path)
        .if_match(&etag)
        .json(&json!({"title": "Mine"}));
    edit.send().await.problem("role-needed");
    let closes_at = chrono::Utc::now() + chrono::TimeDelta::hours(1);
    for who in [author, stranger] {
        let opening = who
            .person
            .post(&hall.about(proposal, "opening"))
            .json(&json!({"closes_at": closes_at}));
        assert_eq!(opening.send().await.status, 403, "only stewards open");
    }
    let _ = hall.open(proposal).await.expect(200);
    hall.all_cast(proposal, &[YES, YES, YES, YES]).await;
    hall.step(stranger, proposal, "closing").await.problem("role-needed");
    hall.step(stranger, proposal, "withdrawal")
        .await
        .problem("step-refused");
    let _ = hall.step(author, proposal, "closing").await.expect(200);
    app.work().await;
    assert_eq!(hall.tally(proposal).await.expect(200)["outcome"], "passed");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_of_another_is_not_even_there() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 2).await;
    let proposal = hall.draft(&hall.members[0], &motion()).await;
    let (other, path) = (&hall.members[1], hall.about(proposal, ""));
    other.person.get(&path).send().await.problem("not-found");
    let edit = other
        .person
        .patch(&path)
        .if_match("\"1\"")
        .json(&json!({"title": "Mine"}));
    edit.send().await.problem("not-found");
    for step in ["discussion", "withdrawal", "closing"] {
        hall.step(other, proposal, step).await.problem("not-found");
    }
    // Somebody of no co-op learns as much of a real proposal as of none.
    let outsider = app.person("Outsider").await;
    let real = outsider.get(&path).send().await;
    let none = outsider
        .get(&hall.about(governance::id::ProposalId::from_uuid(uuid::Uuid::now_v7()), ""))
        .send()
        .await;
    let without_instance = |reply: &tests::person::Reply| {
        let mut document = reply.problem("not-found");
        document["instance"] = Value::Null;
        document
    };
    assert_eq!(without_instance(&real), without_instance(&none));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_roll_is_who_was_an_active_voting_member_at_the_opening() {
    use governance::membership::Class;
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 2).await;
    let observer = hall.join(&app, "Observer", Class::Observer, &[]).await;
    let suspended = &hall.members[1];
    let path = hall.path(&format!("members/{}", suspended.member));
    let etag = hall.steward.person.get(&path).send().await.etag().unwrap();
    let body = json!({"status": "suspended", "reason": "for a test"});
    let status = hall
        .steward
        .person
        .post(&format!("{path}/status"))
        .if_match(&etag)
        .json(&body);
    let _ = status.send().await.expect(200);
    let proposal = hall.opened_motion().await;
    let late = hall.join(&app, "Late", Class::Worker, &[]).await;
    for who in [&observer, &late] {
        let seen = hall.view(who, proposal).await;
        assert_eq!((&seen["is_on_roll"], &seen["signing"]), (&json!(false), &Value::Null));
        hall.cast(who, proposal, 1, YES).await.problem("not-on-roll");
    }
    hall.cast(suspended, proposal, 1, YES)
        .await
        .problem("membership-inactive");
    let roll = hall
        .steward
        .person
        .get(&hall.about(proposal, "roll"))
        .send()
        .await
        .expect(200);
    let on_it: Vec<&Value> = roll["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["member"])
        .collect();
    assert_eq!(on_it, [&json!(hall.steward.member), &json!(hall.members[0].member)]);
    hall.all_cast(proposal, &[YES, YES]).await;
    let _ = hall.finish(&app, proposal).await;
    assert_eq!(section(&hall.bundle(proposal).await, "roll").len(), 2);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_steward_opens_the_text_that_was_read_and_a_change_begins_the_discussion_anew() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 0).await;
    let proposal = hall.draft(&hall.steward, &motion()).await;
    let _ = hall.step(&hall.steward, proposal, "discussion").await.expect(200);
    let read = hall.view(&hall.steward, proposal).await;
    let changed = hall
        .steward
        .person
        .patch(&hall.about(proposal, ""))
        .if_match(&format!("\"{}\"", read["version"]))
        .json(&json!({"body": "Now with a fee of 50."}))
        .send()
        .await
        .expect(200);
    assert!(changed["discussed_at"].as_str() > read["discussed_at"].as_str());
    let open = async |version: &Value| {
        let closes_at = chrono::Utc::now() + chrono::Duration::hours(1);
        let path = hall.about(proposal, "opening");
        let body = json!({"closes_at": closes_at, "version": version});
        hall.steward.person.post(&path).json(&body).send().await
    };
    let stale = open(&read["version"]).await.problem("stale-version");
    assert_eq!(stale["current_version"], changed["version"]);
    assert_eq!(hall.view(&hall.steward, proposal).await["state"], "discussion");
    let _ = open(&changed["version"]).await.expect(200);
    app.finish().await;
}
