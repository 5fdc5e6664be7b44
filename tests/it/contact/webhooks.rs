//! Aim: addresses that stewards name are told what happens, signed, until they listen or are given up; nothing inside is reachable
//! through them. Method: a receiver on this machine, which tests alone may name, and addresses and redirects that lead inside.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use server::services::errands::errands_once;
use sha2::Sha256;
use tests::app::{Options, TestApp};
use tests::person::Reply;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::decisions::world::Hall;
use crate::identity::execute;

/// What a receiver got: head and body of each request.
pub type Got = Arc<Mutex<Vec<(String, String)>>>;

/// Listens on this machine and answers each request with the next of these heads, the last one for good.
pub async fn receiver(answers: Vec<String>) -> (String, Got) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let got = Got::default();
    let theirs = Arc::clone(&got);
    tokio::spawn(async move {
        for turn in 0..20 {
            let Ok((mut stream, _)) = listener.accept().await else {
                return;
            };
            let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
            let body = loop {
                let count = stream.read(&mut buffer).await.unwrap_or_default();
                bytes.extend_from_slice(&buffer[..count]);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let whole = text.split_once("\r\n\r\n").and_then(|(head, body)| {
                    let length = head.lines().find_map(|line| {
                        line.to_lowercase()
                            .strip_prefix("content-length: ")?
                            .parse::<usize>()
                            .ok()
                    })?;
                    (body.len() >= length).then(|| (head.to_owned(), body.to_owned()))
                });
                if whole.is_some() || count == 0 {
                    break whole;
                }
            };
            theirs.lock().unwrap().extend(body);
            let answer = answers.get(turn).or(answers.last()).unwrap();
            let _ = stream
                .write_all(format!("{answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").as_bytes())
                .await;
        }
    });
    (url, got)
}

async fn register(hall: &Hall, url: &str, events: &[&str]) -> Reply {
    let body = json!({"url": url, "events": events});
    hall.steward
        .person
        .post(&hall.path("webhooks"))
        .json(&body)
        .send()
        .await
}

/// Registers a webhook and gives it a secret: both.
pub async fn ready(hall: &Hall, url: &str, events: &[&str]) -> (String, String) {
    let made = register(hall, url, events).await.expect(201);
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!(made["has_secret"], false);
    let secret = hall
        .steward
        .person
        .put(&hall.path(&format!("webhooks/{id}/secret")))
        .send()
        .await
        .expect(200);
    (id, secret["secret"].as_str().unwrap().to_owned())
}

async fn deliveries(hall: &Hall, webhook: &str) -> Vec<Value> {
    let reply = hall
        .steward
        .person
        .get(&hall.path(&format!("webhooks/{webhook}/deliveries")))
        .send()
        .await;
    reply.expect(200)["items"].as_array().unwrap().clone()
}

/// Sends what waits to be sent.
pub async fn work(app: &TestApp) {
    while errands_once(&app.app).await.unwrap() > 0 {}
}

