//! Aim: whoever is on the roll and has not voted is reminded by mail when they wish it, once, with one press to end it; the mail says
//! nothing of what is asked or chosen. Method: a vote of three days whose days are taken away behind the server's back, and the mails.

use std::collections::BTreeSet;

use governance::id::ProposalId;
use governance::membership::Class;
use serde_json::{Value, json};
use server::services::errands::errands_once;
use server::services::links::{invitation_token, unsubscription_token};
use server::services::mail::send_due;
use server::services::reminders::{Round, round};
use tests::app::TestApp;

use crate::decisions::world::{Hall, Insider, quick_bylaws};
use crate::identity::{count, execute, mails};

const TITLE: &str = "Shall we sell the loom?";
const DAY: i64 = 86_400;

/// A co-op whose votes may last ten days.
async fn slow_hall(app: &TestApp) -> Hall {
    let mut bylaws = quick_bylaws();
    for kind in bylaws["kinds"].as_object_mut().unwrap().values_mut() {
        kind["voting_seconds_max"] = json!(10 * DAY);
    }
    let person = app.person("Steward").await;
    let slug = format!("c{}", uuid::Uuid::now_v7().simple());
    let body = json!({"slug": slug, "name": "The Weavers", "display_name": "Steward", "bylaws": bylaws});
    let view = person.post("coops").json(&body).send().await.expect(201);
    Hall {
        coop: view["id"].as_str().unwrap().parse().unwrap(),
        slug,
        steward: Insider {
            person,
            member: view["me"]["id"].as_str().unwrap().parse().unwrap(),
        },
        members: Vec::new(),
    }
}

/// A co-op with members whose addresses can be written to.
async fn hall_of(app: &TestApp, names: &[&str]) -> Hall {
    let mut hall = Hall::with_members(app, 0).await;
    for name in names {
        let member = hall.join(app, name, Class::Worker, &[]).await;
        hall.members.push(member);
    }
    hall
}

async fn opened(hall: &Hall, seconds: i64) -> ProposalId {
    let body = json!({"kind": "motion", "title": TITLE, "body": "It is loud."});
    let proposal = hall.draft(&hall.steward, &body).await;
    let _ = hall.step(&hall.steward, proposal, "discussion").await.expect(200);
    let _ = hall.open_for(proposal, seconds).await.expect(200);
    proposal
}

async fn wish(hall: &Hall, who: &Insider, wish: &str) -> Value {
    let put = who.person.put(&hall.path("reminders")).json(&json!({"wish": wish}));
    put.send().await.expect(200)
}

/// Lets everything leave; to whom mails went since the mailbox was emptied last.
async fn reminded(app: &TestApp) -> Vec<String> {
    while errands_once(&app.app).await.unwrap() > 0 {}
    let mut to: Vec<String> = mails(app).await.into_iter().map(|mail| mail.to).collect();
    to.sort();
    to
}

