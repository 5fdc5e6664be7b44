//! Signatures that do not fit (V5, V9): of other ballots, other questions, other co-ops and chains, other keys.

use governance::hash::{Hash32, from_hex, to_hex};
use governance::record::{ChainDomain, Domain, namespace_on_chain};
use serde_json::{Value, json};
use tests::app::{ChainChoice, Options, TestApp};
use tests::memory_chain::MemoryWorld;
use tests::passkey::Passkey;
use tests::voter::{Question, random_word};

use super::wallet::{Wallet, mirrored};
use super::world::{World, in_the_name_of, stored, unsigned};

fn with(body: &Value, place: &str, value: Value) -> Value {
    let mut changed = body.clone();
    *changed.pointer_mut(place).unwrap() = value;
    changed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_fits_one_ballot_of_one_member_and_no_other() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voters = world.import(2).await;
    let question = world.motion().await;
    let body = voters[0].ballot(&question, 1, &[0], &[1]);
    let signature = body["signature"]["signature"].as_str().unwrap();
    let other = voters[1].ballot(&question, 1, &[0], &[1]);
    let flipped = {
        let mut bytes = from_hex(signature).unwrap();
        bytes[63] ^= 1;
        to_hex(&bytes)
    };
    let changes = [
        ("/options", json!([1])),
        ("/revision", json!(2)),
        ("/reason", json!("another")),
        ("/salt", json!(random_word())),
        ("/signature/signature", other["signature"]["signature"].clone()),
        ("/signature/signature", json!(flipped)),
        ("/signature/signature", json!(&signature[..signature.len() - 2])),
        ("/signature/signature", json!(format!("{signature}00"))),
        (
            "/signature/signature",
            json!(signature.to_uppercase().replace("0X", "0x")),
        ),
        ("/signature/signature", json!("")),
        ("/signature/public_key", json!("0x")),
        ("/signature/public_key", json!(format!("0x01{}", "00".repeat(31)))),
        ("/signature/kind", json!("session")),
        ("/signature/kind", json!("wallet")),
        ("/signature/kind", json!("contract")),
    ];
    for (place, value) in changes {
        let changed = with(&body, place, value.clone());
        let reply = world.cast(&question, &changed).await;
        assert_eq!(reply.status, 422, "{place} = {value}: {}", reply.json());
        reply.problem("signature-refused");
    }
    // Here the key is none that the voter has on the roll, so without a session nothing is told.
    for (place, value) in [
        ("/voter", json!(voters[1].member)),
        ("/signature/public_key", other["signature"]["public_key"].clone()),
    ] {
        let changed = with(&body, place, value);
        world.cast(&question, &changed).await.problem("not-found");
    }
    assert_eq!(stored(&app, &question).await, 0);
    let _ = world.cast(&question, &body).await.expect(201);
    app.finish().await;
}

