//! Aim: whatever many callers do at once, memory and the queue stay bounded, and no hold is left behind. Method: floods, revocation and
//! departures against an upstream that stalls.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use server::gateway::meter::HoldState;
use server::http::times::Times;
use tests::meter::KEY;
use tests::upstream::{Script, Step, hello, text, until};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;
use tokio::sync::Barrier;

use super::{World, events, question};
use crate::identity::flood::{Peak, resident_kib};

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_revoked_ends_the_answer_that_runs() {
    let stalls = Script::stream(vec![text("a"), Step::Stall]);
    let world = World::start_with(vec![stalls], |config| config.renew_ms = 20, |_| {}).await;
    let mut answer = world.chat(json!({"stream": true})).await;
    let first = answer.chunk().await.unwrap().unwrap();
    world.meter.change(|plan| plan.is_revoked = true);
    let rest = answer.text().await.unwrap();
    let told = events(&format!("{}{rest}", String::from_utf8_lossy(&first)));
    let last: Value = serde_json::from_str(told.last().unwrap()).unwrap();
    assert_eq!(last["error"]["code"], "key_revoked", "{told:?}");
    assert_eq!(world.settled(1).await[0].outcome.state, HoldState::ClientGone);
    until("the upstream is free", || world.mock.hung_up() == 1).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_when_the_queue_is_full_is_told_to_come_again() {
    let slow = Script::stream(vec![Step::Stall]);
    let world = World::start_with(vec![slow], |config| config.queue_depth_max = 1, |model| model.slots = 1).await;
    let body = question(json!({}));
    let asking = || tokio::spawn(world.post("/chat/completions").json(&body).send());
    let first = asking();
    until("the first runs", || world.mock.got().len() == 1).await;
    let second = asking();
    until("the second waits", || world.app.app.gateway.load().1 == 1).await;
    let answer = world.chat(json!({})).await;
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after-ms"));
    let told: Value = answer.json().await.unwrap();
    assert_eq!(told["error"]["code"], "queue_full");
    for asking in [first, second] {
        asking.abort();
    }
    world.finish().await;
}

/// Clients and server share one machine here. Where it is busy, a client that has connected is given its turn to send the head of its
/// request only after more than the five seconds that a server waits for one, and would be told so: 408 with nothing in it, from
/// below the gateway. So this server waits as long as it takes, and every other answer than those two is a fault.
fn patient() -> Times {
    let long = Duration::from_secs(600);
    Times {
        head: long,
        body: long,
        ..Times::default()
    }
}

/// How many connections there are at once: what one worker takes, and within the files that a process may have open for both ends.
const AT_ONCE: usize = 4_000;
/// How many requests there are in all when everything is tried.
const REQUESTS_FULL: usize = 100_000;
/// What the process may grow by for each connection, in KiB, its client's end included; bodies and calls have bounds of their own.
const KIB_EACH: u64 = 48;
const GROWTH_KIB_MAX: u64 = 64 * 1_024 + AT_ONCE as u64 * KIB_EACH;

/// The status of an answer, and the code of an error in it.
type Told = (u16, Option<String>);

/// Connects so many clients, lets all ask at one moment, and gives what each was told. Each round has an address of its own, since there
/// are fewer ports than requests.
async fn flood(url: &str, round: u8) -> Vec<Told> {
    let address: SocketAddr = url.strip_prefix("http://").unwrap().parse().unwrap();
    let body = question(json!({})).to_string();
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {KEY}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let (request, barrier) = (Arc::new(request), Arc::new(Barrier::new(AT_ONCE)));
    let clients = (0..AT_ONCE).map(|_| {
        let (request, barrier) = (Arc::clone(&request), Arc::clone(&barrier));
        tokio::spawn(async move {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind(SocketAddr::from(([127, 0, 1, round], 0))).unwrap();
            let mut stream = socket.connect(address).await.unwrap();
            barrier.wait().await;
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            told(&answer)
        })
    });
    join_all(clients).await.into_iter().map(Result::unwrap).collect()
}

fn told(answer: &str) -> Told {
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    assert_eq!(head.contains("retry-after-ms: "), status == 503, "{head}");
    let code = body
        .split_once("\"code\":\"")
        .and_then(|(_, rest)| rest.split('"').next());
    (status, code.map(str::to_owned))
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_at_once_are_answered_or_refused_and_leave_nothing_behind() {
    let is_full = std::env::var_os("ROCHDALE_FULL").is_some();
    let rounds = if is_full { REQUESTS_FULL.div_ceil(AT_ONCE) } else { 1 };
    let configure = |config: &mut server::config::GatewayConfig| config.calls_max = 256;
    let world = World::start_within(vec![hello()], patient(), configure, |model| model.slots = 64).await;
    let before = resident_kib();
    let watch = Peak::start();
    let (mut answered, mut refused) = (0, 0);
    for round in 0..rounds {
        for told in flood(&world.app.url, round.try_into().unwrap()).await {
            match told {
                (200, None) => answered += 1,
                (503, Some(code)) if code == "queue_full" => refused += 1,
                told => panic!("{told:?}"),
            }
        }
    }
    let grown = watch.end().saturating_sub(before);
    eprintln!(
        "{answered} answered, {refused} refused, {AT_ONCE} at once, {} MiB more",
        grown / 1_024
    );
    assert!(answered > 0 && refused > 0 && answered + refused == rounds * AT_ONCE);
    assert!(grown < GROWTH_KIB_MAX, "{grown} KiB");
    until("all are settled", || world.meter.open() == 0).await;
    let settled = world.meter.settled();
    let finished = settled.iter().filter(|settled| settled.charged == 10).count();
    assert_eq!(finished, answered, "who was answered paid, and nobody else");
    world.finish().await;
}
