//! A worker of its own beside a server that works too: both take turns, monitoring sees the worker, and when the server dies the
//! worker alone closes, counts and anchors.

use std::net::TcpListener;
use std::time::Duration;

use devstack::postgres::Durability;
use tests::checker::journal::Journal;
use tests::person::Anonymous;
use tests::stack::Stack;

use crate::crash::program::stack;
use crate::crash::story::{Story, check};

const PAUSE: Duration = Duration::from_millis(50);

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_of_its_own_is_seen_by_monitoring_and_ends_what_a_dead_server_began() {
    let Some(mut stack) = stack("two workers", Durability::Volatile, &[]).await else {
        return;
    };
    let address = {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        free.local_addr().expect("its address").to_string()
    };
    let worker = stack.start_worker(&address).expect("a worker");
    let monitoring = Anonymous::new(&format!("http://{address}"));
    let mut alive = None;
    for _ in 0..600 {
        alive = monitoring.get("/healthz").try_send().await.ok();
        if alive.is_some() {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    assert_eq!(alive.expect("the worker answers within half a minute").status, 200);
    let metrics = monitoring.get("/metrics").send().await;
    assert_eq!(metrics.status, 200);
    let closed = monitoring.get("/api/v1/coops").send().await;
    assert_eq!(closed.status, 404, "a worker serves nothing but monitoring");

    let journal = Journal::default();
    let story = Story::begin(&stack, &journal).await;
    story.vote().await;
    story.close().await;
    stack.kill_program().expect("the server dies");
    // What the server had taken is free again once its leases are over; the worker needs nobody to tell it.
    wait_for_tally(&stack).await;
    story.wait_for_records(&stack).await;
    stack.start_program().await.expect("the server comes back");
    story.wait_for_result().await;
    story.wait_for_anchor(&stack).await;
    check(&stack, &journal, None).await;
    worker.stop().expect("a worker that is told to stop ends");
}

/// While no server answers, the database tells.
async fn wait_for_tally(stack: &Stack) {
    for _ in 0..1_200 {
        let row = stack.database.query_one("SELECT count(*) FROM tally", &[]).await;
        if row.expect("the database answers").get::<_, i64>(0) == 1 {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("the worker publishes no result");
}
