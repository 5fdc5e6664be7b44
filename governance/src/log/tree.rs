//! The Merkle tree of the log: hashes, complete subtrees, and the right edge to which leaves are appended.
//!
//! Source: [RFC 6962](https://www.rfc-editor.org/rfc/rfc6962#section-2.1), section 2.1, with SHA-256.

use sha2::{Digest, Sha256};

use super::proof::HashReader;
use crate::hash::Hash32;

/// The largest size of a tree, in leaves. Nothing gets there by appending; it keeps sums of sizes within 64 bits.
pub const TREE_SIZE_MAX: u64 = 1 << 62;

/// The hash of a leaf: `SHA-256(0x00 ‖ data)`.
#[must_use]
pub fn leaf_hash(data: &[u8]) -> Hash32 {
    let digest = Sha256::new().chain_update([0]).chain_update(data).finalize();
    Hash32::from_bytes(digest.into())
}

/// The hash of an inner node: `SHA-256(0x01 ‖ left ‖ right)`.
#[must_use]
pub fn node_hash(left: Hash32, right: Hash32) -> Hash32 {
    let hasher = Sha256::new().chain_update([1]).chain_update(left.as_bytes());
    Hash32::from_bytes(hasher.chain_update(right.as_bytes()).finalize().into())
}

/// The root of a tree without leaves: the SHA-256 of nothing.
#[must_use]
pub fn empty_root() -> Hash32 {
    Hash32::from_bytes(Sha256::digest([]).into())
}

/// The hash over subtrees that stand side by side, largest first; `None` for none.
pub(crate) fn fold(hashes: &[Hash32]) -> Option<Hash32> {
    hashes
        .iter()
        .rev()
        .copied()
        .reduce(|right, left| node_hash(left, right))
}

/// A complete subtree: that of the leaves `index * 2^level` to `(index + 1) * 2^level`, the last left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// The height of the subtree; 0 is a leaf.
    pub level: u8,
    /// How many subtrees of this height stand to its left.
    pub index: u64,
}

impl Node {
    /// The number of the first leaf to its right; `None` where it lies beyond [`TREE_SIZE_MAX`].
    #[must_use]
    pub fn end(&self) -> Option<u64> {
        let width = 1_u64.checked_shl(u32::from(self.level))?;
        let end = self.index.checked_add(1)?.checked_mul(width)?;
        (end <= TREE_SIZE_MAX).then_some(end)
    }
}

/// The complete subtrees that cover the leaves from `start` to `end` (left out), largest first. `start` must be a multiple of a
/// power of two that is no less than their number, as it is for every range that RFC 6962 speaks of.
pub(crate) fn range_nodes(start: u64, end: u64) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut at = start;
    while let Some(power) = end.checked_sub(at).and_then(u64::checked_ilog2) {
        nodes.push(Node {
            level: u8::try_from(power).unwrap_or(u8::MAX),
            index: at >> power,
        });
        at = at.saturating_add(1 << power);
    }
    nodes
}

/// The complete subtrees at the right edge of a tree, largest first: enough to append to it and to know its root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    hashes: Vec<Hash32>,
}

impl Frontier {
    /// The right edge of the empty tree.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            size: 0,
            hashes: Vec::new(),
        }
    }

    /// The right edge of a tree of this size from what [`Self::hashes`] gave; `None` if they are too few or too many, or the
    /// size is above [`TREE_SIZE_MAX`]. Whether they are the right ones shows in the root.
    #[must_use]
    pub fn from_hashes(size: u64, hashes: Vec<Hash32>) -> Option<Self> {
        let expected = usize::try_from(size.count_ones()).ok()?;
        (size <= TREE_SIZE_MAX && hashes.len() == expected).then_some(Self { size, hashes })
    }

    /// Reads the right edge of a tree of this size.
    ///
    /// # Errors
    /// What the reader says.
    pub fn read<R: HashReader>(size: u64, reader: &mut R) -> Result<Self, R::Error> {
        let nodes = Self::nodes(size).into_iter().map(|node| reader.read(node));
        Ok(Self {
            size,
            hashes: nodes.collect::<Result<_, _>>()?,
        })
    }

    /// The subtrees at the right edge of a tree of this size, in the order of [`Self::hashes`].
    #[must_use]
    pub fn nodes(size: u64) -> Vec<Node> {
        range_nodes(0, size)
    }

    /// Appends the hash of a leaf.
    pub fn push(&mut self, leaf: Hash32) {
        let mut hash = leaf;
        // Each one bit at the end of the size is a subtree that the leaf completes.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.hashes.pop() {
                hash = node_hash(left, hash);
            }
        }
        self.hashes.push(hash);
        // Above TREE_SIZE_MAX, which the constructors keep to, there is room for more leaves than can be hashed.
        self.size = self.size.saturating_add(1);
    }

    /// How many leaves the tree has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The hashes of the subtrees at the right edge, largest first: one for each one bit of the size.
    #[must_use]
    pub fn hashes(&self) -> &[Hash32] {
        &self.hashes
    }

    /// The root of the tree.
    #[must_use]
    pub fn root(&self) -> Hash32 {
        fold(&self.hashes).unwrap_or_else(empty_root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition of RFC 6962, word for word.
    fn by_definition(leaves: &[Hash32]) -> Hash32 {
        match leaves {
            [] => empty_root(),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                node_hash(by_definition(left), by_definition(right))
            }
        }
    }

    #[test]
    fn the_right_edge_gives_the_root_of_the_definition() {
        let mut frontier = Frontier::new();
        let mut leaves = Vec::new();
        for number in 0_u32..300 {
            assert_eq!(frontier.root(), by_definition(&leaves), "size {number}");
            let stored = Frontier::from_hashes(frontier.size(), frontier.hashes().to_vec());
            assert_eq!(stored.as_ref(), Some(&frontier), "size {number}");
            leaves.push(leaf_hash(&number.to_be_bytes()));
            frontier.push(leaves[leaves.len() - 1]);
        }
    }

    #[test]
    fn a_right_edge_of_another_size_is_refused() {
        let hash = leaf_hash(b"leaf");
        assert_eq!(Frontier::from_hashes(3, vec![hash]), None, "too few");
        assert_eq!(Frontier::from_hashes(4, vec![hash; 2]), None, "too many");
        assert_eq!(
            Frontier::from_hashes(TREE_SIZE_MAX + 1, vec![hash; 2]),
            None,
            "too large"
        );
    }

    #[test]
    fn a_subtree_ends_where_the_next_begins() {
        for (level, index, end) in [
            (0, 0, Some(1)),
            (3, 2, Some(24)),
            (62, 0, Some(TREE_SIZE_MAX)),
            (62, 1, None),
            (63, 0, None),
            (64, 0, None),
            (255, u64::MAX, None),
            (0, u64::MAX, None),
        ] {
            assert_eq!(Node { level, index }.end(), end, "level {level}, index {index}");
        }
    }
}
