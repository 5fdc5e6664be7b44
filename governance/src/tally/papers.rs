//! Papers that rank candidates strictly, identical ones together.

use std::collections::BTreeMap;

/// Valid papers and blank ones, identical papers together: a count needs as much memory as there are different papers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Papers {
    pub(in crate::tally) rankings: BTreeMap<Vec<u16>, u128>,
    pub(in crate::tally) blank: u128,
}

impl Papers {
    /// No papers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `weight` papers with this ranking, candidates from 0, the most preferred first; an empty one is blank.
    pub fn add(&mut self, ranking: &[u16], weight: u128) {
        let place = if ranking.is_empty() {
            &mut self.blank
        } else if let Some(known) = self.rankings.get_mut(ranking) {
            known
        } else {
            self.rankings.entry(ranking.to_vec()).or_default()
        };
        *place = place.saturating_add(weight);
    }

    /// How many different rankings there are.
    #[must_use]
    pub fn distinct(&self) -> usize {
        self.rankings.len()
    }

    /// Papers that say nothing: blank ones, and those that name only candidates who withdrew.
    pub(in crate::tally) fn void(&self, withdrawn: &[u16]) -> u128 {
        self.rankings
            .iter()
            .filter(|(ranking, _)| ranking.iter().all(|candidate| withdrawn.contains(candidate)))
            .fold(self.blank, |sum, (_, weight)| sum.saturating_add(*weight))
    }
}

/// The part of a ranking from its first candidate that `stands` on.
pub(in crate::tally) fn from_next(ranking: &[u16], stands: impl Fn(u16) -> bool) -> Option<&[u16]> {
    let position = ranking.iter().position(|candidate| stands(*candidate))?;
    ranking.get(position..)
}
