//! Making an account by a link that was mailed.

use serde_json::json;
use tests::app::TestApp;

use super::{Browser, PASSWORD, count, execute, last_mail, mails, owner, sign_in};

const ADA: &str = "ada@demo.example";

async fn sign_up_token(app: &TestApp, email: &str) -> String {
    let reply = app
        .anonymous()
        .post("sign-ups")
        .json(&json!({"email": email}))
        .send()
        .await;
    assert_eq!(reply.expect(202), json!(null));
    last_mail(app, email).await.token(app, "sign-up")
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_follows_the_mailed_link_gets_an_account_and_is_signed_in() {
    let app = TestApp::start().await;
    let token = sign_up_token(&app, ADA).await;
    let request = json!({"token": token, "display_name": "  Ada Lovelace ", "password": PASSWORD});
    let reply = app.anonymous().post("accounts").json(&request).send().await;
    let body = reply.expect(201);
    assert_eq!(body["account"]["email"], ADA);
    assert_eq!(body["account"]["display_name"], "Ada Lovelace");
    assert_eq!(body["account"]["is_confirmed"], true);
    assert!(
        body["account"]["created_at"]
            .as_str()
            .is_some_and(|at| at.ends_with('Z'))
    );
    let browser = Browser::of(&app, &reply);
    let account = browser.get("account").send().await.expect(200);
    assert_eq!(account, body["account"]);
    let again = Browser::sign_in(&app, "Ada@Demo.Example", PASSWORD).await;
    let sessions = again.get("sessions").send().await.expect(200);
    let current: Vec<_> = sessions["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["is_current"])
        .collect();
    assert_eq!(current, [&json!(false), &json!(true)]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_sign_up_works_once_and_for_a_day() {
    let app = TestApp::start().await;
    let (first, second) = (sign_up_token(&app, ADA).await, sign_up_token(&app, ADA).await);
    assert_ne!(first, second);
    let expired = sign_up_token(&app, "late@demo.example").await;
    execute(
        &app,
        "UPDATE single_use_link SET expires_at = now() WHERE email = 'late@demo.example'",
        &[],
    )
    .await;
    let post = |token: &str| {
        let request = json!({"token": token, "display_name": "Ada", "password": PASSWORD});
        app.anonymous().post("accounts").json(&request)
    };
    post(&expired).send().await.problem("link-refused");
    let _ = post(&first).send().await.expect(201);
    post(&first).send().await.problem("link-refused");
    // The other link to the same address went with it.
    post(&second).send().await.problem("link-refused");
    for forged in ["", "rdl_", "rdi_AAAA", &format!("{first}A"), &first[..first.len() - 1]] {
        post(forged).send().await.problem("link-refused");
    }
    assert_eq!(count(&app, "SELECT count(*) FROM account", &[]).await, 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_use_a_link_at_the_same_moment_one_gets_the_account() {
    let app = TestApp::start().await;
    let token = sign_up_token(&app, ADA).await;
    let request = json!({"token": token, "display_name": "Ada", "password": PASSWORD});
    let anyone = app.anonymous();
    let ask = || anyone.post("accounts").json(&request).send();
    let replies = tokio::join!(ask(), ask(), ask(), ask());
    let mut statuses = [replies.0.status, replies.1.status, replies.2.status, replies.3.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 410, 410, 410]);
    assert_eq!(count(&app, "SELECT count(*) FROM account", &[]).await, 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_makes_an_account_for_its_address_and_stays_usable_for_joining() {
    let app = TestApp::start().await;
    let founder = app.person("Founder").await;
    let body = json!({"slug": "pioneers", "name": "Pioneers", "display_name": "Founder"});
    let coop = founder.post("coops").json(&body).send().await.expect(201);
    let path = |rest: &str| format!("coops/{}/{rest}", coop["id"].as_str().unwrap());
    let invite = json!({"email": ADA, "class": "worker"});
    let invitation = founder
        .post(&path("invitations"))
        .json(&invite)
        .send()
        .await
        .expect(201);
    let mail = last_mail(&app, ADA).await;
    assert_eq!(mail.subject, "Invitation to join pioneers");
    let token = mail.token(&app, "join");
    let request = json!({"token": token, "display_name": "Ada", "password": PASSWORD});
    let create = || app.anonymous().post("accounts").json(&request);
    let reply = create().send().await;
    let account = reply.expect(201)["account"].clone();
    assert_eq!(
        (&account["email"], &account["is_confirmed"]),
        (&json!(ADA), &json!(true))
    );
    create().send().await.problem("account-exists");
    let browser = Browser::of(&app, &reply);
    let join = json!({"token": token, "display_name": "Ada"});
    let _ = browser
        .with_access(app.anonymous().post(&path("memberships")).json(&join))
        .send()
        .await
        .expect(201);
    // Joining used it up, for accounts as well.
    create().send().await.problem("link-refused");
    let invite = json!({"email": "bob@demo.example", "class": "worker"});
    let revoked = founder
        .post(&path("invitations"))
        .json(&invite)
        .send()
        .await
        .expect(201);
    let token = last_mail(&app, "bob@demo.example").await.token(&app, "join");
    let revoke = path(&format!("invitations/{}", revoked["id"].as_str().unwrap()));
    let _ = founder.delete(&revoke).send().await;
    let request = json!({"token": token, "display_name": "Bob", "password": PASSWORD});
    app.anonymous()
        .post("accounts")
        .json(&request)
        .send()
        .await
        .problem("link-refused");
    assert_ne!(invitation["id"], revoked["id"]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_name_or_password_leaves_the_link_as_it_was() {
    let app = TestApp::start().await;
    let token = sign_up_token(&app, ADA).await;
    let cases = [
        ("Ada", "short", "password-refused"),
        ("Ada", "password1234", "password-refused"),
        ("Ada", "ADA@demo.example", "password-refused"),
        ("Ada", &"x".repeat(129), "password-refused"),
        ("", PASSWORD, "invalid-field"),
        ("Ada\u{202e}", PASSWORD, "invalid-field"),
        (&"a".repeat(121), PASSWORD, "invalid-field"),
    ];
    for (display_name, password, slug) in cases {
        let request = json!({"token": token, "display_name": display_name, "password": password});
        app.anonymous()
            .post("accounts")
            .json(&request)
            .send()
            .await
            .problem(slug);
    }
    let with_role = json!({"token": token, "display_name": "Ada", "password": PASSWORD, "role": "steward"});
    app.anonymous()
        .post("accounts")
        .json(&with_role)
        .send()
        .await
        .problem("invalid-body");
    let request = json!({"token": token, "display_name": "Ada", "password": PASSWORD});
    let _ = app.anonymous().post("accounts").json(&request).send().await.expect(201);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_has_an_account_is_told_so_by_mail_alone() {
    let app = TestApp::start().await;
    let owner = owner(&app, "Ada").await;
    let ask = async |email: &str| {
        let reply = app
            .anonymous()
            .post("sign-ups")
            .json(&json!({"email": email}))
            .send()
            .await;
        (
            reply.status,
            reply.bytes.clone(),
            reply.header("content-type").map(str::to_owned),
        )
    };
    let (known, unknown) = (ask(&owner.email).await, ask("nobody@demo.example").await);
    assert_eq!(known, unknown);
    assert_eq!(known, (202, Vec::new(), None));
    // The rows are of one kind, too: only what is sent differs, and that is decided when it is sent.
    let per_address = "SELECT count(*) FROM single_use_link WHERE email = $1 AND action = 'sign_up'";
    for email in [owner.email.as_str(), "nobody@demo.example"] {
        assert_eq!(count(&app, per_address, &[&email]).await, 1);
    }
    let mails = mails(&app).await;
    let subject = |to: &str| {
        mails
            .iter()
            .find(|mail| mail.to == to)
            .map(|mail| mail.subject.as_str())
    };
    assert_eq!(subject(&owner.email), Some("You have an account already"));
    assert_eq!(subject("nobody@demo.example"), Some("Finish signing up"));
    assert!(
        mails
            .iter()
            .filter(|mail| mail.to == owner.email)
            .all(|mail| !mail.body.contains("token="))
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_was_made_meanwhile_is_not_taken_over() {
    let app = TestApp::start().await;
    let token = sign_up_token(&app, ADA).await;
    owner(&app, "Ada").await;
    let request = json!({"token": token, "display_name": "Mallory", "password": "mallory was here"});
    app.anonymous()
        .post("accounts")
        .json(&request)
        .send()
        .await
        .problem("account-exists");
    let _ = sign_in(&app, ADA, PASSWORD).await.expect(201);
    sign_in(&app, ADA, "mallory was here").await.problem("sign-in-failed");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_address_is_refused_and_nothing_is_queued() {
    let app = TestApp::start().await;
    for email in [
        "",
        "ada",
        "ada@",
        "a@b\r\nBcc: c@d",
        "ada@demo.example, bob@demo.example",
        "\"a b\"@demo.example",
    ] {
        let reply = app
            .anonymous()
            .post("sign-ups")
            .json(&json!({"email": email}))
            .send()
            .await;
        assert_eq!(reply.problem("invalid-field")["field"], "email", "{email:?}");
    }
    assert_eq!(count(&app, "SELECT count(*) FROM outgoing_mail", &[]).await, 0);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_changes_the_name_and_nothing_else() {
    let app = TestApp::start().await;
    let owner = owner(&app, "Ada").await;
    let browser = Browser::sign_in(&app, &owner.email, PASSWORD).await;
    let patch = |body| browser.with_access(app.anonymous().patch("account").json(&body));
    let changed = patch(json!({"display_name": "Countess Lovelace"}))
        .send()
        .await
        .expect(200);
    assert_eq!(changed["display_name"], "Countess Lovelace");
    patch(json!({"display_name": "x", "email": "other@demo.example"}))
        .send()
        .await
        .problem("invalid-body");
    patch(json!({"display_name": "\n"}))
        .send()
        .await
        .problem("invalid-field");
    app.anonymous()
        .patch("account")
        .json(&json!({"display_name": "x"}))
        .send()
        .await
        .problem("unauthenticated");
    assert_eq!(
        browser.get("account").send().await.expect(200)["display_name"],
        "Countess Lovelace"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_confirmed_by_the_link_mailed_to_it() {
    let app = TestApp::start().await;
    let owner = owner(&app, "Ada").await;
    let browser = Browser::sign_in(&app, &owner.email, PASSWORD).await;
    let ask = || browser.with_access(app.anonymous().post("email-confirmations"));
    // Nothing to do for an address that is confirmed: the answer is the same and no mail leaves.
    assert_eq!(ask().send().await.expect(202), json!(null));
    assert!(mails(&app).await.is_empty());
    execute(&app, "UPDATE account SET email_confirmed_at = NULL", &[]).await;
    assert_eq!(ask().send().await.expect(202), json!(null));
    let token = last_mail(&app, &owner.email).await.token(&app, "confirm");
    let confirm = || {
        app.anonymous()
            .put("email-confirmations")
            .json(&json!({"token": token}))
    };
    assert_eq!(browser.get("account").send().await.expect(200)["is_confirmed"], false);
    let reply = confirm().send().await;
    assert_eq!(
        (reply.status, reply.header("set-cookie")),
        (204, None),
        "it signs nobody in"
    );
    confirm().send().await.problem("link-refused");
    assert_eq!(browser.get("account").send().await.expect(200)["is_confirmed"], true);
    app.anonymous()
        .post("email-confirmations")
        .send()
        .await
        .problem("unauthenticated");
    app.finish().await;
}
