//! Aim: a rule that cannot be met, cannot fail or says nothing is refused with what to do instead. Method: tables of such rules, as
//! values and as JSON.

use super::super::*;
use super::universe;

fn refused(change: impl FnOnce(&mut DecisionRule)) -> String {
    let mut rule = DecisionRule::simple_majority();
    change(&mut rule);
    rule.check_bylaws()
        .map_or_else(|refusal| refusal.to_string(), |()| String::from("accepted"))
}

fn compare(cases: &[(String, &str)]) {
    for (number, (is, expected)) in cases.iter().enumerate() {
        assert_eq!(is, expected, "case {number}");
    }
}

fn counted(counting: Counting) -> String {
    refused(|rule| rule.counting = counting)
}

fn majority(share: (u64, u64), threshold: Threshold, min_yes: u64) -> String {
    let base = Majority::new(MajorityBase::YesAndNo, Ratio::of(share.0, share.1), threshold);
    counted(Counting::YesNo {
        majority: Majority { min_yes, ..base },
    })
}

fn conditions(list: &[(Answer, Bound, u64, u64)]) -> String {
    let each = |(answer, bound, share, whole): &(Answer, Bound, u64, u64)| Condition {
        answer: *answer,
        bound: *bound,
        share: Ratio::of(*share, *whole),
        of: ConditionBase::VotesCast,
    };
    refused(|rule| rule.conditions = list.iter().map(each).collect())
}

#[test]
fn every_preset_and_every_other_sensible_rule_is_accepted() {
    for name in DecisionRule::PRESETS {
        assert_eq!(DecisionRule::preset(name).unwrap().check(), Ok(()), "{name}");
    }
    for majority in universe::majorities() {
        for quorum in universe::quorums() {
            let rule = DecisionRule {
                quorum,
                ..DecisionRule::new(Counting::YesNo { majority })
            };
            assert_eq!(rule.check_bylaws(), Ok(()), "{rule:?}");
        }
    }
    for counting in universe::elections() {
        assert_eq!(DecisionRule::new(counting).check(), Ok(()));
    }
}

#[test]
fn impossible_motions_are_refused_with_what_to_do() {
    use Threshold::{Exceeded, Reached};
    const TOO_LARGE: u64 = 1 << 53;
    let quorum = |at_least| {
        refused(|rule| {
            rule.quorum = Some(Quorum {
                counts: QuorumCounts::AllBallots,
                at_least,
            });
        })
    };
    let nothing = "a quorum must ask for something; leave it out where nobody need take part";
    let cases = [
        (quorum(Needed::Roll { share: Ratio::of(0, 5) }), nothing),
        (quorum(Needed::Constant { votes: 0 }), nothing),
        (
            quorum(Needed::Constant { votes: TOO_LARGE }),
            "the votes of a quorum may be at most 9007199254740991",
        ),
        (
            majority((0, 1), Reached, 0),
            "a majority of at least 0 would always pass; ask for a share above 0, or for more than 0",
        ),
        (majority((0, 1), Exceeded, 0), "accepted"),
        (
            majority((1, 1), Exceeded, 0),
            "nothing is more than all; ask for at least 1/1",
        ),
        (majority((1, 1), Reached, 0), "accepted"),
        (
            majority((1, 2), Reached, TOO_LARGE),
            "min_yes may be at most 9007199254740991",
        ),
    ];
    compare(&cases);
}

#[test]
fn conditions_and_times_that_say_nothing_are_refused_with_what_to_do() {
    use Answer::{No, Yes};
    use Bound::{AtLeast, NoMoreThan};
    let cases = [
        (
            conditions(&[(No, AtLeast, 0, 1)]),
            "condition 1 says nothing: \"at least 0\" and \"no more than 1/1\" always hold; change the share or leave it out",
        ),
        (
            conditions(&[(No, NoMoreThan, 0, 1), (Yes, NoMoreThan, 3, 3)]),
            "condition 2 says nothing: \"at least 0\" and \"no more than 1/1\" always hold; change the share or leave it out",
        ),
        (
            conditions(&[(No, NoMoreThan, 1, 2), (No, NoMoreThan, 1, 3)]),
            "conditions 1 and 2 bound the same answer in the same way; keep the stricter one",
        ),
        (
            conditions(&[(No, NoMoreThan, 1, 2), (Yes, AtLeast, 2, 3), (No, AtLeast, 2, 3)]),
            "conditions 1 and 3 exclude each other; lower the floor or raise the ceiling",
        ),
        (conditions(&[(No, NoMoreThan, 1, 2), (No, AtLeast, 2, 4)]), "accepted"),
        (
            conditions(&[(No, NoMoreThan, 1, 2); 17]),
            "a rule may have at most 16 conditions",
        ),
        (
            refused(|rule| rule.early = true),
            "a vote can be decided early only where ballots are final; set ballots_final, or early to false",
        ),
        (
            refused(|rule| (rule.quorum, rule.late_quorum_seconds) = (None, 60)),
            "late_quorum_seconds needs a quorum; add one, or set it to 0",
        ),
        (
            refused(|rule| rule.late_quorum_seconds = u64::MAX),
            "late_quorum_seconds may be at most 316224000, ten years",
        ),
        (
            refused(|rule| rule.carried_max = u64::MAX),
            "carried_max may be at most 9007199254740991",
        ),
        (
            refused(|rule| rule.notice_seconds = u64::MAX),
            "notice_seconds may be at most 316224000, ten years",
        ),
    ];
    compare(&cases);
}

