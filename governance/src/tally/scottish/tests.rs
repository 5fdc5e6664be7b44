//! Aim: the rules' edges, each in the smallest election that shows it. Method: hand-counted elections.

use super::*;
use crate::hash::keccak256;
use crate::tally::decimal::Decimal;
use crate::tally::sheet::{Count, Question, Tie};
use crate::tally::tie::TieRule;

fn papers(list: &[(u128, &[u16])]) -> Papers {
    let mut papers = Papers::new();
    for (weight, ranking) in list {
        papers.add(ranking, *weight);
    }
    papers
}

fn counted(candidates: u16, seats: u16, list: &[(u128, &[u16])], tie: &TieBreak) -> Count {
    let contest = Contest {
        candidates,
        seats,
        withdrawn: Vec::new(),
    };
    count(&contest, &papers(list), tie).unwrap()
}

fn totals(count: &Count, stage: usize) -> Vec<String> {
    count.stages[stage].totals.values().map(Decimal::to_string).collect()
}

/// voting.md, finding 2: a program that hands a surplus to someone who has the quota elects A, B and D here.
#[test]
fn who_has_the_quota_receives_nothing_further() {
    let count = counted(
        4,
        3,
        &[(45, &[0, 1, 2]), (30, &[1, 3, 2]), (13, &[2]), (12, &[3])],
        &TieBreak::None,
    );
    assert_eq!(count.quota, Some(Decimal::whole(26)));
    assert_eq!(count.elected, [1, 2, 3]);
    // A's surplus of 19 passes over B to C; B's surplus of 4 goes to D.
    assert_eq!(count.stages[1].transfer.unwrap().value.to_string(), "0.42222");
    assert_eq!(totals(&count, 1), ["26.00000", "30.00000", "31.99990", "12.00000"]);
    assert!(count.ties.is_empty());
}

#[test]
fn one_place_is_filled_by_exclusions() {
    let count = counted(3, 1, &[(4, &[0]), (3, &[1]), (2, &[2, 1])], &TieBreak::None);
    assert_eq!(
        (count.quota, count.elected.as_slice()),
        (Some(Decimal::whole(5)), &[2][..])
    );
    assert_eq!(count.stages[1].excluded, [3]);
    assert_eq!(totals(&count, 1), ["4.00000", "5.00000", "0.00000"]);
}

#[test]
fn a_tie_for_last_is_settled_by_the_most_recent_stage_at_which_they_differed() {
    // Stage 2 excludes D; its paper brings C level with B, who had more at stage 1.
    let count = counted(
        4,
        1,
        &[(6, &[0]), (4, &[1, 0]), (3, &[2]), (1, &[3, 2])],
        &TieBreak::None,
    );
    let tie = Tie {
        stage: 3,
        candidates: vec![2, 3],
        rule: TieRule::Lookback,
        chosen: 3,
        lot: None,
    };
    assert_eq!(count.ties, [tie]);
    assert_eq!(count.stages[2].ties, count.ties);
    assert_eq!(count.stages[2].excluded, [3]);
}

#[test]
fn the_most_recent_difference_decides_not_the_first() {
    // A leads B at stage 1, B leads A at stage 2, they are level at stage 3: A goes.
    let list: &[(u128, &[u16])] = &[(5, &[0]), (4, &[1]), (8, &[2]), (2, &[3, 1]), (1, &[4, 0]), (2, &[4])];
    let count = counted(5, 1, list, &TieBreak::None);
    assert_eq!(totals(&count, 2)[..2], ["6.00000", "6.00000"]);
    assert_eq!(count.ties.first().map(|tie| (tie.stage, tie.chosen)), Some((4, 1)));
}

#[test]
fn equal_surpluses_wait_for_the_lot_and_the_lot_is_recorded() {
    let list: &[(u128, &[u16])] = &[(5, &[0, 2]), (5, &[1, 3]), (1, &[2]), (1, &[3])];
    let open = counted(4, 3, list, &TieBreak::None);
    assert_eq!(open.elected, [1, 2]);
    let undecided = open.undecided.clone().unwrap();
    assert_eq!((undecided.stage, undecided.kind), (2, Question::Surplus));
    assert_eq!(undecided.candidates, [1, 2]);

    let lot = keccak256(b"lot");
    let drawn = counted(4, 3, list, &TieBreak::Lot(lot));
    assert_eq!(drawn.undecided, None);
    for tie in &drawn.ties {
        assert_eq!(tie.lot, (tie.rule == TieRule::Lot).then_some(lot));
    }
    let first = drawn.stages[1].transfer.unwrap().from;
    assert!(
        drawn.stages[1]
            .ties
            .iter()
            .any(|tie| tie.candidates == [1, 2] && tie.chosen == first)
    );
    assert_ne!(open.certificate(), drawn.certificate());
}

