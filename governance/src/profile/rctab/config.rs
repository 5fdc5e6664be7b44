//! Reading a configuration.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::WRITE_INS;
use super::rules::{Labels, Overvote, RctabRules, RuleRefusal, TieMode};
use crate::profile::line::{name, shown, whole_number};
use crate::profile::{CANDIDATES_MAX, Reason};

/// The most bytes of a configuration.
const CONFIG_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What a rule must be, where only one value of it is counted.
const FIXED: [(&str, &[&str], &str); 9] = [
    (
        "winnerElectionMode",
        &["singleWinnerMajority"],
        "RCTab transfers surpluses in a way of its own: use scottish-stv or meek for several winners",
    ),
    ("numberOfWinners", &["1"], "an instant runoff fills one place"),
    (
        "minimumVoteThreshold",
        &["", "0"],
        "nobody is excluded for too few votes",
    ),
    (
        "stopTabulationEarlyAfterRound",
        &["", "0"],
        "a count goes on to its end",
    ),
    (
        "multiSeatBottomsUpPercentageThreshold",
        &[""],
        "an instant runoff fills one place",
    ),
    (
        "nonIntegerWinningThreshold",
        &["false"],
        "a majority is more than half of the votes that continue",
    ),
    (
        "doesFirstRoundDetermineThreshold",
        &["false"],
        "a majority is more than half of the votes that continue",
    ),
    ("hareQuota", &["false"], "an instant runoff has no quota"),
    (
        "treatBlankAsUndeclaredWriteIn",
        &["false"],
        "an empty cell is a rank skipped",
    ),
];

/// Rules that say nothing about a runoff of whole votes, or are read elsewhere.
const OTHERS: [&str; 10] = [
    "tiebreakMode",
    "randomSeed",
    "decimalPlacesForVoteArithmetic",
    "rulesDescription",
    "overvoteRule",
    "maxSkippedRanksAllowed",
    "maxRankingsAllowed",
    "batchElimination",
    "continueUntilTwoCandidatesRemain",
    "exhaustOnDuplicateCandidate",
];

/// Reads a configuration of RCTab.
///
/// # Errors
/// [`RuleRefusal`] for the first thing that is malformed, or the first rule that is not counted here.
pub fn read(text: &str) -> Result<RctabRules, RuleRefusal> {
    if text.len() > CONFIG_BYTES_MAX {
        return Err(RuleRefusal::TooLarge(CONFIG_BYTES_MAX));
    }
    let config: Value = serde_json::from_str(text).map_err(|fault| RuleRefusal::NotJson(fault.to_string()))?;
    let rules = object(&config, "rules")?;
    check_fixed(rules)?;
    let labels = labels(&config)?;
    let (mut candidates, aliases, withdrawn) = candidates(&config)?;
    if !labels.write_in.is_empty() {
        candidates.push(WRITE_INS.to_owned());
    }
    if candidates.len() > CANDIDATES_MAX || candidates.len() <= withdrawn.len() {
        return Err(RuleRefusal::Candidates(format!(
            "from 1 to {CANDIDATES_MAX} must stand"
        )));
    }
    let title = config
        .pointer("/outputSettings/contestName")
        .and_then(Value::as_str)
        .unwrap_or_default();
    Ok(RctabRules {
        title: name(1, title).unwrap_or_default(),
        candidates,
        aliases,
        withdrawn,
        labels,
        ranks_max: limit(rules, "maxRankingsAllowed", "max")?,
        skipped_max: limit(rules, "maxSkippedRanksAllowed", "unlimited")?,
        overvote: overvote(rules)?,
        repeat_exhausts: flag(rules, "exhaustOnDuplicateCandidate")?,
        batch: flag(rules, "batchElimination")?,
        until_two_left: flag(rules, "continueUntilTwoCandidatesRemain")?,
        tie: tie(rules)?,
    })
}

fn malformed(key: &str, wanted: &'static str) -> RuleRefusal {
    RuleRefusal::Malformed {
        key: key.to_owned(),
        wanted,
    }
}

fn not_counted(key: &str, value: &str, instead: &'static str) -> RuleRefusal {
    RuleRefusal::NotCounted {
        key: format!("rules.{key}"),
        value: format!("{:?}", shown(value)),
        instead,
    }
}

fn object<'a>(value: &'a Value, key: &str) -> Result<&'a Map<String, Value>, RuleRefusal> {
    value
        .get(key)
        .and_then(Value::as_object)
        .ok_or_else(|| malformed(key, "an object"))
}

/// A rule as a text: RCTab writes numbers as texts and flags as flags, and its versions differ in which.
fn rule(rules: &Map<String, Value>, key: &str) -> Result<Option<String>, RuleRefusal> {
    match rules.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.trim().to_owned())),
        Some(plain @ (Value::Bool(_) | Value::Number(_))) => Ok(Some(plain.to_string())),
        Some(Value::Null | Value::Array(_) | Value::Object(_)) => Err(malformed(
            &format!("rules.{}", shown(key)),
            "a text, a number or a flag",
        )),
    }
}

fn check_fixed(rules: &Map<String, Value>) -> Result<(), RuleRefusal> {
    let known = |key: &str| FIXED.iter().any(|(known, ..)| *known == key) || OTHERS.contains(&key);
    if let Some(unknown) = rules.keys().find(|key| !known(key)) {
        return Err(RuleRefusal::Unknown(shown(unknown)));
    }
    for (key, allowed, instead) in FIXED {
        if let Some(value) = rule(rules, key)?.filter(|value| !allowed.contains(&value.as_str())) {
            return Err(not_counted(key, &value, instead));
        }
    }
    Ok(())
}

