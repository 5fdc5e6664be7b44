//! A8: a passkey signs in from here, to what was asked now, once; and nothing else does.

use governance::hash::Hash32;
use serde_json::{Value, json};
use server::services::passkeys::{registration_challenge, sign_in_challenge};
use tests::app::TestApp;
use tests::passkey::Passkey;
use tests::person::Reply;

use super::{Browser, Owner, PASSWORD, count, execute, last_mail, owner};

async fn nonce(app: &TestApp) -> String {
    let body = app.anonymous().post("passkey-challenges").send().await.expect(201);
    body["nonce"].as_str().unwrap().to_owned()
}

/// Adds a passkey as a browser would.
async fn add(app: &TestApp, owner: &Owner, browser: &Browser, passkey: &Passkey) -> Reply {
    let nonce = nonce(app).await;
    let (authenticator, client) = passkey.made(registration_challenge(owner.id, &nonce));
    send(app, browser, &body(&nonce, &authenticator, &client)).await
}

fn body(nonce: &str, authenticator: &str, client: &str) -> Value {
    json!({"current_password": PASSWORD, "nonce": nonce, "name": "My key",
        "authenticator_data": authenticator, "client_data": client})
}

async fn send(app: &TestApp, browser: &Browser, body: &Value) -> Reply {
    browser
        .with_access(app.anonymous().post("account/passkeys").json(body))
        .send()
        .await
}

/// Tries to sign in with what this passkey answers to this challenge.
async fn answer(app: &TestApp, passkey: &Passkey, nonce: &str, challenge: Hash32) -> Reply {
    let body = json!({"nonce": nonce, "credential": passkey.credential(), "assertion": passkey.answer(challenge)});
    app.anonymous().post("sessions/passkey").json(&body).send().await
}

