use proptest::prelude::*;

use super::*;
use crate::hash::Hash32;
use crate::record::RuleV1;
use crate::tally::motion::MotionTally;

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
fn the_sentence_says_what_the_rule_does() {
    assert_eq!(
        DecisionRule::simple_majority().sentence(Language::English),
        "At least 1/5 of the members on the roll must cast a ballot, blank ones and abstentions included; the motion passes \
         if more than 1/2 of the yes and no ballots say yes, and fails otherwise."
    );
    assert_eq!(
        DecisionRule::election().with_seats(4).sentence(Language::English),
        "There is no quorum; 4 places are filled by the single transferable vote as in Scottish local elections; a tie that \
         earlier stages do not settle is broken by lot."
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

proptest! {
    #[test]
    fn more_yes_never_hurts(yes in 0_u128..50, no in 0_u128..50, abstain in 0_u128..50, blank in 0_u128..50) {
        let rule = DecisionRule::simple_majority();
        let eligible = yes + no + abstain + blank + 1;
        let before = rule.judge(&tally(yes, no, abstain, blank), eligible).outcome;
        let after = rule.judge(&tally(yes + 1, no, abstain, blank), eligible).outcome;
        prop_assert!(before != Outcome::Passed || after == Outcome::Passed);
    }

    #[test]
    fn shares_are_compared_exactly_at_any_size(part in any::<u64>(), base in 1_u64.., share in 0_u64..1000, extra in 0_u64..1000) {
        let ratio = Ratio::of(share, share + extra + 1);
        let left = u128::from(part) * u128::from(ratio.whole());
        let right = u128::from(base) * u128::from(share);
        prop_assert_eq!(ratio.reached(part.into(), base.into()), left >= right);
        prop_assert_eq!(ratio.exceeded(part.into(), base.into()), left > right);
        // The same at the upper end, where a 128-bit product would overflow.
        prop_assert_eq!(ratio.reached(u128::from(part) << 64, u128::from(base) << 64), left >= right);
    }
}
