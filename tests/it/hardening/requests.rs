//! Aim: whatever a request holds, it is refused with its reason and never answered as a failure of ours.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::json;
use tests::app::TestApp;

use crate::decisions::world::{Hall, motion};

#[tokio::test(flavor = "multi_thread")]
async fn an_invented_method_is_no_label_of_a_metric_and_no_word_of_the_log() {
    let app = TestApp::start().await;
    let anyone = app.anonymous();
    for word in ["INVENTEDONE", "INVENTEDTWO", "get"] {
        let method = Method::from_bytes(word.as_bytes()).unwrap();
        let _ = anyone.request(method, "/healthz").send().await;
    }
    let metrics = anyone.get("/metrics").send().await;
    let metrics = String::from_utf8_lossy(&metrics.bytes).into_owned();
    assert!(metrics.contains("method=\"other\""), "{metrics}");
    assert!(
        !metrics.contains("INVENTED") && !metrics.contains("\"get\""),
        "{metrics}"
    );
    assert!(!app.log().contains("INVENTED"));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nul_in_an_address_or_a_body_is_refused_before_the_database_sees_it() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    for slug in ["%00", "ab%00c", "a'b", "%ff%fe%fd"] {
        let reply = app.anonymous().get(&format!("directory/{slug}")).send().await;
        assert!(matches!(reply.status, 400 | 404), "{slug}: {}", reply.status);
    }
    app.anonymous().get("directory/%00").send().await.problem("not-found");
    let person = &hall.steward.person;
    let coop = hall.coop;
    let me = hall.steward.member;
    let word = format!("0x{}", "00".repeat(32));
    let posts = [
        (
            String::from("coops"),
            json!({"slug": "a\0bc", "name": "x", "display_name": "x"}),
        ),
        (
            String::from("coops"),
            json!({"slug": "nul-name", "name": "x\0", "display_name": "x"}),
        ),
        (
            String::from("coops"),
            json!({"slug": "nul-name", "name": "x", "display_name": "\0x y"}),
        ),
        (
            format!("coops/{coop}/invitations"),
            json!({"email": "a\0@demo.example", "class": "worker"}),
        ),
        (
            format!("coops/{coop}/applications"),
            json!({"display_name": "x", "statement": "x\0y"}),
        ),
        (
            format!("coops/{coop}/member-imports"),
            json!({"members": [{"display_name": "x\0y", "class": "worker",
                "key": {"kind": "ed25519", "public_key": word, "salt": word}}]}),
        ),
        (format!("coops/{coop}/proposals"), {
            let mut motion = motion();
            motion["kind"] = json!("mo\0tion");
            motion
        }),
        (format!("coops/{coop}/proposals"), {
            let mut motion = motion();
            motion["title"] = json!("x\0y");
            motion
        }),
        (
            format!("coops/{coop}/members/{me}/status"),
            json!({"status": "left", "reason": "x\0y"}),
        ),
    ];
    for (path, body) in posts {
        let reply = person.post(&path).if_match("\"1\"").json(&body).send().await;
        assert!((400..500).contains(&reply.status), "{path} {body}: {}", reply.status);
    }
    let query = "proposals?state=%00";
    let reply = person.get(&format!("coops/{coop}/{query}")).send().await;
    assert_eq!(reply.status, 422);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_made_up_cursor_is_refused_as_one() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let nobody = uuid::Uuid::nil();
    let made_up = [
        format!(
            "{}/{nobody}",
            chrono::DateTime::<chrono::Utc>::MAX_UTC.timestamp_micros()
        ),
        format!(
            "{}/{nobody}",
            chrono::DateTime::<chrono::Utc>::MIN_UTC.timestamp_micros()
        ),
        format!("{}/{nobody}", i64::MAX),
        format!("253402300800000000/{nobody}"),
        String::from("0/\0"),
        String::from("\0"),
        i64::MAX.to_string(),
        i64::MIN.to_string(),
    ];
    for list in [
        "proposals",
        "members",
        "records",
        "anchors",
        "invitations",
        "keys",
        "bylaws",
        "applications",
    ] {
        for text in &made_up {
            let cursor = URL_SAFE_NO_PAD.encode(text);
            let path = format!("coops/{}/{list}?cursor={cursor}", hall.coop);
            let reply = hall.steward.person.get(&path).send().await;
            assert!(reply.status < 500, "{list} {text:?}: {}", reply.status);
            if list == "proposals" {
                reply.problem("invalid-query");
            }
        }
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_takes_no_body_refuses_one_that_says_something() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let author = &hall.members[0];
    let proposal = hall.draft(author, &motion()).await;
    let path = hall.about(proposal, "discussion");
    let post = || author.person.post(&path);
    post()
        .json(&json!({"role": "steward"}))
        .send()
        .await
        .problem("invalid-body");
    post()
        .body("application/json", "[]")
        .send()
        .await
        .problem("invalid-body");
    post()
        .body("text/plain", "hello")
        .send()
        .await
        .problem("malformed-json");
    post()
        .body("application/json", vec![b' '; 600 * 1024])
        .send()
        .await
        .problem("body-too-large");
    let empty = post().key("discuss").json(&json!({})).send().await;
    let _ = empty.expect(200);
    let again = post().key("discuss").json(&json!({})).send().await;
    assert_eq!(again.bytes, empty.bytes);
    // The bytes are what makes a request the same one.
    post().key("discuss").send().await.problem("idempotency-key-reused");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_if_match_that_holds_no_etag_of_ours_is_none() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let ada = &hall.members[0];
    let path = format!("coops/{}/members/{}", hall.coop, ada.member);
    let body = json!({"display_name": "Ada Lovelace"});
    for wrong in ["1", "*", "W/\"1\"", "\"1\", \"2\"", "\"\"", "\"x\""] {
        let reply = ada.person.patch(&path).if_match(wrong).json(&body).send().await;
        assert_eq!(reply.status, 428, "{wrong}");
        reply.problem("if-match-missing");
    }
    let stale = ada.person.patch(&path).if_match("\"7\"").json(&body).send().await;
    stale.problem("stale-version");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_of_the_api_is_the_same_at_each_look() {
    let app = TestApp::start().await;
    let first = app.anonymous().get("/api/openapi.json").send().await;
    let second = app.anonymous().get("/api/openapi.json").send().await;
    assert_eq!(first.bytes, second.bytes);
    assert_eq!(
        first.bytes,
        server::routes::system::openapi::text().unwrap().into_bytes()
    );
    app.finish().await;
}
