//! Aim: what members write and models answer stands nowhere but in the answer. Method: one word of chance goes through every endpoint
//! and every kind of error, then logs, metrics and every table are searched for it.

use serde_json::json;
use tests::upstream::{Script, Step, event, stop, text};

use super::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_word_that_passes_is_in_no_log_no_metric_and_no_table() {
    let world = World::start(vec![Script::stream(vec![])]).await;
    let canary = format!("canary{}", uuid::Uuid::now_v7().simple());
    pass(&world, &canary).await;
    let reached = world
        .mock
        .got()
        .iter()
        .any(|got| got.body.to_string().contains(&canary));
    assert!(reached, "the word passed");
    let metrics = world
        .client
        .get(format!("{}/metrics", world.app.url))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(metrics.contains("rochdale_gateway_calls_total") && !metrics.contains(&canary));
    assert!(!world.app.log().contains(&canary), "in the log");
    search(&world, &canary).await;
    world.finish().await;
}

/// Sends the word through every endpoint, with every kind of answer.
async fn pass(world: &World, canary: &str) {
    let said = || text(canary);
    let scripts = [
        Script::stream(vec![said(), stop(), tests::upstream::done()]),
        Script::stream(vec![said(), Step::HangUp]),
        Script::stream(vec![said(), event(&json!({"error": {"message": canary}}))]),
        Script::stream(vec![said(), Step::Send(format!("data: {{{canary}\n\n"))]),
        Script::json(400, &json!({"error": {"message": canary}})),
        Script::json(500, &json!({"error": {"message": canary}})),
    ];
    let message = json!([{"role": "user", "content": canary}]);
    let bodies = [
        ("/chat/completions", json!({"model": "small", "messages": message})),
        (
            "/chat/completions",
            json!({"model": "small", "messages": message, "stream": true, "tools": [{"type": "function", "function": {"name": canary}}]}),
        ),
        ("/chat/completions", json!({"model": canary, "messages": message})),
        (
            "/chat/completions",
            json!({"model": "small", "messages": message, "n": canary}),
        ),
        (
            "/chat/completions",
            json!({"model": "small", "messages": [{"role": "user", "content": [{"type": canary}]}]}),
        ),
        (
            "/completions",
            json!({"model": "small", "prompt": canary, "user": canary}),
        ),
        (
            "/responses",
            json!({"model": "small", "input": canary, "previous_response_id": canary}),
        ),
        ("/responses", json!({"model": "small", "input": canary})),
        ("/embeddings", json!({"model": "small", "input": canary})),
        ("/nothing", json!({"model": canary})),
    ];
    for script in scripts {
        world
            .meter
            .change(|plan| plan.target = tests::meter::target(&world.mock.origin));
        world.mock.script(vec![script]);
        for (path, body) in &bodies {
            let _ = world.post(path).json(body).send().await.unwrap().text().await;
        }
        let broken = format!("{{\"model\": \"small\", {canary}");
        let _ = world.post("/chat/completions").body(broken).send().await.unwrap();
        let _ = world.get(&format!("/models/{canary}")).send().await.unwrap();
    }
}

/// Looks for the word in every table and in the write-ahead log.
async fn search(world: &World, canary: &str) {
    let client = world.app.database.superuser().await;
    let tables = client
        .query("SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')", &[])
        .await
        .unwrap();
    assert!(tables.len() > 20);
    for table in tables {
        let table: String = table.get(0);
        let found = client
            .query_one(
                &format!("SELECT count(*) FROM {table} AS searched WHERE searched::text LIKE '%' || $1 || '%'"),
                &[&canary.to_owned()],
            )
            .await
            .unwrap();
        assert_eq!(found.get::<_, i64>(0), 0, "{table}");
    }
    let wal = client
        .query_one("SELECT current_setting('data_directory')", &[])
        .await
        .unwrap();
    let wal = std::path::Path::new(&wal.get::<_, String>(0)).join("pg_wal");
    for file in std::fs::read_dir(&wal).into_iter().flatten().flatten() {
        let bytes = std::fs::read(file.path()).unwrap_or_default();
        let found = bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
        assert!(!found, "{}", file.path().display());
    }
}
