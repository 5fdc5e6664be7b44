//! A4: refresh tokens that race and refresh tokens that come back.

use std::collections::HashSet;
use std::sync::Arc;

use tests::app::TestApp;
use tests::person::Reply;
use tokio::sync::Barrier;

use super::{Browser, PASSWORD, cookie, count, execute, owner, prolong};

const NEWEST: &str = "SELECT count(*) FROM refresh_token WHERE replaced_at IS NULL";
const ALL: &str = "SELECT count(*) FROM refresh_token";

/// Sends the same refresh token so many times, all at the same moment, each over a connection of its own.
async fn race(app: &TestApp, refresh: &str, requests: usize) -> Vec<Reply> {
    let barrier = Arc::new(Barrier::new(requests));
    let racing: Vec<_> = (0..requests)
        .map(|_| {
            let (client, barrier, refresh) = (app.anonymous(), Arc::clone(&barrier), refresh.to_owned());
            tokio::spawn(async move {
                // The connection stands before the start.
                let _ = client.get("/healthz").send().await.expect(200);
                barrier.wait().await;
                prolong(&client, &refresh).send().await
            })
        })
        .collect();
    let mut replies = Vec::new();
    for racer in racing {
        replies.push(racer.await.unwrap());
    }
    replies
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_refreshes_at_once_are_one_rotation_and_all_get_the_same_successor() {
    let app = TestApp::start().await;
    let owner = owner(&app, "Ada").await;
    let mut refresh = Browser::sign_in(&app, &owner.email, PASSWORD).await.refresh;
    for round in 1..=5 {
        let replies = race(&app, &refresh, 20).await;
        for reply in &replies {
            let _ = reply.expect(201);
        }
        let successors: HashSet<String> = replies.iter().filter_map(cookie).collect();
        assert_eq!(successors.len(), 1, "no fork");
        assert_eq!(count(&app, NEWEST, &[]).await, 1);
        assert_eq!(count(&app, ALL, &[]).await, 1 + round, "one rotation");
        refresh = successors.into_iter().next().unwrap();
    }
    assert_eq!(
        count(&app, "SELECT count(*) FROM session WHERE ended_at IS NOT NULL", &[]).await,
        0
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_lost_can_be_asked_for_again_within_the_grace() {
    let app = TestApp::start().await;
    let owner = owner(&app, "Ada").await;
    let browser = Browser::sign_in(&app, &owner.email, PASSWORD).await;
    let (lost, again) = (browser.prolong().await, browser.prolong().await);
    assert_eq!((lost.status, again.status), (201, 201));
    assert_eq!(cookie(&lost), cookie(&again));
    let next = Browser::of(&app, &again).prolong().await;
    assert_eq!(next.status, 201);
    assert_ne!(cookie(&next), cookie(&again));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_comes_back_later_ends_its_own_session_and_no_other() {
    let app = TestApp::start().await;
    let owner = owner(&app, "Ada").await;
    let stolen = Browser::sign_in(&app, &owner.email, PASSWORD).await;
    let elsewhere = Browser::sign_in(&app, &owner.email, PASSWORD).await;
    let reply = stolen.prolong().await;
    let fresh = Browser::of(&app, &reply);
    let aged =
        "UPDATE refresh_token SET replaced_at = replaced_at - interval '5 minutes' WHERE replaced_at IS NOT NULL";
    assert_eq!(execute(&app, aged, &[]).await, 1);
    // Twenty at once: whoever comes back late learns nothing from the others.
    for reply in race(&app, &stolen.refresh, 20).await {
        reply.problem("refresh-refused");
        assert_eq!(reply.header("set-cookie"), None);
    }
    fresh.prolong().await.problem("refresh-refused");
    fresh.get("account").send().await.problem("unauthenticated");
    let _ = elsewhere.get("account").send().await.expect(200);
    assert_eq!(elsewhere.prolong().await.status, 201);
    let ended = "SELECT count(*) FROM session WHERE end_reason = 'token_reuse'";
    assert_eq!(count(&app, ended, &[]).await, 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_refresh_token_is_refused_and_ends_nothing() {
    let app = TestApp::start().await;
    let owner = owner(&app, "Ada").await;
    let browser = Browser::sign_in(&app, &owner.email, PASSWORD).await;
    let anyone = app.anonymous();
    let forged = format!("rdr_{}", "A".repeat(43));
    for token in [
        "",
        "rdr_",
        "x",
        &forged,
        &browser.access,
        &format!("{}A", browser.refresh),
    ] {
        prolong(&anyone, token).send().await.problem("refresh-refused");
    }
    anyone
        .post("sessions/refresh")
        .header("x-rochdale-refresh", "1")
        .send()
        .await
        .problem("refresh-refused");
    let twice = format!(
        "__Host-rochdale_refresh={forged}; __Host-rochdale_refresh={}",
        browser.refresh
    );
    let request = anyone
        .post("sessions/refresh")
        .header("x-rochdale-refresh", "1")
        .header("cookie", &twice);
    request.send().await.problem("refresh-refused");
    // A plain bearer header is no cookie.
    let request = anyone.post("sessions/refresh").header("x-rochdale-refresh", "1");
    request
        .header("authorization", &format!("Bearer {}", browser.refresh))
        .send()
        .await
        .problem("refresh-refused");
    assert_eq!(browser.prolong().await.status, 201);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_our_own_pages_can_use_the_cookie() {
    let app = TestApp::start().await;
    let owner = owner(&app, "Ada").await;
    let browser = Browser::sign_in(&app, &owner.email, PASSWORD).await;
    let anyone = app.anonymous();
    let cookie = format!("__Host-rochdale_refresh={}", browser.refresh);
    let without = anyone.post("sessions/refresh").header("cookie", &cookie).send().await;
    without.problem("cross-site");
    let cases = [
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
        ("sec-fetch-site", "same-origin", 201),
        ("origin", app.url.as_str(), 201),
    ];
    for (name, value, status) in cases {
        let reply = prolong(&anyone, &browser.refresh).header(name, value).send().await;
        assert_eq!(reply.status, status, "{name}: {value}");
    }
    app.finish().await;
}
