//! Aim: answers that were kept for repeated requests and jobs that are done go when their time is over, and nothing goes before.
//! Method: rows made old in the database, the sweep of the worker, and what its role could do at most.

use serde_json::{Value, json};
use server::services::identity::sweep;
use tests::app::TestApp;
use tests::checker::journal::Journal;
use tests::database::connect;
use tests::person::Reply;
use tokio_postgres::Client;

use crate::casting::world::World;

const KEY: &str = "once";

async fn invite(world: &World) -> Reply {
    let body = json!({"email": "ada@demo.example", "class": "worker"});
    let steward = world.steward.clone().noted_in(&Journal::default());
    steward
        .post(&world.path("invitations"))
        .key(KEY)
        .json(&body)
        .send()
        .await
}

/// Makes the answer so old.
async fn age(client: &Client, age: &str) {
    let statement = format!("UPDATE effect SET created_at = now() - interval '{age}' WHERE key = '{KEY}'");
    client.batch_execute(&statement).await.unwrap();
}

async fn count(client: &Client, rows: &str) -> i64 {
    let query = format!("SELECT count(*) FROM {rows}");
    client.query_one(&query, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_kept_for_a_week_and_then_it_is_gone() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let client = app.database.superuser().await;
    let answer = invite(&world).await;
    let first: Value = answer.expect(201);
    for kept in ["0 s", "6 days 23 hours"] {
        age(&client, kept).await;
        assert_eq!(sweep(&app.app).await.unwrap(), 0, "{kept}");
        let again = invite(&world).await;
        assert_eq!((again.status, &again.bytes), (201, &answer.bytes), "{kept}");
        assert_eq!(again.header("idempotent-replayed"), Some("true"), "{kept}");
    }
    let others = count(&client, "effect").await;
    age(&client, "7 days 1 minute").await;
    assert_eq!(sweep(&app.app).await.unwrap(), 1);
    assert_eq!(count(&client, "effect").await, others - 1);
    assert_eq!(count(&client, &format!("effect WHERE key = '{KEY}'")).await, 0);
    assert_eq!(count(&client, "invitation").await, 1, "what was done stays");
    // It is a new request now, which finds what the first one did.
    let anew = invite(&world).await;
    assert_eq!(anew.header("idempotent-replayed"), None);
    assert_eq!(anew.json()["id"], first["id"]);

    let many = "INSERT INTO effect SELECT coop_id, actor_id, 'old ' || number, request_hash, status, body,
        now() - interval '8 days', recorded_by FROM effect, generate_series(1, 700) AS number WHERE key = 'once'";
    client.batch_execute(many).await.unwrap();
    let rounds = [
        sweep(&app.app).await.unwrap(),
        sweep(&app.app).await.unwrap(),
        sweep(&app.app).await.unwrap(),
    ];
    assert_eq!(rounds, [500, 200, 0]);
    drop(client);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_go_a_month_after_they_were_done_and_never_before_they_are() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let question = world.motion().await;
    let client = app.database.superuser().await;
    let waiting = count(&client, "job WHERE done_at IS NULL").await;
    assert!(waiting > 0, "the close of {:?}", question.proposal);
    let old = "INSERT INTO job (id, coop_id, kind, subject_id, done_at, recorded_by)
        SELECT gen_random_uuid(), id, kind, gen_random_uuid(), now() - make_interval(days => days), 'test'
        FROM coop, (VALUES ('close', 31), ('count', 29)) AS old (kind, days)";
    client.batch_execute(old).await.unwrap();
    assert_eq!(sweep(&app.app).await.unwrap(), 1);
    assert_eq!(
        count(&client, "job WHERE recorded_by = 'test' AND kind = 'count'").await,
        1
    );
    assert_eq!(count(&client, "job WHERE recorded_by = 'test'").await, 1);
    assert_eq!(count(&client, "job WHERE done_at IS NULL").await, waiting);
    drop(client);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_sweeps_can_remove_nothing_young_and_read_no_answer() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let _ = invite(&world).await.expect(201);
    let _ = world.motion().await;
    let superuser = app.database.superuser().await;
    age(&superuser, "6 days 23 hours 59 minutes").await;
    let (kept, jobs) = (count(&superuser, "effect").await, count(&superuser, "job").await);
    let (global, requests) = (
        connect(&app.database.global_url).await,
        connect(&app.database.app_url).await,
    );
    assert_eq!(global.execute("DELETE FROM effect", &[]).await.unwrap(), 0);
    let coop = format!("SET app.coop_id = '{}'", world.coop.uuid());
    requests.batch_execute(&coop).await.unwrap();
    let refused = [
        (&global, "SELECT body FROM effect", "42501"),
        (&global, "UPDATE effect SET created_at = '-infinity'", "42501"),
        (&global, "DELETE FROM job", "23001"),
        (&requests, "DELETE FROM effect", "42501"),
        (&requests, "DELETE FROM job", "42501"),
    ];
    for (client, statement, code) in refused {
        let error = client.execute(statement, &[]).await.unwrap_err();
        assert_eq!(error.code().map(|code| code.code()), Some(code), "{statement}");
    }
    assert_eq!(count(&superuser, "effect").await, kept);
    assert_eq!(count(&superuser, "job").await, jobs);
    age(&superuser, "8 days").await;
    assert_eq!(global.execute("DELETE FROM effect", &[]).await.unwrap(), 1);
    drop((superuser, global, requests));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_and_reminders_go_a_month_later_and_none_that_waits() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let _ = world.motion().await;
    let client = app.database.superuser().await;
    let coop = world.coop.uuid();
    let made = format!(
        "INSERT INTO webhook (coop_id, id, url, events, created_by, recorded_by)
             SELECT coop_id, gen_random_uuid(), 'https://hook.example/', ARRAY['proposal_opened'], id, 'test' FROM member;
         INSERT INTO webhook_delivery (coop_id, id, webhook_id, event, subject_id, happened_at, state, recorded_by)
             SELECT coop_id, gen_random_uuid(), id, state, gen_random_uuid(), now() - make_interval(days => days), state, 'test'
             FROM webhook, (VALUES ('delivered', 31), ('given_up', 31), ('delivered', 29), ('waiting', 31)) AS old (state, days);
         INSERT INTO reminder (coop_id, proposal_id, member_id, kind, id, created_at, recorded_by)
             SELECT coop_id, proposal_id, member_id, kind, gen_random_uuid(), now() - make_interval(days => days), 'test'
             FROM roll_entry, (VALUES ('opening', 31), ('closing', 29)) AS old (kind, days) WHERE coop_id = '{coop}'"
    );
    client.batch_execute(&made).await.unwrap();
    let global = connect(&app.database.global_url).await;
    for (statement, code) in [
        ("SELECT url FROM webhook", "42501"),
        ("SELECT subject_id FROM webhook_delivery", "42501"),
        ("SELECT member_id FROM reminder", "42501"),
        ("UPDATE reminder SET kind = 'opening'", "42501"),
        ("UPDATE webhook_delivery SET state = 'delivered'", "42501"),
    ] {
        let error = global.execute(statement, &[]).await.unwrap_err();
        assert_eq!(error.code().map(|code| code.code()), Some(code), "{statement}");
    }
    // Whoever may see everything cannot remove a young one either, nor change one.
    for statement in ["DELETE FROM reminder", "UPDATE reminder SET created_at = '-infinity'"] {
        assert!(client.execute(statement, &[]).await.is_err(), "{statement}");
    }
    assert_eq!(sweep(&app.app).await.unwrap(), 3);
    assert_eq!(sweep(&app.app).await.unwrap(), 0);
    for (rows, left) in [
        ("webhook_delivery WHERE state = 'waiting'", 1),
        ("webhook_delivery WHERE state = 'delivered'", 1),
        ("webhook_delivery WHERE state = 'given_up'", 0),
        ("reminder WHERE kind = 'closing'", 1),
        ("reminder WHERE kind = 'opening'", 0),
    ] {
        assert_eq!(count(&client, rows).await, left, "{rows}");
    }
    drop((client, global));
    app.finish().await;
}
