//! Runoffs, Scottish STV and Schulze's method against programs in Python, in the environment that `cargo xtask oracle count` makes.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use governance::tally::pairwise::{Pairwise, count_schulze};
use governance::tally::{Papers, TieBreak, irv, scottish};
use serde_json::{Value, json};

use super::profile::Election;
use super::{Options, fastest, milliseconds, ratio};

const CANDIDATES: u16 = 10;
const SEATS: u16 = 3;
const PROGRAMS: [(&str, &[&str]); 3] = [
    ("irv", &["pref_voting", "votelib", "pyrankvote"]),
    ("scottish-stv", &["pref_voting", "votelib", "pyrankvote"]),
    ("schulze", &["pref_voting", "votelib"]),
];

pub fn run(options: &Options) -> anyhow::Result<()> {
    let python = target().join("oracle/environment/bin/python");
    if !python.exists() {
        println!("NOT RUN: programs in Python, their environment is absent; `cargo xtask oracle count` makes it");
        return Ok(());
    }
    let election = Election::random(options.python_ballots, CANDIDATES, SEATS);
    for (method, programs) in PROGRAMS {
        let (ours, elected) = fastest(options.rounds, || by_us(method, &election))?;
        for program in programs {
            let (theirs, other) = by_them(&python, method, program, &election, options.rounds)?;
            ensure!(
                elected == other,
                "{method}: {program} elects {other:?} and we {elected:?}"
            );
            println!(
                "{method}, {} random ballots of {CANDIDATES} candidates: {}; {program} {}, {} times as long",
                options.python_ballots,
                milliseconds(ours),
                milliseconds(theirs),
                ratio(theirs, ours)
            );
        }
    }
    Ok(())
}

/// Where cargo builds: the programs in Python lie beside.
fn target() -> PathBuf {
    let own = std::env::current_exe().ok();
    let folder = own.as_deref().and_then(|program| program.parent()?.parent());
    folder.map_or_else(|| PathBuf::from("target"), PathBuf::from)
}

/// From rankings in memory to those elected, ascending from 0.
fn by_us(method: &str, election: &Election) -> anyhow::Result<Vec<u16>> {
    let (candidates, tie) = (election.candidates, TieBreak::None);
    let count = if method == "schulze" {
        let mut pairs = Pairwise::new(candidates)?;
        for ballot in &election.ballots {
            pairs.add_strict(ballot, 1)?;
        }
        count_schulze(&pairs, 1, None, &tie)?
    } else {
        let mut papers = Papers::new();
        for ballot in &election.ballots {
            papers.add(ballot, 1);
        }
        let withdrawn = Vec::new();
        if method == "irv" {
            let procedure = irv::Procedure::default();
            let contest = irv::Contest {
                candidates,
                withdrawn,
                procedure,
            };
            irv::count(&contest, &papers, &tie)?
        } else {
            let contest = scottish::Contest {
                candidates,
                seats: election.seats,
                withdrawn,
            };
            scottish::count(&contest, &papers, &tie)?
        }
    };
    let mut elected: Vec<u16> = count.elected.iter().map(|number| number.saturating_sub(1)).collect();
    elected.sort_unstable();
    Ok(elected)
}

/// The same by a program, which measures itself.
fn by_them(
    python: &PathBuf,
    method: &str,
    program: &str,
    election: &Election,
    rounds: u32,
) -> anyhow::Result<(Duration, Vec<u16>)> {
    let papers: Vec<Value> = election
        .ballots
        .iter()
        .map(|ballot| json!([1, ballot.iter().map(|one| [*one]).collect::<Vec<_>>()]))
        .collect();
    let text = json!({"candidates": election.candidates, "seats": election.seats, "papers": papers}).to_string();
    let mut child = Command::new(python)
        .args(["-B", "xtask/oracle/measure.py", method, program, &rounds.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    child
        .stdin
        .take()
        .context("no standard input")?
        .write_all(text.as_bytes())?;
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "{program} fails on {method}");
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    let seconds = answer["seconds"].as_f64().context("no seconds")?;
    let elected = serde_json::from_value(answer["elected"].clone())?;
    Ok((Duration::from_secs_f64(seconds), elected))
}
