//! Aim: what a secrecy tier hides is told by no route to anybody before its time, and what a group is too small to hide is said.
//! Method: whole decisions over HTTP in each tier; every address that might tell is read as every kind of actor.

use governance::id::{MemberId, ProposalId};
use governance::membership::{Class, Role};
use serde_json::{Value, json};
use server::services::counting::{CloseReport, close};
use tests::app::TestApp;
use tests::voter::random_word;

use super::world::{Hall, Insider, section};

/// A word that stands in reasons alone.
const WORD: &str = "Zaubernuss";

fn motion(kind: &str, secrecy: &str) -> Value {
    json!({"kind": kind, "title": "Shall we buy a loom?", "secrecy": secrecy})
}

/// Casts with a reason; the hash of the record.
async fn cast(hall: &Hall, who: &Insider, proposal: ProposalId, option: u16) -> String {
    let body = json!({"revision": 1, "options": [option], "points": [1], "salt": random_word(),
        "reason": format!("{WORD} {option}")});
    let stored = who
        .person
        .post(&hall.about(proposal, "ballots"))
        .json(&body)
        .send()
        .await
        .expect(201);
    stored["record_hash"].as_str().unwrap().to_owned()
}

/// Every address inside the co-op that might tell of ballots.
fn addresses(hall: &Hall, proposal: ProposalId) -> Vec<String> {
    let mut all: Vec<String> = [
        "",
        "roll",
        "ballots/mine",
        "tally",
        "bundle",
        "preview",
        "comments",
        "proxies",
        "proxy-ballots/mine",
        "exports/roll.csv",
        "exports/ballots.csv",
        "exports/ballots.json",
        "exports/tally.json",
    ]
    .iter()
    .map(|rest| hall.about(proposal, rest))
    .collect();
    all.extend(
        [
            "proposals",
            "proposals?state=open",
            "records",
            "anchors",
            "members",
            "delegations",
            "halts",
            "exports/proposals.csv",
            "exports/record.json",
        ]
        .map(|rest| hall.path(rest)),
    );
    all.extend(
        hall.members
            .iter()
            .map(|member| hall.path(&format!("members/{}/delegate-report", member.member))),
    );
    all.extend([format!("coops/{}", hall.coop), String::from("inbox")]);
    all
}

/// What each address tells somebody: status, ETag and body.
async fn told(hall: &Hall, who: &Insider, proposal: ProposalId) -> Vec<(String, u16, Option<String>, String)> {
    let mut told = Vec::new();
    for path in addresses(hall, proposal) {
        let reply = who.person.get(&path).send().await;
        let body = match serde_json::from_slice::<Value>(&reply.bytes) {
            Ok(mut body) => {
                if let Some(body) = body.as_object_mut() {
                    body.remove("instance");
                }
                body.to_string()
            }
            Err(_) => String::from_utf8_lossy(&reply.bytes).into_owned(),
        };
        told.push((path, reply.status, reply.etag(), body));
    }
    told
}

