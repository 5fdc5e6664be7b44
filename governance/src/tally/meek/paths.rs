//! How votes pass down strict rankings: papers that go the same way are distributed as one.
//!
//! Within a round nothing changes but the factors, and whoever is hopeful keeps all that arrives. So a paper matters only down to
//! its first hopeful candidate. The ways down to there form a tree: all but the last of a way are elected, and stay so. A vote is
//! cut at each step by itself and then multiplied, so that papers that share the beginning of a way share its steps exactly.
//!
//! Whoever is elected lets the papers go on below, whoever is defeated lets them go on beside. Each paper is read once, from its first
//! candidate to its last, over the whole count.

use super::papers::Papers;
use super::pass::{Standing, divide};
use super::{Arithmetic, SCALE};

/// No node, no paper.
const NONE: usize = usize::MAX;

/// A step of a way; the first one is the beginning of all.
#[derive(Debug, Clone, Copy)]
struct Node {
    candidate: u16,
    /// The step before, which stands before this one in the list.
    parent: usize,
    /// The last of the steps after it, and the one before that.
    child: usize,
    sibling: usize,
    /// How many papers come by.
    weight: u128,
    /// The last of the papers that wait here, each of which names the one before.
    waiting: usize,
}

/// The ways of all strict rankings.
pub(super) struct Paths<'a> {
    papers: &'a Papers,
    nodes: Vec<Node>,
    /// How far each paper was read.
    read: Vec<usize>,
    /// The paper that waits before each paper in the same place.
    before: Vec<usize>,
    /// The steps at which papers wait, by hopeful candidate.
    ends: Vec<Vec<usize>>,
    /// The step after the one that is looked at, by candidate; empty in between.
    after: Vec<usize>,
}

impl<'a> Paths<'a> {
    pub(super) fn new(papers: &'a Papers, standing: &[Standing]) -> Self {
        let (mut begin, mut last) = (0, NONE);
        let (mut read, mut before) = (Vec::new(), Vec::new());
        for (paper, (end, _)) in papers.strict().iter().enumerate() {
            read.push(begin);
            before.push(last);
            (begin, last) = (*end, paper);
        }
        let root = Node {
            candidate: u16::MAX,
            parent: NONE,
            child: NONE,
            sibling: NONE,
            weight: 0,
            waiting: NONE,
        };
        let mut paths = Self {
            papers,
            nodes: vec![root],
            read,
            before,
            ends: vec![Vec::new(); standing.len()],
            after: vec![NONE; standing.len()],
        };
        paths.move_on(last, 0, standing);
        paths
    }

    /// The weight of papers that name somebody who stood at the beginning.
    pub(super) fn weight(&self) -> u128 {
        let first = self.nodes.iter().filter(|node| node.parent == 0);
        first.fold(0, |sum, node| sum.saturating_add(node.weight))
    }

    /// Lets the papers go on that wait at somebody whose standing has changed.
    pub(super) fn update(&mut self, changed: &[u16], standing: &[Standing]) {
        for one in changed {
            let ends = self.ends.get_mut(usize::from(*one)).map(std::mem::take);
            for end in ends.unwrap_or_default() {
                let Some(node) = self.nodes.get_mut(end) else { continue };
                let (papers, parent) = (std::mem::replace(&mut node.waiting, NONE), node.parent);
                match standing.get(usize::from(*one)) {
                    Some(Standing::Elected | Standing::Hopeful) => self.move_on(papers, end, standing),
                    Some(Standing::Defeated) | None => {
                        node.weight = 0;
                        self.move_on(papers, parent, standing);
                    }
                }
            }
        }
    }

    /// Lets a chain of papers go on from a step.
    fn move_on(&mut self, papers: usize, from: usize, standing: &[Standing]) {
        let mut waiting = vec![(papers, from)];
        while let Some((papers, from)) = waiting.pop() {
            let passes = self.split(papers, from, standing);
            for node in passes {
                let papers = self
                    .nodes
                    .get_mut(node)
                    .map_or(NONE, |node| std::mem::replace(&mut node.waiting, NONE));
                waiting.push((papers, node));
            }
        }
    }

