//! The walls between co-ops, tried from below the API: what the database refuses even if the program forgets (T2, T3).

use std::time::Duration;

use store::coop::{EventKind, NewEvent, Sought, member_event_insert, member_list};
use store::{Store, StoreConfig};
use tests::app::TestApp;
use tests::database::{TestDatabase, connect};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::world::{Coop, found};

/// A connection as the role of requests, inside a transaction of a co-op.
async fn inside(database: &TestDatabase, coop: &Coop) -> Client {
    let client = connect(&database.app_url).await;
    client
        .batch_execute(&format!("BEGIN; SET LOCAL app.coop_id = '{}'", coop.id))
        .await
        .unwrap();
    client
}

async fn refusal(client: &Client, statement: &str) -> Option<SqlState> {
    client.batch_execute("SAVEPOINT before").await.unwrap();
    let result = client.batch_execute(statement).await;
    client.batch_execute("ROLLBACK TO before").await.unwrap();
    result
        .err()
        .map(|error| error.code().cloned().unwrap_or_else(|| panic!("{error}")))
}

/// T2. A row that names another co-op's parent is refused by the composite key, and one that names another co-op by the policy.
#[tokio::test(flavor = "multi_thread")]
async fn the_database_refuses_a_parent_of_another_co_op() {
    let app = TestApp::start().await;
    let (coop, other) = (found(&app).await, found(&app).await);
    let (ours, theirs) = (coop.id, other.id);
    let (member, foreign) = (coop.founder_member, other.founder_member);
    let rows = |coop: &str, member: &str| {
        [
            format!(
                "INSERT INTO member_event (coop_id, id, member_id, kind, detail, recorded_by)
                 VALUES ('{coop}', gen_random_uuid(), '{member}', 'renamed', 'x', 'test')"
            ),
            format!(
                "INSERT INTO member_role (coop_id, member_id, role, recorded_by) VALUES ('{coop}', '{member}', 'auditor', 'test')"
            ),
            format!(
                "INSERT INTO voting_key (coop_id, id, member_id, kind, public_key, salt, proof_kind, registered_sequence,
                                         recorded_by)
                 VALUES ('{coop}', gen_random_uuid(), '{member}', 4, decode(repeat('07', 32), 'hex'),
                         decode(repeat('00', 32), 'hex'), 'import', 1, 'test')"
            ),
            format!(
                "INSERT INTO invitation (coop_id, id, token_hash, email, class, created_by, expires_at, recorded_by)
                 VALUES ('{coop}', gen_random_uuid(), decode(repeat('07', 32), 'hex'), 'a@b', 'user', '{member}', now(), 'test')"
            ),
            format!(
                "INSERT INTO proposal (coop_id, id, kind, bylaws_version, title, body, options, rule, author_id, recorded_by)
                 VALUES ('{coop}', gen_random_uuid(), 'motion', 1, 'x', 'x', ARRAY['yes'], '{{}}', '{member}', 'test')"
            ),
        ]
    };
    let client = inside(&app.database, &coop).await;
    let superuser = app.database.superuser().await;
    superuser.batch_execute("BEGIN").await.unwrap();
    for statement in rows(&ours.to_string(), &member.to_string()) {
        assert_eq!(
            refusal(&client, &statement).await,
            None,
            "the statement itself is right: {statement}"
        );
    }
    for statement in rows(&ours.to_string(), &foreign.to_string()) {
        assert_eq!(
            refusal(&client, &statement).await,
            Some(SqlState::FOREIGN_KEY_VIOLATION),
            "{statement}"
        );
        // Keys look past row-level security, so the key itself must hold the co-op: the superuser is refused as well.
        assert_eq!(
            refusal(&superuser, &statement).await,
            Some(SqlState::FOREIGN_KEY_VIOLATION),
            "{statement}"
        );
    }
    for statement in rows(&theirs.to_string(), &foreign.to_string()) {
        assert_eq!(
            refusal(&client, &statement).await,
            Some(SqlState::INSUFFICIENT_PRIVILEGE),
            "{statement}"
        );
    }
    let moves = format!("UPDATE member SET coop_id = '{theirs}' WHERE id = '{member}'");
    assert_eq!(refusal(&client, &moves).await, Some(SqlState::INSUFFICIENT_PRIVILEGE));
    for open in [client, superuser] {
        open.batch_execute("ROLLBACK").await.unwrap();
    }
    app.finish().await;
}

