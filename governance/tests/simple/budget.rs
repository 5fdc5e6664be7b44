//! Aim: budgets are divided as published and as a second program divides them. Method: hand-counted tables, and random budgets
//! against Equal Shares written again with plain fractions, voter by voter.

use governance::rule::Spending;
use governance::tally::TieBreak;
use governance::tally::budget::{Projects, RAISES_MAX, Support, count, raise};
use governance::tally::sheet::Count;
use proptest::prelude::*;

fn support(projects: &Projects, ballots: &[(u128, &[(u16, u32)])]) -> Support {
    let mut support = Support::new(projects).unwrap();
    for (weight, points) in ballots {
        support.add(points, *weight).unwrap();
    }
    support
}

fn rates(count: &Count) -> Vec<Option<&str>> {
    count
        .stages
        .iter()
        .map(|stage| stage.rate.as_ref().map(|rate| rate.as_text()))
        .collect()
}

#[test]
fn a_majority_takes_all_by_votes_and_its_part_by_equal_shares() {
    // Six voters want four projects of the north, four want four of the south; money for five.
    const NORTH: &[(u16, u32)] = &[(0, 1), (1, 1), (2, 1), (3, 1)];
    const SOUTH: &[(u16, u32)] = &[(4, 1), (5, 1), (6, 1), (7, 1)];
    let projects = Projects {
        costs: vec![11, 10, 10, 9, 10, 10, 11, 12],
        available: 50,
    };
    let ballots = support(&projects, &[(6, NORTH), (4, SOUTH)]);
    let greedy = count(&projects, &ballots, Spending::Greedy, &TieBreak::None);
    // All of the north can be paid for, so their order has no effect; of the south only the two cheap ones, and only one of them.
    assert_eq!(greedy.elected, [1, 2, 3, 4]);
    assert_eq!(greedy.undecided.as_ref().unwrap().candidates, [5, 6]);
    assert_eq!(rates(&greedy), [None; 4]);
    let drawn = count(
        &projects,
        &ballots,
        Spending::Greedy,
        &TieBreak::Order(vec![5, 4, 0, 1, 2, 3, 6, 7]),
    );
    assert_eq!((drawn.elected.as_slice(), drawn.ties.len()), (&[1, 2, 3, 4, 6][..], 1));
    // Each has 5: the north pays 9/6, 10/6, 10/6 of it, the south 10/4 and 10/4.
    let shares = count(&projects, &ballots, Spending::EqualShares, &TieBreak::None);
    assert_eq!(shares.elected, [4, 2, 3, 5, 6]);
    assert_eq!(
        rates(&shares),
        [Some("3/2"), Some("5/3"), Some("5/3"), Some("5/2"), Some("5/2")]
    );
    assert_eq!(shares.share.as_ref().unwrap().as_text(), "5/1");
    let left: Vec<u128> = shares.stages.iter().map(|stage| stage.nontransferable.units).collect();
    assert_eq!(left, [41, 31, 21, 11, 1]);
    assert_eq!(shares.counts(), [6, 6, 6, 6, 4, 4, 4, 4]);
}

#[test]
fn shares_are_raised_while_the_budget_allows_and_votes_complete_them() {
    // Three voters with 10 each. A: 20 of two; B: 18 of the third, who has 10; C: 9 of all.
    let projects = Projects {
        costs: vec![20, 18, 9],
        available: 30,
    };
    let ballots = support(&projects, &[(2, &[(0, 1), (2, 1)]), (1, &[(1, 1), (2, 1)])]);
    // C at 3, then A at 10 needs 20 and two voters have 7 each: nothing. Raised to 13 they have 10 each, and A is bought.
    let shares = count(&projects, &ballots, Spending::EqualShares, &TieBreak::None);
    assert_eq!(
        (shares.elected.as_slice(), shares.share.unwrap().as_text().to_owned()),
        (&[3, 1][..], String::from("13/1"))
    );
    // Where nobody's share suffices and no raise does, votes decide.
    let alone = support(&projects, &[(1, &[(0, 1)])]);
    let bought = count(&projects, &alone, Spending::EqualShares, &TieBreak::None);
    assert_eq!(
        (bought.elected.as_slice(), bought.stages[0].nontransferable.units),
        (&[1][..], 10)
    );
    // Without a ballot that says something nothing is bought.
    let blank = support(&projects, &[(5, &[])]);
    let nothing = count(&projects, &blank, Spending::EqualShares, &TieBreak::None);
    assert_eq!((nothing.elected.len(), nothing.blank, nothing.share), (0, 5, None));
    assert_eq!(nothing.stages.len(), 1);
}

