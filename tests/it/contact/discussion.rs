//! Aim: members talk about a proposal from the moment it is put before them until voting ends; nothing said is overwritten, nobody
//! speaks for another, and what a steward removes leaves its place and its reason. Method: a thread over HTTP, and bounds one by one.

use governance::id::ProposalId;
use serde_json::{Value, json};
use tests::app::TestApp;
use tests::person::Reply;

use crate::decisions::world::{Hall, Insider, motion};

async fn say(hall: &Hall, who: &Insider, proposal: ProposalId, body: Value) -> Reply {
    who.person
        .post(&hall.about(proposal, "comments"))
        .json(&body)
        .send()
        .await
}

async fn said(hall: &Hall, who: &Insider, proposal: ProposalId, words: &str, parent: Option<&str>) -> String {
    let mut body = json!({"body": words});
    if let Some(parent) = parent {
        body["parent"] = parent.into();
    }
    let reply = say(hall, who, proposal, body).await;
    reply.expect(201)["id"].as_str().unwrap().to_owned()
}

async fn thread(hall: &Hall, who: &Insider, proposal: ProposalId) -> Vec<Value> {
    let reply = who.person.get(&hall.about(proposal, "comments")).send().await;
    reply.expect(200)["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn members_talk_until_voting_ends_and_every_version_stays_readable() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 2).await;
    let [ada, bo] = &hall.members[..] else {
        panic!("two members")
    };
    let proposal = hall.draft(&hall.steward, &motion()).await;
    say(&hall, &hall.steward, proposal, json!({"body": "Early"}))
        .await
        .problem("discussion-closed");
    let _ = hall.step(&hall.steward, proposal, "discussion").await.expect(200);
    let first = said(&hall, ada, proposal, "It is <b>loud</b>\n=1+1", None).await;
    let answer = said(&hall, bo, proposal, "Not at night.", Some(&first)).await;
    let at = hall.about(proposal, &format!("comments/{first}"));
    let edit =
        |who: &Insider, etag: &str, words: &str| who.person.patch(&at).if_match(etag).json(&json!({"body": words}));
    edit(bo, "\"1\"", "I said it").send().await.problem("role-needed");
    let edited = edit(ada, "\"1\"", "It is loud at night").send().await;
    assert_eq!(edited.etag().as_deref(), Some("\"2\""));
    edit(ada, "\"1\"", "It is quiet").send().await.problem("stale-version");
    let same = edit(ada, "\"2\"", "It is loud at night ").send().await;
    assert_eq!(same.expect(200)["version"], 2, "the same words are no other version");
    let versions = bo.person.get(&format!("{at}/versions")).send().await.expect(200);
    let words: Vec<_> = versions["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["body"].as_str().unwrap())
        .collect();
    assert_eq!(words, ["It is <b>loud</b>\n=1+1", "It is loud at night"]);
    let _ = hall.open(proposal).await.expect(200);
    let late = said(&hall, ada, proposal, "While we vote", None).await;
    let list = thread(&hall, bo, proposal).await;
    let ids: Vec<_> = list
        .iter()
        .map(|one| (one["id"].as_str().unwrap(), one["depth"].as_u64().unwrap()))
        .collect();
    assert_eq!(ids, [(first.as_str(), 0), (answer.as_str(), 1), (late.as_str(), 0)]);
    assert_eq!(list[0]["author"]["display_name"], "Member 1");
    hall.all_cast(proposal, &[&[0], &[0], &[0]]).await;
    let _ = hall.finish(&app, proposal).await;
    say(&hall, ada, proposal, json!({"body": "Late"}))
        .await
        .problem("discussion-closed");
    edit(ada, "\"2\"", "Never said")
        .send()
        .await
        .problem("discussion-closed");
    assert_eq!(thread(&hall, bo, proposal).await.len(), 3);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_steward_removes_leaves_its_place_and_its_reason_and_is_told() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let ada = &hall.members[0];
    let proposal = hall.opened_motion().await;
    let insult = said(&hall, ada, proposal, "You are all fools", None).await;
    let _ = said(&hall, &hall.steward, proposal, "Please", Some(&insult)).await;
    let at = hall.about(proposal, &format!("comments/{insult}"));
    let body = json!({"reason": "It insults."});
    ada.person
        .post(&format!("{at}/removal"))
        .json(&body)
        .send()
        .await
        .problem("role-needed");
    let removed = hall
        .steward
        .person
        .post(&format!("{at}/removal"))
        .key("once")
        .json(&body)
        .send()
        .await;
    let again = hall
        .steward
        .person
        .post(&format!("{at}/removal"))
        .key("once")
        .json(&body)
        .send()
        .await;
    assert_eq!(removed.expect(200), again.expect(200));
    let other = hall
        .steward
        .person
        .post(&format!("{at}/removal"))
        .json(&body)
        .send()
        .await;
    other.problem("discussion-closed");
    for who in [ada, &hall.steward] {
        let list = thread(&hall, who, proposal).await;
        assert_eq!((list.len(), &list[0]["body"]), (2, &Value::Null));
        assert_eq!(list[0]["removed"]["reason"], "It insults.");
        assert_eq!(list[0]["removed"]["by"]["display_name"], "Steward");
        let versions = who.person.get(&format!("{at}/versions")).send().await.expect(200);
        assert_eq!(versions["items"], json!([]), "nor are its words read by their versions");
    }
    let edit = ada
        .person
        .patch(&at)
        .if_match("\"1\"")
        .json(&json!({"body": "You are"}))
        .send()
        .await;
    edit.problem("discussion-closed");
    say(&hall, ada, proposal, json!({"body": "So?", "parent": insult}))
        .await
        .problem("discussion-closed");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_has_bounds() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let ada = &hall.members[0];
    let (proposal, other) = (hall.opened_motion().await, hall.opened_motion().await);
    let elsewhere = said(&hall, ada, other, "About the other one", None).await;
    for (body, field) in [
        (json!({"body": "  "}), "body"),
        (json!({"body": "x".repeat(5_001)}), "body"),
        (json!({"body": "nul\u{0}"}), "body"),
        (json!({"body": "turned \u{202e}"}), "body"),
        (json!({"body": "x", "parent": elsewhere}), "parent"),
        (json!({"body": "x", "parent": uuid::Uuid::now_v7()}), "parent"),
    ] {
        let refused = say(&hall, ada, proposal, body.clone()).await;
        assert_eq!(refused.problem("invalid-field")["field"], field, "{body}");
    }
    let _ = said(&hall, ada, proposal, &"é".repeat(5_000), None).await;
    let mut parent = said(&hall, ada, proposal, "0", None).await;
    for depth in 1..=4 {
        parent = said(&hall, ada, proposal, &depth.to_string(), Some(&parent)).await;
    }
    let deeper = say(&hall, ada, proposal, json!({"body": "5", "parent": parent})).await;
    assert_eq!(deeper.problem("invalid-field")["field"], "parent");
    let database = app.database.superuser().await;
    let many = "INSERT INTO comment (coop_id, proposal_id, id, depth, author_id, recorded_by)
        SELECT coop_id, proposal_id, gen_random_uuid(), 0, author_id, 'test'
        FROM comment, generate_series(1, 194) WHERE body_of = $1";
    let many = many.replace("body_of = $1", "proposal_id = $1 AND depth = 4");
    let id = proposal.uuid();
    assert_eq!(database.execute(&many, &[&id]).await.unwrap(), 194);
    let full = say(&hall, ada, proposal, json!({"body": "201"})).await;
    assert_eq!(full.problem("limit-reached")["max"], 200);
    let _ = said(&hall, &hall.steward, proposal, "Others still speak", None).await;
    drop(database);
    app.finish().await;
}
