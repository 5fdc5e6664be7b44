//! Aim: what members write and models answer stands nowhere but in the answer. Method: one word of chance goes through every endpoint,
//! every kind of error, the queue, a fallback and a database that fails over it, at a server with the real books; then logs, metrics,
//! every table and the write-ahead log are searched for it. Another word, the name of the model, stands in all of these, and the same
//! search must find it there.

use std::collections::BTreeSet;
use std::path::Path;

use aho_corasick::AhoCorasick;
use serde_json::{Value, json};
use server::services::access::proving::prove_once;
use tests::upstream::{Script, Step, done, event, hello, stop, text, until, usage};
use tokio_postgres::Client;

use super::calls::{Shop, Told};
use super::fallbacks::tool;
use super::world::{allowance, decide, key, model, policy, prove};

/// The length of a name of a file of the write-ahead log.
const SEGMENT_NAME: usize = 24;

/// A co-op with a model of this name, whose server works on one call at a time, and another that answers in its place.
async fn open(known: &str) -> Shop {
    let read = usage(json!({"prompt_tokens": 10_000, "completion_tokens": 1}));
    let shop = Shop::open(vec![Script::stream(vec![text("a"), stop(), read, done()])], 1).await;
    let origin = shop.mock.origin.clone();
    let (mut main, side) = (tool("main", &origin), tool("side", &origin));
    main["terms"]["slots"] = json!(1);
    let at = |name: &str, tool: &str, endpoints: Value, fallbacks: Value| {
        let mut act = model(name);
        act["terms"]["tool"] = json!(tool);
        act["terms"]["endpoints"] = endpoints;
        act["terms"]["fallbacks"] = fallbacks;
        act
    };
    let texts = || json!(["chat_completions", "completions", "responses"]);
    let everyone = allowance(json!({"group": "everyone"}), "each", 10_000_000);
    let acts = [
        main,
        side,
        at("spare", "side", texts(), json!([])),
        at(known, "main", texts(), json!(["spare"])),
        at("vectors", "side", json!(["embeddings"]), json!([])),
        policy(0, &[everyone]),
    ];
    // The first look finds that the bound does not hold, which is logged with the name of the model; the next one proves it.
    let _ = decide(&shop.app, &shop.hall, &acts).await;
    assert_eq!(prove_once(&shop.app.app).await.unwrap(), 1);
    let client = shop.app.database.superuser().await;
    client
        .batch_execute("UPDATE access_model SET probe_due_at = now()")
        .await
        .unwrap();
    prove(&shop.app, &shop.hall).await;
    shop
}

