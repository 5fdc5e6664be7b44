//! Aim: each departure from the reference and each end of a count has its case. Method: small elections counted by hand.

use super::*;
use crate::tally::sheet::{self, Question};
use crate::tally::{CountRefusal, TieBreak};

fn papers(lines: &[(u128, &[&[u16]])]) -> Papers {
    lines
        .iter()
        .map(|(weight, ranks)| (ranks.iter().map(|rank| rank.to_vec()).collect(), *weight))
        .collect()
}

fn contest(candidates: u16, seats: u16) -> Contest {
    Contest {
        candidates,
        seats,
        withdrawn: Vec::new(),
        procedure: Procedure::default(),
    }
}

fn run(contest: &Contest, lines: &[(u128, &[&[u16]])], tie: &TieBreak) -> sheet::Count {
    count(contest, &papers(lines), tie).unwrap()
}

/// The totals of a stage as texts.
fn totals(count: &sheet::Count, stage: usize) -> Vec<String> {
    count.stages[stage].totals.values().map(ToString::to_string).collect()
}

#[test]
fn a_surplus_is_passed_on_until_nobody_elected_has_more_than_the_quota() {
    let lines: &[(u128, &[&[u16]])] = &[(6, &[&[0], &[1]]), (2, &[&[1]]), (1, &[&[2]])];
    let count = run(&contest(3, 2), lines, &TieBreak::None);
    assert_eq!(count.elected, [1, 2]);
    assert_eq!(count.stages[0].quota.unwrap().to_string(), "3.000000001");
    assert_eq!(totals(&count, 0), ["6.000000000", "2.000000000", "1.000000000"]);
    // 6 times the factor of 0.500000001, and B reaches the quota with what is passed on.
    assert_eq!(totals(&count, 1), ["3.000000006", "4.999999994", "1.000000000"]);
    assert_eq!(count.stages[1].keep[&1].to_string(), "0.500000001");
    assert_eq!((count.stages.len(), count.stages[1].elected.as_slice()), (2, &[2][..]));
}

#[test]
fn who_is_defeated_stands_in_the_stage_that_shows_where_the_votes_go() {
    let lines: &[(u128, &[&[u16]])] = &[(4, &[&[0]]), (3, &[&[1]]), (2, &[&[2], &[1]])];
    let count = run(&contest(3, 1), lines, &TieBreak::None);
    assert_eq!((count.elected.as_slice(), count.stages.len()), (&[2][..], 2));
    let last = &count.stages[1];
    assert_eq!((last.excluded.as_slice(), last.transfer.unwrap().from), (&[3][..], 3));
    assert_eq!(totals(&count, 1), ["4.000000000", "5.000000000", "0.000000000"]);
    // Where defeat leaves no more than the places, a last stage elects the others.
    let lines: &[(u128, &[&[u16]])] = &[(3, &[&[0]]), (3, &[&[1]]), (2, &[&[2]])];
    let three = run(&contest(3, 2), lines, &TieBreak::None);
    assert_eq!((three.elected.as_slice(), three.stages.len()), (&[1, 2][..], 1));
    let lines: &[(u128, &[&[u16]])] = &[(9, &[&[0]]), (9, &[&[1]]), (9, &[&[2]]), (9, &[&[3], &[2]])];
    let end = run(&contest(4, 3), lines, &TieBreak::Order(vec![3, 1, 0, 2]));
    assert_eq!((end.stages.len(), end.stages[1].excluded.as_slice()), (2, &[4][..]));
    assert_eq!(end.elected, [3, 2, 1]);
    assert_eq!(end.ties.len(), 2);
}

#[test]
fn everyone_within_the_surplus_of_the_lowest_ties_for_defeat() {
    let lines: &[(u128, &[&[u16]])] = &[(3, &[&[0]])];
    let open = run(&contest(3, 2), lines, &TieBreak::None);
    let undecided = open.undecided.unwrap();
    assert_eq!(
        (undecided.kind, undecided.candidates),
        (Question::Exclusion, vec![2, 3])
    );
    assert_eq!(usize::from(undecided.stage), open.stages.len() + 1);
    let drawn = run(&contest(3, 2), lines, &TieBreak::Order(vec![2, 1, 0]));
    assert_eq!((drawn.elected.as_slice(), drawn.ties.len()), (&[1, 2][..], 1));
    assert_eq!(drawn.ties[0].chosen, 3);
}

