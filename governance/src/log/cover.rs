//! Covers: one proof that many leaves are in one tree, each at its place.
//!
//! The tree is walked from its root as RFC 6962 splits it, left before right. A subtree that holds none of the claimed leaves is
//! the next hash of the cover and is not split; a claimed leaf is its hash; every other subtree is the node over its halves. So
//! nothing is said twice: leaves side by side need about twice as many hashes as the tree is high, and no leaves need more than
//! inclusion proofs of each would.
//!
//! Both sides walk with a stack that is no deeper than twice the height of the tree, and take or give one hash at a time, so a
//! cover may be longer than memory.

use super::proof::{HashReader, TreeHead, middle};
use super::tree::{self, Node, TREE_SIZE_MAX, empty_root, node_hash, range_nodes};
use crate::hash::Hash32;

/// A leaf that is said to be in the tree: its place and its hash.
pub type Claim = (u64, Hash32);

/// Why a cover is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CoverRefusal {
    /// A claimed leaf is outside the tree, or the tree is larger than [`TREE_SIZE_MAX`].
    #[error("the leaf {0} is outside the tree")]
    Outside(u64),
    /// The claimed leaves do not strictly ascend.
    #[error("the leaf {0} is claimed twice or out of order")]
    Order(u64),
    /// The cover ends before the tree does.
    #[error("the cover has too few hashes")]
    TooFew,
    /// The cover goes on after the tree has ended.
    #[error("the cover has too many hashes")]
    TooMany,
    /// The leaves and the cover do not lead to the root.
    #[error("the claimed leaves and the cover do not lead to the root")]
    Root,
}

/// Checks that each of these leaves stands at its place in the tree. Claims strictly ascend; the cover must be exactly as long as
/// it has to be. Without claims the cover is the root itself and proves nothing.
///
/// The work is bounded by the claims and the hashes taken, and no more hashes are taken than the claims need.
///
/// # Errors
/// [`CoverRefusal`] with the first reason found.
pub fn verify_cover(
    claims: &[Claim],
    head: TreeHead,
    hashes: impl IntoIterator<Item = Hash32>,
) -> Result<(), CoverRefusal> {
    let mut check = CoverCheck::new(claims, head)?;
    for hash in hashes {
        check.push(hash)?;
    }
    check.finish()
}

/// A cover that is checked as it comes, hash by hash. [`verify_cover`] is the same at once.
#[derive(Debug)]
pub struct CoverCheck<C> {
    claims: C,
    head: TreeHead,
    walk: Walk,
    /// The hashes of the subtrees that are done and wait for their siblings.
    halves: Vec<Hash32>,
}

impl<C: AsRef<[Claim]>> CoverCheck<C> {
    /// Begins to check the cover of these claims.
    ///
    /// # Errors
    /// [`CoverRefusal::Outside`] or [`CoverRefusal::Order`] where no cover could prove them.
    pub fn new(claims: C, head: TreeHead) -> Result<Self, CoverRefusal> {
        check_order(claims.as_ref().iter().map(|(index, _)| *index), head.size)?;
        let mut check = Self {
            claims,
            head,
            walk: Walk::new(head.size),
            halves: Vec::new(),
        };
        check.advance(None);
        Ok(check)
    }

    /// Takes the next hash of the cover.
    ///
    /// # Errors
    /// [`CoverRefusal::TooMany`] where the tree has ended.
    pub fn push(&mut self, hash: Hash32) -> Result<(), CoverRefusal> {
        if self.walk.is_done() {
            return Err(CoverRefusal::TooMany);
        }
        self.advance(Some(hash));
        Ok(())
    }

    /// Whether everything that was pushed leads to the root.
    ///
    /// # Errors
    /// [`CoverRefusal::TooFew`] where hashes are missing, [`CoverRefusal::Root`] where they are others.
    pub fn finish(&self) -> Result<(), CoverRefusal> {
        let root = root(&self.walk, &self.halves).ok_or(CoverRefusal::TooFew)?;
        if root == self.head.root {
            Ok(())
        } else {
            Err(CoverRefusal::Root)
        }
    }

    /// Walks on to the next subtree whose hash the cover has to give, with the hash of the one where it stands.
    fn advance(&mut self, mut given: Option<Hash32>) {
        loop {
            let claim = self.claims.as_ref().get(self.walk.passed).copied();
            match self.walk.peek(claim.map(|(index, _)| index)) {
                None => return,
                Some(Turn::Hole { .. }) => match given.take() {
                    Some(hash) => self.halves.push(hash),
                    None => return,
                },
                Some(Turn::Claim) => self.halves.extend(claim.map(|(_, leaf)| leaf)),
                Some(Turn::Join) => join(&mut self.halves),
            }
            self.walk.pass();
        }
    }
}

/// Plans the cover of the leaves at these places.
///
/// # Errors
/// [`CoverRefusal::Outside`] or [`CoverRefusal::Order`] where there is none.
pub fn cover_plan<I: AsRef<[u64]>>(indexes: I, size: u64) -> Result<CoverPlan<I>, CoverRefusal> {
    check_order(indexes.as_ref().iter().copied(), size)?;
    Ok(CoverPlan {
        indexes,
        walk: Walk::new(size),
    })
}

/// What a cover is made of: gives, in their order, for each of its hashes the complete subtrees that it is over, largest first.
#[derive(Debug)]
pub struct CoverPlan<I> {
    indexes: I,
    walk: Walk,
}

impl<I: AsRef<[u64]>> CoverPlan<I> {
    /// Reads the cover hash by hash, and the claimed leaves with it, so that in the end the root that it leads to is known.
    pub const fn read<R: HashReader>(self, reader: R) -> CoverHashes<I, R> {
        CoverHashes {
            plan: self,
            reader,
            halves: Vec::new(),
        }
    }

