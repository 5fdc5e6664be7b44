//! Aim: every malformed file is refused with its line and the reason, and every form that occurs is read. Method: tables.

use super::*;
use crate::profile::Profile;

const GOOD: &str = "4 2\n-3\n28 1 2 0\n3 4 - 2 0 # left one out\n\n# a remark\n1 2=3 1 0\n2 0\n0\n\"Ann\"\nBen (Ind)\n\"Cem \"\"C\"\" X\" # third\nDee\n\"The committee\"\n";

fn papers(profile: &Profile) -> Vec<(usize, u64, Vec<&[u16]>)> {
    profile
        .papers()
        .map(|paper| (paper.line, paper.weight, paper.ranks().collect()))
        .collect()
}

#[test]
fn the_documented_form_is_read() {
    let blt = parse(GOOD).unwrap();
    assert_eq!(blt.seats, Some(2));
    assert_eq!(blt.candidates, ["Ann", "Ben (Ind)", "Cem \"C\" X", "Dee"]);
    assert_eq!(blt.withdrawn, [2]);
    assert_eq!(blt.title, "The committee");
    assert_eq!(
        papers(&blt),
        [
            (3, 28, vec![&[0][..], &[1]]),
            (4, 3, vec![&[3], &[], &[1]]),
            (7, 1, vec![&[1, 2], &[0]]),
            (8, 2, vec![]),
        ]
    );
}

#[test]
fn short_names_withdrawals_and_the_order_of_ties_are_read() {
    let blt = parse(
        "\u{feff}3 2\r\n[nick apple banana cherry]\r\n[withdrawn banana]\r\n[tie cherry banana apple]\r\n\
         3 apple 0\r\n2 apple=banana cherry 0\r\n0\r\n\"Apple\"\r\n\"Banana\"\r\n\"Cherry\"\r\n",
    )
    .unwrap();
    assert_eq!(blt.withdrawn, [1]);
    assert_eq!(blt.tie_order, Some(vec![2, 1, 0]));
    let strict: Vec<Option<&[u16]>> = blt.papers().map(|paper| paper.strict()).collect();
    assert_eq!(strict, [Some(&[0][..]), None]);
    assert_eq!(blt.title, "");
}

#[test]
fn a_preference_left_out_ends_a_consecutive_order() {
    let blt = parse(GOOD).unwrap();
    assert_eq!(blt.papers().nth(1).unwrap().consecutive(), [3]);
}

const MALFORMED: [(&str, &str); 33] = [
    ("", "line 1: the file ends before the line of candidates and places"),
    (
        "two 2\n",
        "line 1: the first line must be two whole numbers, candidates and places; it is \"two 2\"",
    ),
    (
        "3 1 1\n",
        "line 1: the first line must be two whole numbers, candidates and places; it is \"3 1 1\"",
    ),
    (
        "+3 1\n",
        "line 1: the first line must be two whole numbers, candidates and places; it is \"+3 1\"",
    ),
    (
        "0 1\n",
        "line 1: there must be from 1 to 1000 candidates; the first line says 0",
    ),
    (
        "1001 1\n",
        "line 1: there must be from 1 to 1000 candidates; the first line says 1001",
    ),
    (
        "2 3\n",
        "line 1: there must be at least 1 place and no more places than the 2 candidates; the first line says 3",
    ),
    (
        "2 0\n",
        "line 1: there must be at least 1 place and no more places than the 2 candidates; the first line says 0",
    ),
    (
        "2 1\n1 1 0\n",
        "line 3: the file ends before the 0 that ends the papers",
    ),
    (
        "2 1\n1 3 0\n0\n",
        "line 2: \"3\" is no candidate: they are numbered from 1 to 2",
    ),
    (
        "2 1\n1 x 0\n0\n",
        "line 2: \"x\" is no candidate: they are numbered from 1 to 2",
    ),
    ("2 1\n1 1 1 0\n0\n", "line 2: candidate 1 stands twice"),
    ("2 1\n1 1=1 0\n0\n", "line 2: candidate 1 stands twice"),
    (
        "2 1\n1 1= 0\n0\n",
        "line 2: \"\" is no candidate: they are numbered from 1 to 2",
    ),
    (
        "2 1\n0.5 1 0\n0\n",
        "line 2: papers must begin with how many they are, from 1 to 1000000000000; this line begins with \"0.5\"",
    ),
    (
        "2 1\n0 1 0\n0\n",
        "line 2: papers must begin with how many they are, from 1 to 1000000000000; this line begins with \"0\"",
    ),
    (
        "2 1\n1 1 2\n0\n",
        "line 2: papers must end with 0; this line ends with \"2\"",
    ),
    (
        "2 1\n1\n0\n",
        "line 2: papers must end with 0; this line ends with \"1\"",
    ),
    (
        "2 1\n1 1 0 2\n0\n",
        "line 2: nothing may follow the 0 that ends the papers; here follows \"2\"",
    ),
    (
        "2 1\n1 1 - 2 0\n0\n",
        "line 2: there are more preferences than candidates",
    ),
    (
        "2 1\n-3\n0\n",
        "line 2: \"3\" is no candidate: they are numbered from 1 to 2",
    ),
    ("2 1\n-1 -1\n0\n", "line 2: candidate 1 stands twice"),
    ("2 1\n-1 -2\n0\n", "line 2: every candidate has withdrawn"),
    (
        "2 1\n[seed 4]\n0\n",
        "line 2: the option \"seed\" is not known; nick, withdrawn and tie are",
    ),
    (
        "2 1\n[nick a b\n0\n",
        "line 2: an option must end with ] on the same line",
    ),
    (
        "2 1\n[nick a]\n0\n",
        "line 2: the option nick must list 2 words; it lists 1",
    ),
    (
        "2 1\n[nick a a]\n0\n",
        "line 2: \"a\" cannot be a short name: it must be unique, begin with a letter and hold none of = [ ] # \"",
    ),
    ("2 1\n[tie 1 1]\n0\n", "line 2: candidate 1 stands twice"),
    (
        "2 1\n1 1 0\n0\nAnn\n",
        "line 5: the file ends before the name of a candidate",
    ),
    (
        "2 1\n1 1 0\n0\n\"Ann\nBen\n",
        "line 4: a name that begins with a quotation mark must end with one",
    ),
    (
        "2 1\n0\n\"Ann\" Ben\n",
        "line 3: nothing may follow the name on its line; here follows \"Ben\"",
    ),
    (
        "2 1\n0\n\"\"\nBen\n",
        "line 3: a name must have from 1 to 300 characters and no control characters",
    ),
    (
        "2 1\n0\nAnn\nBen\nTitle\nmore\n",
        "line 6: nothing was expected after the title; here stands \"more\"",
    ),
];

#[test]
fn malformed_files_are_refused_with_the_line_and_the_reason() {
    for (text, expected) in MALFORMED {
        match parse(text) {
            Ok(blt) => panic!("{text:?} was read as {blt:?}"),
            Err(refusal) => assert_eq!(refusal.to_string(), expected, "{text:?}"),
        }
    }
}
