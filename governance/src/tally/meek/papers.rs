//! The papers of a count by Meek's method, laid end to end.

use std::collections::BTreeMap;

/// Papers by their ranks (groups of equal candidates, the most preferred first), and how many of each there are.
///
/// Rankings without equal candidates lie end to end: a million of them need no allocation each, and passing over them reads memory
/// in order. Others, and papers that name somebody twice, stand apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Papers {
    /// The candidates of strict rankings.
    names: Vec<u16>,
    /// Where each of these ends in `names`, and how many there are of it. It begins where the one before ends.
    strict: Vec<(usize, u128)>,
    /// All others.
    others: BTreeMap<Vec<Vec<u16>>, u128>,
    /// The last paper that named each candidate, counted from 1 as they were added: nothing has to be cleared between papers.
    named_by: Vec<usize>,
    added: usize,
}

impl Papers {
    /// No papers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `weight` papers with these ranks, candidates from 0; one without ranks is blank. An empty rank says nothing.
    pub fn add<R: AsRef<[u16]>>(&mut self, ranks: &[R], weight: u128) {
        let begin = self.names.len();
        if self.extend(ranks) {
            let before = self.strict.iter().rev().nth(1).map_or(0, |(end, _)| *end);
            match self.strict.last_mut() {
                // The same ranking as the one before.
                Some((end, last)) if self.names.get(before..*end) == self.names.get(begin..) => {
                    *last = last.saturating_add(weight);
                    self.names.truncate(begin);
                }
                Some(_) | None => self.strict.push((self.names.len(), weight)),
            }
            return;
        }
        self.names.truncate(begin);
        let ranks = ranks.iter().map(|rank| rank.as_ref().to_vec()).collect();
        let place: &mut u128 = self.others.entry(ranks).or_default();
        *place = place.saturating_add(weight);
    }

    /// Appends the candidates; `false` where ranks are shared or somebody is named twice.
    fn extend<R: AsRef<[u16]>>(&mut self, ranks: &[R]) -> bool {
        self.added = self.added.saturating_add(1);
        for rank in ranks {
            match rank.as_ref() {
                [] => {}
                [one] => {
                    let at = usize::from(*one);
                    if at >= self.named_by.len() {
                        self.named_by.resize(at.saturating_add(1), 0);
                    }
                    match self.named_by.get_mut(at) {
                        Some(before) if *before != self.added => *before = self.added,
                        Some(_) | None => return false,
                    }
                    self.names.push(*one);
                }
                [_, _, ..] => return false,
            }
        }
        true
    }

    /// The same papers, none of them laid end to end.
    #[cfg(test)]
    pub(super) fn apart(&self) -> Self {
        let (mut apart, mut begin) = (Self::new(), 0);
        apart.others.clone_from(&self.others);
        for (end, weight) in &self.strict {
            let ranks = self.names[begin..*end].iter().map(|one| vec![*one]).collect();
            *apart.others.entry(ranks).or_default() += weight;
            begin = *end;
        }
        apart
    }

    pub(super) fn names(&self) -> &[u16] {
        &self.names
    }

    pub(super) fn strict(&self) -> &[(usize, u128)] {
        &self.strict
    }

    pub(super) const fn others(&self) -> &BTreeMap<Vec<Vec<u16>>, u128> {
        &self.others
    }

    /// A candidate on some paper who is not among the first `candidates`.
    pub(super) fn unknown(&self, candidates: u16) -> Option<u16> {
        let others = self.others.keys().flatten().flatten();
        let highest = self.names.iter().chain(others).max().copied();
        highest.filter(|one| *one >= candidates)
    }

    /// How many papers there are, blank ones with them.
    pub(super) fn weight(&self) -> u128 {
        let strict = self.strict.iter().map(|(_, weight)| *weight);
        let all = strict.chain(self.others.values().copied());
        all.fold(0, u128::saturating_add)
    }
}

impl FromIterator<(Vec<Vec<u16>>, u128)> for Papers {
    fn from_iter<T: IntoIterator<Item = (Vec<Vec<u16>>, u128)>>(all: T) -> Self {
        let mut papers = Self::new();
        for (ranks, weight) in all {
            papers.add(&ranks, weight);
        }
        papers
    }
}