    /// Puts each paper of a chain at the next step, and gives the steps of the elected where papers wait now.
    fn split(&mut self, papers: usize, from: usize, standing: &[Standing]) -> Vec<usize> {
        self.show_steps(from);
        let (mut passes, mut next) = (Vec::new(), papers);
        while let Some((end, weight)) = self.papers.strict().get(next).copied() {
            let paper = next;
            next = self.before.get(paper).copied().unwrap_or(NONE);
            let Some(candidate) = self.read_on(paper, end, standing) else {
                continue;
            };
            let step = self.step(from, candidate, standing);
            let Some(node) = self.nodes.get_mut(step) else { continue };
            if node.waiting == NONE && standing.get(usize::from(candidate)) == Some(&Standing::Elected) {
                passes.push(step);
            }
            node.weight = node.weight.saturating_add(weight);
            if let Some(before) = self.before.get_mut(paper) {
                *before = std::mem::replace(&mut node.waiting, paper);
            }
        }
        self.hide_steps(from);
        passes
    }

    /// The next candidate of a paper who is not defeated.
    fn read_on(&mut self, paper: usize, end: usize, standing: &[Standing]) -> Option<u16> {
        let read = self.read.get_mut(paper)?;
        let rest = self.papers.names().get(*read..end)?;
        let stands = |one: &u16| !matches!(standing.get(usize::from(*one)), Some(Standing::Defeated) | None);
        let passed = rest.iter().position(stands).unwrap_or(rest.len());
        *read = read.saturating_add(passed).saturating_add(1).min(end);
        rest.get(passed).copied()
    }

    /// The step to a candidate after this one, which is made where there is none.
    fn step(&mut self, from: usize, candidate: u16, standing: &[Standing]) -> usize {
        let known = self.after.get(usize::from(candidate)).copied().unwrap_or(NONE);
        if known != NONE {
            return known;
        }
        let made = self.nodes.len();
        let sibling = self
            .nodes
            .get_mut(from)
            .map_or(NONE, |from| std::mem::replace(&mut from.child, made));
        self.nodes.push(Node {
            candidate,
            parent: from,
            child: NONE,
            sibling,
            weight: 0,
            waiting: NONE,
        });
        if let Some(after) = self.after.get_mut(usize::from(candidate)) {
            *after = made;
        }
        if standing.get(usize::from(candidate)) == Some(&Standing::Hopeful)
            && let Some(ends) = self.ends.get_mut(usize::from(candidate))
        {
            ends.push(made);
        }
        made
    }

    fn show_steps(&mut self, from: usize) {
        let mut child = self.nodes.get(from).map_or(NONE, |node| node.child);
        while let Some(node) = self.nodes.get(child) {
            if let Some(after) = self.after.get_mut(usize::from(node.candidate)) {
                *after = child;
            }
            child = node.sibling;
        }
    }

    fn hide_steps(&mut self, from: usize) {
        let mut child = self.nodes.get(from).map_or(NONE, |node| node.child);
        while let Some(node) = self.nodes.get(child) {
            if let Some(after) = self.after.get_mut(usize::from(node.candidate)) {
                *after = NONE;
            }
            child = node.sibling;
        }
    }

    /// Adds what everyone holds of these papers by these factors, times [`SCALE`].
    pub(super) fn distribute(&self, keep: &[u64], arithmetic: Arithmetic, totals: &mut [u128]) {
        let mut parts: Vec<u64> = Vec::with_capacity(self.nodes.len());
        parts.push(SCALE);
        for node in self.nodes.iter().skip(1) {
            let at = usize::from(node.candidate);
            let part = parts.get(node.parent).copied().unwrap_or_default();
            let (kept, passed) = divide(part, keep.get(at).copied().unwrap_or_default(), arithmetic);
            if let Some(total) = totals.get_mut(at) {
                *total = total.saturating_add(u128::from(kept).saturating_mul(node.weight));
            }
            parts.push(passed);
        }
    }
}
