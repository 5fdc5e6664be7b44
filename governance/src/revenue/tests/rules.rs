//! Aim: a rule's JSON, its words and its hash, against vectors that ethers.js makes from the same JSON.

use serde::Deserialize;

use super::*;
use crate::record::Record as _;
use crate::rule::Language;

#[derive(Deserialize)]
struct Vector {
    name: String,
    rule: RevenueRule,
    hash: Hash32,
    en: Vec<String>,
    #[serde(rename = "zh-Hans")]
    zh_hans: Vec<String>,
}

fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("../../../testdata/revenue/rules.json")).unwrap()
}

#[test]
fn every_rule_reads_back_and_has_the_hash_and_the_words_of_its_vector() {
    let mut wrong = Vec::new();
    for vector in vectors() {
        vector.rule.check().unwrap();
        let text = serde_json::to_string(&vector.rule).unwrap();
        assert_eq!(
            serde_json::from_str::<RevenueRule>(&text).unwrap(),
            vector.rule,
            "{}",
            vector.name
        );
        let record = vector.rule.record(Hash32::ZERO, Hash32::ZERO);
        let (en, zh) = (
            vector.rule.sentences(Language::English),
            vector.rule.sentences(Language::Chinese),
        );
        if (record.struct_hash(), &en, &zh) != (vector.hash, &vector.en, &vector.zh_hans) {
            let lines = |lines: &[String]| serde_json::to_string(lines).unwrap();
            wrong.push(format!(
                "{}: {}\n{}\n{}",
                vector.name,
                record.struct_hash(),
                lines(&en),
                lines(&zh)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_operation_stands_in_some_vector() {
    let names: std::collections::BTreeSet<&str> = [
        "fixed",
        "percent",
        "reserve",
        "capital_interest",
        "split",
        "per_capita",
        "patronage",
        "transfer",
        "sink",
    ]
    .into();
    let vectors = vectors();
    let used = vectors
        .iter()
        .flat_map(|vector| vector.rule.steps.iter().map(|step| step.does.name()));
    assert_eq!(used.collect::<std::collections::BTreeSet<_>>(), names);
}

/// A change of one value in the JSON of the worked rule.
fn changed(pointer: &str, value: serde_json::Value) -> RevenueRule {
    let mut json: serde_json::Value = serde_json::to_value(scic()).unwrap();
    *json.pointer_mut(pointer).unwrap() = value;
    serde_json::from_value(json).unwrap()
}

#[test]
fn whatever_changes_in_a_rule_changes_its_hash() {
    use serde_json::json;
    let mut hashes = std::collections::BTreeSet::from([rule_hash(&scic())]);
    let changes = [
        ("/version", json!(2)),
        ("/supersedes", json!(keccak256(b"before"))),
        ("/currency", json!("CHF")),
        ("/effective_from", json!(1)),
        ("/profile", json!("US-T")),
        ("/profile", json!(null)),
        ("/steps/0/id", json!("costs")),
        ("/steps/0/from", json!("pool:operations")),
        ("/steps/0/does/amount", json!("12000.00000001")),
        ("/steps/0/does/to", json!("fund:operations")),
        ("/steps/0/does/shortfall", json!("refuse")),
        ("/steps/2/does/share/share", json!(16)),
        ("/steps/2/does/share/whole", json!(99)),
        ("/steps/2/does/until", json!(null)),
        ("/steps/2/does/until", json!({"reaches": "amount", "amount": "20000"})),
        ("/steps/2/does/until/of", json!("capital")),
        ("/steps/2/does/until/share", json!({"share": 1, "whole": 2})),
        ("/steps/5/does/period", json!("year")),
        ("/steps/5/does/annual", json!({"share": 4, "whole": 100})),
        ("/steps/5/does/to", json!("members:active")),
        ("/steps/6/does/parts/0/weight", json!(36)),
        ("/steps/6/does/parts/0/to", json!("pool:tool")),
        ("/steps/7/does/to", json!("members:all")),
        ("/steps/8/does/weights/1/weight", json!(41)),
        ("/steps/8/does/weights/1/metric", json!("hours")),
        ("/steps/8/does/floor", json!("1.00")),
        ("/steps/8/does/cap", json!({"of": "amount", "amount": "1.00"})),
        (
            "/steps/8/does/cap",
            json!({"of": "pool", "share": {"share": 1, "whole": 2}}),
        ),
        ("/steps/8/does/excess", json!("stay")),
        ("/steps/8/does/infeasible", json!("refuse")),
        ("/withholding", json!([])),
        ("/withholding/0/profile", json!("us")),
        ("/withholding/0/share", json!({"share": 25, "whole": 100})),
        ("/withholding/0/to", json!("tax:us")),
        ("/withholding/0/rounding", json!("up")),
        ("/payout/decimals", json!(3)),
        ("/payout/min", json!("11.00")),
        ("/payout/dormant", json!(null)),
        ("/payout/dormant/after_months", json!(24)),
        ("/payout/dormant/to", json!("fund:mutual")),
        ("/payout/rails", json!(["evm", "sepa"])),
        ("/payout/rails", json!(["sepa"])),
        ("/notice", json!(null)),
        ("/notice/cash_share_min", json!({"share": 1, "whole": 4})),
    ];
    for (pointer, value) in changes {
        let rule = changed(pointer, value.clone());
        assert!(hashes.insert(rule_hash(&rule)), "{pointer} {value}");
    }
}

#[test]
fn amounts_have_one_reading_and_eight_decimals() {
    for (text, units) in [
        ("0", 0),
        ("12000.00", 1_200_000_000_000),
        ("0.00000001", 1),
        ("92233720368.54775807", 9_223_372_036_854_775_807),
    ] {
        assert_eq!(text.parse::<Amount>().unwrap().units(), units, "{text}");
    }
    for text in [
        "",
        ".",
        "1.",
        ".5",
        "01",
        "1.123456789",
        "-1",
        "+1",
        "1e3",
        " 1",
        "1,5",
        "92233720368.54775808",
        "99999999999999999999",
        "０",
    ] {
        assert!(text.parse::<Amount>().is_err(), "{text}");
    }
    assert_eq!("-3.5".parse::<Balance>().unwrap().to_string(), "-3.50");
    assert!("-0".parse::<Balance>().is_err());
    assert_eq!(amount("1.5").to_string(), "1.50");
    assert_eq!(amount("1.00000010").to_string(), "1.0000001");
}
