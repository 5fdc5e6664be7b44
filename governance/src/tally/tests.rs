//! Aim: the entry that server and auditor share judges every kind of end. Method: a table of elections and motions.

use super::*;
use crate::ballot::{Choice, MotionChoice};
use crate::rule::{Counting, DecisionRule, ElectionTie, Quorum, Ratio};

fn election(seats: u16, quorum: (u64, u64), tie: ElectionTie) -> DecisionRule {
    DecisionRule {
        quorum: (quorum.0 > 0).then(|| Quorum::of_roll(Ratio::new(quorum.0, quorum.1).unwrap())),
        ..DecisionRule::new(Counting::ScottishStv { seats, tie })
    }
}

fn rankings(papers: &[(u32, &[u16])]) -> Vec<(Choice, u128)> {
    papers
        .iter()
        .flat_map(|(times, ranking)| (0..*times).map(|_| (Choice::Ranking(ranking.to_vec()), 1)))
        .collect()
}

#[test]
fn every_end_of_an_election_is_judged() {
    use ElectionTie::{Forbidden, Lot};
    let tie: &[(u32, &[u16])] = &[(2, &[0]), (2, &[1])];
    let clear: &[(u32, &[u16])] = &[(3, &[0]), (2, &[1])];
    let blank: &[(u32, &[u16])] = &[(3, &[])];
    let drawn = TieBreak::Order(vec![0, 1]);
    type Case<'a> = (
        &'a [(u32, &'a [u16])],
        (u64, u64),
        ElectionTie,
        &'a TieBreak,
        Result<Outcome, u16>,
        &'a [u16],
    );
    let cases: [Case<'_>; 8] = [
        (clear, (0, 1), Lot, &TieBreak::None, Ok(Outcome::Passed), &[1]),
        (clear, (1, 2), Lot, &TieBreak::None, Ok(Outcome::Passed), &[1]),
        (clear, (1, 1), Lot, &TieBreak::None, Ok(Outcome::NoQuorum), &[1]),
        (tie, (1, 1), Lot, &TieBreak::None, Ok(Outcome::NoQuorum), &[]),
        (tie, (0, 1), Lot, &TieBreak::None, Err(2), &[]),
        (tie, (0, 1), Lot, &drawn, Ok(Outcome::Passed), &[2]),
        (tie, (0, 1), Forbidden, &drawn, Ok(Outcome::Tied), &[]),
        (blank, (0, 1), Lot, &TieBreak::None, Ok(Outcome::Rejected), &[]),
    ];
    for (papers, quorum, on_tie, tie, expected, elected) in cases {
        let rule = election(1, quorum, on_tie);
        let counted = count(&rule, 2, rankings(papers), 10, tie);
        match (counted, expected) {
            (Ok(counted), Ok(outcome)) => {
                assert_eq!(counted.outcome, outcome, "{papers:?} {rule:?}");
                let course = counted.count.unwrap();
                assert_eq!(course.elected, elected, "{papers:?} {rule:?}");
                assert_eq!(counted.certificate, course.certificate());
                assert_eq!(counted.scale, 100_000);
                assert_eq!(counted.counts.len(), 2);
                assert!(!counted.reasons.is_empty());
            }
            (Err(CountRefusal::NeedsLot(open)), Err(stage)) => assert_eq!(open.stage, stage),
            (counted, expected) => panic!("{counted:?} instead of {expected:?}"),
        }
    }
}

#[test]
fn a_motion_is_counted_with_its_weights() {
    let ballots = [
        (Choice::Motion(MotionChoice::Yes), 3),
        (Choice::Motion(MotionChoice::No), 2),
        (Choice::Motion(MotionChoice::Abstain), 1),
    ];
    let counted = count(&DecisionRule::simple_majority(), 0, ballots, 10, &TieBreak::None).unwrap();
    assert_eq!(counted.outcome, Outcome::Passed);
    assert_eq!(counted.counts, [3, 2, 1, 0]);
    assert_eq!((counted.scale, counted.certificate), (1, Hash32::ZERO));
}

#[test]
fn ballots_of_another_method_are_refused() {
    let motion = [(Choice::Motion(MotionChoice::Yes), 1)];
    let refused = count(&election(1, (0, 1), ElectionTie::Lot), 2, motion, 1, &TieBreak::None);
    assert_eq!(refused, Err(CountRefusal::WrongMethod));
    let refused = count(
        &DecisionRule::simple_majority(),
        0,
        rankings(&[(1, &[0])]),
        1,
        &TieBreak::None,
    );
    assert_eq!(refused, Err(CountRefusal::WrongMethod));
    let refused = count(
        &election(1, (0, 1), ElectionTie::Lot),
        2,
        rankings(&[(1, &[2])]),
        1,
        &TieBreak::None,
    );
    assert_eq!(refused, Err(CountRefusal::UnknownCandidate(3)));
}

#[test]
fn a_missing_lot_is_told_with_stage_and_candidates() {
    let refusal = count(
        &election(1, (0, 1), ElectionTie::Lot),
        3,
        rankings(&[(3, &[0]), (2, &[1]), (2, &[2])]),
        9,
        &TieBreak::None,
    )
    .unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "stage 2: candidates 2 and 3 tie on who is excluded, no earlier stage settles it, and no lot was given"
    );
}
