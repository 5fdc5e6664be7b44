//! Aim: what a person must see is said: an anchor that halts, a final anchor that the chain contradicts, co-ops bound elsewhere.

use server::secrets;
use server::services::anchor_rounds::seal_all;

use super::world::{Harbour, lines, metric};

#[tokio::test(flavor = "multi_thread")]
async fn a_final_anchor_that_the_chain_contradicts_halts_and_is_told_once() {
    let harbour = Harbour::with_coops(2).await;
    harbour.app.work().await;
    let coop = harbour.coops[0];
    harbour
        .meddle(&format!(
            "UPDATE anchor_batch SET block_hash = decode(repeat('ab', 32), 'hex') WHERE coop_id = '{coop}' AND seq = 1"
        ))
        .await;
    // An hour has not passed for the process that looked; one that starts looks at once.
    harbour.seal().await;
    assert_eq!(harbour.berths().await[&(coop, 1)].state, "final");
    let restarted = harbour.restarted(|_| {});
    for _ in 0..3 {
        seal_all(&restarted).await.unwrap();
    }
    assert_eq!(harbour.berths().await[&(coop, 1)].state, "halted");
    let log = harbour.app.log();
    assert_eq!(lines(&log, "an anchor halted", &coop.to_string()), 1);
    let line = log
        .lines()
        .find(|line| line.contains("an anchor halted") && line.contains(&coop.to_string()));
    let line = line.unwrap();
    assert!(
        line.contains("finality_violated") && line.contains("ERROR") && line.contains("\"anchor.seq\":1"),
        "{line}"
    );
    assert_eq!(metric(&restarted, "rochdale_anchors_halted"), "1");
    harbour.app.abandon().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_anchor_that_halted_before_the_start_is_told_and_counted() {
    let harbour = Harbour::with_coops(1).await;
    harbour.seal().await;
    let coop = harbour.coops[0];
    harbour
        .meddle("UPDATE anchor_batch SET state = 'halted', halt_reason = 'closed' WHERE seq = 0")
        .await;
    let restarted = harbour.restarted(|_| {});
    seal_all(&restarted).await.unwrap();
    assert_eq!(metric(&restarted, "rochdale_anchors_halted"), "1");
    assert_eq!(lines(&harbour.app.log(), "an anchor halted", &coop.to_string()), 1);
    // Nothing behind it is worked on, and nobody waits for it.
    assert_eq!(harbour.round().await, 0);
    harbour.app.abandon().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn co_ops_bound_to_another_account_are_counted_and_told_once() {
    let harbour = Harbour::with_coops(2).await;
    harbour.app.work().await;
    let key_file = harbour.app.secrets_folder().join("another_poster_key");
    secrets::write_secret(&key_file, &[7; 32]).unwrap();
    let restarted = harbour.restarted(|config| config.chain.as_mut().unwrap().poster_key_file = key_file);
    for _ in 0..3 {
        assert_eq!(seal_all(&restarted).await.unwrap(), 0);
    }
    assert_eq!(metric(&restarted, "rochdale_coops_not_anchored_here"), "2");
    let log = harbour.app.log();
    let told: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("co-ops are not anchored here"))
        .collect();
    let ours: Vec<&&str> = told
        .iter()
        .filter(|line| line.contains("\"coops.other_registrar\":2"))
        .collect();
    assert_eq!(ours.len(), 1, "{told:?}");
    assert!(ours[0].contains("WARN"));
    harbour.app.finish().await;
}
