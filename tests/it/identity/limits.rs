//! A10: a client cannot choose the name under which its attempts are counted.

use serde_json::json;
use tests::app::{Options, TestApp};
use tests::person::Reply;

use super::{PASSWORD, count, owner, sign_in};

const ATTEMPTS: u32 = 5;

async fn start(trusted_proxies: usize) -> TestApp {
    let options = Options::default().configure(move |config| {
        config.server.trusted_proxies = trusted_proxies;
        config.server.attempts_per_minute = ATTEMPTS;
    });
    TestApp::start_with(options).await
}

/// An attempt with these `X-Forwarded-For` headers on an account that nobody has.
async fn attempt(app: &TestApp, index: usize, forwarded: &[String]) -> Reply {
    let body = json!({"email": format!("nobody{index}@demo.example"), "password": "not my password"});
    let request = app.anonymous().post("sessions").json(&body);
    forwarded
        .iter()
        .fold(request, |request, value| request.header("x-forwarded-for", value))
        .send()
        .await
}

/// Of ten attempts as one client the sixth and later ones are refused.
async fn check_limited(trusted_proxies: usize, what: &str, forwarded: impl Fn(usize) -> Vec<String>) {
    let app = start(trusted_proxies).await;
    let mut refused = 0;
    for index in 0..10 {
        let reply = attempt(&app, index, &forwarded(index)).await;
        if reply.status == 429 {
            reply.problem("too-many-requests");
            let seconds: u64 = reply.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=60).contains(&seconds), "{what}: {seconds}");
            refused += 1;
        } else {
            reply.problem("sign-in-failed");
        }
    }
    // One more may get through while the test runs, since the allowance grows back.
    assert!((4..=5).contains(&refused), "{what}: {refused} of 10 refused");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_trusted_proxy_the_forwarded_address_counts_for_nothing() {
    check_limited(0, "rotating", |index| vec![format!("198.51.100.{index}")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_only_what_the_proxy_wrote_counts() {
    check_limited(1, "made up on the left", |index| {
        vec![format!("198.51.100.{index}, 192.0.2.1")]
    })
    .await;
    check_limited(1, "made up in a header before", |index| {
        vec![format!("198.51.100.{index}"), String::from("192.0.2.1")]
    })
    .await;
    check_limited(2, "made up left of two proxies", |index| {
        vec![format!("198.51.100.{index}, 192.0.2.1, 10.0.0.1")]
    })
    .await;
    check_limited(1, "one IPv6 network", |index| vec![format!("2001:db8:1:2::{index:x}")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_clients_that_aim_at_one_account_are_limited_together_and_others_are_not() {
    let app = start(1).await;
    let (ada, bob) = (owner(&app, "Ada").await, owner(&app, "Bob").await);
    let attempt = async |email: &str, password: &str, client: usize| {
        let body = json!({"email": email, "password": password});
        let request = app.anonymous().post("sessions").json(&body);
        request
            .header("x-forwarded-for", &format!("198.51.100.{client}"))
            .send()
            .await
            .status
    };
    let mut statuses = Vec::new();
    for client in 0..10 {
        // Another spelling is no other account.
        let email = if client % 2 == 0 {
            ada.email.to_uppercase()
        } else {
            ada.email.clone()
        };
        statuses.push(attempt(&email, "not my password", client).await);
    }
    assert_eq!(statuses[..5], [401; 5]);
    assert!(
        statuses.iter().filter(|status| **status == 429).count() >= 4,
        "{statuses:?}"
    );
    assert_eq!(
        attempt(&ada.email, PASSWORD, 99).await,
        429,
        "slowed for everyone, and not locked"
    );
    assert_eq!(
        attempt(&bob.email, PASSWORD, 98).await,
        201,
        "another account is not touched"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_is_sent_a_handful_of_mails_however_many_are_asked_for() {
    let app = TestApp::start().await;
    let owner = owner(&app, "Ada").await;
    let mut accepted = 0;
    for index in 0..12 {
        let path = if index % 2 == 0 { "sign-ups" } else { "password-resets" };
        let reply = app
            .anonymous()
            .post(path)
            .json(&json!({"email": owner.email}))
            .send()
            .await;
        if reply.status == 202 {
            accepted += 1;
        } else {
            reply.problem("too-many-requests");
        }
    }
    assert_eq!(accepted, 5);
    assert_eq!(count(&app, "SELECT count(*) FROM outgoing_mail", &[]).await, 5);
    let _ = sign_in(&app, &owner.email, PASSWORD).await.expect(201);
    app.finish().await;
}
