//! Aim: rankings in JSON are read, and refused with line and reason where they are malformed. Method: a file of the corpus, and tables.

use super::super::tests::{corpus, refusals, shown};
use super::super::{Cells, Format, parse as parse_any};
use super::parse;

#[test]
fn rankings_in_json_are_read() {
    let text = corpus("committee.json");
    assert_eq!(Format::of("committee", &text), Ok(Format::Json));
    let profile = parse_any("committee.json", &text, Cells::Ranks).unwrap();
    assert_eq!(profile.title, "The committee");
    assert_eq!(profile.candidates, ["Ann", "Ben \"B.\" Bee", "Cem"]);
    assert_eq!(shown(&profile), ["5 28 1>2", "6 3 3>1=2", "6 1 ", "7 2 1>>3"]);
    assert_eq!((profile.seats, profile.weight()), (None, 34));
}

/// An election of Ann and Ben with these ballots, which stand on line 2.
fn with(ballots: &str) -> String {
    format!("{{\"candidates\": [\"Ann\", \"Ben\"],\n\"ballots\": {ballots}}}")
}

#[test]
fn malformed_json_is_refused_with_line_and_reason() {
    refusals(
        parse,
        &[
            ("", "line 1: this is no JSON: EOF while parsing a value"),
            ("{\n\"ballots\": [,]}", "line 2: this is no JSON: expected value"),
            ("{} {}", "line 1: this is no JSON: trailing characters"),
            (
                "[1]",
                "line 1: {, as candidates and ballots are members of an object, was expected; here stands \"[1]\"",
            ),
            ("{\n}", "line 2: the file ends before the member \"candidates\""),
            (
                "{\"candidates\": [\"Ann\"]}",
                "line 1: the file ends before the member \"ballots\"",
            ),
            (
                "{\"candidates\": [\"Ann\"],\n\"candidates\": [\"Ben\"]}",
                "line 2: \"candidates\" is declared twice",
            ),
            (
                "{\"candidates\": 2,\n\"ballots\": []}",
                "line 1: a list of candidates' names was expected; here stands \"2,\"",
            ),
            (
                "{\"candidates\": [],\n\"ballots\": []}",
                "line 1: there must be from 1 to 1000 candidates",
            ),
            (
                "{\"candidates\": [\"Ann\",\n\"Ann\"], \"ballots\": []}",
                "line 2: two candidates are called \"Ann\"",
            ),
            (
                "{\"candidates\": [\"A\\u0000\"],\n\"ballots\": []}",
                "line 1: a name must have from 1 to 300 characters and no control characters",
            ),
            (
                "{\"candidates\": [{\"name\": \"Ann\"}],\n\"ballots\": []}",
                "line 1: a candidate's name was expected; here stands \"{\\\"name\\\": \\\"Ann\\\"}],\"",
            ),
        ],
    );
}

#[test]
fn malformed_ballots_of_json_are_refused_with_line_and_reason() {
    for (ballots, expected) in [
        ("{}", "line 2: a list of ballots was expected; here stands \"{}}\""),
        (
            "[1]",
            "line 2: a ballot: a list of the ranking and how many papers say it, was expected; here stands \"1]}\"",
        ),
        (
            "[[\"Ann\", 1]]",
            "line 2: a ranking: a list of candidates' names or of lists of them, was expected; here stands \"\\\"Ann\\\", 1]]}\"",
        ),
        (
            "[[[\"Ann\"]]]",
            "line 2: a ballot: a list of the ranking and how many papers say it, was expected; here stands \"]]}\"",
        ),
        (
            "[[[\"Ann\"], 1, 2]]",
            "line 2: the end of the ballot was expected; here stands \", 2]]}\"",
        ),
        ("[[[\"Ann\",\n\"Cem\"], 1]]", "line 3: \"Cem\" is no candidate"),
        ("[[[\"Ann\",\n\"Ann\"], 1]]", "line 3: candidate 1 stands twice"),
        (
            "[[[1], 1]]",
            "line 2: a candidate's name was expected; here stands \"1], 1]]}\"",
        ),
        (
            "[[[[[\"Ann\"]]], 1]]",
            "line 2: a candidate's name was expected; here stands \"[\\\"Ann\\\"]]], 1]]}\"",
        ),
        (
            "[[[\"Ann\"], -1]]",
            "line 2: papers must begin with how many they are, from 1 to 1000000000000; this line begins with \"-1\"",
        ),
        (
            "[[[\"Ann\"], 1e3]]",
            "line 2: papers must begin with how many they are, from 1 to 1000000000000; this line begins with \"1e3\"",
        ),
        (
            "[[[\"Ann\"], \"1\"]]",
            "line 2: papers must begin with how many they are, from 1 to 1000000000000; this line begins with \"\"",
        ),
    ] {
        refusals(parse, &[(&with(ballots), expected)]);
    }
}

#[test]
fn deep_lists_and_too_many_candidates_are_refused() {
    let deep = format!("{{\"notes\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let refusal = parse(&deep).unwrap_err().to_string();
    assert!(
        refusal == "line 1: this is no JSON: recursion limit exceeded"
            || refusal == "line 1: the file ends before the member \"candidates\"",
        "{refusal}"
    );
    let names: Vec<String> = (0..=super::CANDIDATES_MAX).map(|one| format!("\"{one}\"")).collect();
    let many = format!("{{\"candidates\": [{}], \"ballots\": []}}", names.join(","));
    let refusal = parse(&many).unwrap_err().to_string();
    assert_eq!(refusal, "line 1: there must be from 1 to 1000 candidates");
}