/// The segment of the write-ahead log that is written now.
async fn segment(client: &Client) -> String {
    let row = client.query_one("SELECT pg_walfile_name(pg_current_wal_lsn())", &[]);
    row.await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_that_passes_is_in_no_log_no_metric_and_no_table_where_another_is_found() {
    let word = |kind: &str| format!("{kind}{}", uuid::Uuid::now_v7().simple());
    let (known, canary) = (word("known"), word("canary"));
    let client = tests::database::connect(&tests::database::cluster().await.superuser_url("postgres")).await;
    let from = segment(&client).await;
    let shop = open(&known).await;
    let key = key(&shop.hall, &shop.hall.members[0], json!({})).await;
    pass_through_queue_and_fallback(&shop, &key, (&known, &canary)).await;
    pass(&shop, &key, (&known, &canary)).await;
    pass_through_a_fault_of_the_database(&shop, &key, &canary).await;
    let reached = shop.mock.got().iter().any(|got| got.body.to_string().contains(&canary));
    assert!(reached, "the word passed");
    let control = found(&shop, &from, &known).await;
    for place in ["log", "metrics", "access_model", "access_hold", "access_usage", "wal"] {
        assert!(control.contains(place), "{place} is not among {control:?}");
    }
    assert_eq!(found(&shop, &from, &canary).await, BTreeSet::new());
    shop.close().await;
}

/// Sends the word through every endpoint, with every kind of answer.
async fn pass(shop: &Shop, key: &str, (known, canary): (&str, &str)) {
    let said = || text(canary);
    let scripts = [
        Script::stream(vec![said(), stop(), done()]),
        Script::stream(vec![said(), Step::HangUp]),
        Script::stream(vec![said(), event(&json!({"error": {"message": canary}}))]),
        Script::stream(vec![said(), Step::Send(format!("data: {{{canary}\n\n").into_bytes())]),
        Script::json(400, &json!({"error": {"message": canary}})),
        Script::json(500, &json!({"error": {"message": canary}})),
    ];
    let message = json!([{"role": "user", "content": canary}]);
    let chat = |members: Value| {
        let mut body = json!({"model": known, "messages": message});
        body.as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        ("/chat/completions", body)
    };
    let tools = json!([{"type": "function", "function": {"name": canary}}]);
    let bodies = [
        chat(json!({})),
        chat(json!({"stream": true, "tools": tools})),
        chat(json!({"model": canary})),
        chat(json!({"model": format!("{canary}\u{0}")})),
        chat(json!({"n": canary})),
        chat(json!({"messages": [{"role": "user", "content": [{"type": canary}]}]})),
        chat(json!({"messages": [{"role": "user", "content": canary.repeat(300)}]})),
        chat(json!({"max_tokens": 1_000, "n": 128})),
        (
            "/completions",
            json!({"model": known, "prompt": canary, "user": canary}),
        ),
        (
            "/responses",
            json!({"model": known, "input": canary, "previous_response_id": canary}),
        ),
        ("/responses", json!({"model": known, "input": canary})),
        ("/embeddings", json!({"model": "vectors", "input": canary})),
        ("/nothing", json!({"model": canary})),
    ];
    for script in scripts {
        shop.mock.script(vec![script]);
        for (path, body) in &bodies {
            let answer = shop.posting(key, path).json(body).send().await.unwrap();
            if body["model"].as_str().unwrap().ends_with('\u{0}') {
                assert_eq!(answer.status(), 400);
            }
            let _ = answer.text().await;
        }
        let broken = format!("{{\"model\": \"{known}\", {canary}");
        let _ = shop.send(key, "/chat/completions", broken.into()).await;
        let _ = shop.get(key, &format!("/models/{canary}")).await;
        assert_eq!(shop.get(canary, "/models").await.status, 401);
    }
}

/// A question waits until another is answered; and where the model does not answer, another one does.
async fn pass_through_queue_and_fallback(shop: &Shop, key: &str, (known, canary): (&str, &str)) {
    let members =
        |is_streamed| json!({"model": known, "stream": is_streamed, "messages": [{"role": "user", "content": canary}]});
    let asking = |is_streamed| tokio::spawn(shop.asking(&shop.app.url, key, members(is_streamed)).send());
    shop.mock
        .script(vec![Script::json(404, &json!({"error": {"message": canary}})), hello()]);
    let instead = shop.told(asking(false).await.unwrap().unwrap()).await;
    assert_eq!(
        (instead.status, &instead.body["model"]),
        (200, &json!("spare")),
        "{instead:?}"
    );
    shop.mock
        .script(vec![Script::stream(vec![Step::Gate, text(canary), stop(), done()])]);
    let before = shop.mock.got().len();
    let first = asking(true);
    until("the first runs", || shop.mock.got().len() > before).await;
    let second = asking(true);
    until("the second waits", || shop.app.app.gateway.load().1 == 1).await;
    for waits in [first, second] {
        shop.mock.gate.notify_one();
        assert!(waits.await.unwrap().unwrap().text().await.unwrap().contains(canary));
    }
}

/// The database fails over the word, and tells it in the detail of what it says.
async fn pass_through_a_fault_of_the_database(shop: &Shop, key: &str, canary: &str) {
    let client = shop.app.database.superuser().await;
    let row = client
        .query_one("SELECT pg_get_functiondef('access_admit'::regproc)", &[])
        .await
        .unwrap();
    let whole: String = row.get(0);
    let fails = whole.replacen(
        "BEGIN\n",
        "BEGIN RAISE EXCEPTION 'on purpose' USING DETAIL = $2::text;\n",
        1,
    );
    assert_ne!(whole, fails);
    client.batch_execute(&fails).await.unwrap();
    let refused: Told = shop
        .post(key, "/chat/completions", &json!({"model": canary, "messages": []}))
        .await;
    let asked = json!({"model": canary, "messages": [{"role": "user", "content": canary}]});
    let failed = shop.post(key, "/chat/completions", &asked).await;
    assert_eq!(
        (refused.status, failed.code()),
        (400, (503, "unavailable")),
        "{failed:?}"
    );
    assert!(shop.app.log().contains("the books of the tools cannot be read"));
    client.batch_execute(&whole).await.unwrap();
}

/// Where the word is found: log, metrics, the names of tables, and the write-ahead log from this segment on.
async fn found(shop: &Shop, from: &str, word: &str) -> BTreeSet<String> {
    let mut places = BTreeSet::new();
    let mut look = |place: &str, is_there: bool| {
        if is_there {
            places.insert(place.to_owned());
        }
    };
    look("log", shop.app.log().contains(word));
    let metrics = reqwest::get(format!("{}/metrics", shop.app.url)).await.unwrap();
    look("metrics", metrics.text().await.unwrap().contains(word));
    let client = shop.app.database.superuser().await;
    let tables = client
        .query("SELECT format('%I.%I', schemaname, tablename), tablename::text FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')", &[])
        .await
        .unwrap();
    assert!(tables.len() > 20);
    for table in tables {
        let (path, name): (String, String) = (table.get(0), table.get(1));
        let query =
            format!("SELECT EXISTS (SELECT FROM {path} AS searched WHERE searched::text LIKE '%' || $1 || '%')");
        look(&name, client.query_one(&query, &[&word]).await.unwrap().get(0));
    }
    // Its commit is written out, and so is all that came before it.
    let _ = client
        .query_one("SELECT pg_logical_emit_message(true, 'tests', 'the end')::text", &[])
        .await
        .unwrap();
    let row = client
        .query_one("SELECT current_setting('data_directory')", &[])
        .await
        .unwrap();
    let folder = Path::new(row.get::<_, &str>(0)).join("pg_wal");
    let searched = AhoCorasick::new([word]).unwrap();
    for file in std::fs::read_dir(&folder).expect("the write-ahead log can be read") {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        if name.len() == SEGMENT_NAME && name.as_str() >= from {
            look("wal", searched.is_match(&std::fs::read(file.path()).unwrap()));
        }
    }
    places
}
