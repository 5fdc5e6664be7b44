//! Aim: a ballot is read as its form says, or refused with the entry that is wrong. Method: tables for the forms, of three options.

use BallotRefusal as R;
use Form as F;

use super::*;
use crate::rule::{ElectionTie, Spending};

type Case<'a> = (Form, &'a [u16], &'a [u32], Result<Choice, R>);

fn check(cases: &[Case<'_>]) {
    for (form, options, points, expected) in cases {
        let read = read_choice(*form, 3, options, points);
        assert_eq!(&read, expected, "{form:?} {options:?} {points:?}");
    }
}

fn given(entries: &[(u16, u32)]) -> Result<Choice, R> {
    Ok(Choice::Points(entries.to_vec()))
}

#[test]
fn a_motion_and_consent_want_exactly_one_answer() {
    let motion = |choice| Ok(Choice::Motion(choice));
    let consent = |answer| Ok(Choice::Consent(answer));
    check(&[
        (F::Motion, &[0], &[1], motion(MotionChoice::Yes)),
        (F::Motion, &[1], &[1], motion(MotionChoice::No)),
        (F::Motion, &[2], &[1], motion(MotionChoice::Abstain)),
        (F::Motion, &[3], &[1], motion(MotionChoice::Blank)),
        (F::Motion, &[4], &[1], Err(R::NotOneAnswer)),
        (F::Motion, &[0], &[2], Err(R::NotOneAnswer)),
        (F::Motion, &[], &[], Err(R::NotOneAnswer)),
        (F::Motion, &[0, 1], &[1, 1], Err(R::NotOneAnswer)),
        (F::Motion, &[0], &[], Err(R::Lengths { options: 1, points: 0 })),
        (F::Consent, &[0], &[1], consent(Answer::Consent)),
        (F::Consent, &[1], &[1], consent(Answer::StandAside)),
        (
            F::Consent,
            &[2],
            &[1],
            consent(Answer::Objection(ObjectionState::Raised)),
        ),
        (F::Consent, &[3], &[1], Err(R::NotOneConsent)),
    ]);
}

#[test]
fn options_are_named_once_and_no_more_than_allowed() {
    let two = F::Choices { most: 2 };
    let any = F::Choices { most: 0 };
    check(&[
        (two, &[], &[], given(&[])),
        (two, &[2, 0], &[1, 1], given(&[(2, 1), (0, 1)])),
        (
            two,
            &[2, 0, 1],
            &[1, 1, 1],
            Err(R::TooManyChoices { most: 2, named: 3 }),
        ),
        (any, &[2, 0, 1], &[1, 1, 1], given(&[(2, 1), (0, 1), (1, 1)])),
        (two, &[2, 0], &[1, 2], Err(R::NotOnePoint { position: 2 })),
        (two, &[2, 0], &[0, 1], Err(R::NotOnePoint { position: 1 })),
        (two, &[3], &[1], Err(R::UnknownOption { option: 3, count: 3 })),
        (two, &[1, 1], &[1, 1], Err(R::Repeated { option: 1 })),
    ]);
}

#[test]
fn points_keep_within_the_scale_the_credits_or_the_dots() {
    let (points, credits, dots) = (F::Points { most: 5 }, F::Credits { credits: 25 }, F::Dots { dots: 7 });
    let costly = R::TooFewCredits {
        cost: 18_446_744_065_119_617_025,
        credits: 25,
    };
    let most = u32::MAX;
    check(&[
        (points, &[1, 0], &[5, 0], given(&[(1, 5), (0, 0)])),
        (points, &[1, 0], &[5, 6], Err(R::TooManyPoints { position: 2, most: 5 })),
        (points, &[0, 0], &[1, 2], Err(R::Repeated { option: 0 })),
        (credits, &[0, 1], &[4, 3], given(&[(0, 4), (1, 3)])),
        (
            credits,
            &[0, 1],
            &[5, 1],
            Err(R::TooFewCredits { cost: 26, credits: 25 }),
        ),
        (credits, &[0], &[most], Err(costly)),
        (dots, &[0, 2], &[4, 3], given(&[(0, 4), (2, 3)])),
        (dots, &[0, 2], &[1, 1], given(&[(0, 1), (2, 1)])),
        (dots, &[0, 2], &[4, 4], Err(R::TooManyDots { given: 8, dots: 7 })),
        (
            dots,
            &[0, 2],
            &[most, most],
            Err(R::TooManyDots {
                given: 8_589_934_590,
                dots: 7,
            }),
        ),
    ]);
}

#[test]
fn the_form_of_a_ballot_follows_from_its_rule() {
    let meek = |seats| Counting::Meek {
        seats,
        tie: ElectionTie::Lot,
    };
    let budget = |ballots| Counting::Budget {
        spending: Spending::Greedy,
        ballots,
        budget: 5,
        costs: vec![1],
        tie: ElectionTie::Lot,
    };
    let cases = [
        (
            Counting::Plurality {
                seats: 2,
                tie: ElectionTie::Lot,
            },
            F::Choices { most: 1 },
        ),
        (
            Counting::Approval {
                seats: 1,
                choices_max: 3,
                tie: ElectionTie::Lot,
            },
            F::Choices { most: 3 },
        ),
        (
            Counting::MajorityJudgment {
                seats: 1,
                grades: 7,
                tie: ElectionTie::Lot,
            },
            F::Points { most: 6 },
        ),
        (
            budget(BudgetBallots::Choices { choices_max: 4 }),
            F::Choices { most: 4 },
        ),
        (budget(BudgetBallots::Points { points_max: 9 }), F::Points { most: 9 }),
        (meek(30), F::Ranks { with_default: false }),
        (meek(31), F::Ranking),
        (
            Counting::Consent {
                standing_max: 0,
                appeals: 1,
            },
            F::Consent,
        ),
    ];
    for (counting, form) in cases {
        assert_eq!(Form::of(&counting), form, "{counting:?}");
    }
}

/// A ranking of these groups.
fn grouped(groups: &[&[u16]]) -> Choice {
    let ranked = (1..)
        .zip(groups)
        .flat_map(|(rank, group)| group.iter().map(move |one| (*one, rank)));
    let (order, ranks): (Vec<u16>, Vec<u32>) = ranked.unzip();
    Choice::Ranks(Ranks::read(&order, &ranks).unwrap())
}

/// A ranking keeps its groups as they were given, each in ascending order, and none of them empty.
#[test]
fn the_groups_of_a_ranking_are_read_back() {
    type Case<'a> = (&'a [u16], &'a [u32], &'a [&'a [u16]]);
    let cases: [Case<'_>; 4] = [
        (&[], &[], &[]),
        (&[7], &[1], &[&[7]]),
        (&[3, 1, 2, 9, 0], &[1, 1, 2, 3, 3], &[&[1, 3], &[2], &[0, 9]]),
        (&[2, 1, 0], &[1, 1, 1], &[&[0, 1, 2]]),
    ];
    for (order, ranks, groups) in cases {
        let read = Ranks::read(order, ranks).unwrap();
        assert_eq!(read.groups().collect::<Vec<_>>(), groups, "{order:?} {ranks:?}");
    }
    assert_eq!(Ranks::read(&[4, 5, 6], &[1, 1, 3]), Err(3));
}

#[test]
fn ranks_go_up_one_by_one_and_only_some_methods_allow_equals() {
    let ranks = |groups: &[&[u16]]| Ok(grouped(groups));
    let ranked = F::Ranks { with_default: false };
    let or_nothing = F::Ranks { with_default: true };
    check(&[
        (ranked, &[0, 3], &[1, 2], Err(R::UnknownOption { option: 3, count: 3 })),
        (or_nothing, &[0, 3], &[1, 2], ranks(&[&[0], &[3]])),
        (or_nothing, &[4], &[1], Err(R::UnknownOption { option: 4, count: 4 })),
        (F::Ranking, &[], &[], Ok(Choice::Ranking(Vec::new()))),
        (F::Ranking, &[2, 0], &[1, 2], Ok(Choice::Ranking(vec![2, 0]))),
        (F::Ranking, &[2, 2], &[1, 2], Err(R::Repeated { option: 2 })),
        (F::Ranking, &[3], &[1], Err(R::UnknownOption { option: 3, count: 3 })),
        (F::Ranking, &[0, 1], &[1, 1], Err(R::Rank { position: 2 })),
        (ranked, &[], &[], ranks(&[])),
        (ranked, &[2, 0, 1], &[1, 1, 2], ranks(&[&[0, 2], &[1]])),
        (ranked, &[2, 0, 1], &[1, 2, 3], ranks(&[&[2], &[0], &[1]])),
        (ranked, &[2], &[0], Err(R::EqualRank { position: 1 })),
        (ranked, &[2], &[2], Err(R::EqualRank { position: 1 })),
        (ranked, &[2, 0, 1], &[1, 3, 3], Err(R::EqualRank { position: 2 })),
        (ranked, &[2, 0, 1], &[1, 2, 1], Err(R::EqualRank { position: 3 })),
    ]);
}

/// What the portal's forms make of a choice: the same file is read by its own tests.
#[test]
fn what_a_form_codes_is_taken_exactly_where_the_rule_takes_it() {
    #[derive(serde::Deserialize)]
    struct Forms {
        cases: Vec<FilledIn>,
    }
    #[derive(serde::Deserialize)]
    struct FilledIn {
        name: String,
        counting: Counting,
        options: usize,
        ballot: Coded,
        accepted: bool,
    }
    #[derive(serde::Deserialize)]
    struct Coded {
        options: Vec<u16>,
        points: Vec<u32>,
    }
    let forms: Forms = serde_json::from_str(include_str!("../../testdata/ballot_forms.json")).unwrap();
    let mut methods = std::collections::BTreeSet::new();
    for case in &forms.cases {
        let form = Form::of(&case.counting);
        let read = read_choice(form, case.options, &case.ballot.options, &case.ballot.points);
        assert_eq!(read.is_ok(), case.accepted, "{}: {read:?}", case.name);
        methods.insert(case.counting.method().name());
    }
    assert_eq!(methods.len(), Method::ALL.len(), "every method has a case");
}
