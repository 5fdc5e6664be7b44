//! A1 to A3: access tokens built by hand. Each but the first is refused, for the same reason in the same words.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use tests::app::{Options, TestApp};
use tests::person::{Person, Reply};

struct Forge {
    key: SigningKey,
    issuer: String,
    person: Person,
}

impl Forge {
    async fn new(app: &TestApp) -> Self {
        let path = app.secrets_folder().join("access_keys/0001");
        Self {
            key: SigningKey::from_bytes(&server::secrets::read_secret(&path).unwrap()),
            issuer: app.url.clone(),
            person: app.person("Ada").await,
        }
    }

    fn header(&self) -> Value {
        json!({"alg": "EdDSA", "typ": "at+jwt", "kid": "0001"})
    }

    fn claims(&self) -> Value {
        let now = chrono::Utc::now().timestamp();
        json!({
            "iss": self.issuer, "aud": "rochdale-api", "sub": self.person.account.to_string(),
            "sid": self.person.session.to_string(), "jti": "1", "iat": now, "exp": now + 600,
        })
    }

    /// A token with the true key over whatever is said.
    fn token(&self, header: &Value, claims: &Value) -> String {
        let signed = signed_part(header, claims);
        let signature = self.key.sign(signed.as_bytes()).to_bytes();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The true claims with a change; null removes one.
    fn changed(&self, name: &str, value: Value) -> String {
        self.token(&self.header(), &change(self.claims(), name, value))
    }

    fn changed_header(&self, name: &str, value: Value) -> String {
        self.token(&change(self.header(), name, value), &self.claims())
    }
}

fn change(mut object: Value, name: &str, value: Value) -> Value {
    let map = object.as_object_mut().unwrap();
    if value.is_null() {
        map.remove(name);
    } else {
        map.insert(name.to_owned(), value);
    }
    object
}

fn signed_part(header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", encode(header), encode(claims))
}

async fn ask(app: &TestApp, token: &str) -> Reply {
    app.anonymous()
        .get("account")
        .header("authorization", &format!("Bearer {token}"))
        .send()
        .await
}

async fn check_refused(app: &TestApp, what: &str, token: &str) {
    let reply = ask(app, token).await;
    assert_eq!(reply.status, 401, "{what}");
    assert_eq!(reply.header("www-authenticate"), Some("Bearer"), "{what}");
    let problem = super::without_instance(&reply, "unauthenticated");
    assert_eq!(
        problem,
        super::without_instance(&ask(app, "x").await, "unauthenticated"),
        "{what}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_chooses_its_own_algorithm_or_key_is_refused() {
    let app = TestApp::start().await;
    let forge = Forge::new(&app).await;
    let _ = ask(&app, &forge.token(&forge.header(), &forge.claims()))
        .await
        .expect(200);
    let public = forge.key.verifying_key().to_bytes();
    let x = URL_SAFE_NO_PAD.encode(public);
    let own = SigningKey::from_bytes(&[3; 32]);
    let own_x = URL_SAFE_NO_PAD.encode(own.verifying_key().to_bytes());
    let unsigned = |alg: &str| {
        format!(
            "{}.",
            signed_part(&change(forge.header(), "alg", json!(alg)), &forge.claims())
        )
    };
    for alg in ["none", "None", "NONE", ""] {
        check_refused(&app, alg, &unsigned(alg)).await;
    }
    // The public key is known to all, so as the secret of an HMAC it proves nothing.
    for alg in ["HS256", " HS256", "HS256 "] {
        for secret in [&public[..], x.as_bytes()] {
            let signed = signed_part(&change(forge.header(), "alg", json!(alg)), &forge.claims());
            let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
            mac.update(signed.as_bytes());
            let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
            check_refused(&app, alg, &token).await;
        }
    }
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": own_x});
    for (name, value) in [("jwk", jwk), ("jku", json!("https://evil.example/jwks.json"))] {
        let header = change(forge.header(), name, value);
        let signed = signed_part(&header, &forge.claims());
        let token = format!(
            "{signed}.{}",
            URL_SAFE_NO_PAD.encode(own.sign(signed.as_bytes()).to_bytes())
        );
        check_refused(&app, name, &token).await;
    }
    for (name, value) in [
        ("alg", json!("ES256")),
        ("alg", json!(" EdDSA")),
        ("kid", json!("0002")),
        ("kid", json!(null)),
    ] {
        check_refused(&app, name, &forge.changed_header(name, value)).await;
    }
    check_refused(
        &app,
        "kid as a path",
        &forge.changed_header("kid", json!("../../token_secret")),
    )
    .await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_whose_times_are_mistyped_or_past_is_refused() {
    let app = TestApp::start().await;
    let forge = Forge::new(&app).await;
    let now = chrono::Utc::now().timestamp();
    let cases = [
        ("nbf", json!("99999999999")),
        ("nbf", json!(now + 60)),
        ("exp", json!("never")),
        ("exp", json!("99999999999")),
        ("exp", json!(1e300)),
        ("exp", json!(-1.5)),
        ("exp", json!(now - 10)),
        ("exp", json!([now + 600])),
        ("exp", json!(null)),
        ("iat", json!("yesterday")),
    ];
    for (name, value) in cases {
        check_refused(&app, &format!("{name}: {value}"), &forge.changed(name, value)).await;
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_another_purpose_audience_or_issuer_is_refused() {
    let app = TestApp::start().await;
    let forge = Forge::new(&app).await;
    let other = uuid::Uuid::now_v7().to_string();
    let bob = app.person("Bob").await;
    let cases = [
        ("aud", json!(null)),
        ("aud", json!("gateway")),
        ("aud", json!(["gateway"])),
        ("iss", json!(null)),
        ("iss", json!("https://evil.example")),
        ("sub", json!(null)),
        ("sub", json!(other)),
        ("sub", json!(bob.account.to_string())),
        ("sid", json!(null)),
        ("sid", json!(other)),
        ("sid", json!(bob.session.to_string())),
        ("jti", json!(null)),
        ("role", json!("steward")),
        ("coop", json!(other)),
    ];
    for (name, value) in cases {
        check_refused(&app, &format!("{name}: {value}"), &forge.changed(name, value)).await;
    }
    for typ in [json!("JWT"), json!("gateway-key+jwt"), json!("AT+JWT"), json!(null)] {
        check_refused(&app, &format!("typ: {typ}"), &forge.changed_header("typ", typ)).await;
    }
    let whole = forge.token(&forge.header(), &forge.claims());
    let (signed, signature) = whole.rsplit_once('.').unwrap();
    let pieces = [
        signed.to_owned(),
        format!("{signed}."),
        format!("{whole}."),
        format!("{whole}.{signature}"),
    ];
    for token in pieces
        .iter()
        .map(String::as_str)
        .chain(["", "..", "x", &"A".repeat(100_000)[..4_000]])
    {
        check_refused(&app, "a malformed token", token).await;
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_set_holds_the_public_key_and_nothing_secret() {
    let app = TestApp::start().await;
    let forge = Forge::new(&app).await;
    let reply = app.anonymous().get("/.well-known/jwks.json").send().await;
    let x = URL_SAFE_NO_PAD.encode(forge.key.verifying_key().to_bytes());
    let key = json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": "0001", "x": x});
    assert_eq!(reply.expect(200), json!({ "keys": [key] }));
    assert_eq!(reply.header("cache-control"), Some("public, max-age=300"));
    let _: wire::account::JwkSetBody = serde_json::from_value(reply.json()).unwrap();
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_signs_from_now_on_and_signs_nobody_out() {
    // The state after a rotation: a second key lies beside the first.
    let options = Options::default().configure(|config| {
        let newer = config.secrets.folder.join("access_keys/0002");
        server::secrets::write_secret(&newer, &[9; 32]).unwrap();
    });
    let app = TestApp::start_with(options).await;
    let forge = Forge::new(&app).await;
    let _ = ask(&app, &forge.token(&forge.header(), &forge.claims()))
        .await
        .expect(200);
    let header = forge.person.token.split('.').next().unwrap();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    assert_eq!(header, json!({"alg": "EdDSA", "typ": "at+jwt", "kid": "0002"}));
    let _ = ask(&app, &forge.person.token).await.expect(200);
    // The older key cannot speak for the newer one.
    check_refused(&app, "kid 0002, key 0001", &forge.changed_header("kid", json!("0002"))).await;
    let keys = app.anonymous().get("/.well-known/jwks.json").send().await.expect(200);
    let names: Vec<_> = keys["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["kid"].clone())
        .collect();
    assert_eq!(names, ["0001", "0002"]);
    app.finish().await;
}
