//! Several proposals on one question.
//!
//! Aim: an author takes over what an alternative says, or members compare them all in one vote of which at most one takes effect; nothing
//! that they read is lost, and nothing is voted on beside the others. Method: whole stories over HTTP, the guards of the database by hand, and
//! the bundle of the vote audited.

use audit::{Options, Standing};
use governance::id::ProposalId;
use serde_json::{Value, json};
use tests::app::TestApp;
use tests::person::Reply;
use tests::voter::random_word;

use super::world::{Hall, Insider, motion};

fn office(member: &Insider, role: &str) -> Value {
    let member = member.member;
    json!([{"act": {"action": "grant_role", "version": 1, "member": member, "role": role, "reason": "decided"}}])
}

/// A proposal before the members.
async fn discussed(hall: &Hall, author: &Insider, body: &Value) -> ProposalId {
    let proposal = hall.draft(author, body).await;
    let _ = hall.step(author, proposal, "discussion").await.expect(200);
    proposal
}

async fn post(hall: &Hall, who: &Insider, proposal: ProposalId, what: &str, body: &Value) -> Reply {
    let request = who.person.post(&hall.about(proposal, what));
    request.json(body).send().await
}

async fn adopt(hall: &Hall, who: &Insider, proposal: ProposalId, (other, version): (ProposalId, u64)) -> Reply {
    let body = json!({"alternative": other, "version": version, "reason": "It says it better."});
    post(hall, who, proposal, "adoptions", &body).await
}

async fn join(hall: &Hall, proposal: ProposalId) -> Reply {
    let why = json!({"reason": "Members compare them."});
    post(hall, &hall.steward, proposal, "joint-vote", &why).await
}

fn id(value: &Value) -> ProposalId {
    value["id"].as_str().unwrap().parse().unwrap()
}

/// Proposals on one question, one of each of these members, that would make them treasurers and auditors.
async fn rivals(hall: &Hall) -> [ProposalId; 2] {
    let [one, two] = [&hall.members[0], &hall.members[1]];
    let body = json!({"kind": "joint", "title": "Who helps?", "body": "I do.", "actions": office(one, "treasurer")});
    let first = discussed(hall, one, &body).await;
    let body = json!({"kind": "joint", "title": "Who helps?", "body": "No, I do.", "actions": office(two, "auditor"),
        "alternative_to": first});
    [first, discussed(hall, two, &body).await]
}

