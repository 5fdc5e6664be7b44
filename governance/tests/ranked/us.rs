//! Elections by instant runoff in the United States, and a famous one of three candidates.

use std::collections::BTreeMap;
use std::path::Path;

use governance::tally::TieBreak;
use governance::tally::irv::{self, Papers, Procedure};
use governance::tally::pairwise::{Pairwise, count_copeland, count_schulze};
use governance::tally::sheet::Count;
use serde_json::Value;

use crate::shared::{files, find, json};

struct Election {
    names: Vec<String>,
    papers: Vec<(Vec<u16>, u128)>,
}

impl Election {
    fn number(&self, name: &str) -> u16 {
        u16::try_from(self.names.iter().position(|known| known == name).unwrap() + 1).unwrap()
    }

    fn irv(&self) -> Count {
        let mut papers = Papers::new();
        for (ranking, weight) in &self.papers {
            papers.add(ranking, *weight);
        }
        let contest = irv::Contest {
            candidates: u16::try_from(self.names.len()).unwrap(),
            withdrawn: Vec::new(),
            procedure: Procedure::default(),
        };
        irv::count(&contest, &papers, &TieBreak::None).unwrap()
    }

    fn pairs(&self) -> Pairwise {
        let mut pairs = Pairwise::new(u16::try_from(self.names.len()).unwrap()).unwrap();
        for (ranking, weight) in &self.papers {
            pairs.add_strict(ranking, *weight).unwrap();
        }
        pairs
    }

    /// Stage by stage, what everyone who still continues holds.
    fn is_declared(&self, count: &Count, rounds: &[Value], name: &str) {
        assert_eq!(count.stages.len(), rounds.len(), "{name}");
        let mut out = Vec::new();
        for (at, (stage, declared)) in count.stages.iter().zip(rounds).enumerate() {
            out.extend(&stage.excluded);
            let declared: BTreeMap<u16, u64> = declared
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, votes)| (self.number(name), votes.as_u64().unwrap()))
                .collect();
            let ours: BTreeMap<u16, u64> = stage
                .totals
                .iter()
                .filter(|(number, _)| !out.contains(number))
                .map(|(number, total)| (*number, u64::try_from(total.units).unwrap()))
                .collect();
            assert_eq!(ours, declared, "{name}, stage {}", at + 1);
        }
    }

    fn condorcet_winner_is(&self, name: &str) {
        let expected = [self.number(name)];
        for count in [
            count_schulze(&self.pairs(), 1, None, &TieBreak::None).unwrap(),
            count_copeland(&self.pairs(), 1, None, &TieBreak::None).unwrap(),
        ] {
            assert_eq!(count.elected, expected, "{:?}", count.method);
        }
    }
}

/// `(4, 1, 2) : 58` on each line below the names and a ruler.
fn read(path: &Path) -> Election {
    let text = std::fs::read_to_string(path).unwrap();
    let (head, body) = text.split_once("-+-").unwrap();
    let names: Vec<String> = head.lines().next().unwrap().split(", ").map(str::to_owned).collect();
    let papers = body
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(" : "))
        .map(|(ranking, weight)| {
            let inner = ranking.trim_matches(['(', ')']);
            let ranking = inner
                .split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .map(|name| u16::try_from(names.iter().position(|known| known == name).unwrap()).unwrap())
                .collect();
            (ranking, weight.trim().parse().unwrap())
        })
        .collect();
    Election { names, papers }
}

#[test]
fn every_runoff_comes_out_as_published_round_by_round() {
    let Some(folder) = find("every_runoff_comes_out_as_published_round_by_round", "elections/irv_us") else {
        return;
    };
    let elections = files(&folder, ".txt");
    let elections: Vec<_> = elections.iter().filter(|path| !path.ends_with("SOURCE.txt")).collect();
    assert!(elections.len() >= 7, "{} elections", elections.len());
    for path in elections {
        let (name, election) = (path.display().to_string(), read(path));
        let expected = json(&path.with_extension("expected.json"));
        let count = election.irv();
        assert_eq!(
            count.elected,
            [election.number(expected["irv_winner"].as_str().unwrap())],
            "{name}"
        );
        election.is_declared(&count, expected["rounds"].as_array().unwrap(), &name);
        let excluded: Vec<u16> = count.stages.iter().flat_map(|stage| stage.excluded.clone()).collect();
        let declared: Vec<u16> = expected["elimination_order"]
            .as_array()
            .unwrap()
            .iter()
            .map(|who| election.number(who.as_str().unwrap()))
            .collect();
        assert_eq!(excluded, declared, "{name}");
        let valid = u64::try_from(count.valid).unwrap();
        assert_eq!(Some(valid), expected["ballots"].as_u64(), "{name}");
        election.condorcet_winner_is(expected["condorcet_winner"].as_str().unwrap());
    }
}

#[test]
fn burlington_has_three_winners_by_three_methods() {
    let name = "burlington_has_three_winners_by_three_methods";
    let Some(path) = find(name, "elections/classics/burlington_2009.json") else {
        return;
    };
    let file = json(&path);
    let texts = |list: &Value| -> Vec<String> {
        let list = list.as_array().unwrap();
        list.iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let names = texts(&file["candidates"]);
    let papers = file["ballots"].as_array().unwrap().iter().map(|line| {
        let ranking = texts(&line[0]);
        let number = |name: &String| u16::try_from(names.iter().position(|known| known == name).unwrap()).unwrap();
        (
            ranking.iter().map(number).collect(),
            u128::from(line[1].as_u64().unwrap()),
        )
    });
    let election = Election {
        papers: papers.collect(),
        names: names.clone(),
    };
    let count = election.irv();
    assert_eq!(count.elected, [election.number(file["irv_winner"].as_str().unwrap())]);
    election.is_declared(&count, file["irv_rounds"].as_array().unwrap(), name);
    let first = &count.stages[0].totals;
    let most = first
        .iter()
        .max_by_key(|(_, total)| total.units)
        .map(|(number, _)| *number);
    assert_eq!(most, Some(election.number(file["plurality_winner"].as_str().unwrap())));
    election.condorcet_winner_is(file["condorcet_winner"].as_str().unwrap());
    for (one, row) in file["pairwise"].as_object().unwrap() {
        for (other, votes) in row.as_object().unwrap() {
            let prefers = election
                .pairs()
                .prefers(election.number(one) - 1, election.number(other) - 1);
            assert_eq!(u64::try_from(prefers).ok(), votes.as_u64(), "{one} {other}");
        }
    }
}
