//! A12: an answer tells nothing of what is stored, neither by its words nor by its work.

use std::time::{Duration, Instant};

use serde_json::json;
use tests::app::TestApp;
use tests::person::Reply;

use super::{PASSWORD, count, mails, owner, sign_in, without_instance};

const NOBODY: &str = "nobody@demo.example";

/// What a client sees, without what differs from request to request.
fn seen(reply: &Reply) -> (u16, Vec<(String, String)>, Vec<u8>) {
    let changing = ["date", "x-request-id", "set-cookie"];
    let headers = reply
        .headers
        .iter()
        .filter(|(name, _)| !changing.contains(&name.as_str()));
    let mut headers: Vec<_> = headers
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    (reply.status, headers, reply.bytes.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_address_are_answered_alike() {
    let app = TestApp::start().await;
    let owner = owner(&app, "Ada").await;
    let known = sign_in(&app, &owner.email, "not my password").await;
    let cases = [
        (NOBODY, "not my password"),
        (NOBODY, PASSWORD),
        ("not an address", PASSWORD),
        ("", ""),
        (&owner.email, ""),
        (&owner.email, &PASSWORD.to_uppercase()),
        (&owner.email, &"x".repeat(100_000)),
        (NOBODY, &"x".repeat(100_000)),
    ];
    for (email, password) in cases {
        let reply = sign_in(&app, email, password).await;
        assert_eq!(reply.status, 401);
        assert_eq!(
            without_instance(&reply, "sign-in-failed"),
            without_instance(&known, "sign-in-failed"),
            "{email}"
        );
        assert_eq!(seen(&reply).1, seen(&known).1, "{email}");
    }
    assert_eq!(count(&app, "SELECT count(*) FROM session", &[]).await, 0);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_address_take_the_same_time() {
    let app = TestApp::start().await;
    let owner = owner(&app, "Ada").await;
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for _ in 0..15 {
        for (email, times) in [(owner.email.as_str(), &mut known), (NOBODY, &mut unknown)] {
            let started = Instant::now();
            sign_in(&app, email, "not my password").await.problem("sign-in-failed");
            times.push(started.elapsed());
        }
    }
    // Without the hash for nobody an unknown address takes a small part of the time, so half of it tells enough; the fastest of
    // each is what other work on the machine disturbs least.
    let fastest = |times: &[Duration]| times.iter().min().copied().unwrap();
    let (known, unknown) = (fastest(&known), fastest(&unknown));
    assert!(
        unknown * 2 > known && known * 2 > unknown,
        "known {known:?}, unknown {unknown:?}"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_for_a_mail_tells_nothing_of_the_address() {
    let app = TestApp::start().await;
    let owner = owner(&app, "Ada").await;
    for path in ["sign-ups", "password-resets"] {
        let ask = async |email: &str| app.anonymous().post(path).json(&json!({"email": email})).send().await;
        let (known, unknown) = (ask(&owner.email).await, ask(NOBODY).await);
        assert_eq!(seen(&known), seen(&unknown), "{path}");
        assert_eq!(known.status, 202);
    }
    // The queue looks alike, too; only the worker that sends finds the difference.
    assert_eq!(
        count(
            &app,
            "SELECT count(*) FROM outgoing_mail WHERE kind = 'reset_password'",
            &[]
        )
        .await,
        2
    );
    let mails = mails(&app).await;
    let subjects: Vec<_> = mails
        .iter()
        .map(|mail| (mail.to.as_str(), mail.subject.as_str()))
        .collect();
    assert_eq!(subjects.len(), 3, "{subjects:?}");
    assert!(subjects.contains(&(owner.email.as_str(), "Choose a new password")));
    assert!(!subjects.contains(&(NOBODY, "Choose a new password")));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_holds_no_token_and_no_password() {
    let app = TestApp::start().await;
    let owner = owner(&app, "Ada").await;
    let reply = sign_in(&app, &owner.email, PASSWORD).await;
    assert_eq!(
        app.anonymous()
            .post("password-resets")
            .json(&json!({"email": owner.email}))
            .send()
            .await
            .status,
        202
    );
    let secrets = [
        reply.json()["access_token"].as_str().unwrap().to_owned(),
        super::cookie(&reply).unwrap(),
        super::last_mail(&app, &owner.email).await.token(&app, "reset"),
        PASSWORD.to_owned(),
    ];
    let client = app.database.superuser().await;
    for table in [
        "account",
        "session",
        "refresh_token",
        "single_use_link",
        "outgoing_mail",
        "account_effect",
    ] {
        let statement = format!("SELECT coalesce(string_agg({table}::text, '|'), '') FROM {table}");
        let text: String = client.query_one(&statement, &[]).await.unwrap().get(0);
        for secret in &secrets {
            assert!(!text.contains(secret), "{table}");
            // As bytea prints it.
            assert!(!text.contains(&hex::encode(secret)), "{table}");
        }
    }
    app.finish().await;
}
