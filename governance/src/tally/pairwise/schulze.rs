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
}

/// Finds the strongest paths and who is unbeaten.
#[must_use]
pub fn schulze(pairs: &Pairwise) -> SchulzeCount {
    let paths = strongest_paths(pairs);
    let at = |one: u16, other: u16| -> Strength {
        paths
            .get(usize::from(one))
            .and_then(|row| row.get(usize::from(other)))
            .copied()
            .flatten()
    };
    let mut left: Vec<u16> = (0..pairs.candidates()).collect();
    let mut ranking: Vec<Vec<u16>> = Vec::new();
    while !left.is_empty() {
        let group: Vec<u16> = left
            .iter()
            .copied()
            .filter(|one| {
                left.iter()
                    .all(|other| at(*other, *one).cmp(&at(*one, *other)) != Ordering::Greater)
            })
            .collect();
        // Beating by paths is transitive, so somebody is always unbeaten.
        assert!(!group.is_empty(), "beating by strongest paths has no cycles");
        left.retain(|one| !group.contains(one));
        ranking.push(group);
    }
    SchulzeCount {
        winners: ranking.first().cloned().unwrap_or_default(),
        ranking,
    }
}

pub(super) fn strongest_paths(pairs: &Pairwise) -> Vec<Vec<Strength>> {
    let everyone = 0..pairs.candidates();
    let mut paths: Vec<Vec<Strength>> = everyone
        .clone()
        .map(|one| {
            everyone
                .clone()
                .map(|other| {
                    let (votes, against) = (pairs.prefers(one, other), pairs.prefers(other, one));
                    (votes > against).then_some((votes, Reverse(against)))
                })
                .collect()
        })
        .collect();
    for middle in everyone.map(usize::from) {
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
