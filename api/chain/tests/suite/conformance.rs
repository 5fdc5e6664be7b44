//! What any chain behind the trait must do. Each case runs on the chain in memory and on a real node.

use std::time::Duration;

use chain::{
    BlockTag, Call, ChainFault, DeployFault, Estimate, Execution, Fees, Head, LeafClaim, Patience, Roles, SendOutcome,
    check_contract, deploy, deployed_bytecode,
};
use governance::hash::{Hash32, keccak256};
use governance::merkle::{Tree, batch_leaf};

use crate::lab::{self, GWEI, World, anchor_call, fees, item, key, link, open_call, place};

/// How often to look for something that must come soon.
const LOOKS_MAX: u32 = 1_000;

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
    the_code_on_chain_is_the_committed_one,
    a_deployed_contract_is_checked_and_any_other_address_is_refused,
    a_namespace_is_known_before_it_is_opened,
    an_anchor_leaves_the_link_that_rust_computes,
    several_anchors_go_in_one_transaction,
    state_is_read_at_the_block_that_is_named,
    each_wrong_anchor_is_refused_in_a_trial_and_in_a_block,
    the_same_bytes_twice_are_known_and_then_too_late,
    a_replacement_must_pay_more_and_only_one_is_mined,
    fees_below_the_base_fee_and_empty_accounts_are_told_apart,
    a_reorganisation_takes_the_link_away_and_the_same_bytes_bring_it_back,
    a_forgotten_transaction_can_be_sent_again,
    safe_and_finalized_blocks_lie_behind_the_newest,
    the_contract_and_rust_agree_on_proofs,
);

async fn the_code_on_chain_is_the_committed_one(world: World) {
    let contract = world.deploy().await;
    let code = world.chain().code(contract, world.latest().await).await.unwrap();
    assert_eq!(code, deployed_bytecode());
    let nowhere = world
        .chain()
        .code(key(9).address(), world.latest().await)
        .await
        .unwrap();
    assert_eq!(nowhere, Vec::<u8>::new());
}

async fn a_deployed_contract_is_checked_and_any_other_address_is_refused(world: World) {
    let patience = Patience {
        pause: Duration::from_millis(5),
        looks_max: 1_000,
    };
    let policy = chain::FeePolicy {
        max_fee_cap: 100 * GWEI,
        tip_min: GWEI,
    };
    let mine = async {
        // Blocks come only when asked for here, so some are made until the creation is in one.
        for _ in 0..LOOKS_MAX {
            if world
                .chain()
                .nonce(world.poster.address(), world.latest().await)
                .await
                .unwrap()
                > 0
            {
                return;
            }
            world.lab.mine().await;
            tokio::task::yield_now().await;
        }
    };
    let (deployment, ()) = tokio::join!(deploy(world.chain(), &world.poster, &policy, patience), mine);
    let contract = deployment.unwrap().contract;
    check_contract(world.chain(), contract).await.unwrap();
    let elsewhere = check_contract(world.chain(), key(9).address()).await;
    assert!(matches!(elsewhere, Err(DeployFault::OtherCode(_))), "{elsewhere:?}");
    let stingy = chain::FeePolicy {
        max_fee_cap: 1,
        tip_min: 1,
    };
    let refused = deploy(world.chain(), &world.poster, &stingy, patience).await;
    assert!(matches!(refused, Err(DeployFault::FeeCap)), "{refused:?}");
}

async fn a_namespace_is_known_before_it_is_opened(world: World) {
    let contract = world.deploy().await;
    let place = place(contract, &world.poster);
    assert_eq!(
        world.chain().roles(place, world.latest().await).await.unwrap(),
        Roles::NONE
    );
    world.perform(&world.poster, open_call(contract, &world.poster)).await;
    let roles = world.chain().roles(place, world.latest().await).await.unwrap();
    assert_eq!(
        (roles.admin, roles.poster),
        (world.poster.address(), world.poster.address())
    );
    let again = world.perform(&world.poster, open_call(contract, &world.poster)).await;
    assert_eq!(again.execution, Execution::Reverted);
}

async fn an_anchor_leaves_the_link_that_rust_computes(world: World) {
    let place = world.open().await;
    let mut prev = Hash32::ZERO;
    for seq in 1..=3 {
        let item = item(place, seq, prev);
        let receipt = world.perform(&world.poster, anchor_call(place, item)).await;
        assert_eq!(receipt.execution, Execution::Succeeded);
        prev = link(place, &item);
        assert_eq!(
            world.chain().link(place, seq, world.latest().await).await.unwrap(),
            prev
        );
    }
    let head = world.chain().head(place, world.latest().await).await.unwrap();
    assert_eq!((head.seq, head.size, head.closed), (3, 30, false));
    let block = world.chain().block(BlockTag::Latest).await.unwrap().unwrap();
    assert_eq!(head.anchored_at, block.timestamp);
}