/// Somebody of every kind who has not voted.
async fn watchers(app: &TestApp, hall: &Hall) -> Vec<Insider> {
    vec![
        hall.steward.clone(),
        hall.members[0].clone(),
        hall.join(app, "Auditor", Class::Observer, &[Role::Auditor]).await,
        hall.join(app, "Treasurer", Class::Observer, &[Role::Treasurer]).await,
        hall.join(app, "Observer", Class::Observer, &[]).await,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn while_ballots_are_sealed_no_address_tells_anybody_that_any_was_cast() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 4).await;
    let proposal = hall.opened(&motion("hidden", "sealed")).await;
    let watchers = watchers(&app, &hall).await;
    let mut before = Vec::new();
    for who in &watchers {
        before.push(told(&hall, who, proposal).await);
    }
    for (member, option) in [(1, 0), (2, 1), (3, 0)] {
        let _ = cast(&hall, &hall.members[member], proposal, option).await;
    }
    for (who, before) in watchers.iter().zip(&before) {
        assert_eq!(&told(&hall, who, proposal).await, before);
        assert_eq!(hall.view(who, proposal).await["turnout"], Value::Null);
    }
    // The same look at an open vote does tell: it is not blind.
    let open = hall.opened(&motion("hidden", "open")).await;
    let unvoted = told(&hall, &watchers[2], open).await;
    let _ = cast(&hall, &hall.members[1], open, 0).await;
    assert_ne!(told(&hall, &watchers[2], open).await, unvoted);
    // Who voted sees the own ballot, and not even then how many did.
    let own = hall.view(&hall.members[1], proposal).await;
    assert_eq!(
        (&own["my_ballot"]["options"], &own["turnout"]),
        (&json!([0]), &Value::Null)
    );

    for who in [&hall.steward, &hall.members[0]] {
        let _ = cast(&hall, who, proposal, 1).await;
    }
    assert_eq!(close(&app.app, hall.coop, proposal).await.unwrap(), CloseReport::Closed);
    assert_eq!(hall.view(&watchers[2], proposal).await["turnout"], Value::Null);
    app.work().await;
    // Everything is told with the count.
    let tally = hall.tally(proposal).await.expect(200);
    assert_eq!(
        (&tally["motion"]["yes"], &tally["motion"]["no"]),
        (&json!(2), &json!(3))
    );
    assert_eq!(tally["exposures"], json!([]));
    assert_eq!(
        hall.view(&watchers[2], proposal).await["turnout"],
        json!({"cast": 5, "of": 5})
    );
    let bundle = hall.bundle(proposal).await;
    assert_eq!(section(&bundle, "proposal")[0]["record"]["secrecy"], 2);
    assert!(
        section(&bundle, "ballot")
            .iter()
            .all(|line| line["reason"].as_str().unwrap().contains(WORD))
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_of_proxies_is_not_told_who_voted_while_ballots_are_sealed() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 2).await;
    let until = chrono::Utc::now() + chrono::TimeDelta::days(30);
    let body = json!({"scope": {"reach": "coop"}, "trustee": hall.steward.member, "valid_until": until, "revision": 1,
        "salt": random_word()});
    for member in &hall.members {
        let _ = member
            .person
            .post(&hall.path("delegations"))
            .json(&body)
            .send()
            .await
            .expect(201);
    }
    for (secrecy, left) in [("open", 1), ("sealed", 2)] {
        let proposal = hall.opened(&motion("hidden", secrecy)).await;
        let _ = cast(&hall, &hall.members[0], proposal, 0).await;
        let held = hall
            .steward
            .person
            .get(&hall.about(proposal, "proxies"))
            .send()
            .await
            .expect(200);
        assert_eq!(held["members"].as_array().unwrap().len(), left, "{secrecy}");
        // The own ballot counts whatever the holder cast.
        let members: Vec<MemberId> = hall.members.iter().map(|member| member.member).collect();
        let votes = json!({"votes": [{"members": members, "options": [1], "points": [1]}]});
        let reply = hall
            .steward
            .person
            .post(&hall.about(proposal, "proxy-ballots"))
            .json(&votes)
            .send()
            .await;
        if secrecy == "open" {
            reply.problem("delegation-refused");
            let _ = hall.step(&hall.steward, proposal, "closing").await;
            continue;
        }
        let _ = reply.expect(201);
        for who in [&hall.steward, &hall.members[1]] {
            let _ = cast(&hall, who, proposal, 0).await;
        }
        assert_eq!(hall.finish(&app, proposal).await["motion"]["yes"], 3);
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ballots_under_pseudonyms_are_counted_and_nothing_published_names_a_voter() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 5).await;
    let proposal = hall.opened(&motion("hidden", "pseudonymous")).await;
    let everyone: Vec<&Insider> = std::iter::once(&hall.steward).chain(&hall.members).collect();
    let mut pseudonyms = Vec::new();
    for (index, who) in everyone.iter().enumerate() {
        let view = hall.view(who, proposal).await;
        pseudonyms.push(view["signing"]["voter"].as_str().unwrap().to_owned());
        let _ = cast(&hall, who, proposal, u16::from(index > 3)).await;
    }
    // The receipt of a member is proved under the own pseudonym.
    let receipt = hall.members[0]
        .person
        .get(&hall.about(proposal, "ballots/mine/receipt"))
        .send()
        .await
        .expect(200);
    assert_eq!(receipt["ballot"]["voter"], json!(pseudonyms[1]));
    let tally = hall.finish(&app, proposal).await;
    assert_eq!(
        (&tally["motion"]["yes"], &tally["motion"]["no"]),
        (&json!(4), &json!(2))
    );
    assert_eq!(tally["exposures"], json!([]));

    let bundle = hall.bundle(proposal).await;
    let table = hall
        .steward
        .person
        .get(&hall.about(proposal, "exports/ballots.json"))
        .send()
        .await;
    let mut published: Vec<String> = ["roll", "ballot", "tally"]
        .iter()
        .flat_map(|name| section(&bundle, name))
        .map(ToString::to_string)
        .collect();
    published.push(String::from_utf8_lossy(&table.bytes).into_owned());
    for who in &everyone {
        let votes = hall
            .steward
            .person
            .get(&hall.path(&format!("members/{}/delegate-report", who.member)))
            .send()
            .await;
        assert_eq!(votes.expect(200)["items"], json!([]));
        let id = who.member.uuid();
        for text in &published {
            for name in [id.to_string(), id.simple().to_string(), who.person.name.clone()] {
                assert!(!text.contains(&name), "{name} stands in {text}");
            }
        }
    }
    // Every pseudonym stands on the roll, in an order that is none of the members'.
    let mut roll: Vec<String> = section(&bundle, "roll")
        .iter()
        .map(|line| line["voter"].as_str().unwrap().to_owned())
        .collect();
    assert!(roll.is_sorted());
    roll.sort_unstable();
    pseudonyms.sort_unstable();
    assert_eq!(roll, pseudonyms);
    assert!(section(&bundle, "roll").iter().all(|line| line["keys"] == json!([])));
    // Who may vote is no secret; which pseudonym is whose is told by nothing else.
    let list = hall.steward.person.get(&hall.about(proposal, "roll")).send().await;
    let list = String::from_utf8_lossy(&list.bytes).into_owned();
    assert!(roll.iter().all(|word| !list.contains(&word[34..])));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn under_pseudonyms_no_key_signs_and_nobody_votes_for_another() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 2).await;
    let voters = hall.import(1).await;
    let proposal = hall.opened(&motion("hidden", "pseudonymous")).await;
    let question = hall.question(proposal).await;
    let path = hall.about(proposal, "ballots");
    let signed = voters[0].ballot(&question, 1, &[0], &[1]);
    // A stranger with a key is told nothing; a member that a key would tell the name.
    app.anonymous()
        .post(&path)
        .json(&signed)
        .send()
        .await
        .problem("not-found");
    let mut unnamed = signed.clone();
    unnamed.as_object_mut().unwrap().remove("voter");
    hall.members[0]
        .person
        .post(&path)
        .json(&unnamed)
        .send()
        .await
        .problem("key-not-on-roll");
    let votes = json!({"votes": [{"members": [hall.members[1].member], "options": [1], "points": [1]}]});
    let reply = hall.members[0]
        .person
        .post(&hall.about(proposal, "proxy-ballots"))
        .json(&votes)
        .send()
        .await;
    reply.problem("delegation-refused");
    let held = hall.members[0]
        .person
        .get(&hall.about(proposal, "proxies"))
        .send()
        .await
        .expect(200);
    assert_eq!(held["members"], json!([]));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_is_too_small_is_warned_of_or_refused_as_the_bylaws_say() {
    let app = TestApp::start().await;
    let mut hall = Hall::with_members(&app, 1).await;
    let small = "only 2 members may vote";
    // A warning: before the opening, after it, and with the count.
    let warned = hall.draft(&hall.steward, &motion("hidden", "pseudonymous")).await;
    let preview = hall
        .steward
        .person
        .get(&hall.about(warned, "preview"))
        .send()
        .await
        .expect(200);
    assert!(preview["secrecy_warnings"][0].as_str().unwrap().contains(small));
    assert_eq!(preview["secrecy_obstacle"], Value::Null);
    let _ = hall.step(&hall.steward, warned, "discussion").await.expect(200);
    let opened = hall.open(warned).await.expect(200);
    assert!(opened["secrecy_warnings"][0].as_str().unwrap().contains(small));
    hall.all_cast(warned, &[&[0], &[0]]).await;
    let tally = hall.finish(&app, warned).await;
    let exposures = tally["exposures"].to_string();
    assert!(
        exposures.contains("only 2 ballots") && exposures.contains("all 2 ballots say the same"),
        "{exposures}"
    );

    // A refusal, until enough may vote.
    let careful = hall
        .draft(&hall.steward, &json!({"kind": "careful", "title": "Who shall stay?"}))
        .await;
    let preview = hall
        .steward
        .person
        .get(&hall.about(careful, "preview"))
        .send()
        .await
        .expect(200);
    assert!(preview["secrecy_obstacle"].as_str().unwrap().contains(small));
    let _ = hall.step(&hall.steward, careful, "discussion").await.expect(200);
    let refused = hall.open(careful).await.problem("group-too-small");
    assert_eq!((&refused["members"], &refused["group_min"]), (&json!(2), &json!(5)));
    for number in 2..=4 {
        let member = hall.join(&app, &format!("Member {number}"), Class::Worker, &[]).await;
        hall.members.push(member);
    }
    assert_eq!(hall.open(careful).await.expect(200)["secrecy_warnings"], json!([]));
    let body = json!({"revision": 1, "options": [0], "points": [1], "salt": random_word(), "reason": "Mine"});
    let reply = hall
        .steward
        .person
        .post(&hall.about(careful, "ballots"))
        .json(&body)
        .send()
        .await;
    assert_eq!(reply.problem("invalid-field")["field"], "reason");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_has_a_tier_that_its_bylaws_allow_and_keeps_it_once_voting_opened() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let proposals = hall.path("proposals");
    let post = |body: Value| hall.steward.person.post(&proposals).json(&body).send();
    assert_eq!(
        post(motion("motion", "sealed")).await.problem("invalid-field")["field"],
        "secrecy"
    );
    post(motion("motion", "secret")).await.problem("invalid-body");
    let made = post(json!({"kind": "careful", "title": "The first tier"}))
        .await
        .expect(201);
    assert_eq!(made["secrecy"], "pseudonymous");

    let proposal = hall.opened(&motion("hidden", "open")).await;
    assert_eq!(hall.view(&hall.steward, proposal).await["secrecy"], "open");
    let draft = hall.draft(&hall.steward, &motion("hidden", "open")).await;
    let etag = hall
        .steward
        .person
        .get(&hall.about(draft, ""))
        .send()
        .await
        .etag()
        .unwrap()
        .to_owned();
    let patch = hall.steward.person.patch(&hall.about(draft, "")).if_match(&etag);
    let changed = patch.json(&json!({"secrecy": "sealed"})).send().await.expect(200);
    assert_eq!(changed["secrecy"], "sealed");
    let client = app.database.superuser().await;
    let frozen = client
        .execute("UPDATE proposal SET secrecy = 2 WHERE state = 'open'", &[])
        .await;
    assert!(format!("{:?}", frozen.unwrap_err()).contains("how secret ballots are never changes"));
    app.finish().await;
}