fn header(head: &str, name: &str) -> String {
    let line = head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
    line.unwrap_or_else(|| panic!("no {name} in {head}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn receivers_are_told_what_they_asked_for_with_a_signature_they_can_check() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let (url, got) = receiver(vec![String::from("HTTP/1.1 204 No Content")]).await;
    let silent = register(&hall, &url, &["proposal.opened"]).await.expect(201);
    let (id, secret) = ready(&hall, &url, &["proposal.opened", "proposal.result"]).await;
    let proposal = hall.opened_motion().await;
    // Messages leave beside each other; what is sent before the next one is made arrives before it.
    work(&app).await;
    hall.all_cast(proposal, &[&[0], &[0]]).await;
    let _ = hall.finish(&app, proposal).await;
    work(&app).await;
    let messages = got.lock().unwrap().clone();
    let bodies: Vec<Value> = messages
        .iter()
        .map(|(_, body)| serde_json::from_str(body).unwrap())
        .collect();
    let types: Vec<&str> = bodies.iter().map(|body| body["type"].as_str().unwrap()).collect();
    assert_eq!(
        types,
        ["proposal.opened", "proposal.result"],
        "and none without a secret"
    );
    for ((head, text), body) in messages.iter().zip(&bodies) {
        assert_eq!(body["data"]["proposal"], proposal.to_string());
        assert!(
            !text.contains("loom") && !text.contains("Steward") && !text.contains("passed"),
            "{text}"
        );
        let signed = format!(
            "{}.{}.{text}",
            header(head, "webhook-id"),
            header(head, "webhook-timestamp")
        );
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(signed.as_bytes());
        let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        assert_eq!(header(head, "webhook-signature"), expected);
    }
    let told = deliveries(&hall, &id).await;
    assert!(
        told.iter()
            .all(|one| one["state"] == "delivered" && one["last_status"] == 204),
        "{told:?}"
    );
    assert_eq!(
        deliveries(&hall, silent["id"].as_str().unwrap()).await,
        Vec::<Value>::new()
    );
    let client = app.database.superuser().await;
    let rows = client
        .query(
            "SELECT row_to_json(r)::text FROM effect r UNION ALL SELECT row_to_json(r)::text FROM webhook r",
            &[],
        )
        .await;
    assert!(
        rows.unwrap()
            .iter()
            .all(|row| !row.get::<_, String>(0).contains("whsec_")),
        "the secret stands nowhere"
    );
    assert!(!app.log().contains(&secret));
    drop(client);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_fails_is_tried_again_and_in_the_end_given_up() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 0).await;
    // Where a redirect would lead if it were followed.
    let (inside, reached) = receiver(vec![String::from("HTTP/1.1 200 OK")]).await;
    let (url, got) = receiver(vec![
        String::from("HTTP/1.1 500 Internal Server Error"),
        format!("HTTP/1.1 302 Found\r\nlocation: {inside}"),
        String::from("HTTP/1.1 200 OK"),
    ])
    .await;
    let (id, _) = ready(&hall, &url, &["proposal.opened"]).await;
    let (gone, _) = ready(&hall, "http://127.0.0.1:9/", &["proposal.opened"]).await;
    let _ = hall.opened_motion().await;
    for (state, status, attempts) in [("waiting", 500, 1), ("waiting", 302, 2), ("delivered", 200, 3)] {
        work(&app).await;
        let last = deliveries(&hall, &id).await.remove(0);
        assert_eq!(
            (&last["state"], &last["last_status"], &last["attempts"]),
            (&json!(state), &json!(status), &json!(attempts))
        );
        execute(&app, "UPDATE errand SET run_at = now() WHERE done_at IS NULL", &[]).await;
    }
    let ids: std::collections::BTreeSet<String> = got
        .lock()
        .unwrap()
        .iter()
        .map(|(head, _)| header(head, "webhook-id"))
        .collect();
    assert_eq!(ids.len(), 1, "one message, whatever it takes");
    assert_eq!(reached.lock().unwrap().len(), 0, "no redirect is followed");
    for _ in 0..8 {
        execute(&app, "UPDATE errand SET run_at = now() WHERE done_at IS NULL", &[]).await;
        work(&app).await;
    }
    let last = deliveries(&hall, &gone).await.remove(0);
    assert_eq!(
        (&last["state"], &last["attempts"], &last["last_error"]),
        (&json!("given_up"), &json!(9), &json!("no connection"))
    );
    let _ = hall.opened_motion().await;
    assert_eq!(
        hall.steward
            .person
            .delete(&hall.path(&format!("webhooks/{gone}")))
            .send()
            .await
            .status,
        204
    );
    work(&app).await;
    assert_eq!(
        deliveries(&hall, &gone).await[0]["attempts"],
        0,
        "what was ended is told nothing more"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_inside_is_reached_through_a_webhook() {
    let options = Options::default().configure(|config| config.webhooks.allow_loopback = false);
    let app = TestApp::start_with(options).await;
    let hall = Hall::with_members(&app, 1).await;
    let (url, got) = receiver(vec![String::from("HTTP/1.1 200 OK")]).await;
    for inside in [
        url.as_str(),
        "https://127.0.0.1:5432/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::1]/",
        "https://10.0.0.1/",
        "https://2130706433/",
        "https://localhost/",
        "https://metadata.google.internal/",
        "https://user:password@example.org/",
        "javascript:alert(1)",
    ] {
        let refused = register(&hall, inside, &["proposal.opened"]).await;
        assert_eq!(refused.problem("invalid-field")["field"], "url", "{inside}");
    }
    register(&hall, "https://example.org/", &[])
        .await
        .problem("invalid-field");
    register(&hall, "https://example.org/", &["everything"])
        .await
        .problem("invalid-body");
    // A name that leads inside, and an address that came past the check: the look before sending stops both.
    let (id, _) = ready(&hall, "https://example.org/", &["proposal.opened"]).await;
    execute(&app, "UPDATE webhook SET url = $1", &[&url]).await;
    let _ = hall.opened_motion().await;
    work(&app).await;
    let last = deliveries(&hall, &id).await.remove(0);
    assert!(last["last_error"].as_str().unwrap().contains("refused"), "{last}");
    assert_eq!(got.lock().unwrap().len(), 0);
    for _ in 0..9 {
        let _ = register(&hall, "https://example.org/", &["proposal.closed"])
            .await
            .expect(201);
    }
    assert_eq!(
        register(&hall, "https://example.org/", &["proposal.closed"])
            .await
            .problem("limit-reached")["max"],
        10
    );
    app.finish().await;
}