async fn sign_in(app: &TestApp, passkey: &Passkey) -> Reply {
    let nonce = nonce(app).await;
    answer(app, passkey, &nonce, sign_in_challenge(&nonce)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_added_with_the_password_signs_in_and_is_taken_away() {
    let app = TestApp::start().await;
    let ada = owner(&app, "Ada").await;
    let browser = Browser::sign_in(&app, &ada.email, PASSWORD).await;
    let mut passkey = Passkey::new(&app.url);
    sign_in(&app, &passkey).await.problem("sign-in-failed");

    let added = add(&app, &ada, &browser, &passkey).await.expect(201);
    assert_eq!(
        (&added["name"], &added["public_key"]),
        (&json!("My key"), &json!(passkey.credential()))
    );
    assert!(
        last_mail(&app, &ada.email)
            .await
            .subject
            .contains("passkeys were changed")
    );
    add(&app, &ada, &browser, &passkey).await.problem("key-in-use");

    let reply = sign_in(&app, &passkey).await;
    let _ = reply.expect(201);
    let by_passkey = Browser::of(&app, &reply);
    assert_eq!(by_passkey.get("account").send().await.expect(200)["email"], ada.email);
    let listed = by_passkey.get("account/passkeys").send().await.expect(200);
    assert!(listed["items"][0]["last_used_at"].is_string(), "{listed}");

    // Somebody else cannot take it away; its owner can, and then it signs in no more.
    let bo = owner(&app, "Bo").await;
    let stranger = Browser::sign_in(&app, &bo.email, PASSWORD).await;
    let place = format!("account/passkeys/{}", added["id"].as_str().unwrap());
    stranger
        .with_access(app.anonymous().delete(&place))
        .send()
        .await
        .problem("not-found");
    let _ = browser
        .with_access(app.anonymous().delete(&place))
        .send()
        .await
        .expect(204);
    passkey.count += 1;
    sign_in(&app, &passkey).await.problem("sign-in-failed");
    assert_eq!(
        by_passkey.get("account").send().await.status,
        200,
        "its session goes on"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_that_lies_or_was_asked_for_something_else_signs_nobody_in() {
    let app = TestApp::start().await;
    let ada = owner(&app, "Ada").await;
    let browser = Browser::sign_in(&app, &ada.email, PASSWORD).await;
    let mut passkey = Passkey::new(&app.url);
    passkey.count = 5;
    let _ = add(&app, &ada, &browser, &passkey).await.expect(201);
    let changed = |change: &dyn Fn(&mut Passkey)| {
        let mut other = passkey.clone();
        other.count = 6;
        change(&mut other);
        other
    };
    let bad_site = app.url.replace("://", "://bad");
    let host = passkey.host.clone();
    for (what, liar) in [
        ("nobody was checked", changed(&|key| key.flags = 0x01)),
        ("another origin", changed(&|key| key.origin.clone_from(&bad_site))),
        ("made for another site", changed(&|key| key.host = format!("bad{host}"))),
        ("a copy, which counts from before", changed(&|key| key.count = 5)),
        ("a count that began anew", changed(&|key| key.count = 0)),
    ] {
        let reply = sign_in(&app, &liar).await;
        assert_eq!(reply.status, 401, "{what}");
        reply.problem("sign-in-failed");
    }
    passkey.count = 6;
    let number = nonce(&app).await;
    let _ = answer(&app, &passkey, &number, sign_in_challenge(&number))
        .await
        .expect(201);
    passkey.count = 7;
    for (what, number, challenge) in [
        ("used before", number.clone(), sign_in_challenge(&number)),
        (
            "not from here",
            String::from("0123456789abcdef"),
            sign_in_challenge("0123456789abcdef"),
        ),
        (
            "to add a key",
            nonce(&app).await,
            registration_challenge(ada.id, &number),
        ),
    ] {
        assert_eq!(answer(&app, &passkey, &number, challenge).await.status, 401, "{what}");
    }
    let late = nonce(&app).await;
    execute(&app, "UPDATE siwe_nonce SET expires_at = now()", &[]).await;
    assert_eq!(
        answer(&app, &passkey, &late, sign_in_challenge(&late)).await.status,
        401,
        "expired"
    );
    assert_eq!(count(&app, "SELECT count(*) FROM session", &[]).await, 2);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_not_added_without_the_password_or_for_another_account_or_site() {
    let app = TestApp::start().await;
    let (ada, bo) = (owner(&app, "Ada").await, owner(&app, "Bo").await);
    let browser = Browser::sign_in(&app, &ada.email, PASSWORD).await;
    let passkey = Passkey::new(&app.url);
    let number = nonce(&app).await;
    let (authenticator, client) = passkey.made(registration_challenge(ada.id, &number));
    let mut wrong = body(&number, &authenticator, &client);
    wrong["current_password"] = json!("not it at all");
    assert_eq!(
        send(&app, &browser, &wrong).await.problem("invalid-field")["field"],
        "current_password"
    );

    let (_, of_bo) = passkey.made(registration_challenge(bo.id, &number));
    send(&app, &browser, &body(&number, &authenticator, &of_bo))
        .await
        .problem("key-refused");
    let (_, of_another) = passkey.made(registration_challenge(ada.id, "0123456789abcdef"));
    send(&app, &browser, &body(&number, &authenticator, &of_another))
        .await
        .problem("key-refused");
    let unchecked = Passkey {
        flags: 0x01,
        ..passkey.clone()
    };
    let (unchecked, _) = unchecked.made(registration_challenge(ada.id, &number));
    send(&app, &browser, &body(&number, &unchecked, &client))
        .await
        .problem("key-refused");
    let elsewhere = Passkey {
        host: String::from("elsewhere.example"),
        ..passkey.clone()
    };
    let (elsewhere, _) = elsewhere.made(registration_challenge(ada.id, &number));
    send(&app, &browser, &body(&number, &elsewhere, &client))
        .await
        .problem("key-refused");
    send(&app, &browser, &body(&number, "0x00", &client))
        .await
        .problem("key-refused");

    let _ = send(&app, &browser, &body(&number, &authenticator, &client))
        .await
        .expect(201);
    let (authenticator, client) = Passkey::new(&app.url).made(registration_challenge(ada.id, &number));
    send(&app, &browser, &body(&number, &authenticator, &client))
        .await
        .problem("key-refused");
    assert_eq!(count(&app, "SELECT count(*) FROM passkey", &[]).await, 1);
    app.finish().await;
}
