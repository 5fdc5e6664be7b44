//! Aim: a vote ends early exactly when nothing can change its result any more. Method: every way in which the rest of a small roll
//! can vote is counted, and compared with what the rule foresees.

use proptest::prelude::*;

use super::super::*;
use super::universe;
use crate::tally::motion::MotionTally;

/// Every way to add up to `rest` votes to four answers.
fn completions(tally: MotionTally, rest: u128) -> Vec<MotionTally> {
    let mut all = Vec::new();
    for yes in 0..=rest {
        for no in 0..=rest - yes {
            for abstain in 0..=rest - yes - no {
                for blank in 0..=rest - yes - no - abstain {
                    all.push(MotionTally {
                        yes: tally.yes + yes,
                        no: tally.no + no,
                        abstain: tally.abstain + abstain,
                        blank: tally.blank + blank,
                    });
                }
            }
        }
    }
    all
}

/// The one outcome that all of them have.
fn common(rule: &DecisionRule, tally: MotionTally, eligible: u128) -> Option<Outcome> {
    let mut outcomes: Vec<Outcome> = completions(tally, eligible - tally.all())
        .iter()
        .map(|end| rule.outcome(end, eligible))
        .collect();
    outcomes.dedup();
    match outcomes.as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

/// Whether more yes in place of any other answer can only help to meet it.
fn is_friendly(condition: &Condition) -> bool {
    match condition.answer {
        Answer::Yes => condition.bound == Bound::AtLeast,
        Answer::No | Answer::Abstain | Answer::Blank => condition.bound == Bound::NoMoreThan,
    }
}

fn counting() -> impl Strategy<Value = Counting> {
    let motions = prop::sample::select(universe::majorities());
    prop_oneof![
        4 => motions.prop_map(|majority| Counting::YesNo { majority }),
        1 => (1_u64..4).prop_map(|share| Counting::Optimistic { against: Ratio::of(share, 4) }),
    ]
}

pub(super) fn rule() -> impl Strategy<Value = DecisionRule> {
    let quorum = prop::sample::select(universe::quorums());
    let conditions = prop::collection::vec(prop::sample::select(universe::conditions()), 0..3);
    (counting(), quorum, conditions).prop_map(|(counting, quorum, conditions)| DecisionRule {
        quorum,
        conditions,
        ballots_final: true,
        early: true,
        ..DecisionRule::new(counting)
    })
}

fn cast() -> impl Strategy<Value = (MotionTally, u128)> {
    (0_u128..4, 0_u128..4, 0_u128..3, 0_u128..3, 0_u128..6).prop_map(|(yes, no, abstain, blank, rest)| {
        let tally = MotionTally {
            yes,
            no,
            abstain,
            blank,
        };
        (tally, tally.all() + rest)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn what_is_settled_is_what_every_end_has((tally, eligible) in cast(), rule in rule()) {
        let foreseen = rule.early(&tally, eligible);
        let common = common(&rule, tally, eligible);
        if foreseen.is_some() {
            prop_assert_eq!(foreseen, common);
        }
        // The other way round too, but for failures under conditions that exclude each other.
        if common != Some(Outcome::Rejected) || rule.conditions.iter().all(is_friendly) {
            prop_assert_eq!(foreseen, common);
        }
        prop_assert_eq!(rule.outcome(&tally, eligible), rule.judge(&tally, eligible).outcome);
    }

    #[test]
    fn a_majority_of_yes_and_no_is_settled_by_the_published_inequalities(
        (tally, eligible) in cast(), quorum in prop::sample::select(universe::quorums()), share in 1_u64..6, strict: bool,
    ) {
        let (a, b) = (u128::from(share), 6);
        let threshold = if strict { Threshold::Exceeded } else { Threshold::Reached };
        let majority = Majority::new(MajorityBase::YesAndNo, Ratio::of(share, 6), threshold);
        let rule = DecisionRule { quorum, early: true, ..DecisionRule::new(Counting::YesNo { majority }) };
        let side = eligible - tally.abstain - tally.blank;
        let holds = |yes: u128| if strict { b * yes > a * side } else { side > 0 && b * yes >= a * side };
        let quorate = rule.is_quorate(rule.taking_part(&tally), eligible);
        // With nobody left to take a side there is no base: it fails, and E' is 0.
        let passes = quorate && tally.yes_and_no() > 0 && holds(tally.yes);
        let fails = quorate && !holds(side - tally.no);
        if passes || fails {
            let outcome = if passes { Outcome::Passed } else { Outcome::Rejected };
            prop_assert_eq!(rule.early(&tally, eligible), Some(outcome));
        } else {
            prop_assert!(!matches!(rule.early(&tally, eligible), Some(Outcome::Passed | Outcome::Rejected)));
        }
    }

    #[test]
    fn turning_a_no_into_a_yes_never_unpasses((tally, eligible) in cast(), mut rule in rule(), turned in 1_u128..4) {
        // A ceiling on yes, or a floor for no, is there to do just that.
        rule.conditions.retain(|each| !matches!(
            (each.answer, each.bound),
            (Answer::Yes, Bound::NoMoreThan) | (Answer::No, Bound::AtLeast)
        ));
        let turned = turned.min(tally.no);
        let after = MotionTally { yes: tally.yes + turned, no: tally.no - turned, ..tally };
        prop_assert!(rule.outcome(&tally, eligible) != Outcome::Passed || rule.outcome(&after, eligible) == Outcome::Passed);
    }

    #[test]
    fn a_yes_more_never_unpasses_either((tally, eligible) in cast(), mut rule in rule()) {
        rule.conditions.clear();
        let after = MotionTally { yes: tally.yes + 1, ..tally };
        prop_assert!(rule.outcome(&tally, eligible + 1) != Outcome::Passed || rule.outcome(&after, eligible + 1) == Outcome::Passed);
    }
}

#[test]
fn a_rule_that_does_not_allow_it_never_ends_early() {
    let everyone = MotionTally {
        yes: 9,
        ..MotionTally::default()
    };
    assert_eq!(DecisionRule::simple_majority().early(&everyone, 9), None);
    assert_eq!(DecisionRule::election().early(&everyone, 9), None);
    let early = DecisionRule {
        early: true,
        ..DecisionRule::simple_majority()
    };
    assert_eq!(early.early(&everyone, 9), Some(Outcome::Passed));
    assert_eq!(early.early(&everyone, 18), None);
    assert_eq!(early.early(&everyone, 17), Some(Outcome::Passed));
}
