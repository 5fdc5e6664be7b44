//! Aim: Meek's method equals another program digit by digit. Method: the nine-decimal transcripts of stv-rs, which lie in a
//! folder outside this repository; where it is absent, a line says that nothing was tried.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;

use governance::blt::{self, Preference};
use governance::tally::TieBreak;
use governance::tally::meek::{Arithmetic, Contest, EmptyRank, OMEGA, Papers, Procedure, count};
use governance::tally::sheet::{Count, Stage};

mod shared;

use shared::{files, find};

fn count_file(path: &Path, procedure: Procedure) -> (Count, Vec<String>) {
    let blt = blt::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut papers = Papers::new();
    for line in &blt.papers {
        let ranks: Vec<Vec<u16>> = line
            .preferences
            .iter()
            .filter_map(|preference| match preference {
                Preference::One(one) => Some(vec![*one]),
                Preference::Equal(several) => Some(several.to_vec()),
                Preference::Skipped => None,
            })
            .collect();
        papers.add(&ranks, u128::from(line.weight));
    }
    let names = blt.candidates.clone();
    let candidates = u16::try_from(names.len()).unwrap();
    let order = blt.tie_order.unwrap_or_else(|| (0..candidates).collect());
    let contest = Contest {
        candidates,
        seats: blt.seats,
        withdrawn: blt.withdrawn,
        procedure,
    };
    (count(&contest, &papers, &TieBreak::Order(order)).unwrap(), names)
}

/// What the transcript calls the end of a round, and its surplus, which follow from what is published.
fn end_of(stage: &Stage, elected_before: &[u16]) -> (&'static str, String) {
    let quota = stage.quota.unwrap();
    let elected = elected_before.iter().chain(&stage.elected);
    let surplus: u128 = elected
        .map(|number| stage.totals[number].units.saturating_sub(quota.units))
        .sum();
    let end = match stage.elected.is_empty() {
        false => "Iterate (elected)",
        true if surplus < OMEGA => "Iterate (omega)",
        true => "Iterate (stable)",
    };
    let mut text = quota;
    text.units = surplus;
    (end, text.to_string())
}

/// The transcript's lines that a round decides, and ours, side by side. Gives how many lines that were.
fn compare(count: &Count, names: &[String], log: &str) -> usize {
    let mut compared = 0;
    let mut round: Option<&Stage> = None;
    let mut next = 0;
    let mut action = "";
    let mut before: Vec<u16> = Vec::new();
    for line in log.lines().map(str::trim) {
        if line.starts_with("Round ") {
            before.extend(round.map(|stage| stage.elected.clone()).unwrap_or_default());
            round = count.stages.get(next);
            next += 1;
            continue;
        }
        if let Some(named) = line.strip_prefix("Action: ") {
            action = named;
        }
        let Some(ours) = round else { continue };
        // The places that are left are filled in a round of theirs, and in the last stage of ours.
        if action.starts_with("Count Complete") || action.starts_with("Elect remaining") {
            continue;
        }
        let Some((label, rest)) = line.split_once(": ") else {
            continue;
        };
        let (end, surplus) = end_of(ours, &before);
        let votes: u128 = ours.totals.values().map(|total| total.units).sum();
        let mut sum = ours.nontransferable;
        sum.units = votes;
        match label {
            "Action" if rest.starts_with("Iterate") => assert_eq!(rest, end, "round {next}"),
            "Quota" => assert_eq!(rest, ours.quota.unwrap().to_string(), "round {next}"),
            "Votes" => assert_eq!(rest, sum.to_string(), "round {next}"),
            "Residual" => assert_eq!(rest, ours.nontransferable.to_string(), "round {next}"),
            "Surplus" if action.starts_with("Iterate") => assert_eq!(rest, surplus, "round {next}"),
            "Elected" | "Hopeful" => {
                let (name, total) = rest.trim().rsplit_once(" (").unwrap();
                let number = number_of(names, name);
                let own = ours.totals[&number].to_string();
                assert_eq!(total.trim_end_matches(')'), own, "round {next}, {name}");
            }
            _ => continue,
        }
        compared += 1;
    }
    // Where the count ends with a defeat, our last stage shows where those votes go.
    assert!(count.stages.len() == next || count.stages.len() == next + 1, "rounds");
    compared
}

fn number_of(names: &[String], name: &str) -> u16 {
    u16::try_from(names.iter().position(|known| known == name).unwrap() + 1).unwrap()
}

/// Those whom a transcript declares elected or defeated, as it goes, by number.
fn declared(log: &str, names: &[String], what: &str) -> Vec<u16> {
    log.lines()
        .filter_map(|line| line.strip_prefix("Action: ")?.strip_prefix(what))
        .filter_map(|rest| rest.split_once(": ").map(|(_, name)| number_of(names, name)))
        .collect()
}

fn sorted(mut numbers: Vec<u16>) -> Vec<u16> {
    numbers.sort_unstable();
    numbers
}

/// Their way with an equal rank that nobody in it is left of.
const THEIRS: Procedure = Procedure {
    empty_rank: EmptyRank::Exhaust,
    arithmetic: Arithmetic::Cut,
};

#[test]
fn every_transcript_of_stv_rs_is_met_digit_by_digit() {
    let name = "every_transcript_of_stv_rs_is_met_digit_by_digit";
    let Some(folder) = find(name, "elections/meek_stvrs") else {
        return;
    };
    let (mut found, mut otherwise) = (BTreeMap::new(), Vec::<std::ffi::OsString>::new());
    for path in files(&folder, ".blt") {
        let log = std::fs::read_to_string(path.with_extension("fixed9.log")).unwrap();
        let (count, names) = count_file(&path, THEIRS);
        let lines = compare(&count, &names, &log);
        assert_eq!(sorted(count.elected), sorted(declared(&log, &names, "Elect")));
        // Ours differs from theirs only where a rank of several is left by all.
        let ours = count_file(&path, Procedure::default()).0;
        if ours.stages != count.stages {
            assert!(has_equal_ranks(&path), "{}", path.display());
            otherwise.push(path.file_stem().unwrap().to_owned());
        }
        found.insert(path, lines);
    }
    assert_eq!(found.len(), 6, "{found:?}");
    assert!(found.values().all(|lines| *lines > 5), "{found:?}");
    assert_eq!(otherwise, ["random__rand_2x10"]);
}

fn has_equal_ranks(path: &Path) -> bool {
    let blt = blt::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut all = blt.papers.iter().flat_map(|line| &line.preferences);
    all.any(|preference| matches!(preference, Preference::Equal(_)))
}

/// The other transcripts compute with fractions and rounds only factors, to six decimals: their digits are others from the
/// quota on. Whom they elect and defeat, and in which order, is the same.
#[test]
fn transcripts_in_fractions_elect_and_defeat_the_same() {
    let name = "transcripts_in_fractions_elect_and_defeat_the_same";
    let Some(folder) = find(name, "elections/meek_stvrs") else {
        return;
    };
    let logs = files(&folder, ".approx.log");
    assert_eq!(logs.len(), 2);
    for path in logs {
        let log = std::fs::read_to_string(&path).unwrap();
        let stem = path
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .replace(".approx.log", ".blt");
        let (count, names) = count_file(&folder.join(stem), THEIRS);
        assert_eq!(sorted(count.elected), sorted(declared(&log, &names, "Elect")));
        let defeated: Vec<u16> = count.stages.iter().flat_map(|stage| stage.excluded.clone()).collect();
        let theirs = declared(&log, &names, "Defeat");
        assert_eq!(defeated, theirs[..defeated.len()], "{}", path.display());
    }
}
