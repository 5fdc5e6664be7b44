//! The matrix of preferences. A million papers of twenty candidates make 190 million sums, so nothing else is done for each.

use super::{CANDIDATES_MAX, WEIGHT_MAX};
use crate::ballot::Method;
use crate::tally::CountRefusal;
use crate::tally::limit::Limit;

/// How much weight prefers one candidate to another, for every two.
#[derive(Debug, Clone)]
pub struct Pairwise {
    stands: Vec<bool>,
    cells: Vec<u128>,
    weight: u128,
    blank: u128,
    /// Room for one paper, kept from one to the next.
    paper: Paper,
}

/// A paper laid out flat.
#[derive(Debug, Clone, Default)]
struct Paper {
    /// Everyone who stands, in order of rank; then those whom the paper leaves out.
    order: Vec<u16>,
    /// Where each rank ends in `order`.
    ends: Vec<usize>,
    /// Whom the paper has named.
    named: Vec<bool>,
}

impl PartialEq for Pairwise {
    fn eq(&self, other: &Self) -> bool {
        (&self.stands, &self.cells, self.weight, self.blank) == (&other.stands, &other.cells, other.weight, other.blank)
    }
}

impl Eq for Pairwise {}

impl Pairwise {
    /// No papers yet.
    ///
    /// # Errors
    /// [`CountRefusal::NoPlaces`] without candidates, [`Limit::Candidates`] above [`CANDIDATES_MAX`].
    pub fn new(candidates: u16) -> Result<Self, CountRefusal> {
        Self::without(candidates, &[])
    }

    /// No papers yet, and preferences for those who withdrew will be passed over.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn without(candidates: u16, withdrawn: &[u16]) -> Result<Self, CountRefusal> {
        if candidates == 0 {
            return Err(CountRefusal::NoPlaces);
        }
        if candidates > CANDIDATES_MAX {
            return Err(CountRefusal::Limit(Limit::Candidates {
                method: Method::Schulze,
                max: CANDIDATES_MAX,
            }));
        }
        let width = usize::from(candidates);
        Ok(Self {
            stands: (0..candidates).map(|one| !withdrawn.contains(&one)).collect(),
            cells: vec![0; width.saturating_mul(width)],
            weight: 0,
            blank: 0,
            paper: Paper::default(),
        })
    }

    /// Adds `weight` papers. `ranks` holds groups of equally ranked candidates, the most preferred first; a candidate named
    /// again counts only where the paper names it first.
    ///
    /// # Errors
    /// [`CountRefusal::UnknownCandidate`] (its number from 1), [`Limit::Votes`] above [`WEIGHT_MAX`]; nothing is added then.
    pub fn add<R: AsRef<[u16]>>(
        &mut self,
        ranks: impl IntoIterator<Item = R>,
        weight: u128,
    ) -> Result<(), CountRefusal> {
        let sum = self.weight.checked_add(weight).filter(|sum| *sum <= WEIGHT_MAX);
        let sum = sum.ok_or(CountRefusal::Limit(Limit::Votes {
            method: Method::Schulze,
            max: WEIGHT_MAX,
        }))?;
        let mut paper = std::mem::take(&mut self.paper);
        let laid_out = paper.lay_out(ranks, &self.stands);
        if laid_out.is_ok() {
            self.weight = sum;
            if paper.ends.is_empty() {
                self.blank = self.blank.saturating_add(weight);
            }
            self.add_paper(&paper, weight);
        }
        self.paper = paper;
        laid_out
    }

    /// As [`Self::add`], for a paper that ranks nobody equally.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn add_strict(&mut self, ranking: &[u16], weight: u128) -> Result<(), CountRefusal> {
        self.add(ranking.chunks(1), weight)
    }

    fn add_paper(&mut self, paper: &Paper, weight: u128) {
        let width = self.stands.len();
        let mut start = 0;
        for end in &paper.ends {
            let (Some(group), Some(below)) = (paper.order.get(start..*end), paper.order.get(*end..)) else {
                return;
            };
            for winner in group {
                let Some(row) = self.cells.chunks_exact_mut(width).nth(usize::from(*winner)) else {
                    return;
                };
                for loser in below {
                    if let Some(cell) = row.get_mut(usize::from(*loser)) {
                        // Within `WEIGHT_MAX`, checked before.
                        *cell = cell.wrapping_add(weight);
                    }
                }
            }
            start = *end;
        }
    }

    /// The weight that prefers `one` to `other`; 0 for anyone who does not stand.
    #[must_use]
    pub fn prefers(&self, one: u16, other: u16) -> u128 {
        let width = self.stands.len();
        if usize::from(other) >= width {
            return 0;
        }
        let at = usize::from(one)
            .saturating_mul(width)
            .saturating_add(usize::from(other));
        self.cells.get(at).copied().unwrap_or_default()
    }

    /// How many candidates there are, with those who withdrew.
    #[must_use]
    pub fn candidates(&self) -> u16 {
        u16::try_from(self.stands.len()).unwrap_or(u16::MAX)
    }

    /// Those who stand, ascending.
    #[must_use]
    pub fn standing(&self) -> Vec<u16> {
        self.those(true)
    }

    /// Those who withdrew, ascending.
    #[must_use]
    pub fn withdrawn(&self) -> Vec<u16> {
        self.those(false)
    }

    fn those(&self, stands: bool) -> Vec<u16> {
        (0..)
            .zip(&self.stands)
            .filter(|(_, is)| **is == stands)
            .map(|(one, _)| one)
            .collect()
    }

    /// The weight of all papers, blank ones with them.
    #[must_use]
    pub const fn weight(&self) -> u128 {
        self.weight
    }

    /// The weight of papers that name nobody who stands.
    #[must_use]
    pub const fn blank(&self) -> u128 {
        self.blank
    }

    /// The matrix row by row, as it is published.
    #[must_use]
    pub fn rows(&self) -> Vec<Vec<u128>> {
        self.cells
            .chunks(self.stands.len().max(1))
            .map(<[u128]>::to_vec)
            .collect()
    }

    /// Puts a number into the matrix, for tests of matrices that no papers are given for.
    #[cfg(test)]
    pub(super) fn set(&mut self, one: u16, other: u16, weight: u128) {
        let at = usize::from(one) * self.stands.len() + usize::from(other);
        self.cells[at] = weight;
    }
}

impl Paper {
    fn lay_out<R: AsRef<[u16]>>(
        &mut self,
        ranks: impl IntoIterator<Item = R>,
        stands: &[bool],
    ) -> Result<(), CountRefusal> {
        self.order.clear();
        self.ends.clear();
        // Whoever does not stand is as one named before.
        self.named.clear();
        self.named.extend(stands.iter().map(|stands| !stands));
        for rank in ranks {
            let before = self.order.len();
            for one in rank.as_ref() {
                let named = self.named.get_mut(usize::from(*one));
                let named = named.ok_or(CountRefusal::UnknownCandidate(one.saturating_add(1)))?;
                if !std::mem::replace(named, true) {
                    self.order.push(*one);
                }
            }
            if self.order.len() > before {
                self.ends.push(self.order.len());
            }
        }
        let left_out = (0..).zip(&self.named).filter(|(_, named)| !**named);
        self.order.extend(left_out.map(|(one, _)| one));
        Ok(())
    }
}
