//! Aim: one account anchors many co-ops, and none of them keeps the others off the chain for longer than a block.
//! Method: the worker's rounds and the blocks are taken one by one, and the rows are read after each.

use std::collections::BTreeSet;

use chain::Reorganisation;

use super::world::{Harbour, lines};

/// In so many rounds, each with a block, everything must come to rest.
const ROUNDS_MAX: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn a_mined_anchor_that_waits_to_be_final_gives_the_turn_to_the_next_co_op() {
    let harbour = Harbour::with_coops(3).await;
    harbour.seal().await;
    for _ in &harbour.coops {
        harbour.round().await;
        harbour.chain().mine();
    }
    harbour.round().await;
    let berths = harbour.berths().await;
    for coop in &harbour.coops {
        // Three blocks later nothing can be final yet, and each has its namespace on the chain.
        assert!(
            ["mined", "safe"].contains(&berths[&(*coop, 0)].state.as_str()),
            "{berths:?}"
        );
    }
    harbour.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_number_is_on_its_way_at_a_time() {
    let harbour = Harbour::with_coops(3).await;
    harbour.seal().await;
    for _ in 0..ROUNDS_MAX {
        let left = harbour.round().await;
        let berths = harbour.berths().await;
        let flying = berths
            .values()
            .filter(|berth| berth.nonce.is_some() && !["mined", "safe", "final"].contains(&berth.state.as_str()));
        assert!(flying.count() <= 1, "{berths:?}");
        if left == 0 {
            break;
        }
        harbour.chain().mine();
    }
    assert!(harbour.berths().await.values().all(|berth| berth.state == "final"));
    harbour.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_reorganisation_the_batches_that_lost_their_blocks_go_first_and_keep_their_numbers() {
    let harbour = Harbour::with_coops(3).await;
    harbour.seal().await;
    for _ in &harbour.coops {
        harbour.round().await;
        harbour.chain().mine();
    }
    harbour.chain().forget_pool();
    let before = harbour.berths().await;
    assert_eq!(harbour.chain().reorganise(3), Reorganisation::Done);
    let numbers = |berths: &std::collections::BTreeMap<_, super::world::Berth>| {
        berths.values().filter_map(|berth| berth.nonce).collect::<Vec<i64>>()
    };
    for _ in 0..3 {
        harbour.round().await;
        let berths = harbour.berths().await;
        let distinct: BTreeSet<i64> = numbers(&berths).into_iter().collect();
        assert_eq!(
            distinct.len(),
            numbers(&berths).len(),
            "a number was given out twice: {berths:?}"
        );
        for (key, berth) in before.iter().filter(|(_, berth)| berth.nonce.is_some()) {
            assert_eq!(berths[key].nonce, berth.nonce, "{key:?}");
        }
        harbour.chain().mine();
    }
    // The checker wants every anchor final and no number used twice.
    harbour.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_co_op_gets_its_next_turn_after_the_others() {
    let harbour = Harbour::with_coops(2).await;
    harbour.seal().await;
    // Openings of both, then anchors of both: the first co-op does not get its second number before the other got its first.
    for _ in 0..4 {
        harbour.round().await;
        harbour.chain().mine();
    }
    harbour.round().await;
    let berths = harbour.berths().await;
    let number = |coop: usize, seq: i64| berths[&(harbour.coops[coop], seq)].nonce.unwrap();
    let (first, second) = (number(0, 0).min(number(1, 0)), number(0, 0).max(number(1, 0)));
    assert_eq!(second, first + 1, "{berths:?}");
    assert!(number(0, 1) > second && number(1, 1) > second, "{berths:?}");
    harbour.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_co_ops_before_it_keep_no_co_op_waiting() {
    let harbour = Harbour::with_coops(1).await;
    harbour
        .meddle(
            "INSERT INTO coop_directory (coop_id, slug, is_anchored)
             SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'idle-' || n, true
             FROM generate_series(1, 250) n",
        )
        .await;
    harbour.app.work().await;
    assert_eq!(harbour.berths().await[&(harbour.coops[0], 1)].state, "final");
    harbour
        .meddle("DELETE FROM coop_directory WHERE slug LIKE 'idle-%'")
        .await;
    harbour.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_batch_on_its_way_holds_up_the_others_only_until_its_number_is_used() {
    let harbour = Harbour::with_coops(2).await;
    harbour.seal().await;
    harbour.round().await;
    let berths = harbour.berths().await;
    let (damaged, _) = berths.iter().find(|(_, berth)| berth.nonce.is_some()).unwrap().0;
    let sound = harbour.coops.iter().find(|coop| *coop != damaged).unwrap();
    harbour
        .meddle(&format!(
            "UPDATE anchor_batch SET reverts = -1 WHERE coop_id = '{damaged}'"
        ))
        .await;
    for _ in 0..ROUNDS_MAX {
        harbour.round().await;
        harbour.chain().mine();
    }
    let berths = harbour.berths().await;
    assert_eq!(berths[&(*sound, 1)].state, "final", "{berths:?}");
    assert_eq!(berths[&(*damaged, 0)].state, "broadcast");
    harbour.app.abandon().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_co_op_whose_rows_are_damaged_ends_no_round_for_those_behind_it() {
    let harbour = Harbour::with_coops(2).await;
    let (damaged, sound) = (harbour.coops[0], harbour.coops[1]);
    harbour.seal().await;
    harbour
        .meddle(&format!(
            "UPDATE anchor_batch SET reverts = -1 WHERE coop_id = '{damaged}'"
        ))
        .await;
    // Its place can no longer be read either, so sealing fails for it too.
    harbour
        .meddle(&format!(
            "ALTER TABLE coop DROP CONSTRAINT coop_chain_is_whole; UPDATE coop SET chain_id = NULL WHERE id = '{damaged}'"
        ))
        .await;
    for _ in 0..ROUNDS_MAX {
        harbour.seal().await;
        harbour.round().await;
        harbour.chain().mine();
    }
    let berths = harbour.berths().await;
    assert_eq!(berths[&(sound, 1)].state, "final", "{berths:?}");
    assert_eq!(berths[&(damaged, 0)].state, "sealed");
    let log = harbour.app.log();
    assert!(lines(&log, "an anchor could not be worked on", &damaged.to_string()) > 0);
    assert!(log.contains("`reverts`"), "the whole cause is told");
    assert!(lines(&log, "a co-op could not be sealed", &damaged.to_string()) > 0);
    harbour.app.abandon().await;
}
