//! Who may take which step about an objection, and what a count sees of it.

use super::*;
use crate::ballot::{Choice, MotionChoice};

#[test]
fn a_step_about_an_objection_is_taken_by_whom_it_belongs_to_and_with_a_reason_where_members_must_read_one() {
    use ObjectionRefusal as R;
    use ObjectionState as S;
    use ObjectionStep as T;
    use Party::{Member, Objector, Steward};
    for (from, step, party, has_reason, expected) in [
        (S::Raised, T::Accept, Steward, false, Ok(S::Accepted)),
        (S::Raised, T::Accept, Objector, false, Err(R::NotBy(T::Accept))),
        (S::Raised, T::Accept, Member, false, Err(R::NotBy(T::Accept))),
        (S::Raised, T::Dismiss, Steward, true, Ok(S::Dismissed)),
        (S::Raised, T::Dismiss, Steward, false, Err(R::ReasonMissing)),
        (S::Raised, T::Dismiss, Objector, true, Err(R::NotBy(T::Dismiss))),
        (S::Dismissed, T::Appeal, Member, true, Ok(S::Accepted)),
        (S::Dismissed, T::Appeal, Steward, true, Ok(S::Accepted)),
        (S::Dismissed, T::Appeal, Objector, true, Err(R::NotBy(T::Appeal))),
        (S::Dismissed, T::Appeal, Member, false, Err(R::ReasonMissing)),
        (
            S::Raised,
            T::Appeal,
            Member,
            true,
            Err(R::NotFrom(S::Raised, T::Appeal)),
        ),
        (S::Accepted, T::LeaveStanding, Steward, false, Ok(S::Standing)),
        (
            S::Accepted,
            T::Dismiss,
            Steward,
            true,
            Err(R::NotFrom(S::Accepted, T::Dismiss)),
        ),
        (S::Accepted, T::Integrate, Steward, true, Err(R::TextFrozen)),
        (S::Dismissed, T::Withdraw, Objector, false, Ok(S::Withdrawn)),
        (S::Standing, T::Withdraw, Objector, false, Ok(S::Withdrawn)),
        (S::Raised, T::Withdraw, Steward, false, Err(R::NotBy(T::Withdraw))),
        (
            S::Withdrawn,
            T::Accept,
            Steward,
            false,
            Err(R::NotFrom(S::Withdrawn, T::Accept)),
        ),
    ] {
        assert_eq!(
            step.take(from, party, has_reason),
            expected,
            "{from:?} {step:?} {party:?}"
        );
    }
    assert!(T::ALL.into_iter().all(|step| T::from_name(step.name()) == Some(step)));
}

#[test]
fn a_count_sees_what_became_of_an_objection_and_nothing_else_changes() {
    let (one, other) = (Hash32::from_u128(1), Hash32::from_u128(2));
    let mut judged = Judged::default();
    let by = |step| Taken {
        step,
        by: Hash32::from_u128(9),
    };
    assert_eq!(
        judged.step(one, by(ObjectionStep::Dismiss), 1),
        Some(ObjectionState::Dismissed)
    );
    assert_eq!(judged.step(one, by(ObjectionStep::Accept), 1), None);
    let raised = Choice::Consent(Answer::Objection(ObjectionState::Raised));
    let dismissed = Choice::Consent(Answer::Objection(ObjectionState::Dismissed));
    assert_eq!(raised.clone().judged(one, &judged), dismissed);
    assert_eq!(raised.clone().judged(other, &judged), raised);
    for choice in [
        Choice::Consent(Answer::Consent),
        Choice::Consent(Answer::StandAside),
        Choice::Motion(MotionChoice::No),
        Choice::Ranking(vec![1, 0]),
    ] {
        assert_eq!(choice.clone().judged(one, &judged), choice);
    }
}

#[test]
fn a_dismissed_objection_is_valid_again_once_enough_members_appealed_each_once() {
    use ObjectionStep::{Accept, Appeal, Dismiss, Withdraw};
    type Case<'a> = (u16, &'a [(ObjectionStep, u128)], Option<ObjectionState>);
    let ballot = Hash32::from_u128(1);
    let cases: [Case<'_>; 7] = [
        (1, &[(Dismiss, 1), (Appeal, 2)], Some(ObjectionState::Accepted)),
        (2, &[(Dismiss, 1), (Appeal, 2)], Some(ObjectionState::Dismissed)),
        (2, &[(Dismiss, 1), (Appeal, 2), (Appeal, 2)], None),
        (
            2,
            &[(Dismiss, 1), (Appeal, 2), (Appeal, 3)],
            Some(ObjectionState::Accepted),
        ),
        (2, &[(Dismiss, 1), (Appeal, 2), (Appeal, 3), (Appeal, 4)], None),
        (
            2,
            &[(Dismiss, 1), (Appeal, 2), (Withdraw, 5)],
            Some(ObjectionState::Withdrawn),
        ),
        (2, &[(Accept, 1), (Appeal, 2)], None),
    ];
    for (appeals, steps, expected) in cases {
        let mut judged = Judged::default();
        // Appeals about another objection change nothing here.
        let (other, step) = (Hash32::from_u128(2), |step, by| Taken {
            step,
            by: Hash32::from_u128(by),
        });
        assert!(judged.step(other, step(Dismiss, 1), 1).is_some() && judged.step(other, step(Appeal, 7), 9).is_some());
        let last = steps
            .iter()
            .map(|(name, by)| judged.step(ballot, step(*name, *by), appeals))
            .last();
        assert_eq!(last.flatten(), expected, "{appeals} {steps:?}");
    }
}
