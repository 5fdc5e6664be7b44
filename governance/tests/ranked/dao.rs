//! Votes of organisations that published how they counted.

use std::collections::BTreeMap;

use governance::tally::TieBreak;
use governance::tally::irv::{Contest, Papers, Procedure, count};
use governance::tally::pairwise::{Pairwise, count_copeland};
use serde_json::Value;

use crate::shared::{find, json};

/// A weight in units of 10^-15, from the shortest text of the published number.
fn units(number: &Value) -> u128 {
    let text = number.to_string();
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    assert!(rest.len() <= 15, "{text}");
    format!("{whole}{rest:0<15}").parse().unwrap()
}

/// Published sums were added as floats: they lie within a millionth of the exact ones.
fn near(exact: u128, published: u128) -> bool {
    exact.abs_diff(published) < 1_000_000_000
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().unwrap().clone()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The options of the rehearsal in their order.
struct Options(Vec<String>);

impl Options {
    /// From 0.
    fn index(&self, name: &Value) -> usize {
        self.0.iter().position(|known| *known == text(name)).unwrap()
    }

    fn number(&self, name: &Value) -> u16 {
        u16::try_from(self.index(name) + 1).unwrap()
    }
}

/// Each voter's ballot, rebuilt from who stands on which side of every match: whoever wins how many of a voter's head-to-heads
/// stands so high in the voter's ranking. Whoever stands below "none below" is not ranked.
fn rehearsed(file: &Value, options: &Options) -> (Pairwise, usize) {
    let width = options.0.len();
    let mut voters: BTreeMap<String, (Vec<usize>, u128)> = BTreeMap::new();
    let matches = list(&file["headToHeadMatches"]);
    for side in matches.iter().flat_map(|one| [&one["choice1"], &one["choice2"]]) {
        for voter in list(&side["voters"]) {
            let wins = voters.entry(text(&voter["voter"])).or_insert((vec![0; width], 0));
            wins.0[options.index(&side["name"])] += 1;
            wins.1 = units(&voter["vp"]);
        }
    }
    let choices = list(&file["choices"]);
    let none_below = choices.iter().position(|choice| choice["isNoneBelow"] == true).unwrap();
    let mut pairs = Pairwise::new(u16::try_from(width).unwrap()).unwrap();
    for (wins, weight) in voters.values() {
        let mut ranking: Vec<u16> = (0..pairs.candidates()).collect();
        ranking.retain(|one| wins[usize::from(*one)] >= wins[none_below]);
        ranking.sort_by_key(|one| std::cmp::Reverse(wins[usize::from(*one)]));
        pairs.add_strict(&ranking, *weight).unwrap();
    }
    (pairs, voters.len())
}

#[test]
fn copeland_of_the_ens_rehearsal_gives_its_head_to_heads() {
    let name = "copeland_of_the_ens_rehearsal_gives_its_head_to_heads";
    let Some(path) = find(name, "dao_votes/ens_spp2_rehearsal/spp2_test_0xe5c5f577.json") else {
        return;
    };
    let file = json(&path);
    let options = Options(
        list(&file["choices"])
            .iter()
            .map(|choice| text(&choice["name"]))
            .collect(),
    );
    let (pairs, voters) = rehearsed(&file, &options);
    assert_eq!(u64::try_from(voters).ok(), file["proposal"]["totalVotes"].as_u64());
    let matches = list(&file["headToHeadMatches"]);
    assert_eq!(matches.len(), 45);
    for one in &matches {
        let (first, second) = (
            options.number(&one["choice1"]["name"]),
            options.number(&one["choice2"]["name"]),
        );
        let (votes, against) = (
            pairs.prefers(first - 1, second - 1),
            pairs.prefers(second - 1, first - 1),
        );
        assert!(near(votes, units(&one["choice1"]["totalVotes"])), "{one}");
        assert!(near(against, units(&one["choice2"]["totalVotes"])), "{one}");
        let winner = if votes > against { first } else { second };
        assert_eq!(options.number(&one["winner"]), winner);
    }
    let count = count_copeland(&pairs, 1, None, &TieBreak::None).unwrap();
    let points = |number: &u16| u64::try_from(count.stages[0].totals[number].units).unwrap();
    let allocations = list(&file["allocations"]);
    for one in &allocations {
        // Two points a win, and nobody tied. Average support is a ninth of all the votes in an option's nine matches.
        assert_eq!(
            points(&options.number(&one["name"])),
            one["score"].as_u64().unwrap() * 2
        );
        let row = &count.pairwise.as_ref().unwrap()[options.index(&one["name"])];
        assert!(near(row.iter().sum(), units(&one["averageSupport"]) * 9), "{one}");
    }
    // They order equal scores by average support, we by margins, which also know how much is against. Of the four pairs of
    // neighbours with equal scores, two stand the other way round.
    let theirs = allocations.iter().map(|one| options.number(&one["name"]));
    let ours: Vec<u16> = count.ranking.as_ref().unwrap().concat();
    let swapped: Vec<(u16, u16)> = ours
        .iter()
        .copied()
        .zip(theirs)
        .filter(|(one, other)| one != other)
        .collect();
    assert!(
        swapped.iter().all(|(one, other)| points(one) == points(other)),
        "{swapped:?}"
    );
    assert_eq!(swapped, [(10, 5), (5, 10), (9, 1), (1, 9)]);
}

#[test]
fn the_ranked_example_of_snapshot_has_its_published_scores() {
    let name = "the_ranked_example_of_snapshot_has_its_published_scores";
    let Some(path) = find(name, "dao_votes/snapshot_js/rankedChoice.json") else {
        return;
    };
    let file = json(&path);
    let mut papers = Papers::new();
    for vote in file["votes"].as_array().unwrap() {
        let ranking: Vec<u16> = vote["choice"]
            .as_array()
            .unwrap()
            .iter()
            .map(|number| u16::try_from(number.as_u64().unwrap() - 1).unwrap())
            .collect();
        papers.add(&ranking, u128::from(vote["balance"].as_u64().unwrap()));
    }
    let contest = Contest {
        candidates: 4,
        withdrawn: Vec::new(),
        procedure: Procedure::default(),
    };
    let count = count(&contest, &papers, &TieBreak::None).unwrap();
    let last = count.stages.last().unwrap();
    let ours: Vec<u64> = last
        .totals
        .values()
        .map(|total| u64::try_from(total.units).unwrap())
        .collect();
    let published: Vec<u64> = file["scores"]
        .as_array()
        .unwrap()
        .iter()
        .map(|score| score.as_u64().unwrap())
        .collect();
    assert_eq!(ours, published);
    assert_eq!(u64::try_from(count.valid).ok(), file["scoresTotal"].as_u64());
}
