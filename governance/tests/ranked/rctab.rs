//! Elections counted by RCTab, by the rules that their configurations state: equal round by round, or refused with a reason.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use governance::profile::rctab::{RctabRules, TieMode, parse, read_rules};
use governance::tally::TieBreak;
use governance::tally::irv::{Contest, Papers, count};
use governance::tally::sheet::{Count, Stage};
use serde_json::Value;

use crate::shared::{files, find, json};

fn counted(rules: &RctabRules, ballots: &str, tie: &TieBreak) -> Count {
    let profile = parse(ballots, rules).unwrap();
    let mut papers = Papers::new();
    for paper in profile.papers() {
        papers.add(paper.strict().unwrap(), u128::from(paper.weight));
    }
    let contest = Contest {
        candidates: profile.candidate_count(),
        withdrawn: rules.withdrawn.clone(),
        procedure: rules.procedure(),
    };
    count(&contest, &papers, tie).unwrap()
}

fn whole(value: &Value) -> u128 {
    value.as_str().unwrap().parse().unwrap()
}

/// Whom the report names so in a round.
fn named(round: &Value, what: &str) -> BTreeSet<String> {
    let results = round["tallyResults"].as_array().unwrap().iter();
    results
        .filter_map(|result| result[what].as_str().map(str::to_owned))
        .collect()
}

/// A round that only elects, with the same tallies again in the next, is one stage of ours.
fn merged(rounds: &[Value]) -> Vec<(Value, BTreeSet<String>)> {
    let mut merged: Vec<(Value, BTreeSet<String>)> = Vec::new();
    for round in rounds {
        let elected = named(round, "elected");
        match merged.last_mut() {
            Some((last, before)) if last["tally"] == round["tally"] => {
                before.extend(elected);
                *last = round.clone();
            }
            _ => merged.push((round.clone(), elected)),
        }
    }
    merged
}

fn compare(rules: &RctabRules, count: &Count, report: &Value, name: &str) {
    let rounds = merged(report["results"].as_array().unwrap());
    assert_eq!(count.stages.len(), rounds.len(), "{name}");
    let names = |numbers: &[u16]| -> BTreeSet<String> {
        numbers
            .iter()
            .map(|number| rules.candidates[usize::from(*number) - 1].clone())
            .collect()
    };
    let inactive = |round: &Value| -> u128 { round["inactiveBallots"].as_object().unwrap().values().map(whole).sum() };
    let before = inactive(&rounds[0].0);
    let mut out = BTreeSet::new();
    let empty = Stage::default();
    for (at, (stage, (round, elected))) in count.stages.iter().zip(&rounds).enumerate() {
        out.extend(names(&stage.excluded));
        let tally: BTreeMap<String, u128> = round["tally"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, votes)| (name.clone(), whole(votes)))
            .collect();
        let ours: BTreeMap<String, u128> = (1..)
            .zip(&rules.candidates)
            .filter(|(number, name)| !out.contains(*name) && !rules.withdrawn.contains(&(number - 1)))
            .map(|(number, name)| (name.clone(), stage.totals[&number].units))
            .collect();
        assert_eq!(ours, tally, "{name}, round {}", at + 1);
        assert_eq!(names(&stage.elected), *elected, "{name}, round {}", at + 1);
        assert_eq!(
            stage.quota.unwrap().units,
            whole(&round["threshold"]),
            "{name}, round {}",
            at + 1
        );
        assert_eq!(
            stage.nontransferable.units,
            inactive(round) - before,
            "{name}, round {}",
            at + 1
        );
        let next = count.stages.get(at + 1).unwrap_or(&empty);
        assert_eq!(
            names(&next.excluded),
            named(round, "eliminated"),
            "{name}, round {}",
            at + 1
        );
    }
    let summary = &report["summary"];
    let undervotes = u128::from(summary["undervotes"].as_u64().unwrap());
    // What marks nothing, or is inactive from the first round on, is blank with us.
    assert_eq!(count.blank, before + undervotes, "{name}");
    assert_eq!(count.valid + count.blank, whole(&summary["totalNumBallots"]), "{name}");
}

fn report_of(config: &Path) -> Value {
    let stem = config.to_str().unwrap().trim_end_matches(".config.json").to_owned();
    json(Path::new(&format!("{stem}_expected_detailed_report.json")))
}

/// The order that the rules give. RCTab has random numbers of its own for a lot; whom it elects after one shows in its report.
fn order(rules: &RctabRules, report: &Value) -> TieBreak {
    if rules.tie == TieMode::List {
        return TieBreak::Order(rules.tie_order().unwrap());
    }
    let rounds = report["results"].as_array().unwrap();
    let winners = rounds.iter().flat_map(|round| named(round, "elected"));
    let number = |name: String| rules.candidates.iter().position(|known| *known == name).unwrap();
    let winners = winners.map(|name| u16::try_from(number(name)).unwrap());
    TieBreak::Order(
        winners
            .chain(0..u16::try_from(rules.candidates.len()).unwrap())
            .collect(),
    )
}

#[test]
fn every_example_of_rctab_is_equal_round_by_round_or_refused_with_a_reason() {
    let name = "every_example_of_rctab_is_equal_round_by_round_or_refused_with_a_reason";
    let Some(folder) = find(name, "elections/rctab") else {
        return;
    };
    let (mut equal, mut refused) = (Vec::new(), Vec::new());
    for config in files(&folder, ".config.json") {
        let name = config
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .replace(".config.json", "");
        match read_rules(&std::fs::read_to_string(&config).unwrap()) {
            Err(reason) => refused.push((name, reason.to_string())),
            Ok(rules) => {
                let ballots = std::fs::read_to_string(folder.join(format!("{name}.ballots.csv"))).unwrap();
                let report = report_of(&config);
                compare(
                    &rules,
                    &counted(&rules, &ballots, &order(&rules, &report)),
                    &report,
                    &name,
                );
                equal.push(name);
            }
        }
    }
    assert_eq!(
        equal,
        [
            "2015_portland_mayor",
            "2017_minneapolis_mayor",
            "continue_tabulation_test",
            "duplicate_test",
            "tiebreak_previous_round_counts_then_random_test"
        ]
    );
    assert_eq!(refused.len(), 2, "{refused:?}");
    assert!(
        refused.iter().all(|(_, reason)| reason.contains("winnerElectionMode")),
        "{refused:?}"
    );
}