/// Tables with a co-op that requests may read.
const VISIBLE: &str = "SELECT relname::text FROM pg_class
    WHERE relkind = 'r' AND relrowsecurity AND relnamespace = 'public'::regnamespace
      AND has_table_privilege('rochdale_app', oid, 'SELECT') ORDER BY 1";

/// T3, the statement that forgets to say for which co-op it asks: no rows, in a fresh connection and in a used one.
#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_names_no_co_op_sees_and_adds_nothing() {
    let app = TestApp::start().await;
    let coop = found(&app).await;
    let superuser = app.database.superuser().await;
    let tables: Vec<String> = superuser
        .query(VISIBLE, &[])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert!(tables.len() >= 15, "{tables:?}");
    let client = connect(&app.database.app_url).await;
    let count = async |table: &str| -> i64 {
        client
            .query_one(&format!("SELECT count(*) FROM {table}"), &[])
            .await
            .unwrap()
            .get(0)
    };
    for table in &tables {
        assert_eq!(count(table).await, 0, "{table} in a fresh connection");
    }
    client
        .batch_execute(&format!("BEGIN; SET LOCAL app.coop_id = '{}'", coop.id))
        .await
        .unwrap();
    assert_eq!(count("member").await, 1);
    client.batch_execute("COMMIT").await.unwrap();
    for table in &tables {
        assert_eq!(
            count(table).await,
            0,
            "{table} in a connection that was used for a co-op"
        );
    }
    let insert = format!(
        "INSERT INTO member_event (coop_id, id, member_id, kind, detail, recorded_by)
         VALUES ('{}', gen_random_uuid(), '{}', 'renamed', 'x', 'test')",
        coop.id, coop.founder_member
    );
    let refused = client.batch_execute(&insert).await.unwrap_err();
    assert_eq!(refused.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
    app.finish().await;
}

/// T3, the pooled connection. Aim: whatever happens to a transaction of one co-op, the next user of the connection sees only its
/// own. Method: a pool of one connection; transactions that are dropped, or cancelled at a moment that wanders through them.
#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_transaction_leaves_nothing_to_whoever_comes_next() {
    let app = TestApp::start().await;
    let (coop, other) = (found(&app).await, found(&app).await);
    let config = StoreConfig {
        app_url: app.database.app_url.clone(),
        global_url: app.database.global_url.clone(),
        app_connections: 1,
        global_connections: 1,
        wait: Duration::from_secs(5),
    };
    let store = Store::connect(&config).unwrap();
    let mut cancelled = 0;
    for round in 0..150_u64 {
        let work = async {
            let mut tx = store.coop_tx("cancelled", coop.id).await.unwrap();
            let event = NewEvent {
                member: coop.founder_member,
                kind: EventKind::Renamed,
                detail: "never",
                reason: None,
                actor: None,
            };
            member_event_insert(&mut tx, event).await.unwrap();
            for _ in 0..20 {
                let rows = member_list(&mut tx, Sought::default(), uuid::Uuid::nil(), 10)
                    .await
                    .unwrap();
                assert_eq!(rows.len(), 1);
            }
            // Never committed.
        };
        let limit = Duration::from_micros(round * 60);
        cancelled += u32::from(tokio::time::timeout(limit, work).await.is_err());
        let mut tx = store.coop_tx("next", other.id).await.unwrap();
        let rows = member_list(&mut tx, Sought::default(), uuid::Uuid::nil(), 10)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let seen: Vec<uuid::Uuid> = rows.iter().map(|row| row.id).collect();
        assert_eq!(seen, [other.founder_member.uuid()], "round {round}");
    }
    assert!(cancelled > 20, "only {cancelled} were cancelled");
    let superuser = app.database.superuser().await;
    let kept = "SELECT count(*) FROM member_event WHERE recorded_by = 'cancelled'";
    let kept: i64 = superuser.query_one(kept, &[]).await.unwrap().get(0);
    assert_eq!(kept, 0, "the next user committed what was never committed");
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    let mut left: i64 = 1;
    // A closed connection is noticed by its backend a moment later.
    for _ in 0..100 {
        left = superuser.query_one(open, &[]).await.unwrap().get(0);
        if left == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(left, 0, "transactions stay open");
    app.finish().await;
}
