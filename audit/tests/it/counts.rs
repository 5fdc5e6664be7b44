//! Aim: every method counts every format alike, prints and explains it, and the files of published elections are read as their
//! descriptions say. Method: golden files in `golden/counts/`, which `UPDATE_GOLDEN=1` writes anew; the elections lie in a folder
//! outside this repository, and where it is absent, a line says that nothing was tried.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use audit::{CountMethod, CountRequest, TieOrder, count_text};
use governance::hash::Hash32;
use governance::profile::{Cells, Profile, parse, rctab};
use serde_json::Value;

const METHODS: [&str; 10] = [
    "plurality",
    "approval",
    "score",
    "majority-judgment",
    "quadratic",
    "irv",
    "scottish-stv",
    "meek",
    "schulze",
    "copeland",
];

const LOT: &str = "0x00000000000000000000000000000000000000000000000000000000000000a1";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/counts")
}

fn shown(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_rochdale-audit"))
        .arg("count")
        .args(arguments)
        .current_dir(folder())
        .output()
        .unwrap();
    let status = output.status.code().unwrap();
    assert!([0, 1, 2, 3].contains(&status), "{arguments:?}: {output:?}");
    format!(
        "$ rochdale-audit count {}\n{}{}exit status {status}\n\n",
        arguments.join(" "),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap()
    )
}

