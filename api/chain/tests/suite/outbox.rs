//! The outbox under random operations in memory, and through its whole way on both kinds of chain.

use chain::Loss;
use chain::outbox::{Batch, BatchState, HaltReason, advance};
use governance::hash::{Hash32, keccak256};
use proptest::prelude::*;

use crate::lab::{self, CHAIN_ID, GWEI, RICH, World, anchor_call, item, link, place};
use crate::simulation::{Operation, POLICY, Simulation};

/// Steps in which one batch must come to rest on a quiet chain.
const ROUNDS_MAX: usize = 100;

fn operation() -> impl Strategy<Value = Operation> {
    let server = 0..2usize;
    prop_oneof![
        8 => server.clone().prop_map(Operation::Step),
        4 => server.clone().prop_map(Operation::Look),
        4 => server.clone().prop_map(Operation::Store),
        2 => server.prop_map(Operation::Kill),
        1 => Just(Operation::Seal),
        8 => Just(Operation::Mine),
        2 => (1..9u64).prop_map(Operation::Reorganise),
        1 => Just(Operation::ForgetPool),
        1 => Just(Operation::Lose(Loss::Answer)),
        1 => Just(Operation::Lose(Loss::Request)),
        1 => prop_oneof![Just(1), Just(40), Just(400)].prop_map(Operation::BaseFee),
        1 => prop_oneof![Just(0), Just(RICH)].prop_map(Operation::Balance),
        1 => prop_oneof![Just(2), Just(250)].prop_map(Operation::Foreign),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_there_is_one_link_for_each_number_and_all_becomes_final(
        operations in prop::collection::vec(operation(), 1..150),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut simulation = Simulation::new().await;
            for operation in operations {
                simulation.perform(operation).await;
                simulation.check().await;
            }
            simulation.settle().await;
        });
    }
}

/// Steps the batch until nothing is left to do, mining whenever it waits.
async fn bring(world: &World, mut batch: Batch) -> Batch {
    for _ in 0..ROUNDS_MAX {
        if matches!(batch.state, BatchState::Final(_) | BatchState::Halted(_)) {
            return batch;
        }
        match advance(world.chain(), &world.poster, &POLICY, &batch).await.unwrap() {
            Some(next) => batch = next,
            None => world.lab.mine().await,
        }
    }
    panic!("the batch did not come to rest: {batch:#?}");
}

macro_rules! on_both {
    ($($case:ident),* $(,)?) => {
        mod in_memory {
            $(
                #[tokio::test]
                async fn $case() {
                    super::$case(super::World::new(super::lab::memory().await.unwrap()).await).await;
                }
            )*
        }

        mod on_anvil {
            $(
                #[tokio::test]
                async fn $case() {
                    if let Some(lab) = super::lab::anvil().await {
                        super::$case(super::World::new(lab).await).await;
                    }
                }
            )*
        }
    };
}

on_both!(
    a_namespace_and_three_anchors_become_final,
    an_orphaned_anchor_comes_back_with_the_same_bytes,
    a_final_anchor_that_the_chain_does_not_hold_halts,
    a_number_taken_by_a_stranger_is_given_up_for_the_next,
    a_transaction_that_waits_is_raised_within_the_cap_and_then_mined,
    an_empty_account_waits_for_funds_and_goes_on_when_filled,
    another_anchor_in_its_place_halts,
    a_namespace_with_another_poster_halts,
);

async fn a_namespace_and_three_anchors_become_final(world: World) {
    let contract = world.deploy().await;
    let place = place(contract, &world.poster);
    let owner = world.poster.address();
    let opened = bring(&world, Batch::open(place, lab::coop().word(), owner, owner)).await;
    assert!(matches!(opened.state, BatchState::Final(_)), "{:?}", opened.state);
    let mut prev = Hash32::ZERO;
    for seq in 1..=3 {
        let batch = bring(&world, Batch::anchor(CHAIN_ID, contract, item(place, seq, prev))).await;
        assert!(matches!(batch.state, BatchState::Final(_)), "{:?}", batch.state);
        assert_eq!(batch.transactions.len(), 1);
        prev = batch.expected;
    }
    assert_eq!(world.chain().head(place, world.latest().await).await.unwrap().seq, 3);
}

async fn a_final_anchor_that_the_chain_does_not_hold_halts(world: World) {
    let place = world.open().await;
    let batch = Batch::anchor(CHAIN_ID, place.contract, item(place, 1, Hash32::ZERO));
    let batch = bring(&world, batch).await;
    let BatchState::Final(seen) = batch.state else {
        panic!("{:?}", batch.state)
    };
    let look = async |batch: Batch| advance(world.chain(), &world.poster, &POLICY, &batch).await.unwrap();
    assert_eq!(look(batch.clone()).await, None);
    let halted = batch.moved(BatchState::Halted(HaltReason::FinalityViolated));
    // Another block at its height, another link in the contract, and none at all.
    let mut moved = batch.clone();
    moved.state = BatchState::Final(chain::BlockReference {
        hash: keccak256(b"another block"),
        ..seen
    });
    assert_eq!(look(moved).await.unwrap().state, halted.state);
    let mut other = batch.clone();
    other.expected = keccak256(b"another link");
    assert_eq!(look(other).await.unwrap().state, halted.state);
    let absent = Batch::anchor(CHAIN_ID, place.contract, item(place, 2, batch.expected));
    let absent = absent.moved(BatchState::Final(seen));
    assert_eq!(look(absent.clone()).await.unwrap().state, halted.state);
    // A node that is not that far yet contradicts nothing.
    let ahead = chain::BlockReference {
        number: seen.number + 1_000,
        ..seen
    };
    assert_eq!(look(absent.moved(BatchState::Final(ahead))).await, None);
}

