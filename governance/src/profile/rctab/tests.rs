//! Aim: cast votes are read as their rules say, and a rule that is not followed is named. Method: changes to one example.

use crate::profile::tests::{corpus, refusals, shown};
use crate::profile::{Cells, Format, rctab, read_any};

/// Cast votes under the configuration of the corpus after a change.
fn votes(from: &str, to: &str) -> Vec<String> {
    let changed = corpus("cast_votes.txt").replace(from, to);
    shown(&read_any(Format::CastVotes, Cells::Ranks, changed.as_bytes()).unwrap())
}

#[test]
fn cast_votes_are_read_by_their_rules() {
    let plain = ["2 28 1>2", "3 3 3>1>2", "4 2 4", "5 4 2", "6 1 "];
    assert_eq!(votes("", ""), plain);
    for (from, to, line, expected) in [
        ("alwaysSkipToNextRank", "exhaustImmediately", 1, "3 3 3"),
        (
            "\"maxSkippedRanksAllowed\": \"1\"",
            "\"maxSkippedRanksAllowed\": \"unlimited\"",
            2,
            "4 2 4>1",
        ),
        (
            "\"maxRankingsAllowed\": \"max\"",
            "\"maxRankingsAllowed\": 3",
            1,
            "3 3 3>1",
        ),
        (
            "\"exhaustOnDuplicateCandidate\": true",
            "\"exhaustOnDuplicateCandidate\": false",
            3,
            "5 4 2>1",
        ),
    ] {
        let read = votes(from, to);
        assert_eq!(read[line], expected, "{from}");
        let others = |lines: &[String]| {
            lines
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != line)
                .map(|(_, text)| text.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(others(&read), others(&plain.map(String::from)), "{from}");
    }
    let profile = read_any(Format::CastVotes, Cells::Ranks, corpus("cast_votes.txt").as_bytes()).unwrap();
    assert_eq!(profile.candidates, ["Ann", "Ben", "Cem", rctab::WRITE_INS]);
    assert_eq!(
        (profile.withdrawn, profile.tie_order),
        (vec![2], Some(vec![3, 2, 1, 0]))
    );
}

const RULES_REFUSED: [(&str, &str, &str); 14] = [
    (
        "\"singleWinnerMajority\"",
        "\"multiWinnerAllowMultipleWinnersPerRound\"",
        "rules.winnerElectionMode: \"multiWinnerAllowMultipleWinnersPerRound\" is not counted here; RCTab transfers surpluses in a way of its own: use scottish-stv or meek for several winners",
    ),
    (
        "\"numberOfWinners\": \"1\"",
        "\"numberOfWinners\": 3",
        "rules.numberOfWinners: \"3\" is not counted here; an instant runoff fills one place",
    ),
    (
        "\"batchElimination\"",
        "\"batchEliminations\"",
        "rules.batchEliminations is not known here, and a rule is not ignored",
    ),
    (
        "\"batchElimination\": false",
        "\"batchElimination\": \"maybe\"",
        "rules.batchElimination: true or false is expected",
    ),
    (
        "\"batchElimination\": false",
        "\"batchElimination\": []",
        "rules.batchElimination: a text, a number or a flag is expected",
    ),
    (
        "alwaysSkipToNextRank",
        "exhaustIfMultipleContinuing",
        "rules.overvoteRule: \"exhaustIfMultipleContinuing\" is not counted here; cast votes here do not say whom a rank with several marks names",
    ),
    (
        "useCandidateOrder",
        "generatePermutation",
        "rules.tiebreakMode: \"generatePermutation\" is not counted here; give the order in which ties were drawn with --tie-order, and say stopCountingAndAsk",
    ),
    (
        "\"maxRankingsAllowed\": \"max\"",
        "\"maxRankingsAllowed\": \"-1\"",
        "rules.maxRankingsAllowed: a whole number, max or unlimited is expected",
    ),
    ("\"rules\"", "\"rule\"", "rules: an object is expected"),
    ("\"candidates\"", "\"nobody\"", "candidates: a list is expected"),
    ("\"A. Bee\"", "\"Ben\"", "candidates: two candidates are called \"Ben\""),
    (
        "\"Cem\"",
        "\"\"",
        "candidates: a name must have from 1 to 300 characters and no control characters",
    ),
    (
        "\"excluded\": true",
        "\"excluded\": 1",
        "candidates.excluded: true or false is expected",
    ),
    ("{", "", "the configuration is no JSON: "),
];

#[test]
fn rules_that_are_not_counted_are_refused_by_name() {
    let whole = corpus("cast_votes.txt");
    let (config, _) = whole.split_once("\n---\n").unwrap();
    assert!(rctab::read_rules(config).is_ok());
    for (from, to, expected) in RULES_REFUSED {
        let refusal = rctab::read_rules(&config.replacen(from, to, 1))
            .unwrap_err()
            .to_string();
        assert!(
            refusal == expected || expected.ends_with(": ") && refusal.starts_with(expected),
            "{from}: {refusal}"
        );
    }
}

#[test]
fn malformed_cast_votes_are_refused() {
    let whole = corpus("cast_votes.txt");
    let (config, _) = whole.split_once("\n---\n").unwrap();
    let rules = rctab::read_rules(config).unwrap();
    refusals(
        |text| rctab::parse(text, &rules),
        &[
            ("", "line 1: the file ends before the row of ranks"),
            (
                "count,rank2\n",
                "line 1: the first row must be count,rank1,rank2 and so on",
            ),
            ("count,rank1\n1,Dee\n", "line 2: \"Dee\" is no candidate"),
            (
                "count,rank1,rank2\n1,Ann\n",
                "line 2: the row has 2 cells, and the first row has 3",
            ),
            (
                "count,rank1\n0,Ann\n",
                "line 2: papers must begin with how many they are, from 1 to 1000000000000; this line begins with \"0\"",
            ),
        ],
    );
}