#[test]
fn an_equal_rank_divides_a_vote_and_passes_on_when_nobody_in_it_is_left() {
    let lines: &[(u128, &[&[u16]])] = &[(3, &[&[2, 3], &[0]]), (5, &[&[0]]), (6, &[&[1]])];
    let ours = run(&contest(4, 1), lines, &TieBreak::Order(vec![3, 2, 1, 0]));
    assert_eq!(
        totals(&ours, 0),
        ["5.000000000", "6.000000000", "1.500000000", "1.500000000"]
    );
    assert_eq!(
        totals(&ours, 1),
        ["5.000000000", "6.000000000", "3.000000000", "0.000000000"]
    );
    assert_eq!(ours.elected, [1]);
    let theirs = Contest {
        procedure: Procedure {
            empty_rank: EmptyRank::Exhaust,
            ..Procedure::default()
        },
        ..contest(4, 1)
    };
    assert_eq!(run(&theirs, lines, &TieBreak::Order(vec![3, 2, 1, 0])).elected, [2]);
    // Thirds are cut: nobody has the last billionth.
    let thirds = run(&contest(4, 1), &[(1, &[&[0, 1, 2]]), (2, &[&[3]])], &TieBreak::None);
    assert_eq!(totals(&thirds, 0)[0], "0.333333333");
    assert_eq!(thirds.stages[0].nontransferable.to_string(), "0.000000001");
}

#[test]
fn the_reference_rounds_up_what_is_kept_and_nothing_is_lost() {
    let lines: &[(u128, &[&[u16]])] = &[(7, &[&[0], &[1]]), (2, &[&[1]]), (2, &[&[2]])];
    let reference = Contest {
        procedure: Procedure {
            arithmetic: Arithmetic::Reference,
            ..Procedure::default()
        },
        ..contest(3, 2)
    };
    let (ours, theirs) = (
        run(&contest(3, 2), lines, &TieBreak::None),
        run(&reference, lines, &TieBreak::None),
    );
    assert_eq!((&ours.elected, &theirs.elected), (&vec![1, 2], &vec![1, 2]));
    assert!(theirs.stages.iter().all(|stage| stage.nontransferable.units == 0));
    // The same factor, in the round after the election.
    assert_eq!(ours.stages[1].keep[&1], theirs.stages[1].keep[&1]);
}

#[test]
fn a_paper_counts_a_candidate_once_and_withdrawn_ones_not_at_all() {
    let stands = Contest {
        withdrawn: vec![3],
        ..contest(4, 2)
    };
    let lines: &[(u128, &[&[u16]])] = &[
        (6, &[&[3], &[0, 0], &[0], &[1]]),
        (2, &[&[1]]),
        (1, &[&[2]]),
        (1, &[&[3]]),
        (1, &[]),
    ];
    let count = run(&stands, lines, &TieBreak::None);
    assert_eq!((count.valid, count.blank, count.withdrawn.as_slice()), (9, 2, &[4][..]));
    assert_eq!(totals(&count, 1)[0], "3.000000006");
}

#[test]
fn elections_without_choice_end_at_once() {
    let all = run(&contest(2, 3), &[(1, &[&[1]]), (2, &[&[0]])], &TieBreak::None);
    assert_eq!((all.elected.as_slice(), all.stages.len()), (&[1, 2][..], 1));
    let nobody = run(&contest(2, 1), &[(4, &[])], &TieBreak::None);
    assert_eq!(
        (nobody.elected.len(), nobody.stages.len(), nobody.undecided),
        (0, 1, None)
    );
}

