//! Keys that sign ballots.

use chrono::Utc;
use ed25519_dalek::{Signer as _, SigningKey};
use governance::hash::{Hash32, keccak256, to_hex};
use governance::id::MemberId;
use governance::record::{Domain, KeyRegistrationV1, Record as _, digest};
use governance::signature::{PublicKey, SignatureKind};
use secp256k1::SecretKey;
use secp256k1::ecdsa::{RecoverableSignature, RecoveryId};
use serde_json::{Value, json};
use server::services::keys::resource;
use server::services::siwe::{checksummed, personal_hash};
use tests::app::TestApp;
use tests::person::Person;
use tests::voter::{Voter, random_word};

use super::world::{Coop, found, post};

/// The signing domain as the co-op shows it.
pub fn domain(coop: &Coop) -> Domain {
    Domain {
        namespace: coop.view["namespace"].as_str().unwrap().parse().unwrap(),
        chain: None,
    }
}

struct Wallet {
    secret: SecretKey,
    address: [u8; 20],
}

impl Wallet {
    fn fresh() -> Self {
        let secret = SecretKey::from_secret_bytes(*random_word().as_bytes()).unwrap();
        let public = secp256k1::PublicKey::from_secret_key(&secret).serialize_uncompressed();
        let address = keccak256(&public[1..]).as_bytes()[12..].try_into().unwrap();
        Self { secret, address }
    }

    fn sign(&self, digest: Hash32) -> String {
        let message = secp256k1::Message::from_digest(*digest.as_bytes());
        let signed = RecoverableSignature::sign_ecdsa_recoverable(message, &self.secret);
        let (recovery, compact) = signed.serialize_compact();
        let mut bytes = compact.to_vec();
        bytes.push(if recovery == RecoveryId::Zero { 27 } else { 28 });
        to_hex(&bytes)
    }

    fn body(&self, salt: Hash32, proof: &Value) -> Value {
        json!({"kind": "wallet", "public_key": to_hex(&self.address), "salt": salt, "proof": proof})
    }
}

/// A message as a wallet shows it.
fn message(app: &TestApp, wallet: &Wallet, nonce: &str, resources: &[String]) -> String {
    let site = app.url.trim_start_matches("http://");
    let mut text = format!(
        "{site} wants you to sign in with your Ethereum account:\n{}\n\nRegister this wallet to sign my ballots.\n\n\
         URI: {}\nVersion: 1\nChain ID: 1\nNonce: {nonce}\nIssued At: {}",
        checksummed(&wallet.address),
        app.url,
        Utc::now().format("%Y-%m-%dT%H:%M:%SZ")
    );
    if !resources.is_empty() {
        text.push_str("\nResources:");
    }
    for resource in resources {
        text.push_str(&format!("\n- {resource}"));
    }
    text
}

