//! Putting up a second candidate just like the first helps and harms nobody under Schulze's method.

use governance::tally::pairwise::{Pairwise, schulze};
use proptest::prelude::*;

use crate::profiles::{Election, elections};

/// The election with a clone of `one`, numbered last: beside it on every paper that ranks it, before or behind as `flags` say.
fn cloned(election: &Election, one: u16, flags: &[bool]) -> Pairwise {
    let clone = election.candidates;
    let mut pairs = Pairwise::new(election.candidates + 1).unwrap();
    for ((paper, weight), first) in election.papers.iter().zip(flags.iter().cycle()) {
        let beside = |rank: &Vec<u16>| -> Vec<Vec<u16>> {
            match (rank.as_slice(), first) {
                ([only], true) if *only == one => vec![vec![clone], vec![one]],
                ([only], false) if *only == one => vec![vec![one], vec![clone]],
                _ => vec![rank.clone()],
            }
        };
        let ranks: Vec<Vec<u16>> = paper.iter().flat_map(beside).collect();
        pairs.add(&ranks, *weight).unwrap();
    }
    pairs
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn a_clone_changes_nothing_among_the_others(election in elections(1), of in any::<u16>(), flags in prop::collection::vec(any::<bool>(), 20)) {
        let one = of % election.candidates;
        let before = schulze(&election.pairs()).winners;
        let after = schulze(&cloned(&election, one, &flags)).winners;
        let either = |winners: &[u16]| winners.contains(&one) || winners.contains(&election.candidates);
        prop_assert_eq!(either(&before), either(&after));
        let others = |winners: &[u16]| -> Vec<u16> { winners.iter().copied().filter(|who| *who != one && *who != election.candidates).collect() };
        prop_assert_eq!(others(&before), others(&after));
    }
}
