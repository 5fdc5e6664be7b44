//! Aim: sharing alone, against published figures and against what peers do.

use super::*;

fn by_place(place: usize) -> Hash32 {
    Hash32::from_u128(place as u128)
}

fn shared(pool: u64, weights: &[u64]) -> Vec<u64> {
    allocate(pool, weights, &by_place).unwrap()
}

#[test]
fn a_larger_pool_can_cost_a_unit_and_finer_units_cost_nothing() {
    let weights = [21_878, 9_713, 4_167, 3_252, 1_065];
    assert_eq!(shared(43, &weights), [24, 10, 4, 4, 1]);
    assert_eq!(shared(44, &weights), [24, 11, 5, 3, 1], "the fourth loses: Alabama");
    assert_eq!(shared(43_000_000, &weights)[3], 3_489_357);
    assert_eq!(shared(44_000_000, &weights)[3], 3_570_505);
}

#[test]
fn fifteen_units_over_three_are_shared_by_remainders_and_nothing_is_lost() {
    // Numscript gives [13, 1, 1], cumulative rounding [12, 1, 2], rounding down [12, 1, 1] and loses one.
    assert_eq!(shared(15, &[80, 8, 12]), [12, 1, 2]);
}

#[test]
fn equal_remainders_follow_the_given_order_and_then_the_place() {
    assert_eq!(shared(2, &[1, 1, 1]), [1, 1, 0]);
    let backwards = |place: usize| Hash32::from_u128(9 - place as u128);
    assert_eq!(allocate(2, &[1, 1, 1], &backwards).unwrap(), [0, 1, 1]);
    assert_eq!(allocate(2, &[1, 1, 1], &|_| Hash32::ZERO).unwrap(), [1, 1, 0]);
}

#[test]
fn extremes_are_shared_exactly() {
    let most = u64::MAX;
    let pool = Amount::MAX.units();
    assert_eq!(shared(pool, &[most]), [pool]);
    let shares = shared(pool, &[most, most, most, 0]);
    assert_eq!(shares.iter().sum::<u64>(), pool);
    assert_eq!(shares[3], 0);
    assert_eq!(shared(0, &[1, 2]), [0, 0]);
    assert_eq!(shared(0, &[]), [] as [u64; 0]);
    assert_eq!(allocate(1, &[0, 0], &by_place), Err(AllocateRefusal::NoWeight));
    assert_eq!(allocate(1, &[], &by_place), Err(AllocateRefusal::NoWeight));
    assert_eq!(allocate(pool + 1, &[1], &by_place), Err(AllocateRefusal::PoolTooLarge));
}

#[test]
fn a_million_members_are_shared_with_and_only_ties_are_asked_for() {
    let weights: Vec<u64> = (0..1_000_000_u64).map(|place| place % 1_000).collect();
    let asked = std::cell::Cell::new(0_u64);
    let tie = |place: usize| {
        asked.set(asked.get() + 1);
        by_place(place)
    };
    let shares = allocate(1_000_000_000_000, &weights, &tie).unwrap();
    assert_eq!(shares.iter().sum::<u64>(), 1_000_000_000_000);
    assert!(
        asked.get() <= 2_000,
        "only one class of weights is in question: {}",
        asked.get()
    );
    let zeros = vec![0_u64; 1_000_000];
    assert_eq!(allocate(5, &zeros, &by_place), Err(AllocateRefusal::NoWeight));
}

#[test]
fn bounds_hold_at_their_edges() {
    let within = |pool, weights: &[u64], floor, cap| allocate_within(pool, weights, Bounds { floor, cap }, &by_place);
    let amounts = |pool, weights: &[u64], floor, cap| within(pool, weights, floor, cap).unwrap().amounts;
    assert_eq!(amounts(10, &[9, 1], 5, None), [5, 5], "the floors take all");
    assert_eq!(amounts(10, &[9, 1], 4, None), [6, 4]);
    assert_eq!(amounts(10, &[9, 1], 0, Some(5)), [5, 5], "the caps take all");
    assert_eq!(
        amounts(10, &[9, 1, 0], 2, Some(7)),
        [7, 3, 0],
        "who has no weight has no floor"
    );
    assert_eq!(amounts(7, &[3], 0, Some(100)), [7]);
    let over = within(10, &[9, 1], 0, Some(4)).unwrap();
    assert_eq!((over.amounts, over.left, over.multiplier), (vec![4, 4], 2, None));
    assert_eq!(
        within(10, &[9, 1], 6, None),
        Err(BoundsRefusal::FloorsInfeasible { needed: 12, pool: 10 })
    );
    assert_eq!(
        within(10, &[9, 1], 6, Some(5)),
        Err(BoundsRefusal::FloorAboveCap { floor: 6, cap: 5 })
    );
    assert_eq!(
        within(10, &[0], 1, None),
        Err(BoundsRefusal::Allocate(AllocateRefusal::NoWeight))
    );
    let shares = within(10_000, &[500, 300, 150, 40, 10], 200, Some(3_500)).unwrap();
    // 2 800 over a weight of 190: λ = 280/19.
    assert_eq!(
        shares.multiplier,
        Some(Multiplier {
            pool: 2_800,
            weight: 190
        })
    );
    assert_eq!(shares.amounts, [3_500, 3_500, 2_211, 589, 200]);
}
