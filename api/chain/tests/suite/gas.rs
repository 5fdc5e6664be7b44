//! What anchors cost on a real node. A co-op pays for every one, so a rise is a decision and not an accident.

use chain::{AnchorItem, Call, Execution};
use governance::hash::{Hash32, keccak256};
use governance::merkle::Tree;

use crate::lab::{self, World, anchor_call, item, link};

/// An anchor that follows another of the same namespace.
const ANCHOR_GAS_MAX: u64 = 60_500;
/// One of ten anchors in one transaction.
const ANCHOR_OF_TEN_GAS_MAX: u64 = 41_500;
/// Creating the contract.
const CREATION_GAS_MAX: u64 = 1_100_000;

#[tokio::test]
async fn anchors_stay_within_their_gas() {
    let Some(lab) = lab::anvil().await else { return };
    let world = World::new(lab).await;
    let created = world.perform(&world.poster, Call::Deploy).await;
    assert!(created.gas_used <= CREATION_GAS_MAX, "creation: {}", created.gas_used);
    let place = world.open().await;
    let mut prev = Hash32::ZERO;
    for seq in 1..=3 {
        let item = item(place, seq, prev);
        let receipt = world.perform(&world.poster, anchor_call(place, item)).await;
        prev = link(place, &item);
        println!("anchor {seq}: {} gas", receipt.gas_used);
        assert!(
            seq == 1 || receipt.gas_used <= ANCHOR_GAS_MAX,
            "anchor {seq}: {}",
            receipt.gas_used
        );
    }
    let mut items = Vec::new();
    for number in 0..10u8 {
        let salt = keccak256(&[number]);
        let owner = world.poster.address();
        let open = Call::Open {
            contract: place.contract,
            salt,
            admin: owner,
            poster: owner,
        };
        assert_eq!(world.perform(&world.poster, open).await.execution, Execution::Succeeded);
        let namespace = governance::hash::keccak256_words(&[owner.word(), salt]);
        let root = Tree::new(vec![keccak256(&[number])]).root();
        items.push(AnchorItem {
            namespace,
            seq: 1,
            size: 1,
            prev: Hash32::ZERO,
            root,
        });
    }
    let contract = place.contract;
    world
        .perform(
            &world.poster,
            Call::AnchorMany {
                contract,
                items: items.clone(),
            },
        )
        .await;
    for item in &mut items {
        item.prev = link(place, item);
        item.seq = 2;
    }
    let receipt = world.perform(&world.poster, Call::AnchorMany { contract, items }).await;
    assert_eq!(receipt.execution, Execution::Succeeded);
    println!("ten anchors: {} gas", receipt.gas_used);
    assert!(
        receipt.gas_used <= ANCHOR_OF_TEN_GAS_MAX * 10,
        "ten anchors: {}",
        receipt.gas_used
    );
}