    fn next_turn(&mut self) -> Option<Turn> {
        let turn = self.walk.peek(self.next_claim())?;
        self.walk.pass();
        Some(turn)
    }

    fn next_claim(&self) -> Option<u64> {
        self.indexes.as_ref().get(self.walk.passed).copied()
    }
}

impl<I: AsRef<[u64]>> Iterator for CoverPlan<I> {
    type Item = Vec<Node>;

    fn next(&mut self) -> Option<Vec<Node>> {
        loop {
            if let Turn::Hole { start, end } = self.next_turn()? {
                return Some(range_nodes(start, end));
            }
        }
    }
}

/// A cover that is being read.
#[derive(Debug)]
pub struct CoverHashes<I, R> {
    plan: CoverPlan<I>,
    reader: R,
    halves: Vec<Hash32>,
}

impl<I: AsRef<[u64]>, R: HashReader> CoverHashes<I, R> {
    /// The next hash of the cover; `None` after the last.
    ///
    /// # Errors
    /// What the reader says.
    pub fn next_hash(&mut self) -> Result<Option<Hash32>, R::Error> {
        loop {
            let claim = self.plan.next_claim();
            match self.plan.next_turn() {
                None => return Ok(None),
                Some(Turn::Hole { start, end }) => {
                    let nodes = range_nodes(start, end).into_iter().map(|node| self.reader.read(node));
                    // A hole is over at least one leaf.
                    let hash = tree::fold(&nodes.collect::<Result<Vec<_>, _>>()?);
                    self.halves.extend(hash);
                    return Ok(hash);
                }
                Some(Turn::Claim) => {
                    let index = claim.unwrap_or_default();
                    let leaf = self.reader.read(Node { level: 0, index })?;
                    self.halves.push(leaf);
                }
                Some(Turn::Join) => join(&mut self.halves),
            }
        }
    }

    /// The whole cover.
    ///
    /// # Errors
    /// What the reader says.
    pub fn collect(&mut self) -> Result<Vec<Hash32>, R::Error> {
        let mut cover = Vec::new();
        while let Some(hash) = self.next_hash()? {
            cover.push(hash);
        }
        Ok(cover)
    }

    /// The root to which the cover leads with the claimed leaves as they were read; `None` before its end.
    #[must_use]
    pub fn root(&self) -> Option<Hash32> {
        root(&self.plan.walk, &self.halves)
    }
}

/// Puts a node in the place of its halves. A join is reached only after both.
fn join(halves: &mut Vec<Hash32>) {
    if let (Some(right), Some(left)) = (halves.pop(), halves.pop()) {
        halves.push(node_hash(left, right));
    }
}

/// The root at the end of a walk.
fn root(walk: &Walk, halves: &[Hash32]) -> Option<Hash32> {
    match halves {
        _ if !walk.is_done() => None,
        [] => Some(empty_root()),
        [root] => Some(*root),
        _ => None,
    }
}

/// Where the walk stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// At a subtree without claims: the leaves from `start` to `end`, left out.
    Hole { start: u64, end: u64 },
    /// At the next claimed leaf.
    Claim,
    /// At a subtree whose halves are done.
    Join,
}

/// What the walk has yet to do.
#[derive(Debug, Clone, Copy)]
enum Step {
    Range { start: u64, end: u64 },
    Turn(Turn),
}

/// The walk over the tree. It knows how many claims it has passed, and is told the next one.
#[derive(Debug)]
struct Walk {
    todo: Vec<Step>,
    passed: usize,
}

impl Walk {
    fn new(size: u64) -> Self {
        let whole = Step::Range { start: 0, end: size };
        Self {
            todo: if size == 0 { Vec::new() } else { vec![whole] },
            passed: 0,
        }
    }

    const fn is_done(&self) -> bool {
        self.todo.is_empty()
    }

    /// Where the walk stands, if `claim` is the first claim not passed; `None` at its end. Asked twice it says the same.
    fn peek(&mut self, claim: Option<u64>) -> Option<Turn> {
        loop {
            let turn = match *self.todo.last()? {
                Step::Turn(turn) => return Some(turn),
                Step::Range { start, end } if claim.is_none_or(|claim| end <= claim) => Turn::Hole { start, end },
                Step::Range { start, end } => match middle(start, end) {
                    None => Turn::Claim,
                    Some(middle) => {
                        self.todo.pop();
                        self.todo.push(Step::Turn(Turn::Join));
                        self.todo.push(Step::Range { start: middle, end });
                        self.todo.push(Step::Range { start, end: middle });
                        continue;
                    }
                },
            };
            self.todo.pop();
            self.todo.push(Step::Turn(turn));
        }
    }

    /// Goes on from where [`Self::peek`] said that the walk stands.
    fn pass(&mut self) {
        if let Some(Step::Turn(Turn::Claim)) = self.todo.pop() {
            self.passed = self.passed.saturating_add(1);
        }
    }
}

/// Whether these places strictly ascend within a tree of this size.
fn check_order(indexes: impl Iterator<Item = u64>, size: u64) -> Result<(), CoverRefusal> {
    if size > TREE_SIZE_MAX {
        return Err(CoverRefusal::Outside(size));
    }
    let mut last = None;
    for index in indexes {
        if last.is_some_and(|last| index <= last) {
            return Err(CoverRefusal::Order(index));
        }
        if index >= size {
            return Err(CoverRefusal::Outside(index));
        }
        last = Some(index);
    }
    Ok(())
}
