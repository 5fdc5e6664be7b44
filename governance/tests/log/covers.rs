//! Aim: a cover proves exactly the leaves it is of. Method: every set of leaves of small trees and random sets of trees up to 70
//! leaves, against a cover made by the definition, each then changed by a bit, a hash, a leaf, a place and a size.

use std::iter::once;

use governance::hash::Hash32;
use governance::log::Node;
use governance::log::cover::{Claim, CoverCheck, CoverRefusal, cover_plan, verify_cover};
use governance::log::proof::{HashReader as _, TreeHead, inclusion_plan};
use governance::log::tree::{TREE_SIZE_MAX, empty_root, leaf_hash, node_hash};
use proptest::prelude::*;

use crate::tools::{Leaves, flip};

const SIZE_MAX: u64 = 70;

/// The definition, word for word: the cover of the leaves from `start` on that `claimed` does not name, and the root.
fn by_definition(leaves: &[Hash32], start: u64, claimed: &[u64], cover: &mut Vec<Hash32>) -> Hash32 {
    let end = start + leaves.len() as u64;
    let holds_none = !claimed.iter().any(|index| (start..end).contains(index));
    let mut ignored = Vec::new();
    let root = match leaves {
        [] => return empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            let below = if holds_none { &mut ignored } else { &mut *cover };
            let left_root = by_definition(left, start, claimed, below);
            node_hash(
                left_root,
                by_definition(right, start + left.len() as u64, claimed, below),
            )
        }
    };
    if holds_none {
        cover.push(root);
    }
    root
}

fn at(number: u64) -> usize {
    usize::try_from(number).unwrap()
}

/// The cover of these leaves is that of the definition, and verifies; nothing that differs from it does.
fn check(size: u64, indexes: &[u64]) {
    let mut leaves = Leaves::new(size);
    let head = leaves.head(size);
    let place = format!("{indexes:?} of {size}");
    let mut expected = Vec::new();
    let root = by_definition(&leaves.0, 0, indexes, &mut expected);
    assert_eq!(root, head.root, "{place}");
    let mut reading = cover_plan(indexes, size).unwrap().read(|node| leaves.read(node));
    assert_eq!(reading.root().is_some(), size == 0, "{place}, nothing read yet");
    let cover = reading.collect().unwrap();
    assert_eq!(cover, expected, "{place}");
    assert_eq!(reading.root(), Some(head.root), "{place}");
    let each = indexes.iter().map(|index| inclusion_plan(*index, size).unwrap());
    let inclusions: usize = each.map(|plan| plan.make(&mut leaves).unwrap().len()).sum();
    assert!(indexes.is_empty() || cover.len() <= inclusions, "{place}");
    let claims: Vec<Claim> = indexes.iter().map(|index| (*index, leaves.0[at(*index)])).collect();
    assert_eq!(verify_cover(&claims, head, cover.iter().copied()), Ok(()), "{place}");
    refuse_other_covers(&claims, head, &cover, &place);
    refuse_other_claims(&claims, head, &cover, &place);
}

fn verify(claims: &[Claim], head: TreeHead, cover: &[Hash32]) -> Result<(), CoverRefusal> {
    verify_cover(claims, head, cover.iter().copied())
}

fn refuse_other_covers(claims: &[Claim], head: TreeHead, cover: &[Hash32], place: &str) {
    let stranger = leaf_hash(b"stranger");
    for number in 0..cover.len() {
        let mut other = cover.to_vec();
        other[number] = flip(other[number], number * 7);
        assert_eq!(
            verify(claims, head, &other),
            Err(CoverRefusal::Root),
            "{place}, hash {number}"
        );
        other.remove(number);
        assert_eq!(
            verify(claims, head, &other),
            Err(CoverRefusal::TooFew),
            "{place}, without {number}"
        );
        other = cover.to_vec();
        other.insert(number, stranger);
        assert_eq!(
            verify(claims, head, &other),
            Err(CoverRefusal::TooMany),
            "{place}, one more at {number}"
        );
    }
    let longer: Vec<Hash32> = cover.iter().copied().chain(once(stranger)).collect();
    assert_eq!(
        verify(claims, head, &longer),
        Err(CoverRefusal::TooMany),
        "{place}, one more"
    );
    let other = TreeHead {
        root: flip(head.root, 3),
        ..head
    };
    assert_eq!(
        verify(claims, other, cover),
        Err(CoverRefusal::Root),
        "{place}, another root"
    );
}

fn refuse_other_claims(claims: &[Claim], head: TreeHead, cover: &[Hash32], place: &str) {
    for number in 0..claims.len() {
        let mut other = claims.to_vec();
        other[number].1 = flip(other[number].1, number * 5);
        assert_eq!(
            verify(&other, head, cover),
            Err(CoverRefusal::Root),
            "{place}, claim {number}"
        );
        other.remove(number);
        assert!(verify(&other, head, cover).is_err(), "{place}, a claim less");
        other = claims.to_vec();
        other.insert(number, claims[number]);
        let twice = Err(CoverRefusal::Order(claims[number].0));
        assert_eq!(verify(&other, head, cover), twice, "{place}, claim {number} twice");
        // Moved by one, where that is another place of the tree, it is a leaf that does not stand there.
        other = claims.to_vec();
        other[number].0 += 1;
        assert!(verify(&other, head, cover).is_err(), "{place}, claim {number} moved");
        if number > 0 {
            other = claims.to_vec();
            other.swap(number - 1, number);
            assert!(
                matches!(verify(&other, head, cover), Err(CoverRefusal::Order(_))),
                "{place}, turned"
            );
            // Two leaves that changed places, too, are found.
            other = claims.to_vec();
            (other[number].1, other[number - 1].1) = (other[number - 1].1, other[number].1);
            assert_eq!(
                verify(&other, head, cover),
                Err(CoverRefusal::Root),
                "{place}, changed places"
            );
        }
    }
}

