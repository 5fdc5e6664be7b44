//! Aim: `count` takes every file of published elections and comes to the published result, or refuses it for the reason that the
//! file gives itself. Method: the folder is walked; what counts a file takes it and the files with its results off the list, and
//! what is left on the list fails by name. The elections lie in a folder outside this repository; where it is absent, a line says
//! that nothing was tried. That Meek's transcripts are met digit by digit is a test of `governance`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use audit::{CountFailure, CountMethod, CountRequest, TieOrder, count_text};
use governance::hash::Hash32;
use governance::profile::Profile;
use governance::tally::meek::EmptyRank;
use governance::tally::sheet::{Count, Stage};
use serde_json::Value;

const NAME: &str = "every_published_election_is_counted_to_its_result";

/// Files that nothing has counted yet.
struct Folder {
    root: PathBuf,
    left: BTreeSet<PathBuf>,
}

impl Folder {
    /// The shared elections; where they are absent, that is noted.
    fn find() -> Option<Self> {
        let data = std::env::var_os("ROCHDALE_DATA").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
            PathBuf::from,
        );
        let root = data.join("elections");
        if root.is_dir() {
            let mut left = BTreeSet::new();
            let mut folders = vec![root.clone()];
            while let Some(folder) = folders.pop() {
                for entry in std::fs::read_dir(folder).unwrap() {
                    let path = entry.unwrap().path();
                    if path.is_dir() {
                        folders.push(path);
                    } else {
                        left.insert(path);
                    }
                }
            }
            return Some(Self { root, left });
        }
        let line = format!("NOT RUN: {NAME}, {} is absent\n", root.display());
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        if let Some(path) = std::env::var_os("ROCHDALE_NOT_RUN") {
            let file = std::fs::File::options().create(true).append(true).open(path);
            file.and_then(|mut file| file.write_all(line.as_bytes())).unwrap();
        }
        None
    }

    /// The files that are left of a folder with this ending, by path without it.
    fn stems(&self, folder: &str, ending: &str) -> Vec<String> {
        let folder = self.root.join(folder);
        let paths = self.left.iter().filter(|path| path.parent() == Some(&folder));
        let stems = paths.filter_map(|path| path.to_str().unwrap().strip_suffix(ending));
        stems.map(str::to_owned).collect()
    }

    /// The text of a file, which is looked after with this.
    fn take(&mut self, path: &str) -> String {
        assert!(
            self.left.remove(Path::new(path)),
            "{path} is absent, or was taken before"
        );
        std::fs::read_to_string(path).unwrap()
    }

    fn take_json(&mut self, path: &str) -> Value {
        serde_json::from_str(&self.take(path)).unwrap()
    }
}

fn counted(name: &str, text: &str, method: CountMethod) -> (Profile, Count) {
    let request = CountRequest {
        method,
        ..CountRequest::default()
    };
    count_text(name, text, &request).unwrap_or_else(|failure| panic!("{name}: {failure}"))
}

fn number(profile: &Profile, name: &Value) -> u16 {
    let name = name.as_str().unwrap();
    let at = profile.candidates.iter().position(|known| known == name).unwrap();
    u16::try_from(at + 1).unwrap()
}

fn whole_numbers(list: &Value) -> Vec<u16> {
    let list = list.as_array().unwrap().iter();
    list.map(|number| u16::try_from(number.as_u64().unwrap()).unwrap())
        .collect()
}

fn sorted(mut numbers: Vec<u16>) -> Vec<u16> {
    numbers.sort_unstable();
    numbers
}

/// Totals as texts, by number from 1.
fn totals(stage: &Stage) -> BTreeMap<u16, String> {
    stage
        .totals
        .iter()
        .map(|(one, total)| (*one, total.to_string()))
        .collect()
}

/// Scottish wards: quota, valid papers, who is elected, and every total of every stage.
fn wards(folder: &mut Folder) {
    for stem in folder.stems("scottish2017", ".blt") {
        let text = folder.take(&format!("{stem}.blt"));
        let expected = folder.take_json(&format!("{stem}.expected.json"));
        let (_, count) = counted("ward.blt", &text, CountMethod::ScottishStv);
        assert_eq!(
            count.quota.unwrap().units,
            u128::from(expected["quota"].as_u64().unwrap()),
            "{stem}"
        );
        assert_eq!(count.valid, u128::from(expected["valid"].as_u64().unwrap()), "{stem}");
        assert_eq!(
            sorted(count.elected),
            sorted(whole_numbers(&expected["elected"])),
            "{stem}"
        );
        let declared: Vec<BTreeMap<u16, String>> = serde_json::from_value(expected["stages"].clone()).unwrap();
        let ours: Vec<BTreeMap<u16, String>> = count.stages.iter().map(totals).collect();
        // Some councils cut zeros off.
        let plain = |stages: Vec<BTreeMap<u16, String>>| -> Vec<BTreeMap<u16, String>> {
            let plain = |total: String| match total.split_once('.') {
                Some((whole, rest)) => format!("{whole}.{}", rest.trim_end_matches('0')),
                None => format!("{total}."),
            };
            let stages = stages.into_iter();
            stages
                .map(|stage| stage.into_iter().map(|(one, total)| (one, plain(total))).collect())
                .collect()
        };
        assert_eq!(plain(ours), plain(declared), "{stem}");
    }
}