#[test]
fn equal_rates_wait_for_the_lot_only_where_their_order_matters() {
    let projects = Projects {
        costs: vec![10, 10],
        available: 20,
    };
    // Two voters with 10 each who want both: 5 + 5 for each, whichever comes first.
    let both = support(&projects, &[(2, &[(0, 1), (1, 1)])]);
    let count_of = |ballots: &Support, tie: &TieBreak| count(&projects, ballots, Spending::EqualShares, tie);
    assert_eq!(count_of(&both, &TieBreak::None).elected, [1, 2]);
    // With money for one alone the order decides which.
    let projects = Projects {
        costs: vec![10, 10],
        available: 10,
    };
    let open = count(&projects, &both, Spending::EqualShares, &TieBreak::None);
    assert_eq!(
        (open.elected.len(), open.undecided.unwrap().candidates),
        (0, vec![1, 2])
    );
    let drawn = count(&projects, &both, Spending::EqualShares, &TieBreak::Order(vec![1, 0]));
    assert_eq!((drawn.elected.as_slice(), drawn.ties[0].chosen), (&[2][..], 2));
}

#[test]
fn what_cannot_be_divided_is_refused() {
    let projects = |costs: &[u64], available| Projects {
        costs: costs.to_vec(),
        available,
    };
    for refused in [projects(&[], 5), projects(&[1, 0], 5), projects(&[1], 0)] {
        assert!(Support::new(&refused).is_err(), "{refused:?}");
    }
    let mut support = Support::new(&projects(&[1, 2], 5)).unwrap();
    assert!(support.add(&[(2, 1)], 1).is_err());
    assert!(support.add(&[(0, 1), (0, 1)], 1).is_err());
    assert!(support.add(&[(0, 1)], u128::MAX).is_err());
    assert_eq!(support.weights().all(), 0);
    assert_eq!(
        (raise(999, 1), raise(1_999, 1), raise(2_000, 1), raise(5, 100)),
        (1, 1, 2, 1)
    );
}

/// Two hundred projects and as many voters with ballots of their own: the work stays bounded, and so do the fractions.
#[test]
fn the_largest_budget_of_a_ballot_is_divided_in_time() {
    let projects = Projects {
        costs: (0..200_u64).map(|project| 9_001 + project * 37).collect(),
        available: 1_000_003,
    };
    let mut support = Support::new(&projects).unwrap();
    let mut state = 7_u64;
    for _ in 0..150 {
        let mut points = Vec::new();
        for project in 0..200 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            if state >> 60 == 0 {
                points.push((project, u32::try_from(state >> 40 & 15).unwrap() + 1));
            }
        }
        support.add(&points, 1).unwrap();
    }
    let order = TieBreak::Order((0..200).collect());
    let divided = count(&projects, &support, Spending::EqualShares, &order);
    let cheapest_unbought = (0..200_u16)
        .filter(|project| !divided.elected.contains(&(project + 1)))
        .min()
        .unwrap();
    let left = divided.stages.last().unwrap().nontransferable.units;
    assert!(
        left < u128::from(projects.costs[usize::from(cheapest_unbought)]),
        "{left} are left"
    );
    let longest = divided
        .stages
        .iter()
        .filter_map(|stage| stage.rate.as_ref())
        .map(|rate| rate.as_text().len())
        .max();
    assert!(longest.unwrap() < 2_000, "{longest:?}");
}