#[test]
fn every_set_of_leaves_of_every_tree_up_to_ten_is_proved_and_nothing_else() {
    for size in 0..=10 {
        for set in 0..1_u64 << size {
            let indexes: Vec<u64> = (0..size).filter(|index| set >> index & 1 == 1).collect();
            check(size, &indexes);
        }
    }
}

#[test]
fn every_run_of_leaves_needs_no_more_hashes_than_its_two_ends() {
    for size in (1..=34).chain(62..=SIZE_MAX) {
        check(size, &(0..size).collect::<Vec<_>>());
        let mut leaves = Leaves::new(size);
        let head = leaves.head(size);
        for (start, end) in (0..size).flat_map(|start| (start + 1..=size).map(move |end| (start, end))) {
            let claims: Vec<Claim> = (start..end).map(|index| (index, leaves.0[at(index)])).collect();
            let indexes: Vec<u64> = (start..end).collect();
            let plan = cover_plan(&indexes, size).unwrap();
            let cover = plan.read(|node| leaves.read(node)).collect().unwrap();
            assert!(cover.len() <= 2 * 7, "{start} to {end} of {size}: {}", cover.len());
            assert_eq!(verify_cover(&claims, head, cover), Ok(()), "{start} to {end} of {size}");
        }
        for index in (0..size).step_by(3) {
            check(size, &[index]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn random_sets_of_leaves_are_proved_and_nothing_else(size in 1..=SIZE_MAX, set in any::<u128>()) {
        let indexes: Vec<u64> = (0..size).filter(|index| set >> index & 1 == 1).collect();
        check(size, &indexes);
    }
}

#[test]
fn hostile_sizes_places_and_lengths_cost_nothing() {
    let root = leaf_hash(b"root");
    let endless = || std::iter::repeat(root);
    for size in [1, 2, 3, 1 << 40, (1 << 62) - 1, TREE_SIZE_MAX] {
        let head = TreeHead { size, root };
        for claims in [
            vec![],
            vec![(0, root)],
            vec![(size - 1, root)],
            vec![(0, root), (size - 1, root)],
        ] {
            if size == 1 && claims.len() == 2 {
                continue;
            }
            let mut taken = 0;
            let hashes = endless().inspect(|_| taken += 1);
            assert_eq!(
                verify_cover(&claims, head, hashes),
                Err(CoverRefusal::TooMany),
                "{size}"
            );
            assert!(taken <= 2 * 62 + 2, "{taken} of {size}");
        }
    }
    for size in [0, 1, 5, TREE_SIZE_MAX] {
        for outside in [size, size + 1, u64::MAX] {
            let refusal = CoverCheck::new([(outside, root)], TreeHead { size, root }).unwrap_err();
            assert_eq!(refusal, CoverRefusal::Outside(outside), "{size}");
            assert_eq!(cover_plan([outside], size).unwrap_err(), refusal);
        }
    }
    for size in [TREE_SIZE_MAX + 1, u64::MAX] {
        assert_eq!(cover_plan([0], size).unwrap_err(), CoverRefusal::Outside(size));
        let head = TreeHead { size, root };
        assert_eq!(
            verify_cover(&[(0, root)], head, endless()),
            Err(CoverRefusal::Outside(size))
        );
    }
    let plan = cover_plan([0, TREE_SIZE_MAX - 2], TREE_SIZE_MAX - 1).unwrap();
    assert!(plan.map(|nodes| nodes.len()).sum::<usize>() <= 2 * 62);
}

#[test]
fn nothing_is_proved_of_the_empty_tree_but_that_it_is_empty() {
    let head = TreeHead {
        size: 0,
        root: empty_root(),
    };
    assert_eq!(verify_cover(&[], head, []), Ok(()));
    assert_eq!(verify_cover(&[], head, [empty_root()]), Err(CoverRefusal::TooMany));
    let other = TreeHead {
        root: leaf_hash(b""),
        ..head
    };
    assert_eq!(verify_cover(&[], other, []), Err(CoverRefusal::Root));
}

#[test]
fn whoever_reads_a_cover_from_damaged_hashes_sees_it_in_the_root() {
    let mut leaves = Leaves::new(20);
    let head = leaves.head(20);
    let indexes = [3, 4, 5, 11, 19];
    for damaged in 0..20 {
        let mut reading = cover_plan(indexes, 20).unwrap().read(|node: Node| {
            let hash = leaves.read(node)?;
            let is_over = (node.index << node.level..node.end().unwrap()).contains(&damaged);
            Ok::<_, std::convert::Infallible>(if is_over { flip(hash, 9) } else { hash })
        });
        let _ = reading.collect().unwrap();
        assert!(reading.root().is_some_and(|root| root != head.root), "leaf {damaged}");
    }
    let mut reading = cover_plan(indexes, 20).unwrap().read(|node: Node| Err(node));
    assert_eq!(
        reading.collect(),
        Err(Node { level: 1, index: 0 }),
        "the first hash that cannot be read"
    );
}
