//! Aim: lists of names are read, and refused with line and reason where they are malformed. Method: a file of the corpus, and changes.

use super::super::tests::{corpus, refusals, shown};
use super::super::{Cells, Format, parse as parse_any};
use super::parse;

#[test]
fn lists_of_names_are_read() {
    let text = corpus("names.txt");
    assert_eq!(Format::of("names.txt", &text), Ok(Format::NameLists));
    let profile = parse_any("names.txt", &text, Cells::Ranks).unwrap();
    assert_eq!(profile.candidates, ["Ann", "Ben Bee", "Cem"]);
    assert_eq!(shown(&profile), ["4 28 1>2", "5 3 3", "6 2 2>3>1", "8 1 "]);
    assert_eq!((profile.seats, profile.weight()), (None, 34));
}

#[test]
fn malformed_lists_of_names_are_refused_with_line_and_reason() {
    refusals(
        parse,
        &[
            ("", "line 1: the file ends before the row of candidates"),
            ("Ann, Ben\n", "line 1: the file ends before the row of parties"),
            ("Ann, Ben\n,\n", "line 1: the file ends before the ruler"),
            (
                "Ann,\n,\n-+-\n",
                "line 1: a name must have from 1 to 300 characters and no control characters",
            ),
            ("Ann, Ann\n,\n-+-\n", "line 1: two candidates are called \"Ann\""),
            (
                "Ann, Ben\nIND\n-+-\n",
                "line 2: the row has 1 cells, and the first row has 2",
            ),
            (
                "Ann, Ben\n,\n\n(Ann) : 1\n",
                "line 4: a ruler such as -+- must follow the candidates and their parties; here stands \"(Ann) : 1\"",
            ),
            (
                "Ann, Ben\n,\n-+-\nAnn : 1\n",
                "line 4: papers must read (NAME, NAME) : NUMBER; here stands \"Ann : 1\"",
            ),
            (
                "Ann, Ben\n,\n-+-\n(Ann : 1\n",
                "line 4: papers must read (NAME, NAME) : NUMBER; here stands \"(Ann : 1\"",
            ),
            (
                "Ann, Ben\n,\n-+-\n(Ann) 1\n",
                "line 4: papers must read (NAME, NAME) : NUMBER; here stands \"(Ann) 1\"",
            ),
            ("Ann, Ben\n,\n-+-\n(Ann, Cem) : 1\n", "line 4: \"Cem\" is no candidate"),
            ("Ann, Ben\n,\n-+-\n(Ann,,) : 1\n", "line 4: \"\" is no candidate"),
            ("Ann, Ben\n,\n-+-\n(,) : 1\n", "line 4: \"\" is no candidate"),
            ("Ann, Ben\n,\n-+-\n(Ben, Ben) : 1\n", "line 4: candidate 2 stands twice"),
            (
                "Ann, Ben\n,\n-+-\n(Ben) : 0\n",
                "line 4: papers must begin with how many they are, from 1 to 1000000000000; this line begins with \"0\"",
            ),
        ],
    );
}

#[test]
fn more_candidates_than_the_bound_are_refused() {
    let names: Vec<String> = (0..=super::CANDIDATES_MAX).map(|one| one.to_string()).collect();
    let refusal = parse(&names.join(",")).unwrap_err();
    assert_eq!(refusal.to_string(), "line 1: there must be from 1 to 1000 candidates");
}
