//! Schulze's method with winning votes. Source: M. Schulze, "A new monotonic, clone-independent, reversal symmetric, and
//! condorcet-consistent single-winner election method" (2011), section 2; a path's strength is its weakest pair's
//! (votes for, then fewest votes against).

use std::cmp::{Ordering, Reverse};

use super::Pairwise;

/// Strength of a pair or path: more votes for, then fewer against. `None` is no path.
type Strength = Option<(u128, Reverse<u128>)>;

/// The outcome of Schulze's method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchulzeCount {
    /// Everyone whom nobody beats, ascending; more than one is a tie for the lot.
    pub winners: Vec<u16>,
    /// Winners first, then the winners among the rest, and so on; each group ascending.
    pub ranking: Vec<Vec<u16>>,
    /// How many others each candidate beats by the strongest paths.
    pub beaten: Vec<u128>,
}

/// Finds the strongest paths among everyone who stands, and who is unbeaten.
#[must_use]
pub fn schulze(pairs: &Pairwise) -> SchulzeCount {
    schulze_among(pairs, &pairs.standing())
}

/// Finds the strongest paths that lead over `those` alone, and who of them is unbeaten.
pub(super) fn schulze_among(pairs: &Pairwise, those: &[u16]) -> SchulzeCount {
    let paths = strongest_paths(pairs, those);
    let at =
        |one: usize, other: usize| -> Strength { paths.get(one).and_then(|row| row.get(other)).copied().flatten() };
    let beats = |one: usize, other: usize| at(one, other).cmp(&at(other, one)) == Ordering::Greater;
    let mut beaten = vec![0_u128; usize::from(pairs.candidates())];
    for (place, one) in those.iter().enumerate() {
        let number = (0..those.len()).filter(|other| beats(place, *other)).count();
        if let Some(cell) = beaten.get_mut(usize::from(*one)) {
            *cell = u128::try_from(number).unwrap_or(u128::MAX);
        }
    }
    let mut left: Vec<usize> = (0..those.len()).collect();
    let mut ranking: Vec<Vec<u16>> = Vec::new();
    while !left.is_empty() {
        let unbeaten = |one: &usize| left.iter().all(|other| !beats(*other, *one));
        let group: Vec<usize> = left.iter().copied().filter(unbeaten).collect();
        // Beating by paths is transitive, so somebody is always unbeaten.
        assert!(!group.is_empty(), "beating by strongest paths has no cycles");
        left.retain(|one| !group.contains(one));
        ranking.push(
            group
                .into_iter()
                .filter_map(|place| those.get(place).copied())
                .collect(),
        );
    }
    SchulzeCount {
        winners: ranking.first().cloned().unwrap_or_default(),
        ranking,
        beaten,
    }
}

pub(super) fn strongest_paths(pairs: &Pairwise, those: &[u16]) -> Vec<Vec<Strength>> {
    let direct = |one: u16, other: u16| -> Strength {
        let (votes, against) = (pairs.prefers(one, other), pairs.prefers(other, one));
        (votes > against).then_some((votes, Reverse(against)))
    };
    let mut paths: Vec<Vec<Strength>> = those
        .iter()
        .map(|one| those.iter().map(|other| direct(*one, *other)).collect())
        .collect();
    for middle in 0..those.len() {
        let through = paths.get(middle).cloned().unwrap_or_default();
        for row in &mut paths {
            let first = row.get(middle).copied().flatten();
            for (known, second) in row.iter_mut().zip(&through) {
                // `None` is the least, so a missing half makes no path.
                *known = (*known).max(first.min(*second));
            }
        }
    }
    paths
}
