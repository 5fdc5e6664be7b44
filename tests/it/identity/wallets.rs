//! A6: a signed message proves a wallet once, here and now.

use chrono::{SecondsFormat, TimeDelta, Utc};
use governance::hash::to_hex;
use secp256k1::{Message as Digest, PublicKey, SecretKey};
use serde_json::Value;
use server::services::siwe::{Message, checksummed, personal_hash};
use server::services::wallets::{check_siwe, signer};
use tests::app::TestApp;
use tests::data::shared_data;
use wire::problem::ProblemKind;

use super::{count, execute};

/// A wallet and whoever holds it.
pub struct Wallet {
    key: SecretKey,
    /// Its address.
    pub address: [u8; 20],
}

impl Wallet {
    /// That of a seed.
    pub fn new(seed: u8) -> Self {
        let key = SecretKey::from_secret_bytes([seed; 32]).unwrap();
        let point = PublicKey::from_secret_key(&key).serialize_uncompressed();
        let hash = governance::hash::keccak256(&point[1..]);
        Self {
            key,
            address: hash.as_bytes()[12..].try_into().unwrap(),
        }
    }

    /// Signs a text (EIP-191).
    pub fn sign(&self, text: &str) -> String {
        let digest = Digest::from_digest(*personal_hash(text).as_bytes());
        let signature = secp256k1::ecdsa::RecoverableSignature::sign_ecdsa_recoverable(digest, &self.key);
        let (recovery, compact) = signature.serialize_compact();
        let last = if recovery == secp256k1::ecdsa::RecoveryId::Zero {
            27
        } else {
            28
        };
        to_hex(&[&compact[..], &[last]].concat())
    }
}

/// The parts of a message that an attack changes.
#[derive(Clone)]
pub struct Parts {
    pub domain: String,
    pub address: String,
    pub statement: String,
    pub uri: String,
    pub chain_id: u64,
    pub nonce: String,
    pub issued_at: String,
    pub rest: String,
}

impl Parts {
    /// An honest message, with a fresh nonce.
    pub async fn new(app: &TestApp, wallet: &Wallet) -> Self {
        let body = app.anonymous().post("siwe-nonces").send().await.expect(201);
        Self {
            domain: app.url.trim_start_matches("http://").to_owned(),
            address: checksummed(&wallet.address),
            statement: String::from("Register this wallet."),
            uri: format!("{}/keys", app.url),
            chain_id: body["chain_id"].as_u64().unwrap(),
            nonce: body["nonce"].as_str().unwrap().to_owned(),
            issued_at: time(0),
            rest: String::new(),
        }
    }

    /// The message.
    pub fn text(&self) -> String {
        format!(
            "{} wants you to sign in with your Ethereum account:\n{}\n\n{}\n\nURI: {}\nVersion: 1\nChain ID: {}\n\
             Nonce: {}\nIssued At: {}{}",
            self.domain, self.address, self.statement, self.uri, self.chain_id, self.nonce, self.issued_at, self.rest
        )
    }
}

/// So many seconds from now.
pub fn time(seconds: i64) -> String {
    (Utc::now() + TimeDelta::seconds(seconds)).to_rfc3339_opts(SecondsFormat::Millis, true)
}