#[test]
fn impossible_counts_are_refused_with_what_to_do() {
    let (seats, tie) = (0, ElectionTie::Lot);
    let default_option = Some(DefaultOption {
        share: Ratio::of(1, 1),
        at_least: None,
    });
    let cases = [
        (
            counted(Counting::Approval {
                seats,
                choices_max: 201,
                tie,
            }),
            "choices_max must be from 0 to 200",
        ),
        (
            counted(Counting::Score {
                seats,
                points_max: 0,
                unscored: Unscored::Zero {},
                tie,
            }),
            "points_max must be from 1 to 100",
        ),
        (
            counted(Counting::Score {
                seats,
                points_max: 5,
                unscored: Unscored::NoOpinion {
                    scorers: Ratio::of(0, 1),
                },
                tie,
            }),
            "an average needs scorers: let the share of ballots that must give points be above 0",
        ),
        (
            counted(Counting::MajorityJudgment { seats, grades: 11, tie }),
            "grades must be from 2 to 10",
        ),
        (
            counted(Counting::Quadratic { seats, credits: 0, tie }),
            "credits must be from 1 to 1000000",
        ),
        (
            counted(Counting::Dots { seats, dots: 0, tie }),
            "dots must be from 1 to 1000000",
        ),
        (
            counted(Counting::Schulze {
                seats,
                tie,
                default_option,
            }),
            "no option can be preferred by more than all; let the share of the default option be below 1/1",
        ),
        (
            counted(Counting::Optimistic {
                against: Ratio::of(0, 1),
            }),
            "an optimistic motion must be stopped by a share above 0",
        ),
    ];
    compare(&cases);
}

#[test]
fn elections_have_nothing_that_looks_at_answers() {
    let election = |change: fn(&mut DecisionRule)| {
        refused(|rule| {
            *rule = DecisionRule::election();
            change(rule);
        })
    };
    let cases = [
        (
            election(|rule| {
                rule.quorum = Some(Quorum {
                    counts: QuorumCounts::Yes,
                    at_least: Needed::SquareRoot {},
                });
            }),
            "only the quorum of a motion can look at answers; let the quorum of scottish_stv count all_ballots",
        ),
        (
            election(|rule| rule.conditions = universe::conditions()[..1].to_vec()),
            "conditions look at the answers to a motion; a rule that counts by scottish_stv can have none",
        ),
        (
            election(|rule| (rule.early, rule.ballots_final) = (true, true)),
            "only a motion can be decided early, not a count by scottish_stv; set early to false",
        ),
        (
            election(|rule| *rule = rule.with_seats(3)),
            "bylaws must leave seats at 0: each proposal says it",
        ),
    ];
    compare(&cases);
}

#[test]
fn a_budget_needs_a_price_for_every_option() {
    let rule = DecisionRule::preset("budget").unwrap();
    let priced = |budget, costs: &[u64]| DecisionRule {
        counting: rule.counting.with_budget(budget, costs.to_vec()),
        ..rule.clone()
    };
    assert_eq!(priced(500, &[500, 1]).check_options(2), Ok(()));
    let cases = [
        (priced(500, &[500]), RuleRefusal::Costs { options: 2, costs: 1 }),
        (priced(500, &[1, 501]), RuleRefusal::Cost(2)),
        (priced(500, &[0, 1]), RuleRefusal::Cost(1)),
        (priced(1 << 53, &[1, 1]), RuleRefusal::NumberTooLarge("the budget")),
    ];
    for (rule, refusal) in cases {
        assert_eq!(rule.check_options(2), Err(refusal));
    }
    assert_eq!(
        DecisionRule::preset("consent").unwrap().check_options(1),
        Err(RuleRefusal::Options)
    );
    assert_eq!(DecisionRule::preset("irv").unwrap().check_options(2), Ok(()));
}

#[test]
fn json_that_is_no_rule_is_refused_with_the_place() {
    let motion =
        r#"{"method":"yes_no","majority":{"base":"yes_and_no","share":{"share":1,"whole":2},"threshold":"exceeded"}}"#;
    let with = |rest: &str| format!(r#"{{"counting":{motion}{rest}}}"#);
    assert!(serde_json::from_str::<DecisionRule>(&with("")).is_ok());
    let cases = [
        (with(r#","quota":1"#), "unknown field `quota`"),
        (motion.to_owned(), "unknown field `method`"),
        (
            with(r#","quorum":{"counts":"all_ballots","at_least":{"base":"roll","share":{"share":1,"whole":0}}}"#),
            "the whole of a share must be at least 1",
        ),
        (
            with(r#","quorum":{"counts":"all_ballots","at_least":{"base":"roll","share":{"share":3,"whole":2}}}"#),
            "a share cannot be more than the whole: 3/2",
        ),
        (
            with(r#","quorum":{"counts":"everybody","at_least":{"base":"square_root"}}"#),
            "unknown variant `everybody`, expected one of `all_ballots`",
        ),
        (
            with(r#","quorum":{"counts":"yes","at_least":{"base":"square_root","votes":1}}"#),
            "unknown field `votes`",
        ),
        (with(r#","late_quorum_seconds":-1"#), "invalid value: integer `-1`"),
        (with(r#","early":"yes""#), "invalid type: string \"yes\""),
        (
            r#"{"counting":{"method":"shouting"}}"#.to_owned(),
            "unknown variant `shouting`, expected one of `yes_no`",
        ),
        (
            r#"{"counting":{"method":"irv","tie":"lot","seats":1}}"#.to_owned(),
            "unknown field `seats`",
        ),
    ];
    for (text, expected) in cases {
        let refusal = serde_json::from_str::<DecisionRule>(&text).unwrap_err().to_string();
        assert!(refusal.contains(expected), "{text}: {refusal}");
    }
}
