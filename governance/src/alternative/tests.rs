use super::*;
use crate::body::{Body, EarlierStage};
use crate::bylaws::Bylaws;

fn preset(name: &str) -> DecisionRule {
    DecisionRule::preset(name).unwrap()
}

fn end_halt(reason: &str) -> Planned {
    serde_json::from_value(serde_json::json!({"act": {"action": "end_halt", "version": 1, "reason": reason}})).unwrap()
}

#[test]
fn alternatives_are_put_to_one_vote_only_where_doing_nothing_can_win() {
    type Change = fn(&mut KindBylaws);
    let cases: [(&str, Change, Result<(), AlternativesRefusal>); 9] = [
        ("none", |kind| kind.alternatives = None, Ok(())),
        ("Schulze", |_| (), Ok(())),
        ("Copeland", |kind| kind.alternatives = Some(preset("copeland")), Ok(())),
        (
            "an election",
            |kind| kind.rule = preset("election"),
            Err(AlternativesRefusal::Kind),
        ),
        (
            "plurality",
            |kind| kind.alternatives = Some(preset("plurality")),
            Err(AlternativesRefusal::Method),
        ),
        (
            "no default option",
            |kind| {
                if let Some(DecisionRule {
                    counting: Counting::Schulze { default_option, .. },
                    ..
                }) = &mut kind.alternatives
                {
                    *default_option = None;
                }
            },
            Err(AlternativesRefusal::Method),
        ),
        (
            "stages",
            |kind| {
                kind.stages = vec![EarlierStage {
                    who: Body::Members,
                    rule: preset("simple"),
                }];
            },
            Err(AlternativesRefusal::Stages),
        ),
        (
            "expulsions",
            |kind| kind.reply_seconds = 1,
            Err(AlternativesRefusal::Expels),
        ),
        (
            "a late quorum",
            |kind| {
                if let Some(rule) = &mut kind.alternatives {
                    rule.late_quorum_seconds = 1;
                }
            },
            Err(AlternativesRefusal::LateQuorum),
        ),
    ];
    for (name, change, expected) in cases {
        let mut kind = Bylaws::founding().kinds["motion"].clone();
        kind.alternatives = Some(preset("schulze"));
        change(&mut kind);
        assert_eq!(check(&kind), expected, "{name}");
    }
}

#[test]
fn the_rule_for_alternatives_stands_in_the_record_of_the_bylaws() {
    let mut bylaws = Bylaws::founding();
    let hash = |bylaws: &Bylaws| {
        bylaws
            .record(Hash32::ZERO, 1, crate::time::Timestamp(0), Hash32::ZERO)
            .struct_hash()
    };
    let before = hash(&bylaws);
    bylaws.kinds.get_mut("motion").unwrap().alternatives = Some(preset("schulze"));
    let with = hash(&bylaws);
    bylaws.kinds.get_mut("motion").unwrap().alternatives = Some(preset("copeland"));
    assert!(before != with && with != hash(&bylaws));
}

#[test]
fn what_is_put_to_one_vote_is_taken_apart_again() {
    let (one, two) = ([end_halt("a"), end_halt("b")], [end_halt("c")]);
    let part = |title, body, planned| Part { title, body, planned };
    let cases: [&[Part<'_>]; 3] = [
        &[part("A loom", "Buy it.", &one), part("A loom", "", &two)],
        // A text that looks like the next part, and letters of several bytes.
        &[
            part("A", "Text\n\n2. B\n\nother", &[]),
            part("Ö 织机", "Ü\n\nÄ", &one),
            part("C", "", &[]),
        ],
        &[part("A", "", &[]), part("B", "", &[])],
    ];
    for parts in cases {
        let joint = join(parts).unwrap();
        let lengths: Vec<u64> = joint.lengths.iter().map(|length| u64::from(*length)).collect();
        let taken = split(&joint.body, &lengths).unwrap();
        for (place, (part, (title, body))) in (1_u16..).zip(parts.iter().zip(&taken)) {
            assert_eq!((part.title, part.body), (title.as_str(), body.as_str()));
            assert_eq!(
                joint.options[usize::from(place) - 1],
                option_name(usize::from(place), title)
            );
            assert_eq!(actions_at(&joint.planned, place), part.planned);
        }
        // Other lengths give other parts, or none.
        for place in 0..lengths.len() {
            let mut other = lengths.clone();
            other[place] += 1;
            assert_ne!(split(&joint.body, &other), Some(taken.clone()));
        }
        assert_eq!(split(&joint.body, &lengths[1..]), None);
    }
}

#[test]
fn too_few_too_many_and_too_long_are_refused() {
    let long = "x".repeat(JOINT_LENGTH_MAX / 2);
    let many: Vec<Planned> = (0..ACTIONS_MAX).map(|_| end_halt("a")).collect();
    let part = |body, planned| Part {
        title: "A",
        body,
        planned,
    };
    let (short, full) = (part("", &[]), part("", &many));
    for (parts, expected) in [
        (vec![short], JoinRefusal::Alone),
        (vec![short; JOINT_MAX + 1], JoinRefusal::Many),
        (vec![part(&long, &[]); 2], JoinRefusal::Long),
        (vec![full, part("", &many[..1])], JoinRefusal::Actions),
    ] {
        assert_eq!(join(&parts), Err(expected));
    }
    assert!(join(&[short; JOINT_MAX]).is_ok() && join(&[full, short]).is_ok());
}
