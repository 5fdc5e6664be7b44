mod checks;
mod early;
mod universe;
mod words;

use proptest::prelude::*;

use super::*;
use crate::hash::Hash32;
use crate::record::RuleV1;
use crate::tally::motion::MotionTally;
use crate::time::Timestamp;

fn tally(yes: u128, no: u128, abstain: u128, blank: u128) -> MotionTally {
    MotionTally {
        yes,
        no,
        abstain,
        blank,
    }
}

#[test]
fn a_motion_is_judged_by_quorum_first_and_majority_second() {
    let rule = DecisionRule::simple_majority();
    let cases = [
        (tally(2, 0, 0, 0), 10, Outcome::Passed),
        (tally(1, 0, 0, 0), 10, Outcome::NoQuorum),
        (tally(1, 1, 0, 0), 10, Outcome::Rejected),
        (tally(0, 0, 5, 5), 10, Outcome::Rejected),
        (tally(1, 0, 0, 1), 10, Outcome::Passed),
        (tally(0, 0, 0, 0), 0, Outcome::NoQuorum),
    ];
    for (tally, eligible, outcome) in cases {
        assert_eq!(rule.judge(&tally, eligible).outcome, outcome, "{tally:?} of {eligible}");
    }
}

#[test]
fn an_inclusive_two_thirds_majority_is_reached_by_exactly_two_thirds() {
    let two_thirds = |threshold| {
        DecisionRule::new(Counting::YesNo {
            majority: Majority::new(MajorityBase::YesAndNo, Ratio::of(2, 3), threshold),
        })
    };
    assert_eq!(
        two_thirds(Threshold::Reached).judge(&tally(4, 2, 0, 0), 6).outcome,
        Outcome::Passed
    );
    assert_eq!(
        two_thirds(Threshold::Exceeded).judge(&tally(4, 2, 0, 0), 6).outcome,
        Outcome::Rejected
    );
}

#[test]
fn a_record_with_a_field_of_no_meaning_is_no_rule() {
    let record = DecisionRule::simple_majority().record(Hash32::ZERO, Hash32::ZERO);
    assert_eq!(
        DecisionRule::from_record(&record, &[]),
        Some(DecisionRule::simple_majority())
    );
    for wrong in [
        RuleV1 {
            quorum_counts: 6,
            ..record.clone()
        },
        RuleV1 {
            quorum_base: 4,
            ..record.clone()
        },
        RuleV1 {
            majority_base: 5,
            ..record.clone()
        },
        RuleV1 {
            majority_whole: 0,
            ..record.clone()
        },
        RuleV1 {
            seats: 2,
            ..record.clone()
        },
        RuleV1 {
            tie: 1,
            ..record.clone()
        },
        RuleV1 {
            parameters: vec![0],
            ..record.clone()
        },
        RuleV1 {
            conditions: vec![Hash32::ZERO],
            ..record.clone()
        },
        RuleV1 {
            method: String::from("shouting"),
            ..record.clone()
        },
    ] {
        assert_eq!(DecisionRule::from_record(&wrong, &[]), None, "{wrong:?}");
    }
}

#[test]
fn places_and_candidates_must_fit() {
    let election = DecisionRule::election();
    assert_eq!(election.with_seats(2).check_options(2), Ok(()));
    assert_eq!(
        election.check_options(2),
        Err(RuleRefusal::Seats {
            seats: 0,
            candidates: 2
        })
    );
    assert_eq!(
        election.with_seats(3).check_options(2),
        Err(RuleRefusal::Seats {
            seats: 3,
            candidates: 2
        })
    );
    assert_eq!(
        DecisionRule::simple_majority().check_options(1),
        Err(RuleRefusal::Options)
    );
}

#[test]
fn debians_quorum_is_the_root_that_debian_takes() {
    // 2007, general resolution 2: 1,037 developers, Q 16.1, quorum 48.3; so 49 are enough and 48 are not.
    let cases = [
        (48, 1037, false),
        (49, 1037, true),
        (3, 4, true),
        (2, 4, false),
        (2, 1, true),
        (1, 1, false),
        (0, 0, false),
        (5, 0, false),
        // 3/2 times the root of 2^126 is 3·2^62; at the upper end nothing overflows.
        (3 << 62, 1 << 126, true),
        ((3 << 62) - 1, 1 << 126, false),
        (1 << 66, u128::MAX, true),
        (u128::MAX, u128::MAX, true),
        (u128::from(u64::MAX), u128::MAX, false),
    ];
    for (part, whole, enough) in cases {
        assert_eq!(Needed::SquareRoot {}.is_met(part, whole), enough, "{part} of {whole}");
    }
}

#[test]
fn every_quorum_counts_its_own_answers() {
    use QuorumCounts::{AllBallots, Yes, YesAndAbstain, YesAndNo, YesNoAndAbstain};
    let cast = tally(1, 20, 300, 4000);
    for (counts, weight) in [
        (AllBallots, 4321),
        (YesAndNo, 21),
        (YesNoAndAbstain, 321),
        (YesAndAbstain, 301),
        (Yes, 1),
    ] {
        let quorum = |votes| DecisionRule {
            quorum: Some(Quorum {
                counts,
                at_least: Needed::Constant { votes },
            }),
            ..DecisionRule::simple_majority()
        };
        let taking_part = u128::from(weight);
        assert_eq!(quorum(weight).taking_part(&cast), taking_part, "{counts:?}");
        assert_eq!(quorum(weight).outcome(&cast, 9999), Outcome::Rejected, "{counts:?}");
        assert_eq!(quorum(weight + 1).outcome(&cast, 9999), Outcome::NoQuorum, "{counts:?}");
    }
}

