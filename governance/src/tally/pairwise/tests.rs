//! Aim: the matrix and both methods agree with published examples. Method: hand-counted profiles.

use super::*;
use crate::rule::{DefaultOption, Needed, Ratio};
use crate::tally::sheet::Question;
use crate::tally::{CountRefusal, TieBreak};

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
    let paths = schulze::strongest_paths(&schulze_example(), &[0, 1, 2, 3, 4]);
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
                renamed.set(rename(one), rename(other), original.prefers(one, other));
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
        pairs.set(winner, loser, votes);
    }
    let count = copeland(&pairs);
    assert_eq!((count.points, count.margins), (vec![2, 2, 2], vec![1, -1, 0]));
    assert_eq!(count.ranking, [[0], [2], [1]]);
}

#[test]
fn what_cannot_be_counted_is_refused_and_changes_nothing() {
    assert_eq!(Pairwise::new(0), Err(CountRefusal::NoPlaces));
    assert_eq!(
        Pairwise::new(CANDIDATES_MAX + 1).unwrap_err().to_string(),
        "schulze counts at most 500 candidates"
    );
    let mut pairs = Pairwise::new(2).unwrap();
    assert_eq!(pairs.add(&[vec![2]], 1), Err(CountRefusal::UnknownCandidate(3)));
    assert_eq!(
        pairs.add(&[vec![0]], WEIGHT_MAX + 1).unwrap_err().to_string(),
        "schulze counts at most 1000000000000000000000000 votes exactly"
    );
    assert_eq!(pairs, Pairwise::new(2).unwrap());
    let refused = count_schulze(&pairs, 0, None, &TieBreak::None);
    assert_eq!(refused, Err(CountRefusal::NoPlaces));
}

#[test]
fn those_who_withdrew_are_compared_with_nobody() {
    let mut pairs = Pairwise::without(4, &[1]).unwrap();
    pairs.add(&[vec![1], vec![0], vec![2]], 3).unwrap();
    pairs.add_strict(&[1], 2).unwrap();
    pairs.add_strict(&[2, 1, 0], 1).unwrap();
    assert_eq!(pairs.rows(), [[0, 0, 3, 4], [0; 4], [1, 0, 0, 4], [0; 4]]);
    assert_eq!((pairs.weight(), pairs.blank()), (6, 2));
    let count = count_copeland(&pairs, 1, None, &TieBreak::None).unwrap();
    assert_eq!((count.valid, count.blank, count.withdrawn), (4, 2, vec![2]));
    assert_eq!(count.elected, [1]);
    assert_eq!(count.ranking, Some(vec![vec![1], vec![3], vec![4]]));
}

/// Options A, B, C and D, "nothing changes".
fn beats(share: (u64, u64), at_least: Option<Needed>, eligible: u128) -> Option<Default> {
    let share = Ratio::new(share.0, share.1).unwrap();
    Some(Default {
        option: 3,
        rule: DefaultOption { share, at_least },
        eligible,
    })
}

#[test]
fn every_winner_must_beat_the_default_option() {
    // A: 9 to 3 against D. B: 8 to 4. C: 5 to 7.
    let votes: &[(u128, &[&[u16]])] = &[
        (5, &[&[0], &[1], &[2], &[3]]),
        (3, &[&[1], &[0], &[3], &[2]]),
        (1, &[&[0], &[3], &[1], &[2]]),
        (3, &[&[3], &[2], &[0], &[1]]),
    ];
    let pairs = pairs(4, votes);
    type Case<'a> = ((u64, u64), Option<Needed>, u128, u16, &'a [u16], &'a [u16]);
    let cases: [Case<'_>; 7] = [
        // Simple majority, one place or as many as beat it.
        ((1, 2), None, 0, 1, &[1], &[3]),
        ((1, 2), None, 0, 4, &[1, 2], &[3]),
        // 9 to 3 is three to one, and must be more.
        ((3, 4), None, 0, 1, &[], &[1, 2, 3]),
        ((2, 3), None, 0, 2, &[1], &[2, 3]),
        // Quorum of Debian: 4 · 9² = 324 = 9 · 36, and 4 · 8² is below.
        ((1, 2), Some(Needed::SquareRoot {}), 36, 2, &[1], &[2, 3]),
        ((1, 2), Some(Needed::SquareRoot {}), 37, 2, &[], &[1, 2, 3]),
        ((1, 2), Some(Needed::Constant { votes: 8 }), 99, 2, &[1, 2], &[3]),
    ];
    for (share, at_least, eligible, seats, elected, dropped) in cases {
        let default = beats(share, at_least, eligible);
        for counted in [
            count_schulze(&pairs, seats, default, &TieBreak::None).unwrap(),
            count_copeland(&pairs, seats, default, &TieBreak::None).unwrap(),
        ] {
            assert_eq!(
                counted.elected, elected,
                "{:?} {share:?} {at_least:?} {eligible}",
                counted.method
            );
            assert_eq!(counted.stages[0].excluded, dropped, "{:?} {share:?}", counted.method);
            assert_eq!(counted.undecided, None);
            assert!(!counted.elected.contains(&4));
        }
    }
}

#[test]
fn a_dropped_option_lends_nobody_a_path() {
    // C loses to D and is dropped: its wins help nobody, and B, whom it would have beaten, ties with A.
    let votes: &[(u128, &[&[u16]])] = &[
        (2, &[&[0], &[1], &[3], &[2]]),
        (2, &[&[1], &[0], &[3]]),
        (1, &[&[2], &[0, 1], &[3]]),
        (1, &[&[2, 0], &[1], &[3]]),
        (1, &[&[1], &[2, 0], &[3]]),
    ];
    let counted = count_schulze(&pairs(4, votes), 1, beats((1, 2), None, 0), &TieBreak::None).unwrap();
    assert_eq!(counted.stages[0].excluded, [3]);
    assert_eq!(counted.ranking, Some(vec![vec![1, 2], vec![4]]));
    let open = counted.undecided.unwrap();
    assert_eq!((open.candidates, open.kind), (vec![1, 2], Question::Place));
}

#[test]
fn places_divide_a_group_only_by_lot() {
    let cycle = pairs(
        3,
        &[
            (1, &[&[0], &[1], &[2]]),
            (1, &[&[1], &[2], &[0]]),
            (1, &[&[2], &[0], &[1]]),
        ],
    );
    let order = TieBreak::Order(vec![2, 0, 1]);
    for (seats, elected) in [(1, &[3][..]), (2, &[3, 1][..]), (3, &[3, 1, 2][..])] {
        let drawn = count_schulze(&cycle, seats, None, &order).unwrap();
        assert_eq!((drawn.elected.as_slice(), drawn.undecided), (elected, None));
        assert_eq!(drawn.stages[0].ties.len(), usize::from(seats).min(2));
    }
    let open = count_schulze(&cycle, 2, None, &TieBreak::None).unwrap();
    assert!(open.elected.is_empty());
    assert_eq!(open.undecided.unwrap().candidates, [1, 2, 3]);
    let all = count_schulze(&cycle, 3, None, &TieBreak::None).unwrap();
    assert_eq!((all.elected, all.undecided), (vec![1, 2, 3], None));
}

#[test]
fn an_election_without_valid_papers_elects_nobody() {
    let blank = pairs(3, &[(4, &[])]);
    let counted = count_schulze(&blank, 2, None, &TieBreak::Order(vec![0, 1, 2])).unwrap();
    assert_eq!((counted.valid, counted.blank, counted.elected.len()), (0, 4, 0));
    assert!(counted.ties.is_empty() && counted.undecided.is_none());
}