#[actix_web::test]
async fn an_author_adopts_an_alternative_and_what_members_read_before_is_kept() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 2).await;
    let [author, other] = [&hall.members[0], &hall.members[1]];
    let original = discussed(&hall, author, &motion()).await;
    let mut body = motion();
    body["title"] = json!("Shall we buy two looms?");
    body["body"] = json!("They weave.");
    body["alternative_to"] = json!(original);
    body["actions"] = office(other, "treasurer");
    let alternative = discussed(&hall, other, &body).await;
    let question = hall.view(author, original).await["question"].clone();
    let listed: Vec<&Value> = question["proposals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| &each["id"])
        .collect();
    assert_eq!(listed, [&json!(original), &json!(alternative)]);
    assert_eq!(
        hall.view(author, alternative).await["question"]["original"],
        json!(original)
    );

    // Nobody else adopts it, nor a version that was not read, nor itself.
    let refused = adopt(&hall, &hall.steward, original, (alternative, 2))
        .await
        .expect(403);
    assert_eq!(refused["role"], json!(["author"]));
    assert_eq!(
        adopt(&hall, author, original, (alternative, 1)).await.expect(412)["current_version"],
        2
    );
    assert_eq!(
        adopt(&hall, author, original, (original, 2)).await.expect(422)["field"],
        "alternative"
    );
    let view = adopt(&hall, author, original, (alternative, 2)).await.expect(200);
    assert_eq!(
        (&view["title"], &view["body"], &view["version"]),
        (&body["title"], &body["body"], &json!(3))
    );
    assert_eq!(view["course"]["actions"].as_array().unwrap().len(), 1);
    let ended = hall.view(&hall.steward, alternative).await;
    assert_eq!(
        (&ended["state"], &ended["end_reason"]),
        (&json!("merged"), &json!("It says it better."))
    );
    assert_eq!(ended["question"]["merged_into"], json!(original));
    assert_eq!(
        adopt(&hall, author, original, (alternative, 3)).await.expect(409)["state"],
        "merged"
    );

    // An edit keeps what stood there, too; the newest comes first.
    let change = author.person.patch(&hall.about(original, ""));
    let change = change.if_match("\"3\"").json(&json!({"title": "Shall we buy looms?"}));
    let _ = change.send().await.expect(200);
    let path = hall.about(original, "versions");
    let page = other.person.get(&format!("{path}?limit=1")).send().await.expect(200);
    let kept = &page["items"][0];
    assert_eq!(
        (&kept["version"], &kept["title"]),
        (&json!(3), &json!("Shall we buy two looms?"))
    );
    assert_eq!(
        (&kept["alternative"], &kept["actions"][0]["act"]["role"]),
        (&Value::Null, &json!("treasurer"))
    );
    let next = page["next_cursor"].as_str().unwrap();
    let page = other
        .person
        .get(&format!("{path}?cursor={next}"))
        .send()
        .await
        .expect(200);
    let kept = &page["items"][0];
    assert_eq!(
        (&kept["version"], &kept["title"], &kept["body"]),
        (&json!(2), &motion()["title"], &motion()["body"])
    );
    assert_eq!(
        (&kept["alternative"], &kept["replaced_by"]["id"]),
        (&json!(alternative), &json!(author.member))
    );
    assert_eq!(page["next_cursor"], Value::Null);
    assert_eq!(
        other.person.get(&format!("{path}?cursor=bm9uZQ")).send().await.status,
        422
    );

    let _ = hall.open(original).await.expect(200);
    hall.all_cast(original, &[&[0], &[0], &[0]]).await;
    let _ = hall.finish(&app, original).await;
    assert_eq!(hall.view(author, original).await["state"], "executed");
    app.finish().await;
}

