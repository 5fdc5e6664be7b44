//! Cases that other programs are known to decide by listing order or by rounding.

use governance::tally::irv::{self, Papers, Procedure};
use governance::tally::meek;
use governance::tally::pairwise::{Pairwise, count_copeland, count_schulze};
use governance::tally::sheet::{Count, Question};
use governance::tally::{Papers as Strict, TieBreak};

fn runoff(candidates: u16, lines: &[(u128, Vec<u16>)], tie: &TieBreak) -> Count {
    let mut papers = Papers::new();
    for (weight, ranking) in lines {
        papers.add(ranking, *weight);
    }
    let contest = irv::Contest {
        candidates,
        withdrawn: Vec::new(),
        procedure: Procedure::default(),
    };
    irv::count(&contest, &papers, tie).unwrap()
}

/// Where two tie for last, the order in which options were typed decides in Snapshot.
#[test]
fn the_order_in_which_options_are_listed_decides_nothing() {
    let orders: [[u16; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for listed in orders {
        let [a, b, c] = listed;
        let lines = [(4, vec![a, b, c]), (3, vec![b, a, c]), (3, vec![c, b, a])];
        let open = runoff(3, &lines, &TieBreak::None).undecided.unwrap();
        let mut tied = vec![b + 1, c + 1];
        tied.sort_unstable();
        assert_eq!((open.kind, open.candidates), (Question::Exclusion, tied));
        // The lot decides, whatever the list: without C, B wins 6 to 4; without B, A wins 7 to 3.
        let drawn = |first: u16, second: u16| runoff(3, &lines, &TieBreak::Order(vec![first, second, a])).elected;
        assert_eq!((drawn(c, b), drawn(b, c)), (vec![b + 1], vec![a + 1]));
    }
}

/// 0.1 + 0.2 against 0.3, in tenths: as floats the first is more.
#[test]
fn tenths_that_add_up_alike_are_a_tie() {
    let lines = [(1, vec![0]), (2, vec![0]), (3, vec![1])];
    let open = runoff(2, &lines, &TieBreak::None);
    assert_eq!(
        open.undecided.map(|open| (open.kind, open.candidates)),
        Some((Question::Place, vec![1, 2]))
    );
    let mut pairs = Pairwise::new(2).unwrap();
    for (weight, ranking) in &lines {
        pairs.add_strict(ranking, *weight).unwrap();
    }
    for count in [
        count_schulze(&pairs, 1, None, &TieBreak::None).unwrap(),
        count_copeland(&pairs, 1, None, &TieBreak::None).unwrap(),
    ] {
        assert_eq!(count.undecided.map(|open| open.candidates), Some(vec![1, 2]));
        assert_eq!(count.ranking, Some(vec![vec![1, 2]]));
    }
    let papers: meek::Papers = lines.iter().fold(meek::Papers::new(), |mut papers, (weight, ranking)| {
        papers.add(&[ranking], *weight);
        papers
    });
    let contest = meek::Contest {
        candidates: 2,
        seats: 1,
        withdrawn: Vec::new(),
        procedure: meek::Procedure::default(),
    };
    let count = meek::count(&contest, &papers, &TieBreak::None).unwrap();
    assert_eq!(count.undecided.map(|open| open.candidates), Some(vec![1, 2]));
}

/// 45 A>B>C, 30 B>D>C, 13 C, 12 D for three places. The statute gives whoever is elected nothing further, so A's surplus goes on
/// to C. By Meek it passes B as well, who keeps only what B needs, and B's own papers go on to D: 27 against 23.
#[test]
fn the_killer_case_elects_c_by_the_statute_and_d_by_meek() {
    let lines: [(u128, Vec<u16>); 4] = [(45, vec![0, 1, 2]), (30, vec![1, 3, 2]), (13, vec![2]), (12, vec![3])];
    let mut strict = Strict::new();
    let mut ranked = meek::Papers::new();
    for (weight, ranking) in &lines {
        strict.add(ranking, *weight);
        let ranks: Vec<[u16; 1]> = ranking.iter().map(|one| [*one]).collect();
        ranked.add(&ranks, *weight);
    }
    let scottish = governance::tally::scottish::Contest {
        candidates: 4,
        seats: 3,
        withdrawn: Vec::new(),
    };
    let count = governance::tally::scottish::count(&scottish, &strict, &TieBreak::None).unwrap();
    assert_eq!(count.elected, [1, 2, 3]);
    let contest = meek::Contest {
        candidates: 4,
        seats: 3,
        withdrawn: Vec::new(),
        procedure: meek::Procedure::default(),
    };
    let count = meek::count(&contest, &ranked, &TieBreak::None).unwrap();
    assert_eq!(count.elected, [1, 2, 4]);
}

#[test]
fn the_examples_of_the_documentation_come_out_as_written() {
    let count = runoff(
        4,
        &[(4, vec![0]), (3, vec![1, 2]), (2, vec![2, 1]), (1, vec![3])],
        &TieBreak::None,
    );
    assert_eq!((count.elected.as_slice(), count.stages.len()), (&[2][..], 3));
    let last = &count.stages[2];
    assert_eq!(
        (
            last.totals[&2].units,
            last.nontransferable.units,
            last.quota.unwrap().units
        ),
        (5, 1, 5)
    );
    let mut pairs = Pairwise::new(3).unwrap();
    for (weight, ranking) in [(4, [0, 1, 2]), (3, [1, 2, 0]), (2, [2, 0, 1])] {
        pairs.add_strict(&ranking, weight).unwrap();
    }
    let count = count_schulze(&pairs, 1, None, &TieBreak::None).unwrap();
    assert_eq!(count.ranking, Some(vec![vec![1], vec![2], vec![3]]));
    let count = count_copeland(&pairs, 1, None, &TieBreak::None).unwrap();
    assert_eq!(count.ranking, Some(vec![vec![1, 2], vec![3]]));
    assert_eq!(count.undecided.map(|open| open.candidates), Some(vec![1, 2]));
}
