//! Every crash point against every fault of the line and every reorganisation, on both kinds of chain.

use chain::outbox::{Batch, BatchState, advance};
use governance::hash::Hash32;

use crate::faulty::{Fault, FaultyChain};
use crate::lab::{self, CHAIN_ID, World, item};
use crate::simulation::POLICY;

/// Steps an undisturbed batch takes from sealed to final: assigned, signed, broadcast, mined, safe, final.
const CRASH_POINTS: usize = 6;
const ROUNDS_MAX: usize = 200;
const FAULTY_LOOKS: usize = 3;

const FAULTS: [Fault; 8] = [
    Fault::None,
    Fault::AnswerLost,
    Fault::RequestLost,
    Fault::AcceptedAndForgotten,
    Fault::Silent,
    Fault::NoReceipts,
    Fault::StaleReceipts,
    Fault::Lagging,
];

#[tokio::test]
async fn in_memory_every_crash_point_and_fault_ends_in_one_link() {
    run(World::new(lab::memory().await.unwrap()).await).await;
}

#[tokio::test]
async fn on_anvil_every_crash_point_and_fault_ends_in_one_link() {
    if let Some(lab) = lab::anvil().await {
        run(World::new(lab).await).await;
    }
}

async fn run(world: World) {
    let place = world.open().await;
    // The opening must not be taken away by what follows.
    for _ in 0..5 {
        world.lab.mine().await;
    }
    let mut prev = Hash32::ZERO;
    let mut seq = 0;
    for fault in FAULTS {
        for depth in [0, 1, 3] {
            for crash_at in 0..CRASH_POINTS {
                seq += 1;
                let batch = Batch::anchor(CHAIN_ID, place.contract, item(place, seq, prev));
                prev = batch.expected;
                let ended = disturbed(&world, batch, Disturbance { fault, depth, crash_at }).await;
                assert!(matches!(ended.state, BatchState::Final(_)), "{:?}", ended.state);
                let latest = world.latest().await;
                assert_eq!(world.chain().link(place, seq, latest).await.unwrap(), prev);
                assert_eq!(world.chain().head(place, latest).await.unwrap().seq, seq);
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Disturbance {
    fault: Fault,
    depth: u64,
    crash_at: usize,
}

/// Steps the batch; at the crash point what was done is forgotten, blocks are replaced and the line goes bad for a while.
async fn disturbed(world: &World, mut stored: Batch, disturbance: Disturbance) -> Batch {
    let line = FaultyChain::new(world.chain());
    let mut steps = 0;
    for round in 0..ROUNDS_MAX {
        if matches!(stored.state, BatchState::Final(_) | BatchState::Halted(_)) {
            return stored;
        }
        if steps == disturbance.crash_at {
            line.set(disturbance.fault);
            let forgotten = advance(&line, &world.poster, &POLICY, &stored).await;
            drop(forgotten);
            if disturbance.depth > 0 {
                world.lab.mine().await;
                world.lab.reorganise(disturbance.depth).await;
            }
            for _ in 0..FAULTY_LOOKS {
                if let Ok(Some(next)) = advance(&line, &world.poster, &POLICY, &stored).await {
                    stored = next;
                }
                world.lab.mine().await;
            }
            line.set(Fault::None);
            steps += 1;
            continue;
        }
        match advance(&line, &world.poster, &POLICY, &stored).await.unwrap() {
            Some(next) => {
                stored = next;
                steps += 1;
            }
            None => world.lab.mine().await,
        }
        assert!(round + 1 < ROUNDS_MAX, "{disturbance:?}: {stored:#?}");
    }
    stored
}