#[actix_web::test]
async fn rivals_are_put_to_one_vote_and_one_of_them_takes_effect() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 3).await;
    let [first, second] = rivals(&hall).await;
    let body = json!({"kind": "joint", "title": "Nobody", "alternative_to": second});
    let draft = hall.draft(&hall.members[2], &body).await;
    // Neither is opened beside the other, now or at a moment that is set.
    for proposal in [first, second] {
        let refused = hall.open(proposal).await.expect(409);
        assert!(
            refused["detail"]
                .as_str()
                .unwrap()
                .contains("1 other proposals on the same question"),
            "{refused}"
        );
        let at = |seconds| chrono::Utc::now() + chrono::TimeDelta::seconds(seconds);
        let later = json!({"opens_at": at(60), "closes_at": at(3_600)});
        assert_eq!(
            post(&hall, &hall.steward, proposal, "opening", &later).await.status,
            409
        );
    }
    let joint = join(&hall, second).await.expect(201);
    let vote = id(&joint);
    assert_eq!(joint["options"], json!(["1. Who helps?", "2. Who helps?"]));
    assert_eq!(joint["body"], "1. Who helps?\n\nI do.\n\n2. Who helps?\n\nNo, I do.");
    assert_eq!(
        (&joint["method"], &joint["seats"], &joint["state"]),
        (&json!("schulze"), &json!(1), &json!("discussion"))
    );
    let view = hall.view(&hall.members[2], first).await;
    assert_eq!(
        (&view["state"], &view["question"]["merged_into"]),
        (&json!("merged"), &json!(vote))
    );
    let ids: Vec<&str> = joint["question"]["proposals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, [first, second, draft, vote].map(|id| id.to_string()));
    // Its words are those of the authors; nobody changes them or adds to them.
    let change = hall.steward.person.patch(&hall.about(vote, "")).if_match("\"2\"");
    let changed = change.json(&json!({"title": "Something else"})).send().await;
    assert_eq!(changed.expect(409)["type"], "/problems/proposal-frozen");
    let late = json!({"kind": "joint", "title": "Late", "alternative_to": vote});
    let late = hall.members[2]
        .person
        .post(&hall.path("proposals"))
        .json(&late)
        .send()
        .await;
    assert_eq!(late.expect(422)["field"], "alternative_to");

    let _ = hall.open(vote).await.expect(200);
    // "Nothing changes" is 2, after the two options.
    for (who, options, points) in [
        (&hall.steward, json!([1, 0, 2]), json!([1, 2, 3])),
        (&hall.members[0], json!([0, 2]), json!([1, 2])),
        (&hall.members[1], json!([1, 2]), json!([1, 2])),
        (&hall.members[2], json!([1, 2, 0]), json!([1, 2, 3])),
    ] {
        let ballot = json!({"revision": 1, "options": options, "points": points, "salt": random_word()});
        let _ = post(&hall, who, vote, "ballots", &ballot).await.expect(201);
    }
    let tally = hall.finish(&app, vote).await;
    assert_eq!(tally["outcome"], "passed", "{tally}");
    assert_eq!(hall.view(&hall.steward, vote).await["state"], "executed");
    let mut roles = Vec::new();
    for member in &hall.members {
        let path = hall.path(&format!("members/{}", member.member));
        roles.push(hall.steward.person.get(&path).send().await.expect(200)["roles"].clone());
    }
    assert_eq!(roles, [json!([]), json!(["auditor"]), json!([])]);
    let bundle = hall.steward.person.get(&hall.about(vote, "bundle")).send().await;
    let report = audit::verify_reader(&bundle.bytes[..], &Options::default()).unwrap();
    assert_eq!(
        (report.status, report.levels[&audit::Level::L0]),
        (0, Standing::Holds),
        "{:?}",
        report.findings
    );
    app.finish().await;
}

#[actix_web::test]
async fn where_members_prefer_it_nothing_changes() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 2).await;
    let [first, _] = rivals(&hall).await;
    let vote = id(&join(&hall, first).await.expect(201));
    let _ = hall.open(vote).await.expect(200);
    for who in [&hall.steward, &hall.members[0], &hall.members[1]] {
        let ballot = json!({"revision": 1, "options": [2], "points": [1], "salt": random_word()});
        let _ = post(&hall, who, vote, "ballots", &ballot).await.expect(201);
    }
    assert_eq!(hall.finish(&app, vote).await["outcome"], "rejected");
    assert_eq!(hall.view(&hall.steward, vote).await["state"], "rejected");
    app.finish().await;
}

#[actix_web::test]
async fn what_is_on_no_common_question_is_neither_begun_adopted_nor_joined() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let author = &hall.members[0];
    let begin = async |kind: &str, to: ProposalId| {
        let body = json!({"kind": kind, "title": "Another", "alternative_to": to});
        author.person.post(&hall.path("proposals")).json(&body).send().await
    };
    let open = hall.opened_motion().await;
    assert_eq!(begin("motion", open).await.expect(422)["field"], "alternative_to");
    let alone = discussed(&hall, author, &motion()).await;
    assert_eq!(begin("joint", alone).await.expect(422)["field"], "alternative_to");
    // A draft of somebody else is not even there.
    assert_eq!(
        begin("motion", hall.draft(&hall.steward, &motion()).await).await.status,
        404
    );
    let stranger = discussed(&hall, author, &motion()).await;
    assert_eq!(
        adopt(&hall, author, alone, (stranger, 2)).await.expect(422)["field"],
        "alternative"
    );
    // A kind without a rule for it has no such vote, and each is opened by itself.
    let other = id(&begin("motion", alone).await.expect(201));
    let _ = hall.step(author, other, "discussion").await.expect(200);
    let refused = join(&hall, alone).await.expect(409);
    assert!(
        refused["detail"].as_str().unwrap().contains("no rule by which several"),
        "{refused}"
    );
    let _ = hall.open(other).await.expect(200);
    // One alone, and different tiers of secrecy, make no vote.
    let body = json!({"kind": "joint", "title": "One"});
    let first = discussed(&hall, author, &body).await;
    assert!(
        join(&hall, first).await.expect(409)["detail"]
            .as_str()
            .unwrap()
            .contains("no other proposal")
    );
    let body = json!({"kind": "joint", "title": "Two", "secrecy": "pseudonymous", "alternative_to": first});
    let second = discussed(&hall, author, &body).await;
    assert!(
        join(&hall, first).await.expect(409)["detail"]
            .as_str()
            .unwrap()
            .contains("secrecy tiers")
    );
    let change = author.person.patch(&hall.about(second, "")).if_match("\"2\"");
    let _ = change.json(&json!({"secrecy": "open"})).send().await.expect(200);
    let vote = id(&join(&hall, first).await.expect(201));
    let why = json!({"reason": "Not now."});
    let _ = post(&hall, &hall.steward, vote, "cancellation", &why).await.expect(200);
    for proposal in [open, other] {
        hall.all_cast(proposal, &[&[1], &[1]]).await;
        let _ = hall.finish(&app, proposal).await;
    }
    app.finish().await;
}