#[test]
fn a_majority_is_measured_against_its_own_base_and_its_floor() {
    use MajorityBase::{AllBallots, Roll, YesAndNo, YesNoAndAbstain};
    let cast = tally(5, 4, 1, 1);
    // 5 of 9, 10, 11 and 20.
    for (base, share, whole, exceeded, reached) in [
        (YesAndNo, 1, 2, true, true),
        (YesAndNo, 5, 9, false, true),
        (YesNoAndAbstain, 1, 2, false, true),
        (YesNoAndAbstain, 49, 100, true, true),
        (AllBallots, 5, 11, false, true),
        (AllBallots, 1, 2, false, false),
        (Roll, 1, 4, false, true),
        (Roll, 1, 5, true, true),
        (Roll, 1, 2, false, false),
    ] {
        let is = |threshold, min_yes| {
            let majority = Majority {
                min_yes,
                ..Majority::new(base, Ratio::of(share, whole), threshold)
            };
            DecisionRule::new(Counting::YesNo { majority }).outcome(&cast, 20) == Outcome::Passed
        };
        assert_eq!(
            is(Threshold::Exceeded, 0),
            exceeded,
            "more than {share}/{whole} of {base:?}"
        );
        assert_eq!(
            is(Threshold::Reached, 5),
            reached,
            "at least {share}/{whole} of {base:?}"
        );
        assert!(!is(Threshold::Reached, 6), "at least 6 yes");
    }
}

#[test]
fn every_condition_must_hold_and_each_gives_its_reason() {
    let condition = |answer, bound, share, whole, of| Condition {
        answer,
        bound,
        share: Ratio::of(share, whole),
        of,
    };
    let rule = DecisionRule {
        conditions: vec![
            condition(Answer::No, Bound::NoMoreThan, 1, 10, ConditionBase::VotesCast),
            condition(Answer::Yes, Bound::AtLeast, 1, 3, ConditionBase::Eligible),
        ],
        ..DecisionRule::simple_majority()
    };
    let verdict = rule.judge(&tally(10, 1, 0, 0), 30);
    assert_eq!(
        verdict.reasons,
        [
            "The quorum is met: 11 of 30 took part, at least 1/5 are needed.",
            "The majority is met: 10 yes of 11, more than 1/2 are needed.",
            "The condition on no votes is met: 1 of 11 votes cast, no more than 1/10 are allowed.",
            "The condition on yes votes is met: 10 of 30 on the roll, at least 1/3 are needed.",
        ]
    );
    assert_eq!(verdict.outcome, Outcome::Passed);
    for (cast, outcome) in [
        (tally(9, 0, 2, 0), Outcome::Rejected),
        (tally(10, 2, 0, 0), Outcome::Rejected),
        (tally(18, 2, 0, 0), Outcome::Passed),
    ] {
        assert_eq!(rule.outcome(&cast, 30), outcome, "{cast:?}");
        assert_eq!(rule.judge(&cast, 30).outcome, outcome, "{cast:?}");
    }
}

#[test]
fn an_optimistic_motion_passes_unless_enough_of_the_roll_say_no() {
    let rule = DecisionRule::preset("optimistic").unwrap();
    for (cast, eligible, outcome) in [
        (tally(0, 0, 0, 0), 30, Outcome::Passed),
        (tally(0, 2, 28, 0), 30, Outcome::Passed),
        (tally(27, 3, 0, 0), 30, Outcome::Rejected),
        (tally(0, 0, 0, 0), 0, Outcome::Rejected),
    ] {
        assert_eq!(rule.outcome(&cast, eligible), outcome, "{cast:?} of {eligible}");
    }
}

#[test]
fn a_late_quorum_gives_voting_more_time_once() {
    let rule = DecisionRule {
        late_quorum_seconds: 100,
        ..DecisionRule::simple_majority()
    };
    let closes_at = Timestamp(1000);
    for (met_at, until) in [
        (None, 1000),
        (Some(0), 1000),
        (Some(900), 1000),
        (Some(901), 1001),
        (Some(1000), 1100),
        (Some(1001), 1000),
        (Some(u64::MAX), 1000),
    ] {
        let met_at = met_at.map(Timestamp);
        assert_eq!(
            rule.closes_after_quorum(closes_at, met_at),
            Timestamp(until),
            "{met_at:?}"
        );
    }
    let plain = DecisionRule::simple_majority();
    assert_eq!(plain.closes_after_quorum(closes_at, Some(closes_at)), closes_at);
}

proptest! {
    #[test]
    fn shares_are_compared_exactly_at_any_size(part in any::<u64>(), base in 1_u64.., share in 0_u64..1000, extra in 0_u64..1000) {
        let ratio = Ratio::of(share, share + extra + 1);
        let left = u128::from(part) * u128::from(ratio.whole());
        let right = u128::from(base) * u128::from(share);
        prop_assert_eq!(ratio.reached(part.into(), base.into()), left >= right);
        prop_assert_eq!(ratio.exceeded(part.into(), base.into()), left > right);
        // The same at the upper end, where a 128-bit product would overflow.
        prop_assert_eq!(ratio.reached(u128::from(part) << 64, u128::from(base) << 64), left >= right);
        prop_assert_eq!(ratio.not_passed(u128::from(part) << 64, u128::from(base) << 64), left <= right);
    }
}