fn check(name: &str, text: &str) {
    let path = folder().join(format!("{name}.txt"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        text, golden,
        "{name}: run the tests with UPDATE_GOLDEN=1 and look at the difference"
    );
}

#[test]
fn every_method_counts_every_format() {
    for file in [
        "strict.blt",
        "equal.blt",
        "strict.soc",
        "equal.toi",
        "scored.abif",
        "ranks.csv",
        "scores.csv",
    ] {
        let every = METHODS.map(|method| shown(&[file, "--method", method, "--seats", "1", "--json"]));
        check(&file.replace('.', "_"), &every.concat());
    }
}

#[test]
fn every_method_is_printed_and_explained() {
    for method in METHODS {
        let file = match method {
            "irv" | "scottish-stv" => "strict.blt",
            "meek" | "schulze" | "copeland" => "equal.blt",
            _ => "scores.csv",
        };
        let seats = if method == "irv" { "1" } else { "2" };
        let mut text = String::new();
        for way in [&["--explain"][..], &[]] {
            let mut arguments = vec![file, "--method", method, "--seats", seats, "--lot", LOT];
            arguments.extend(way);
            text.push_str(&shown(&arguments));
        }
        check(&format!("explained_{method}"), &text);
    }
}

#[test]
fn ties_options_and_refusals() {
    let tie = ["tie.csv", "--method", "plurality"];
    let with = |more: &[&'static str]| shown(&[&tie[..], more].concat());
    let mut text = with(&[]) + &with(&["--explain"]) + &with(&["--lot", LOT, "--explain"]);
    for arguments in [
        &["votes.ballots.csv", "--method", "irv"][..],
        &["votes.ballots.csv", "--method", "irv", "--rules", "votes.config.json"],
        &[
            "votes.ballots.csv",
            "--method",
            "irv",
            "--rules",
            "votes.config.json",
            "--explain",
        ],
        &["votes.ballots.csv", "--method", "meek", "--rules", "votes.config.json"],
        &[
            "votes.ballots.csv",
            "--method",
            "irv",
            "--rules",
            "surpluses.config.json",
        ],
        &["strict.blt", "--method", "irv"],
        &["strict.blt", "--method", "irv", "--rules", "votes.config.json"],
        &["scores.csv", "--method", "quadratic", "--credits", "30"],
        &["scores.csv", "--method", "score", "--highest", "4"],
        &["scores.csv", "--method", "schulze", "--cells", "scores", "--json"],
        &["malformed.abif", "--method", "schulze"],
    ] {
        text.push_str(&shown(arguments));
    }
    check("ties_options_refusals", &text);
}

/// A folder of the shared elections; where it is absent, that is noted.
fn elections(test: &str, name: &str) -> Option<PathBuf> {
    let data = std::env::var_os("ROCHDALE_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    let found = data.join("elections").join(name);
    if found.is_dir() {
        return Some(found);
    }
    let line = format!("NOT RUN: {test}, {} is absent\n", found.display());
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    if let Some(path) = std::env::var_os("ROCHDALE_NOT_RUN") {
        let file = std::fs::File::options().create(true).append(true).open(path);
        file.and_then(|mut file| file.write_all(line.as_bytes())).unwrap();
    }
    None
}

fn files(folder: &Path, ending: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_str().unwrap().ends_with(ending))
        .map(|path| {
            (
                path.file_name().unwrap().to_str().unwrap().to_owned(),
                std::fs::read_to_string(&path).unwrap(),
            )
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no {ending} in {}", folder.display());
    files
}

/// How many papers name somebody.
fn valid(profile: &Profile) -> u64 {
    let papers = profile.papers().filter(|paper| !paper.ranked().is_empty());
    papers.map(|paper| paper.weight).sum()
}

#[test]
fn published_ballot_files_hold_what_their_results_say() {
    let test = "published_ballot_files_hold_what_their_results_say";
    let Some(wards) = elections(test, "scottish2017") else {
        return;
    };
    for (name, text) in files(&wards, ".blt") {
        let profile = parse(&name, &text, Cells::Ranks).unwrap();
        let expected = std::fs::read_to_string(wards.join(name.replace(".blt", ".expected.json"))).unwrap();
        let expected: Value = serde_json::from_str(&expected).unwrap();
        assert_eq!(
            profile.candidates.len(),
            expected["candidates"].as_array().unwrap().len(),
            "{name}"
        );
        assert_eq!(valid(&profile), expected["valid"].as_u64().unwrap(), "{name}");
    }
    let Some(transcripts) = elections(test, "meek_stvrs") else {
        return;
    };
    for (name, text) in files(&transcripts, ".blt") {
        let request = CountRequest {
            method: CountMethod::Meek,
            tie: TieOrder::Lot(Hash32::ZERO),
            ..CountRequest::default()
        };
        let (_, count) = count_text(&name, &text, &request).unwrap();
        assert!(count.undecided.is_none(), "{name}");
    }
}

#[test]
fn published_lines_of_abif_are_read_or_refused_as_their_remarks_say() {
    let test = "published_lines_of_abif_are_read_or_refused_as_their_remarks_say";
    let Some(folder) = elections(test, "abif") else {
        return;
    };
    let mut refused = Vec::new();
    for (name, text) in files(&folder, ".abif") {
        match parse(&name, &text, Cells::Ranks) {
            // These say of themselves that they should fail.
            Err(refusal) => refused.push((name, refusal.to_string())),
            Ok(profile) => {
                assert!(!text.contains("this test should FAIL"), "{name}");
                let weights = text.lines().filter_map(|line| {
                    let digits: String = line.chars().take_while(char::is_ascii_digit).collect();
                    digits.parse::<u128>().ok()
                });
                assert_eq!(profile.weight(), weights.sum::<u128>(), "{name}");
            }
        }
    }
    let names: Vec<&str> = refused.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["test006.abif", "test008.abif"], "{refused:?}");
    assert!(
        refused
            .iter()
            .all(|(_, reason)| reason.contains("older form of declaring")),
        "{refused:?}"
    );
}

#[test]
fn published_cast_votes_are_counted_by_their_configurations_or_refused() {
    let test = "published_cast_votes_are_counted_by_their_configurations_or_refused";
    let Some(folder) = elections(test, "rctab") else {
        return;
    };
    let mut refused = Vec::new();
    for (name, config) in files(&folder, ".config.json") {
        let stem = name.trim_end_matches(".config.json");
        if let Err(refusal) = rctab::read_rules(&config) {
            assert!(
                refusal.to_string().starts_with("rules.winnerElectionMode: "),
                "{refusal}"
            );
            refused.push(stem.to_owned());
            continue;
        }
        let votes = format!("{stem}.ballots.csv");
        let text = std::fs::read_to_string(folder.join(&votes)).unwrap();
        let report = folder.join(format!("{stem}_expected_detailed_report.json"));
        let report: Value = serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
        let mut request = CountRequest {
            method: CountMethod::Irv,
            rules: Some(config),
            ..CountRequest::default()
        };
        let (profile, mut count) = count_text(&votes, &text, &request).unwrap();
        let all: u128 = report["summary"]["totalNumBallots"].as_str().unwrap().parse().unwrap();
        assert_eq!(profile.weight(), all, "{stem}");
        let rounds = report["results"].as_array().unwrap();
        let winner = rounds
            .iter()
            .flat_map(|round| round["tallyResults"].as_array().unwrap());
        let winner = winner.filter_map(|result| result["elected"].as_str()).next().unwrap();
        let number = 1 + u16::try_from(profile.candidates.iter().position(|name| name == winner).unwrap()).unwrap();
        if let Some(open) = &count.undecided {
            // RCTab drew by its own random numbers: whom it elects was drawn first.
            assert!(open.candidates.contains(&number), "{stem}");
            let others = (1..=profile.candidate_count()).rev().filter(|one| *one != number);
            let order = std::iter::once(number).chain(others).collect();
            request.tie = TieOrder::Order(order);
            count = count_text(&votes, &text, &request).unwrap().1;
        }
        for (candidate, votes) in rounds[0]["tally"].as_object().unwrap() {
            let at = 1 + u16::try_from(profile.candidates.iter().position(|name| name == candidate).unwrap()).unwrap();
            assert_eq!(
                count.stages[0].totals[&at].to_string(),
                votes.as_str().unwrap(),
                "{stem}: {candidate}"
            );
        }
        assert_eq!(count.elected, [number], "{stem}");
    }
    assert_eq!(refused, ["2013_minneapolis_park", "minneapolis_multi_seat_threshold"]);
}
