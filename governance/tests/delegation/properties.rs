//! What holds for every roll.

use std::collections::BTreeMap;

use governance::delegation::{Fate, Resolution, Uncast};
use governance::hash::Hash32;
use proptest::prelude::*;

use crate::naive::{self, Said};
use crate::{Case, edge, member, resolve};

/// Few members and many delegations, so that chains, circles, ends and strangers all come about.
fn cases() -> impl Strategy<Value = Case> {
    (1_usize..12).prop_flat_map(|count| {
        let top = u32::try_from(count).unwrap();
        let edges = prop::collection::vec(
            (
                0..top,
                prop::option::weighted(0.9, 0..top + 1),
                0_u8..5,
                prop::sample::select(vec![0_u64, 100, 101, 500]),
            ),
            0..3 * count,
        );
        (
            prop::collection::vec(1_u128..4, count),
            prop::collection::btree_set(0..top, 0..=count / 2),
            edges,
            prop::collection::btree_set((0..top, 0..top), 0..4),
            prop::option::of(0_u128..6),
        )
            .prop_map(|(weights, voted, edges, proxies, carried_max)| {
                let edges: BTreeMap<(u32, u8), _> = edges
                    .into_iter()
                    .map(|(from, to, scope, until)| ((from, scope), edge(from, to, scope, until)))
                    .collect();
                Case {
                    weights,
                    voted: voted.into_iter().collect(),
                    edges: edges.into_values().collect(),
                    proxies: proxies.into_iter().collect(),
                    carried_max,
                }
            })
    })
}

fn said(resolution: &Resolution) -> Vec<Said> {
    let next = |mut place: u32| {
        // The way from place to place, as each one's own fate tells it.
        let mut way = Vec::new();
        while let Fate::Delegated(of) = resolution.fates[place as usize] {
            way.push(of.next);
            if of.next == of.delegate {
                break;
            }
            place = of.next;
        }
        way
    };
    (0_u32..)
        .zip(&resolution.fates)
        .map(|(place, fate)| match fate {
            Fate::Direct => Said::Voted,
            Fate::Uncast(reason) => Said::Uncast(*reason),
            Fate::Delegated(of) => Said::Carried(of.delegate, next(place), of.proxy != Hash32::ZERO),
        })
        .collect()
}

/// Without the ways, which of a proxied or returned member others' fates do not tell.
fn without_ways(said: Vec<Said>) -> Vec<Said> {
    said.into_iter()
        .map(|said| match said {
            Said::Carried(by, _, by_proxy) => Said::Carried(by, Vec::new(), by_proxy),
            other => other,
        })
        .collect()
}

fn cast(resolution: &Resolution) -> u128 {
    resolution.sums().direct + resolution.sums().delegated
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_second_program_says_the_same(case in cases()) {
        let resolution = resolve(&case);
        let other = naive::resolve(&case);
        for (fate, other) in resolution.fates.iter().zip(&other) {
            if let (Fate::Delegated(way), Said::Carried(_, members, _)) = (fate, other) {
                prop_assert_eq!(usize::from(way.depth), members.len());
                prop_assert_eq!(Some(&way.next), members.first());
            }
        }
        if case.proxies.is_empty() && case.carried_max.is_none() {
            prop_assert_eq!(said(&resolution), other);
        } else {
            prop_assert_eq!(without_ways(said(&resolution)), without_ways(other));
        }
    }

    #[test]
    fn cast_and_uncast_weight_add_up_to_the_roll(case in cases()) {
        let resolution = resolve(&case);
        let sums = resolution.sums();
        let roll: u128 = case.weights.iter().sum();
        prop_assert_eq!(sums.direct + sums.delegated + sums.uncast, roll);
        let leaves: u128 = resolution.delegated().map(|(leaf, _)| leaf.weight).sum();
        prop_assert_eq!(leaves, sums.delegated);
        let proxied: u128 = resolution.delegated().filter(|(leaf, _)| leaf.proxy != Hash32::ZERO).map(|(leaf, _)| leaf.weight).sum();
        prop_assert_eq!(resolution.carried().values().sum::<u128>() + proxied, sums.delegated);
    }

    #[test]
    fn one_more_ballot_changes_no_other_member_s_own(case in cases(), more in 0_u32..12) {
        let more = more % u32::try_from(case.weights.len()).unwrap();
        let mut with = case.clone();
        with.voted.push(more);
        let (before, after) = (resolve(&case), resolve(&with));
        for voted in &case.voted {
            prop_assert_eq!(after.fates[*voted as usize], Fate::Direct);
            prop_assert_eq!(after.weights[*voted as usize], before.weights[*voted as usize]);
        }
        prop_assert_eq!(after.fates[more as usize], Fate::Direct);
        if case.carried_max.is_none() && case.proxies.is_empty() {
            prop_assert!(cast(&after) >= cast(&before));
        }
    }

    #[test]
    fn an_edge_less_in_a_circle_never_lowers_what_is_cast(case in cases(), at in 0_usize..36) {
        // Only where the rule caps nobody, as what was in the circle could take the place of what was carried, and where nobody votes
        // for others one by one, which a member in a circle may do for whoever trusts them.
        let case = Case { carried_max: None, proxies: Vec::new(), ..case };
        let before = resolve(&case);
        let in_circle = |edge: &governance::delegation::Edge| {
            (0_u32..).zip(&before.fates).any(|(number, fate)| member(number) == edge.truster && *fate == Fate::Uncast(Uncast::Cycle))
        };
        let edges: Vec<_> = case.edges.iter().filter(|edge| in_circle(edge)).copied().collect();
        if let Some(gone) = edges.get(at.checked_rem(edges.len()).unwrap_or_default()) {
            let mut without = case.clone();
            without.edges.retain(|edge| edge != gone);
            prop_assert!(cast(&resolve(&without)) >= cast(&before));
        }
    }

    #[test]
    fn the_order_in_which_it_is_told_does_not_matter(case in cases(), turn in 0_usize..36) {
        let mut other = case.clone();
        other.edges.reverse();
        let by = turn.checked_rem(other.edges.len()).unwrap_or_default();
        other.edges.rotate_left(by);
        other.voted.reverse();
        other.proxies.reverse();
        prop_assert_eq!(resolve(&case), resolve(&other));
    }
}

#[test]
fn a_million_members_in_chains_and_one_star_are_resolved_in_linear_work() {
    let count: u32 = 1_000_000;
    // Chains of 50 that end in one who votes; every other chain goes on into the star of member 0.
    let edges = (1..count)
        .filter(|number| number % 50 != 0 || number % 100 == 0)
        .map(|number| edge(number, Some(if number % 100 == 0 { 0 } else { number - 1 }), 0, 200))
        .collect();
    let case = Case {
        weights: vec![1; count as usize],
        voted: (0..count).filter(|number| number % 100 == 50 || *number == 0).collect(),
        edges,
        proxies: Vec::new(),
        carried_max: None,
    };
    let sums = resolve(&case).sums();
    assert_eq!(sums.direct, 10_001);
    assert_eq!((sums.delegated, sums.uncast), (989_999, 0));
}