async fn several_anchors_go_in_one_transaction(world: World) {
    let place = world.open().await;
    let first = item(place, 1, Hash32::ZERO);
    let second = item(place, 2, link(place, &first));
    let call = Call::AnchorMany {
        contract: place.contract,
        items: vec![first, second],
    };
    assert_eq!(world.perform(&world.poster, call).await.execution, Execution::Succeeded);
    let found = world.chain().link(place, 2, world.latest().await).await.unwrap();
    assert_eq!(found, link(place, &second));
    let third = item(place, 3, found);
    let forked = item(place, 4, found);
    let call = Call::AnchorMany {
        contract: place.contract,
        items: vec![third, forked],
    };
    assert_eq!(world.perform(&world.poster, call).await.execution, Execution::Reverted);
    assert_eq!(world.chain().head(place, world.latest().await).await.unwrap().seq, 2);
}

async fn state_is_read_at_the_block_that_is_named(world: World) {
    let place = world.open().await;
    let before = world.latest().await;
    world
        .perform(&world.poster, anchor_call(place, item(place, 1, Hash32::ZERO)))
        .await;
    assert_eq!(world.chain().link(place, 1, before).await.unwrap(), Hash32::ZERO);
    assert_eq!(world.chain().head(place, before).await.unwrap(), Head::default());
    let nonce = world.chain().nonce(world.poster.address(), before).await.unwrap();
    assert_eq!(
        world
            .chain()
            .nonce(world.poster.address(), world.latest().await)
            .await
            .unwrap(),
        nonce + 1
    );
    let unknown = world.chain().link(place, 1, keccak256(b"no block")).await;
    assert!(matches!(unknown, Err(ChainFault::Refused { .. })), "{unknown:?}");
}

async fn each_wrong_anchor_is_refused_in_a_trial_and_in_a_block(world: World) {
    let place = world.open().await;
    let first = item(place, 1, Hash32::ZERO);
    world.perform(&world.poster, anchor_call(place, first)).await;
    let right = item(place, 2, link(place, &first));
    let stranger = key(0x57);
    world.lab.set_balance(stranger.address(), lab::RICH).await;
    let cases = [
        ("a replay", &world.poster, first),
        ("a skip", &world.poster, chain::AnchorItem { seq: 3, ..right }),
        (
            "another past",
            &world.poster,
            chain::AnchorItem {
                prev: keccak256(b"fork"),
                ..right
            },
        ),
        ("a smaller size", &world.poster, chain::AnchorItem { size: 9, ..right }),
        (
            "an unopened namespace",
            &world.poster,
            chain::AnchorItem {
                namespace: keccak256(b"none"),
                ..right
            },
        ),
        ("a stranger", &stranger, right),
    ];
    for (name, poster, wrong) in cases {
        let call = anchor_call(place, wrong);
        let trial = world.chain().estimate(poster.address(), &call).await.unwrap();
        assert!(matches!(trial, Estimate::Reverts(_)), "{name}: {trial:?}");
        assert_eq!(
            world.perform(poster, call).await.execution,
            Execution::Reverted,
            "{name}"
        );
    }
    let call = anchor_call(place, right);
    let trial = world.chain().estimate(world.poster.address(), &call).await.unwrap();
    assert!(matches!(trial, Estimate::Gas(_)), "{trial:?}");
    assert_eq!(world.perform(&world.poster, call).await.execution, Execution::Succeeded);
}

async fn the_same_bytes_twice_are_known_and_then_too_late(world: World) {
    let signed = world
        .sign(&world.poster, Call::Nothing { to: key(9).address() }, fees(20))
        .await;
    assert_eq!(world.chain().receipt(signed.hash).await.unwrap(), None);
    assert_eq!(world.chain().send_raw(&signed.raw).await, SendOutcome::Accepted);
    assert_eq!(world.chain().send_raw(&signed.raw).await, SendOutcome::Known);
    world.lab.mine().await;
    assert_eq!(world.chain().send_raw(&signed.raw).await, SendOutcome::NonceLow);
    let receipt = world.chain().receipt(signed.hash).await.unwrap().unwrap();
    assert_eq!(receipt.execution, Execution::Succeeded);
    assert_eq!(receipt.block.hash, world.latest().await);
}

async fn a_replacement_must_pay_more_and_only_one_is_mined(world: World) {
    let call = Call::Nothing { to: key(9).address() };
    let first = world.sign(&world.poster, call.clone(), fees(20)).await;
    assert_eq!(world.chain().send_raw(&first.raw).await, SendOutcome::Accepted);
    let equal = world
        .sign(&world.poster, Call::Nothing { to: key(8).address() }, fees(20))
        .await;
    assert_eq!(world.chain().send_raw(&equal.raw).await, SendOutcome::Underpriced);
    let dearer = Fees {
        max_fee: 20 * GWEI * 9 / 8,
        tip: GWEI * 9 / 8,
    };
    let second = world.sign(&world.poster, call, dearer).await;
    assert_eq!(world.chain().send_raw(&second.raw).await, SendOutcome::Accepted);
    world.lab.mine().await;
    assert!(world.chain().receipt(second.hash).await.unwrap().is_some());
    assert_eq!(world.chain().receipt(first.hash).await.unwrap(), None);
}

