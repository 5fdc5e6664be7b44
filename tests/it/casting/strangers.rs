//! Aim: whoever has neither a session nor a key on the roll learns nothing of a proposal, not even that it exists. Method: every way of
//! casting without a session, against proposals in every state and against one that does not exist.

use governance::hash::to_hex;
use governance::id::{MemberId, ProposalId};
use governance::signature::{PublicKey, SignatureKind};
use serde_json::{Value, json};
use tests::app::TestApp;
use tests::person::Reply;
use tests::voter::{Question, Voter};

use super::world::{World, in_the_name_of, stored};

/// Ballots without a session that no key on the roll of the question stands behind: by a stranger's key in a member's name, in
/// nobody's, and by another member's key; right, with a choice that is none, and with a signature that does not fit.
fn attempts(question: &Question, members: &[Voter]) -> Vec<(&'static str, Value)> {
    let stranger = Voter::new(MemberId::from_uuid(uuid::Uuid::now_v7()));
    let keys = [
        ("a stranger in nobody's name", stranger.clone()),
        (
            "a stranger in a member's name",
            in_the_name_of(members[0].member, &stranger),
        ),
        (
            "a member in another's name",
            in_the_name_of(members[0].member, &members[1]),
        ),
    ];
    keys.into_iter()
        .flat_map(|(who, voter)| {
            let right = voter.ballot(question, 1, &[0], &[1]);
            let malformed = voter.ballot(question, 1, &[0, 0], &[1, 1]);
            let stale = voter.ballot(question, 7, &[0], &[1]);
            let mut forged = right.clone();
            forged["options"] = json!([1]);
            [(who, right), (who, malformed), (who, stale), (who, forged)]
        })
        .collect()
}

fn told(reply: &Reply, why: &str) -> (u16, String) {
    let mut body = reply.json();
    body["instance"] = Value::Null;
    assert_eq!(reply.status, 404, "{why}: {body}");
    reply.problem("not-found");
    (reply.status, body.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_told_the_same_of_every_proposal_and_of_none() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let members = world.import(2).await;
    let open = world.motion().await;
    let closed = {
        let proposal = world.propose("motion", &[]).await;
        world.open(proposal, 2).await
    };
    let _ = world.decided(&app, &closed).await;
    let discussed = Question {
        proposal: world.propose("motion", &[]).await,
        ..open
    };
    let nowhere = Question {
        proposal: ProposalId::from_uuid(uuid::Uuid::now_v7()),
        ..open
    };
    let mut answers = Vec::new();
    for (state, question) in [
        ("open", &open),
        ("closed", &closed),
        ("discussed", &discussed),
        ("nowhere", &nowhere),
    ] {
        for (who, body) in attempts(question, &members) {
            answers.push(told(&world.cast(question, &body).await, &format!("{who}, {state}")));
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(stored(&app, &open).await, 0);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_on_the_roll_is_told_why_its_ballot_is_refused() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let member = world.import(1).await.remove(0);
    let open = world.motion().await;
    let mut forged = member.ballot(&open, 1, &[0], &[1]);
    forged["options"] = json!([1]);
    for (body, slug) in [
        (member.ballot(&open, 1, &[0, 0], &[1, 1]), "ballot-malformed"),
        (forged, "signature-refused"),
        (member.ballot(&open, 7, &[0], &[1]), "revision-conflict"),
    ] {
        world.cast(&open, &body).await.problem(slug);
    }
    let closed = {
        let proposal = world.propose("motion", &[]).await;
        world.open(proposal, 2).await
    };
    let _ = world.decided(&app, &closed).await;
    let late = member.ballot(&closed, 1, &[0], &[1]);
    world.cast(&closed, &late).await.problem("voting-closed");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_who_knows_a_key_of_a_request_learns_nothing_from_it() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let member = world.import(1).await.remove(0);
    let open = world.motion().await;
    let path = open.ballots_path();
    let body = member.ballot(&open, 1, &[0], &[1]);
    let _ = world
        .anyone
        .post(&path)
        .key("known")
        .json(&body)
        .send()
        .await
        .expect(201);
    let stranger = Voter::new(member.member);
    let body = stranger.ballot(&open, 2, &[0], &[1]);
    let reply = world.anyone.post(&path).key("known").json(&body).send().await;
    reply.problem("not-found");
    app.finish().await;
}

/// Keys of 32 bytes that are none: of small order, beyond the field, and off the curve.
fn no_keys() -> Vec<String> {
    let off_the_curve = (2..=u8::MAX)
        .map(|first| [&[first][..], &[0; 31]].concat())
        .find(|bytes| PublicKey::parse(SignatureKind::Ed25519, bytes).is_err())
        .unwrap();
    let small = [&[1][..], &[0; 31]].concat();
    let beyond = [&[0xee][..], &[0xff; 30], &[0x7f]].concat();
    [off_the_curve, small, beyond]
        .iter()
        .map(|bytes| to_hex(bytes))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_none_is_told_so_of_every_proposal_and_of_none() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let member = world.import(1).await.remove(0);
    let open = world.motion().await;
    let discussed = Question {
        proposal: world.propose("motion", &[]).await,
        ..open
    };
    let nowhere = Question {
        proposal: ProposalId::from_uuid(uuid::Uuid::now_v7()),
        ..open
    };
    let mut answers = Vec::new();
    for key in no_keys() {
        for question in [&open, &discussed, &nowhere] {
            for options in [json!([0]), json!([0, 0])] {
                let mut body = member.ballot(question, 1, &[0], &[1]);
                body["options"] = options;
                body["signature"]["public_key"] = json!(key);
                let reply = world.cast(question, &body).await;
                let mut problem = reply.problem("signature-refused");
                problem["instance"] = Value::Null;
                answers.push((reply.status, problem.to_string()));
            }
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(stored(&app, &open).await, 0);
    app.finish().await;
}
