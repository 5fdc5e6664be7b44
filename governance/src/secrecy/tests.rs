//! What tiers hide, what bylaws may say of them, and when a group is too small.

use super::*;
use crate::ballot::MotionChoice;
use crate::rule::{DecisionRule, Needed, Quorum, QuorumCounts, Ratio};

#[test]
fn a_tier_has_one_number_and_one_name() {
    for (tier, code, name, hides_turnout, hides_names) in [
        (Tier::Open, 0, "open", false, false),
        (Tier::Pseudonymous, 1, "pseudonymous", false, true),
        (Tier::Sealed, 2, "sealed", true, false),
    ] {
        assert_eq!((tier.code(), tier.name()), (code, name));
        assert_eq!((tier.hides_turnout(), tier.hides_names()), (hides_turnout, hides_names));
        assert_eq!(Tier::from_code(code), Some(tier));
        assert_eq!(serde_json::to_value(tier).unwrap(), name);
    }
    assert_eq!(Tier::from_code(3), None);
}

#[test]
fn bylaws_name_tiers_that_their_rule_can_keep() {
    let privacy = |tiers: &[Tier], group_min| Privacy {
        tiers: tiers.to_vec(),
        group_min,
        small_group: SmallGroup::Refuse,
    };
    let mut early = DecisionRule::simple_majority();
    early.early = true;
    let late = |counts| DecisionRule {
        late_quorum_seconds: 100,
        quorum: Some(Quorum {
            counts,
            at_least: Needed::Roll { share: Ratio::of(1, 2) },
        }),
        ..DecisionRule::simple_majority()
    };
    let motion = DecisionRule::simple_majority();
    for (name, privacy, rule, expected) in [
        ("the default", Privacy::default(), &early, Ok(())),
        ("every tier", privacy(&Tier::ALL, 2), &motion, Ok(())),
        ("none", privacy(&[], 5), &motion, Err(PrivacyRefusal::Tiers)),
        (
            "one twice",
            privacy(&[Tier::Open, Tier::Open], 5),
            &motion,
            Err(PrivacyRefusal::Tiers),
        ),
        (
            "a group of one",
            privacy(&[Tier::Sealed], 1),
            &motion,
            Err(PrivacyRefusal::Group),
        ),
        (
            "a crowd",
            privacy(&[Tier::Sealed], 1_001),
            &motion,
            Err(PrivacyRefusal::Group),
        ),
        (
            "an early end",
            privacy(&[Tier::Open, Tier::Sealed], 5),
            &early,
            Err(PrivacyRefusal::Early),
        ),
        ("a late quorum", Privacy::default(), &late(QuorumCounts::Yes), Ok(())),
        (
            "a late quorum of ballots whose number is told",
            privacy(&[Tier::Open, Tier::Pseudonymous], 5),
            &late(QuorumCounts::AllBallots),
            Ok(()),
        ),
        (
            "a late quorum that tells a hidden turnout",
            privacy(&[Tier::Open, Tier::Sealed], 5),
            &late(QuorumCounts::AllBallots),
            Err(PrivacyRefusal::LateQuorum),
        ),
        (
            "a late quorum that tells hidden answers",
            privacy(&[Tier::Pseudonymous], 5),
            &late(QuorumCounts::YesAndNo),
            Err(PrivacyRefusal::LateAnswers),
        ),
    ] {
        assert_eq!(privacy.check(rule), expected, "{name}");
    }
}

#[test]
fn a_proposal_chooses_among_the_tiers_of_its_bylaws() {
    let privacy = Privacy {
        tiers: vec![Tier::Sealed, Tier::Open],
        ..Privacy::default()
    };
    assert_eq!(privacy.choose(None), Ok(Tier::Sealed));
    assert_eq!(privacy.choose(Some(Tier::Open)), Ok(Tier::Open));
    let refused = PrivacyRefusal::NotAllowed(Tier::Pseudonymous);
    assert_eq!(privacy.choose(Some(Tier::Pseudonymous)), Err(refused));
    assert_eq!(Privacy::default().choose(None), Ok(Tier::Open));
}

#[test]
fn whatever_bylaws_say_of_privacy_changes_their_record_and_silence_does_not() {
    assert_eq!(Privacy::default().word("motion"), None);
    let base = Privacy {
        tiers: vec![Tier::Open, Tier::Sealed],
        ..Privacy::default()
    };
    let others = [
        Privacy {
            tiers: vec![Tier::Sealed, Tier::Open],
            ..base.clone()
        },
        Privacy {
            group_min: 6,
            ..base.clone()
        },
        Privacy {
            small_group: SmallGroup::Refuse,
            ..base.clone()
        },
    ];
    let word = base.word("motion");
    assert!(word.is_some() && word != base.word("election"));
    for other in others {
        assert_ne!(other.word("motion"), word, "{other:?}");
    }
    // So that other programs can compute it.
    assert_eq!(
        word.map(|word| word.to_string()).as_deref(),
        Some("0x226356870f6b7f2811cbc9309307ec49820728ba9cba7a87ddb53fba75f3e48e")
    );
}

#[test]
fn a_group_that_is_too_small_is_told() {
    let privacy = Privacy {
        group_min: 3,
        ..Privacy::default()
    };
    let small = |members| vec![Exposure::SmallRoll { members }];
    for (tier, members, expected) in [
        (Tier::Pseudonymous, 2, small(2)),
        (Tier::Pseudonymous, 3, Vec::new()),
        (Tier::Open, 2, Vec::new()),
        (Tier::Sealed, 2, Vec::new()),
    ] {
        assert_eq!(privacy.exposures_of_roll(tier, members), expected, "{tier:?} {members}");
    }

    let (yes, no) = (Choice::Motion(MotionChoice::Yes), Choice::Motion(MotionChoice::No));
    let counted = |tier, ballots: &[(&Choice, u128)]| privacy.exposures_of_count(tier, ballots.iter().copied());
    let split = [(&yes, 1), (&no, 1), (&yes, 1)];
    let hidden = Tier::Pseudonymous;
    assert_eq!(counted(hidden, &split), Vec::new());
    assert_eq!(counted(hidden, &[]), Vec::new());
    assert_eq!(
        counted(hidden, &[(&yes, 1), (&no, 1)]),
        vec![Exposure::FewBallots { ballots: 2 }]
    );
    assert_eq!(
        counted(hidden, &[(&no, 1), (&no, 1), (&no, 1)]),
        vec![Exposure::Unanimous { ballots: 3 }]
    );
    assert_eq!(
        counted(hidden, &[(&yes, 1), (&no, 1), (&no, 1), (&no, 7)]),
        vec![Exposure::SmallWeight { weight: 7, members: 1 }]
    );
    for tier in [Tier::Open, Tier::Sealed] {
        assert_eq!(counted(tier, &[(&yes, 1)]), Vec::new(), "{tier:?}");
    }
}

#[test]
fn the_root_of_electors_depends_on_each_of_them_and_not_on_their_order() {
    let word = Hash32::from_u128;
    let of = |members: &[(u128, u128)]| {
        let members = members.iter().map(|(member, weight)| (word(*member), *weight));
        electors_root(word(9), members)
    };
    assert_eq!(of(&[(1, 1), (2, 1)]), of(&[(2, 1), (1, 1)]));
    assert_ne!(of(&[(1, 1), (2, 1)]), of(&[(1, 1), (3, 1)]));
    assert_ne!(of(&[(1, 1), (2, 1)]), of(&[(1, 1), (2, 2)]));
    assert_eq!(of(&[]), Hash32::ZERO);
}
