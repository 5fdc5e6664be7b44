//! The ways in: invitations and applications.

use serde_json::{Value, json};
use server::services::links;
use tests::app::TestApp;
use tests::person::Reply;

use super::world::{Coop, found, found_hidden, id, post};

async fn invite(coop: &Coop, email: &str) -> Value {
    let body = json!({"email": email, "class": "user"});
    coop.founder
        .post(&coop.path("invitations"))
        .json(&body)
        .send()
        .await
        .expect(201)
}

/// The token that the mail holds; it is in no answer and in no row.
fn token(app: &TestApp, coop: &Coop, invitation: &Value) -> String {
    links::invitation_token(&app.app.secrets, coop.id, id(&invitation["id"]))
}

#[track_caller]
fn without(mut document: Value, fields: &[&str]) -> Value {
    for field in fields {
        assert!(!document[*field].is_null(), "{document} has no {field}");
        document[*field] = Value::Null;
    }
    document
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_mailed_and_makes_one_member_of_its_class() {
    let app = TestApp::start().await;
    let coop = found_hidden(&app).await;
    let invitation = invite(&coop, " Ada@Demo.Example ").await;
    assert_eq!(invitation["email"], "ada@demo.example");
    let token = token(&app, &coop, &invitation);
    let client = app.database.superuser().await;
    let queued = "SELECT count(*) FROM outgoing_mail WHERE kind = 'invitation' AND coop_id = $1 AND subject_id = $2";
    let mails = client
        .query_one(queued, &[&coop.id.uuid(), &id::<uuid::Uuid>(&invitation["id"])])
        .await
        .unwrap();
    assert_eq!(mails.get::<_, i64>(0), 1);
    let (ada, bob) = (app.person("Ada").await, app.person("Bob").await);
    let join = json!({"token": token, "display_name": "Ada"});
    let member = ada.post(&coop.path("memberships")).key("join").json(&join).send().await;
    assert_eq!(member.expect(201)["class"], "user");
    let again = ada.post(&coop.path("memberships")).key("join").json(&join).send().await;
    assert_eq!(again.bytes, member.bytes);
    ada.post(&coop.path("memberships"))
        .json(&join)
        .send()
        .await
        .problem("already-member");
    let late = bob.post(&coop.path("memberships")).json(&join).send().await;
    assert_eq!(late.status, 410);
    late.problem("link-refused");
    let list = coop.founder.get(&coop.path("invitations")).send().await.expect(200);
    assert_eq!(list["items"][0]["state"], "used");
    assert_eq!(list["items"][0]["used_by"], member.json()["id"]);
    assert!(!list.to_string().contains(&token[10..]) && !list.to_string().contains("hash"));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_does_not_work_here_is_refused_alike_whatever_is_wrong_with_it() {
    let app = TestApp::start().await;
    let (coop, other) = (found(&app).await, found(&app).await);
    let person = app.person("Ada").await;
    let client = app.database.superuser().await;
    let (revoked, expired, elsewhere) = (
        invite(&coop, "a@demo.example").await,
        invite(&coop, "b@demo.example").await,
        invite(&other, "c@demo.example").await,
    );
    let path = coop.path(&format!("invitations/{}", revoked["id"].as_str().unwrap()));
    let _ = coop.founder.delete(&path).send().await.expect(204);
    coop.founder.delete(&path).send().await.problem("not-found");
    let past = "UPDATE invitation SET expires_at = now() - interval '1 second' WHERE id = $1";
    client
        .execute(past, &[&id::<uuid::Uuid>(&expired["id"])])
        .await
        .unwrap();
    let never = links::invitation_token(&app.app.secrets, coop.id, id(&json!(uuid::Uuid::now_v7())));
    let tokens = [
        token(&app, &coop, &revoked),
        token(&app, &coop, &expired),
        token(&app, &other, &elsewhere),
        never,
        String::from("rdi_AAAA"),
        String::new(),
    ];
    let mut answers = Vec::new();
    for token in tokens {
        let join = json!({"token": token, "display_name": "Ada"});
        let refused = person.post(&coop.path("memberships")).json(&join).send().await;
        assert_eq!(refused.status, 410, "{token}");
        answers.push(without(refused.problem("link-refused"), &["instance"]));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    app.finish().await;
}

/// Aim: a token works once. Method: many people use it at one moment, in several rounds; the guarded UPDATE lets one through.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_use_one_invitation_at_once_one_joins() {
    let app = TestApp::start().await;
    let coop = found(&app).await;
    for round in 0..4 {
        let token = token(&app, &coop, &invite(&coop, &format!("{round}@demo.example")).await);
        let mut people = Vec::new();
        for place in 0..6 {
            people.push(app.person(&format!("Person {place}")).await);
        }
        let join = json!({"token": token, "display_name": format!("Someone {round}")});
        let path = coop.path("memberships");
        let race: Vec<Reply> =
            futures_util::future::join_all(people.iter().map(|person| person.post(&path).json(&join).send())).await;
        assert_eq!(race.iter().filter(|reply| reply.status == 201).count(), 1);
        assert_eq!(race.iter().filter(|reply| reply.status == 410).count(), 5);
    }
    app.finish().await;
}

/// T5: whether an address has an account, is a member here or elsewhere, or was never heard of, an invitation answers the same.
#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_does_not_tell_whether_an_address_is_known() {
    let app = TestApp::start().await;
    let (coop, other) = (found(&app).await, found(&app).await);
    let member = coop.insider(&app, "Member", &[]).await;
    let elsewhere = other.insider(&app, "Elsewhere", &[]).await;
    let account = app.person("Account").await;
    let mut answers = Vec::new();
    for email in [
        member.person.email,
        elsewhere.person.email,
        account.email,
        String::from("nobody@demo.example"),
        String::from("nobody-else@demo.example"),
    ] {
        let body = json!({"email": email, "class": "user"});
        let reply = coop.founder.post(&coop.path("invitations")).json(&body).send().await;
        let names: Vec<String> = reply.headers.keys().map(ToString::to_string).collect();
        let body = without(reply.expect(201), &["id", "email", "created_at", "expires_at"]);
        answers.push((body, names));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    coop.founder
        .post(&coop.path("invitations"))
        .json(&json!({"email": "not an address", "class": "user"}))
        .send()
        .await
        .problem("invalid-field");
    app.finish().await;
}

fn application(statement: &str) -> Value {
    json!({"display_name": "Ada", "statement": statement})
}

#[tokio::test(flavor = "multi_thread")]
async fn one_application_waits_at_a_time_and_names_neither_account_nor_address() {
    let app = TestApp::start().await;
    let coop = found(&app).await;
    let (ada, bob) = (app.person("Ada").await, app.person("Bob").await);
    let path = coop.path("applications");
    for wrong in [String::from("  "), "a".repeat(4_001)] {
        post(&ada, &path, &application(&wrong)).await.problem("invalid-field");
    }
    let _ = post(&ada, &path, &application("I weave.\nAnd I spin."))
        .await
        .expect(201);
    post(&ada, &path, &application("Again"))
        .await
        .problem("application-pending");
    let _ = post(&bob, &path, &application("Me too")).await.expect(201);
    let list = coop.founder.get(&path).send().await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    for private in [ada.account.to_string(), ada.email] {
        assert!(!list.to_string().contains(&private), "{private}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_is_decided_once() {
    let app = TestApp::start().await;
    let coop = found(&app).await;
    let (ada, bob) = (app.person("Ada").await, app.person("Bob").await);
    let path = coop.path("applications");
    let of_ada = post(&ada, &path, &application("I weave.")).await.expect(201);
    let of_bob = post(&bob, &path, &application("Me too")).await.expect(201);
    let decide = async |application: &Value, body: Value| {
        let path = coop.path(&format!(
            "applications/{}/decision",
            application["id"].as_str().unwrap()
        ));
        post(&coop.founder, &path, &body).await
    };
    for incomplete in [
        json!({"decision": "admitted"}),
        json!({"decision": "declined"}),
        json!({"decision": "declined", "class": "user", "reason": "x"}),
    ] {
        decide(&of_ada, incomplete).await.problem("invalid-field");
    }
    let admit = json!({"decision": "admitted", "class": "supporter"});
    let admitted = decide(&of_ada, admit.clone()).await.expect(200);
    assert_eq!(admitted["member"]["class"], "supporter");
    assert_eq!(admitted["application"]["status"], "admitted");
    decide(&of_ada, admit).await.problem("application-decided");
    let declined = decide(&of_bob, json!({"decision": "declined", "reason": "Full this year"}))
        .await
        .expect(200);
    assert_eq!(declined["member"], Value::Null);
    let _ = ada.get(&format!("coops/{}", coop.id)).send().await.expect(200);
    bob.get(&format!("coops/{}", coop.id)).send().await.problem("not-found");
    post(&ada, &path, &application("Once more"))
        .await
        .problem("already-member");
    let next_year = json!({"display_name": "Bob", "statement": "Next year"});
    let _ = post(&bob, &path, &next_year).await.expect(201);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_joins_by_invitation_has_no_application_left() {
    let app = TestApp::start().await;
    let coop = found(&app).await;
    let ada = app.person("Ada").await;
    let body = json!({"display_name": "Ada", "statement": "Please"});
    let application = ada
        .post(&coop.path("applications"))
        .json(&body)
        .send()
        .await
        .expect(201);
    let token = token(&app, &coop, &invite(&coop, &ada.email).await);
    let join = json!({"token": token, "display_name": "Ada"});
    let _ = ada.post(&coop.path("memberships")).json(&join).send().await.expect(201);
    let path = coop.path(&format!(
        "applications/{}/decision",
        application["id"].as_str().unwrap()
    ));
    let decide = json!({"decision": "admitted", "class": "user"});
    coop.founder
        .post(&path)
        .json(&decide)
        .send()
        .await
        .problem("application-decided");
    app.finish().await;
}

/// Aim: whoever is admitted and invited at one moment becomes one member. Method: both at once, in several rounds; each answer is
/// one of the expected ones and nothing waits for ever.
#[tokio::test(flavor = "multi_thread")]
async fn to_be_admitted_and_to_join_at_once_makes_one_member() {
    let app = TestApp::start().await;
    let coop = found(&app).await;
    for round in 0..8 {
        let ada = app.person("Ada").await;
        let body = json!({"display_name": format!("Ada {round}"), "statement": "Please"});
        let application = ada
            .post(&coop.path("applications"))
            .json(&body)
            .send()
            .await
            .expect(201);
        let token = token(&app, &coop, &invite(&coop, &ada.email).await);
        let join = json!({"token": token, "display_name": format!("Ada {round}")});
        let path = coop.path(&format!(
            "applications/{}/decision",
            application["id"].as_str().unwrap()
        ));
        let decide = json!({"decision": "admitted", "class": "user"});
        let (admitted, joined) = tokio::join!(
            coop.founder.post(&path).json(&decide).send(),
            ada.post(&coop.path("memberships")).json(&join).send()
        );
        assert!(
            [(200, 409), (409, 201)].contains(&(admitted.status, joined.status)),
            "{admitted:?} {joined:?}"
        );
        let client = app.database.superuser().await;
        let count = "SELECT count(*) FROM member WHERE account_id = $1";
        let members: i64 = client.query_one(count, &[&ada.account.uuid()]).await.unwrap().get(0);
        assert_eq!(members, 1);
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_former_member_of_a_closed_co_op_is_told_why_and_can_come_back_by_invitation() {
    let app = TestApp::start().await;
    let coop = found_hidden(&app).await;
    let ada = coop.insider(&app, "Ada", &[]).await;
    coop.change(ada.member, json!({"status": "expelled", "reason": "as decided"}))
        .await;
    let body = json!({"display_name": "Ada", "statement": "Please"});
    let refused = ada.person.post(&coop.path("applications")).json(&body).send().await;
    assert_eq!(refused.status, 403);
    refused.problem("applications-closed");
    let token = token(&app, &coop, &invite(&coop, &ada.person.email).await);
    let join = json!({"token": token, "display_name": "Ada"});
    let back = ada
        .person
        .post(&coop.path("memberships"))
        .json(&join)
        .send()
        .await
        .expect(201);
    assert_ne!(back["id"], json!(ada.member), "a new membership, not the old one");
    app.finish().await;
}
