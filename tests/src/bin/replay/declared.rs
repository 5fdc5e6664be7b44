//! What the returning officer declared, beside what was counted.

use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;

/// Everything in which a published count differs from a declared result; empty if all is the same.
pub fn differences(count: &Value, declared: &Path) -> anyhow::Result<Vec<String>> {
    let text = std::fs::read_to_string(declared).with_context(|| format!("cannot read {}", declared.display()))?;
    let declared: Value = serde_json::from_str(&text).context("the declared result is malformed")?;
    let mut found = Vec::new();
    let (ours, theirs) = (numbers(&count["elected"]), numbers(&declared["elected"]));
    if ours != theirs {
        found.push(format!("elected {ours:?}, declared {theirs:?}"));
    }
    if plain(&count["quota"]) != plain(&declared["quota"]) {
        found.push(format!("quota {}, declared {}", count["quota"], declared["quota"]));
    }
    let (ours, theirs) = (stages(&count["stages"]), stages(&declared["stages"]));
    if ours.len() != theirs.len() {
        found.push(format!("{} stages, declared {}", ours.len(), theirs.len()));
    }
    for (number, (stage, declared)) in (1..).zip(ours.iter().zip(theirs)) {
        let totals = stage["totals"].as_object().context("a stage without totals")?;
        for (candidate, total) in totals {
            // Candidates who have nothing left may be missing in what was declared.
            let wanted = declared.get(candidate).map_or_else(|| String::from("0"), plain);
            if plain(total) != wanted {
                found.push(format!(
                    "stage {number}, candidate {candidate}: {total}, declared {wanted}"
                ));
            }
        }
    }
    Ok(found)
}

fn numbers(value: &Value) -> Vec<u64> {
    let mut numbers: Vec<u64> = value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_u64)
        .collect();
    numbers.sort_unstable();
    numbers
}

fn stages(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A number without trailing zeros, which some write and some do not.
fn plain(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match text.split_once('.') {
        Some((whole, rest)) => {
            let rest = rest.trim_end_matches('0');
            if rest.is_empty() {
                whole.to_owned()
            } else {
                format!("{whole}.{rest}")
            }
        }
        None => text,
    }
}
