//! Aim: Meek's method equals another program digit by digit. Method: the nine-decimal transcripts of stv-rs, which lie in a
//! folder outside this repository; where it is absent, a line says that nothing was tried.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use governance::blt::{self, Preference};
use governance::tally::TieBreak;
use governance::tally::meek::{Contest, EmptyRank, MeekCount, Papers, RoundEnd, SCALE, count};

fn data() -> PathBuf {
    std::env::var_os("ROCHDALE_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    )
}

fn not_run(name: &str, reason: &str) {
    let line = format!("NOT RUN: {name}, {reason}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    if let Some(path) = std::env::var_os("ROCHDALE_NOT_RUN") {
        let file = std::fs::File::options().create(true).append(true).open(path);
        file.and_then(|mut file| file.write_all(line.as_bytes())).unwrap();
    }
}

fn nine(number: u128) -> String {
    format!("{}.{:09}", number / SCALE, number % SCALE)
}

fn count_file(path: &Path) -> (MeekCount, Vec<String>) {
    let blt = blt::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut papers = Papers::new();
    for line in &blt.papers {
        let ranks = line
            .preferences
            .iter()
            .filter_map(|preference| match preference {
                Preference::One(one) => Some(vec![*one]),
                Preference::Equal(several) => Some(several.to_vec()),
                Preference::Skipped => None,
            })
            .collect();
        *papers.entry(ranks).or_default() += u128::from(line.weight);
    }
    let names = blt.candidates.clone();
    let candidates = u16::try_from(names.len()).unwrap();
    let order = blt.tie_order.unwrap_or_else(|| (0..candidates).collect());
    let contest = Contest {
        candidates,
        seats: blt.seats,
        withdrawn: blt.withdrawn,
        empty_rank: EmptyRank::Exhaust,
    };
    (count(&contest, &papers, &TieBreak::Order(order)).unwrap(), names)
}

/// The transcript's lines that a round decides, and ours, side by side.
fn compare(count: &MeekCount, names: &[String], log: &str) -> usize {
    let mut compared = 0;
    let mut round = None;
    let mut next = 0;
    let mut action = "";
    for line in log.lines().map(str::trim) {
        if line.starts_with("Round ") {
            round = count.rounds.get(next);
            next += 1;
            continue;
        }
        if let Some(named) = line.strip_prefix("Action: ") {
            action = named;
        }
        let Some(ours) = round else { continue };
        if action.starts_with("Count Complete") {
            continue;
        }
        let end = match ours.end {
            RoundEnd::Elected => "Iterate (elected)",
            RoundEnd::Omega => "Iterate (omega)",
            RoundEnd::Stable => "Iterate (stable)",
        };
        let Some((label, rest)) = line.split_once(": ") else {
            continue;
        };
        match label {
            "Action" if rest.starts_with("Iterate") => assert_eq!(rest, end, "round {next}"),
            "Quota" => assert_eq!(rest, nine(ours.quota), "round {next}"),
            "Votes" => assert_eq!(rest, nine(ours.totals.iter().sum()), "round {next}"),
            "Residual" => assert_eq!(rest, nine(ours.residual), "round {next}"),
            "Surplus" if action.starts_with("Iterate") => assert_eq!(rest, nine(ours.surplus), "round {next}"),
            "Elected" | "Hopeful" => {
                let (name, total) = rest.trim().rsplit_once(" (").unwrap();
                let at = names.iter().position(|known| known == name).unwrap();
                assert_eq!(
                    total.trim_end_matches(')'),
                    nine(ours.totals[at]),
                    "round {next}, {name}"
                );
            }
            _ => continue,
        }
        compared += 1;
    }
    assert_eq!(next, count.rounds.len(), "rounds");
    let mut elected: Vec<&str> = count
        .elected
        .iter()
        .map(|one| names[usize::from(*one)].as_str())
        .collect();
    let mut declared: Vec<&str> = log
        .lines()
        .filter_map(|line| line.strip_prefix("Action: Elect"))
        .filter_map(|rest| rest.split_once(": ").map(|(_, name)| name))
        .collect();
    elected.sort_unstable();
    declared.sort_unstable();
    assert_eq!(elected, declared);
    compared
}

#[test]
fn every_transcript_of_stv_rs_is_met_digit_by_digit() {
    let folder = data().join("elections/meek_stvrs");
    let Ok(files) = std::fs::read_dir(&folder) else {
        return not_run(
            "every_transcript_of_stv_rs_is_met_digit_by_digit",
            "the folder of elections is absent",
        );
    };
    let mut found = BTreeMap::new();
    for path in files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "blt"))
    {
        let (count, names) = count_file(&path);
        let log = std::fs::read_to_string(path.with_extension("fixed9.log")).unwrap();
        found.insert(path.clone(), compare(&count, &names, &log));
    }
    assert_eq!(found.len(), 6, "{found:?}");
    assert!(found.values().all(|lines| *lines > 5), "{found:?}");
    std::io::stderr().write_all(format!("{found:?}\n").as_bytes()).unwrap();
}
