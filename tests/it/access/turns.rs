//! The queue that all servers share: its twin in `governance` decides the same, members get the shares that were voted whichever server
//! they ask, and a dead server's slots are free again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use governance::access::FairQueue;
use governance::id::{CoopId, UpstreamId};
use serde_json::{Value, json};
use store::access::turns::{TurnEnter, TurnLeave, TurnsAsk, TurnsTold};
use tests::app::TestApp;
use tests::upstream::{Script, Step, done, hello, stop, text, until, usage};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::calls::Shop;
use super::world::{allowance, carry, key, model, policy, shared, tool_at};
use crate::crash::seeds::Numbers;

const SLOTS: u32 = 2;
const DEPTH_MAX: usize = 6;

async fn tool_of(app: &TestApp) -> UpstreamId {
    let client = app.database.superuser().await;
    let row = client.query_one("SELECT id FROM access_upstream", &[]).await.unwrap();
    UpstreamId::from_uuid(row.get(0))
}

async fn round(app: &TestApp, coop: CoopId, tool: UpstreamId, mut ask: TurnsAsk) -> TurnsTold {
    ask.slots = i32::try_from(SLOTS).unwrap();
    ask.depth_max = i32::try_from(DEPTH_MAX).unwrap();
    app.app.store.access_turns(coop, tool, &ask).await.unwrap()
}

fn places(told: &TurnsTold) -> BTreeMap<Uuid, u64> {
    told.present.iter().map(|each| (each.ticket, each.place)).collect()
}

/// Lets all calls leave, so that the next seed begins at an empty queue, as its twin does.
async fn empty(app: &TestApp, coop: CoopId, tool: UpstreamId, tickets: &[Uuid]) {
    let leave = tickets.iter().map(|ticket| TurnLeave {
        ticket: *ticket,
        tokens: 0,
    });
    let ask = TurnsAsk {
        leave: leave.collect(),
        ..TurnsAsk::default()
    };
    let _ = round(app, coop, tool, ask).await;
    let client = app.database.superuser().await;
    let anew = "DELETE FROM access_flow; UPDATE access_lane SET floor = 0";
    client.batch_execute(anew).await.unwrap();
}

