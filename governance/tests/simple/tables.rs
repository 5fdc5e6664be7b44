//! Aim: each method gives the results that were worked out by hand or published. Method: tables.

use governance::rule::{Ratio, Unscored};
use governance::tally::grades::Histogram;
use governance::tally::points::{Contest, Sums};
use governance::tally::sheet::Count;
use governance::tally::{
    CountRefusal, TieBreak, approval, consent, dots, majority_judgment, plurality, quadratic, score,
};

/// How many ballots, and what each gives to options.
type Ballots<'a> = &'a [(u128, &'a [(u16, u32)])];

fn sums(contest: &Contest, ballots: Ballots<'_>) -> Sums {
    let mut sums = Sums::new(contest).unwrap();
    for (weight, points) in ballots {
        sums.add(points, *weight).unwrap();
    }
    sums
}

fn histogram(contest: &Contest, best: u32, ballots: Ballots<'_>) -> Histogram {
    let mut grades = Histogram::new(contest, best).unwrap();
    for (weight, points) in ballots {
        grades.add(points, *weight).unwrap();
    }
    grades
}

fn totals(count: &Count) -> Vec<u128> {
    count.counts()
}

type Method = fn(&Contest, &Sums, &TieBreak) -> Count;

/// What is expected of a count of four options: totals, who is chosen, who ties for the last place, who gets no place in any case.
struct Case<'a> {
    name: &'a str,
    method: Method,
    seats: u16,
    ballots: Ballots<'a>,
    totals: &'a [u128],
    elected: &'a [u16],
    open: Option<&'a [u16]>,
    excluded: &'a [u16],
}

fn check(case: &Case<'_>) {
    let (name, contest) = (case.name, Contest::new(4, case.seats));
    let count = (case.method)(&contest, &sums(&contest, case.ballots), &TieBreak::None);
    assert_eq!(totals(&count), case.totals, "{name}");
    assert_eq!(count.elected, case.elected, "{name}");
    assert_eq!(
        count.undecided.as_ref().map(|open| open.candidates.as_slice()),
        case.open,
        "{name}"
    );
    assert_eq!(count.stages[0].excluded, case.excluded, "{name}");
    let blank = case.ballots.iter().filter(|(_, points)| points.is_empty());
    assert_eq!(count.blank, blank.map(|(weight, _)| weight).sum::<u128>(), "{name}");
}

#[test]
fn the_most_votes_win() {
    let cities: Ballots<'_> = &[
        (42, &[(0, 1)]),
        (26, &[(1, 1)]),
        (15, &[(2, 1)]),
        (17, &[(3, 1)]),
        (4, &[]),
    ];
    let without_majority = Case {
        name: "the most votes win without a majority",
        method: plurality::count,
        seats: 1,
        ballots: cities,
        totals: &[42, 26, 15, 17],
        elected: &[1],
        open: None,
        excluded: &[],
    };
    check(&without_majority);
    check(&Case {
        name: "of two places the second goes to the second",
        seats: 2,
        elected: &[1, 2],
        ..without_majority
    });
    check(&Case {
        name: "who has no votes gets no place",
        seats: 3,
        ballots: &[(2, &[(1, 1)]), (1, &[(3, 1)])],
        totals: &[0, 2, 0, 1],
        elected: &[2, 4],
        excluded: &[1, 3],
        ..without_majority
    });
    check(&Case {
        name: "a tie for the last place stays open without a lot",
        seats: 2,
        ballots: &[(5, &[(3, 1)]), (2, &[(0, 1)]), (2, &[(2, 1)])],
        totals: &[2, 0, 2, 5],
        elected: &[4],
        open: Some(&[1, 3]),
        excluded: &[2],
        ..without_majority
    });
}

#[test]
fn sums_decide_whatever_they_are_sums_of() {
    let approval = Case {
        name: "a tie within the places has no effect",
        method: approval::count,
        seats: 2,
        ballots: &[(3, &[(0, 1), (2, 1)]), (1, &[(3, 1)])],
        totals: &[3, 0, 3, 1],
        elected: &[1, 3],
        open: None,
        excluded: &[2],
    };
    check(&approval);
    check(&Case {
        name: "approval finds what most can live with",
        seats: 1,
        ballots: &[
            (42, &[(0, 1)]),
            (26, &[(1, 1), (2, 1)]),
            (32, &[(1, 1), (2, 1), (3, 1)]),
        ],
        totals: &[42, 58, 58, 32],
        elected: &[],
        open: Some(&[2, 3]),
        excluded: &[],
        ..approval
    });
    check(&Case {
        // With 25 credits: 5 votes for one, or 4 and 3, or 3, 3, 2 and 1 that leave 2 unused.
        name: "quadratic votes are added up, not their cost",
        method: quadratic::count,
        seats: 1,
        ballots: &[
            (2, &[(0, 5)]),
            (1, &[(1, 4), (2, 3)]),
            (3, &[(1, 3), (2, 3), (3, 2), (0, 1)]),
        ],
        totals: &[13, 13, 12, 6],
        elected: &[],
        open: Some(&[1, 2]),
        excluded: &[],
    });
    let dots = Case {
        name: "a weight multiplies what a ballot gives",
        method: dots::count,
        seats: 1,
        ballots: &[(3, &[(0, 2), (3, 5)]), (1, &[(1, 7)]), (2, &[])],
        totals: &[6, 7, 0, 15],
        elected: &[4],
        open: None,
        excluded: &[3],
    };
    check(&dots);
    check(&Case {
        name: "without ballots nobody is chosen",
        ballots: &[],
        totals: &[0, 0, 0, 0],
        elected: &[],
        excluded: &[1, 2, 3, 4],
        ..dots
    });
}

