//! Aim: nobody holds a connection or a request for long, and who waited too long is told the truth.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use reqwest::Method;
use server::http::headers;
use server::http::times::Times;
use tests::app::TestApp;
use tests::person::{Person, Reply};
use tokio::io::AsyncWriteExt as _;

use super::raw::ask;
use crate::decisions::world::{Hall, motion};

const SHORT: Duration = Duration::from_millis(400);

/// The same application behind a second server with other limits of time.
fn second(app: &TestApp, times: Times) -> (String, ServerHandle) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = server::serve::start_within(Data::from(Arc::clone(&app.app)), listener, times).unwrap();
    let handle = server.handle();
    tokio::spawn(server);
    (url, handle)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_trickles_is_refused_with_a_problem_document() {
    let app = TestApp::start().await;
    let times = Times {
        body: SHORT,
        ..Times::default()
    };
    let (url, handle) = second(&app, times);
    let nobody = uuid::Uuid::now_v7();
    for path in [
        String::from("sessions"),
        format!("coops/{nobody}/proposals/{nobody}/ballots"),
    ] {
        let head = format!(
            "POST /api/v1/{path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nidempotency-key: k\r\n\
            content-length: 1000\r\n\r\n{{"
        );
        let started = std::time::Instant::now();
        let reply = ask(&url, head.as_bytes(), Some((b" ", Duration::from_millis(50)))).await;
        let reply = reply.expect("an answer, and the end of the connection");
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
        assert_eq!(reply.status, 408, "{path}: {}", reply.body);
        assert!(reply.body.contains("/problems/request-timeout"), "{}", reply.body);
        assert_eq!(reply.header("content-type"), Some("application/problem+json"));
        for (name, value) in headers::ALL {
            assert_eq!(reply.header(name), Some(value), "{name}");
        }
    }
    handle.stop(false).await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_nobody_reads_does_not_keep_its_connection() {
    let app = TestApp::start().await;
    let drip = Some((b" ".as_slice(), Duration::from_millis(50)));
    let head = b"GET /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n";
    let reply = ask(&app.url, head, drip).await.expect("the end of the connection");
    assert_eq!(reply.status, 200);
    app.finish().await;
}

#[track_caller]
fn check_late(reply: &Reply, words: &str) {
    assert_eq!(reply.status, 503);
    let body = reply.problem("busy");
    assert!(body["detail"].as_str().unwrap().contains(words), "{body}");
    assert!(reply.header("retry-after").is_some());
    for (name, value) in headers::ALL {
        assert_eq!(reply.header(name), Some(value), "{name}");
    }
    assert_eq!(reply.header("cache-control"), Some("no-store"));
}

async fn by(person: &Person, url: &str, method: Method, path: &str, key: &str) -> Reply {
    let named = server::tokens::Named {
        account: person.account,
        session: person.session,
    };
    Person::new(url, &person.name, person.email.clone(), named, person.token.clone())
        .request(method, path)
        .key(key)
        .send()
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_too_long_is_given_up_and_the_same_key_tells_what_became_of_it() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let author = &hall.members[0].person;
    let proposal = hall.draft(&hall.members[0], &motion()).await;
    let times = Times {
        answer: SHORT,
        ..Times::default()
    };
    let (url, handle) = second(&app, times);
    let step = hall.about(proposal, "discussion");
    let client = app.database.superuser().await;
    client
        .batch_execute("BEGIN; LOCK TABLE proposal IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    let reply = by(author, &url, Method::POST, &step, "once").await;
    check_late(&reply, "same Idempotency-Key");
    let path = format!("coops/{}/proposals/{proposal}", hall.coop);
    let reply = by(author, &url, Method::GET, &path, "").await;
    check_late(&reply, "too long");
    client.batch_execute("ROLLBACK").await.unwrap();
    let metrics = app.anonymous().get("/metrics").send().await;
    let metrics = String::from_utf8_lossy(&metrics.bytes).into_owned();
    assert!(metrics.contains("status=\"503\""), "{metrics}");
    let done = by(author, &url, Method::POST, &step, "once").await;
    assert_eq!(done.expect(200)["state"], "discussion");
    handle.stop(false).await;
    app.finish().await;
}

/// Asks for much on one connection and reads nothing; how many times it could write until it was cut off, looking every 200 ms.
async fn writes_until_cut(url: &str) -> Option<u32> {
    const LOOKS_MAX: u32 = 50;
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let address = url.trim_start_matches("http://").parse().unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    // More than any buffer of the operating system takes.
    let requests = "GET /api/openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(400);
    stream.write_all(requests.as_bytes()).await.unwrap();
    for look in 0..LOOKS_MAX {
        tokio::time::sleep(Duration::from_millis(200)).await;
        if stream.write_all(b"G").await.is_err() {
            return Some(look);
        }
    }
    None
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_nothing_of_an_answer_is_cut_off() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let app = TestApp::start().await;
    let times = Times {
        unread: Duration::from_secs(1),
        ..Times::default()
    };
    let (url, handle) = second(&app, times);
    let looks = writes_until_cut(&url).await;
    assert!(
        looks.is_some_and(|looks| looks > 2),
        "cut off after a second, not before: {looks:?}"
    );
    handle.stop(false).await;
    app.finish().await;
}