/// A fraction of small numbers, for the second program.
#[derive(Debug, Clone, Copy)]
struct Part(i128, i128);

impl Part {
    fn new(over: i128, under: i128) -> Self {
        let (mut one, mut other) = (over.abs().max(1), under);
        while other != 0 {
            (one, other) = (other, one % other);
        }
        if over == 0 {
            Self(0, 1)
        } else {
            Self(over / one, under / one)
        }
    }
    fn less(self, other: Self) -> Self {
        Self::new(self.0 * other.1 - other.0 * self.1, self.1 * other.1)
    }
    fn plus(self, other: Self) -> Self {
        Self::new(self.0 * other.1 + other.0 * self.1, self.1 * other.1)
    }
    fn times(self, by: i128) -> Self {
        Self::new(self.0 * by, self.1)
    }
    fn over(self, by: i128) -> Self {
        Self::new(self.0, self.1 * by)
    }
    fn at_least(self, other: Self) -> bool {
        self.0 * other.1 >= other.0 * self.1
    }
}

#[derive(Debug, Clone)]
struct Budget {
    projects: Projects,
    voters: Vec<Vec<(u16, u32)>>,
    order: Vec<u16>,
}

/// What each supporter pays for a point: the supporters who cannot pay it are found by trying, not by sorting.
fn naive_rate(cost: u64, supporters: &[(usize, i128)], purses: &[Part]) -> Option<Part> {
    let mut poor: Vec<usize> = Vec::new();
    loop {
        let given = poor.iter().fold(Part(0, 1), |sum, voter| sum.plus(purses[*voter]));
        let rich: i128 = supporters
            .iter()
            .filter(|(voter, _)| !poor.contains(voter))
            .map(|(_, points)| points)
            .sum();
        if rich == 0 {
            return None;
        }
        let rate = Part::new(i128::from(cost), 1).less(given).over(rich);
        let short =
            |(voter, points): &&(usize, i128)| !poor.contains(voter) && !purses[*voter].at_least(rate.times(*points));
        match supporters.iter().find(short) {
            Some((voter, _)) => poor.push(*voter),
            None => return Some(rate),
        }
    }
}

/// The rate, the points, the project, and what its supporters give.
type Best = (Part, i128, u16, Vec<(usize, i128)>);

fn naive_run(budget: &Budget, share: Part) -> Vec<u16> {
    let mut purses = vec![share; budget.voters.len()];
    let mut bought: Vec<u16> = Vec::new();
    loop {
        let mut best: Option<Best> = None;
        // In the order of the lot, so that of equals the first stays.
        for project in budget.order.iter().filter(|project| !bought.contains(project)) {
            let supporters: Vec<(usize, i128)> = budget
                .voters
                .iter()
                .enumerate()
                .filter_map(|(voter, points)| {
                    points
                        .iter()
                        .find(|(one, given)| one == project && *given > 0)
                        .map(|(_, given)| (voter, i128::from(*given)))
                })
                .collect();
            let points: i128 = supporters.iter().map(|(_, points)| points).sum();
            let Some(rate) = naive_rate(budget.projects.costs[usize::from(*project)], &supporters, &purses) else {
                continue;
            };
            let better = best
                .as_ref()
                .is_none_or(|(least, most, ..)| !rate.at_least(*least) || (least.at_least(rate) && points > *most));
            if better {
                best = Some((rate, points, *project, supporters));
            }
        }
        let Some((rate, _, project, supporters)) = best else {
            return bought;
        };
        for (voter, points) in supporters {
            let due = rate.times(points);
            purses[voter] = if purses[voter].at_least(due) {
                purses[voter].less(due)
            } else {
                Part(0, 1)
            };
        }
        bought.push(project);
    }
}

