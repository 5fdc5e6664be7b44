//! Aim: whatever many callers do at once, memory and the queue stay bounded, and no hold is left behind. Method: floods, revocation and
//! departures against an upstream that stalls.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::{Value, json};
use server::gateway::meter::HoldState;
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

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_at_once_are_answered_or_refused_and_leave_nothing_behind() {
    let configure = |config: &mut server::config::GatewayConfig| config.calls_max = 256;
    let world = Arc::new(World::start_with(vec![hello()], configure, |model| model.slots = 64).await);
    let clients = (0..500).map(|_| {
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            let mut answered = 0;
            for _ in 0..20 {
                let answer = world.chat(json!({})).await;
                match answer.status().as_u16() {
                    200 => answered += 1,
                    503 => assert!(answer.headers().contains_key("retry-after-ms")),
                    // A machine that is busy with others takes its time with bodies; clients try again by themselves.
                    408 => {}
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
