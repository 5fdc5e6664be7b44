//! Proofs over the log: that a leaf is in a tree, and that a tree has grown from another.
//!
//! A proof is planned first and read second: the plan names the complete subtrees it needs, so that they may come from tiles,
//! from rows of a database that answers later, or from memory. Source: [RFC
//! 9162](https://www.rfc-editor.org/rfc/rfc9162#section-2.1), 2.1.3 and 2.1.4; the trees are those of RFC 6962.

use super::tree::{self, Node, TREE_SIZE_MAX, node_hash, range_nodes};
use crate::hash::Hash32;

/// Gives the hashes of complete subtrees. A function from [`Node`] to a hash is one.
pub trait HashReader {
    /// Why a hash cannot be read.
    type Error;

    /// The hash of a complete subtree.
    ///
    /// # Errors
    /// When the hash cannot be had.
    fn read(&mut self, node: Node) -> Result<Hash32, Self::Error>;
}

impl<F, E> HashReader for F
where
    F: FnMut(Node) -> Result<Hash32, E>,
{
    type Error = E;

    fn read(&mut self, node: Node) -> Result<Hash32, E> {
        self(node)
    }
}

/// What a proof is made of: for each of its hashes the complete subtrees it covers, largest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    elements: Vec<Vec<Node>>,
}

impl Plan {
    /// Every subtree whose hash the proof needs: at most twice as many as the tree is high.
    pub fn nodes(&self) -> impl Iterator<Item = Node> + '_ {
        self.elements.iter().flatten().copied()
    }

    /// Reads the proof, innermost hash first, as it is verified.
    ///
    /// # Errors
    /// What the reader says.
    pub fn make<R: HashReader>(&self, reader: &mut R) -> Result<Vec<Hash32>, R::Error> {
        let mut proof = Vec::with_capacity(self.elements.len());
        for nodes in &self.elements {
            let hashes = nodes.iter().map(|node| reader.read(*node));
            let hashes = hashes.collect::<Result<Vec<_>, _>>()?;
            // No element is empty: each covers at least one leaf.
            proof.extend(tree::fold(&hashes));
        }
        Ok(proof)
    }
}

/// Plans the proof that leaf `index` is in the tree of this size; `None` if it is not, or the size is above [`TREE_SIZE_MAX`].
#[must_use]
pub fn inclusion_plan(index: u64, size: u64) -> Option<Plan> {
    if index >= size || size > TREE_SIZE_MAX {
        return None;
    }
    let (mut start, mut end) = (0, size);
    let mut elements = Vec::new();
    while let Some(middle) = middle(start, end) {
        if index < middle {
            elements.push(range_nodes(middle, end));
            end = middle;
        } else {
            elements.push(range_nodes(start, middle));
            start = middle;
        }
    }
    elements.reverse();
    Some(Plan { elements })
}

/// Plans the proof that the tree of size `second` begins with the tree of size `first`; `None` if it is the smaller, or above
/// [`TREE_SIZE_MAX`]. Between equal trees, and from the empty tree, the proof is empty.
#[must_use]
pub fn consistency_plan(first: u64, second: u64) -> Option<Plan> {
    if first > second || second > TREE_SIZE_MAX {
        return None;
    }
    let mut elements = Vec::new();
    if first == 0 {
        return Some(Plan { elements });
    }
    let (mut start, mut end) = (0, second);
    while first < end {
        let Some(middle) = middle(start, end) else { break };
        if first <= middle {
            elements.push(range_nodes(middle, end));
            end = middle;
        } else {
            elements.push(range_nodes(start, middle));
            start = middle;
        }
    }
    // If the walk never went right, what remains is the first tree itself, which the verifier knows.
    if start > 0 {
        elements.push(range_nodes(start, end));
    }
    elements.reverse();
    Some(Plan { elements })
}

/// Where RFC 6962 splits the leaves from `start` to `end`: after the largest power of two smaller than their number.
pub(super) fn middle(start: u64, end: u64) -> Option<u64> {
    let power = end.checked_sub(start)?.checked_sub(1)?.checked_ilog2()?;
    start.checked_add(1 << power)
}

/// Why a proof is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofRefusal {
    /// The leaf is outside the tree, or the older tree is the larger.
    #[error("the proof speaks of something outside the tree")]
    Outside,
    /// The proof has more or fewer hashes than a proof of these sizes has.
    #[error("the proof has the wrong length")]
    Length,
    /// The hashes do not lead to the root.
    #[error("the proof does not lead to the root")]
    Root,
}

