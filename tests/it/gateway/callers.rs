//! Aim: whatever many callers do at once, memory and the queue stay bounded, and no hold is left behind. Method: floods, revocation and
//! departures against an upstream that stalls.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use server::gateway::meter::HoldState;
use server::http::times::Times;
use tests::upstream::{Script, Step, hello, text, until};

use super::{World, events, question};

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

#[tokio::test(flavor = "multi_thread")]
async fn thousands_at_once_are_answered_or_refused_and_leave_nothing_behind() {
    // Ten thousand questions in a usual run, a hundred thousand with all.
    let rounds = if std::env::var_os("ROCHDALE_FULL").is_some() {
        200
    } else {
        20
    };
    let configure = |config: &mut server::config::GatewayConfig| config.calls_max = 256;
    let times = patient();
    let world = World::start_within(vec![hello()], times, configure, |model| model.slots = 64).await;
    let world = Arc::new(world);
    let clients = (0..500).map(|_| {
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            let mut answered = 0;
            for _ in 0..rounds {
                let answer = world.chat(json!({})).await;
                match answer.status().as_u16() {
                    200 => answered += 1,
                    503 => assert!(answer.headers().contains_key("retry-after-ms")),
                    status => panic!("{status}"),
                }
                let _ = answer.bytes().await;
            }
            answered
        })
    });
    let answered: usize = join_all(clients).await.into_iter().map(Result::unwrap).sum();
    assert!(answered > 0);
    until("all are settled", || world.meter.open() == 0).await;
    let finished = world
        .meter
        .settled()
        .iter()
        .filter(|settled| settled.charged == 10)
        .count();
    assert_eq!(finished, answered, "who was answered paid, and nobody else");
    Arc::into_inner(world).unwrap().finish().await;
}