async fn nonce(person: &Person) -> String {
    person.post("siwe-nonces").send().await.expect(201)["nonce"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn siwe(wallet: &Wallet, message: &str) -> Value {
    json!({"kind": "siwe", "message": message, "signature": wallet.sign(personal_hash(message))})
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ed25519_key_is_registered_by_whoever_holds_it_and_stands_in_the_record() {
    let app = TestApp::start().await;
    let coop = found(&app).await;
    let ada = coop.insider(&app, "Ada", &[]).await;
    let voter = Voter::new(ada.member);
    let body = voter.registration(&domain(&coop));
    let path = coop.path("keys");
    let registered = ada.person.post(&path).key("once").json(&body).send().await;
    let key = registered.expect(201);
    assert_eq!(
        ada.person.post(&path).key("once").json(&body).send().await.bytes,
        registered.bytes
    );
    assert_eq!(key["registered_sequence"], 2, "after the bylaws");
    let record = KeyRegistrationV1 {
        namespace: domain(&coop).namespace,
        member: ada.member.word(),
        kind: 4,
        public_key: PublicKey::parse_hex(SignatureKind::Ed25519, &voter.public_key())
            .unwrap()
            .word(),
        salt: body["salt"].as_str().unwrap().parse().unwrap(),
    };
    let client = app.database.superuser().await;
    let row = client
        .query_one("SELECT record_hash, subject FROM record WHERE sequence = 2", &[])
        .await
        .unwrap();
    assert_eq!(row.get::<_, &[u8]>(0), record.struct_hash().as_bytes());
    assert_eq!(row.get::<_, &[u8]>(1), ada.member.word().as_bytes());
    assert_eq!(ada.person.get(&path).send().await.expect(200)["items"], json!([key]));
    assert_eq!(
        coop.founder.get(&path).send().await.expect(200)["items"],
        json!([]),
        "others do not see it"
    );
    let ended = format!("{path}/{}", key["id"].as_str().unwrap());
    coop.founder.delete(&ended).send().await.problem("not-found");
    let _ = ada.person.delete(&ended).send().await.expect(204);
    ada.person.delete(&ended).send().await.problem("not-found");
    let history = ada
        .person
        .get(&coop.path(&format!("members/{}/history", ada.member)))
        .send()
        .await
        .expect(200);
    let kinds: Vec<&Value> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["kind"])
        .collect();
    assert_eq!(kinds, ["joined", "key_registered", "key_ended"]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
async fn a_registration_of_anything_else_is_refused_and_leaves_nothing() {
    let app = TestApp::start().await;
    let (coop, other) = (found(&app).await, found(&app).await);
    let ada = coop.insider(&app, "Ada", &[]).await;
    let good = || Voter::new(ada.member).registration(&domain(&coop));
    let changed = |field: &str, value: Value| {
        let mut body = good();
        body[field] = value;
        body
    };
    let small_order = format!("0x01{}", "00".repeat(31));
    let cases = [
        (
            "for another co-op",
            Voter::new(ada.member).registration(&domain(&other)),
            "key-refused",
        ),
        (
            "for another member",
            Voter::new(coop.founder_member).registration(&domain(&coop)),
            "key-refused",
        ),
        (
            "with another salt",
            changed("salt", json!(random_word())),
            "key-refused",
        ),
        (
            "another key",
            changed("public_key", json!(Voter::new(ada.member).public_key())),
            "key-refused",
        ),
        (
            "a key of small order",
            changed("public_key", json!(small_order)),
            "key-refused",
        ),
        ("capitals", changed("public_key", json!("0xAB")), "key-refused"),
        ("a wallet's kind", changed("kind", json!("wallet")), "key-refused"),
        ("the server's kind", changed("kind", json!("session")), "invalid-body"),
        ("no proof", changed("proof", Value::Null), "invalid-body"),
        (
            "an imported proof",
            changed("proof", json!({"kind": "import"})),
            "invalid-body",
        ),
        (
            "more in the proof",
            changed("proof", json!({"kind": "signature", "signature": "0x", "by": 1})),
            "invalid-body",
        ),
        (
            "an empty signature",
            changed("proof", json!({"kind": "signature", "signature": "0x"})),
            "key-refused",
        ),
        (
            "somebody else's key",
            changed("member", json!(coop.founder_member)),
            "invalid-body",
        ),
    ];
    for (what, body, problem) in cases {
        let refused = ada.person.post(&coop.path("keys")).json(&body).send().await;
        assert_eq!(refused.status, 422, "{what}");
        refused.problem(problem);
    }
    let client = app.database.superuser().await;
    for table in ["voting_key", "effect WHERE status IS NULL", "record WHERE sequence > 1"] {
        let count: i64 = client
            .query_one(&format!("SELECT count(*) FROM {table}"), &[])
            .await
            .unwrap()
            .get(0);
        assert_eq!(count, 0, "{table}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_signs_for_one_member_at_a_time_in_each_co_op() {
    let app = TestApp::start().await;
    let (coop, other) = (found(&app).await, found(&app).await);
    let key = SigningKey::from_bytes(random_word().as_bytes());
    let ada = coop.insider(&app, "Ada", &[]).await;
    let bob = coop.insider(&app, "Bob", &[]).await;
    let eve = other.insider(&app, "Eve", &[]).await;
    let body = |coop: &Coop, member: MemberId| {
        let salt = random_word();
        let record = KeyRegistrationV1 {
            namespace: domain(coop).namespace,
            member: member.word(),
            kind: 4,
            public_key: Hash32::from_bytes(key.verifying_key().to_bytes()),
            salt,
        };
        let signature = to_hex(&key.sign(digest(&domain(coop), &record).as_bytes()).to_bytes());
        let public_key = to_hex(key.verifying_key().as_bytes());
        let proof = json!({"kind": "signature", "signature": signature});
        json!({"kind": "ed25519", "public_key": public_key, "salt": salt, "proof": proof})
    };
    let path = coop.path("keys");
    let (one, two) = (body(&coop, ada.member), body(&coop, bob.member));
    let (one, two) = tokio::join!(
        ada.person.post(&path).json(&one).send(),
        bob.person.post(&path).json(&two).send()
    );
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    // T5: whether another co-op uses a key cannot be learnt here.
    let _ = eve
        .person
        .post(&other.path("keys"))
        .json(&body(&other, eve.member))
        .send()
        .await
        .expect(201);
    let (winner, loser) = if one.status == 201 { (&ada, &bob) } else { (&bob, &ada) };
    loser
        .person
        .post(&path)
        .json(&body(&coop, loser.member))
        .send()
        .await
        .problem("key-in-use");
    coop.change(winner.member, json!({"status": "expelled", "reason": "as decided"}))
        .await;
    let _ = loser
        .person
        .post(&path)
        .json(&body(&coop, loser.member))
        .send()
        .await
        .expect(201);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_has_sixteen_keys_at_most() {
    let app = TestApp::start().await;
    let coop = found(&app).await;
    let ada = coop.insider(&app, "Ada", &[]).await;
    for place in 0..17 {
        let body = Voter::new(ada.member).registration(&domain(&coop));
        let reply = ada.person.post(&coop.path("keys")).json(&body).send().await;
        if place < 16 {
            let _ = reply.expect(201);
        } else {
            reply.problem("key-refused");
        }
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_is_registered_by_typed_data_or_by_a_message() {
    let app = TestApp::start().await;
    let coop = found(&app).await;
    let ada = coop.insider(&app, "Ada", &[]).await;
    let (typed, spoken) = (Wallet::fresh(), Wallet::fresh());
    let salt = random_word();
    let record = KeyRegistrationV1 {
        namespace: domain(&coop).namespace,
        member: ada.member.word(),
        kind: 1,
        public_key: Hash32::left_padded(&typed.address),
        salt,
    };
    let proof = json!({"kind": "signature", "signature": typed.sign(digest(&domain(&coop), &record))});
    let path = coop.path("keys");
    let key = ada
        .person
        .post(&path)
        .json(&typed.body(salt, &proof))
        .send()
        .await
        .expect(201);
    assert_eq!((&key["kind"], &key["proof"]), (&json!("wallet"), &json!("signature")));
    let ours = resource(domain(&coop).namespace, ada.member, salt);
    let text = message(&app, &spoken, &nonce(&ada.person).await, std::slice::from_ref(&ours));
    let body = spoken.body(salt, &siwe(&spoken, &text));
    let first = ada.person.post(&path).key("siwe").json(&body).send().await;
    assert_eq!(first.expect(201)["proof"], "siwe");
    let again = ada.person.post(&path).key("siwe").json(&body).send().await;
    assert_eq!(again.bytes, first.bytes, "the repeated request needs no second nonce");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_names_another_registration_registers_nothing() {
    let app = TestApp::start().await;
    let (coop, other) = (found(&app).await, found(&app).await);
    let ada = coop.insider(&app, "Ada", &[]).await;
    let bob = coop.insider(&app, "Bob", &[]).await;
    let (wallet, salt) = (Wallet::fresh(), random_word());
    let (here, there) = (domain(&coop).namespace, domain(&other).namespace);
    let ours = resource(here, ada.member, salt);
    let cases = [
        ("no resource", vec![]),
        ("another's resource", vec![String::from("https://example.org/")]),
        ("another co-op", vec![resource(there, ada.member, salt)]),
        ("another member", vec![resource(here, bob.member, salt)]),
        ("another salt", vec![resource(here, ada.member, random_word())]),
        ("two at once", vec![ours.clone(), resource(there, ada.member, salt)]),
    ];
    let path = coop.path("keys");
    for (what, resources) in cases {
        let text = message(&app, &wallet, &nonce(&ada.person).await, &resources);
        let refused = post(&ada.person, &path, &wallet.body(salt, &siwe(&wallet, &text))).await;
        assert_eq!(refused.status, 422, "{what}");
        refused.problem("key-refused");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_registers_the_wallet_that_signed_it_once() {
    let app = TestApp::start().await;
    let coop = found(&app).await;
    let ada = coop.insider(&app, "Ada", &[]).await;
    let (wallet, stranger, salt) = (Wallet::fresh(), Wallet::fresh(), random_word());
    let resources = [
        String::from("https://a.example/"),
        resource(domain(&coop).namespace, ada.member, salt),
    ];
    let path = coop.path("keys");
    let text = message(&app, &wallet, &nonce(&ada.person).await, &resources);
    let wrong = json!({"kind": "siwe", "message": text, "signature": stranger.sign(personal_hash(&text))});
    post(&ada.person, &path, &wallet.body(salt, &wrong))
        .await
        .problem("key-refused");
    let body = stranger.body(salt, &siwe(&wallet, &text));
    post(&ada.person, &path, &body).await.problem("key-refused");
    let text = message(&app, &wallet, &nonce(&ada.person).await, &resources);
    let body = wallet.body(salt, &siwe(&wallet, &text));
    let _ = post(&ada.person, &path, &body).await.expect(201);
    post(&ada.person, &path, &body).await.problem("key-refused");
    app.finish().await;
}
