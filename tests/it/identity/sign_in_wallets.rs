//! A6: a wallet signs in to the account that it was linked to, by a message for that, from here, once; and nothing else does.

use governance::hash::{Hash32, from_hex, to_hex};
use governance::id::MemberId;
use serde_json::{Value, json};
use server::services::keys;
use server::services::sign_in_wallets::{link_resource, sign_in_resource};
use server::services::siwe::checksummed;
use tests::app::TestApp;
use tests::person::Reply;

use super::wallets::{Parts, Wallet, time};
use super::{Browser, Owner, PASSWORD, count, execute, last_mail, owner, without_instance};
use crate::casting::wallet::mirrored;

/// A message of this wallet that names these resources.
async fn parts(app: &TestApp, wallet: &Wallet, resources: &[String]) -> Parts {
    let mut parts = Parts::new(app, wallet).await;
    parts.rest = naming(resources);
    parts
}

fn naming(resources: &[String]) -> String {
    format!("\nResources:\n- {}", resources.join("\n- "))
}

/// Tries to sign in with a message.
async fn send(app: &TestApp, message: &str, signature: &str) -> Reply {
    let body = json!({"message": message, "signature": signature});
    app.anonymous().post("sessions/wallet").json(&body).send().await
}

async fn sign_in(app: &TestApp, wallet: &Wallet) -> Reply {
    let text = parts(app, wallet, &[sign_in_resource()]).await.text();
    send(app, &text, &wallet.sign(&text)).await
}

fn linking(wallet: &Wallet, text: &str) -> Value {
    json!({"current_password": PASSWORD, "message": text, "signature": wallet.sign(text)})
}

async fn post(app: &TestApp, browser: &Browser, body: &Value) -> Reply {
    let request = app.anonymous().post("account/wallets").json(body);
    browser.with_access(request).send().await
}

