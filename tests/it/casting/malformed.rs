//! Ballots that are none (V5): refused with the reason, and nothing is stored.

use serde_json::{Value, json};
use tests::app::TestApp;

use super::world::{World, stored, unsigned};

const SALT: &str = "0x1111111111111111111111111111111111111111111111111111111111111111";

/// Options and points that are JSON of the right kind, and no answer to a motion.
const CHOICES: [(&str, &str); 11] = [
    ("[256]", "[1]"),
    ("[4]", "[1]"),
    ("[65535]", "[1]"),
    ("[0, 1]", "[1, 1]"),
    ("[0, 0]", "[1, 1]"),
    ("[]", "[]"),
    ("[0]", "[2]"),
    ("[0]", "[0]"),
    ("[0]", "[1, 1]"),
    ("[0]", "[]"),
    ("[]", "[1]"),
];

/// Values of the wrong kind, by field.
const KINDS: [(&str, &str); 21] = [
    ("options", "[65536]"),
    ("options", "[-1]"),
    ("options", "[1.0]"),
    ("options", "[1e0]"),
    ("options", "[\"1\"]"),
    ("options", "[true]"),
    ("options", "[null]"),
    ("options", "0"),
    ("options", "null"),
    ("options", "[[0]]"),
    ("points", "[4294967296]"),
    ("points", "[1.0]"),
    ("revision", "-1"),
    ("revision", "1.0"),
    ("revision", "\"1\""),
    ("revision", "18446744073709551616"),
    ("salt", "\"0x11\""),
    (
        "salt",
        "\"0xAA11111111111111111111111111111111111111111111111111111111111111\"",
    ),
    ("signature", "\"0x\""),
    ("voter", "1"),
    ("choice", "1"),
];

/// A ballot of these fields, as text, so that a field can stand twice.
fn body(fields: &[(&str, &str)]) -> String {
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("\"{name}\": {value}"))
        .collect();
    format!("{{{}}}", fields.join(", "))
}

/// A right one.
fn right() -> Vec<(&'static str, String)> {
    let salt = format!("\"{SALT}\"");
    [
        ("revision", "1"),
        ("options", "[0]"),
        ("points", "[1]"),
        ("salt", &salt),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec()
}

/// A right one with this instead of, or beside, what it has.
fn with(changes: &[(&'static str, &str)]) -> String {
    let mut fields = right();
    for (name, value) in changes {
        fields.retain(|(field, _)| field != name);
        fields.push((name, (*value).to_owned()));
    }
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    body(&fields)
}

/// The body, the status and the problem.
fn cases() -> Vec<(String, u16, &'static str)> {
    let choices = CHOICES.map(|(options, points)| {
        (
            with(&[("options", options), ("points", points)]),
            422,
            "ballot-malformed",
        )
    });
    let kinds = KINDS.map(|(field, value)| (with(&[(field, value)]), 422, "invalid-body"));
    let twice = right().into_iter().map(|(name, value)| {
        let again = with(&[]).replacen('{', &format!("{{\"{name}\": {value}, "), 1);
        (again, 422, "invalid-body")
    });
    let missing = right().into_iter().map(|(name, value)| {
        let without = with(&[]).replace(&format!("\"{name}\": {value}"), "\"reason\": null");
        (without, 422, "invalid-body")
    });
    let many = |count: usize| with(&[("options", &format!("[{}]", vec!["0"; count].join(",")))]);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let others = [
        (String::from("[1]"), 422, "invalid-body"),
        (with(&[("options", &deep)]), 422, "invalid-body"),
        (many(100_000), 422, "ballot-malformed"),
        (many(1_000_000), 413, "body-too-large"),
        (String::new(), 400, "malformed-json"),
        (String::from("{\"revision\": 1,"), 400, "malformed-json"),
        (with(&[]).repeat(2), 400, "malformed-json"),
        (with(&[("options", "[NaN]")]), 400, "malformed-json"),
        (with(&[("options", "[01]")]), 400, "malformed-json"),
    ];
    choices
        .into_iter()
        .chain(kinds)
        .chain(twice)
        .chain(missing)
        .chain(others)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_ballots_are_refused_and_nothing_is_stored() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let question = world.motion().await;
    let post = async |body: String| {
        let request = world.steward.post(&question.ballots_path());
        request.body("application/json", body).send().await
    };
    for (body, status, slug) in cases() {
        let start: String = body.chars().take(200).collect();
        let reply = post(body).await;
        assert_eq!(
            reply.status,
            status,
            "{start}: {}",
            String::from_utf8_lossy(&reply.bytes)
        );
        reply.problem(slug);
    }
    assert_eq!(stored(&app, &question).await, 0);
    let _ = post(with(&[])).await.expect(201);
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