fn flag(rules: &Map<String, Value>, key: &str) -> Result<bool, RuleRefusal> {
    match rule(rules, key)?.as_deref() {
        Some("true") => Ok(true),
        Some("false") | None => Ok(false),
        Some(_) => Err(malformed(&format!("rules.{key}"), "true or false")),
    }
}

/// A number, or the word that says there is none; required, as a paper means something else without it.
fn limit(rules: &Map<String, Value>, key: &str, none: &'static str) -> Result<Option<u64>, RuleRefusal> {
    let value = rule(rules, key)?.unwrap_or_default();
    if value == none {
        return Ok(None);
    }
    match whole_number(&value) {
        Some(number) => Ok(Some(number)),
        None => Err(malformed(&format!("rules.{key}"), "a whole number, max or unlimited")),
    }
}

fn overvote(rules: &Map<String, Value>) -> Result<Overvote, RuleRefusal> {
    match rule(rules, "overvoteRule")?.as_deref() {
        Some("exhaustImmediately") => Ok(Overvote::Exhausts),
        Some("alwaysSkipToNextRank") => Ok(Overvote::Skipped),
        other => Err(not_counted(
            "overvoteRule",
            other.unwrap_or_default(),
            "cast votes here do not say whom a rank with several marks names",
        )),
    }
}

fn tie(rules: &Map<String, Value>) -> Result<TieMode, RuleRefusal> {
    match rule(rules, "tiebreakMode")?.as_deref() {
        // Who asks is answered with --tie-order, who draws with --lot.
        Some("random" | "stopCountingAndAsk") => Ok(TieMode::Lot),
        Some("previousRoundCountsThenRandom" | "previousRoundCountsThenAsk") => Ok(TieMode::LookBackThenLot),
        Some("useCandidateOrder") => Ok(TieMode::List),
        other => Err(not_counted(
            "tiebreakMode",
            other.unwrap_or_default(),
            "give the order in which ties were drawn with --tie-order, and say stopCountingAndAsk",
        )),
    }
}

/// The labels of all sources, which must agree.
fn labels(config: &Value) -> Result<Labels, RuleRefusal> {
    let sources = config.get("cvrFileSources").and_then(Value::as_array);
    let sources = sources.ok_or_else(|| malformed("cvrFileSources", "a list"))?;
    let text = |source: &Value, key: &str| match source.get(key) {
        None => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.trim().to_owned()),
        Some(_) => Err(malformed(&format!("cvrFileSources.{key}"), "a text")),
    };
    let mut all = Vec::new();
    for source in sources {
        all.push(Labels {
            overvote: text(source, "overvoteLabel")?,
            skipped: text(source, "skippedRankLabel")?,
            write_in: text(source, "undeclaredWriteInLabel")?,
        });
        if source.get("treatBlankAsUndeclaredWriteIn") == Some(&Value::Bool(true)) {
            return Err(malformed("cvrFileSources.treatBlankAsUndeclaredWriteIn", "false"));
        }
    }
    let first = all.first().cloned().unwrap_or_default();
    if all.iter().all(|labels| *labels == first) {
        Ok(first)
    } else {
        Err(malformed("cvrFileSources", "the same labels in every source"))
    }
}

/// Names, other names, and who is excluded.
type Candidates = (Vec<String>, BTreeMap<String, u16>, Vec<u16>);

fn candidates(config: &Value) -> Result<Candidates, RuleRefusal> {
    let list = config.get("candidates").and_then(Value::as_array);
    let list = list.ok_or_else(|| malformed("candidates", "a list"))?;
    let (mut names, mut aliases, mut withdrawn) = (Vec::new(), BTreeMap::new(), Vec::new());
    let mut taken = std::collections::BTreeSet::from([WRITE_INS.to_owned()]);
    let mut usable = |text: &str| {
        let refused = |text: String| RuleRefusal::Candidates(text);
        let name = name(1, text).map_err(|_| refused(Reason::Name.to_string()))?;
        if taken.insert(name.clone()) {
            Ok(name)
        } else {
            Err(refused(Reason::SameName(shown(text)).to_string()))
        }
    };
    for (one, candidate) in (0_u16..).zip(list.iter().take(CANDIDATES_MAX.saturating_add(1))) {
        let text = candidate.get("name").and_then(Value::as_str);
        names.push(usable(text.ok_or_else(|| malformed("candidates.name", "a text"))?)?);
        match candidate.get("excluded") {
            Some(Value::Bool(true)) => withdrawn.push(one),
            Some(Value::Bool(false)) | None => {}
            Some(_) => return Err(malformed("candidates.excluded", "true or false")),
        }
        let others = candidate.get("aliases").and_then(Value::as_array);
        for alias in others.into_iter().flatten() {
            let alias = alias.as_str().ok_or_else(|| malformed("candidates.aliases", "texts"))?;
            // RCTab's own files repeat the name among the aliases.
            if names.last().is_none_or(|name| name != alias) {
                aliases.insert(usable(alias)?, one);
            }
        }
    }
    Ok((names, aliases, withdrawn))
}
