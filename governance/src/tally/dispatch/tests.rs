//! Aim: every method that a rule may name is counted and judged by the one entry. Method: the same small votes by each, cast as members
//! cast them.

use super::*;
use crate::ballot::{Form, MotionChoice, read_choice};
use crate::rule::{BudgetBallots, Needed, Quorum, QuorumCounts, Ratio, Unscored};
use crate::tally::consent::{Answer, ObjectionState};

/// How many ballots, and their options and points.
type Ballots = &'static [(u32, &'static [u16], &'static [u32])];

/// A vote under a rule, its ballots as members cast them.
struct Vote {
    counting: Counting,
    ballots: Ballots,
    /// The totals that the count ends with.
    counts: &'static [u128],
    elected: &'static [u16],
}

const LOT: ElectionTie = ElectionTie::Lot;

const NAMED: Ballots = &[(3, &[1], &[1]), (2, &[0], &[1]), (1, &[], &[])];
const RANKED: Ballots = &[(3, &[1, 2], &[1, 2]), (2, &[0, 1], &[1, 2]), (1, &[], &[])];
const POINTS: Ballots = &[(3, &[1, 2], &[2, 1]), (2, &[0, 1], &[2, 1]), (1, &[], &[])];

const fn vote(counting: Counting, ballots: Ballots, counts: &'static [u128]) -> Vote {
    Vote {
        counting,
        ballots,
        counts,
        elected: &[2],
    }
}

/// Three options by each method that names or grades them; 2 wins everywhere.
fn graded() -> Vec<Vote> {
    let (seats, tie) = (1, LOT);
    let score = |points_max, unscored| Counting::Score {
        seats,
        points_max,
        unscored,
        tie,
    };
    let scorers = Ratio::new(1, 2).unwrap();
    vec![
        vote(Counting::Plurality { seats, tie }, NAMED, &[2, 3, 0]),
        vote(
            Counting::Approval {
                seats,
                choices_max: 2,
                tie,
            },
            NAMED,
            &[2, 3, 0],
        ),
        vote(score(2, Unscored::Zero {}), POINTS, &[4, 8, 3]),
        vote(score(3, Unscored::NoOpinion { scorers }), POINTS, &[4, 8, 3]),
        vote(Counting::MajorityJudgment { seats, grades: 3, tie }, POINTS, &[0, 2, 1]),
        vote(Counting::Quadratic { seats, credits: 5, tie }, POINTS, &[4, 8, 3]),
        vote(Counting::Dots { seats, dots: 3, tie }, POINTS, &[4, 8, 3]),
    ]
}

fn funded() -> Vec<Vote> {
    let budget = |spending, ballots| Counting::Budget {
        spending,
        ballots,
        budget: 10,
        costs: vec![10, 10, 10],
        tie: LOT,
    };
    let choices = BudgetBallots::Choices { choices_max: 0 };
    let points = BudgetBallots::Points { points_max: 2 };
    vec![
        vote(budget(Spending::Greedy, choices), NAMED, &[2, 3, 0]),
        vote(budget(Spending::EqualShares, points), POINTS, &[4, 8, 3]),
    ]
}

fn ranked() -> Vec<Vote> {
    let (seats, tie, default_option) = (1, LOT, None);
    let default = DefaultOption {
        share: Ratio::new(1, 2).unwrap(),
        at_least: Some(Needed::Constant { votes: 2 }),
    };
    vec![
        vote(Counting::Irv { tie }, RANKED, &[2, 3, 0]),
        vote(Counting::ScottishStv { seats, tie }, RANKED, &[200_000, 300_000, 0]),
        vote(
            Counting::Meek { seats, tie },
            RANKED,
            &[2_000_000_000, 3_000_000_000, 0],
        ),
        vote(
            Counting::Schulze {
                seats,
                tie,
                default_option,
            },
            RANKED,
            &[0, 2, 1],
        ),
        vote(
            Counting::Copeland {
                seats,
                tie,
                default_option,
            },
            RANKED,
            &[0, 4, 2],
        ),
        Vote {
            elected: &[2, 3, 1],
            ..vote(
                Counting::Schulze {
                    seats: 3,
                    tie,
                    default_option: Some(default),
                },
                RANKED,
                &[1, 3, 2, 0],
            )
        },
    ]
}

