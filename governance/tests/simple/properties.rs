//! Aim: what must hold for every count holds, and naive counts agree. Method: random ballots; permutations of ballots and options;
//! counts written again ballot by ballot, with every grade laid out.

use governance::rule::{Ratio, Unscored};
use governance::tally::grades::Histogram;
use governance::tally::points::{Contest, Sums};
use governance::tally::sheet::Count;
use governance::tally::{TieBreak, dots, majority_judgment, plurality, score};
use proptest::prelude::*;

#[derive(Debug, Clone)]
struct Profile {
    options: u16,
    seats: u16,
    withdrawn: Vec<u16>,
    /// The highest grade.
    best: u32,
    ballots: Vec<(Vec<(u16, u32)>, u128)>,
    /// The order in which ties are drawn.
    order: Vec<u16>,
}

impl Profile {
    fn contest(&self) -> Contest {
        Contest {
            options: self.options,
            seats: self.seats,
            withdrawn: self.withdrawn.clone(),
        }
    }

    fn sums(&self) -> Sums {
        let mut sums = Sums::new(&self.contest()).unwrap();
        for (points, weight) in &self.ballots {
            sums.add(points, *weight).unwrap();
        }
        sums
    }

    fn grades(&self) -> Histogram {
        let mut grades = Histogram::new(&self.contest(), self.best).unwrap();
        for (points, weight) in &self.ballots {
            grades.add(points, *weight).unwrap();
        }
        grades
    }

    fn drawn(&self) -> TieBreak {
        TieBreak::Order(self.order.clone())
    }

    /// Every option `o` renamed to `names[o]`.
    fn renamed(&self, names: &[u16]) -> Self {
        let rename = |option: &u16| names[usize::from(*option)];
        Self {
            withdrawn: self.withdrawn.iter().map(rename).collect(),
            ballots: self
                .ballots
                .iter()
                .map(|(points, weight)| {
                    (
                        points.iter().map(|(option, given)| (rename(option), *given)).collect(),
                        *weight,
                    )
                })
                .collect(),
            order: self.order.iter().map(rename).collect(),
            ..self.clone()
        }
    }

    /// All that can be counted with points.
    fn counts(&self, tie: &TieBreak) -> Vec<Count> {
        let (contest, sums, grades) = (self.contest(), self.sums(), self.grades());
        let third = Ratio::new(1, 3).unwrap();
        vec![
            plurality::count(&contest, &sums, tie),
            dots::count(&contest, &sums, tie),
            score::count(&contest, &grades, Unscored::Zero {}, tie),
            score::count(&contest, &grades, Unscored::NoOpinion { scorers: third }, tie),
            majority_judgment::count(&contest, &grades, tie),
        ]
    }
}

fn profiles() -> impl Strategy<Value = Profile> {
    (1_u16..=6, 1_u32..=5).prop_flat_map(|(options, best)| {
        let all: Vec<u16> = (0..options).collect();
        let graded = prop::collection::vec(0..=best, usize::from(options));
        let ballot = (
            Just(all.clone()).prop_shuffle(),
            graded,
            0..=usize::from(options),
            1_u128..=9,
        )
            .prop_map(|(order, grades, length, weight)| {
                (order.into_iter().zip(grades).take(length).collect::<Vec<_>>(), weight)
            });
        (
            1..=options,
            prop::collection::vec(0..options * 4, 0..2),
            prop::collection::vec(ballot, 0..25),
            Just(all).prop_shuffle(),
        )
            .prop_map(move |(seats, withdrawn, ballots, order)| Profile {
                options,
                seats,
                withdrawn: withdrawn
                    .into_iter()
                    .filter(|option| *option < options && options > 1)
                    .collect(),
                best,
                ballots,
                order,
            })
    })
}

/// The sequence of majority grades as the definition has it: lay all grades out, take the lower middle away again and again.
fn majority_grades(row: &[u128]) -> Vec<usize> {
    let mut grades: Vec<usize> = Vec::new();
    for (grade, weight) in row.iter().enumerate() {
        grades.extend((0..*weight).map(|_| grade));
    }
    let mut sequence = Vec::new();
    while !grades.is_empty() {
        sequence.push(grades.remove(grades.len().div_ceil(2) - 1));
    }
    sequence
}