/// Empties the mailbox.
fn forget(app: &TestApp) {
    std::fs::remove_dir_all(app.mailbox()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn members_who_have_not_voted_are_reminded_when_they_wish_and_once() {
    let app = TestApp::start().await;
    let hall = slow_hall(&app).await;
    let mut people = Vec::new();
    for name in ["off", "opening", "closing", "both", "unsaid", "voter"] {
        let who = hall.join(&app, name, Class::Worker, &[]).await;
        if !["unsaid", "voter"].contains(&name) {
            wish(&hall, &who, name).await;
        }
        people.push(who);
    }
    let observer = hall.join(&app, "observer", Class::Observer, &[]).await;
    wish(&hall, &hall.steward, "off").await;
    let to = |places: &[usize]| {
        let mut emails: Vec<String> = places.iter().map(|place| people[*place].person.email.clone()).collect();
        emails.sort();
        emails
    };
    let proposal = opened(&hall, 3 * DAY).await;
    let _ = hall.cast(&people[5], proposal, 1, &[1]).await.expect(201);
    assert_eq!(reminded(&app).await, to(&[1, 3, 4]));
    let made = count(&app, "SELECT count(*) FROM reminder", &[]).await;
    assert_eq!(made, 3, "no mail is even queued for who voted");
    for mail in mails(&app).await {
        assert_eq!(mail.subject, format!("A vote in {} waits for you", hall.slug));
        for secret in [TITLE, "loom", "loud", "Steward", &observer.person.email] {
            assert!(!mail.body.contains(secret), "{secret} in {}", mail.body);
        }
        let vote = format!("{}/coops/{}/proposals/{proposal}", app.url, hall.coop);
        assert!(mail.body.lines().any(|line| line == vote), "{}", mail.body);
    }
    forget(&app);
    execute(&app, "UPDATE errand SET run_at = now()", &[]).await;
    assert_eq!(reminded(&app).await, to(&[]), "a day before, not two");
    // Two and a half days pass.
    let client = app.database.superuser().await;
    let pass = "SET session_replication_role = replica;
        UPDATE proposal SET opens_at = opens_at - interval '60 hours', closes_at = closes_at - interval '60 hours';
        UPDATE errand SET run_at = now()";
    client.batch_execute(pass).await.unwrap();
    assert_eq!(reminded(&app).await, to(&[2, 3, 4]));
    forget(&app);
    client
        .batch_execute("UPDATE errand SET run_at = now(), done_at = NULL")
        .await
        .unwrap();
    assert_eq!(reminded(&app).await, to(&[]), "each once, whatever is begun again");
    drop(client);
    // The record was bent behind the server's back.
    app.abandon().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rounds_at_the_same_time_remind_nobody_twice_and_who_votes_meanwhile_not_at_all() {
    let app = TestApp::start().await;
    let hall = hall_of(&app, &["ada", "bo", "cy", "di", "ed"]).await;
    let proposal = hall.opened_motion().await;
    let begin = || round(&app.app, hall.coop, proposal, Round::Opening);
    let (first, second, third) = tokio::join!(begin(), begin(), begin());
    for done in [first, second, third] {
        let _ = done.unwrap();
    }
    let queued = "SELECT count(*) FROM outgoing_mail WHERE kind = 'reminder'";
    assert_eq!(count(&app, queued, &[]).await, 6);
    hall.all_cast(proposal, &[&[0], &[0]]).await;
    while send_due(&app.app).await.unwrap() > 0 {}
    let mails = mails(&app).await;
    let to: BTreeSet<_> = mails.iter().map(|mail| mail.to.clone()).collect();
    assert_eq!((mails.len(), to.len()), (4, 4));
    assert!(!to.contains(&hall.steward.person.email));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_press_ends_reminders_without_a_session_and_opens_nothing_else() {
    let app = TestApp::start().await;
    let hall = hall_of(&app, &["ada"]).await;
    let ada = &hall.members[0];
    assert_eq!(
        ada.person.get(&hall.path("reminders")).send().await.expect(200)["wish"],
        "both"
    );
    let first = hall.opened_motion().await;
    while errands_once(&app.app).await.unwrap() > 0 {}
    let mail = mails(&app)
        .await
        .into_iter()
        .find(|mail| mail.to == ada.person.email)
        .unwrap();
    let start = format!("{}/unsubscribe/", app.url);
    let token = mail
        .body
        .lines()
        .find_map(|line| line.strip_prefix(&start))
        .unwrap()
        .to_owned();
    let address = format!("/unsubscribe/{token}");
    let anyone = app.anonymous();
    // Mail programs look at links; that says nothing.
    let _ = anyone.get(&address).send().await;
    assert_eq!(
        ada.person.get(&hall.path("reminders")).send().await.expect(200)["wish"],
        "both"
    );
    for _ in 0..2 {
        let press = anyone
            .post(&address)
            .body("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click");
        assert_eq!(press.send().await.expect(200)["wish"], "off");
    }
    assert_eq!(
        ada.person.get(&hall.path("reminders")).send().await.expect(200)["wish"],
        "off"
    );
    let session = anyone
        .get("account")
        .header("authorization", &format!("Bearer {token}"))
        .send()
        .await;
    assert_eq!(session.status, 401);
    let joined = anyone
        .post("accounts")
        .json(&json!({"token": token, "display_name": "Eve", "password": "a long password"}));
    joined.send().await.problem("link-refused");
    let nobody = governance::id::MemberId::from_uuid(uuid::Uuid::now_v7());
    let invitation = governance::id::InvitationId::from_uuid(nobody.uuid());
    for wrong in [
        String::from("rdu_"),
        format!("{token}A"),
        invitation_token(&app.app.secrets, hall.coop, invitation),
        unsubscription_token(&app.app.secrets, hall.coop, nobody),
    ] {
        anyone
            .post(&format!("/unsubscribe/{wrong}"))
            .send()
            .await
            .problem("link-refused");
    }
    let before = mails(&app).await.len();
    let second = hall.opened_motion().await;
    while errands_once(&app.app).await.unwrap() > 0 {}
    let after = mails(&app).await;
    assert_eq!(after.len(), before + 1, "the steward alone, of {first} and {second}");
    assert!(!app.log().contains(&token), "links stand in no log");
    app.finish().await;
}