fn cast(counting: &Counting, ballots: Ballots) -> Vec<(Choice, u128)> {
    let read = |options: &[u16], points: &[u32]| read_choice(Form::of(counting), 3, options, points).unwrap();
    ballots
        .iter()
        .flat_map(|(times, options, points)| (0..*times).map(move |_| (read(options, points), 1)))
        .collect()
}

#[test]
fn every_method_that_chooses_options_is_counted_judged_and_certified() {
    for Vote {
        counting,
        ballots,
        counts,
        elected,
    } in graded().into_iter().chain(funded()).chain(ranked())
    {
        let quorum = |votes| Quorum {
            counts: QuorumCounts::AllBallots,
            at_least: Needed::Constant { votes },
        };
        let rule = |votes| DecisionRule {
            quorum: Some(quorum(votes)),
            ..DecisionRule::new(counting.clone())
        };
        let counted = count(&rule(6), 3, cast(&counting, ballots), 9, &TieBreak::None).unwrap();
        assert_eq!(counted.outcome, Outcome::Passed, "{counting:?}");
        assert_eq!(counted.counts, counts, "{counting:?}");
        assert!(counted.reasons.len() == 2, "{:?}", counted.reasons);
        let sheet = counted.count.unwrap();
        assert_eq!(sheet.elected, elected, "{counting:?}");
        assert_eq!(
            (sheet.method, sheet.valid, sheet.blank),
            (counting.method(), 5, 1),
            "{counting:?}"
        );
        assert_eq!(counted.certificate, sheet.certificate());
        let text = serde_json::to_string(&sheet).unwrap();
        assert_eq!(serde_json::from_str::<Count>(&text).unwrap(), sheet, "{counting:?}");
        let few = count(&rule(7), 3, cast(&counting, ballots), 9, &TieBreak::None).unwrap();
        assert_eq!(few.outcome, Outcome::NoQuorum, "{counting:?}");
        // Ballots of another kind, and none at all.
        let other = [(Choice::Motion(MotionChoice::Yes), 1)];
        assert_eq!(
            count(&rule(6), 3, other, 9, &TieBreak::None),
            Err(CountRefusal::WrongMethod)
        );
        let none = count(&DecisionRule::new(counting.clone()), 3, [], 9, &TieBreak::None).unwrap();
        assert_eq!(none.outcome, Outcome::Rejected, "{counting:?}");
    }
}

#[test]
fn nothing_changes_where_no_option_beats_the_default() {
    let default_option = Some(DefaultOption {
        share: Ratio::new(1, 2).unwrap(),
        at_least: Some(Needed::Constant { votes: 3 }),
    });
    let methods = [
        Counting::Schulze {
            seats: 1,
            tie: LOT,
            default_option,
        },
        Counting::Copeland {
            seats: 1,
            tie: LOT,
            default_option,
        },
    ];
    // With three options, "nothing changes" is 3. Option 1 beats the others, but 2 of 5 prefer it to no change; then 3 of 5 do.
    const REFUSED: Ballots = &[(3, &[3, 1], &[1, 2]), (2, &[1, 3], &[1, 2])];
    const ACCEPTED: Ballots = &[(2, &[3, 1], &[1, 2]), (3, &[1, 3], &[1, 2])];
    for counting in methods {
        for (ballots, outcome, elected) in [
            (REFUSED, Outcome::Rejected, &[][..]),
            (ACCEPTED, Outcome::Passed, &[2][..]),
        ] {
            let rule = DecisionRule::new(counting.clone());
            let counted = count(&rule, 3, cast(&counting, ballots), 5, &TieBreak::None).unwrap();
            assert_eq!(
                (counted.outcome, counted.count.unwrap().elected.as_slice()),
                (outcome, elected),
                "{counting:?}"
            );
            assert_eq!(counted.counts.len(), 4);
        }
    }
}