/// Groups of options by a key, the highest first, each ascending.
fn by<K: Ord>(options: impl Iterator<Item = u16>, key: impl Fn(u16) -> K) -> Vec<Vec<u16>> {
    let mut keyed: Vec<(std::cmp::Reverse<K>, u16)> =
        options.map(|option| (std::cmp::Reverse(key(option)), option)).collect();
    keyed.sort();
    keyed
        .chunk_by(|one, other| one.0 == other.0)
        .map(|group| group.iter().map(|(_, option)| option + 1).collect())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_order_of_ballots_is_irrelevant(profile in profiles(), seed in any::<u64>()) {
        let mut shuffled = profile.clone();
        shuffled.ballots.sort_by_key(|(points, weight)| (seed ^ u64::try_from(*weight).unwrap()).wrapping_mul(0x9e37_79b9) ^ points.len() as u64);
        shuffled.ballots.reverse();
        prop_assert_eq!(profile.counts(&TieBreak::None), shuffled.counts(&TieBreak::None));
        // A weight of two is two ballots.
        let mut parted = profile.clone();
        parted.ballots = profile.ballots.iter().flat_map(|(points, weight)| [(points.clone(), 1), (points.clone(), weight - 1)]).collect();
        parted.ballots.retain(|(_, weight)| *weight > 0);
        prop_assert_eq!(profile.counts(&TieBreak::None), parted.counts(&TieBreak::None));
    }

    #[test]
    fn options_are_alike(profile in profiles(), seed in any::<u64>()) {
        let mut names: Vec<u16> = (0..profile.options).collect();
        names.sort_by_key(|option| (u64::from(*option) + 1).wrapping_mul(seed | 1));
        let renamed = profile.renamed(&names);
        for (before, after) in profile.counts(&profile.drawn()).into_iter().zip(renamed.counts(&renamed.drawn())) {
            // Within the places the order of equals is drawn too, so even the order is the same.
            let expected: Vec<u16> = before.elected.iter().map(|one| names[usize::from(*one - 1)] + 1).collect();
            prop_assert_eq!(&after.elected, &expected);
            for (option, name) in (1..).zip(&names) {
                prop_assert_eq!(before.stages[0].totals.get(&option), after.stages[0].totals.get(&(name + 1)));
            }
        }
        // Without a lot the same ties stay open.
        for (before, after) in profile.counts(&TieBreak::None).into_iter().zip(renamed.counts(&TieBreak::None)) {
            let open = |count: &Count, rename: &dyn Fn(u16) -> u16| {
                let mut open: Vec<u16> = count.undecided.iter().flat_map(|open| open.candidates.iter().map(|one| rename(*one))).collect();
                open.sort_unstable();
                open
            };
            prop_assert_eq!(open(&before, &|one| names[usize::from(one - 1)] + 1), open(&after, &|one| one));
        }
    }

    #[test]
    fn weight_is_kept(profile in profiles()) {
        let all: u128 = profile.ballots.iter().map(|(_, weight)| weight).sum();
        let given: u128 = profile.ballots.iter().map(|(points, weight)| weight * points.iter().map(|(_, given)| u128::from(*given)).sum::<u128>()).sum();
        for count in profile.counts(&profile.drawn()) {
            prop_assert_eq!(count.valid + count.blank, all);
            prop_assert!(count.undecided.is_none());
            prop_assert!(count.elected.len() <= usize::from(profile.seats));
            let is_graded = count.method.name() == "majority_judgment";
            if !is_graded {
                prop_assert_eq!(count.counts().iter().sum::<u128>() + count.stages[0].nontransferable.units, given);
            }
            for (option, row) in (0..).zip(count.grades.iter().flatten()).filter(|(option, _)| !profile.withdrawn.contains(option)) {
                let in_row: u128 = row.iter().sum();
                prop_assert!(in_row <= count.valid);
                prop_assert!(!is_graded || in_row == count.valid, "option {}", option);
            }
        }
    }

    #[test]
    fn naive_counts_agree(profile in profiles()) {
        let counts = profile.counts(&TieBreak::None);
        let standing = || (0..profile.options).filter(|option| !profile.withdrawn.contains(option));
        let given = |option: u16| -> Vec<u128> {
            // Every grade that the option was given, one for each unit of weight.
            let of = |points: &Vec<(u16, u32)>| points.iter().find(|(one, _)| *one == option).map(|(_, given)| u128::from(*given));
            profile.ballots.iter().flat_map(|(points, weight)| of(points).into_iter().flat_map(move |given| (0..*weight).map(move |_| given))).collect()
        };
        let sum = |option: u16| given(option).iter().sum::<u128>();
        prop_assert_eq!(counts[2].ranking.clone().unwrap(), by(standing(), sum));
        // Means over one common denominator, of those whom a third of all ballots scored.
        let all: u128 = profile.ballots.iter().map(|(_, weight)| weight).sum();
        let scorers = |option: u16| u128::try_from(given(option).len()).unwrap();
        let product: u128 = standing().map(|option| scorers(option).max(1)).product();
        let enough = standing().filter(|option| scorers(*option) > 0 && 3 * scorers(*option) >= all);
        prop_assert_eq!(counts[3].ranking.clone().unwrap(), by(enough, |option| sum(option) * product / scorers(option).max(1)));
        let rows = counts[4].grades.clone().unwrap();
        let sequence = |option: u16| majority_grades(&rows[usize::from(option)]);
        prop_assert_eq!(counts[4].ranking.clone().unwrap(), by(standing(), sequence));
        for option in standing() {
            let median = sequence(option).first().copied().unwrap_or_default();
            prop_assert_eq!(counts[4].counts()[usize::from(option)], u128::try_from(median).unwrap());
        }
        // Who is chosen: the first of the ranking that somebody gave something, as many as there are places.
        for count in [&counts[2], &counts[4]] {
            let wanted: Vec<Vec<u16>> = count.ranking.clone().unwrap().into_iter().map(|group| group.into_iter().filter(|one| sum(one - 1) > 0).collect()).collect();
            let mut left = usize::from(profile.seats);
            let mut expected = Vec::new();
            for group in wanted {
                if group.len() > left { break; }
                left -= group.len();
                expected.extend(group);
            }
            let mut elected = count.elected.clone();
            elected.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(elected, expected);
        }
    }

    #[test]
    fn histograms_compare_as_their_grades_laid_out(one in prop::collection::vec(0_u128..6, 4), moves in prop::collection::vec((0_usize..4, 0_usize..4), 0..6)) {
        // The other histogram has the same weight: some of it moved from grade to grade.
        let mut other = one.clone();
        for (from, to) in moves {
            if other[from] > 0 {
                other[from] -= 1;
                other[to] += 1;
            }
        }
        prop_assert_eq!(majority_judgment::compare(&one, &other), majority_grades(&one).cmp(&majority_grades(&other)));
        // Twice the weight of everything leaves the order of different options; 10^23 times is no more work.
        let many = |row: &[u128]| row.iter().map(|weight| weight * 1_000_000_000_000_000_000_000).collect::<Vec<_>>();
        prop_assert_eq!(majority_judgment::compare(&many(&one), &many(&one)), std::cmp::Ordering::Equal);
    }
}
