//! Aim: what the database does at the worst moment is told truly, and what is wrong with it is told at once.

use devstack::postgres::{Binaries, Durability};
use devstack::{Postgres, PostgresOptions};
use serde_json::json;
use store::{Store, StoreConfig, Unsafe};
use tests::app::TestApp;
use tests::data::repository;

/// Adds something to the insertion of an invitation.
async fn on_invitation(app: &TestApp, what: &str, kind: &str) {
    let client = app.database.superuser().await;
    client
        .batch_execute(&format!(
            "CREATE FUNCTION on_invitation() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
             $$ BEGIN PERFORM {what}; RETURN NULL; END $$;
             CREATE {kind} FOR EACH ROW EXECUTE FUNCTION on_invitation();"
        ))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_lost_during_the_commit_is_told_as_what_nobody_knows() {
    let app = TestApp::start().await;
    let coop = crate::coops::world::found(&app).await;
    let trigger = "CONSTRAINT TRIGGER lost AFTER INSERT ON invitation DEFERRABLE INITIALLY DEFERRED";
    on_invitation(&app, "pg_terminate_backend(pg_backend_pid())", trigger).await;
    let body = json!({"email": "ada@demo.example", "class": "worker"});
    let reply = coop.founder.post(&coop.path("invitations")).json(&body).send().await;
    assert_eq!(reply.status, 503);
    let problem = reply.problem("busy");
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.contains("not known") && detail.contains("Idempotency-Key"),
        "{detail}"
    );
    assert!(!detail.contains("nothing was changed"), "{detail}");
    app.abandon().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_takes_too_long_is_a_server_that_is_busy() {
    let app = TestApp::start().await;
    let coop = crate::coops::world::found(&app).await;
    on_invitation(&app, "pg_sleep(60)", "TRIGGER slow AFTER INSERT ON invitation").await;
    let client = app.database.superuser().await;
    // The connections that are there keep their fifteen seconds, so they are closed.
    client
        .batch_execute(&format!(
            "ALTER ROLE rochdale_app IN DATABASE {} SET statement_timeout = '300ms';
             SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND usename = 'rochdale_app'",
            app.database.name
        ))
        .await
        .unwrap();
    let body = json!({"email": "ada@demo.example", "class": "worker"});
    let reply = coop.founder.post(&coop.path("invitations")).json(&body).send().await;
    assert_eq!(reply.status, 503);
    reply.problem("busy");
    app.abandon().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_not_ready_for_a_schema_it_does_not_know_nor_behind_a_closed_door() {
    for (what, breaks) in [
        (
            "schema",
            "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')",
        ),
        (
            "door",
            "REVOKE CONNECT ON DATABASE {name} FROM PUBLIC, rochdale_app; GRANT CONNECT ON DATABASE {name} TO rochdale_global",
        ),
    ] {
        let app = TestApp::start().await;
        let client = app.database.superuser().await;
        client
            .batch_execute(&breaks.replace("{name}", &app.database.name))
            .await
            .unwrap();
        let reply = app.anonymous().get("/readyz").send().await;
        assert_eq!(reply.status, 503, "{what}");
        let status = reply.json()["status"].as_str().unwrap().to_owned();
        assert!(what != "schema" || status.contains("99990101000000"), "{status}");
        app.abandon().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_whether_it_is_ready_holds_for_some_seconds() {
    let app = TestApp::start().await;
    assert_eq!(
        app.anonymous().get("/readyz").send().await.expect(200)["status"],
        "ready"
    );
    let client = app.database.superuser().await;
    client
        .batch_execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')")
        .await
        .unwrap();
    let _ = app.anonymous().get("/readyz").send().await.expect(200);
    app.abandon().await;
}

/// Aim: a database on which nothing ever ran is told with what to do, and not waited for. Method: a server of its own, since roles
/// belong to the whole of it, with the two roles that the compose file makes.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_was_never_migrated_is_told_to_be_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = PostgresOptions::new(
        &folder.path().join("postgres"),
        Binaries::find(&repository().join(".local/npm")).unwrap(),
    );
    options.durability = Durability::Volatile;
    open(folder.path());
    let server = tokio::task::spawn_blocking(move || Postgres::start(&options))
        .await
        .unwrap()
        .unwrap();
    let (client, connection) = tokio_postgres::connect(&server.superuser_url("postgres"), tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    client
        .batch_execute(
            "CREATE ROLE rochdale_app LOGIN NOBYPASSRLS PASSWORD 'app';
             CREATE ROLE rochdale_global LOGIN NOBYPASSRLS PASSWORD 'global'",
        )
        .await
        .unwrap();
    let url = |role: &str, password: &str| format!("postgres://{role}:{password}@127.0.0.1:{}/postgres", server.port());
    let store = Store::connect(&StoreConfig {
        app_url: url("rochdale_app", "app"),
        global_url: url("rochdale_global", "global"),
        app_connections: 1,
        global_connections: 1,
        wait: std::time::Duration::from_secs(5),
    })
    .unwrap();
    let refused = store.check(store::Durability::Waived).await.unwrap().unwrap_err();
    assert!(matches!(refused, Unsafe::Schema { .. }), "{refused}");
    assert!(refused.to_string().contains("rochdale migrate"), "{refused}");
    drop(store);
    tokio::task::spawn_blocking(move || server.stop())
        .await
        .unwrap()
        .unwrap();
}

/// The database's user must pass through.
fn open(folder: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o711)).unwrap();
}