/// A tree as a checkpoint names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeHead {
    /// The number of leaves.
    pub size: u64,
    /// The root over them.
    pub root: Hash32,
}

/// Checks that the leaf with this hash stands at `index` in the tree. The work is bounded by the height of the tree, however
/// long the proof.
///
/// # Errors
/// [`ProofRefusal`] with the first reason found.
pub fn verify_inclusion(leaf: Hash32, index: u64, head: TreeHead, proof: &[Hash32]) -> Result<(), ProofRefusal> {
    let Some(last) = head.size.checked_sub(1).filter(|last| index <= *last) else {
        return Err(ProofRefusal::Outside);
    };
    let mut path = Path { at: index, last };
    let mut root = leaf;
    for sibling in proof {
        root = match path.step()? {
            Side::Left => node_hash(*sibling, root),
            Side::Right => node_hash(root, *sibling),
        };
    }
    path.finish()?;
    same_root(root, head.root)
}

/// Checks that the tree `second` begins with the tree `first`. The work is bounded by the height of the trees, however long the
/// proof.
///
/// # Errors
/// [`ProofRefusal`] with the first reason found.
pub fn verify_consistency(first: TreeHead, second: TreeHead, proof: &[Hash32]) -> Result<(), ProofRefusal> {
    let (Some(last_of_first), Some(last)) = (first.size.checked_sub(1), second.size.checked_sub(1)) else {
        return verify_from_nothing(first, second, proof);
    };
    if first.size >= second.size {
        return verify_same(first, second, proof);
    }
    // A first tree that is one complete subtree is left out of the proof: the verifier knows its root.
    let (start, rest) = if first.size.is_power_of_two() {
        (first.root, proof)
    } else {
        let (start, rest) = proof.split_first().ok_or(ProofRefusal::Length)?;
        (*start, rest)
    };
    let shift = last_of_first.trailing_ones();
    let mut path = Path {
        at: last_of_first.checked_shr(shift).unwrap_or(0),
        last: last.checked_shr(shift).unwrap_or(0),
    };
    let (mut first_root, mut second_root) = (start, start);
    for sibling in rest {
        match path.step()? {
            Side::Left => {
                first_root = node_hash(*sibling, first_root);
                second_root = node_hash(*sibling, second_root);
            }
            Side::Right => second_root = node_hash(second_root, *sibling),
        }
    }
    path.finish()?;
    same_root(first_root, first.root)?;
    same_root(second_root, second.root)
}

/// The empty tree is the beginning of every tree, if it is said to have the root of the empty tree.
fn verify_from_nothing(first: TreeHead, second: TreeHead, proof: &[Hash32]) -> Result<(), ProofRefusal> {
    if first.size > second.size {
        return Err(ProofRefusal::Outside);
    }
    if !proof.is_empty() {
        return Err(ProofRefusal::Length);
    }
    same_root(first.root, tree::empty_root())?;
    if second.size == 0 {
        same_root(second.root, tree::empty_root())?;
    }
    Ok(())
}

fn verify_same(first: TreeHead, second: TreeHead, proof: &[Hash32]) -> Result<(), ProofRefusal> {
    if first.size > second.size {
        return Err(ProofRefusal::Outside);
    }
    if !proof.is_empty() {
        return Err(ProofRefusal::Length);
    }
    same_root(first.root, second.root)
}

fn same_root(found: Hash32, expected: Hash32) -> Result<(), ProofRefusal> {
    if found == expected {
        Ok(())
    } else {
        Err(ProofRefusal::Root)
    }
}

/// On which side of the node its sibling in the proof stands.
enum Side {
    Left,
    Right,
}

/// A walk from a node to the root: `at` is its number on its level, `last` that of the last node there (`fn` and `sn` in the
/// RFC).
struct Path {
    at: u64,
    last: u64,
}

impl Path {
    /// Goes up until the node has a sibling, and says on which side.
    fn step(&mut self) -> Result<Side, ProofRefusal> {
        if self.last == 0 {
            return Err(ProofRefusal::Length);
        }
        let is_right = self.at & 1 == 1 || self.at == self.last;
        if is_right {
            // The last node of a level may have no sibling there; it is its own parent until it does.
            while self.at & 1 == 0 && self.at != 0 {
                self.up();
            }
        }
        self.up();
        Ok(if is_right { Side::Left } else { Side::Right })
    }

    const fn up(&mut self) {
        self.at >>= 1;
        self.last >>= 1;
    }

    const fn finish(&self) -> Result<(), ProofRefusal> {
        if self.last == 0 {
            Ok(())
        } else {
            Err(ProofRefusal::Length)
        }
    }
}
