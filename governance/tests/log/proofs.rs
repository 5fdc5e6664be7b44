//! Aim: a proof verifies exactly where it should. Method: every leaf and every pair of sizes of trees up to 130 leaves, each
//! proof then changed by a bit, a hash, an index and a size.

use governance::hash::Hash32;
use governance::log::proof::{
    ProofRefusal, TreeHead, consistency_plan, inclusion_plan, verify_consistency, verify_inclusion,
};
use governance::log::tree::{Frontier, TREE_SIZE_MAX, empty_root, leaf_hash, node_hash};

use crate::tools::{Leaves, flip};

const SIZE_MAX: u64 = 130;

fn heads(leaves: &Leaves) -> Vec<TreeHead> {
    (0..=SIZE_MAX).map(|size| leaves.head(size)).collect()
}

/// The proof with a hash taken away at its end, at its beginning, one added at either, and with one bit of each hash changed.
fn broken(proof: &[Hash32], bit: usize) -> Vec<Vec<Hash32>> {
    let stranger = leaf_hash(b"stranger");
    let mut all = vec![[proof, &[stranger]].concat(), [&[stranger], proof].concat()];
    if let [first, .., last] = proof {
        all.push([proof, &[*last]].concat());
        all.push([&[*first], proof].concat());
    }
    if !proof.is_empty() {
        all.push(proof[1..].to_vec());
        all.push(proof[..proof.len() - 1].to_vec());
    }
    for place in 0..proof.len() {
        let mut one = proof.to_vec();
        one[place] = flip(one[place], bit + place);
        all.push(one);
    }
    all
}

#[test]
fn every_leaf_of_every_tree_up_to_130_is_proved_and_nothing_else() {
    let mut leaves = Leaves::new(SIZE_MAX);
    let heads = heads(&leaves);
    for head in &heads {
        for index in 0..head.size {
            let proof = inclusion_plan(index, head.size).unwrap().make(&mut leaves).unwrap();
            let leaf = leaves.0[usize::try_from(index).unwrap()];
            let place = format!("leaf {index} of {}", head.size);
            assert_eq!(verify_inclusion(leaf, index, *head, &proof), Ok(()), "{place}");
            let bit = usize::try_from(index * 7 + head.size).unwrap();
            for wrong in broken(&proof, bit) {
                assert!(verify_inclusion(leaf, index, *head, &wrong).is_err(), "broken {place}");
            }
            assert!(
                verify_inclusion(flip(leaf, bit), index, *head, &proof).is_err(),
                "{place}"
            );
            let other_root = TreeHead {
                root: flip(head.root, bit),
                ..*head
            };
            assert!(verify_inclusion(leaf, index, other_root, &proof).is_err(), "{place}");
            for other in [
                index + 1,
                index ^ 1,
                index ^ 2,
                index.wrapping_sub(1),
                u64::MAX,
                head.size,
            ] {
                if other != index {
                    assert!(
                        verify_inclusion(leaf, other, *head, &proof).is_err(),
                        "{place}, {other}"
                    );
                }
            }
        }
        assert_eq!(inclusion_plan(head.size, head.size), None, "one past the end");
    }
}

#[test]
fn every_pair_of_sizes_up_to_130_is_proved_and_nothing_else() {
    let mut leaves = Leaves::new(SIZE_MAX);
    let heads = heads(&leaves);
    for second in &heads {
        for first in heads.iter().take_while(|first| first.size <= second.size) {
            let proof = consistency_plan(first.size, second.size)
                .unwrap()
                .make(&mut leaves)
                .unwrap();
            let pair = format!("{} to {}", first.size, second.size);
            assert_eq!(verify_consistency(*first, *second, &proof), Ok(()), "{pair}");
            let bit = usize::try_from(first.size * 5 + second.size).unwrap();
            for wrong in broken(&proof, bit) {
                assert!(verify_consistency(*first, *second, &wrong).is_err(), "broken {pair}");
            }
            let other = |head: &TreeHead| TreeHead {
                root: flip(head.root, bit),
                ..*head
            };
            assert!(verify_consistency(other(first), *second, &proof).is_err(), "{pair}");
            // From nothing follows nothing: any tree begins with the empty one.
            let changed = verify_consistency(*first, other(second), &proof);
            assert_eq!(changed.is_ok(), first.size == 0 && second.size > 0, "{pair}");
            if first.size < second.size {
                assert_eq!(consistency_plan(second.size, first.size), None);
                assert_eq!(
                    verify_consistency(*second, *first, &proof),
                    Err(ProofRefusal::Outside),
                    "{pair} backwards"
                );
            }
        }
    }
}

#[test]
fn a_rewritten_history_has_no_proof() {
    let honest = Leaves::new(SIZE_MAX);
    for changed in [0, 1, 63, 64, 99] {
        let mut rewritten = Leaves::new(SIZE_MAX);
        rewritten.0[changed] = leaf_hash(b"another ballot");
        let proof = consistency_plan(100, SIZE_MAX).unwrap().make(&mut rewritten).unwrap();
        let (before, after) = (honest.head(100), rewritten.head(SIZE_MAX));
        assert_eq!(
            verify_consistency(before, after, &proof),
            Err(ProofRefusal::Root),
            "leaf {changed}"
        );
    }
}

#[test]
fn hostile_sizes_and_lengths_cost_nothing() {
    let root = leaf_hash(b"root");
    let long = vec![root; 100_000];
    for size in [0, 1, 2, 1 << 40, TREE_SIZE_MAX, u64::MAX - 1, u64::MAX] {
        let head = TreeHead { size, root };
        for other in [0, 1, size / 2, size.saturating_sub(1), size, u64::MAX] {
            assert!(verify_inclusion(root, other, head, &long).is_err());
            let second = TreeHead { size: other, root };
            assert!(verify_consistency(head, second, &long).is_err());
            assert!(verify_consistency(second, head, &long).is_err());
        }
    }
    assert_eq!(inclusion_plan(0, TREE_SIZE_MAX + 1), None);
    assert_eq!(consistency_plan(1, TREE_SIZE_MAX + 1), None);
    let plan = inclusion_plan(TREE_SIZE_MAX - 2, TREE_SIZE_MAX - 1).unwrap();
    assert!(plan.nodes().count() <= 124);
}

#[test]
fn a_right_edge_is_read_from_hashes() {
    let mut leaves = Leaves::new(SIZE_MAX);
    for size in 0..=SIZE_MAX {
        let frontier = Frontier::read(size, &mut leaves).unwrap();
        assert_eq!(frontier.root(), leaves.head(size).root, "size {size}");
    }
    assert_eq!(leaves.head(0).root, empty_root());
}

#[test]
fn a_proof_higher_than_the_tree_is_refused_even_where_its_hashes_fit() {
    let (left, right) = (leaf_hash(b"left"), leaf_hash(b"right"));
    let root = node_hash(left, right);
    // Two leaves, said to be one: hashed to the end, the proof would lead to the root.
    let head = TreeHead { size: 1, root };
    assert_eq!(verify_inclusion(right, 0, head, &[left]), Err(ProofRefusal::Length));
    // A proof of growth ends where its sizes do.
    let above = node_hash(leaf_hash(b"above"), node_hash(root, left));
    let (first, second) = (TreeHead { size: 2, root }, TreeHead { size: 3, root: above });
    let proof = [left, leaf_hash(b"above")];
    assert_eq!(verify_consistency(first, second, &proof), Err(ProofRefusal::Length));
}
