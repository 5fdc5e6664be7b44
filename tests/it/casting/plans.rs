//! How the database finds what a ballot needs: by key, although tables that were counted while they were empty or small look
//! cheapest to read as a whole. Such a plan would be kept while a million ballots arrive.

use std::time::Duration;

use tests::app::TestApp;

use super::world::World;

const LOOKS_MAX: usize = 400;
const PAUSE: Duration = Duration::from_millis(25);

/// Ends the server's connections to co-ops: what they counted is told at their end, otherwise up to ten seconds later.
async fn hang_up(app: &TestApp) {
    let client = app.database.superuser().await;
    for _ in 0..LOOKS_MAX {
        let ended = client
            .query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE datname = current_database() AND usename = 'rochdale_app'",
                &[],
            )
            .await
            .unwrap();
        if ended.is_empty() {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("the connections do not end");
}

/// For each table that grows with members or ballots: how often it was read as a whole, and whether it was ever read by key.
async fn scans(app: &TestApp) -> Vec<(String, i64, bool)> {
    hang_up(app).await;
    let rows = app
        .database
        .superuser()
        .await
        .query(
            "SELECT relname::text, seq_scan, idx_scan > 0 FROM pg_stat_user_tables
             WHERE relname IN ('ballot', 'roll_entry', 'roll_key', 'member') ORDER BY relname",
            &[],
        )
        .await
        .unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn ballots_are_looked_up_by_key_whatever_the_database_counted() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voters = world.import(4).await;
    let question = world.motion().await;
    app.database.superuser().await.batch_execute("ANALYZE").await.unwrap();
    let before = scans(&app).await;
    for voter in &voters {
        let body = voter.ballot(&question, 1, &[0], &[1]);
        let reply = world.anyone.post(&question.ballots_path()).json(&body).send().await;
        let _ = reply.expect(201);
    }
    let after = scans(&app).await;
    assert_eq!(after.len(), 4);
    for ((table, wholly_before, _), (_, wholly, by_key)) in before.iter().zip(&after) {
        assert_eq!(wholly, wholly_before, "{table} was read as a whole");
        assert!(by_key, "{table} was not read at all");
    }
    app.finish().await;
}
