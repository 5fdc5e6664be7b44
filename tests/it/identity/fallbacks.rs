//! A11: nothing that is not an access token is taken for one, and nothing depends on what a request says of itself.

use serde_json::json;
use tests::app::TestApp;

use super::{Browser, PASSWORD, last_mail, owner};

#[tokio::test(flavor = "multi_thread")]
async fn without_exactly_one_access_token_nobody_is_anybody() {
    let app = TestApp::start().await;
    let owner = owner(&app, "Ada").await;
    let browser = Browser::sign_in(&app, &owner.email, PASSWORD).await;
    let anyone = app.anonymous();
    let bearer = format!("Bearer {}", browser.access);
    let cookie = format!("__Host-rochdale_refresh={}", browser.refresh);
    let access_cookie = format!("access_token={0}; token={0}; authorization={0}", browser.access);
    let refresh = format!("Bearer {}", browser.refresh);
    let cases: [&[(&str, &str)]; 13] = [
        &[],
        &[("authorization", "")],
        &[("authorization", "Bearer ")],
        &[("authorization", "Bearer null")],
        &[("authorization", "Basic YWRhOnBhc3N3b3Jk")],
        &[("authorization", &browser.access)],
        &[("authorization", &bearer.replace("Bearer", "bearer"))],
        &[("authorization", &bearer), ("authorization", "Bearer x")],
        &[("authorization", "Bearer x"), ("x-api-key", &browser.access)],
        &[("x-api-key", &browser.access)],
        &[("authorization", &refresh)],
        &[("cookie", &cookie)],
        &[("cookie", &access_cookie)],
    ];
    for headers in cases {
        let request = headers.iter().fold(anyone.get("account"), |request, (name, value)| {
            request.header(name, value)
        });
        let reply = request.send().await;
        assert_eq!(reply.status, 401, "{headers:?}");
        reply.problem("unauthenticated");
    }
    let in_query = format!("account?access_token={}", browser.access);
    anyone.get(&in_query).send().await.problem("unauthenticated");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claimed_host_changes_neither_rights_nor_links() {
    let app = TestApp::start().await;
    let owner = owner(&app, "Ada").await;
    let anyone = app.anonymous();
    for host in ["evil.example", "localhost/#@evil.example", "127.0.0.1", "localhost"] {
        let request = anyone
            .get("account")
            .header("host", host)
            .header("x-forwarded-host", host);
        request.send().await.problem("unauthenticated");
        let request = anyone
            .post("password-resets")
            .header("host", host)
            .header("x-forwarded-host", host);
        let reply = request
            .header("forwarded", &format!("host={host}"))
            .json(&json!({"email": owner.email}))
            .send()
            .await;
        assert_eq!(reply.status, 202, "{host}");
        let mail = last_mail(&app, &owner.email).await;
        assert!(!mail.body.contains("evil"), "{}", mail.body);
        let _ = mail.token(&app, "reset");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailed_link_carries_one_action_and_signs_nobody_in() {
    let app = TestApp::start().await;
    let owner = owner(&app, "Ada").await;
    let browser = Browser::sign_in(&app, &owner.email, PASSWORD).await;
    let anyone = app.anonymous();
    super::execute(&app, "UPDATE account SET email_confirmed_at = NULL", &[]).await;
    assert_eq!(
        anyone
            .post("password-resets")
            .json(&json!({"email": owner.email}))
            .send()
            .await
            .status,
        202
    );
    let reset = last_mail(&app, &owner.email).await.token(&app, "reset");
    let request = browser.with_access(anyone.post("email-confirmations"));
    assert_eq!(request.send().await.status, 202);
    let confirm = last_mail(&app, &owner.email).await.token(&app, "confirm");
    assert_eq!(
        anyone
            .post("sign-ups")
            .json(&json!({"email": "new@demo.example"}))
            .send()
            .await
            .status,
        202
    );
    let sign_up = last_mail(&app, "new@demo.example").await.token(&app, "sign-up");
    for token in [&reset, &confirm, &sign_up] {
        anyone
            .get("account")
            .header("authorization", &format!("Bearer {token}"))
            .send()
            .await
            .problem("unauthenticated");
        super::prolong(&anyone, token).send().await.problem("refresh-refused");
    }
    let reset_with = |token: &str| {
        let body = json!({"token": token, "new_password": "a password of mallory"});
        anyone.put("password-resets").json(&body)
    };
    let confirm_with = |token: &str| anyone.put("email-confirmations").json(&json!({"token": token}));
    let account_with = |token: &str| {
        let body = json!({"token": token, "display_name": "Mallory", "password": "a password of mallory"});
        anyone.post("accounts").json(&body)
    };
    for token in [&confirm, &sign_up] {
        reset_with(token).send().await.problem("link-refused");
    }
    for token in [&reset, &sign_up] {
        confirm_with(token).send().await.problem("link-refused");
    }
    for token in [&reset, &confirm] {
        account_with(token).send().await.problem("link-refused");
    }
    // All of that used none of them up.
    assert_eq!(confirm_with(&confirm).send().await.status, 204);
    assert_eq!(reset_with(&reset).send().await.status, 204);
    assert_eq!(account_with(&sign_up).send().await.status, 201);
    app.finish().await;
}
