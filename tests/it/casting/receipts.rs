//! What comes back: a receipt that proves what the server must count.

use governance::hash::from_hex;
use governance::record::{BallotV1, Domain, ReceiptV1, Record as _, digest};
use governance::signature::{PublicKey, SignatureKind, verify};
use serde_json::json;
use tests::app::TestApp;

use super::world::{World, unsigned};

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_names_the_ballot_and_is_signed_by_the_key_the_co_op_shows() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voter = world.import(1).await.remove(0);
    let question = world.motion().await;
    let body = voter.ballot(&question, 1, &[1], &[1]);
    let answer = world.cast(&question, &body).await.expect(201);
    let receipt: ReceiptV1 = serde_json::from_value(answer["receipt"].clone()).unwrap();
    let ballot = BallotV1 {
        namespace: question.domain.namespace,
        proposal: question.proposal.word(),
        proposal_hash: question.proposal_hash,
        voter: voter.member.word(),
        revision: 1,
        options: vec![1],
        points: vec![1],
        reason: governance::hash::Hash32::ZERO,
        salt: body["salt"].as_str().unwrap().parse().unwrap(),
    };
    assert_eq!(receipt.record_hash, ballot.struct_hash());
    assert_eq!(answer["record_hash"], json!(ballot.struct_hash()));
    assert_eq!(receipt.subject, question.proposal.word());
    assert_eq!(receipt.salt, ballot.salt);
    let coop = world
        .steward
        .get(&format!("coops/{}", world.coop))
        .send()
        .await
        .expect(200);
    assert_eq!(answer["server_key"], coop["server_key"]);
    let key = PublicKey::parse_hex(SignatureKind::Session, coop["server_key"].as_str().unwrap()).unwrap();
    let domain = Domain {
        namespace: question.domain.namespace,
        chain: None,
    };
    let signature = from_hex(answer["receipt_signature"].as_str().unwrap()).unwrap();
    assert_eq!(verify(&key, digest(&domain, &receipt), &signature), Ok(()));
    let other = ReceiptV1 {
        sequence: receipt.sequence + 1,
        ..receipt
    };
    assert!(verify(&key, digest(&domain, &other), &signature).is_err());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_reads_the_own_receipts_again_and_nobody_elses() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let (ada, bo) = (world.insider(&app, "Ada").await, world.insider(&app, "Bo").await);
    let question = world.motion().await;
    let path = question.ballots_path();
    let mut receipts = Vec::new();
    for revision in 1..=3 {
        let cast = ada
            .person
            .post(&path)
            .json(&unsigned(revision, &[0], &[1]))
            .send()
            .await;
        receipts.push(cast.expect(201));
    }
    let mine = ada.person.get(&format!("{path}/mine")).send().await.expect(200);
    assert_eq!(mine["items"].as_array().unwrap().len(), receipts.len());
    for (place, receipt) in receipts.iter().enumerate() {
        // The list adds the ballot itself; every field of the receipt is there as it was given.
        for (field, value) in receipt.as_object().unwrap() {
            assert_eq!(&mine["items"][place][field], value, "{field} of receipt {place}");
        }
    }
    let others = bo.person.get(&format!("{path}/mine")).send().await.expect(200);
    assert_eq!(others["items"], json!([]));
    app.finish().await;
}