#[test]
fn a_lot_decides_exactly_what_stays_open_and_is_recorded() {
    let contest = Contest::new(3, 2);
    let sums = sums(&contest, &[(5, &[(1, 1)]), (2, &[(0, 1)]), (2, &[(2, 1)])]);
    for (order, winner) in [(vec![0, 1, 2], 1), (vec![2, 1, 0], 3)] {
        let count = plurality::count(&contest, &sums, &TieBreak::Order(order));
        assert_eq!(count.elected, [2, winner]);
        assert_eq!(count.ties.len(), 1);
        assert_eq!(
            (count.ties[0].candidates.as_slice(), count.ties[0].chosen),
            (&[1, 3][..], winner)
        );
    }
}

#[test]
fn what_is_given_to_options_that_withdrew_is_held_by_nobody() {
    let contest = Contest {
        withdrawn: vec![1],
        ..Contest::new(3, 1)
    };
    let ballots: Ballots<'_> = &[(5, &[(1, 3), (0, 1)]), (2, &[(2, 4)])];
    let count = dots::count(&contest, &sums(&contest, ballots), &TieBreak::None);
    assert_eq!((totals(&count), count.elected), (vec![5, 0, 8], vec![3]));
    assert_eq!((count.stages[0].nontransferable.units, count.withdrawn), (15, vec![2]));
    let graded = majority_judgment::count(&contest, &histogram(&contest, 4, ballots), &TieBreak::None);
    assert_eq!(graded.ranking, Some(vec![vec![1], vec![3]]));
    assert_eq!(graded.grades.unwrap()[1], [0, 0, 0, 0, 0]);
}

#[test]
fn scores_are_compared_by_sums_or_by_exact_means() {
    let half = Ratio::new(1, 2).unwrap();
    // Three options, scores to 10. The third is loved by one ballot of ten and unknown to the others.
    let ballots: Ballots<'_> = &[
        (6, &[(0, 7), (1, 4)]),
        (3, &[(0, 2), (1, 10)]),
        (1, &[(0, 4), (1, 3), (2, 10)]),
    ];
    type Compared<'a> = (Unscored, &'a [&'a [u16]], &'a [u16], &'a [u16]);
    let cases: [Compared<'_>; 3] = [
        // 52, 57 and 10.
        (Unscored::Zero {}, &[&[2], &[1], &[3]], &[2], &[]),
        // 52/10, 57/10 and 10/1, with and without enough scorers.
        (Unscored::NoOpinion { scorers: half }, &[&[2], &[1]], &[2], &[3]),
        (
            Unscored::NoOpinion {
                scorers: Ratio::new(1, 10).unwrap(),
            },
            &[&[3], &[2], &[1]],
            &[3],
            &[],
        ),
    ];
    let contest = Contest::new(3, 1);
    for (unscored, ranking, elected, excluded) in cases {
        let count = score::count(&contest, &histogram(&contest, 10, ballots), unscored, &TieBreak::None);
        assert_eq!(count.ranking.as_deref().unwrap(), ranking, "{unscored:?}");
        assert_eq!(
            (count.elected.as_slice(), count.stages[0].excluded.as_slice()),
            (elected, excluded)
        );
        assert_eq!(totals(&count), [52, 57, 10]);
    }
    // 1/3 of 3 and of 6 are the same mean, which no float is: 0.1 three times against 0.3 once.
    let equal: Ballots<'_> = &[(3, &[(0, 1)]), (6, &[(1, 1)]), (2, &[(0, 0)]), (4, &[(1, 0)])];
    let any = Ratio::new(1, 100).unwrap();
    let count = score::count(
        &contest,
        &histogram(&contest, 10, equal),
        Unscored::NoOpinion { scorers: any },
        &TieBreak::None,
    );
    assert_eq!(count.ranking, Some(vec![vec![1, 2]]));
    assert_eq!(count.undecided.unwrap().candidates, [1, 2]);
}