/// What a signature made for another question would be good for.
async fn refuse(world: &World, question: &Question, body: &Value, why: &str) {
    let reply = world.cast(question, body).await;
    assert_eq!(reply.status, 422, "{why}: {}", reply.json());
    reply.problem("signature-refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_ballot_cannot_be_cast_on_another_proposal_or_in_another_co_op() {
    let app = TestApp::start().await;
    let (world, other) = (World::found(&app).await, World::found(&app).await);
    let voter = world.import(1).await.remove(0);
    let _ = other.import(1).await;
    let (first, second, foreign) = (world.motion().await, world.motion().await, other.motion().await);
    let body = voter.ballot(&first, 1, &[0], &[1]);
    refuse(&world, &second, &body, "another proposal of the same text").await;
    other.cast(&foreign, &body).await.problem("not-found");
    for (why, question) in [
        (
            "signed for another text",
            Question {
                proposal_hash: random_word(),
                ..first
            },
        ),
        (
            "signed for another proposal",
            Question {
                proposal_hash: first.proposal_hash,
                ..second
            },
        ),
        (
            "signed in another co-op",
            Question {
                domain: foreign.domain,
                ..first
            },
        ),
        (
            "signed in another namespace",
            Question {
                domain: Domain {
                    namespace: Hash32::ZERO,
                    ..first.domain
                },
                ..first
            },
        ),
        (
            "signed on a chain",
            Question {
                domain: Domain {
                    chain: Some(ChainDomain {
                        chain_id: 1,
                        contract: [7; 20],
                    }),
                    ..first.domain
                },
                ..first
            },
        ),
    ] {
        refuse(&world, &first, &voter.ballot(&question, 1, &[0], &[1]), why).await;
    }
    assert_eq!(
        stored(&app, &first).await + stored(&app, &second).await + stored(&app, &foreign).await,
        0
    );
    let _ = world.cast(&first, &body).await.expect(201);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ballot_for_another_chain_or_contract_is_refused() {
    let chain = ChainChoice::Memory(MemoryWorld::start().await);
    let app = TestApp::start_with(Options::default().chain(chain)).await;
    let world = World::found(&app).await;
    let voter = world.import(1).await.remove(0);
    let question = world.motion().await;
    let here = question.domain.chain.expect("a chain");
    assert_eq!(
        question.domain.namespace,
        namespace_on_chain(app.app.chain.as_ref().unwrap().registrar(), world.coop)
    );
    for (why, chain) in [
        (
            "another chain",
            Some(ChainDomain {
                chain_id: here.chain_id + 1,
                ..here
            }),
        ),
        (
            "another contract",
            Some(ChainDomain {
                contract: [7; 20],
                ..here
            }),
        ),
        ("no chain", None),
    ] {
        let domain = Domain {
            chain,
            ..question.domain
        };
        let elsewhere = Question { domain, ..question };
        refuse(&world, &question, &voter.ballot(&elsewhere, 1, &[0], &[1]), why).await;
    }
    assert_eq!(stored(&app, &question).await, 0);
    let _ = world
        .cast(&question, &voter.ballot(&question, 1, &[0], &[1]))
        .await
        .expect(201);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_signs_ballots_and_the_mirror_image_of_a_signature_is_refused() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let insider = world.insider(&app, "Ada").await;
    let wallet = Wallet::new(insider.member);
    let body = wallet.registration(&world.domain);
    let _ = insider
        .person
        .post(&world.path("keys"))
        .json(&body)
        .send()
        .await
        .expect(201);
    let question = world.motion().await;
    let body = wallet.ballot(&question, 1, &[0], &[1]);
    let signature = from_hex(body["signature"]["signature"].as_str().unwrap()).unwrap();
    let place = "/signature/signature";
    let mut raw_v = signature.clone();
    raw_v[64] -= 27;
    let mut other_v = signature.clone();
    other_v[64] = if signature[64] == 27 { 28 } else { 27 };
    let mut no_r = signature.clone();
    no_r[..32].fill(0);
    let stranger = Wallet::new(insider.member).ballot(&question, 1, &[0], &[1]);
    for (why, value) in [
        ("high s", to_hex(&mirrored(&signature))),
        ("v 0 or 1", to_hex(&raw_v)),
        ("the other v", to_hex(&other_v)),
        ("r zero", to_hex(&no_r)),
        ("64 bytes", to_hex(&signature[..64])),
        (
            "another wallet's",
            stranger["signature"]["signature"].as_str().unwrap().to_owned(),
        ),
    ] {
        refuse(&world, &question, &with(&body, place, json!(value)), why).await;
    }
    world.cast(&question, &stranger).await.problem("not-found");
    assert_eq!(stored(&app, &question).await, 0);
    let cast = world.cast(&question, &body).await.expect(201);
    assert_eq!(cast["signature_kind"], "wallet");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_signs_ballots_from_this_site_alone() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let insider = world.insider(&app, "Ada").await;
    let passkey = Passkey::new(&app.url);
    let elsewhere = Passkey {
        origin: app.url.replace("://", "://bad"),
        ..passkey.clone()
    };
    let unchecked = Passkey {
        flags: 0x01,
        ..passkey.clone()
    };
    for liar in [&elsewhere, &unchecked] {
        let body = liar.registration(&world.domain, insider.member);
        let request = insider.person.post(&world.path("keys")).json(&body);
        request.send().await.problem("key-refused");
    }
    let body = passkey.registration(&world.domain, insider.member);
    let registered = insider
        .person
        .post(&world.path("keys"))
        .json(&body)
        .send()
        .await
        .expect(201);
    assert_eq!(registered["kind"], "passkey");
    let question = world.motion().await;
    let body = passkey.ballot(&question, insider.member, &[0], &[1]);
    for (why, liar) in [("another site", &elsewhere), ("nobody was checked", &unchecked)] {
        let body = liar.ballot(&question, insider.member, &[0], &[1]);
        refuse(&world, &question, &body, why).await;
    }
    refuse(
        &world,
        &question,
        &with(&body, "/options", json!([1])),
        "another ballot",
    )
    .await;
    assert_eq!(stored(&app, &question).await, 0);
    let cast = world.cast(&question, &body).await.expect(201);
    assert_eq!(cast["signature_kind"], "passkey");
    app.finish().await;
}

/// A signed ballot that does not say whose it is.
fn nameless(mut signed: Value) -> Value {
    signed.as_object_mut().unwrap().remove("voter");
    signed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ballot_without_a_good_session_or_a_good_signature_is_refused() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let (ada, bo) = (world.insider(&app, "Ada").await, world.insider(&app, "Bo").await);
    let (ada_key, _) = (world.give_key(&ada).await, world.give_key(&bo).await);
    let question = world.motion().await;
    let path = question.ballots_path();
    let signed = ada_key.ballot(&question, 1, &[0], &[1]);
    let mut named = unsigned(1, &[0], &[1]);
    named["voter"] = json!(ada.member);
    let nobody = || world.anyone.post(&path);
    let bo_as_ada = in_the_name_of(bo.member, &ada_key).ballot(&question, 1, &[0], &[1]);
    let cases = [
        // Neither of both.
        (nobody().json(&unsigned(1, &[0], &[1])), 401, "unauthenticated"),
        (nobody().json(&named), 401, "unauthenticated"),
        (nobody().json(&nameless(signed.clone())), 401, "unauthenticated"),
        // A token that is none is not healed by a good signature.
        (
            nobody().header("authorization", "Bearer x.y.z").json(&signed),
            401,
            "unauthenticated",
        ),
        (
            ada.person.post(&path).header("authorization", "Bearer x").json(&signed),
            401,
            "unauthenticated",
        ),
        // One's own session with another's ballot, signature or key.
        (bo.person.post(&path).json(&signed), 422, "invalid-field"),
        (
            bo.person.post(&path).json(&nameless(signed.clone())),
            422,
            "signature-refused",
        ),
        (bo.person.post(&path).json(&bo_as_ada), 409, "key-not-on-roll"),
    ];
    for (place, (request, status, slug)) in cases.into_iter().enumerate() {
        let reply = request.send().await;
        assert_eq!(reply.status, status, "case {place}: {}", reply.json());
        reply.problem(slug);
    }
    assert_eq!(stored(&app, &question).await, 0);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_may_sign_one_ballot_and_let_the_server_vouch_for_the_next() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let ada = world.insider(&app, "Ada").await;
    let key = world.give_key(&ada).await;
    let question = world.motion().await;
    let path = question.ballots_path();
    let signed = |revision| key.ballot(&question, revision, &[0], &[1]);
    let requests = [
        (ada.person.post(&path).json(&nameless(signed(1))), "ed25519"),
        (ada.person.post(&path).json(&unsigned(2, &[1], &[1])), "session"),
        (world.anyone.post(&path).json(&signed(3)), "ed25519"),
        (ada.person.post(&path).json(&signed(4)), "ed25519"),
    ];
    for (request, kind) in requests {
        assert_eq!(request.send().await.expect(201)["signature_kind"], kind);
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ended_casts_nothing_even_with_a_good_signature() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let insider = world.insider(&app, "Ada").await;
    let key = world.give_key(&insider).await;
    let question = world.motion().await;
    let client = app.database.superuser().await;
    let end = "UPDATE session SET ended_at = now(), end_reason = 'sign_out' WHERE id = $1";
    client.execute(end, &[&insider.person.session.uuid()]).await.unwrap();
    for body in [key.ballot(&question, 1, &[0], &[1]), unsigned(1, &[0], &[1])] {
        let refused = insider.person.post(&question.ballots_path()).json(&body).send().await;
        assert_eq!(refused.status, 401);
        refused.problem("unauthenticated");
    }
    assert_eq!(stored(&app, &question).await, 0);
    app.finish().await;
}
