//! Mails are sent by whichever worker claims them, until they are sent or were tried ten times.

use std::collections::HashSet;

use serde_json::json;
use server::config::MailConfig;
use server::services::identity::sweep;
use server::services::mail::send_due;
use store::mail::{MailKind, mail_claim, mail_done, mail_enqueue, mail_failed};
use tests::app::{Options, TestApp};
use uuid::Uuid;

use super::{count, execute, mails};

async fn ask(app: &TestApp, email: &str) {
    let reply = app
        .anonymous()
        .post("sign-ups")
        .json(&json!({"email": email}))
        .send()
        .await;
    assert_eq!(reply.status, 202);
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_send_at_the_same_time_send_each_mail_once() {
    let app = TestApp::start().await;
    for index in 0..30 {
        ask(&app, &format!("person{index}@demo.example")).await;
    }
    let work = async || {
        let mut sent = 0;
        loop {
            match send_due(&app.app).await.unwrap() {
                0 => return sent,
                more => sent += more,
            }
        }
    };
    let (first, second, third) = tokio::join!(work(), work(), work());
    assert_eq!(first + second + third, 30);
    let mails = mails(&app).await;
    let to: HashSet<_> = mails.iter().map(|mail| mail.to.clone()).collect();
    assert_eq!((mails.len(), to.len()), (30, 30));
    assert_eq!(
        count(
            &app,
            "SELECT count(*) FROM outgoing_mail WHERE attempts = 1 AND done_at IS NOT NULL",
            &[]
        )
        .await,
        30
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_was_paused_changes_nothing_once_another_took_over() {
    let app = TestApp::start().await;
    ask(&app, "ada@demo.example").await;
    let claim = async || {
        let mut tx = app.app.store.global_tx("mail_claim").await.unwrap();
        let claimed = mail_claim(&mut tx, 8, 60).await.unwrap();
        tx.commit().await.unwrap();
        claimed
    };
    let paused = claim().await;
    assert_eq!(paused.len(), 1);
    assert_eq!(claim().await.len(), 0, "leased");
    execute(
        &app,
        "UPDATE outgoing_mail SET leased_until = now() - interval '1 second'",
        &[],
    )
    .await;
    let taken = claim().await;
    assert_eq!((taken[0].id, taken[0].epoch), (paused[0].id, paused[0].epoch + 1));
    let mut tx = app.app.store.global_tx("mail_done").await.unwrap();
    assert!(!mail_done(&mut tx, paused[0]).await.unwrap());
    assert!(!mail_failed(&mut tx, paused[0], "late", 1).await.unwrap());
    assert!(mail_failed(&mut tx, taken[0], "it did not work", 0).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(mails(&app).await.len(), 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_cannot_be_sent_is_tried_ten_times_and_stays_a_month_with_its_reason() {
    // Nothing listens there.
    let options = Options::default().configure(|config| {
        config.mail = MailConfig::Smtp {
            url: String::from("smtp://user:hunter2@127.0.0.1:9"),
            from: String::from("Rochdale <no-reply@demo.example>"),
        };
    });
    let app = TestApp::start_with(options).await;
    ask(&app, "ada@demo.example").await;
    for attempt in 1..=10 {
        assert_eq!(send_due(&app.app).await.unwrap(), 1, "attempt {attempt}");
        assert_eq!(send_due(&app.app).await.unwrap(), 0, "it waits");
        execute(&app, "UPDATE outgoing_mail SET run_at = now()", &[]).await;
    }
    assert_eq!(send_due(&app.app).await.unwrap(), 0, "given up");
    let client = app.database.superuser().await;
    let row = client
        .query_one("SELECT attempts, last_error, done_at IS NULL FROM outgoing_mail", &[])
        .await
        .unwrap();
    let (attempts, error, is_open): (i32, String, bool) = (row.get(0), row.get(1), row.get(2));
    assert_eq!((attempts, is_open), (10, true));
    assert_eq!(error, "the SMTP server cannot be reached");
    for (age, swept) in [("29 days", 0), ("31 days", 1)] {
        let statement = format!("UPDATE outgoing_mail SET created_at = now() - interval '{age}'");
        execute(&app, &statement, &[]).await;
        assert_eq!(sweep(&app.app).await.unwrap(), swept, "{age}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_has_become_needless_is_not_sent() {
    let app = TestApp::start().await;
    ask(&app, "ada@demo.example").await;
    execute(&app, "UPDATE single_use_link SET used_at = now()", &[]).await;
    let mut tx = app.app.store.global_tx("test").await.unwrap();
    let nobody = governance::id::AccountId::from_uuid(Uuid::now_v7());
    mail_enqueue(&mut tx, Uuid::now_v7(), MailKind::PasswordChanged(nobody))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert!(mails(&app).await.is_empty());
    assert_eq!(
        count(&app, "SELECT count(*) FROM outgoing_mail WHERE done_at IS NULL", &[]).await,
        0
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_co_op_can_queue_its_invitations_and_see_no_mail() {
    let app = TestApp::start().await;
    ask(&app, "ada@demo.example").await;
    let client = tests::database::connect(&app.database.app_url).await;
    let refused = client.query("SELECT * FROM outgoing_mail", &[]).await.unwrap_err();
    assert_eq!(
        refused.code().map(|code| code.code().to_owned()).as_deref(),
        Some("42501")
    );
    let statement = "INSERT INTO outgoing_mail (id, kind, coop_id, subject_id, recorded_by)
        VALUES (gen_random_uuid(), $1, $2, gen_random_uuid(), 'test')";
    let (ours, theirs) = (Uuid::now_v7(), Uuid::now_v7());
    client
        .batch_execute(&format!("SET app.coop_id = '{ours}'"))
        .await
        .unwrap();
    assert!(
        client.execute(statement, &[&"invitation", &theirs]).await.is_err(),
        "another co-op's"
    );
    assert!(
        client
            .execute(statement, &[&"reset_password", &None::<Uuid>])
            .await
            .is_err(),
        "no co-op's"
    );
    assert!(client.execute(statement, &[&"invitation", &ours]).await.is_ok());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_long_over_is_swept_away_and_nothing_else() {
    let app = TestApp::start().await;
    let owner = super::owner(&app, "Ada").await;
    for _ in 0..2 {
        let _ = super::sign_in(&app, &owner.email, super::PASSWORD).await.expect(201);
    }
    ask(&app, "ada@demo.example").await;
    ask(&app, "new@demo.example").await;
    assert_eq!(mails(&app).await.len(), 2);
    assert_eq!(sweep(&app.app).await.unwrap(), 0);
    let past = "now() - interval '31 days'";
    let newest = "(SELECT id FROM session ORDER BY id LIMIT 1)";
    execute(
        &app,
        &format!("UPDATE session SET expires_at = {past} WHERE id = {newest}"),
        &[],
    )
    .await;
    execute(
        &app,
        &format!("UPDATE single_use_link SET expires_at = {past} WHERE email LIKE 'new%'"),
        &[],
    )
    .await;
    execute(
        &app,
        &format!(
            "UPDATE outgoing_mail SET done_at = {past} WHERE id = (SELECT min(id::text)::uuid FROM outgoing_mail)"
        ),
        &[],
    )
    .await;
    execute(
        &app,
        "INSERT INTO siwe_nonce VALUES (repeat('a', 16), now() - interval '1 second', 'test')",
        &[],
    )
    .await;
    execute(
        &app,
        "INSERT INTO siwe_nonce VALUES (repeat('b', 16), now() + interval '1 minute', 'test')",
        &[],
    )
    .await;
    assert_eq!(sweep(&app.app).await.unwrap(), 4);
    for (table, left) in [
        ("session", 1),
        ("refresh_token", 1),
        ("single_use_link", 1),
        ("outgoing_mail", 1),
        ("siwe_nonce", 1),
    ] {
        assert_eq!(
            count(&app, &format!("SELECT count(*) FROM {table}"), &[]).await,
            left,
            "{table}"
        );
    }
    app.finish().await;
}
