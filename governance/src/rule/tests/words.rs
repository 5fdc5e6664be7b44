//! Aim: the words, the JSON and the record of a rule say what the rule says, and each says all of it. Method: every rule of the
//! universe has words and a hash of its own in both languages, and comes back from its JSON and its record; the exact words of
//! every preset stand in `testdata/rules.json`, which `UPDATE_VECTORS=1` writes anew.

use std::collections::HashMap;
use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::*;
use super::universe;
use crate::ballot::Method;
use crate::hash::Hash32;
use crate::record::{Record as _, RuleV1};
use crate::tally::motion::MotionTally;

#[test]
fn rules_that_differ_have_different_sentences_in_both_languages_and_different_hashes() {
    let rules = universe::rules();
    assert!(rules.len() > 4_000, "{}", rules.len());
    let mut seen: HashMap<String, &DecisionRule> = HashMap::new();
    for rule in &rules {
        let hash = rule.record(Hash32::ZERO, Hash32::ZERO).struct_hash().to_string();
        for text in [rule.sentence(Language::English), rule.sentence(Language::Chinese), hash] {
            if let Some(other) = seen.insert(text.clone(), rule) {
                panic!("{rule:?} and {other:?} are both: {text}");
            }
        }
    }
}

#[test]
fn every_rule_comes_back_from_its_record_and_from_its_json() {
    for rule in universe::rules() {
        let record = rule.record(Hash32::from_u128(1), Hash32::from_u128(2));
        let conditions = rule.condition_records();
        assert_eq!(DecisionRule::from_record(&record, &conditions).as_ref(), Some(&rule));
        let json = serde_json::to_string(&rule).unwrap();
        assert_eq!(serde_json::from_str::<DecisionRule>(&json).unwrap(), rule, "{json}");
    }
}

#[test]
fn a_record_with_other_conditions_is_no_rule() {
    let rule = DecisionRule::preset("loomio_like").unwrap();
    let record = rule.record(Hash32::ZERO, Hash32::ZERO);
    let conditions = rule.condition_records();
    assert_eq!(DecisionRule::from_record(&record, &conditions), Some(rule));
    let mut turned = conditions.clone();
    turned.reverse();
    let mut without_meaning = conditions.clone();
    without_meaning[0].answer = 4;
    for wrong in [Vec::new(), conditions[..1].to_vec(), turned, without_meaning] {
        assert_eq!(DecisionRule::from_record(&record, &wrong), None, "{wrong:?}");
    }
}

#[test]
fn the_presets_have_these_words_and_these_hashes() {
    let entry = |(name, rule): (&str, DecisionRule)| {
        assert_eq!(rule.check(), Ok(()), "{name}");
        json!({
            "name": name,
            "rule": rule,
            "en": rule.sentence(Language::English),
            "zh-Hans": rule.sentence(Language::Chinese),
            "record": rule.record(Hash32::ZERO, Hash32::ZERO),
            "conditions": rule.condition_records(),
            "hash": rule.record(Hash32::ZERO, Hash32::ZERO).struct_hash(),
        })
    };
    let presets = DecisionRule::PRESETS.map(|name| (name, DecisionRule::preset(name).unwrap()));
    let made: Vec<Value> = presets.into_iter().chain(examples()).map(entry).collect();
    let text = format!("{:#}\n", Value::Array(made));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/rules.json");
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "testdata/rules.json is not what is made now; write it with UPDATE_VECTORS=1 and look at the change"
    );
    assert_eq!(DecisionRule::preset("shouting"), None);
}

/// What no preset has.
fn examples() -> Vec<(&'static str, DecisionRule)> {
    let (tie, share) = (ElectionTie::Forbidden, Ratio::of(2, 3));
    let beaten = |at_least| Counting::Copeland {
        seats: 2,
        tie,
        default_option: Some(DefaultOption { share, at_least }),
    };
    let floor = Majority {
        min_yes: 7,
        ..Majority::new(MajorityBase::AllBallots, share, Threshold::Reached)
    };
    let priced = DecisionRule::preset("budget")
        .unwrap()
        .counting
        .with_budget(500, vec![100, 400]);
    let averages = Counting::Score {
        seats: 1,
        points_max: 9,
        unscored: Unscored::NoOpinion { scorers: share },
        tie,
    };
    let chosen = Counting::Approval {
        seats: 3,
        choices_max: 3,
        tie,
    };
    vec![
        ("a floor", DecisionRule::new(Counting::YesNo { majority: floor })),
        ("a priced budget", DecisionRule::new(priced)),
        ("averages", DecisionRule::new(averages)),
        ("three of many", DecisionRule::new(chosen)),
        (
            "beaten by a share",
            DecisionRule::new(beaten(Some(Needed::Roll { share }))),
        ),
        (
            "beaten by a number",
            DecisionRule::new(beaten(Some(Needed::Constant { votes: 9 }))),
        ),
        (
            "beaten by a root",
            DecisionRule::new(beaten(Some(Needed::SquareRoot {}))),
        ),
    ]
}

#[test]
fn the_book_lists_every_preset_with_its_sentence() {
    let book = include_str!("../../../../docs/rules.md");
    let book = book.split_whitespace().collect::<Vec<_>>().join(" ");
    for name in DecisionRule::PRESETS {
        let rule = DecisionRule::preset(name).unwrap();
        let row = format!("| `{name}` | {} |", rule.sentence(Language::English));
        assert!(book.contains(&row), "docs/rules.md lacks: {row}");
    }
}

