//! A5: no session outlives what should end it.

use serde_json::json;
use tests::app::TestApp;

use super::{Browser, Owner, PASSWORD, count, execute, last_mail, mails, owner, sign_in};

const NEW_PASSWORD: &str = "the mill on the river roch";

/// Neither token of this session works, on the very next request.
async fn check_ended(browser: &Browser, what: &str) {
    let reply = browser.get("account").send().await;
    assert_eq!(reply.status, 401, "{what}: access");
    reply.problem("unauthenticated");
    let reply = browser.prolong().await;
    assert_eq!(reply.status, 401, "{what}: refresh");
    reply.problem("refresh-refused");
}

async fn check_alive(browser: &Browser) {
    let _ = browser.get("account").send().await.expect(200);
}

async fn reasons(app: &TestApp, owner: &Owner) -> Vec<Option<String>> {
    let client = app.database.superuser().await;
    let statement = "SELECT end_reason FROM session WHERE account_id = $1 ORDER BY id";
    let rows = client.query(statement, &[&owner.id.uuid()]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn reset_token(app: &TestApp, email: &str) -> String {
    let reply = app
        .anonymous()
        .post("password-resets")
        .json(&json!({"email": email}))
        .send()
        .await;
    assert_eq!(reply.expect(202), json!(null));
    last_mail(app, email).await.token(app, "reset")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_ends_every_session_and_gives_the_caller_a_fresh_one() {
    let app = TestApp::start().await;
    let owner = owner(&app, "Ada").await;
    let here = Browser::sign_in(&app, &owner.email, PASSWORD).await;
    let elsewhere = Browser::sign_in(&app, &owner.email, PASSWORD).await;
    let change = |current: &str, new: &str| {
        let body = json!({"current_password": current, "new_password": new});
        here.with_access(app.anonymous().put("account/password").json(&body))
    };
    let refused = change("not my password at all", NEW_PASSWORD).send().await;
    assert_eq!(refused.problem("invalid-field")["field"], "current_password");
    change(PASSWORD, "short").send().await.problem("password-refused");
    check_alive(&elsewhere).await;
    let reply = change(PASSWORD, NEW_PASSWORD).send().await;
    let _ = reply.expect(200);
    let fresh = Browser::of(&app, &reply);
    check_alive(&fresh).await;
    check_ended(&here, "the session that asked").await;
    check_ended(&elsewhere, "the session elsewhere").await;
    let changed = Some(String::from("password_change"));
    assert_eq!(reasons(&app, &owner).await, [changed.clone(), changed, None]);
    sign_in(&app, &owner.email, PASSWORD).await.problem("sign-in-failed");
    let _ = sign_in(&app, &owner.email, NEW_PASSWORD).await.expect(201);
    assert_eq!(last_mail(&app, &owner.email).await.subject, "Your password was changed");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_was_reset_ends_every_session_and_begins_none() {
    let app = TestApp::start().await;
    let owner = owner(&app, "Ada").await;
    let here = Browser::sign_in(&app, &owner.email, PASSWORD).await;
    let token = reset_token(&app, &owner.email).await;
    let reset = |token: &str, new: &str| {
        let body = json!({"token": token, "new_password": new});
        app.anonymous().put("password-resets").json(&body)
    };
    reset(&token, "short").send().await.problem("password-refused");
    check_alive(&here).await;
    let reply = reset(&token, NEW_PASSWORD).send().await;
    assert_eq!((reply.status, reply.header("set-cookie")), (204, None));
    check_ended(&here, "the session before").await;
    assert_eq!(reasons(&app, &owner).await, [Some(String::from("password_reset"))]);
    reset(&token, "yet another password")
        .send()
        .await
        .problem("link-refused");
    sign_in(&app, &owner.email, PASSWORD).await.problem("sign-in-failed");
    let _ = sign_in(&app, &owner.email, NEW_PASSWORD).await.expect(201);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_reset_link_makes_the_older_ones_useless() {
    let app = TestApp::start().await;
    let owner = owner(&app, "Ada").await;
    let older = reset_token(&app, &owner.email).await;
    let newer = reset_token(&app, &owner.email).await;
    let reset = |token: &str| {
        let body = json!({"token": token, "new_password": NEW_PASSWORD});
        app.anonymous().put("password-resets").json(&body)
    };
    reset(&older).send().await.problem("link-refused");
    assert_eq!(reset(&newer).send().await.status, 204);
    // A change of password makes an open link useless, too.
    let open = reset_token(&app, &owner.email).await;
    let browser = Browser::sign_in(&app, &owner.email, NEW_PASSWORD).await;
    let body = json!({"current_password": NEW_PASSWORD, "new_password": PASSWORD});
    let _ = browser
        .with_access(app.anonymous().put("account/password").json(&body))
        .send()
        .await
        .expect(200);
    reset(&open).send().await.problem("link-refused");
    let expired = reset_token(&app, &owner.email).await;
    execute(
        &app,
        "UPDATE single_use_link SET expires_at = now() WHERE used_at IS NULL",
        &[],
    )
    .await;
    reset(&expired).send().await.problem("link-refused");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_for_a_reset_that_race_leave_one_link_that_works() {
    let app = TestApp::start().await;
    let owner = owner(&app, "Ada").await;
    let anyone = app.anonymous();
    let body = json!({"email": owner.email});
    let ask = || anyone.post("password-resets").json(&body).send();
    let replies = tokio::join!(ask(), ask(), ask(), ask(), ask());
    for reply in [&replies.0, &replies.1, &replies.2, &replies.3, &replies.4] {
        assert_eq!(reply.status, 202);
    }
    let open = "SELECT count(*) FROM single_use_link WHERE action = 'reset_password' AND used_at IS NULL";
    assert_eq!(count(&app, open, &[]).await, 1);
    assert_eq!(mails(&app).await.len(), 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_this_session_and_signing_out_everywhere_ends_all() {
    let app = TestApp::start().await;
    let owner = owner(&app, "Ada").await;
    let [first, second, third] = [
        Browser::sign_in(&app, &owner.email, PASSWORD).await,
        Browser::sign_in(&app, &owner.email, PASSWORD).await,
        Browser::sign_in(&app, &owner.email, PASSWORD).await,
    ];
    let reply = first
        .with_access(app.anonymous().delete("sessions/current"))
        .send()
        .await;
    assert_eq!(reply.status, 204);
    assert_eq!(super::cookie(&reply), None, "the browser forgets the cookie");
    assert!(reply.header("set-cookie").unwrap().contains("Max-Age=0"));
    check_ended(&first, "signed out").await;
    check_alive(&second).await;
    let reply = second.with_access(app.anonymous().delete("sessions")).send().await;
    assert_eq!(reply.status, 204);
    check_ended(&second, "signed out everywhere, here").await;
    check_ended(&third, "signed out everywhere, there").await;
    let everywhere = Some(String::from("sign_out_everywhere"));
    assert_eq!(
        reasons(&app, &owner).await,
        [Some(String::from("sign_out")), everywhere.clone(), everywhere]
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_by_itself_after_thirty_days() {
    let app = TestApp::start().await;
    let owner = owner(&app, "Ada").await;
    let browser = Browser::sign_in(&app, &owner.email, PASSWORD).await;
    let days = "SELECT round(extract(epoch FROM expires_at - created_at) / 86400)::bigint FROM session";
    assert_eq!(count(&app, days, &[]).await, 30);
    execute(&app, "UPDATE session SET expires_at = now()", &[]).await;
    check_ended(&browser, "expired").await;
    assert_eq!(reasons(&app, &owner).await, [None], "that is no reuse");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_checked_the_old_password_does_not_outlive_its_change() {
    use store::account::session::{NewSession, session_insert};
    let app = TestApp::start().await;
    let owner = owner(&app, "Ada").await;
    let client = app.database.superuser().await;
    let statement = "SELECT password_hash FROM account WHERE id = $1";
    let verified: String = client.query_one(statement, &[&owner.id.uuid()]).await.unwrap().get(0);
    // The password changes after it was checked and before the session begins.
    let browser = Browser::sign_in(&app, &owner.email, PASSWORD).await;
    let body = json!({"current_password": PASSWORD, "new_password": NEW_PASSWORD});
    let _ = browser
        .with_access(app.anonymous().put("account/password").json(&body))
        .send()
        .await
        .expect(200);
    let mut tx = app.app.store.global_tx("session_begun").await.unwrap();
    let new = NewSession {
        id: governance::id::SessionId::from_uuid(uuid::Uuid::now_v7()),
        account: owner.id,
        verified_hash: Some(&verified),
        refresh_hash: &[7; 32],
        life_seconds: 60,
    };
    assert_eq!(session_insert(&mut tx, new).await.unwrap(), None);
    tx.commit().await.unwrap();
    assert_eq!(
        count(&app, "SELECT count(*) FROM session WHERE ended_at IS NULL", &[]).await,
        1
    );
    app.finish().await;
}
