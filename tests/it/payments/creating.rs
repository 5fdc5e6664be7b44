//! Aim: the contract from which members claim is created with just what was asked for. Method: a real node; the contract is asked.

use std::time::Duration;

use chain::{Address, BlockTag, Chain as _, DeployFault, FeePolicy, Patience, Poster, Terms, deploy_distributor};
use devstack::anvil::Mining;
use tests::chain::TestChain;
use tests::memory_chain::DEVELOPMENT_KEY;

use super::island::DAY;
use crate::proof::connected;

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_has_the_terms_it_was_created_with_and_takes_no_others() {
    let Some(node) = TestChain::start("creating a contract of claims", Mining::EverySeconds(1)).await else {
        return;
    };
    let chain = connected(&node).await;
    let poster = Poster::from_key(DEVELOPMENT_KEY, node.chain_id()).unwrap();
    let policy = FeePolicy {
        max_fee_cap: 200_000_000_000,
        tip_min: 1_000_000_000,
    };
    let patience = Patience {
        pause: Duration::from_millis(50),
        looks_max: 400,
    };
    let terms = |delay_seconds| Terms {
        executor: Address::from_bytes([7; 20]),
        guardians: vec![Address::from_bytes([8; 20]), Address::from_bytes([9; 20])],
        delay_seconds,
    };
    let made = deploy_distributor(&chain, &poster, (&policy, patience), terms(2 * DAY)).await;
    let contract = made.unwrap().contract;
    let at = chain.block(BlockTag::Latest).await.unwrap().unwrap().reference.hash;
    assert!(terms(2 * DAY).are_of(&chain, contract, at).await.unwrap());
    assert!(
        !terms(3 * DAY).are_of(&chain, contract, at).await.unwrap(),
        "another delay"
    );
    let other = Terms {
        guardians: vec![Address::from_bytes([10; 20])],
        ..terms(2 * DAY)
    };
    assert!(!other.are_of(&chain, contract, at).await.unwrap(), "another guardian");
    let refused = deploy_distributor(&chain, &poster, (&policy, patience), terms(DAY - 1)).await;
    assert!(matches!(refused, Err(DeployFault::Failed(_))), "{refused:?}");
}