async fn check_refused(app: &TestApp, what: &str, text: &str, signature: &str) {
    let refused = check_siwe(&app.app, text, signature).await.err();
    assert_eq!(
        refused.map(|problem| problem.kind()),
        Some(ProblemKind::KeyRefused),
        "{what}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_message_proves_a_wallet_once() {
    let app = TestApp::start().await;
    let wallet = Wallet::new(7);
    let text = Parts::new(&app, &wallet).await.text();
    let signature = wallet.sign(&text);
    let proven = check_siwe(&app.app, &text, &signature).await.unwrap();
    assert_eq!(proven.address, wallet.address);
    assert_eq!(proven.message.statement.as_deref(), Some("Register this wallet."));
    check_refused(&app, "replayed", &text, &signature).await;
    assert_eq!(count(&app, "SELECT count(*) FROM siwe_nonce", &[]).await, 0);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_use_a_nonce_at_the_same_moment_one_succeeds() {
    let app = TestApp::start().await;
    let wallet = Wallet::new(7);
    for _ in 0..5 {
        let text = Parts::new(&app, &wallet).await.text();
        let signature = wallet.sign(&text);
        let check = || check_siwe(&app.app, &text, &signature);
        let results = tokio::join!(check(), check(), check(), check());
        let proven = [
            results.0.is_ok(),
            results.1.is_ok(),
            results.2.is_ok(),
            results.3.is_ok(),
        ];
        assert_eq!(proven.iter().filter(|is_proven| **is_proven).count(), 1);
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_for_another_site_chain_or_time_is_refused_and_keeps_its_nonce() {
    let app = TestApp::start().await;
    let (wallet, other) = (Wallet::new(7), Wallet::new(8));
    let true_parts = Parts::new(&app, &wallet).await;
    let changed = |change: &dyn Fn(&mut Parts)| {
        let mut parts = true_parts.clone();
        change(&mut parts);
        parts.text()
    };
    let cases: [(&str, String); 14] = [
        (
            "another site",
            changed(&|parts| parts.domain = String::from("evil.example")),
        ),
        (
            "a longer site",
            changed(&|parts| parts.domain.push_str(".evil.example")),
        ),
        (
            "our site as a user",
            changed(&|parts| parts.domain.push_str("@evil.example")),
        ),
        (
            "another scheme",
            changed(&|parts| parts.domain.insert_str(0, "https://")),
        ),
        (
            "another URI",
            changed(&|parts| parts.uri = String::from("https://evil.example/keys")),
        ),
        ("no address", changed(&|parts| parts.uri = String::from("urn:keys"))),
        ("another chain", changed(&|parts| parts.chain_id = 5)),
        (
            "expired",
            changed(&|parts| parts.rest = format!("\nExpiration Time: {}", time(-1))),
        ),
        (
            "not yet",
            changed(&|parts| parts.rest = format!("\nNot Before: {}", time(60))),
        ),
        ("from the future", changed(&|parts| parts.issued_at = time(3_600))),
        ("from the past", changed(&|parts| parts.issued_at = time(-3_600))),
        (
            "another address",
            changed(&|parts| parts.address = checksummed(&other.address)),
        ),
        (
            "no checksum",
            changed(&|parts| parts.address = parts.address.to_lowercase()),
        ),
        (
            "more lines",
            changed(&|parts| parts.rest = String::from("\nAdmin: true")),
        ),
    ];
    for (what, text) in &cases {
        check_refused(&app, what, text, &wallet.sign(text)).await;
    }
    let text = true_parts.text();
    check_refused(&app, "another key", &text, &other.sign(&text)).await;
    check_refused(&app, "another text", &text, &wallet.sign(&format!("{text} "))).await;
    for malformed in ["", "0x", "0x00", &wallet.sign(&text)[..130], &"0x00".repeat(500)] {
        check_refused(&app, "a malformed signature", &text, malformed).await;
    }
    check_refused(&app, "too long", &"x".repeat(10_000), &wallet.sign(&text)).await;
    // All of that used up no nonce.
    assert!(check_siwe(&app.app, &text, &wallet.sign(&text)).await.is_ok());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_that_was_never_issued_or_has_expired_is_refused() {
    let app = TestApp::start().await;
    let wallet = Wallet::new(7);
    let mut parts = Parts::new(&app, &wallet).await;
    execute(&app, "UPDATE siwe_nonce SET expires_at = now()", &[]).await;
    let text = parts.text();
    check_refused(&app, "expired", &text, &wallet.sign(&text)).await;
    parts.nonce = "0".repeat(32);
    let text = parts.text();
    check_refused(&app, "never issued", &text, &wallet.sign(&text)).await;
    app.finish().await;
}

fn vectors(test: &str, name: &str) -> Option<serde_json::Map<String, Value>> {
    let path = shared_data(test)?.join("crypto/siwe").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    match serde_json::from_str(&text).unwrap() {
        Value::Object(vectors) => Some(vectors),
        other => panic!("{other}"),
    }
}

#[test]
fn the_published_messages_are_read_as_the_standard_says() {
    const TEST: &str = "the_published_messages_are_read_as_the_standard_says";
    let (Some(positive), Some(negative)) = (
        vectors(TEST, "parsing_positive.json"),
        vectors(TEST, "parsing_negative.json"),
    ) else {
        return;
    };
    assert_eq!((positive.len(), negative.len()), (19, 29));
    for (name, vector) in &positive {
        let fields = &vector["fields"];
        let message =
            Message::parse(vector["message"].as_str().unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(Some(message.domain.as_str()), fields["domain"].as_str(), "{name}");
        assert_eq!(
            Some(checksummed(&message.address).as_str()),
            fields["address"].as_str(),
            "{name}"
        );
        assert_eq!(message.scheme.as_deref(), fields["scheme"].as_str(), "{name}");
        assert_eq!(message.statement.as_deref(), fields["statement"].as_str(), "{name}");
        assert_eq!(Some(message.uri.as_str()), fields["uri"].as_str(), "{name}");
        assert_eq!(Some(message.chain_id), fields["chainId"].as_u64(), "{name}");
        assert_eq!(Some(message.nonce.as_str()), fields["nonce"].as_str(), "{name}");
        let resources = fields["resources"].as_array().cloned().unwrap_or_default();
        assert_eq!(
            message.resources,
            resources.iter().map(|one| one.as_str().unwrap()).collect::<Vec<_>>(),
            "{name}"
        );
    }
    for (name, text) in &negative {
        assert!(Message::parse(text.as_str().unwrap()).is_err(), "{name}");
    }
}

#[test]
fn the_published_signatures_name_their_signers() {
    let Some(vectors) = vectors(
        "the_published_signatures_name_their_signers",
        "verification_positive.json",
    ) else {
        return;
    };
    assert_eq!(vectors.len(), 4);
    for (name, vector) in &vectors {
        let field = |key: &str| vector[key].as_str().unwrap_or_else(|| panic!("{name}: {key}"));
        let optional = |tag: &str, key: &str| {
            vector[key]
                .as_str()
                .map(|value| format!("\n{tag}: {value}"))
                .unwrap_or_default()
        };
        let text = format!(
            "{} wants you to sign in with your Ethereum account:\n{}\n\n{}\n\nURI: {}\nVersion: {}\nChain ID: {}\nNonce: \
             {}\nIssued At: {}{}{}",
            field("domain"),
            field("address"),
            field("statement"),
            field("uri"),
            field("version"),
            vector["chainId"],
            field("nonce"),
            field("issuedAt"),
            optional("Expiration Time", "expirationTime"),
            optional("Not Before", "notBefore"),
        );
        let message = Message::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(signer(&text, field("signature")), Ok(message.address), "{name}");
    }
}
