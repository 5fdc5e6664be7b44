//! Papers laid end to end: a million of them need no allocation each.

/// All papers of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Papers {
    heads: Vec<Head>,
    /// The candidates of every paper in the order of its ranks.
    names: Vec<u16>,
    /// For papers that are not strict: how many candidates each rank holds, 0 for a gap.
    sizes: Vec<u16>,
    scores: Vec<(u16, u32)>,
}

/// Where a paper ends in each list; it begins where the one before ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Head {
    line: usize,
    weight: u64,
    names: usize,
    sizes: usize,
    scores: usize,
}

/// One line of papers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paper<'a> {
    /// Its line in the file, from 1.
    pub line: usize,
    /// How many papers it stands for.
    pub weight: u64,
    /// Scores by candidate from 0, where the file gives scores.
    pub scores: &'a [(u16, u32)],
    names: &'a [u16],
    sizes: &'a [u16],
}

impl Papers {
    pub(super) fn len(&self) -> usize {
        self.heads.len()
    }

    pub(super) fn has_scores(&self) -> bool {
        !self.scores.is_empty()
    }

    pub(super) fn push(&mut self, line: usize, weight: u64, paper: &Draft) {
        self.names.extend_from_slice(&paper.names);
        if !paper.is_strict {
            self.sizes.extend_from_slice(&paper.sizes);
        }
        self.scores.extend_from_slice(&paper.scores);
        self.heads.push(Head {
            line,
            weight,
            names: self.names.len(),
            sizes: self.sizes.len(),
            scores: self.scores.len(),
        });
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Paper<'_>> {
        let mut begin = (0, 0, 0);
        self.heads.iter().map(move |head| {
            let paper = Paper {
                line: head.line,
                weight: head.weight,
                names: self.names.get(begin.0..head.names).unwrap_or_default(),
                sizes: self.sizes.get(begin.1..head.sizes).unwrap_or_default(),
                scores: self.scores.get(begin.2..head.scores).unwrap_or_default(),
            };
            begin = (head.names, head.sizes, head.scores);
            paper
        })
    }
}

/// A paper while it is read.
#[derive(Debug, Default)]
pub(super) struct Draft {
    names: Vec<u16>,
    sizes: Vec<u16>,
    scores: Vec<(u16, u32)>,
    is_strict: bool,
}

impl Draft {
    pub(super) fn clear(&mut self) {
        self.names.clear();
        self.sizes.clear();
        self.scores.clear();
        self.is_strict = true;
    }

    /// How many ranks there are, gaps with them.
    pub(super) fn ranks(&self) -> usize {
        self.sizes.len()
    }

    /// How many candidates stand in the ranks.
    pub(super) fn named(&self) -> usize {
        self.names.len()
    }

    /// A candidate in the next rank.
    pub(super) fn next(&mut self, candidate: u16) {
        self.names.push(candidate);
        self.sizes.push(1);
    }

    /// A candidate in the rank of the one before.
    pub(super) fn equal(&mut self, candidate: u16) {
        self.names.push(candidate);
        if let Some(size) = self.sizes.last_mut() {
            *size = size.saturating_add(1);
        }
        self.is_strict = false;
    }

    /// A rank that names nobody.
    pub(super) fn gap(&mut self) {
        self.sizes.push(0);
        self.is_strict = false;
    }

    pub(super) fn score(&mut self, candidate: u16, score: u32) {
        self.scores.push((candidate, score));
    }

    pub(super) fn scores(&self) -> &[(u16, u32)] {
        &self.scores
    }

    /// Ranks by score, the highest first, equal scores equally.
    pub(super) fn rank_by_score(&mut self) {
        let mut order = self.scores.clone();
        order.sort_unstable_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
        let mut before = None;
        for (candidate, score) in order {
            if before == Some(score) {
                self.equal(candidate);
            } else {
                self.next(candidate);
            }
            before = Some(score);
        }
    }

    /// Gaps after the last candidate say nothing.
    pub(super) fn end(&mut self) {
        while self.sizes.last() == Some(&0) {
            self.sizes.pop();
        }
        self.is_strict = self.sizes.iter().all(|size| *size == 1);
    }
}

impl<'a> Paper<'a> {
    /// The ranks, the most preferred first: groups of equal candidates, from 0; a gap is an empty group.
    #[must_use]
    pub fn ranks(&self) -> Ranks<'a> {
        Ranks {
            names: self.names,
            sizes: (!self.sizes.is_empty()).then_some(self.sizes),
        }
    }

    /// Everyone the paper ranks, in the order of ranks.
    #[must_use]
    pub const fn ranked(&self) -> &'a [u16] {
        self.names
    }

    /// The ranking, where it has neither gaps nor equal ranks.
    #[must_use]
    pub fn strict(&self) -> Option<&'a [u16]> {
        self.sizes.is_empty().then_some(self.names)
    }

    /// Whether candidates share a rank.
    #[must_use]
    pub fn has_equals(&self) -> bool {
        self.sizes.iter().any(|size| *size > 1)
    }

    /// The candidates before the first gap, for a paper without equal ranks.
    ///
    /// SSI 2007/42 transfers a paper only to preferences "in consecutive order".
    #[must_use]
    pub fn consecutive(&self) -> &'a [u16] {
        let end = self
            .sizes
            .iter()
            .position(|size| *size == 0)
            .unwrap_or(self.names.len());
        self.names.get(..end).unwrap_or(self.names)
    }
}

/// The ranks of a paper.
#[derive(Debug, Clone)]
pub struct Ranks<'a> {
    names: &'a [u16],
    sizes: Option<&'a [u16]>,
}

impl<'a> Iterator for Ranks<'a> {
    type Item = &'a [u16];

    fn next(&mut self) -> Option<Self::Item> {
        let size = match &mut self.sizes {
            None => 1,
            Some(sizes) => {
                let (first, rest) = sizes.split_first()?;
                *sizes = rest;
                usize::from(*first)
            }
        };
        let (rank, rest) = self.names.split_at_checked(size)?;
        self.names = rest;
        Some(rank)
    }
}
