//! Aim: what brings the schema down brings it all the way down, and up again to what it was. Method: every migration from the books on is undone
//! in order, newest first, and done again; the catalogue must say the same.

use std::path::{Path, PathBuf};

use tests::app::TestApp;
use tokio_postgres::Client;

const FIRST: &str = "2026-11-26-000500_ledger";

/// Columns, constraints, indexes, triggers, policies, functions and rights of everything that is ours.
const CATALOGUE: &str = "
    SELECT line FROM (
        SELECT format('column %s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default) AS line
        FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL SELECT format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT format('index %s', indexdef) FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT format('trigger %s %s', tgenabled, pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT format('policy %s %s %s %s', tablename, policyname, qual, with_check) FROM pg_policies
        UNION ALL SELECT format('function %s %s', proname, md5(prosrc)) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT format('right %s %s %s', table_name, grantee, privilege_type) FROM information_schema.table_privileges
        WHERE table_schema = 'public'
        UNION ALL SELECT format('right %s.%s %s %s', table_name, column_name, grantee, privilege_type)
        FROM information_schema.column_privileges WHERE table_schema = 'public'
    ) AS lines ORDER BY line";

async fn catalogue(client: &Client) -> Vec<String> {
    let rows = client.query(CATALOGUE, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

fn migrations() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = entries
        .filter(|path| path.is_dir() && path.file_name().unwrap().to_str().unwrap() >= FIRST)
        .collect();
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_migrated_from_the_books_on_is_undone_and_done_again() {
    let app = TestApp::start().await;
    let client = app.database.superuser().await;
    client.batch_execute("SET ROLE rochdale_owner").await.unwrap();
    let before = catalogue(&client).await;
    let migrations = migrations();
    let run = |path: &Path, file: &str| std::fs::read_to_string(path.join(file)).unwrap();
    for path in migrations.iter().rev() {
        let down = client.batch_execute(&run(path, "down.sql")).await;
        down.unwrap_or_else(|error| panic!("{}: {error:?}", path.display()));
    }
    let gone = catalogue(&client).await;
    let left: Vec<&String> = gone
        .iter()
        .filter(|line| {
            ["journal", "ledger_", "revenue_rule", "contribution_", "payout"]
                .iter()
                .any(|name| line.contains(name))
        })
        .collect();
    assert_eq!(left, Vec::<&String>::new());
    for path in &migrations {
        let up = client.batch_execute(&run(path, "up.sql")).await;
        up.unwrap_or_else(|error| panic!("{}: {error:?}", path.display()));
    }
    assert_eq!(catalogue(&client).await, before);
    app.finish().await;
}