async fn link(app: &TestApp, owner: &Owner, browser: &Browser, wallet: &Wallet) -> Reply {
    let text = parts(app, wallet, &[link_resource(owner.id)]).await.text();
    post(app, browser, &linking(wallet, &text)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_is_linked_with_the_password_signs_in_and_is_taken_away() {
    let app = TestApp::start().await;
    let (ada, bo) = (owner(&app, "Ada").await, owner(&app, "Bo").await);
    let browser = Browser::sign_in(&app, &ada.email, PASSWORD).await;
    let stranger = Browser::sign_in(&app, &bo.email, PASSWORD).await;
    let wallet = Wallet::new(7);
    let unknown = without_instance(&sign_in(&app, &wallet).await, "sign-in-failed");

    let linked = link(&app, &ada, &browser, &wallet).await.expect(201);
    assert_eq!(linked["address"], checksummed(&wallet.address));
    let mail = last_mail(&app, &ada.email).await;
    assert!(mail.subject.contains("wallets were changed"), "{mail:?}");
    link(&app, &ada, &browser, &wallet).await.problem("key-in-use");
    link(&app, &bo, &stranger, &wallet).await.problem("key-in-use");

    let reply = sign_in(&app, &wallet).await;
    let _ = reply.expect(201);
    let by_wallet = Browser::of(&app, &reply);
    assert_eq!(by_wallet.get("account").send().await.expect(200)["email"], ada.email);
    let listed = by_wallet.get("account/wallets").send().await.expect(200);
    assert!(listed["items"][0]["last_used_at"].is_string(), "{listed}");
    assert_eq!(
        stranger.get("account/wallets").send().await.expect(200)["items"],
        json!([])
    );

    // Somebody else cannot take it away; its owner can, and then it is as unknown as before.
    let place = format!("account/wallets/{}", linked["id"].as_str().unwrap());
    let delete = |browser: &Browser| browser.with_access(app.anonymous().delete(&place));
    delete(&stranger).send().await.problem("not-found");
    let _ = delete(&browser).send().await.expect(204);
    let gone = without_instance(&sign_in(&app, &wallet).await, "sign-in-failed");
    assert_eq!(gone, unknown);
    assert_eq!(by_wallet.get("account").send().await.status, 200, "its session goes on");
    app.finish().await;
}

/// What an attacker makes of an honest message: its text, and what stands where the signature should.
struct Lie {
    what: &'static str,
    text: String,
    signature: String,
}

/// The honest message with one part changed, signed by the wallet itself.
fn changed(honest: &Parts, wallet: &Wallet, what: &'static str, change: impl FnOnce(&mut Parts)) -> Lie {
    let mut parts = honest.clone();
    change(&mut parts);
    let text = parts.text();
    let signature = wallet.sign(&text);
    Lie { what, text, signature }
}

/// Made for another site, chain or time, or by another wallet.
fn misplaced(honest: &Parts, wallet: &Wallet) -> Vec<Lie> {
    let other = checksummed(&Wallet::new(8).address);
    let until = |line: String| format!("\n{line}{}", naming(&[sign_in_resource()]));
    let lie = |what, change: &dyn Fn(&mut Parts)| changed(honest, wallet, what, change);
    vec![
        lie("another site", &|parts| parts.domain = String::from("evil.example")),
        lie("a longer site", &|parts| parts.domain.push_str(".evil.example")),
        lie("another page", &|parts| {
            parts.uri = String::from("https://evil.example/")
        }),
        lie("another chain", &|parts| parts.chain_id += 1),
        lie("expired", &|parts| {
            parts.rest = until(format!("Expiration Time: {}", time(-1)))
        }),
        lie("not yet valid", &|parts| {
            parts.rest = until(format!("Not Before: {}", time(60)))
        }),
        lie("from the past", &|parts| parts.issued_at = time(-3_600)),
        lie("from the future", &|parts| parts.issued_at = time(3_600)),
        lie("another's address", &|parts| parts.address.clone_from(&other)),
        lie("a nonce that was never given out", &|parts| {
            parts.nonce = "0".repeat(32)
        }),
    ]
}

/// Made for something else, or saying more than it seems to.
fn misused(honest: &Parts, wallet: &Wallet, owner: &Owner) -> Vec<Lie> {
    let key = keys::resource(Hash32::ZERO, MemberId::from_uuid(owner.id.uuid()), Hash32::ZERO);
    let lie = |what, resources: &[String]| changed(honest, wallet, what, |parts| parts.rest = naming(resources));
    vec![
        changed(honest, wallet, "for nothing", |parts| parts.rest = String::new()),
        lie("to link it", &[link_resource(owner.id)]),
        lie("to register a key of a co-op", std::slice::from_ref(&key)),
        lie("for two things", &[sign_in_resource(), key.clone()]),
        lie("almost", &[format!("{}s", sign_in_resource())]),
        changed(honest, wallet, "a broken statement", |parts| {
            parts.statement = format!("In.\n\nURI: {}\nVersion: 1", parts.uri);
        }),
        changed(honest, wallet, "a carriage return", |parts| {
            parts.statement = String::from("In.\rOut.");
        }),
    ]
}

/// With something else where its signature should stand.
fn missigned(honest: &Parts, wallet: &Wallet) -> Vec<Lie> {
    let text = honest.text();
    let signed = wallet.sign(&text);
    let mirrored = to_hex(&mirrored(&from_hex(&signed).unwrap()));
    let lie = |what, signature| Lie {
        what,
        text: text.clone(),
        signature,
    };
    vec![
        lie("another's signature", Wallet::new(8).sign(&text)),
        lie("a signature of another text", wallet.sign(&format!("{text} "))),
        lie("the signature mirrored", mirrored),
        lie("no signature", String::from("0x")),
        lie("half a signature", signed[..66].to_owned()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_not_to_sign_in_here_and_now_is_answered_as_an_unknown_wallet_is() {
    let app = TestApp::start().await;
    let ada = owner(&app, "Ada").await;
    let browser = Browser::sign_in(&app, &ada.email, PASSWORD).await;
    let (wallet, unlinked) = (Wallet::new(7), Wallet::new(9));
    let _ = link(&app, &ada, &browser, &wallet).await.expect(201);
    let unknown = without_instance(&sign_in(&app, &unlinked).await, "sign-in-failed");
    let honest = parts(&app, &wallet, &[sign_in_resource()]).await;
    let lies = [
        misplaced(&honest, &wallet),
        misused(&honest, &wallet, &ada),
        missigned(&honest, &wallet),
    ];
    for Lie { what, text, signature } in lies.into_iter().flatten() {
        let reply = send(&app, &text, &signature).await;
        assert_eq!(reply.status, 401, "{what}");
        assert_eq!(without_instance(&reply, "sign-in-failed"), unknown, "{what}");
    }
    // None of that used the number up; signing in does.
    let text = honest.text();
    let _ = send(&app, &text, &wallet.sign(&text)).await.expect(201);
    let replayed = send(&app, &text, &wallet.sign(&text)).await;
    assert_eq!(without_instance(&replayed, "sign-in-failed"), unknown, "replayed");
    let late = parts(&app, &wallet, &[sign_in_resource()]).await.text();
    execute(&app, "UPDATE siwe_nonce SET expires_at = now()", &[]).await;
    assert_eq!(
        send(&app, &late, &wallet.sign(&late)).await.status,
        401,
        "a late number"
    );
    assert_eq!(count(&app, "SELECT count(*) FROM session", &[]).await, 2);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_sign_in_by_one_message_at_once_one_comes_in() {
    let app = TestApp::start().await;
    let ada = owner(&app, "Ada").await;
    let browser = Browser::sign_in(&app, &ada.email, PASSWORD).await;
    let wallet = Wallet::new(7);
    let _ = link(&app, &ada, &browser, &wallet).await.expect(201);
    for _ in 0..5 {
        let text = parts(&app, &wallet, &[sign_in_resource()]).await.text();
        let signature = wallet.sign(&text);
        let once = || send(&app, &text, &signature);
        let (one, two, three) = tokio::join!(once(), once(), once());
        let mut statuses = [one.status, two.status, three.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 401, 401]);
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_is_not_linked_without_the_password_or_by_a_message_for_something_else() {
    let app = TestApp::start().await;
    let (ada, bo) = (owner(&app, "Ada").await, owner(&app, "Bo").await);
    let browser = Browser::sign_in(&app, &ada.email, PASSWORD).await;
    let (wallet, other) = (Wallet::new(7), Wallet::new(8));
    let honest = parts(&app, &wallet, &[link_resource(ada.id)]).await;
    let text = honest.text();
    let mut wrong = linking(&wallet, &text);
    wrong["current_password"] = json!("not it at all");
    let refused = post(&app, &browser, &wrong).await.problem("invalid-field");
    assert_eq!(refused["field"], "current_password");
    let mut more = linking(&wallet, &text);
    more["account"] = json!(bo.id);
    post(&app, &browser, &more).await.problem("invalid-body");
    for resources in [
        vec![sign_in_resource()],
        vec![link_resource(bo.id)],
        vec![link_resource(ada.id), sign_in_resource()],
    ] {
        let mut changed = honest.clone();
        changed.rest = naming(&resources);
        let reply = post(&app, &browser, &linking(&wallet, &changed.text())).await;
        assert_eq!(reply.status, 422, "{resources:?}");
        reply.problem("key-refused");
    }
    let mut stolen = linking(&other, &text);
    post(&app, &browser, &stolen).await.problem("key-refused");
    stolen["signature"] = json!("0x00");
    post(&app, &browser, &stolen).await.problem("key-refused");

    let _ = post(&app, &browser, &linking(&wallet, &text)).await.expect(201);
    post(&app, &browser, &linking(&wallet, &text))
        .await
        .problem("key-refused");
    for seed in 10..25 {
        let _ = link(&app, &ada, &browser, &Wallet::new(seed)).await.expect(201);
    }
    link(&app, &ada, &browser, &Wallet::new(25))
        .await
        .problem("key-refused");
    assert_eq!(count(&app, "SELECT count(*) FROM sign_in_wallet", &[]).await, 16);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_by_wallet_is_a_stranger_where_the_account_is_no_member() {
    let app = TestApp::start().await;
    let (coop, other) = (
        crate::coops::world::found(&app).await,
        crate::coops::world::found(&app).await,
    );
    let ada = coop.insider(&app, "Ada", &[]).await;
    let wallet = Wallet::new(7);
    execute(
        &app,
        "INSERT INTO sign_in_wallet (id, account_id, address, recorded_by) VALUES (gen_random_uuid(), $1, $2, 'test')",
        &[&ada.person.account.uuid(), &&wallet.address[..]],
    )
    .await;
    let by_wallet = Browser::of(&app, &sign_in(&app, &wallet).await);
    let _ = by_wallet.get(&coop.path("keys")).send().await.expect(200);
    by_wallet.get(&other.path("keys")).send().await.problem("not-found");
    app.finish().await;
}