#[test]
fn sentences_say_what_the_rules_do() {
    let many = DecisionRule {
        quorum: Some(Quorum {
            counts: QuorumCounts::YesNoAndAbstain,
            at_least: Needed::Constant { votes: 12 },
        }),
        conditions: vec![Condition {
            answer: Answer::Blank,
            bound: Bound::NoMoreThan,
            share: Ratio::of(1, 10),
            of: ConditionBase::VotesCast,
        }],
        ballots_final: true,
        early: true,
        late_quorum_seconds: 5_400,
        notice_seconds: 259_200,
        ..DecisionRule::new(Counting::YesNo {
            majority: Majority {
                min_yes: 7,
                ..Majority::new(MajorityBase::Roll, Ratio::of(2, 3), Threshold::Reached)
            },
        })
    };
    let budget = DecisionRule::preset("budget").unwrap();
    let budget = DecisionRule {
        counting: budget.counting.with_budget(500, vec![100, 400]),
        ..budget
    };
    let cases = [
        (
            many,
            "At least 12 members must vote yes, vote no or abstain; the motion passes if at least 2/3 of everyone on the roll say \
             yes and at least 7 in all say yes, and fails otherwise. In addition, no more than 1/10 of all ballots may be blank. A \
             ballot once cast cannot be changed. Voting ends early once no further ballot can change the result. Voting goes on \
             for at least 90 minutes after the quorum is first met. Voting opens no sooner than 3 days after the proposal was put \
             before the members.",
            "至少 12 名成员须投赞成票、反对票或弃权票；若名册上所有人中至少 2/3 为赞成，且赞成总数至少为 7，则动议通过，否则不通过。\
             此外，全部选票中至多可有 1/10 为空白。选票一经投出，不得更改。一旦其余选票已无法改变结果，投票即提前结束。\
             自首次达到法定人数起，投票至少再持续 90 分钟。提案提交成员讨论至少 3 天后方可开始投票。",
        ),
        (
            DecisionRule::election().with_seats(4),
            "There is no quorum; 4 places are filled by the single transferable vote as in Scottish local elections; a tie that \
             earlier stages do not settle is broken by lot.",
            "没有法定人数要求；按苏格兰地方选举的可转移单票制选出 4 个名额；若较早轮次无法决定平局，则抽签决定。",
        ),
        (
            budget,
            "There is no quorum; a budget of 500 is spent by the method of equal shares: each member names any number of options; \
             the options cost 100, 400; a tie is broken by lot.",
            "没有法定人数要求；预算 500 按均等份额法分配：每名成员可选任意多个选项；各选项的费用为 100、400；平局由抽签决定。",
        ),
    ];
    for (rule, english, chinese) in cases {
        assert_eq!(rule.sentence(Language::English), english);
        assert_eq!(rule.sentence(Language::Chinese), chinese);
    }
}

/// A record that nobody made: mostly of fields that mean something, each by itself.
fn any_record() -> impl Strategy<Value = RuleV1> {
    let method = prop::sample::select(Method::ALL.to_vec()).prop_map(|method| method.name().to_owned());
    let small = || prop_oneof![4 => 0_u64..5, 1 => any::<u64>()];
    let parameters = prop_oneof![
        3 => prop::collection::vec(small(), 0..2),
        1 => prop::collection::vec(small(), 2..7)
    ];
    let seats = prop_oneof![4 => Just(1_u16), 1 => any::<u16>()];
    let ballots = (method, seats, 0_u8..4, parameters);
    let quorum = prop_oneof![Just((0, 0, 0, 0)), (0_u8..7, 0_u8..5, small(), small())];
    let majority = prop_oneof![
        Just((0, 0, 0, false, 0)),
        (0_u8..6, small(), small(), any::<bool>(), small())
    ];
    let rest = (any::<bool>(), any::<bool>(), small(), small(), small(), 0_usize..3);
    (ballots, quorum, majority, rest).prop_map(|(ballots, quorum, majority, rest)| RuleV1 {
        namespace: Hash32::ZERO,
        method: ballots.0,
        seats: ballots.1,
        tie: ballots.2,
        parameters: ballots.3,
        quorum_counts: quorum.0,
        quorum_base: quorum.1,
        quorum_share: quorum.2,
        quorum_whole: quorum.3,
        majority_base: majority.0,
        majority_share: majority.1,
        majority_whole: majority.2,
        majority_strict: majority.3,
        majority_min: majority.4,
        conditions: vec![Hash32::ZERO; rest.5],
        ballots_final: rest.0,
        early: rest.1,
        late_quorum_seconds: rest.2,
        notice_seconds: rest.3,
        carried_max: rest.4,
        salt: Hash32::ZERO,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn a_record_is_one_rule_or_none(mut record in any_record(), options in 0_usize..5) {
        record.conditions.retain(|_| false);
        if let Some(rule) = DecisionRule::from_record(&record, &[]) {
            prop_assert_eq!(rule.record(Hash32::ZERO, Hash32::ZERO), record);
            // Whatever it says, it is checked, judged and printed without a panic, at the upper end too.
            let _ = (rule.check(), rule.check_bylaws(), rule.check_options(options));
            let _ = (rule.sentence(Language::English), rule.sentence(Language::Chinese));
            let most = MotionTally { yes: u128::MAX, no: 1, abstain: u128::MAX, blank: 0 };
            let _ = (rule.judge(&most, u128::MAX), rule.early(&most, 1), rule.judge(&MotionTally::default(), 0));
        }
    }

    #[test]
    fn conditions_that_a_record_does_not_hold_make_no_rule(mut record in any_record()) {
        record.conditions.push(Hash32::ZERO);
        prop_assert_eq!(DecisionRule::from_record(&record, &[]), None);
    }
}
