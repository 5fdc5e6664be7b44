//! Aim: each clause of the count has its case. Method: small elections counted by hand.

use super::*;
use crate::hash::Hash32;
use crate::tally::sheet::{self, Question, TransferKind};
use crate::tally::{CountRefusal, TieBreak, TieRule};

const A: u16 = 0;
const B: u16 = 1;
const C: u16 = 2;
const D: u16 = 3;

fn papers(lines: &[(u128, &[u16])]) -> Papers {
    let mut papers = Papers::new();
    for (weight, ranking) in lines {
        papers.add(ranking, *weight);
    }
    papers
}

fn contest(candidates: u16, procedure: Procedure) -> Contest {
    Contest {
        candidates,
        withdrawn: Vec::new(),
        procedure,
    }
}

fn run(candidates: u16, lines: &[(u128, &[u16])], tie: &TieBreak) -> sheet::Count {
    count(&contest(candidates, Procedure::default()), &papers(lines), tie).unwrap()
}

fn totals(count: &sheet::Count) -> Vec<Vec<u128>> {
    let of = |stage: &sheet::Stage| stage.totals.values().map(|total| total.units).collect();
    count.stages.iter().map(of).collect()
}

#[test]
fn the_last_is_excluded_until_somebody_has_more_than_half_of_what_continues() {
    let count = run(
        4,
        &[(4, &[A]), (3, &[B, C]), (2, &[C, B]), (1, &[D]), (2, &[])],
        &TieBreak::None,
    );
    assert_eq!(totals(&count), [[4, 3, 2, 1], [4, 3, 2, 0], [4, 5, 0, 0]]);
    let lost: Vec<u128> = count.stages.iter().map(|stage| stage.nontransferable.units).collect();
    assert_eq!(lost, [0, 1, 1]);
    // Five of the nine that continue, of ten valid papers.
    assert_eq!((count.valid, count.blank, count.elected.as_slice()), (10, 2, &[2][..]));
    assert_eq!(count.stages[2].quota.unwrap().units, 5);
    let transfer = count.stages[2].transfer.unwrap();
    assert_eq!((transfer.from, transfer.kind), (3, TransferKind::Exclusion));
    assert_eq!(count.stages[2].excluded, [3]);
}

#[test]
fn exactly_half_is_not_more_than_half() {
    let count = run(
        3,
        &[(2, &[A]), (1, &[B]), (1, &[C, B])],
        &TieBreak::Order(vec![C, B, A]),
    );
    assert_eq!(totals(&count), [[2, 1, 1], [2, 2, 0]]);
    // B and C were drawn for exclusion, A and B for the place.
    let drawn: Vec<(Vec<u16>, u16)> = count
        .ties
        .iter()
        .map(|tie| (tie.candidates.clone(), tie.chosen))
        .collect();
    assert_eq!(drawn, [(vec![2, 3], 3), (vec![1, 2], 2)]);
    assert_eq!(count.elected, [2]);
}

#[test]
fn a_tie_for_last_looks_back_to_the_most_recent_stage_that_differs() {
    // C and B have 3 each after D; C had 3 and B 2 before.
    let lines: &[(u128, &[u16])] = &[(5, &[A]), (2, &[B]), (3, &[C]), (1, &[D, B])];
    let count = run(4, lines, &TieBreak::None);
    assert_eq!(count.ties.len(), 1);
    let tie = &count.ties[0];
    assert_eq!(
        (tie.stage, tie.rule, tie.chosen, tie.lot),
        (3, TieRule::Lookback, 2, None)
    );
    assert_eq!(tie.candidates, [2, 3]);
    let procedure = Procedure {
        look_back: LookBack::None,
        ..Procedure::default()
    };
    let open = count_with(lines, procedure, &TieBreak::None).undecided.unwrap();
    assert_eq!(
        (open.stage, open.kind, open.candidates),
        (3, Question::Exclusion, vec![2, 3])
    );
}

fn count_with(lines: &[(u128, &[u16])], procedure: Procedure, tie: &TieBreak) -> sheet::Count {
    count(&contest(4, procedure), &papers(lines), tie).unwrap()
}

