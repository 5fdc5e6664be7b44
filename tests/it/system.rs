//! What is the same for every route: headers, problems, limits.

use serde_json::json;
use server::http::headers;
use tests::app::TestApp;
use tests::person::Reply;

#[track_caller]
fn check_headers(reply: &Reply) {
    for (name, value) in headers::ALL {
        assert_eq!(reply.header(name), Some(value), "{name}");
    }
    assert!(reply.header("x-request-id").is_some_and(|id| id.len() == 36));
    assert!(reply.header("cache-control").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_security_headers_errors_included() {
    let app = TestApp::start().await;
    let anyone = app.anonymous();
    for path in [
        "/healthz",
        "/readyz",
        "/metrics",
        "/api/openapi.json",
        "/api/v1/nowhere",
        "/missing.js",
        "coops",
        "coops/x",
    ] {
        check_headers(&anyone.get(path).send().await);
    }
    check_headers(&anyone.post("/healthz").send().await);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_and_what_is_not_allowed_are_problem_documents() {
    let app = TestApp::start().await;
    let anyone = app.anonymous();
    anyone.get("/api/v1/nowhere").send().await.problem("not-found");
    anyone
        .post("/healthz")
        .json(&json!({}))
        .send()
        .await
        .problem("method-not-allowed");
    anyone
        .post("/some/page")
        .json(&json!({}))
        .send()
        .await
        .problem("method-not-allowed");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_says_whether_it_lives_and_whether_it_can_serve() {
    let app = TestApp::start().await;
    let anyone = app.anonymous();
    assert_eq!(anyone.get("/healthz").send().await.expect(200)["status"], "alive");
    assert_eq!(anyone.get("/readyz").send().await.expect(200)["status"], "ready");
    let metrics = anyone.get("/metrics").send().await;
    assert!(String::from_utf8_lossy(&metrics.bytes).contains("rochdale_requests_total"));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_problem_is_explained_in_the_language_that_is_asked_for() {
    let app = TestApp::start().await;
    let anyone = app.anonymous();
    let cases = [
        ("", "en", "# Nothing is here\n"),
        ("?language=en", "en", "# Nothing is here\n"),
        ("?language=zh-Hans", "zh-Hans", "# 此处没有内容\n"),
    ];
    for (query, language, title) in cases {
        let page = anyone.get(&format!("/problems/not-found{query}")).send().await;
        assert_eq!(
            (page.status, page.header("content-language")),
            (200, Some(language)),
            "{query}"
        );
        assert!(page.bytes.starts_with(title.as_bytes()), "{query}");
    }
    let other = anyone.get("/problems/not-found?language=tlh").send().await;
    assert_eq!(other.status, 422);
    other.problem("invalid-query");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_refused_with_the_reason_before_anything_is_done() {
    let app = TestApp::start().await;
    let anyone = app.anonymous();
    let ballots = format!("coops/{0}/proposals/{0}/ballots", uuid::Uuid::now_v7());
    let post = || anyone.post(&ballots);
    post()
        .body("text/plain", "{}")
        .send()
        .await
        .problem("unsupported-media-type");
    post()
        .body("application/json", "{\"revision\": 1")
        .send()
        .await
        .problem("malformed-json");
    post()
        .body("application/json", "{\"weight\": 1000}")
        .send()
        .await
        .problem("invalid-body");
    post()
        .body("application/json", vec![b' '; 600 * 1024])
        .send()
        .await
        .problem("body-too-large");
    post()
        .header("idempotency-key", "")
        .body("application/json", "{}")
        .send()
        .await
        .problem("idempotency-key-missing");
    app.finish().await;
}

#[test]
fn the_committed_description_of_the_api_is_the_one_the_routes_give() {
    let committed = std::fs::read_to_string(tests::data::repository().join("openapi/openapi.json")).unwrap_or_default();
    let given = server::routes::system::openapi::text().expect("a description");
    assert!(
        committed == given,
        "the API changed: run `cargo xtask openapi`, look at the difference and commit it"
    );
}

/// Aim: what the table of other programs says is here is shown by a test that is there. Method: the names of its last column, looked for in
/// the sources.
#[test]
fn every_test_that_the_table_of_other_programs_names_is_there() {
    fn sources(folder: &std::path::Path, text: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, text);
            } else if path.extension().is_some_and(|end| end == "rs") {
                text.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut code = String::new();
    for folder in ["tests/it", "governance/src"] {
        sources(&root.join(folder), &mut code);
    }
    let table = std::fs::read_to_string(root.join("docs/peers.md")).unwrap();
    let rows: Vec<&str> = table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| What"))
        .collect();
    assert_eq!(rows.len(), 80);
    for row in rows {
        let shown = row.trim_end_matches('|').rsplit('|').next().unwrap().trim();
        let name = shown.trim_matches('`');
        if let Some((_, test)) = name.rsplit_once("::") {
            assert!(code.contains(&format!("fn {test}()")), "{name}: {row}");
        } else if name.contains('/') {
            assert!(root.join(name).exists(), "{row}");
        } else {
            assert!(!name.is_empty() || row.contains("| no:"), "{row}");
        }
    }
}