async fn an_orphaned_anchor_comes_back_with_the_same_bytes(world: World) {
    let place = world.open().await;
    let mut batch = Batch::anchor(CHAIN_ID, place.contract, item(place, 1, Hash32::ZERO));
    while !matches!(batch.state, BatchState::Mined(_)) {
        match advance(world.chain(), &world.poster, &POLICY, &batch).await.unwrap() {
            Some(next) => batch = next,
            None => world.lab.mine().await,
        }
    }
    world.lab.reorganise(1).await;
    let orphaned = advance(world.chain(), &world.poster, &POLICY, &batch)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(orphaned.state, BatchState::Signed);
    let batch = bring(&world, orphaned).await;
    assert!(matches!(batch.state, BatchState::Final(_)), "{:?}", batch.state);
    assert_eq!(batch.transactions.len(), 1);
    assert_eq!(batch.transactions[0].attempts.len(), 1, "other bytes were signed");
}

async fn a_number_taken_by_a_stranger_is_given_up_for_the_next(world: World) {
    let place = world.open().await;
    let mut batch = Batch::anchor(CHAIN_ID, place.contract, item(place, 1, Hash32::ZERO));
    while batch.state != BatchState::Signed {
        batch = advance(world.chain(), &world.poster, &POLICY, &batch)
            .await
            .unwrap()
            .unwrap();
    }
    world
        .perform(
            &world.poster,
            chain::Call::Nothing {
                to: lab::key(9).address(),
            },
        )
        .await;
    let batch = bring(&world, batch).await;
    assert!(matches!(batch.state, BatchState::Final(_)), "{:?}", batch.state);
    let nonces: Vec<u64> = batch.transactions.iter().map(|transaction| transaction.nonce).collect();
    assert_eq!(nonces.len(), 2);
    assert_eq!(nonces[0] + 1, nonces[1]);
}

async fn a_transaction_that_waits_is_raised_within_the_cap_and_then_mined(world: World) {
    let place = world.open().await;
    let mut batch = Batch::anchor(CHAIN_ID, place.contract, item(place, 1, Hash32::ZERO));
    while batch.state != BatchState::Broadcast {
        batch = advance(world.chain(), &world.poster, &POLICY, &batch)
            .await
            .unwrap()
            .unwrap();
    }
    let mut waited = false;
    for _ in 0..20 {
        world.lab.set_base_fee(400 * GWEI).await;
        world.lab.mine().await;
        if let Some(next) = advance(world.chain(), &world.poster, &POLICY, &batch).await.unwrap() {
            batch = next;
        }
        waited |= batch.state == BatchState::WaitingForFee;
    }
    assert!(waited, "{:?}", batch.state);
    world.lab.set_base_fee(GWEI).await;
    let batch = bring(&world, batch).await;
    assert!(matches!(batch.state, BatchState::Final(_)), "{:?}", batch.state);
}

async fn an_empty_account_waits_for_funds_and_goes_on_when_filled(world: World) {
    let place = world.open().await;
    let mut batch = Batch::anchor(CHAIN_ID, place.contract, item(place, 1, Hash32::ZERO));
    while batch.state != BatchState::Signed {
        batch = advance(world.chain(), &world.poster, &POLICY, &batch)
            .await
            .unwrap()
            .unwrap();
    }
    world.lab.set_balance(world.poster.address(), 0).await;
    let batch = advance(world.chain(), &world.poster, &POLICY, &batch)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(batch.state, BatchState::WaitingForFunds);
    world.lab.set_balance(world.poster.address(), RICH).await;
    let batch = bring(&world, batch).await;
    assert!(matches!(batch.state, BatchState::Final(_)), "{:?}", batch.state);
}

async fn another_anchor_in_its_place_halts(world: World) {
    let place = world.open().await;
    let other = chain::AnchorItem {
        root: keccak256(b"another history"),
        ..item(place, 1, Hash32::ZERO)
    };
    world.perform(&world.poster, anchor_call(place, other)).await;
    let ours = item(place, 1, Hash32::ZERO);
    let halted = bring(&world, Batch::anchor(CHAIN_ID, place.contract, ours)).await;
    assert_eq!(halted.state, BatchState::Halted(HaltReason::OtherPast));
    let after = bring(
        &world,
        Batch::anchor(CHAIN_ID, place.contract, item(place, 2, link(place, &ours))),
    )
    .await;
    assert_eq!(after.state, BatchState::Halted(HaltReason::OtherPast));
}

async fn a_namespace_with_another_poster_halts(world: World) {
    let contract = world.deploy().await;
    let place = place(contract, &world.poster);
    let stranger = lab::key(0x77).address();
    let call = chain::Call::Open {
        contract,
        salt: lab::coop().word(),
        admin: stranger,
        poster: stranger,
    };
    world.perform(&world.poster, call).await;
    let halted = bring(&world, Batch::anchor(CHAIN_ID, contract, item(place, 1, Hash32::ZERO))).await;
    assert_eq!(halted.state, BatchState::Halted(HaltReason::NotPoster));
}
