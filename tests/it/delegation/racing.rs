//! Aim: delegations given and taken back while a proposal closes count exactly as the log has them before or after the close: what was
//! acknowledged before anybody asked to close counts, what was asked for after the close was answered does not.
//! Method: many members give and take back without pause while the steward closes; then one delegation and one close are held at the
//! same lock, in both orders. The checker and the auditor look at what is left.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use governance::id::ProposalId;
use serde_json::{Value, json};
use tests::app::TestApp;
use tokio_postgres::Client;

use super::{coop, give, trust};
use crate::decisions::world::{Hall, Insider};

/// Who votes yes: more than half of the roll, so that the result is settled and voting may end.
const VOTERS: usize = 7;
/// Who gives and takes back.
const TRUSTERS: usize = 6;
/// How often each does at least before the close is asked for.
const TURNS_MIN: usize = 2;

/// One turn of a truster.
#[derive(Debug, Clone, Copy)]
struct Turn {
    began: Instant,
    ended: Instant,
    /// Whether somebody is trusted after it.
    trusts: bool,
}

/// Gives a delegation and takes it back, again and again, and once more after it is told to stop.
async fn waver(
    hall: &Hall,
    truster: &Insider,
    trustee: &Insider,
    (stop, turns): (&AtomicBool, &AtomicUsize),
) -> Vec<Turn> {
    let mut done = Vec::new();
    for revision in 1.. {
        let (is_last, began) = (stop.load(Ordering::Relaxed), Instant::now());
        let trusts = revision % 2 == 1;
        if trusts {
            let _ = give(hall, truster, &trust(&coop(), Some(trustee.member), revision))
                .await
                .expect(201);
        } else {
            let gone = truster.person.delete(&hall.path("delegations/coop")).send().await;
            assert_eq!(gone.status, 204);
        }
        done.push(Turn {
            began,
            ended: Instant::now(),
            trusts,
        });
        turns.fetch_add(1, Ordering::Relaxed);
        if is_last {
            break;
        }
    }
    done
}

/// A motion whose result is settled by direct votes alone.
async fn settled(hall: &Hall) -> ProposalId {
    let body = json!({"kind": "settled", "title": "Shall we buy a loom?", "body": "It weaves."});
    let proposal = hall.opened(&body).await;
    let yes = vec![&[0_u16][..]; VOTERS];
    hall.all_cast(proposal, &yes).await;
    proposal
}

/// Whether the weight of each of these was carried in the count.
async fn carried(client: &Client, proposal: ProposalId, trusters: &[Insider]) -> Vec<bool> {
    let query = "SELECT delegate_id IS NOT NULL FROM delegated WHERE proposal_id = $1 AND truster_id = $2";
    let mut carried = Vec::new();
    for truster in trusters {
        let row = client
            .query_opt(query, &[&proposal.uuid(), &truster.member.uuid()])
            .await
            .unwrap();
        carried.push(row.is_some_and(|row| row.get(0)));
    }
    carried
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_gives_or_takes_back_while_voting_closes_is_counted_as_acknowledged() {
    let app = TestApp::start().await;
    let hall = Arc::new(Hall::with_members(&app, VOTERS - 1 + TRUSTERS).await);
    let trusters = hall.members[VOTERS - 1..].to_vec();
    let proposal = settled(&hall).await;
    let (stop, turns) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let wavering: Vec<_> = trusters
        .iter()
        .map(|truster| {
            let (hall, truster) = (Arc::clone(&hall), truster.clone());
            let (stop, turns) = (Arc::clone(&stop), Arc::clone(&turns));
            tokio::spawn(async move { waver(&hall, &truster, &hall.members[0], (&stop, &turns)).await })
        })
        .collect();
    while turns.load(Ordering::Relaxed) < TURNS_MIN * TRUSTERS {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let asked = Instant::now();
    let _ = hall.step(&hall.steward, proposal, "closing").await.expect(200);
    let answered = Instant::now();
    stop.store(true, Ordering::Relaxed);
    let mut all = Vec::new();
    for one in wavering {
        all.push(one.await.unwrap());
    }
    app.work().await;
    let tally = hall.tally(proposal).await.expect(200);
    let client = app.database.superuser().await;
    let carried = carried(&client, proposal, &trusters).await;
    let sum = carried.iter().filter(|carried| **carried).count();
    assert_eq!(
        tally["weights"],
        json!({"direct": VOTERS, "delegated": sum, "by_proxy": 0, "uncast": TRUSTERS - sum})
    );
    for (carried, turns) in carried.into_iter().zip(all) {
        let before = turns.iter().rev().find(|turn| turn.ended <= asked);
        let during = turns.iter().filter(|turn| turn.began < answered && turn.ended > asked);
        let mut possible = vec![before.is_some_and(|turn| turn.trusts)];
        possible.extend(during.map(|turn| turn.trusts));
        assert!(
            possible.contains(&carried),
            "{carried} of {turns:#?}, closed from {asked:?} to {answered:?}"
        );
    }
    drop(client);
    app.finish().await;
}

/// Waits until so many wait for a row of this database.
async fn wait_until_blocked(client: &Client, count: i64) {
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    for _ in 0..500 {
        if client.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) >= count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody waited");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_delegation_in_flight_counts_where_the_log_has_it_before_the_close() {
    let app = TestApp::start().await;
    let hall = Arc::new(Hall::with_members(&app, VOTERS + 1).await);
    let (trustee, truster) = (hall.members[0].clone(), hall.members[VOTERS - 1].clone());
    let (client, mut holder) = (app.database.superuser().await, app.database.superuser().await);
    for (round, is_given_first) in [(1, true), (2, false)] {
        let proposal = settled(&hall).await;
        // Both need the head of the co-op's records, which is held until both wait for it.
        let held = holder.transaction().await.unwrap();
        let head = "SELECT size FROM record_head WHERE coop_id = $1 FOR UPDATE";
        held.query_one(head, &[&hall.coop.uuid()]).await.unwrap();
        let giving = {
            let (hall, body) = (
                Arc::clone(&hall),
                trust(&super::this(proposal), Some(trustee.member), 1),
            );
            let truster = truster.clone();
            async move { give(&hall, &truster, &body).await.expect(201) }
        };
        let closing = {
            let hall = Arc::clone(&hall);
            async move { hall.step(&hall.steward, proposal, "closing").await.expect(200) }
        };
        let (first, second): (tokio::task::JoinHandle<Value>, tokio::task::JoinHandle<Value>);
        if is_given_first {
            first = tokio::spawn(giving);
            wait_until_blocked(&client, 1).await;
            second = tokio::spawn(closing);
        } else {
            first = tokio::spawn(closing);
            wait_until_blocked(&client, 1).await;
            second = tokio::spawn(giving);
        }
        wait_until_blocked(&client, 2).await;
        held.commit().await.unwrap();
        let _ = (first.await.unwrap(), second.await.unwrap());
        app.work().await;
        let tally = hall.tally(proposal).await.expect(200);
        let delegated = u64::from(is_given_first);
        assert_eq!(
            tally["weights"]["delegated"],
            json!(delegated),
            "round {round}: {tally}"
        );
        let carried = carried(&client, proposal, std::slice::from_ref(&truster)).await;
        assert_eq!(carried, [is_given_first], "round {round}");
    }
    drop((client, holder));
    app.finish().await;
}
