//! Aim: a payout cycle is recomputed from a file, and whatever is changed in the file is found. Method: the worked example, with what
//! `--json` says of it as the claims, then a change at a time.

use serde_json::{Value, json};

use audit::{AllocateFailure, Allocation, allocate_reader};

const INPUTS: &str = include_str!("../golden/allocate_unclaimed.jsonl");

fn read(lines: &[Value]) -> Result<Allocation, AllocateFailure> {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    allocate_reader(text.as_bytes())
}

fn inputs() -> Vec<Value> {
    INPUTS.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The inputs with everything claimed that was computed.
fn claimed() -> Vec<Value> {
    let allocation = read(&inputs()).unwrap();
    let report = audit::allocation_json(&allocation);
    let mut lines = inputs();
    for step in report["steps"].as_array().unwrap() {
        let pick = |name: &str| step[name].clone();
        lines.push(json!({
            "kind": "step", "step": pick("step"), "before": pick("before"), "after": pick("after"), "digest": pick("digest"),
        }));
        for line in step["lines"].as_array().unwrap() {
            lines.push(json!({"kind": "line", "step": pick("step"), "to": line["to"], "amount": line["amount"]}));
        }
    }
    for payment in report["payments"].as_array().unwrap() {
        let pick = |name: &str| payment[name].clone();
        lines.push(json!({
            "kind": "payment", "member": pick("member"), "withheld": pick("withheld"), "paid": pick("paid"),
            "dormant": pick("dormant"), "carried": pick("carried"),
        }));
    }
    lines.push(json!({
        "kind": "result", "rule": report["rule"], "digest": report["digest"], "payout_digest": report["payout_digest"],
    }));
    lines
}

#[test]
fn the_claimed_file_of_the_golden_tests_is_what_was_computed() {
    let text: String = claimed().iter().map(|line| format!("{line}\n")).collect();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/allocate.jsonl");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), text);
}

#[test]
fn what_was_computed_is_the_same_again_and_an_unclaimed_file_says_so() {
    let whole = read(&claimed()).unwrap();
    assert_eq!(
        (whole.different, whole.missing.len()),
        (0, 0),
        "{:?}",
        whole.differences
    );
    assert!(whole.compared > 50);
    let unclaimed = read(&inputs()).unwrap();
    assert_eq!((unclaimed.compared, unclaimed.missing.len()), (0, 2));
}

/// Changes one string by a digit, in a claim or an input, and gives what is found.
#[test]
fn every_changed_claim_and_every_changed_input_is_found() {
    let lines = claimed();
    let mut tried = 0;
    for (place, line) in lines.iter().enumerate().skip(1) {
        for (name, value) in line.as_object().unwrap() {
            let Some(text) = value.as_str() else { continue };
            // An amount or a word: something that ends in a digit and is not an id.
            if name == "kind"
                || name == "step"
                || name == "member"
                || name == "to"
                || name == "tax"
                || name == "standing"
            {
                continue;
            }
            let mut changed = text.to_owned();
            let last = changed.pop().unwrap();
            changed.push(if last == '1' { '2' } else { '1' });
            let mut lines = lines.clone();
            lines[place][name] = json!(changed);
            let found = read(&lines).unwrap();
            assert!(found.different > 0, "line {}, {name}: {text} to {changed}", place + 1);
            tried += 1;
        }
    }
    assert!(tried > 60, "{tried}");
}

#[test]
fn a_claim_that_is_left_out_added_or_doubled_is_found() {
    let lines = claimed();
    let of = |kind: &str| lines.iter().position(|line| line["kind"] == kind).unwrap();
    for kind in ["step", "line", "payment"] {
        let mut fewer = lines.clone();
        fewer.remove(of(kind));
        assert!(read(&fewer).unwrap().different > 0, "a {kind} less");
        let mut twice = lines.clone();
        twice.insert(of(kind), lines[of(kind)].clone());
        assert!(read(&twice).unwrap().different > 0, "a {kind} twice");
    }
    let mut fewer = lines.clone();
    fewer.remove(of("member"));
    assert!(read(&fewer).unwrap().different > 0, "a member less");
    let mut cut = lines.clone();
    cut.pop();
    assert_eq!(read(&cut).unwrap().missing, ["the result with its digests"]);
}

#[test]
fn broken_files_are_refused_by_line() {
    let lines = claimed();
    let with = |place: usize, line: Value| {
        let mut lines = lines.clone();
        lines.insert(place, line);
        read(&lines).unwrap_err().to_string()
    };
    let member = json!({"kind": "member", "member": "00000000-0000-7000-8000-0000000000ff"});
    assert!(with(0, json!({"kind": "what"})).starts_with("line 1: unknown variant `what`"));
    assert!(with(1, json!({"kind": "member"})).starts_with("line 2: missing field `member`"));
    assert!(with(1, lines[0].clone()).contains("line 2: a rule line cannot stand behind another one"));
    assert!(with(2, lines[1].clone()).contains("line 3: a cycle line cannot stand behind another one"));
    assert!(with(lines.len(), member.clone()).contains("cannot stand behind the result"));
    assert!(with(lines.len() - 1, member).contains("a member line cannot stand behind what is claimed"));
    assert!(with(3, lines[2].clone()).contains("member 00000000-0000-7000-8000-000000000001 is there twice"));
    let mut extra = lines[2].clone();
    extra["bonus"] = json!("1.00");
    assert!(with(3, extra).contains("unknown field `bonus`"));
    assert!(
        read(&lines[1..])
            .unwrap_err()
            .to_string()
            .contains("it ends without a rule")
    );
    assert!(
        read(&lines[..1])
            .unwrap_err()
            .to_string()
            .contains("it ends without a cycle")
    );
    assert!(read(&[]).unwrap_err().to_string().contains("it ends without a rule"));
    let long = format!("{{\"kind\": \"{}\"}}\n", "x".repeat(600_000));
    assert!(
        allocate_reader(long.as_bytes())
            .unwrap_err()
            .to_string()
            .contains("line 1: it is longer than")
    );
    let mut poor = inputs();
    poor[1]["reserves"] = json!({});
    assert!(
        read(&poor)
            .unwrap_err()
            .to_string()
            .contains("step legal: the inputs lack the balance of reserve:legal")
    );
}
