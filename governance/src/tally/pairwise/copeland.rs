//! Copeland's method: 2 points for each candidate one beats, 1 for each tie; equal points by the sum of margins, then the lot.

use std::cmp::{Ordering, Reverse};

use super::Pairwise;

/// The outcome of Copeland's method. Whoever is not compared has neither points nor a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopelandCount {
    /// Points of each candidate.
    pub points: Vec<u32>,
    /// Votes for less votes against, summed over all others, of each candidate.
    pub margins: Vec<i128>,
    /// Groups in order; who shares a group is equal in points and margins, for the lot.
    pub ranking: Vec<Vec<u16>>,
}

/// Compares everyone who stands.
#[must_use]
pub fn copeland(pairs: &Pairwise) -> CopelandCount {
    copeland_among(pairs, &pairs.standing())
}

/// Counts wins, ties and margins among `those` alone.
pub(super) fn copeland_among(pairs: &Pairwise, those: &[u16]) -> CopelandCount {
    let width = usize::from(pairs.candidates());
    let mut count = CopelandCount {
        points: vec![0; width],
        margins: vec![0; width],
        ranking: Vec::new(),
    };
    let mut order = Vec::new();
    for one in those {
        let (mut score, mut margin) = (0_u32, 0_i128);
        for other in those.iter().filter(|other| *other != one) {
            let (votes, against) = (pairs.prefers(*one, *other), pairs.prefers(*other, *one));
            score = score.saturating_add(match votes.cmp(&against) {
                Ordering::Greater => 2,
                Ordering::Equal => 1,
                Ordering::Less => 0,
            });
            let signed = |number: u128| i128::try_from(number).unwrap_or(i128::MAX);
            margin = margin.saturating_add(signed(votes).saturating_sub(signed(against)));
        }
        let at = usize::from(*one);
        if let (Some(points), Some(margins)) = (count.points.get_mut(at), count.margins.get_mut(at)) {
            (*points, *margins) = (score, margin);
        }
        order.push((Reverse((score, margin)), *one));
    }
    order.sort_unstable();
    count.ranking = order
        .chunk_by(|first, second| first.0 == second.0)
        .map(|group| group.iter().map(|(_, one)| *one).collect())
        .collect();
    count
}