#[actix_web::test]
async fn the_database_lets_no_text_get_lost_and_nothing_be_opened_beside_others() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 2).await;
    let [first, second] = rivals(&hall).await;
    let [three, four] = rivals(&hall).await;
    let vote = id(&join(&hall, three).await.expect(201));
    let coop = hall.coop;
    let alternative = |own, original| {
        format!(
            "INSERT INTO proposal_alternative (coop_id, proposal_id, original_id, recorded_by)
                 VALUES ('{coop}', '{own}', '{original}', 'nobody')"
        )
    };
    let merger = |own, into, place: &str| {
        format!(
            "INSERT INTO proposal_merger (coop_id, proposal_id, into_id, place, recorded_by)
                 VALUES ('{coop}', '{own}', '{into}', {place}, 'nobody')"
        )
    };
    let draft = hall
        .draft(&hall.steward, &json!({"kind": "joint", "title": "A draft"}))
        .await;
    let other = hall.draft(&hall.steward, &motion()).await;
    let client = app.database.superuser().await;
    for (statement, refusal) in [
        (
            format!("UPDATE proposal SET state = 'open' WHERE id = '{first}'"),
            "the bylaws put them to one vote",
        ),
        (
            format!("UPDATE proposal SET state = 'open' WHERE id = '{second}'"),
            "the bylaws put them to one vote",
        ),
        (
            format!("UPDATE proposal SET body = 'other' WHERE id = '{first}'"),
            "is kept when it is replaced",
        ),
        (
            format!("UPDATE proposal SET body = 'other' WHERE id = '{vote}'"),
            "holds their texts unchanged",
        ),
        (
            format!(
                "UPDATE proposal SET state = 'merged', ended_by = author_id, end_reason = 'so' WHERE id = '{first}'"
            ),
            "where its text went into another",
        ),
        (alternative(draft, second), "to a first proposal of its kind"),
        (alternative(draft, vote), "to a first proposal of its kind"),
        (alternative(other, first), "to a first proposal of its kind"),
        (alternative(second, first), "to a first proposal of its kind"),
        (merger(second, vote, "3"), "on the same question that is discussed"),
        (merger(second, draft, "NULL"), "on the same question that is discussed"),
        (merger(first, vote, "NULL"), "on the same question that is discussed"),
        (merger(four, first, "NULL"), "on the same question that is discussed"),
        (
            format!("UPDATE proposal_merger SET place = NULL WHERE proposal_id = '{four}'"),
            "never",
        ),
    ] {
        let error = client.batch_execute(&statement).await.unwrap_err();
        let told = error.as_db_error().unwrap().message().to_owned();
        assert!(told.contains(refusal), "{statement}: {told}");
    }
    app.finish().await;
}