/// Transcripts of Meek's method: whom they elect.
fn transcripts(folder: &mut Folder) {
    for stem in folder.stems("meek_stvrs", ".blt") {
        let text = folder.take(&format!("{stem}.blt"));
        let log = folder.take(&format!("{stem}.fixed9.log"));
        let mut request = CountRequest {
            method: CountMethod::Meek,
            empty_rank: EmptyRank::Exhaust,
            ..CountRequest::default()
        };
        let profile = count_text("meek.blt", &text, &request).unwrap().0;
        if profile.tie_order.is_none() {
            // It settles ties by the order of the candidates.
            request.tie = TieOrder::Order((1..=profile.candidate_count()).collect());
        }
        let (profile, count) = count_text("meek.blt", &text, &request).unwrap();
        let names = |log: &str| -> Vec<u16> {
            let elected = log.lines().filter_map(|line| line.strip_prefix("Action: Elect"));
            let names = elected.filter_map(|rest| Some(rest.split_once(": ")?.1));
            sorted(names.map(|name| number(&profile, &Value::from(name))).collect())
        };
        assert_eq!(sorted(count.elected.clone()), names(&log), "{stem}");
        if folder.left.contains(Path::new(&format!("{stem}.approx.log"))) {
            let other = folder.take(&format!("{stem}.approx.log"));
            assert_eq!(sorted(count.elected.clone()), names(&other), "{stem}");
        }
    }
}

/// Stage by stage, what everyone who still continues holds.
fn is_declared(profile: &Profile, count: &Count, rounds: &Value, stem: &str) {
    let rounds = rounds.as_array().unwrap();
    assert_eq!(count.stages.len(), rounds.len(), "{stem}");
    let mut out = Vec::new();
    for (stage, declared) in count.stages.iter().zip(rounds) {
        out.extend(&stage.excluded);
        let declared = declared.as_object().unwrap().iter();
        let declared: BTreeMap<u16, String> = declared
            .map(|(name, votes)| (number(profile, &Value::from(name.as_str())), votes.to_string()))
            .collect();
        let mut ours = totals(stage);
        ours.retain(|one, _| !out.contains(one));
        assert_eq!(ours, declared, "{stem}");
    }
}

/// Instant runoffs, and who wins every pair.
fn runoffs(folder: &mut Folder) {
    for stem in folder.stems("irv_us", ".expected.json") {
        let text = folder.take(&format!("{stem}.txt"));
        let expected = folder.take_json(&format!("{stem}.expected.json"));
        let (profile, count) = counted("runoff.txt", &text, CountMethod::Irv);
        assert_eq!(count.elected, [number(&profile, &expected["irv_winner"])], "{stem}");
        assert_eq!(count.valid, u128::from(expected["ballots"].as_u64().unwrap()), "{stem}");
        is_declared(&profile, &count, &expected["rounds"], &stem);
        let order = expected["elimination_order"].as_array().unwrap().iter();
        let order: Vec<u16> = order.map(|name| number(&profile, name)).collect();
        let excluded: Vec<u16> = count.stages.iter().flat_map(|stage| stage.excluded.clone()).collect();
        assert_eq!(excluded, order, "{stem}");
        for method in [CountMethod::Schulze, CountMethod::Copeland] {
            let (_, count) = counted("runoff.txt", &text, method);
            assert_eq!(
                count.elected,
                [number(&profile, &expected["condorcet_winner"])],
                "{stem}"
            );
        }
    }
}

/// One election with a winner for each method.
fn classics(folder: &mut Folder) {
    for stem in folder.stems("classics", ".json") {
        let text = folder.take(&format!("{stem}.json"));
        let file: Value = serde_json::from_str(&text).unwrap();
        for (method, winner) in [
            (CountMethod::Irv, "irv_winner"),
            (CountMethod::Plurality, "plurality_winner"),
            (CountMethod::Schulze, "condorcet_winner"),
            (CountMethod::Copeland, "condorcet_winner"),
        ] {
            let (profile, count) = counted("classic.json", &text, method);
            assert_eq!(count.elected, [number(&profile, &file[winner])], "{stem} {method:?}");
            if method == CountMethod::Irv {
                is_declared(&profile, &count, &file["irv_rounds"], &stem);
            }
            let Some(pairs) = count.pairwise else { continue };
            for (one, row) in file["pairwise"].as_object().unwrap() {
                for (other, votes) in row.as_object().unwrap() {
                    let at = |name: &String| usize::from(number(&profile, &Value::from(name.as_str())) - 1);
                    assert_eq!(pairs[at(one)][at(other)], u128::from(votes.as_u64().unwrap()), "{stem}");
                }
            }
        }
    }
}

