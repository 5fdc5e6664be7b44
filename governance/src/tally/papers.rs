//! Papers that rank candidates strictly.

/// Valid papers and blank ones. They lie end to end, so that a million of them need no allocation each; identical ones that
/// follow each other are kept as one with their weight.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Papers {
    candidates: Vec<u16>,
    /// Where each paper ends in `candidates`, and how many there are of it. It begins where the one before ends.
    papers: Vec<(usize, u128)>,
    blank: u128,
}

impl Papers {
    /// No papers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `weight` papers with this ranking, candidates from 0, the most preferred first; an empty one is blank.
    pub fn add(&mut self, ranking: &[u16], weight: u128) {
        if ranking.is_empty() {
            self.blank = self.blank.saturating_add(weight);
            return;
        }
        let begin = self.papers.iter().rev().nth(1).map_or(0, |(end, _)| *end);
        if self.candidates.get(begin..) == Some(ranking)
            && let Some((_, last)) = self.papers.last_mut()
        {
            *last = last.saturating_add(weight);
            return;
        }
        self.candidates.extend_from_slice(ranking);
        self.papers.push((self.candidates.len(), weight));
    }

    /// Each ranking with how many papers have it, in the order they were added.
    pub(in crate::tally) fn iter(&self) -> impl Iterator<Item = (&[u16], u128)> {
        let mut begin = 0;
        self.papers.iter().map(move |(end, weight)| {
            let ranking = self.candidates.get(begin..*end).unwrap_or_default();
            begin = *end;
            (ranking, *weight)
        })
    }

    /// The highest candidate on any paper who is not among the first `candidates`.
    pub(in crate::tally) fn unknown(&self, candidates: u16) -> Option<u16> {
        self.candidates.iter().copied().max().filter(|most| *most >= candidates)
    }

    /// Papers that say nothing: blank ones, and those that name only candidates who withdrew.
    pub(in crate::tally) fn void(&self, withdrawn: &[u16]) -> u128 {
        if withdrawn.is_empty() {
            return self.blank;
        }
        self.iter()
            .filter(|(ranking, _)| ranking.iter().all(|candidate| withdrawn.contains(candidate)))
            .fold(self.blank, |sum, (_, weight)| sum.saturating_add(weight))
    }
}

/// The part of a ranking from its first candidate that `stands` on.
pub(in crate::tally) fn from_next(ranking: &[u16], stands: impl Fn(u16) -> bool) -> Option<&[u16]> {
    let position = ranking.iter().position(|candidate| stands(*candidate))?;
    ranking.get(position..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn papers_keep_their_order_and_only_neighbours_are_joined() {
        let mut papers = Papers::new();
        for (ranking, weight) in [
            (&[0, 1][..], 1),
            (&[0, 1], 2),
            (&[], 5),
            (&[1], 1),
            (&[0, 1], 4),
            (&[0, 1], 1),
            (&[0], 1),
            (&[1, 0], 1),
        ] {
            papers.add(ranking, weight);
        }
        let all: Vec<(&[u16], u128)> = papers.iter().collect();
        let expected: [(&[u16], u128); 5] = [(&[0, 1], 3), (&[1], 1), (&[0, 1], 5), (&[0], 1), (&[1, 0], 1)];
        assert_eq!(all, expected);
        assert_eq!((papers.void(&[]), papers.void(&[1]), papers.void(&[0, 1])), (5, 6, 16));
        assert_eq!((papers.unknown(2), papers.unknown(1)), (None, Some(1)));
    }
}
