//! Aim: what must hold for every election holds for Scottish STV, and a second program agrees. Method: random elections, against
//! properties and against a slow count that is written paper by paper from the rules.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use governance::ballot::Choice;
use governance::hash::keccak256;
use governance::rule::DecisionRule;
use governance::tally::scottish::{Contest, Papers, count};
use governance::tally::sheet::{Count, TransferKind};
use governance::tally::{CountRefusal, TieBreak};
use proptest::prelude::*;

mod slow;

const SCALE: u128 = 100_000;

#[derive(Debug, Clone)]
struct Election {
    candidates: u16,
    seats: u16,
    withdrawn: Vec<u16>,
    papers: Vec<(Vec<u16>, u128)>,
    /// The order in which ties are drawn.
    order: Vec<u16>,
}

fn elections() -> impl Strategy<Value = Election> {
    (1_u16..=7).prop_flat_map(|candidates| {
        let all: Vec<u16> = (0..candidates).collect();
        let longest = usize::from(candidates);
        let ranking = (Just(all.clone()).prop_shuffle(), 0..=longest).prop_map(|(mut order, length)| {
            order.truncate(length);
            order
        });
        (
            1..=candidates,
            prop::collection::vec((ranking, 1_u128..=9), 0..30),
            Just(all.clone()).prop_shuffle(),
            prop::collection::vec(0..candidates * 4, 0..2),
        )
            .prop_map(move |(seats, papers, order, withdrawn)| Election {
                candidates,
                seats,
                // Mostly nobody withdraws, and never everybody.
                withdrawn: withdrawn
                    .into_iter()
                    .filter(|who| *who < candidates && candidates > 1)
                    .collect(),
                papers,
                order,
            })
    })
}

