//! Aim: every method counts every format alike, prints and explains it. Method: golden files in `golden/counts/`, which
//! `UPDATE_GOLDEN=1` writes anew.

use std::path::{Path, PathBuf};
use std::process::Command;

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
        "names.txt",
        "rankings.json",
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
        &["scores.csv", "--method", "score", "--no-opinion", "1/2", "--explain"],
        &["scores.csv", "--method", "score", "--no-opinion", "1/10", "--json"],
        &["scores.csv", "--method", "score", "--no-opinion", "3/2"],
        &["scores.csv", "--method", "score", "--no-opinion", "half"],
        &["scores.csv", "--method", "approval", "--no-opinion", "1/2"],
        &["scores.csv", "--method", "schulze", "--cells", "scores", "--json"],
        &["malformed.abif", "--method", "schulze"],
    ] {
        text.push_str(&shown(arguments));
    }
    check("ties_options_refusals", &text);
}
