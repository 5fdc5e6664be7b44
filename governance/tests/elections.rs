//! Aim: real elections come out as they were declared, stage by stage. Method: the 2017 Scottish council elections, whose ballots
//! and official results lie in a folder outside this repository; where it is absent, a line says that nothing was tried.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use governance::blt;
use governance::tally::TieBreak;
use governance::tally::scottish::{Contest, Papers, count};
use governance::tally::sheet::Count;
use serde_json::Value;

mod shared;

use shared::{data, files, json, not_run};

fn count_file(path: &Path) -> Count {
    let blt = blt::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut papers = Papers::new();
    for line in &blt.papers {
        papers.add(&line.strict_order().unwrap(), u128::from(line.weight));
    }
    let contest = Contest {
        candidates: u16::try_from(blt.candidates.len()).unwrap(),
        seats: blt.seats,
        withdrawn: blt.withdrawn,
    };
    count(&contest, &papers, &TieBreak::None).unwrap()
}

/// What was found wrong with a ward; empty if all is as declared.
fn differences(count: &Count, expected: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut elected: Vec<u64> = count.elected.iter().map(|number| u64::from(*number)).collect();
    elected.sort_unstable();
    let mut declared: Vec<u64> = expected["elected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n.as_u64().unwrap())
        .collect();
    declared.sort_unstable();
    if elected != declared {
        found.push(format!("elected {elected:?}, declared {declared:?}"));
    }
    if u128::from(expected["quota"].as_u64().unwrap()) != count.quota.unwrap().units {
        found.push(format!(
            "quota {}, declared {}",
            count.quota.unwrap(),
            expected["quota"]
        ));
    }
    if u128::from(expected["valid"].as_u64().unwrap()) != count.valid {
        found.push(format!("valid {}, declared {}", count.valid, expected["valid"]));
    }
    let stages = expected["stages"].as_array().unwrap();
    if stages.len() != count.stages.len() {
        found.push(format!("{} stages, declared {}", count.stages.len(), stages.len()));
    }
    for (index, (stage, declared)) in count.stages.iter().zip(stages).enumerate() {
        let declared: BTreeMap<u16, &str> = declared
            .as_object()
            .unwrap()
            .iter()
            .map(|(number, total)| (number.parse().unwrap(), total.as_str().unwrap()))
            .collect();
        for (number, total) in &stage.totals {
            if !same(&total.to_string(), declared.get(number).copied().unwrap_or("0")) {
                found.push(format!(
                    "stage {}, candidate {number}: {total}, declared {:?}",
                    index + 1,
                    declared.get(number)
                ));
            }
        }
    }
    found.extend(stage_of_election(count, expected));
    found
}

/// Some councils published trailing zeros and some did not.
fn same(ours: &str, theirs: &str) -> bool {
    let plain = |text: &str| match text.split_once('.') {
        Some((whole, rest)) => format!("{whole}.{}", rest.trim_end_matches('0')),
        None => format!("{text}."),
    };
    plain(ours) == plain(theirs)
}

fn stage_of_election(count: &Count, expected: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for candidate in expected["candidates"].as_array().unwrap() {
        if candidate["status"] == "Elected" {
            let number = u16::try_from(candidate["blt_index"].as_u64().unwrap()).unwrap();
            let stage = count.stages.iter().position(|stage| stage.elected.contains(&number));
            let declared = candidate["stage"]
                .as_u64()
                .map(|stage| usize::try_from(stage).unwrap() - 1);
            if stage != declared {
                found.push(format!(
                    "candidate {number} elected at {stage:?}, declared {declared:?} (from 0)"
                ));
            }
        }
    }
    found
}

fn wards(folder: &Path) -> Vec<PathBuf> {
    files(folder, ".blt")
}

fn expected_of(ward: &Path) -> Value {
    json(&ward.with_extension("expected.json"))
}

#[test]
fn every_ward_comes_out_as_declared_stage_by_stage() {
    let folder = data().join("elections/scottish2017");
    if !folder.is_dir() {
        let reason = format!("{} is absent", folder.display());
        return not_run("every_ward_comes_out_as_declared_stage_by_stage", &reason);
    }
    let wards = wards(&folder);
    assert!(wards.len() >= 16, "{} wards", wards.len());
    for ward in wards {
        let found = differences(&count_file(&ward), &expected_of(&ward));
        assert!(found.is_empty(), "{}: {found:#?}", ward.display());
    }
}

/// All wards of Scotland. 35 councils published two decimals, so a total may differ by less than a hundredth there.
#[test]
fn all_of_scotland_comes_out_as_declared() {
    let archive = data().join("elections/scottish2017/remaining_wards.tar.gz");
    let wanted = std::env::var("ROCHDALE_FULL").is_ok_and(|value| value == "1");
    if !wanted || !archive.is_file() {
        let absent = format!("{} is absent", archive.display());
        let reason = if wanted {
            absent
        } else {
            "ROCHDALE_FULL is not 1".to_owned()
        };
        return not_run("all_of_scotland_comes_out_as_declared", &reason);
    }
    let folder = std::env::temp_dir().join(format!("rochdale-wards-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let unpacked = Command::new("tar")
        .args(["-xzf", archive.to_str().unwrap(), "-C", folder.to_str().unwrap()])
        .status()
        .unwrap();
    assert!(unpacked.success());
    let mut wrong = Vec::new();
    let all = wards(&folder);
    for ward in &all {
        let expected = expected_of(ward);
        let coarse = expected["official_decimals"] != "exact 5 dp";
        let found = differences(&count_file(ward), &expected);
        wrong.extend(
            found
                .into_iter()
                .filter(|text| !(coarse && text.starts_with("stage ")))
                .map(|text| (ward.clone(), text)),
        );
    }
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(!all.is_empty() && wrong.is_empty(), "{} wards, {wrong:#?}", all.len());
}