/// The poll of the French presidential election of 2012 by OpinionWay for Terra Nova, in hundredths of a percent, best grade first (where
/// the rounded ones miss 100 by one or two, the last grade was made to fit), as
/// in M. Balinski and R. Laraki, "Judge: Don't Vote!" (2014); they rank Hollande, Bayrou, Sarkozy, Mélenchon, Dupont-Aignan, Joly,
/// Poutou, Le Pen.
const POLL: [(&str, [u128; 7]); 8] = [
    ("Joly", [81, 299, 651, 1180, 1465, 2469, 3855]),
    ("Le Pen", [597, 733, 950, 936, 1398, 624, 4762]),
    ("Sarkozy", [963, 1235, 1628, 1099, 1113, 787, 3175]),
    ("Mélenchon", [543, 950, 1289, 1465, 1710, 1506, 2537]),
    ("Poutou", [14, 136, 448, 773, 1248, 2809, 4572]),
    ("Bayrou", [258, 977, 2171, 2524, 2008, 1194, 868]),
    ("Dupont-Aignan", [54, 258, 597, 1126, 2022, 2551, 3392]),
    ("Hollande", [1248, 1615, 1642, 1167, 1479, 1425, 1424]),
];

#[test]
fn majority_judgment_ranks_the_poll_of_2012_as_published() {
    let contest = Contest::new(8, 1);
    let mut grades = Histogram::new(&contest, 6).unwrap();
    for (option, (name, row)) in (0..).zip(POLL) {
        assert_eq!(row.iter().sum::<u128>(), 10_000, "{name}");
        // The poll has no ballots, only histograms: each grade of each candidate comes alone, and the rest is filled up with it.
        for (grade, weight) in (0..).zip(row.into_iter().rev()) {
            grades.add(&[(option, grade)], weight).unwrap();
        }
    }
    let rows: Vec<Vec<u128>> = grades.rows().to_vec();
    let mut order: Vec<usize> = (0..8).collect();
    order.sort_by(|one, other| majority_judgment::compare(&rows[*other], &rows[*one]));
    let ranked: Vec<&str> = order.into_iter().map(|option| POLL[option].0).collect();
    assert_eq!(
        ranked,
        [
            "Hollande",
            "Bayrou",
            "Sarkozy",
            "Mélenchon",
            "Dupont-Aignan",
            "Joly",
            "Poutou",
            "Le Pen"
        ]
    );
}

#[test]
fn majority_grades_are_lower_medians_and_what_is_missing_is_the_worst() {
    let contest = Contest::new(3, 1);
    // Grades of A: 0 1 3 3, of B: 1 1 2 3, of C: 0 0 3 3 with two missing. A and B have the median 1; without it A has
    // 0 3 3, median 3, and B 1 2 3, median 2: A is first.
    let ballots: Ballots<'_> = &[
        (1, &[(0, 0), (1, 1)]),
        (1, &[(0, 1), (1, 3)]),
        (1, &[(0, 3), (1, 1), (2, 3)]),
        (1, &[(0, 3), (1, 2), (2, 3)]),
        (7, &[]),
    ];
    let count = majority_judgment::count(&contest, &histogram(&contest, 3, ballots), &TieBreak::None);
    assert_eq!(count.ranking, Some(vec![vec![1], vec![2], vec![3]]));
    assert_eq!(
        (totals(&count), count.elected, count.blank),
        (vec![1, 1, 0], vec![1], 7)
    );
    assert_eq!(count.grades.unwrap(), [[1, 1, 0, 2], [0, 2, 1, 1], [2, 0, 0, 2]]);
    // The same grades in another order of ballots are the same option: a true tie.
    let twins: Ballots<'_> = &[
        (1, &[(0, 0), (1, 3)]),
        (1, &[(0, 3), (1, 0)]),
        (1, &[(0, 2), (1, 2), (2, 1)]),
    ];
    let tied = majority_judgment::count(&contest, &histogram(&contest, 3, twins), &TieBreak::None);
    assert_eq!(tied.undecided.unwrap().candidates, [1, 2]);
}