#[test]
fn two_who_are_left_with_equal_votes_tie_for_the_place() {
    let lines: &[(u128, &[u16])] = &[(2, &[A]), (2, &[B])];
    let open = run(2, lines, &TieBreak::None);
    assert!(open.elected.is_empty());
    assert_eq!(
        open.undecided.map(|open| (open.stage, open.candidates, open.kind)),
        Some((1, vec![1, 2], Question::Place))
    );
    let lot = TieBreak::Lot(Hash32::from_u128(7));
    let drawn = run(2, lines, &lot);
    assert_eq!((drawn.elected.len(), drawn.ties.len()), (1, 1));
    assert_eq!(drawn.ties[0].lot, lot.lot());
    assert_eq!(drawn.stages[0].elected, drawn.elected);
}

#[test]
fn a_batch_goes_only_if_together_it_has_fewer_than_the_next() {
    type Case<'a> = (&'a [(u128, &'a [u16])], &'a [u16]);
    let cases: [Case<'_>; 4] = [
        // 1 + 1 < 3; with the next 5 are not fewer than 5.
        (&[(5, &[A]), (3, &[B]), (1, &[C]), (1, &[D])], &[3, 4]),
        // 1 + 2 is not fewer than 3.
        (&[(5, &[A]), (3, &[B]), (2, &[C]), (1, &[D])], &[4]),
        // Nobody is parted from an equal, though D has nothing.
        (&[(4, &[A]), (4, &[B]), (1, &[C])], &[3, 4]),
        // Two always stay.
        (&[(4, &[A]), (4, &[B])], &[3, 4]),
    ];
    for (lines, excluded) in cases {
        let procedure = Procedure {
            exclusion: Exclusion::Batch,
            ..Procedure::default()
        };
        let count = count_with(lines, procedure, &TieBreak::Order(vec![A, B, C, D]));
        assert_eq!(count.stages[1].excluded, excluded, "{lines:?}");
        assert_eq!(count.stages[1].transfer.is_none(), excluded.len() > 1, "{lines:?}");
    }
}

#[test]
fn a_count_may_go_on_until_two_are_left() {
    let lines: &[(u128, &[u16])] = &[(10, &[A]), (3, &[B, A]), (5, &[C])];
    let procedure = Procedure {
        end: End::TwoLeft,
        ..Procedure::default()
    };
    let count = count(&contest(3, procedure), &papers(lines), &TieBreak::None).unwrap();
    assert_eq!(totals(&count), [[10, 3, 5], [13, 0, 5]]);
    assert_eq!(
        (count.stages[0].elected.as_slice(), count.elected.as_slice()),
        (&[1][..], &[1][..])
    );
}

#[test]
fn those_who_go_first_do_so_only_with_votes() {
    let procedure = Procedure {
        first_out: vec![C, D],
        ..Procedure::default()
    };
    let with = count_with(
        &[(4, &[A]), (1, &[B]), (2, &[C, B]), (1, &[D])],
        procedure.clone(),
        &TieBreak::None,
    );
    assert_eq!(with.stages[1].excluded, [3, 4]);
    let without = count_with(&[(4, &[A]), (4, &[B])], procedure, &TieBreak::Order(vec![D, C, B, A]));
    assert_eq!(without.stages[1].excluded, [4]);
}

#[test]
fn withdrawn_candidates_are_passed_over_and_empty_elections_elect_nobody() {
    let stands = Contest {
        withdrawn: vec![A],
        ..contest(3, Procedure::default())
    };
    let counted = count(&stands, &papers(&[(3, &[A, C]), (2, &[B]), (1, &[A])]), &TieBreak::None).unwrap();
    assert_eq!(
        (counted.valid, counted.blank, counted.elected.as_slice()),
        (5, 1, &[3][..])
    );
    let nobody = run(3, &[(4, &[])], &TieBreak::None);
    assert_eq!(
        (nobody.stages.len(), nobody.elected.len(), nobody.undecided),
        (1, 0, None)
    );
    let alone = run(1, &[(1, &[A])], &TieBreak::None);
    assert_eq!(alone.elected, [1]);
}

#[test]
fn what_cannot_be_counted_is_refused_in_its_own_words() {
    let refused = count(&contest(0, Procedure::default()), &papers(&[]), &TieBreak::None);
    assert_eq!(refused, Err(CountRefusal::NoPlaces));
    let refused = count(
        &contest(2, Procedure::default()),
        &papers(&[(1, &[C])]),
        &TieBreak::None,
    );
    assert_eq!(refused, Err(CountRefusal::UnknownCandidate(3)));
    let refused = count(
        &contest(2, Procedure::default()),
        &papers(&[(VOTES_MAX + 1, &[A])]),
        &TieBreak::None,
    );
    assert_eq!(
        refused.unwrap_err().to_string(),
        format!("irv counts at most {VOTES_MAX} votes exactly")
    );
}