#[test]
fn a_tie_waits_for_the_lot_or_stays_where_the_rule_forbids_one() {
    const EQUAL: Ballots = &[(2, &[0], &[1]), (2, &[2], &[1])];
    let tied = |tie| {
        [
            Counting::Plurality { seats: 1, tie },
            Counting::Approval {
                seats: 1,
                choices_max: 0,
                tie,
            },
            Counting::Score {
                seats: 1,
                points_max: 5,
                unscored: Unscored::Zero {},
                tie,
            },
            Counting::MajorityJudgment {
                seats: 1,
                grades: 2,
                tie,
            },
            Counting::Quadratic {
                seats: 1,
                credits: 9,
                tie,
            },
            Counting::Dots { seats: 1, dots: 9, tie },
            Counting::Budget {
                spending: Spending::EqualShares,
                ballots: BudgetBallots::Points { points_max: 1 },
                budget: 4,
                costs: vec![3, 3, 3],
                tie,
            },
            Counting::Irv { tie },
            Counting::ScottishStv { seats: 1, tie },
            Counting::Meek { seats: 1, tie },
            Counting::Schulze {
                seats: 1,
                tie,
                default_option: None,
            },
            Counting::Copeland {
                seats: 1,
                tie,
                default_option: None,
            },
        ]
    };
    for counting in tied(ElectionTie::Lot) {
        let rule = DecisionRule::new(counting.clone());
        let of = |tie: &TieBreak| count(&rule, 3, cast(&counting, EQUAL), 9, tie);
        assert!(
            matches!(of(&TieBreak::None), Err(CountRefusal::NeedsLot(_))),
            "{counting:?}"
        );
        let lots = [0, 2].map(|first| TieBreak::Order(vec![first, 1, 2 - first]));
        let winners = lots.map(|lot| of(&lot).unwrap().count.unwrap().elected);
        // Whoever is drawn to be excluded loses; whoever is drawn for the place wins.
        assert!(
            winners == [[1], [3]] || winners == [[3], [1]],
            "{counting:?}: {winners:?}"
        );
    }
    for counting in tied(ElectionTie::Forbidden) {
        let rule = DecisionRule::new(counting.clone());
        let counted = count(&rule, 3, cast(&counting, EQUAL), 9, &TieBreak::Order(vec![0, 1, 2])).unwrap();
        assert_eq!(counted.outcome, Outcome::Tied, "{counting:?}");
        assert!(counted.count.unwrap().undecided.is_some());
    }
}

#[test]
fn consent_and_optimistic_motions_are_judged_by_what_stands_against_them() {
    const ANSWERS: Ballots = &[(5, &[0], &[1]), (2, &[1], &[1]), (1, &[2], &[1])];
    for (standing_max, outcome) in [(0, Outcome::Rejected), (1, Outcome::Passed)] {
        let counting = Counting::Consent {
            standing_max,
            appeals: 1,
        };
        let rule = DecisionRule::new(counting.clone());
        let counted = count(&rule, 0, cast(&counting, ANSWERS), 10, &TieBreak::None).unwrap();
        assert_eq!(
            (counted.outcome, counted.counts),
            (outcome, vec![5, 2, 1, 0, 0, 0, 0, 0])
        );
        assert_ne!(counted.certificate, Hash32::ZERO);
        assert_eq!(
            counted.reasons[1],
            format!("5 consent, 2 stand aside, 1 objections stand; at most {standing_max} may.")
        );
        // Whoever facilitates found it not valid: it stands no longer.
        let mut ballots = cast(&counting, ANSWERS);
        for (choice, _) in &mut ballots {
            if *choice == Choice::Consent(Answer::Objection(ObjectionState::Raised)) {
                *choice = Choice::Consent(Answer::Objection(ObjectionState::Dismissed));
            }
        }
        assert_eq!(
            count(&rule, 0, ballots, 10, &TieBreak::None).unwrap().outcome,
            Outcome::Passed
        );
    }
    // Stopped by a fifth of the roll: 2 no of 10 are enough, and of 11 are not. Yes votes change nothing.
    let counting = Counting::Optimistic {
        against: Ratio::new(1, 5).unwrap(),
    };
    let rule = DecisionRule::new(counting.clone());
    const AGAINST: Ballots = &[(7, &[0], &[1]), (2, &[1], &[1])];
    for (roll, outcome) in [(10, Outcome::Rejected), (11, Outcome::Passed)] {
        let counted = count(&rule, 0, cast(&counting, AGAINST), roll, &TieBreak::None).unwrap();
        assert_eq!((counted.outcome, counted.counts), (outcome, vec![7, 2, 0, 0]));
    }
    assert_eq!(
        count(&rule, 0, [], 10, &TieBreak::None).unwrap().outcome,
        Outcome::Passed
    );
}