#[test]
fn consent_passes_while_no_objection_stands() {
    use consent::{Answer, ConsentTally, ObjectionState as S};
    let tally = |consents: u128, aside: u128, objections: &[(S, u128)]| {
        let mut tally = ConsentTally::default();
        tally.add(Answer::Consent, consents);
        tally.add(Answer::StandAside, aside);
        for (state, weight) in objections {
            tally.add(Answer::Objection(*state), *weight);
        }
        tally
    };
    type Answers<'a> = (u128, u128, &'a [(S, u128)], u128, bool);
    let cases: &[Answers<'_>] = &[
        (5, 2, &[], 0, true),
        (5, 0, &[(S::Raised, 1)], 0, false),
        (5, 0, &[(S::Accepted, 1)], 0, false),
        (5, 0, &[(S::Standing, 1)], 0, false),
        (
            5,
            0,
            &[(S::Dismissed, 1), (S::Integrated, 1), (S::Withdrawn, 1)],
            0,
            true,
        ),
        (5, 0, &[(S::Raised, 1), (S::Standing, 1)], 1, false),
        (5, 0, &[(S::Raised, 1), (S::Standing, 1)], 2, true),
        (0, 9, &[], 0, false),
        (0, 0, &[], 0, false),
    ];
    for (consents, aside, objections, most, passes) in cases {
        let tally = tally(*consents, *aside, objections);
        assert_eq!(tally.passes(*most), *passes, "{tally:?} at most {most}");
        let sheet = tally.sheet();
        assert_eq!(sheet.counts().iter().sum::<u128>(), tally.all());
        assert_eq!(sheet.valid, tally.all());
    }
}

#[test]
fn objections_move_only_from_state_to_state_as_stated() {
    use consent::{ObjectionState as S, ObjectionStep as T};
    let possible = [
        (S::Raised, T::Accept, S::Accepted),
        (S::Raised, T::Dismiss, S::Dismissed),
        (S::Raised, T::Withdraw, S::Withdrawn),
        (S::Accepted, T::Integrate, S::Integrated),
        (S::Accepted, T::Withdraw, S::Withdrawn),
        (S::Accepted, T::LeaveStanding, S::Standing),
        (S::Dismissed, T::Appeal, S::Accepted),
        (S::Dismissed, T::Withdraw, S::Withdrawn),
        (S::Standing, T::Integrate, S::Integrated),
        (S::Standing, T::Withdraw, S::Withdrawn),
    ];
    for state in S::ALL {
        assert_eq!(S::from_name(state.name()), Some(state));
        for step in [
            T::Accept,
            T::Dismiss,
            T::Appeal,
            T::Integrate,
            T::Withdraw,
            T::LeaveStanding,
        ] {
            let expected = possible
                .iter()
                .find(|(from, by, _)| (*from, *by) == (state, step))
                .map(|(_, _, to)| *to);
            assert_eq!(state.after(step), expected, "{state:?} {step:?}");
        }
    }
}

#[test]
fn what_cannot_be_counted_is_refused_and_changes_nothing() {
    let contest = Contest::new(3, 1);
    let mut sums = Sums::new(&contest).unwrap();
    let mut grades = Histogram::new(&contest, 4).unwrap();
    let too_heavy = governance::tally::points::WEIGHT_MAX + 1;
    type Refused<'a> = (&'a [(u16, u32)], u128, CountRefusal);
    let cases: [Refused<'_>; 4] = [
        (&[(0, 1), (3, 1)], 1, CountRefusal::UnknownCandidate(4)),
        (&[(1, 1), (0, 1), (1, 2)], 1, CountRefusal::Repeated(2)),
        (&[(0, 1)], too_heavy, CountRefusal::TooHeavy),
        (&[], too_heavy, CountRefusal::TooHeavy),
    ];
    for (points, weight, refusal) in cases {
        assert_eq!(sums.add(points, weight), Err(refusal.clone()));
        assert_eq!(grades.add(points, weight), Err(refusal));
    }
    assert_eq!(grades.add(&[(0, 1), (2, 5)], 1), Err(CountRefusal::UnknownGrade(3)));
    assert_eq!(sums, Sums::new(&contest).unwrap());
    assert_eq!(grades, Histogram::new(&contest, 4).unwrap());
    let withdrawn = |withdrawn: Vec<u16>| Contest {
        withdrawn,
        ..Contest::new(2, 1)
    };
    let contests = [
        (Contest::new(0, 1), CountRefusal::NoPlaces),
        (Contest::new(2, 0), CountRefusal::NoPlaces),
        (withdrawn(vec![0, 1]), CountRefusal::NoPlaces),
        (withdrawn(vec![2]), CountRefusal::UnknownCandidate(3)),
    ];
    for (contest, refusal) in contests {
        assert_eq!(Sums::new(&contest).map(|_| ()), Err(refusal));
    }
    assert_eq!(
        Histogram::new(&contest, u32::MAX).map(|_| ()),
        Err(CountRefusal::TooManyOptions)
    );
    // The most of everything stays exact.
    let most = governance::tally::points::WEIGHT_MAX;
    sums.add(&[(0, u32::MAX)], most).unwrap();
    assert_eq!(sums.totals[0], most * u128::from(u32::MAX));
}
