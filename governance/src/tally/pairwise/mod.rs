//! Methods that compare every two candidates: Schulze and Copeland, over one matrix of preferences.
//!
//! A paper prefers whom it ranks to everyone it leaves out; those left out, and those of equal rank, it does not compare.
//! Candidates are numbered from 0.

mod copeland;
mod schulze;
#[cfg(test)]
mod tests;

pub use copeland::{CopelandCount, copeland};
pub use schulze::{SchulzeCount, schulze};

use super::CountRefusal;

/// The most candidates these methods compare: the strongest paths take time with the cube of it, the matrix memory with the square.
pub const CANDIDATES_MAX: u16 = 500;
/// The most weight a count may hold, so that scores and sums of margins stay exact.
pub const WEIGHT_MAX: u128 = 1_000_000_000_000_000_000_000_000;

/// How much weight prefers one candidate to another, for every two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairwise {
    candidates: u16,
    cells: Vec<u128>,
    weight: u128,
}

impl Pairwise {
    /// No papers yet.
    ///
    /// # Errors
    /// [`CountRefusal::NoPlaces`] without candidates, [`CountRefusal::TooManyOptions`] above [`CANDIDATES_MAX`].
    pub fn new(candidates: u16) -> Result<Self, CountRefusal> {
        if candidates == 0 {
            return Err(CountRefusal::NoPlaces);
        }
        if candidates > CANDIDATES_MAX {
            return Err(CountRefusal::TooManyOptions);
        }
        let width = usize::from(candidates);
        Ok(Self {
            candidates,
            cells: vec![0; width.saturating_mul(width)],
            weight: 0,
        })
    }

    /// Adds `weight` papers. `ranks` holds groups of equally ranked candidates, the most preferred first; a candidate named
    /// again counts only where the paper names it first.
    ///
    /// # Errors
    /// [`CountRefusal::UnknownCandidate`] (its number from 1), [`CountRefusal::TooManyVotes`] above [`WEIGHT_MAX`]; nothing is
    /// added then.
    pub fn add(&mut self, ranks: &[Vec<u16>], weight: u128) -> Result<(), CountRefusal> {
        if let Some(unknown) = ranks.iter().flatten().find(|named| **named >= self.candidates) {
            return Err(CountRefusal::UnknownCandidate(unknown.saturating_add(1)));
        }
        let total = self.weight.checked_add(weight).filter(|total| *total <= WEIGHT_MAX);
        self.weight = total.ok_or(CountRefusal::TooManyVotes)?;
        let mut below: Vec<u16> = (0..self.candidates).collect();
        for rank in ranks {
            let group: Vec<u16> = below.iter().copied().filter(|one| rank.contains(one)).collect();
            below.retain(|one| !rank.contains(one));
            for winner in group {
                for loser in &below {
                    if let Some(cell) = self.index(winner, *loser).and_then(|at| self.cells.get_mut(at)) {
                        *cell = cell.saturating_add(weight);
                    }
                }
            }
        }
        Ok(())
    }

    fn index(&self, row: u16, column: u16) -> Option<usize> {
        if row >= self.candidates || column >= self.candidates {
            return None;
        }
        usize::from(row)
            .checked_mul(usize::from(self.candidates))?
            .checked_add(usize::from(column))
    }

    /// The weight that prefers `one` to `other`; 0 for anyone who does not stand.
    #[must_use]
    pub fn prefers(&self, one: u16, other: u16) -> u128 {
        self.index(one, other)
            .and_then(|at| self.cells.get(at))
            .copied()
            .unwrap_or_default()
    }

    /// How many candidates stand.
    #[must_use]
    pub const fn candidates(&self) -> u16 {
        self.candidates
    }

    /// The weight of all papers, blank ones with them.
    #[must_use]
    pub const fn weight(&self) -> u128 {
        self.weight
    }

    /// The matrix row by row, as it is published.
    #[must_use]
    pub fn rows(&self) -> Vec<Vec<u128>> {
        self.cells
            .chunks(usize::from(self.candidates).max(1))
            .map(<[u128]>::to_vec)
            .collect()
    }
}
