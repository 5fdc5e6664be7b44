//! Elections counted by RCTab, by the rules that their configurations state: equal round by round, or refused with a reason.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use governance::tally::TieBreak;
use governance::tally::irv::{Contest, End, Exclusion, LookBack, Papers, Procedure, count};
use governance::tally::sheet::{Count, Stage};
use serde_json::Value;

use crate::shared::{files, find, json};

const WRITE_INS: &str = "Undeclared Write-ins";

/// What a configuration asks for, as far as this counts it.
struct Setting {
    names: Vec<String>,
    contest: Contest,
    ranks_max: usize,
    skipped_max: usize,
    ends_at_overvote: bool,
    ends_at_repeat: bool,
    /// The label of write-ins in the ballots; empty if there are none.
    write_ins: String,
    by_list: bool,
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap()
}

fn setting(config: &Value) -> Result<Setting, String> {
    let rules = &config["rules"];
    let flag = |key: &str| rules[key].as_bool().unwrap();
    if text(rules, "winnerElectionMode") != "singleWinnerMajority" || text(rules, "numberOfWinners") != "1" {
        return Err(String::from(
            "winnerElectionMode: several winners with surpluses of RCTab's own kind are not counted; use scottish-stv or meek",
        ));
    }
    for key in ["minimumVoteThreshold", "stopTabulationEarlyAfterRound"] {
        if !["", "0"].contains(&text(rules, key)) {
            return Err(format!("{key} is not counted"));
        }
    }
    for key in [
        "nonIntegerWinningThreshold",
        "doesFirstRoundDetermineThreshold",
        "hareQuota",
    ] {
        if flag(key) {
            return Err(format!("{key} is not counted"));
        }
    }
    let (look_back, by_list) = match text(rules, "tiebreakMode") {
        "previousRoundCountsThenRandom" => (LookBack::MostRecent, false),
        "random" => (LookBack::None, false),
        "useCandidateOrder" => (LookBack::None, true),
        other => return Err(format!("tiebreakMode {other} is not counted")),
    };
    let source = &config["cvrFileSources"][0];
    let write_ins = text(source, "undeclaredWriteInLabel").to_owned();
    let candidates = config["candidates"].as_array().unwrap();
    let mut names: Vec<String> = candidates.iter().map(|one| text(one, "name").to_owned()).collect();
    let withdrawn = (0..)
        .zip(candidates)
        .filter(|(_, one)| one["excluded"] == true)
        .map(|(one, _)| one)
        .collect();
    let mut procedure = Procedure {
        look_back,
        ..Procedure::default()
    };
    if !write_ins.is_empty() {
        procedure.first_out.push(u16::try_from(names.len()).unwrap());
        names.push(WRITE_INS.to_owned());
    }
    if flag("batchElimination") {
        procedure.exclusion = Exclusion::Batch;
    }
    if flag("continueUntilTwoCandidatesRemain") {
        procedure.end = End::TwoLeft;
    }
    Ok(Setting {
        contest: Contest {
            candidates: u16::try_from(names.len()).unwrap(),
            withdrawn,
            procedure,
        },
        names,
        ranks_max: text(rules, "maxRankingsAllowed").parse().unwrap(),
        skipped_max: text(rules, "maxSkippedRanksAllowed").parse().unwrap(),
        ends_at_overvote: text(rules, "overvoteRule") == "exhaustImmediately",
        ends_at_repeat: flag("exhaustOnDuplicateCandidate"),
        write_ins,
        by_list,
    })
}

impl Setting {
    /// The preferences of a line of ballots; `None` for one that marks nothing at all.
    fn ranking(&self, cells: &[String]) -> Option<Vec<u16>> {
        let mut ranking = Vec::new();
        let (mut seen, mut marked) = (0, false);
        for (at, cell) in cells.iter().enumerate().take(self.ranks_max) {
            if cell.is_empty() || cell == "undervote" {
                continue;
            }
            marked = true;
            if at - seen > self.skipped_max {
                break;
            }
            seen = at + 1;
            if cell == "overvote" {
                if self.ends_at_overvote {
                    break;
                }
                continue;
            }
            let name = if *cell == self.write_ins { WRITE_INS } else { cell };
            let one = u16::try_from(self.names.iter().position(|known| known == name).unwrap()).unwrap();
            if ranking.contains(&one) && self.ends_at_repeat {
                break;
            }
            ranking.push(one);
        }
        marked.then_some(ranking)
    }

    fn count(&self, ballots: &str, tie: &TieBreak) -> Count {
        let mut papers = Papers::new();
        for line in ballots.lines().skip(1) {
            let cells = cells(line);
            if let Some(ranking) = self.ranking(&cells[1..]) {
                papers.add(&ranking, cells[0].parse().unwrap());
            }
        }
        count(&self.contest, &papers, tie).unwrap()
    }
}

/// The cells of a line, of which some stand in quotation marks with commas inside.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            other => cells.last_mut().unwrap().push(other),
        }
    }
    cells
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

fn compare(setting: &Setting, count: &Count, report: &Value, name: &str) {
    let rounds = merged(report["results"].as_array().unwrap());
    assert_eq!(count.stages.len(), rounds.len(), "{name}");
    let names = |numbers: &[u16]| -> BTreeSet<String> {
        numbers
            .iter()
            .map(|number| setting.names[usize::from(*number) - 1].clone())
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
            .zip(&setting.names)
            .filter(|(number, name)| !out.contains(*name) && !setting.contest.withdrawn.contains(&(number - 1)))
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
    // What RCTab holds inactive from the first round on is blank with us.
    assert_eq!(count.blank, before, "{name}");
    assert_eq!(
        count.valid + count.blank + undervotes,
        whole(&summary["totalNumBallots"]),
        "{name}"
    );
}

fn report_of(config: &Path) -> Value {
    let stem = config.to_str().unwrap().trim_end_matches(".config.json").to_owned();
    json(Path::new(&format!("{stem}_expected_detailed_report.json")))
}

/// RCTab draws from the end of the list of candidates, or from its own random numbers; whom it elects at the end of a tie shows
/// in its report.
fn order(setting: &Setting, report: &Value) -> TieBreak {
    let all: Vec<u16> = (0..setting.contest.candidates).rev().collect();
    if setting.by_list {
        return TieBreak::Order(all);
    }
    let rounds = report["results"].as_array().unwrap();
    let winners = rounds.iter().flat_map(|round| named(round, "elected"));
    let winner = |name: String| u16::try_from(setting.names.iter().position(|known| *known == name).unwrap()).unwrap();
    TieBreak::Order(winners.map(winner).chain(all).collect())
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
        match setting(&json(&config)) {
            Err(reason) => refused.push((name, reason)),
            Ok(setting) => {
                let ballots = std::fs::read_to_string(folder.join(format!("{name}.ballots.csv"))).unwrap();
                let report = report_of(&config);
                let counted = setting.count(&ballots, &order(&setting, &report));
                compare(&setting, &counted, &report, &name);
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
        refused
            .iter()
            .all(|(_, reason)| reason.starts_with("winnerElectionMode")),
        "{refused:?}"
    );
}
