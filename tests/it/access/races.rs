//! Aim: whatever clients, servers and sweepers do at once, nothing is spent beyond a cap and no hold is booked twice. Method: forty
//! clients at one account, some of which walk away from what they hold, while leases end, caps are lowered and keys are revoked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::join_all;
use governance::access::KeyParts;
use serde_json::json;
use store::access::meter::{Admitted, SettleAsk, StopWhy, Stopped};
use tests::app::TestApp;

use crate::decisions::world::Hall;

use super::world::{admit, admitted, allowance, ask, carry, finished, invariants, key, policy, settle, shared};

const CLIENTS: u32 = 40;
const ROUNDS: u32 = 12;

/// The next number of a sequence that looks like chance and is the same in every run.
fn next(state: &mut u32) -> u32 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    *state >> 8
}

/// A key for each member, with a cap of its own below what a member may spend.
async fn capped_keys(hall: &Hall) -> Vec<String> {
    let mut keys = Vec::new();
    for who in &hall.members {
        keys.push(key(hall, who, json!({"cap": {"units": 24_000, "period": "day"}})).await);
    }
    keys
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn forty_clients_never_spend_more_than_the_cap_and_every_hold_is_booked_once() {
    let app = Arc::new(TestApp::start().await);
    let everyone = json!({"group": "everyone"});
    let lines = [
        allowance(everyone.clone(), "together", 60_000),
        allowance(everyone.clone(), "each", 25_000),
    ];
    let hall = Arc::new(shared(&app, 3, &lines).await);
    let keys = capped_keys(&hall).await;
    let (done, refused) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let clients = (0..CLIENTS).map(|client| {
        let (app, hall, keys) = (Arc::clone(&app), Arc::clone(&hall), keys.clone());
        let (done, refused) = (Arc::clone(&done), Arc::clone(&refused));
        tokio::spawn(async move {
            let mut state = client;
            for _ in 0..ROUNDS {
                let key = &keys[usize::try_from(next(&mut state)).unwrap() % keys.len()];
                let (bytes, output) = (1 + next(&mut state) % 60, 1 + next(&mut state) % 40);
                let mut asked = ask(&app, key, (bytes, output));
                // A lease of no length has ended as soon as it is had.
                let abandons = next(&mut state).is_multiple_of(5);
                asked.lease_seconds = if abandons { 0 } else { 30 };
                let Admitted::Admitted(open) = admit(&app, &hall, &asked).await else {
                    refused.fetch_add(1, Ordering::Relaxed);
                    let _ = app.app.store.access_sweep(hall.coop, 8).await.unwrap();
                    continue;
                };
                if abandons {
                    continue;
                }
                let used = finished(bytes, u32::try_from(open.output_max).unwrap() / 2);
                let settle = || settle(&app, &hall, asked.hold, used);
                // Twice at once: whoever comes second is told the same.
                let (first, second) = tokio::join!(settle(), settle());
                let first = first.unwrap();
                assert_eq!(Some(first), second);
                done.fetch_add(first.charged, Ordering::Relaxed);
            }
        })
    });
    let watch = async {
        for _ in 0..20 {
            let books = invariants(&app, &hall).await;
            assert_eq!(books["holds_true"], true, "{books}");
        }
    };
    let (ended, ()) = tokio::join!(join_all(clients), watch);
    for client in ended {
        client.unwrap();
    }
    while app.app.store.access_sweep(hall.coop, 64).await.unwrap() > 0 {}
    let books = invariants(&app, &hall).await;
    assert_eq!(
        (&books["holds_true"], &books["held"], &books["holds_open"]),
        (&json!(true), &json!(0), &json!(0)),
        "{books}"
    );
    let client = app.database.superuser().await;
    let row = client
        .query_one("SELECT sum(charged)::bigint, count(*), count(*) FILTER (WHERE ending = 'expired'),
            (SELECT spent FROM access_account WHERE kind = 'coop'), (SELECT max(spent + held - cap) FROM access_account) FROM access_usage", &[])
        .await
        .unwrap();
    let (charged, expired, spent, beyond): (i64, i64, i64, i64) = (row.get(0), row.get(2), row.get(3), row.get(4));
    assert_eq!(charged, spent);
    assert!(
        expired > 0 && beyond <= 0 && spent <= 60_000,
        "{expired} {beyond} {spent}"
    );
    assert!(u64::try_from(charged).unwrap() >= done.load(Ordering::Relaxed));
    assert!(refused.load(Ordering::Relaxed) > 0, "the cap was never reached");
    Arc::into_inner(app).expect("no client is left").finish().await;
}

/// A lowered limit stops new work at once, whatever is held; what is held is settled, and a raised one lets work go on.
#[tokio::test(flavor = "multi_thread")]
async fn a_lowered_limit_holds_on_the_next_call_and_never_breaks_what_runs() {
    let app = TestApp::start().await;
    let line = |units| [allowance(json!({"group": "everyone"}), "together", units)];
    let hall = shared(&app, 1, &line(10_000)).await;
    let key = key(&hall, &hall.members[0], json!({})).await;
    let first = ask(&app, &key, (100, 200));
    assert_eq!(super::world::admitted(&app, &hall, &first).await.units, 3_300);
    let lowered = carry(&app, &hall, &[policy(1, &line(1_000))]).await;
    let Admitted::AllowanceUsedUp(limit) = admit(&app, &hall, &ask(&app, &key, (1, 1))).await else {
        panic!("it is admitted beyond the limit");
    };
    assert_eq!((limit.cap, limit.held, limit.limit.as_str()), (1_000, 3_300, "coop"));
    assert_eq!(limit.proposal, Some(lowered.uuid()));
    let settled = settle(&app, &hall, first.hold, finished(100, 10)).await.unwrap();
    assert_eq!((settled.charged, settled.excess), (450, 0));
    assert_eq!(
        super::world::admitted(&app, &hall, &ask(&app, &key, (100, 200)))
            .await
            .units,
        300 + 15 * 16
    );
    let _ = carry(&app, &hall, &[policy(2, &line(10_000))]).await;
    assert_eq!(
        super::world::admitted(&app, &hall, &ask(&app, &key, (100, 200)))
            .await
            .units,
        3_300
    );
    assert_eq!(invariants(&app, &hall).await["holds_true"], true);
    app.finish().await;
}

/// While a flood of calls comes in, a key is revoked: no call that begins after the answer is admitted, and none commits after it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_revoked_key_is_refused_on_the_next_call_in_the_midst_of_a_flood() {
    let app = Arc::new(TestApp::start().await);
    let hall = Arc::new(
        shared(
            &app,
            1,
            &[allowance(json!({"group": "everyone"}), "each", 1_000_000_000)],
        )
        .await,
    );
    let key = key(&hall, &hall.members[0], json!({})).await;
    let id = ask(&app, &key, (1, 1)).key;
    let flood = (0..16).map(|_| {
        let (app, hall, key) = (Arc::clone(&app), Arc::clone(&hall), key.clone());
        tokio::spawn(async move {
            let mut admitted = 0;
            loop {
                let asked = ask(&app, &key, (1, 1));
                match admit(&app, &hall, &asked).await {
                    Admitted::Admitted(_) => admitted += 1,
                    Admitted::BadKey => return admitted,
                    other => panic!("{other:?}"),
                }
                let _ = settle(&app, &hall, asked.hold, finished(1, 1)).await;
            }
        })
    });
    let flood: Vec<_> = flood.collect();
    let running = ask(&app, &key, (1, 1));
    assert!(matches!(admit(&app, &hall, &running).await, Admitted::Admitted(_)));
    let path = hall.path(&format!("access/members/{}/keys/{id}", hall.members[0].member));
    let _ = hall.members[0].person.delete(&path).send().await.expect(204);
    assert_eq!(admit(&app, &hall, &ask(&app, &key, (1, 1))).await, Admitted::BadKey);
    let renewed = app
        .app
        .store
        .access_renew(hall.coop, &[running.hold.uuid()], 30)
        .await
        .unwrap();
    let stopped = Stopped {
        hold: running.hold.uuid(),
        why: StopWhy::Revoked,
    };
    assert_eq!(renewed, [stopped], "a running call of a revoked key must stop");
    let counts = join_all(flood).await;
    assert!(counts.into_iter().map(Result::unwrap).sum::<u32>() > 0);
    let gone = SettleAsk {
        ending: "client_gone",
        ..finished(1, 0)
    };
    let _ = settle(&app, &hall, running.hold, gone).await.unwrap();
    let Some(app) = Arc::into_inner(app) else {
        panic!("a client is left")
    };
    app.finish().await;
}

/// Waits until so many connections wait for a lock.
async fn waiting(app: &TestApp, count: i64) {
    let client = app.database.superuser().await;
    let query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    for _ in 0..500 {
        if client.query_one(query, &[]).await.unwrap().get::<_, i64>(0) == count {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("never do {count} wait");
}

/// Method: the admission is held up at the account, after it has read the key. Were the key not locked, it would be revoked meanwhile and the
/// call admitted after.
#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_waits_for_a_call_that_is_just_being_admitted() {
    let app = TestApp::start().await;
    let hall = shared(&app, 1, &[allowance(json!({"group": "everyone"}), "each", 10_000)]).await;
    let who = &hall.members[0];
    let text = key(&hall, who, json!({})).await;
    let _ = admitted(&app, &hall, &ask(&app, &text, (10, 1))).await;
    let id = KeyParts::read(&text).unwrap().id;
    let path = hall.path(&format!("access/members/{}/keys/{id}", who.member));
    let mut client = app.database.superuser().await;
    let held = client.transaction().await.unwrap();
    held.batch_execute("SELECT FROM access_account FOR UPDATE")
        .await
        .unwrap();
    let last = ask(&app, &text, (10, 1));
    let admitting = admit(&app, &hall, &last);
    let revoking = async {
        waiting(&app, 1).await;
        who.person.delete(&path).send().await.expect(204)
    };
    let letting_go = async {
        waiting(&app, 2).await;
        held.rollback().await.unwrap();
    };
    let (answer, _, ()) = tokio::join!(admitting, revoking, letting_go);
    assert!(matches!(answer, Admitted::Admitted(_)), "{answer:?}");
    assert_eq!(admit(&app, &hall, &ask(&app, &text, (10, 1))).await, Admitted::BadKey);
    app.finish().await;
}