#[test]
fn an_order_from_outside_must_name_everyone_who_ties() {
    let list: &[(u128, &[u16])] = &[(2, &[0]), (2, &[1])];
    for (order, elected) in [(vec![0, 1], vec![2]), (vec![1, 0], vec![1]), (vec![1], vec![])] {
        let count = counted(2, 1, list, &TieBreak::Order(order.clone()));
        assert_eq!(count.elected, elected, "{order:?}");
    }
}

#[test]
fn an_order_without_effect_asks_for_no_lot() {
    let count = counted(2, 2, &[(2, &[0]), (2, &[1])], &TieBreak::None);
    assert_eq!(
        (count.elected.as_slice(), count.undecided.is_none()),
        (&[1, 2][..], true)
    );
    assert!(count.ties.is_empty());
}

/// Found by the slow count in `tests/`: a surplus has nowhere to go once nobody continues.
#[test]
fn a_count_ends_when_nobody_continues_even_with_places_left() {
    let contest = Contest {
        candidates: 2,
        seats: 2,
        withdrawn: vec![1],
    };
    let count = count(&contest, &papers(&[(2, &[0, 1])]), &TieBreak::None).unwrap();
    assert_eq!((count.elected.as_slice(), count.stages.len()), (&[1][..], 1));
}

#[test]
fn preferences_for_candidates_who_withdrew_are_passed_over() {
    let contest = Contest {
        candidates: 3,
        seats: 1,
        withdrawn: vec![0],
    };
    let papers = papers(&[(5, &[0, 2]), (4, &[1]), (2, &[0]), (1, &[])]);
    let count = count(&contest, &papers, &TieBreak::None).unwrap();
    assert_eq!((count.valid, count.blank, count.quota), (9, 3, Some(Decimal::whole(5))));
    assert_eq!(
        (count.elected.as_slice(), count.withdrawn.as_slice()),
        (&[3][..], &[1][..])
    );
}

#[test]
fn an_election_without_valid_papers_elects_nobody() {
    for candidates in [1, 3] {
        let count = counted(candidates, 2, &[(7, &[])], &TieBreak::None);
        assert_eq!((count.valid, count.blank, count.elected.len()), (0, 7, 0));
        assert_eq!((count.stages.len(), count.undecided.is_none()), (1, true));
    }
}

#[test]
fn a_published_count_has_the_documented_form_and_reads_back() {
    let count = counted(2, 1, &[(2, &[0]), (1, &[1])], &TieBreak::None);
    let text = serde_json::to_string(&count).unwrap();
    assert_eq!(
        text,
        "{\"method\":\"scottish-stv\",\"seats\":1,\"quota\":\"2\",\"valid\":\"3\",\"blank\":\"0\",\"withdrawn\":[],\
         \"elected\":[1],\"stages\":[{\"totals\":{\"1\":\"2.00000\",\"2\":\"1.00000\"},\"transfer\":null,\"elected\":[1],\
         \"excluded\":[],\"nontransferable\":\"0.00000\",\"ties\":[]}],\"ties\":[]}"
    );
    assert_eq!(serde_json::from_str::<Count>(&text).unwrap(), count);
}

#[test]
fn impossible_contests_are_refused() {
    let contest = |candidates, seats| Contest {
        candidates,
        seats,
        withdrawn: Vec::new(),
    };
    let one = papers(&[(1, &[0])]);
    assert_eq!(
        count(&contest(0, 1), &one, &TieBreak::None),
        Err(CountRefusal::NoPlaces)
    );
    assert_eq!(
        count(&contest(1, 0), &one, &TieBreak::None),
        Err(CountRefusal::NoPlaces)
    );
    let many = papers(&[(VOTES_MAX + 1, &[0])]);
    assert_eq!(
        count(&contest(1, 1), &many, &TieBreak::None),
        Err(CountRefusal::TooManyVotes)
    );
}
