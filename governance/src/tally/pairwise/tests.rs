//! Aim: the matrix and both methods agree with published examples. Method: hand-counted profiles.

use super::*;

fn pairs(candidates: u16, papers: &[(u128, &[&[u16]])]) -> Pairwise {
    let mut pairs = Pairwise::new(candidates).unwrap();
    for (weight, ranks) in papers {
        let ranks: Vec<Vec<u16>> = ranks.iter().map(|rank| rank.to_vec()).collect();
        pairs.add(&ranks, *weight).unwrap();
    }
    pairs
}

/// Schulze 2011, example 1: 45 voters, A to E; the ranking is E A C B D.
fn schulze_example() -> Pairwise {
    const PAPERS: [(u128, [u16; 5]); 8] = [
        (5, [0, 2, 1, 4, 3]),
        (5, [0, 3, 4, 2, 1]),
        (8, [1, 4, 3, 0, 2]),
        (3, [2, 0, 1, 4, 3]),
        (7, [2, 0, 4, 1, 3]),
        (2, [2, 1, 0, 3, 4]),
        (7, [3, 2, 4, 1, 0]),
        (8, [4, 1, 0, 3, 2]),
    ];
    let mut pairs = Pairwise::new(5).unwrap();
    for (weight, ranking) in PAPERS {
        let ranks: Vec<Vec<u16>> = ranking.iter().map(|one| vec![*one]).collect();
        pairs.add(&ranks, weight).unwrap();
    }
    pairs
}

#[test]
fn the_example_of_schulzes_paper_has_its_published_ranking() {
    let pairs = schulze_example();
    assert_eq!(pairs.rows()[0], [0, 20, 26, 30, 22]);
    assert_eq!(schulze(&pairs).ranking, [[4], [0], [2], [1], [3]]);
}

#[test]
fn the_strongest_paths_are_those_of_schulzes_paper() {
    let published = [
        [0, 28, 28, 30, 24],
        [25, 0, 28, 33, 24],
        [25, 29, 0, 29, 24],
        [25, 28, 28, 0, 24],
        [25, 28, 28, 31, 0],
    ];
    let paths = schulze::strongest_paths(&schulze_example());
    for (one, row) in published.iter().enumerate() {
        for (other, strength) in row.iter().enumerate().filter(|(other, _)| *other != one) {
            assert_eq!(paths[one][other].unwrap().0, *strength, "from {one} to {other}");
        }
    }
}

#[test]
fn renaming_candidates_renames_the_result_and_nothing_else() {
    let original = schulze_example();
    for shift in 1..5 {
        let rename = |one: u16| (one + shift) % 5;
        let mut renamed = Pairwise::new(5).unwrap();
        for one in 0..5 {
            for other in 0..5 {
                let at = renamed.index(rename(one), rename(other)).unwrap();
                renamed.cells[at] = original.prefers(one, other);
            }
        }
        let expected: Vec<Vec<u16>> = schulze(&original).ranking.iter().map(|g| vec![rename(g[0])]).collect();
        assert_eq!(schulze(&renamed).ranking, expected);
        let (before, after) = (copeland(&original), copeland(&renamed));
        for one in 0..5 {
            let (old, new) = (usize::from(one), usize::from(rename(one)));
            assert_eq!(
                (before.points[old], before.margins[old]),
                (after.points[new], after.margins[new])
            );
        }
    }
}

#[test]
fn a_perfect_cycle_is_a_tie_of_all_under_both_methods() {
    let pairs = pairs(
        3,
        &[
            (1, &[&[0], &[1], &[2]]),
            (1, &[&[1], &[2], &[0]]),
            (1, &[&[2], &[0], &[1]]),
        ],
    );
    assert_eq!(schulze(&pairs).winners, [0, 1, 2]);
    assert_eq!(copeland(&pairs).points, [2, 2, 2]);
    assert_eq!(copeland(&pairs).ranking, [[0, 1, 2]]);
}

#[test]
fn equal_and_missing_ranks_compare_nobody() {
    let pairs = pairs(4, &[(3, &[&[0, 1]]), (2, &[&[1], &[1, 2]])]);
    assert_eq!(pairs.rows(), [[0, 0, 3, 3], [2, 0, 5, 5], [2, 0, 0, 2], [0, 0, 0, 0]]);
    assert_eq!(pairs.weight(), 5);
}

#[test]
fn equal_points_are_settled_by_margins_before_any_lot() {
    // A cycle in which everybody beats one, by 4, 3 and 3 votes.
    let mut pairs = Pairwise::new(3).unwrap();
    for (winner, loser, votes) in [(0, 1, 5), (1, 0, 1), (1, 2, 5), (2, 1, 2), (2, 0, 4), (0, 2, 1)] {
        let at = pairs.index(winner, loser).unwrap();
        pairs.cells[at] = votes;
    }
    let count = copeland(&pairs);
    assert_eq!((count.points, count.margins), (vec![2, 2, 2], vec![1, -1, 0]));
    assert_eq!(count.ranking, [[0], [2], [1]]);
}

#[test]
fn what_cannot_be_counted_is_refused_and_changes_nothing() {
    assert_eq!(Pairwise::new(0), Err(CountRefusal::NoPlaces));
    assert_eq!(Pairwise::new(CANDIDATES_MAX + 1), Err(CountRefusal::TooManyOptions));
    let mut pairs = Pairwise::new(2).unwrap();
    assert_eq!(pairs.add(&[vec![2]], 1), Err(CountRefusal::UnknownCandidate(3)));
    assert_eq!(pairs.add(&[vec![0]], WEIGHT_MAX + 1), Err(CountRefusal::TooManyVotes));
    assert_eq!(pairs, Pairwise::new(2).unwrap());
}
