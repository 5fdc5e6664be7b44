//! Aim: votes of other people's decisions give their published scores. Method: the examples of snapshot.js, which lie in a folder
//! outside this repository; where it is absent, a line says that nothing was tried.

use std::io::Write;
use std::path::{Path, PathBuf};

use governance::ballot::{BallotRefusal, Choice, Form, read_choice};
use governance::tally::points::{Contest, Sums};
use governance::tally::{TieBreak, plurality, quadratic};
use serde_json::Value;

/// The folder of shared data: `ROCHDALE_DATA`, else beside the workspace.
fn data() -> PathBuf {
    std::env::var_os("ROCHDALE_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    )
}

/// The example, or a note on standard error, and in the file that `ROCHDALE_NOT_RUN` names, that a test could not run here.
fn example(test: &str, name: &str) -> Option<Value> {
    let path = data().join("dao_votes/snapshot_js").join(name);
    if let Ok(text) = std::fs::read_to_string(&path) {
        return Some(serde_json::from_str(&text).unwrap());
    }
    let line = format!("NOT RUN: {test}, dao_votes/snapshot_js/{name} is not in the folder of shared data\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    if let Some(path) = std::env::var_os("ROCHDALE_NOT_RUN") {
        let file = std::fs::File::options().create(true).append(true).open(path);
        file.and_then(|mut file| file.write_all(line.as_bytes())).unwrap();
    }
    None
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn contest(example: &Value) -> Contest {
    let options = example["proposal"]["choices"].as_array().unwrap().len();
    Contest::new(u16::try_from(options).unwrap(), 1)
}

#[test]
fn the_single_choices_of_snapshot_have_their_published_scores() {
    let Some(example) = example(
        "the_single_choices_of_snapshot_have_their_published_scores",
        "singleChoice.json",
    ) else {
        return;
    };
    let contest = contest(&example);
    let mut sums = Sums::new(&contest).unwrap();
    for vote in example["votes"].as_array().unwrap() {
        let option = u16::try_from(number(&vote["choice"]) - 1).unwrap();
        let form = Form::Choices { most: 1 };
        let choice = read_choice(form, usize::from(contest.options), &[option], &[1]).unwrap();
        let Choice::Points(points) = choice else {
            panic!("{choice:?}")
        };
        sums.add(&points, u128::from(number(&vote["balance"]))).unwrap();
    }
    let count = plurality::count(&contest, &sums, &TieBreak::None);
    let published: Vec<u128> = example["scores"]
        .as_array()
        .unwrap()
        .iter()
        .map(|score| number(score).into())
        .collect();
    assert_eq!(count.counts(), published);
    assert_eq!(count.elected, [1]);
    assert_eq!(count.valid, number(&example["scoresTotal"]).into());
}

/// Snapshot's formula is not ours (decimals of roots); its ballots are read, and those of whole votes within the credits are counted.
#[test]
fn the_quadratic_ballots_of_snapshot_are_read() {
    let Some(example) = example("the_quadratic_ballots_of_snapshot_are_read", "quadratic.json") else {
        return;
    };
    let contest = contest(&example);
    let mut sums = Sums::new(&contest).unwrap();
    let (mut within, mut beyond, mut broken) = (0, 0, 0);
    for vote in example["votes"].as_array().unwrap() {
        let given = vote["choice"].as_object().unwrap();
        let options: Vec<u16> = given.keys().map(|key| key.parse::<u16>().unwrap() - 1).collect();
        let votes = |votes: &Value| votes.as_u64().and_then(|votes| u32::try_from(votes).ok());
        let Some(points) = given.values().map(votes).collect::<Option<Vec<u32>>>() else {
            broken += 1;
            continue;
        };
        match read_choice(
            Form::Credits { credits: 100 },
            usize::from(contest.options),
            &options,
            &points,
        ) {
            Ok(Choice::Points(points)) => {
                sums.add(&points, 1).unwrap();
                within += 1;
            }
            Err(BallotRefusal::TooFewCredits { .. }) => beyond += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(within + beyond + broken, example["votes"].as_array().unwrap().len());
    assert!(within > 0);
    assert_eq!(quadratic::count(&contest, &sums, &TieBreak::None).elected, [1]);
}