async fn fees_below_the_base_fee_and_empty_accounts_are_told_apart(world: World) {
    world.lab.set_base_fee(50 * GWEI).await;
    world.lab.mine().await;
    let cheap = world
        .sign(&world.poster, Call::Nothing { to: key(9).address() }, fees(2))
        .await;
    assert_eq!(world.chain().send_raw(&cheap.raw).await, SendOutcome::FeeTooLow);
    let poor = key(0x33);
    let unpaid = world
        .sign(&poor, Call::Nothing { to: key(9).address() }, fees(200))
        .await;
    assert_eq!(world.chain().send_raw(&unpaid.raw).await, SendOutcome::NoFunds);
}

async fn a_reorganisation_takes_the_link_away_and_the_same_bytes_bring_it_back(world: World) {
    let place = world.open().await;
    let item = item(place, 1, Hash32::ZERO);
    let signed = world.sign(&world.poster, anchor_call(place, item), fees(20)).await;
    world.chain().send_raw(&signed.raw).await;
    world.lab.mine().await;
    let gone = world.latest().await;
    let number = world.chain().receipt(signed.hash).await.unwrap().unwrap().block.number;
    world.lab.reorganise(1).await;
    assert_eq!(
        world.chain().link(place, 1, world.latest().await).await.unwrap(),
        Hash32::ZERO
    );
    assert_eq!(world.chain().receipt(signed.hash).await.unwrap(), None);
    let now = world.chain().block(BlockTag::Number(number)).await.unwrap().unwrap();
    assert_ne!(now.reference.hash, gone);
    assert!(
        world.chain().link(place, 1, gone).await.is_err(),
        "a block that left the chain still answers"
    );
    assert_eq!(world.chain().send_raw(&signed.raw).await, SendOutcome::Accepted);
    world.lab.mine().await;
    assert_eq!(
        world.chain().link(place, 1, world.latest().await).await.unwrap(),
        link(place, &item)
    );
}

async fn a_forgotten_transaction_can_be_sent_again(world: World) {
    let signed = world
        .sign(&world.poster, Call::Nothing { to: key(9).address() }, fees(20))
        .await;
    assert_eq!(world.chain().send_raw(&signed.raw).await, SendOutcome::Accepted);
    world.lab.forget(signed.hash).await;
    world.lab.mine().await;
    assert_eq!(world.chain().receipt(signed.hash).await.unwrap(), None);
    assert_eq!(world.chain().send_raw(&signed.raw).await, SendOutcome::Accepted);
    world.lab.mine().await;
    assert!(world.chain().receipt(signed.hash).await.unwrap().is_some());
}

async fn safe_and_finalized_blocks_lie_behind_the_newest(world: World) {
    let number = async |tag| world.chain().block(tag).await.unwrap().unwrap().reference.number;
    let newest = number(BlockTag::Latest).await;
    assert_eq!(number(BlockTag::Safe).await, newest - 2);
    assert_eq!(number(BlockTag::Finalized).await, newest - 4);
    assert_eq!(world.chain().block(BlockTag::Number(newest + 1)).await.unwrap(), None);
    assert_eq!(
        world.chain().block(BlockTag::Hash(keccak256(b"none"))).await.unwrap(),
        None
    );
}

async fn the_contract_and_rust_agree_on_proofs(world: World) {
    let place = world.open().await;
    let leaf = |number: u64| {
        batch_leaf(
            keccak256(b"tag"),
            Hash32::from_u128(number.into()),
            keccak256(b"record"),
        )
    };
    let mut prev = Hash32::ZERO;
    for (seq, count) in [(1, 1), (2, 2), (3, 7), (4, 33)] {
        let tree = Tree::new((0..count).map(leaf).collect());
        let item = chain::AnchorItem {
            root: tree.root(),
            size: count,
            ..item(place, seq, prev)
        };
        world.perform(&world.poster, anchor_call(place, item)).await;
        prev = link(place, &item);
        let at = world.latest().await;
        for number in 0..count {
            let proof = tree.proof(leaf(number)).unwrap();
            let right = LeafClaim {
                item,
                proof: proof.clone(),
                leaf: leaf(number),
            };
            assert!(
                world.chain().verify(place.contract, &right, at).await.unwrap(),
                "{number} of {count}"
            );
            let foreign = LeafClaim {
                leaf: leaf(count),
                ..right.clone()
            };
            assert!(
                !world.chain().verify(place.contract, &foreign, at).await.unwrap(),
                "a foreign leaf verified"
            );
            let moved = LeafClaim {
                item: chain::AnchorItem {
                    size: count + 1,
                    ..item
                },
                ..right
            };
            assert!(
                !world.chain().verify(place.contract, &moved, at).await.unwrap(),
                "a changed anchor verified"
            );
        }
    }
}