/// Lines of ABIF have no published result: every paper is counted, or the file says of itself that it should fail.
fn abif(folder: &mut Folder) {
    for stem in folder.stems("abif", ".abif") {
        let text = folder.take(&format!("{stem}.abif"));
        let request = CountRequest {
            method: CountMethod::Schulze,
            tie: TieOrder::Lot(Hash32::ZERO),
            ..CountRequest::default()
        };
        match count_text("lines.abif", &text, &request) {
            Ok((_, count)) => {
                assert!(!text.contains("this test should FAIL"), "{stem}");
                let weights = text.lines().filter_map(|line| {
                    let digits: String = line.chars().take_while(char::is_ascii_digit).collect();
                    digits.parse::<u128>().ok()
                });
                assert_eq!(count.valid + count.blank, weights.sum::<u128>(), "{stem}");
                assert_eq!(count.elected.len(), 1, "{stem}");
            }
            Err(failure) => {
                assert!(
                    stem.ends_with("test006") || stem.ends_with("test008"),
                    "{stem}: {failure}"
                );
                let reason = failure.to_string();
                assert!(reason.contains("older form of declaring"), "{stem}: {reason}");
            }
        }
    }
}

/// Cast votes by RCTab's rules: the first round and who is elected; several winners are refused by name.
fn cast_votes(folder: &mut Folder) {
    let mut refused = Vec::new();
    for stem in folder.stems("rctab", ".ballots.csv") {
        let text = folder.take(&format!("{stem}.ballots.csv"));
        let config = folder.take(&format!("{stem}.config.json"));
        let report = folder.take_json(&format!("{stem}_expected_detailed_report.json"));
        let mut request = CountRequest {
            method: CountMethod::Irv,
            rules: Some(config),
            ..CountRequest::default()
        };
        let (profile, mut count) = match count_text("votes.ballots.csv", &text, &request) {
            Ok(counted) => counted,
            Err(failure) => {
                assert!(matches!(failure, CountFailure::Rules(_)), "{stem}: {failure}");
                assert!(
                    failure.to_string().starts_with("rules.winnerElectionMode: "),
                    "{failure}"
                );
                assert_ne!(report["summary"]["numWinners"], 1, "{stem}");
                refused.push(stem.rsplit('/').next().unwrap().to_owned());
                continue;
            }
        };
        let all: u128 = report["summary"]["totalNumBallots"].as_str().unwrap().parse().unwrap();
        assert_eq!(profile.weight(), all, "{stem}");
        let rounds = report["results"].as_array().unwrap();
        let results = rounds
            .iter()
            .flat_map(|round| round["tallyResults"].as_array().unwrap());
        let winner = results.map(|result| &result["elected"]).find(|name| name.is_string());
        let winner = number(&profile, winner.unwrap());
        if let Some(open) = &count.undecided {
            // RCTab drew by its own random numbers: whom it elects was drawn first.
            assert!(open.candidates.contains(&winner), "{stem}");
            let others = (1..=profile.candidate_count()).rev().filter(|one| *one != winner);
            request.tie = TieOrder::Order(std::iter::once(winner).chain(others).collect());
            count = count_text("votes.ballots.csv", &text, &request).unwrap().1;
        }
        let first = totals(&count.stages[0]);
        for (candidate, votes) in rounds[0]["tally"].as_object().unwrap() {
            let at = number(&profile, &Value::from(candidate.as_str()));
            assert_eq!(first[&at], votes.as_str().unwrap(), "{stem}: {candidate}");
        }
        assert_eq!(count.elected, [winner], "{stem}");
    }
    assert_eq!(refused, ["2013_minneapolis_park", "minneapolis_multi_seat_threshold"]);
}

#[test]
fn every_published_election_is_counted_to_its_result() {
    let Some(mut folder) = Folder::find() else {
        return;
    };
    folder.left.retain(|path| path.file_name().unwrap() != "SOURCE.txt");
    let all = folder.left.len();
    assert!(all >= 90, "{all} files");
    wards(&mut folder);
    transcripts(&mut folder);
    runoffs(&mut folder);
    classics(&mut folder);
    abif(&mut folder);
    cast_votes(&mut folder);
    // All of Scotland is packed; `governance` unpacks and counts it.
    folder
        .left
        .retain(|path| !path.ends_with("scottish2017/remaining_wards.tar.gz"));
    assert!(folder.left.is_empty(), "nothing counts these: {:#?}", folder.left);
}