/// Calls that come, end and leave at random: after each, the same ones run, wait in the same order and are refused.
#[tokio::test(flavor = "multi_thread")]
async fn the_shared_queue_decides_as_its_twin_does() {
    let app = TestApp::start().await;
    let hall = shared(&app, 3, &[allowance(json!({"group": "everyone"}), "each", 1)]).await;
    let tool = tool_of(&app).await;
    for seed in 0..4 {
        let mut numbers = Numbers(seed);
        let mut twin: FairQueue<usize, Uuid> = FairQueue::new(SLOTS, DEPTH_MAX);
        let (mut waiting, mut running) = (BTreeMap::<Uuid, usize>::new(), BTreeSet::<Uuid>::new());
        let mut tokens = BTreeMap::<Uuid, u64>::new();
        for step in 0..60 {
            let mut ask = TurnsAsk {
                lease_seconds: 30,
                ..TurnsAsk::default()
            };
            let mut refused = Vec::new();
            let pick = usize::try_from(numbers.next() % 1_000).unwrap();
            match numbers.next() % 5 {
                0..=2 => {
                    let (flow, ticket) = (pick % 3, Uuid::now_v7());
                    let (member, weight) = (hall.members[flow].member.uuid(), [1, 3, 20][flow]);
                    tokens.insert(ticket, 1 + numbers.next() % 1_000);
                    ask.enter.push(TurnEnter {
                        ticket,
                        member,
                        weight,
                        tokens: tokens[&ticket],
                    });
                    match twin.arrive(flow, weight, ticket, tokens[&ticket]) {
                        Ok(()) => drop(waiting.insert(ticket, flow)),
                        Err(_) => refused.push(ticket),
                    }
                }
                3 if !running.is_empty() => {
                    let ticket = *running.iter().nth(pick % running.len()).unwrap();
                    let took = numbers.next() % (tokens[&ticket] + 1);
                    ask.leave.push(TurnLeave { ticket, tokens: took });
                    twin.settle(ticket, took);
                    running.remove(&ticket);
                }
                _ if !waiting.is_empty() => {
                    let (ticket, flow) = waiting.iter().nth(pick % waiting.len()).map(|(t, f)| (*t, *f)).unwrap();
                    ask.leave.push(TurnLeave { ticket, tokens: 0 });
                    assert!(twin.leave(flow, ticket));
                    waiting.remove(&ticket);
                }
                _ => {}
            }
            ask.ours = waiting.keys().chain(&running).copied().collect();
            while let Some(ticket) = twin.dispatch() {
                waiting.remove(&ticket);
                running.insert(ticket);
            }
            let told = round(&app, hall.coop, tool, ask).await;
            let mut expected: BTreeMap<Uuid, u64> = running.iter().map(|ticket| (*ticket, 0)).collect();
            for ticket in waiting.keys() {
                let place = u64::try_from(twin.position(*ticket).unwrap()).unwrap() + 1;
                expected.insert(*ticket, place);
            }
            assert_eq!(
                (places(&told), told.refused),
                (expected, refused),
                "seed {seed}, step {step}"
            );
        }
        let tickets: Vec<Uuid> = waiting.keys().chain(&running).copied().collect();
        empty(&app, hall.coop, tool, &tickets).await;
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_died_gives_its_slots_and_places_up_when_its_lease_ends() {
    let app = TestApp::start().await;
    let hall = shared(&app, 1, &[allowance(json!({"group": "everyone"}), "each", 1)]).await;
    let tool = tool_of(&app).await;
    let call = || TurnEnter {
        ticket: Uuid::now_v7(),
        member: hall.members[0].member.uuid(),
        weight: 1,
        tokens: 10,
    };
    let enters = |count: usize, lease_seconds| TurnsAsk {
        enter: (0..count).map(|_| call()).collect(),
        lease_seconds,
        ..TurnsAsk::default()
    };
    let dead = round(&app, hall.coop, tool, enters(3, 0)).await;
    let stood: Vec<u64> = places(&dead).into_values().collect();
    assert_eq!(stood, [0, 0, 1]);
    let living = round(&app, hall.coop, tool, enters(3, 30)).await;
    let stand: Vec<u64> = places(&living).into_values().collect();
    assert_eq!(stand, [0, 0, 1], "the slots of the dead are free");
    let ours: Vec<Uuid> = living.present.iter().map(|each| each.ticket).collect();
    let again = TurnsAsk {
        ours: ours
            .iter()
            .chain(dead.present.iter().map(|each| &each.ticket))
            .copied()
            .collect(),
        lease_seconds: 30,
        ..TurnsAsk::default()
    };
    let seen: BTreeSet<Uuid> = places(&round(&app, hall.coop, tool, again).await).into_keys().collect();
    assert_eq!(
        seen,
        ours.into_iter().collect(),
        "who was dead for so long has no place any more"
    );
    app.finish().await;
}

/// Asks again and again until told to stop.
async fn asks(shop: Arc<Shop>, url: String, key: String, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        let answer = shop.chat_at(&url, &key, json!({})).await;
        assert_eq!(answer.status(), 200);
        let _ = answer.bytes().await.unwrap();
    }
}

/// Lets the model end what it works on, until no caller is left.
async fn end_all(shop: &Shop, callers: Vec<JoinHandle<()>>) {
    shop.mock.script(vec![hello()]);
    let ended = join_all(callers);
    tokio::pin!(ended);
    loop {
        shop.mock.gate.notify_one();
        tokio::select! {
            all = &mut ended => return all.into_iter().for_each(Result::unwrap),
            () = tokio::time::sleep(Duration::from_millis(5)) => {}
        }
    }
}

/// One member of weight 1 has ten times as many calls under way as one of weight 3, spread over two servers. Both are always waiting. The
/// model works on two calls at once and ends one at a time.
#[tokio::test(flavor = "multi_thread")]
async fn two_servers_serve_members_by_their_voted_weights_whatever_the_load() {
    serve_by_weights(model("small")).await;
}

/// What costs nothing keeps the tool as busy.
#[tokio::test(flavor = "multi_thread")]
async fn weights_hold_for_a_model_that_costs_nothing() {
    let mut free = model("small");
    free["terms"]["price"] = json!({"input": 0, "output": 0, "call": 0});
    serve_by_weights(free).await;
}

async fn serve_by_weights(model: Value) {
    const SERVED: usize = 80;
    let told = json!({"prompt_tokens": 7, "completion_tokens": 3});
    let gated = Script::stream(vec![Step::Gate, text("a"), stop(), usage(told), done()]);
    let shop = Arc::new(Shop::open(vec![gated], 2).await);
    let mut weighed = policy(0, &[allowance(json!({"group": "everyone"}), "each", 1_000_000)]);
    let heavy = json!({"group": "member", "member": shop.hall.members[1].member});
    weighed["policy"]["weights"] = json!([{"for": heavy, "weight": 3}]);
    let _ = carry(&shop.app, &shop.hall, &[tool_at(&shop.mock.origin), model, weighed]).await;
    let keys = [
        key(&shop.hall, &shop.hall.members[0], json!({})).await,
        key(&shop.hall, &shop.hall.members[1], json!({})).await,
    ];
    let replica = shop.app.replica();
    let over = Arc::new(AtomicBool::new(false));
    let mut callers = Vec::new();
    for url in [&shop.app.url, &replica.url] {
        for (key, load) in keys.iter().zip([20, 2]) {
            for _ in 0..load {
                callers.push(tokio::spawn(asks(
                    Arc::clone(&shop),
                    url.clone(),
                    key.clone(),
                    Arc::clone(&over),
                )));
            }
        }
    }
    let load = || {
        let (here, there) = (shop.app.app.gateway.load(), replica.app.gateway.load());
        (here.0 + there.0, here.1 + there.1)
    };
    for served in 0..SERVED {
        until("all wait but two", || {
            load() == (44, 42) && shop.mock.got().len() == served + 2
        })
        .await;
        shop.mock.gate.notify_one();
    }
    until("the last ones ended", || {
        load() == (44, 42) && shop.mock.got().len() == SERVED + 2
    })
    .await;
    // Who asked first is the light one: so many of its calls came before.
    let mut shares = BTreeMap::<String, i64>::new();
    for got in shop.mock.got().iter().take(SERVED) {
        *shares.entry(got.body["user"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    let mut counts: Vec<i64> = shares.into_values().collect();
    counts.sort_unstable();
    // Each call takes 10 tokens of at most 15 + 5. The bound is (D + 1)(L / w + L / w), here times 3.
    let (light, heavy) = (counts[0] * 10, counts[1] * 10);
    assert!((light * 3 - heavy).abs() <= 3 * (3 * 20 + 20), "{counts:?}");
    over.store(true, Ordering::Relaxed);
    end_all(&shop, callers).await;
    until("the replica ended its calls", || replica.app.gateway.load() == (0, 0)).await;
    replica.stop().await;
    let Some(shop) = Arc::into_inner(shop) else {
        panic!("a caller is left")
    };
    shop.close().await;
}