fn naive(budget: &Budget) -> Vec<u16> {
    let voters = i128::try_from(budget.voters.len()).unwrap();
    let available = budget.projects.available;
    let cost = |project: &u16| budget.projects.costs[usize::from(*project)];
    let spent = |bought: &[u16]| bought.iter().map(cost).sum::<u64>();
    let points = |project: u16| {
        budget
            .voters
            .iter()
            .flatten()
            .filter(|(one, _)| *one == project)
            .map(|(_, given)| u64::from(*given))
            .sum::<u64>()
    };
    let fits = |bought: &[u16]| -> Vec<u16> {
        let left = available - spent(bought);
        budget
            .order
            .iter()
            .copied()
            .filter(|project| !bought.contains(project) && points(*project) > 0 && cost(project) <= left)
            .collect()
    };
    let mut bought = Vec::new();
    if voters > 0 {
        bought = naive_run(budget, Part::new(available.into(), voters));
        for raises in 1..=i128::from(RAISES_MAX) {
            if fits(&bought).is_empty() {
                break;
            }
            let next = naive_run(budget, Part::new(i128::from(available) + raises * voters, voters));
            if spent(&next) > available {
                break;
            }
            bought = next;
        }
    }
    while let Some(most) = fits(&bought).iter().map(|project| points(*project)).max() {
        let next = fits(&bought)
            .into_iter()
            .find(|project| points(*project) == most)
            .unwrap();
        bought.push(next);
    }
    bought
}

fn budgets() -> impl Strategy<Value = Budget> {
    (1_u16..=5).prop_flat_map(|projects| {
        let all: Vec<u16> = (0..projects).collect();
        let points = prop::collection::vec(0_u32..=3, usize::from(projects)).prop_map(|given| {
            (0..)
                .zip(given)
                .filter(|(_, points)| *points > 0)
                .collect::<Vec<(u16, u32)>>()
        });
        (
            prop::collection::vec(1_u64..=30, usize::from(projects)),
            1_u64..=60,
            prop::collection::vec(points, 1..5),
            Just(all).prop_shuffle(),
        )
            .prop_map(|(costs, available, mut voters, order)| {
                voters.retain(|points| !points.is_empty());
                Budget {
                    projects: Projects { costs, available },
                    voters,
                    order,
                }
            })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn equal_shares_written_again_agrees(budget in budgets()) {
        let mut support = Support::new(&budget.projects).unwrap();
        for points in &budget.voters {
            support.add(points, 1).unwrap();
        }
        let drawn = TieBreak::Order(budget.order.clone());
        let divided = count(&budget.projects, &support, Spending::EqualShares, &drawn);
        let (mut bought, mut expected) = (divided.elected.clone(), naive(&budget).iter().map(|project| project + 1).collect::<Vec<_>>());
        bought.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(bought, expected);
        // Where nothing stays open without a lot, no lot changes anything.
        let undrawn = count(&budget.projects, &support, Spending::EqualShares, &TieBreak::None);
        if undrawn.undecided.is_none() {
            let (mut one, mut other) = (undrawn.elected, divided.elected);
            one.sort_unstable();
            other.sort_unstable();
            prop_assert_eq!(one, other);
        }
    }

    #[test]
    fn no_more_than_the_budget_is_spent_and_nothing_affordable_is_left(budget in budgets()) {
        let mut support = Support::new(&budget.projects).unwrap();
        for points in &budget.voters {
            support.add(points, 2).unwrap();
        }
        for spending in [Spending::Greedy, Spending::EqualShares] {
            let divided = count(&budget.projects, &support, spending, &TieBreak::Order(budget.order.clone()));
            let spent: u64 = divided.elected.iter().map(|project| budget.projects.costs[usize::from(project - 1)]).sum();
            let left = divided.stages.last().unwrap().nontransferable.units;
            prop_assert_eq!(u128::from(spent) + left, u128::from(budget.projects.available));
            for (project, (cost, points)) in (1..).zip(budget.projects.costs.iter().zip(divided.counts())) {
                prop_assert!(divided.elected.contains(&project) || points == 0 || u128::from(*cost) > left);
            }
        }
    }
}
