//! What holds for every election.

use governance::hash::keccak256;
use governance::tally::TieBreak;
use governance::tally::irv::{End, Exclusion, Procedure};
use governance::tally::meek::{self, Arithmetic, EmptyRank};
use governance::tally::pairwise::{copeland, count_copeland, count_schulze, schulze};
use governance::tally::sheet::Count;
use proptest::prelude::*;

use crate::naive;
use crate::profiles::elections;

fn units(count: &Count) -> Vec<Vec<u128>> {
    let of = |stage: &governance::tally::sheet::Stage| stage.totals.values().map(|total| total.units).collect();
    count.stages.iter().map(of).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_ballots_changes_nothing(election in elections(3), seed in any::<u64>()) {
        let lot = TieBreak::Lot(keccak256(&seed.to_be_bytes()));
        for tie in [TieBreak::None, lot] {
            for (one, other) in election.all(&tie).into_iter().zip(election.turned().all(&tie)) {
                prop_assert_eq!(one.certificate(), other.certificate());
                prop_assert_eq!(one, other);
            }
        }
    }

    #[test]
    fn options_are_alike(election in elections(3)) {
        let renamed = election.renamed();
        let number = |number: &u16| election.order[usize::from(*number) - 1] + 1;
        let ties = [(election.drawn(), renamed.drawn()), (TieBreak::None, TieBreak::None)];
        for (tie, tie_renamed) in ties {
            for (one, other) in election.all(&tie).iter().zip(renamed.all(&tie_renamed)) {
                let open = |count: &Count| count.undecided.as_ref().map(|open| (open.stage, open.kind, open.candidates.len()));
                prop_assert_eq!(open(one), open(&other));
                let mut elected: Vec<u16> = one.elected.iter().map(number).collect();
                let mut elected_renamed = other.elected.clone();
                if tie == TieBreak::None {
                    // The order among equals has no effect then.
                    elected.sort_unstable();
                    elected_renamed.sort_unstable();
                }
                prop_assert_eq!(elected, elected_renamed);
                prop_assert_eq!(one.stages.len(), other.stages.len());
                for (first, second) in one.stages.iter().zip(&other.stages) {
                    prop_assert_eq!(first.nontransferable, second.nontransferable);
                    for (candidate, total) in &first.totals {
                        prop_assert_eq!(total, &second.totals[&number(candidate)]);
                    }
                }
            }
        }
    }

    #[test]
    fn no_vote_is_lost_and_none_appears(election in elections(3)) {
        let papers: u128 = election.papers.iter().map(|(_, weight)| weight).sum();
        for count in election.all(&election.drawn()) {
            prop_assert_eq!(count.valid + count.blank, papers);
            prop_assert_eq!(&count.undecided, &None);
            if let Some(pairs) = &count.pairwise {
                for (one, row) in pairs.iter().enumerate() {
                    for (other, cell) in row.iter().enumerate() {
                        prop_assert!(cell + pairs[other][one] <= count.valid);
                    }
                }
                continue;
            }
            for stage in &count.stages {
                let held: u128 = stage.totals.values().map(|total| total.units).sum();
                prop_assert_eq!(held + stage.nontransferable.units, count.valid * count.scale());
            }
            if count.valid > 0 {
                let places = usize::from(count.seats.min(election.candidates));
                prop_assert_eq!(count.elected.len(), places);
            }
        }
    }

    #[test]
    fn a_slow_runoff_agrees(election in elections(1)) {
        let papers: Vec<(Vec<u16>, u128)> = election.papers.iter().map(|(paper, weight)| (paper.concat(), *weight)).collect();
        let (winner, stages) = naive::runoff(election.candidates, &papers, &election.order);
        let count = election.irv(&Procedure::default(), &election.drawn());
        prop_assert_eq!(units(&count), stages);
        prop_assert_eq!(count.elected, winner.map(|one| one + 1).into_iter().collect::<Vec<u16>>());
    }

    #[test]
    fn batches_and_counting_on_change_no_winner(election in elections(1)) {
        let one = election.irv(&Procedure::default(), &TieBreak::None);
        for procedure in [
            Procedure { exclusion: Exclusion::Batch, ..Procedure::default() },
            Procedure { end: End::TwoLeft, ..Procedure::default() },
        ] {
            let other = election.irv(&procedure, &TieBreak::None);
            // Stages that were passed over are not there to look back at, so a tie may be broken otherwise.
            let is_clear = |count: &Count| count.undecided.is_none() && count.ties.is_empty();
            if is_clear(&one) && is_clear(&other) {
                prop_assert_eq!(&one.elected, &other.elected);
            }
        }
    }

    #[test]
    fn slow_comparisons_agree(election in elections(3)) {
        let pairs = election.pairs();
        for one in 0..election.candidates {
            for other in 0..election.candidates {
                prop_assert_eq!(pairs.prefers(one, other), naive::prefers(&election.papers, one, other));
            }
        }
        prop_assert_eq!(schulze(&pairs).winners, naive::unbeaten(&pairs));
        let count = copeland(&pairs);
        for one in 0..election.candidates {
            let beats = (0..election.candidates).filter(|other| pairs.prefers(one, *other) > pairs.prefers(*other, one)).count();
            let ties = (0..election.candidates).filter(|other| *other != one && pairs.prefers(one, *other) == pairs.prefers(*other, one)).count();
            prop_assert_eq!(usize::try_from(count.points[usize::from(one)]).unwrap(), 2 * beats + ties);
        }
    }

    #[test]
    fn who_beats_everyone_wins_by_both_comparing_methods(election in elections(3)) {
        let pairs = election.pairs();
        let beats_all = |one: &u16| (0..election.candidates).all(|other| other == *one || pairs.prefers(*one, other) > pairs.prefers(other, *one));
        if let Some(winner) = (0..election.candidates).find(beats_all) {
            let valid = pairs.weight() > pairs.blank();
            let expected: Vec<u16> = valid.then_some(winner + 1).into_iter().collect();
            prop_assert_eq!(count_schulze(&pairs, 1, None, &TieBreak::None).unwrap().elected, expected.clone());
            prop_assert_eq!(count_copeland(&pairs, 1, None, &TieBreak::None).unwrap().elected, expected);
        }
    }

    #[test]
    fn every_stage_of_meek_holds_what_single_papers_give_by_its_factors(election in elections(3)) {
        let count = election.meek(meek::Procedure::default(), &election.drawn());
        for stage in &count.stages {
            let factors: Vec<u128> = stage.keep.values().map(|factor| factor.units).collect();
            let held: Vec<u128> = stage.totals.values().map(|total| total.units).collect();
            if count.valid > 0 {
                prop_assert_eq!(naive::keep(&election.papers, &factors), held);
            }
        }
    }

    #[test]
    fn the_roundings_of_meek_elect_the_same_where_no_tie_is_drawn(election in elections(1)) {
        let reference = meek::Procedure { arithmetic: Arithmetic::Reference, ..meek::Procedure::default() };
        let (ours, theirs) = (election.meek(meek::Procedure::default(), &TieBreak::None), election.meek(reference, &TieBreak::None));
        if ours.undecided.is_none() && theirs.undecided.is_none() {
            let sorted = |mut elected: Vec<u16>| { elected.sort_unstable(); elected };
            prop_assert_eq!(sorted(ours.elected), sorted(theirs.elected));
        }
        // Without equal ranks the ways with empty ones are one.
        let exhaust = meek::Procedure { empty_rank: EmptyRank::Exhaust, ..meek::Procedure::default() };
        prop_assert_eq!(election.meek(exhaust, &TieBreak::None), election.meek(meek::Procedure::default(), &TieBreak::None));
    }
}
