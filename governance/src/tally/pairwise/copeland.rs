//! Copeland's method: 2 points for each candidate one beats, 1 for each tie; equal points by the sum of margins, then the lot.

use std::cmp::Reverse;

use super::Pairwise;

/// The outcome of Copeland's method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopelandCount {
    /// Points of each candidate.
    pub points: Vec<u32>,
    /// Votes for less votes against, summed over all others, of each candidate.
    pub margins: Vec<i128>,
    /// Groups in order; who shares a group is equal in points and margins, for the lot.
    pub ranking: Vec<Vec<u16>>,
}

/// Counts wins, ties and margins.
#[must_use]
pub fn copeland(pairs: &Pairwise) -> CopelandCount {
    let everyone = 0..pairs.candidates();
    let mut points = Vec::new();
    let mut margins = Vec::new();
    let mut order = Vec::new();
    for one in everyone.clone() {
        let (mut score, mut margin) = (0_u32, 0_i128);
        for other in everyone.clone().filter(|other| *other != one) {
            let (votes, against) = (pairs.prefers(one, other), pairs.prefers(other, one));
            score = score.saturating_add(match votes.cmp(&against) {
                std::cmp::Ordering::Greater => 2,
                std::cmp::Ordering::Equal => 1,
                std::cmp::Ordering::Less => 0,
            });
            let signed = |number: u128| i128::try_from(number).unwrap_or(i128::MAX);
            margin = margin.saturating_add(signed(votes).saturating_sub(signed(against)));
        }
        points.push(score);
        margins.push(margin);
        order.push((Reverse((score, margin)), one));
    }
    order.sort_unstable();
    let ranking = order
        .chunk_by(|first, second| first.0 == second.0)
        .map(|group| group.iter().map(|(_, one)| *one).collect())
        .collect();
    CopelandCount {
        points,
        margins,
        ranking,
    }
}
