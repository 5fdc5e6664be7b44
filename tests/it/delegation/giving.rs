//! Aim: nothing stands that cannot be, and what a member signs is stored as signed. Method: a table of refusals, and one signature.

use governance::record::Domain;
use serde_json::{Value, json};
use tests::app::TestApp;
use tests::voter::{Voter, random_word};

use super::{coop, give, trust};
use crate::decisions::world::Hall;

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_delegated_is_refused_with_the_reason() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 2).await;
    let [a, b] = [0, 1].map(|index| &hall.members[index]);
    let changed = |change: fn(&mut Value)| {
        let mut body = trust(&coop(), Some(b.member), 1);
        change(&mut body);
        body
    };
    let oneself = trust(&coop(), Some(a.member), 1);
    let stranger = trust(
        &coop(),
        Some(governance::id::MemberId::from_uuid(uuid::Uuid::now_v7())),
        1,
    );
    for (name, body, problem) in [
        ("oneself", oneself, "invalid-field"),
        ("a stranger", stranger, "invalid-field"),
        (
            "the past",
            changed(|body| body["valid_until"] = json!("2001-01-01T00:00:00Z")),
            "invalid-field",
        ),
        (
            "for ever",
            changed(|body| body["valid_until"] = json!("2999-01-01T00:00:00Z")),
            "invalid-field",
        ),
        (
            "taking back with a name",
            changed(|body| body["valid_until"] = Value::Null),
            "invalid-field",
        ),
        (
            "no such kind",
            changed(|body| body["scope"] = json!({"reach": "kind", "name": "war"})),
            "invalid-field",
        ),
        (
            "another revision",
            changed(|body| body["revision"] = json!(2)),
            "revision-conflict",
        ),
        (
            "an unknown field",
            changed(|body| body["weight"] = json!(2)),
            "invalid-body",
        ),
    ] {
        let reply = give(&hall, a, &body).await;
        assert!(reply.status >= 400, "{name}");
        let _ = reply.problem(problem);
    }
    let gone = hall.path("delegations/kind:motion");
    a.person.delete(&gone).send().await.problem("not-found");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delegation_that_a_member_signed_is_told_as_signed() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let a = &hall.members[0];
    let view = a.person.get(&format!("coops/{}", hall.coop)).send().await.expect(200);
    let domain = Domain {
        namespace: view["namespace"].as_str().unwrap().parse().unwrap(),
        chain: None,
    };
    let voter = Voter::new(a.member);
    let registration = voter.registration(&domain);
    let sign = |revision: u64, salt| {
        let mut body = trust(&coop(), Some(hall.steward.member), revision);
        body["salt"] = json!(salt);
        // Whole seconds stand in the record.
        let until = chrono::Utc::now().timestamp() + 3_600;
        body["valid_until"] = json!(chrono::DateTime::from_timestamp(until, 0).unwrap());
        body["signature"] = voter.delegation(&domain, hall.steward.member, until, (revision, salt));
        body
    };
    give(&hall, a, &sign(1, random_word()))
        .await
        .problem("signature-refused");
    let _ = a
        .person
        .post(&hall.path("keys"))
        .json(&registration)
        .send()
        .await
        .expect(201);
    let mut wrong = sign(1, random_word());
    wrong["salt"] = json!(random_word());
    give(&hall, a, &wrong).await.problem("signature-refused");
    let given = give(&hall, a, &sign(1, random_word())).await.expect(201);
    assert_eq!(
        (&given["signature_kind"], &given["holds"]),
        (&json!("ed25519"), &json!(true))
    );
    let received = hall
        .steward
        .person
        .get(&hall.path("delegations/received"))
        .send()
        .await
        .expect(200);
    assert_eq!(received["items"][0]["truster"]["id"], json!(a.member));
    app.finish().await;
}
