//! Aim: nothing that a client or an upstream does takes a slot, a hold or memory for longer, or more of it, than is set. Method: settings
//! that are small, and whoever goes beyond them, over HTTP.

use std::time::Duration;

use serde_json::{Value, json};
use server::gateway::meter::HoldState;
use server::http::times::Times;
use tests::meter::KEY;
use tests::upstream::{Script, Step, done, hello, stop, text, until};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use super::{World, events, question};

const MIB: usize = 1_024 * 1_024;

/// The code of an error, with the status.
async fn refused(answer: reqwest::Response) -> (u16, Value) {
    let (status, has_wait) = (
        answer.status().as_u16(),
        answer.headers().contains_key("retry-after-ms"),
    );
    let body: Value = answer.json().await.unwrap();
    assert_eq!(has_wait, status == 503, "{body}");
    (status, body["error"]["code"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_waits_and_runs_no_longer_than_is_set() {
    let configure = |config: &mut server::config::GatewayConfig| {
        config.queue_seconds_max = 1;
        config.call_seconds_max = 2;
    };
    let stalls = Script::stream(vec![text("a"), Step::Stall]);
    let world = World::start_with(vec![stalls], configure, |model| model.slots = 1).await;
    let mut runs = world.chat(json!({"stream": true})).await;
    let first = runs.chunk().await.unwrap().unwrap();
    assert_eq!(refused(world.chat(json!({})).await).await, (503, json!("queue_full")));
    let waited = *world.meter.settled().last().unwrap();
    assert_eq!((waited.outcome.state, waited.charged), (HoldState::NothingSent, 0));
    let told = events(&format!(
        "{}{}",
        String::from_utf8_lossy(&first),
        runs.text().await.unwrap()
    ));
    let last: Value = serde_json::from_str(told.last().unwrap()).unwrap();
    assert_eq!(last["error"]["code"], "upstream_timeout", "{told:?}");
    assert_eq!(
        world.settled(2).await.last().unwrap().outcome.state,
        HoldState::UpstreamFailed
    );
    until("the upstream is free", || world.mock.hung_up() == 1).await;
    world.finish().await;
}

/// Sends the head of a call and so many bytes of its body, and no more.
async fn half_a_body(world: &World, bytes: usize) -> TcpStream {
    let address = world.app.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {KEY}\r\ncontent-type: application/json\r\n\
         content-length: 1000000\r\n\r\n{}",
        " ".repeat(bytes)
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Half a body that has arrived: as soon as it has, another one of this size is told that there is no room. Whichever comes first is
/// taken in, so this may need some turns.
async fn taken_in(world: &World, bytes: usize, other: &Value) -> TcpStream {
    for _ in 0..40 {
        let half = half_a_body(world, bytes).await;
        for _ in 0..20 {
            assert_eq!(world.chat(json!({})).await.status(), 200, "a small one has room");
        }
        let answer = world.chat(other.clone()).await;
        if answer.status() == 503 {
            assert_eq!(refused(answer).await, (503, json!("queue_full")));
            return half;
        }
    }
    panic!("there is always room");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_at_once_take_no_more_room_than_is_set() {
    let configure = |config: &mut server::config::GatewayConfig| config.body_bytes_max = 40_000;
    let world = World::start_with(vec![hello()], configure, |_| {}).await;
    let big = json!({"messages": [{"role": "user", "content": "x".repeat(15_000)}]});
    let half = taken_in(&world, 30_000, &big).await;
    drop(half);
    let mut status = 503;
    for _ in 0..500 {
        if status == 503 {
            status = world.chat(big.clone()).await.status().as_u16();
        }
    }
    // The meter of this test lets nobody ask so much.
    assert_eq!(status, 429, "who left gives the room back");
    until("all is settled", || world.meter.open() == 0).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_calls_run_at_once_than_are_set() {
    let stalls = Script::stream(vec![text("a"), Step::Stall]);
    let world = World::start_with(vec![stalls], |config| config.calls_max = 1, |_| {}).await;
    let mut runs = world.chat(json!({"stream": true})).await;
    let _ = runs.chunk().await.unwrap().unwrap();
    assert_eq!(refused(world.chat(json!({})).await).await, (503, json!("queue_full")));
    drop(runs);
    world.settled(1).await;
    world.mock.script(vec![hello()]);
    let mut status = 503;
    for _ in 0..500 {
        if status == 503 {
            status = world.chat(json!({})).await.status().as_u16();
        }
    }
    assert_eq!(status, 200, "who left makes room");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_end_is_broken_off_and_holds_nothing() {
    let world = World::start(vec![hello()]).await;
    let comment = [b":".as_slice(), &vec![b'x'; MIB - 2], b"\n"].concat();
    let endless = || vec![Step::Send(comment.clone()); 33];
    world.mock.script(vec![Script::stream(
        [vec![text("a")], endless(), vec![stop(), done()]].concat(),
    )]);
    assert_eq!(
        refused(world.chat(json!({})).await).await,
        (502, json!("upstream_broken"))
    );
    let vectors = Script {
        steps: [vec![Step::Send(b"{\"data\": [\"".to_vec())], endless()].concat(),
        ..Script::json(200, &json!({}))
    };
    world.mock.script(vec![vectors]);
    let asked = world
        .post("/embeddings")
        .json(&json!({"model": "small", "input": "hi"}));
    assert_eq!(
        refused(asked.send().await.unwrap()).await,
        (502, json!("upstream_broken"))
    );
    let settled = world.settled(2).await;
    assert!(
        settled
            .iter()
            .all(|settled| settled.outcome.state == HoldState::UpstreamFailed)
    );
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_frees_its_slot_after_a_while() {
    let times = Times {
        unread: Duration::from_millis(500),
        ..Times::default()
    };
    let pieces = vec![text(&"x".repeat(MIB)); 30];
    let world = World::start_within(vec![Script::stream(pieces)], times, |_| {}, |model| model.slots = 1).await;
    world.meter.change(|plan| plan.output_max = 1 << 20);
    let address = world.app.url.strip_prefix("http://").unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut client = socket.connect(address.parse().unwrap()).await.unwrap();
    let body = question(json!({"stream": true})).to_string();
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {KEY}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    client.write_all(request.as_bytes()).await.unwrap();
    let mut first = [0; 15];
    let _ = client.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    let settled = world.settled(1).await;
    assert_eq!(settled[0].outcome.state, HoldState::ClientGone);
    world.mock.script(vec![hello()]);
    world.meter.change(|plan| plan.output_max = 50);
    assert_eq!(world.chat(json!({})).await.status(), 200, "the slot is free");
    drop(client);
    world.settled(2).await;
    world.finish().await;
}

/// What monitoring reads of the calls of one model: its values, and no label that a client could set.
#[tokio::test(flavor = "multi_thread")]
async fn monitoring_counts_calls_tokens_and_failures_of_each_model() {
    let world = World::start(vec![hello()]).await;
    let upstream = governance::id::UpstreamId::from_uuid(uuid::Uuid::now_v7());
    world.meter.change(|plan| plan.target.upstream = upstream);
    for _ in 0..2 {
        assert_eq!(world.chat(json!({"user": "label"})).await.status(), 200);
    }
    world.mock.script(vec![Script::stream(vec![text("a"), Step::HangUp])]);
    assert_eq!(world.chat(json!({})).await.status(), 502);
    world.mock.script(vec![Script::json(404, &json!({}))]);
    assert_eq!(world.chat(json!({})).await.status(), 503);
    assert_eq!(world.chat(json!({"model": "none"})).await.status(), 404);
    world.settled(4).await;
    until("nothing runs", || world.app.app.gateway.load() == (0, 0)).await;
    let metrics = world.client.get(format!("{}/metrics", world.app.url));
    let metrics = metrics.send().await.unwrap().text().await.unwrap();
    let of = format!("model=\"small\",upstream=\"{upstream}\"");
    let labelled = |name: &str, more: &str| format!("rochdale_gateway_{name}{{{more}}} ");
    for (line, value) in [
        (
            labelled(
                "calls_total",
                &format!("end=\"finished\",endpoint=\"chat_completions\",{of}"),
            ),
            "2",
        ),
        (
            labelled(
                "calls_total",
                &format!("end=\"upstream_broken\",endpoint=\"chat_completions\",{of}"),
            ),
            "1",
        ),
        (
            labelled(
                "calls_total",
                &format!("end=\"upstream_unavailable\",endpoint=\"chat_completions\",{of}"),
            ),
            "1",
        ),
        // 7 and 3 of each that was told, and all that may be read and one piece of the one that broke off.
        (labelled("tokens_total", &format!("direction=\"input\",{of}")), "114"),
        (labelled("tokens_total", &format!("direction=\"output\",{of}")), "7"),
        (
            labelled("upstream_failures_total", &format!("{of},why=\"broke_off\"")),
            "1",
        ),
        (
            labelled("upstream_failures_total", &format!("{of},why=\"status\"")),
            "1",
        ),
        (labelled("first_byte_seconds_count", &of), "3"),
        (labelled("refused_total", "code=\"model_not_found\""), "1"),
        (String::from("rochdale_gateway_running "), "0"),
        (String::from("rochdale_gateway_excess_units_total "), "0"),
    ] {
        let said = metrics.lines().find_map(|said| said.strip_prefix(&line));
        assert_eq!(said, Some(value), "{line}");
    }
    assert!(!metrics.contains("label\"") && !metrics.contains("\"none\""));
    world.finish().await;
}
