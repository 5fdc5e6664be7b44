//! The node is away (F16): members vote, votes close and results are published; the anchors follow once it is back, without a gap.

use devstack::postgres::Durability;
use tests::checker::journal::Journal;
use tests::stack::Stack;

use super::proxy::Proxy;
use crate::crash::program::stack;
use crate::crash::story::{Story, check};

/// Anchors that are not final, and records that none covers.
async fn unanchored(stack: &Stack) -> (i64, i64) {
    let query = "SELECT (SELECT count(*) FROM anchor_batch WHERE state <> 'final'),
        (SELECT coalesce(sum(size), 0)::bigint FROM record_head) - (SELECT coalesce(sum(size), 0)::bigint FROM (
            SELECT max(size) AS size FROM anchor_batch WHERE state = 'final' GROUP BY coop_id) AS final)";
    let row = stack
        .database
        .query_one(query, &[])
        .await
        .expect("the database answers");
    (row.get(0), row.get(1))
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_node_is_away_votes_go_on_and_afterwards_the_anchors_have_no_gap() {
    let mut proxy = Proxy::start().await;
    let url = format!("http://{}", proxy.address);
    let Some(stack) = stack("F16", Durability::Volatile, &[("ROCHDALE_CHAIN__RPC_URL", &url)]).await else {
        return;
    };
    let node = stack.chain_url();
    proxy.lead_to(node.trim_start_matches("http://").parse().expect("an address"));
    let journal = Journal::default();
    let before = Story::begin(&stack, &journal).await;
    before.wait_for_records(&stack).await;
    proxy.cut();
    let (_, records) = unanchored(&stack).await;
    assert_eq!(records, 0);
    for story in [&before, &Story::begin(&stack, &journal).await] {
        story.vote().await;
        story.close().await;
        story.wait_for_result().await;
    }
    let (_, records) = unanchored(&stack).await;
    // Two tallies, and all of the co-op that was founded meanwhile.
    assert!(records > 2, "{records} records wait");
    let ready = before.anyone().get("/readyz").send().await;
    assert_eq!(
        ready.status, 200,
        "a node that is away is no reason to turn members away"
    );
    proxy.mend().await;
    before.wait_for_anchor(&stack).await;
    assert_eq!(unanchored(&stack).await, (0, 0));
    check(&stack, &journal, None).await;
}
