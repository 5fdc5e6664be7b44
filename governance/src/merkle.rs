//! OpenZeppelin "standard-v1" Merkle trees, which the anchor contract checks with OpenZeppelin's `MerkleProof`.
//!
//! Leaves are hashed twice, so that no inner node can pass as a leaf; leaves are sorted, and so is each pair before it is
//! hashed. The tree is an array in heap order: node `i` has the children `2i + 1` and `2i + 2`, and the sorted leaves stand at
//! its end, the smallest last. Proofs bind neither position nor size: the count of leaves stands in the record beside the root.
//! Source: the package `@openzeppelin/merkle-tree` 1.0.8, format `standard-v1`.

use crate::hash::{Hash32, keccak256, keccak256_words};

/// A tree over hashed leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    nodes: Vec<Hash32>,
    leaf_count: usize,
}

impl Tree {
    /// Builds the tree of `leaves`, each made by [`leaf_hash`]; their order does not matter.
    #[must_use]
    pub fn new(mut leaves: Vec<Hash32>) -> Self {
        leaves.sort_unstable();
        let leaf_count = leaves.len();
        let inner_count = leaf_count.saturating_sub(1);
        let mut nodes = vec![Hash32::ZERO; inner_count];
        nodes.extend(leaves.into_iter().rev());
        for index in (0..inner_count).rev() {
            let pair = children(index).map(|child| nodes.get(child).copied().unwrap_or_default());
            if let Some(node) = nodes.get_mut(index) {
                *node = pair_hash(pair);
            }
        }
        Self { nodes, leaf_count }
    }

    /// The root; [`Hash32::ZERO`] for an empty tree, against which nothing verifies.
    #[must_use]
    pub fn root(&self) -> Hash32 {
        self.nodes.first().copied().unwrap_or(Hash32::ZERO)
    }

    /// How many leaves the tree holds.
    #[must_use]
    pub const fn leaf_count(&self) -> usize {
        self.leaf_count
    }

    /// The siblings from `leaf` to the root; `None` if the tree does not hold the leaf.
    #[must_use]
    pub fn proof(&self, leaf: Hash32) -> Option<Vec<Hash32>> {
        let first_leaf = self.nodes.len().checked_sub(self.leaf_count)?;
        let leaves = self.nodes.get(first_leaf..)?;
        // The leaves stand in descending order.
        let position = leaves.binary_search_by(|probe| leaf.cmp(probe)).ok()?;
        let mut index = first_leaf.checked_add(position)?;
        let mut siblings = Vec::new();
        while index > 0 {
            let sibling = if index.is_multiple_of(2) {
                index.checked_sub(1)?
            } else {
                index.checked_add(1)?
            };
            siblings.push(self.nodes.get(sibling).copied()?);
            index = index.checked_sub(1)?.checked_div(2)?;
        }
        Some(siblings)
    }
}

fn children(index: usize) -> [usize; 2] {
    let left = index.saturating_mul(2).saturating_add(1);
    [left, left.saturating_add(1)]
}

/// The root over `leaves` without keeping the tree.
#[must_use]
pub fn root(leaves: Vec<Hash32>) -> Hash32 {
    Tree::new(leaves).root()
}

/// Whether `leaf` belongs to the tree with this `root`.
#[must_use]
pub fn verify(root: Hash32, leaf: Hash32, proof: &[Hash32]) -> bool {
    root != Hash32::ZERO && proof.iter().fold(leaf, |node, sibling| pair_hash([node, *sibling])) == root
}

/// The double hash of a leaf's words: `keccak256(keccak256(abi.encode(words)))`.
#[must_use]
pub fn leaf_hash(words: &[Hash32]) -> Hash32 {
    keccak256(keccak256_words(words).as_bytes())
}

/// A leaf of a batch that goes on chain: what kind of record, what it is about, and its struct hash.
#[must_use]
pub fn batch_leaf(tag: Hash32, subject: Hash32, record_hash: Hash32) -> Hash32 {
    leaf_hash(&[tag, subject, record_hash])
}

fn pair_hash(mut pair: [Hash32; 2]) -> Hash32 {
    pair.sort_unstable();
    keccak256_words(&pair)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(count: u128) -> Vec<Hash32> {
        (0..count)
            .map(|number| leaf_hash(&[Hash32::from_u128(number)]))
            .collect()
    }

    #[test]
    fn every_leaf_of_every_small_tree_has_a_proof_that_verifies() {
        for count in 1..70 {
            let tree = Tree::new(leaves(count));
            for leaf in leaves(count) {
                let proof = tree.proof(leaf).unwrap();
                assert!(verify(tree.root(), leaf, &proof), "leaf of {count}");
                let mut broken = proof.clone();
                if let Some(first) = broken.first_mut() {
                    *first = keccak256(first.as_bytes());
                    assert!(!verify(tree.root(), leaf, &broken), "broken leaf of {count}");
                }
            }
            assert_eq!(tree.proof(keccak256(b"stranger")), None);
        }
    }

    #[test]
    fn nothing_verifies_against_the_empty_root() {
        let tree = Tree::new(Vec::new());
        assert_eq!(tree.root(), Hash32::ZERO);
        assert!(!verify(Hash32::ZERO, Hash32::ZERO, &[]));
    }

    #[test]
    fn the_order_of_leaves_does_not_matter() {
        let mut shuffled = leaves(13);
        shuffled.rotate_left(5);
        assert_eq!(Tree::new(shuffled).root(), Tree::new(leaves(13)).root());
    }
}
