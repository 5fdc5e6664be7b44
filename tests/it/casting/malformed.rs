//! Ballots that are none (V5): refused with the reason, and nothing is stored.

use serde_json::{Value, json};
use tests::app::TestApp;

use super::world::{World, stored, unsigned};

#[tokio::test(flavor = "multi_thread")]
async fn malformed_ballots_are_refused_and_nothing_is_stored() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let question = world.motion().await;
    let salt = "\"0x1111111111111111111111111111111111111111111111111111111111111111\"";
    let with = |fields: &str| format!("{{{fields}, \"salt\": {salt}}}");
    let options = |options: &str| with(&format!("\"revision\": 1, \"options\": {options}, \"points\": [1]"));
    let many = |count: usize| format!("[{}]", vec!["0"; count].join(","));
    let cases: Vec<(&str, String, u16, &str)> = vec![
        ("256", options("[256]"), 422, "ballot-malformed"),
        ("4", options("[4]"), 422, "ballot-malformed"),
        ("65535", options("[65535]"), 422, "ballot-malformed"),
        ("65536", options("[65536]"), 422, "invalid-body"),
        ("-1", options("[-1]"), 422, "invalid-body"),
        ("1.0", options("[1.0]"), 422, "invalid-body"),
        ("1e0", options("[1e0]"), 422, "invalid-body"),
        ("text", options("[\"1\"]"), 422, "invalid-body"),
        ("true", options("[true]"), 422, "invalid-body"),
        ("null", options("[null]"), 422, "invalid-body"),
        ("no list", options("0"), 422, "invalid-body"),
        ("nested", options("[[0]]"), 422, "invalid-body"),
        (
            "two answers",
            with("\"revision\": 1, \"options\": [0, 1], \"points\": [1, 1]"),
            422,
            "ballot-malformed",
        ),
        (
            "one answer twice",
            with("\"revision\": 1, \"options\": [0, 0], \"points\": [1, 1]"),
            422,
            "ballot-malformed",
        ),
        (
            "no answer",
            with("\"revision\": 1, \"options\": [], \"points\": []"),
            422,
            "ballot-malformed",
        ),
        (
            "two points",
            with("\"revision\": 1, \"options\": [0], \"points\": [2]"),
            422,
            "ballot-malformed",
        ),
        (
            "no point",
            with("\"revision\": 1, \"options\": [0], \"points\": [0]"),
            422,
            "ballot-malformed",
        ),
        (
            "unequal lists",
            with("\"revision\": 1, \"options\": [0], \"points\": [1, 1]"),
            422,
            "ballot-malformed",
        ),
        (
            "2^32 points",
            with("\"revision\": 1, \"options\": [0], \"points\": [4294967296]"),
            422,
            "invalid-body",
        ),
        (
            "a key twice",
            with("\"revision\": 1, \"options\": [1], \"options\": [0], \"points\": [1]"),
            422,
            "invalid-body",
        ),
        (
            "revision twice",
            with("\"revision\": 1, \"revision\": 1, \"options\": [0], \"points\": [1]"),
            422,
            "invalid-body",
        ),
        (
            "no revision",
            with("\"options\": [0], \"points\": [1]"),
            422,
            "invalid-body",
        ),
        (
            "revision -1",
            with("\"revision\": -1, \"options\": [0], \"points\": [1]"),
            422,
            "invalid-body",
        ),
        (
            "revision 2^64",
            with("\"revision\": 18446744073709551616, \"options\": [0], \"points\": [1]"),
            422,
            "invalid-body",
        ),
        (
            "an unknown field",
            with("\"choice\": 1, \"revision\": 1, \"options\": [0], \"points\": [1]"),
            422,
            "invalid-body",
        ),
        (
            "no salt",
            String::from("{\"revision\": 1, \"options\": [0], \"points\": [1]}"),
            422,
            "invalid-body",
        ),
        (
            "a short salt",
            String::from("{\"revision\": 1, \"options\": [0], \"points\": [1], \"salt\": \"0x11\"}"),
            422,
            "invalid-body",
        ),
        (
            "capitals",
            with("\"revision\": 1, \"options\": [0], \"points\": [1]").replace("0x11", "0xAA"),
            422,
            "invalid-body",
        ),
        ("a list", String::from("[1]"), 422, "invalid-body"),
        ("nothing", String::new(), 400, "malformed-json"),
        ("half", String::from("{\"revision\": 1,"), 400, "malformed-json"),
        (
            "two documents",
            format!("{0} {0}", options("[0]")),
            400,
            "malformed-json",
        ),
        ("not a number", options("[NaN]"), 400, "malformed-json"),
        ("100,000 options", options(&many(100_000)), 422, "ballot-malformed"),
        ("1,000,000 options", options(&many(1_000_000)), 413, "body-too-large"),
        (
            "deep",
            options(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))),
            422,
            "invalid-body",
        ),
    ];
    for (name, body, status, slug) in cases {
        let reply = world
            .steward
            .post(&question.ballots_path())
            .body("application/json", body)
            .send()
            .await;
        assert_eq!(
            reply.status,
            status,
            "{name}: {}",
            String::from_utf8_lossy(&reply.bytes)
        );
        reply.problem(slug);
    }
    assert_eq!(stored(&app, &question).await, 0);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ranking_names_each_candidate_once_and_ranks_without_gaps() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let proposal = world.propose("election", &["Ada", "Bo", "Cy"]).await;
    let question = world.open(proposal, 3_600).await;
    let cases: [(&str, &[u16], &[u32]); 8] = [
        ("one twice", &[0, 0], &[1, 2]),
        ("a rank twice", &[0, 1], &[1, 1]),
        ("from rank 0", &[0, 1], &[0, 1]),
        ("from rank 2", &[0], &[2]),
        ("a gap", &[0, 1], &[1, 3]),
        ("backwards", &[0, 1], &[2, 1]),
        ("one too many", &[0, 1, 2, 3], &[1, 2, 3, 4]),
        ("nobody", &[3], &[1]),
    ];
    for (name, options, points) in cases {
        let body = unsigned(1, options, points);
        let reply = world.steward.post(&question.ballots_path()).json(&body).send().await;
        assert_eq!(reply.status, 422, "{name}");
        let detail = reply.problem("ballot-malformed")["detail"].to_string();
        assert!(detail.contains("rank") || detail.contains("option"), "{name}: {detail}");
    }
    assert_eq!(stored(&app, &question).await, 0);
    let body = unsigned(1, &[2, 0], &[1, 2]);
    let _ = world
        .steward
        .post(&question.ballots_path())
        .json(&body)
        .send()
        .await
        .expect(201);
    let blank = unsigned(2, &[], &[]);
    let _ = world
        .steward
        .post(&question.ballots_path())
        .json(&blank)
        .send()
        .await
        .expect(201);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reason_is_text_that_can_be_stored() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voter = world.import(1).await.remove(0);
    let question = world.motion().await;
    let with = |reason: Value| {
        let mut body = unsigned(1, &[0], &[1]);
        body["reason"] = reason;
        body
    };
    for (name, body) in [
        ("empty", with(json!(""))),
        ("a zero", with(json!("a\u{0}b"))),
        ("too long", with(json!("a".repeat(2_001)))),
        ("a number", with(json!(1))),
        ("turned about", with(json!("a\u{202e}b"))),
    ] {
        let reply = world.steward.post(&question.ballots_path()).json(&body).send().await;
        assert_eq!(reply.status, 422, "{name}: {}", reply.json());
    }
    let body =
        b"{\"revision\": 1, \"options\": [0], \"points\": [1], \"reason\": \"\\ud800\", \"salt\": \"0x00\"}".to_vec();
    let lone = world
        .steward
        .post(&question.ballots_path())
        .body("application/json", body)
        .send()
        .await;
    assert!((400..500).contains(&lone.status), "a lone surrogate");
    assert_eq!(stored(&app, &question).await, 0);
    let reason = "Weil es für alle gut ist. 👍 我同意";
    let body = voter.ballot_with_reason(&question, 1, (&[0], &[1]), Some(reason));
    let _ = world.cast(&question, &body).await.expect(201);
    app.finish().await;
}