#[test]
fn what_cannot_be_counted_is_refused_in_its_own_words() {
    let refused = |contest: &Contest, lines: &[(u128, &[&[u16]])]| {
        count(contest, &papers(lines), &TieBreak::None).unwrap_err().to_string()
    };
    assert_eq!(
        count(&contest(0, 1), &Papers::new(), &TieBreak::None),
        Err(CountRefusal::NoPlaces)
    );
    assert_eq!(
        refused(&contest(CANDIDATES_MAX + 1, 1), &[]),
        "meek counts at most 5000 candidates"
    );
    assert_eq!(
        refused(&contest(2, 1), &[(VOTES_MAX + 1, &[&[0]])]),
        "meek counts at most 1000000000000 votes exactly"
    );
    assert_eq!(
        count(&contest(2, 1), &papers(&[(1, &[&[2]])]), &TieBreak::None),
        Err(CountRefusal::UnknownCandidate(3))
    );
}

#[test]
fn a_paper_of_too_many_equal_ranks_is_refused_instead_of_filling_memory() {
    // 36 candidates elected with a surplus stand in 18 equal pairs on one paper.
    let pairs: Vec<Vec<u16>> = (0..18).map(|pair| vec![2 * pair, 2 * pair + 1]).collect();
    let mut many: Papers = (0..36).map(|one| (vec![vec![one], vec![36]], 10)).collect();
    many.add(&pairs, 1);
    let refused = count(&contest(38, 37), &many, &TieBreak::None);
    assert!(
        refused.is_ok()
            || refused
                .unwrap_err()
                .to_string()
                .contains("rank fewer candidates equally")
    );
}

/// Numbers that look random and are the same each time (splitmix64).
fn below(state: &mut u64, bound: usize) -> usize {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(bound).unwrap()).unwrap()
}

#[test]
fn the_tree_of_ways_counts_as_paper_by_paper() {
    let mut state = 11;
    for election in 0..400 {
        let candidates = 2 + below(&mut state, 9);
        let mut papers = Papers::new();
        for _ in 0..below(&mut state, 60) {
            let mut left: Vec<u16> = (0..u16::try_from(candidates).unwrap()).collect();
            let mut ranks = Vec::new();
            for _ in 0..below(&mut state, candidates + 1) {
                // Now and then two share a rank, or somebody is named twice.
                let one = left[below(&mut state, left.len())];
                if below(&mut state, 20) > 0 {
                    left.retain(|other| *other != one);
                }
                match ranks.last_mut() {
                    Some(rank) if below(&mut state, 12) == 0 => Vec::push(rank, one),
                    Some(_) | None => ranks.push(vec![one]),
                }
                if left.is_empty() {
                    break;
                }
            }
            papers.add(&ranks, 1 + u128::try_from(below(&mut state, 9)).unwrap());
        }
        let mut contest = contest(
            u16::try_from(candidates).unwrap(),
            u16::try_from(1 + below(&mut state, candidates)).unwrap(),
        );
        if below(&mut state, 3) == 0 {
            contest
                .withdrawn
                .push(u16::try_from(below(&mut state, candidates)).unwrap());
        }
        if below(&mut state, 3) == 0 {
            contest.procedure.arithmetic = Arithmetic::Reference;
        }
        let tie = TieBreak::Order((0..contest.candidates).collect());
        assert_eq!(
            count(&contest, &papers, &tie),
            count(&contest, &papers.apart(), &tie),
            "election {election}"
        );
    }
}

#[test]
fn papers_that_follow_each_other_and_are_the_same_are_one() {
    let mut papers = Papers::new();
    for (ranks, weight) in [
        (vec![], 2),
        (vec![], 1),
        (vec![vec![0], vec![1]], 1),
        (vec![vec![0], vec![], vec![1]], 2),
        (vec![vec![0]], 1),
        (vec![vec![1], vec![1]], 4),
        (vec![vec![1]], 1),
        (vec![vec![0, 1]], 5),
        (vec![vec![1]], 1),
    ] {
        papers.add::<Vec<u16>>(&ranks, weight);
    }
    assert_eq!(papers.names(), [0, 1, 0, 1]);
    assert_eq!(papers.strict(), [(0, 3), (2, 3), (3, 1), (4, 2)]);
    assert_eq!(papers.others().len(), 2);
    assert_eq!(
        (papers.weight(), papers.unknown(2), papers.unknown(1)),
        (18, None, Some(1))
    );
}