fn run(election: &Election, tie: &TieBreak) -> Count {
    let mut papers = Papers::new();
    for (ranking, weight) in &election.papers {
        papers.add(ranking, *weight);
    }
    let contest = Contest {
        candidates: election.candidates,
        seats: election.seats,
        withdrawn: election.withdrawn.clone(),
    };
    count(&contest, &papers, tie).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_ballots_does_not_matter(election in elections(), seed in any::<u64>()) {
        let lot = TieBreak::Lot(keccak256(&seed.to_be_bytes()));
        let mut turned = election.clone();
        turned.papers.reverse();
        // One line of many papers is many lines of one.
        turned.papers = turned.papers.into_iter().flat_map(|(ranking, weight)| (0..weight).map(move |_| (ranking.clone(), 1))).collect();
        for tie in [TieBreak::None, lot] {
            let (one, other) = (run(&election, &tie), run(&turned, &tie));
            prop_assert_eq!(&one, &other);
            prop_assert_eq!(one.certificate(), other.certificate());
        }
    }

    #[test]
    fn candidates_are_alike(election in elections()) {
        // Give everyone another number, in the papers and in the order of ties alike, and the result only changes names.
        let renamed = |candidate: u16| election.order[usize::from(candidate)];
        let other = Election {
            withdrawn: election.withdrawn.iter().map(|who| renamed(*who)).collect(),
            papers: election.papers.iter().map(|(ranking, weight)| (ranking.iter().map(|who| renamed(*who)).collect(), *weight)).collect(),
            order: election.order.iter().map(|who| renamed(*who)).collect(),
            ..election.clone()
        };
        let one = run(&election, &TieBreak::Order(election.order.clone()));
        let two = run(&other, &TieBreak::Order(other.order.clone()));
        let names = |numbers: &[u16]| numbers.iter().map(|number| renamed(number - 1) + 1).collect::<Vec<u16>>();
        prop_assert_eq!(names(&one.elected), two.elected);
        prop_assert_eq!(one.stages.len(), two.stages.len());
        for (first, second) in one.stages.iter().zip(&two.stages) {
            prop_assert_eq!(first.nontransferable, second.nontransferable);
            prop_assert_eq!(names(&first.elected), second.elected.clone());
            prop_assert_eq!(names(&first.excluded), second.excluded.clone());
            for (number, total) in &first.totals {
                prop_assert_eq!(total, &second.totals[&(renamed(number - 1) + 1)]);
            }
        }
        // Where nothing draws, the same tie stays open under both names.
        let (one, two) = (run(&election, &TieBreak::None), run(&other, &TieBreak::None));
        let open = |count: &Count| count.undecided.as_ref().map(|open| (open.stage, open.kind, open.candidates.len()));
        prop_assert_eq!(open(&one), open(&two));
    }

    #[test]
    fn no_vote_is_lost_and_none_appears(election in elections()) {
        let count = run(&election, &TieBreak::Order(election.order.clone()));
        let papers: u128 = election.papers.iter().map(|(_, weight)| weight).sum();
        prop_assert_eq!(count.valid + count.blank, papers);
        let mut before = 0;
        for stage in &count.stages {
            let held: u128 = stage.totals.values().map(|total| total.units).sum();
            prop_assert_eq!(held + stage.nontransferable.units, count.valid * SCALE);
            prop_assert!(stage.nontransferable.units >= before, "votes came back");
            before = stage.nontransferable.units;
        }
        let standing = usize::from(election.candidates) - election.withdrawn.len();
        let expected = if count.valid == 0 { 0 } else { standing.min(usize::from(election.seats)) };
        prop_assert_eq!(count.elected.len(), expected);
        prop_assert!(count.undecided.is_none());
    }

    #[test]
    fn nobody_receives_anything_once_elected(election in elections()) {
        let count = run(&election, &TieBreak::Order(election.order.clone()));
        let mut elected: Vec<u16> = Vec::new();
        for (before, after) in count.stages.iter().zip(count.stages.iter().skip(1)) {
            elected.extend(&before.elected);
            for number in &elected {
                prop_assert!(after.totals[number].units <= before.totals[number].units);
            }
        }
    }

    #[test]
    fn a_slow_count_paper_by_paper_agrees(election in elections()) {
        let fast = run(&election, &TieBreak::Order(election.order.clone()));
        let slow = slow::count(election.candidates, election.seats, &election.withdrawn, &election.papers, &election.order);
        prop_assert_eq!(fast.quota.unwrap().units, slow.quota);
        prop_assert_eq!(fast.stages.len(), slow.totals.len());
        for (stage, (totals, lost)) in fast.stages.iter().zip(slow.totals.iter().zip(&slow.lost)) {
            let fast_totals: Vec<u128> = stage.totals.values().map(|total| total.units).collect();
            prop_assert_eq!(&fast_totals, totals);
            prop_assert_eq!(stage.nontransferable.units, *lost);
        }
        let mut elected: Vec<u16> = fast.elected.iter().map(|number| number - 1).collect();
        elected.sort_unstable();
        prop_assert_eq!(elected, slow.elected);
    }

    #[test]
    fn the_common_entry_asks_for_a_lot_exactly_where_the_count_stops(election in elections(), lot in any::<[u8; 32]>()) {
        let rule = DecisionRule::election().with_seats(election.seats);
        let ballots = || election.papers.iter().flat_map(|(ranking, weight)| (0..*weight).map(|_| (Choice::Ranking(ranking.clone()), 1)));
        let election = Election { withdrawn: Vec::new(), ..election.clone() };
        let without = governance::tally::count(&rule, usize::from(election.candidates), ballots(), 1_000, &TieBreak::None);
        let plain = run(&election, &TieBreak::None);
        let lot = TieBreak::Lot(governance::hash::Hash32::from_bytes(lot));
        match without {
            Ok(counted) => prop_assert_eq!(counted.count, Some(plain)),
            Err(CountRefusal::NeedsLot(open)) => {
                prop_assert_eq!(Some(open), plain.undecided);
                let with = governance::tally::count(&rule, usize::from(election.candidates), ballots(), 1_000, &lot).unwrap();
                prop_assert_eq!(with.count.unwrap().undecided, None);
            }
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}

#[test]
fn the_killer_case_elects_whom_the_statute_elects() {
    let election = Election {
        candidates: 4,
        seats: 3,
        withdrawn: Vec::new(),
        papers: vec![(vec![0, 1, 2], 45), (vec![1, 3, 2], 30), (vec![2], 13), (vec![3], 12)],
        order: vec![0, 1, 2, 3],
    };
    let count = run(&election, &TieBreak::None);
    assert_eq!(
        (count.quota.unwrap().units, count.elected.as_slice()),
        (26, &[1, 2, 3][..])
    );
    assert_eq!(count.stages[1].transfer.unwrap().kind, TransferKind::Surplus);
}
