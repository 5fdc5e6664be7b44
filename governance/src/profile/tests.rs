//! Aim: every format reads what it documents and refuses everything malformed with line and reason; no bytes make a reader panic
//! or grow. Method: tables, and mutants of a corpus in the repository; `MUTANTS=100000` tries more of them.

use std::path::Path;

use super::*;

/// A profile as one line of text for each of its papers: `line weight ranks scores`.
pub(super) fn shown(profile: &Profile) -> Vec<String> {
    let numbers = |rank: &[u16]| {
        rank.iter()
            .map(|one| (one + 1).to_string())
            .collect::<Vec<_>>()
            .join("=")
    };
    let papers = profile.papers().map(|paper| {
        let ranks: Vec<String> = paper.ranks().map(numbers).collect();
        let scores = paper.scores.iter().map(|(one, score)| format!(" {}/{score}", one + 1));
        format!(
            "{} {} {}{}",
            paper.line,
            paper.weight,
            ranks.join(">"),
            scores.collect::<String>()
        )
    });
    papers.collect()
}

pub(super) fn refusals(read: impl Fn(&str) -> Result<Profile, Refusal>, cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        match read(text) {
            Ok(profile) => panic!("{text:?} was read as {profile:?}"),
            Err(refusal) => assert_eq!(refusal.to_string(), *expected, "{text:?}"),
        }
    }
}

const PREFLIB: &str = "# FILE NAME: 1.toi\n# TITLE: The committee\n# DATA TYPE: toi\n# NUMBER ALTERNATIVES: 3\n\
    # NUMBER VOTERS: 33\n# NUMBER UNIQUE ORDERS: 3\n# ALTERNATIVE NAME 1: Ann\n# ALTERNATIVE NAME 2: Ben: B.\n\
    # ALTERNATIVE NAME 3: Cem\n28: 1,2\n3: 3,{1, 2}\n2:\n";

#[test]
fn orders_of_preflib_are_read() {
    let profile = preflib::parse(PREFLIB).unwrap();
    assert_eq!(profile.title, "The committee");
    assert_eq!(profile.candidates, ["Ann", "Ben: B.", "Cem"]);
    assert_eq!(shown(&profile), ["10 28 1>2", "11 3 3>1=2", "12 2 "]);
    assert_eq!((profile.seats, profile.weight()), (None, 33));
}

/// What is changed, into what, and how it is refused then.
const PREFLIB_CHANGES: [(&str, &str, &str); 20] = [
    (
        "28: 1,2",
        "28: 1,4",
        "line 10: \"4\" is no candidate: they are numbered from 1 to 3",
    ),
    (
        "28: 1,2",
        "28: 1,",
        "line 10: \"\" is no candidate: they are numbered from 1 to 3",
    ),
    ("28: 1,2", "28: 1,1", "line 10: candidate 1 stands twice"),
    (
        "{1, 2}",
        "{1, 2",
        "line 11: a group that begins with { must end with } before the next comma",
    ),
    (
        "{1, 2}",
        "{1}2",
        "line 11: a group that begins with { must end with } before the next comma",
    ),
    (
        "{1, 2}",
        "{}",
        "line 11: \"\" is no candidate: they are numbered from 1 to 3",
    ),
    (
        "{1, 2}",
        "{{1}}",
        "line 11: \"{1\" is no candidate: they are numbered from 1 to 3",
    ),
    (
        "28:",
        "-28:",
        "line 10: papers must begin with how many they are, from 1 to 1000000000000; this line begins with \"-28\"",
    ),
    (
        "28:",
        "0:",
        "line 10: papers must begin with how many they are, from 1 to 1000000000000; this line begins with \"0\"",
    ),
    (
        "28:",
        "99999999999999999999:",
        "line 10: papers must begin with how many they are, from 1 to 1000000000000; this line begins with \"99999999999999999999\"",
    ),
    (
        "VOTERS: 33",
        "VOTERS: 34",
        "line 12: the headers say 34 voters, and the papers have 33",
    ),
    (
        "ORDERS: 3",
        "ORDERS: 4",
        "line 12: the headers say 4 orders, and the papers have 3",
    ),
    (
        "TYPE: toi",
        "TYPE: soi",
        "line 11: the data type promises that nobody is ranked equally",
    ),
    (
        "TYPE: toi",
        "TYPE: soc",
        "line 10: the data type promises that everyone is ranked; this order ranks 2",
    ),
    (
        "TYPE: toi",
        "TYPE: cat",
        "line 3: the header \"DATA TYPE\" must be soc, soi, toc or toi; it is \"cat\"",
    ),
    (
        "ALTERNATIVES: 3",
        "ALTERNATIVES: 1001",
        "line 4: there must be from 1 to 1000 candidates",
    ),
    (
        "ALTERNATIVES: 3",
        "ALTERNATIVES: 4",
        "line 10: the header \"ALTERNATIVE NAME\" must be given once for each alternative, before the orders; there are 4 alternatives and 3 names",
    ),
    ("NAME 3", "NAME 2", "line 9: candidate 2 stands twice"),
    ("NAME 3", "NAME 0", "line 9: there must be from 1 to 1000 candidates"),
    (
        "NAME 3: Cem",
        "NAME 3:",
        "line 9: a name must have from 1 to 300 characters and no control characters",
    ),
];

#[test]
fn malformed_orders_of_preflib_are_refused() {
    for (from, to, expected) in PREFLIB_CHANGES {
        refusals(preflib::parse, &[(&PREFLIB.replace(from, to), expected)]);
    }
    let old = "line 1: papers must follow headers such as \"# NUMBER ALTERNATIVES: 3\"; files in the older form of PrefLib have none";
    refusals(preflib::parse, &[("3\n1,Ann\n2,Ben\n3,Cem\n", old), ("", old)]);
}

#[test]
fn lines_of_abif_are_read() {
    let cases: [(&str, &[&str], &[&str]); 7] = [
        (
            "# x\n28:A>B=C # first A\n3: B\n10:\n",
            &["A", "B", "C"],
            &["2 28 1>2=3", "3 3 2", "4 10 "],
        ),
        (
            "2 * [Ann Bee]/5 > \"蘇業\"/2\n",
            &["Ann Bee", "蘇業"],
            &["1 2 1>2 1/5 2/2"],
        ),
        (
            "=A:[Ann Bee]\n=B:[Ben]\n4: B/3, A/5, [C D]/3\n",
            &["Ann Bee", "Ben", "C D"],
            &["3 4 1>2=3 2/3 1/5 3/3"],
        ),
        (
            "{\"title\": \"Tea: or not\"}\n{version: 0.1}\n1:A,B\n",
            &["A", "B"],
            &["3 1 1=2"],
        ),
        ("=A:[Ann]\n1:[Ann]\n1:A\n", &["Ann"], &["2 1 1", "3 1 1"]),
        ("1:A/5>B/5\n", &["A", "B"], &["1 1 1>2 1/5 2/5"]),
        ("\u{feff}7:A>B\r\n", &["A", "B"], &["1 7 1>2"]),
    ];
    for (text, names, papers) in cases {
        let profile = abif::parse(text).unwrap();
        assert_eq!(profile.candidates, names, "{text:?}");
        assert_eq!(shown(&profile), papers, "{text:?}");
    }
    assert_eq!(
        abif::parse("{title: \"Tea: or not\"}\n1:A\n").unwrap().title,
        "Tea: or not"
    );
}

const ABIF_MALFORMED: &[(&str, &str)] = &[
    ("", "line 1: there must be from 1 to 1000 candidates"),
    ("10:\n", "line 1: there must be from 1 to 1000 candidates"),
    ("1:A>A\n", "line 1: candidate 1 stands twice"),
    ("=A:[Ann]\n1:A=[Ann]\n", "line 2: candidate 1 stands twice"),
    ("=A:[Ann]\n1:A>B\n", "line 2: \"B\" is no candidate"),
    ("1:A>\n", "line 1: a candidate was expected; here stands \"\""),
    ("1:>A\n", "line 1: a candidate was expected; here stands \">A\""),
    ("1:A>>B\n", "line 1: a candidate was expected; here stands \">B\""),
    (
        "1:A B\n",
        "line 1: candidates must be parted by >, = or a comma; here stands \"B\"",
    ),
    ("1:A>B,C\n", "line 1: a line may use commas, or > and =, but not both"),
    (
        "1:A/5>B\n",
        "line 1: either every candidate of a line has a score or none",
    ),
    (
        "1:A/1>B/2\n",
        "line 1: the scores contradict the order of the candidates",
    ),
    (
        "1:A/1=B/2\n",
        "line 1: the scores contradict the order of the candidates",
    ),
    (
        "1:A/-1\n",
        "line 1: a score must be a whole number from 0 to 1000000; here stands \"-1\"",
    ),
    (
        "1:A/1.5\n",
        "line 1: a score must be a whole number from 0 to 1000000; here stands \"1.5\"",
    ),
    (
        "1:A/\n",
        "line 1: a score must be a whole number from 0 to 1000000; here stands \"\"",
    ),
    (
        "1:A/1000001\n",
        "line 1: a score must be a whole number from 0 to 1000000; here stands \"1000001\"",
    ),
    ("1:[A\n", "line 1: ] is missing on this line"),
    ("1:\"A\n", "line 1: \" is missing on this line"),
    (
        "1:[]\n",
        "line 1: a name must have from 1 to 300 characters and no control characters",
    ),
    (
        "A>B\n",
        "line 1: a line must begin with the number of papers and a colon, or declare =SHORT:[Name]; here stands \"A>B\"",
    ),
    (
        "-1:A\n",
        "line 1: a line must begin with the number of papers and a colon, or declare =SHORT:[Name]; here stands \"-1:A\"",
    ),
    (
        "0:A\n",
        "line 1: papers must begin with how many they are, from 1 to 1000000000000; this line begins with \"0\"",
    ),
    (
        "[Ann Bee]: A\n",
        "line 1: this older form of declaring a candidate is not read; write =SHORT:[Name]",
    ),
    ("=A:[Ann]\n=A:[Ben]\n", "line 2: \"A\" is declared twice"),
    ("=A:[Ann]\n=B:[Ann]\n", "line 2: \"Ann\" is declared twice"),
    (
        "1:A\n=B:[Ben]\n",
        "line 2: candidates must be declared before the papers",
    ),
    (
        "=A:[Ann] x\n",
        "line 1: nothing may follow the name on its line; here follows \"x\"",
    ),
    ("{title: x\n", "line 1: } is missing on this line"),
];

#[test]
fn malformed_lines_of_abif_are_refused() {
    refusals(abif::parse, ABIF_MALFORMED);
}

#[test]
fn tables_are_read() {
    let ranks = csv::parse(
        "Weight, Ann ,\"Dee, \"\"C\"\"\",Ben\n28,1,2,\n\n3,,1,1\n2,,,\n1,1,3,3\n",
        Cells::Ranks,
    )
    .unwrap();
    assert_eq!(ranks.candidates, ["Ann", "Dee, \"C\"", "Ben"]);
    assert_eq!(shown(&ranks), ["2 28 1>2", "4 3 2=3", "5 2 ", "6 1 1>>2=3"]);
    let scores = csv::parse("Ann,Ben,Cem\n5,0,\n1,2,2\n", Cells::Scores).unwrap();
    assert_eq!(shown(&scores), ["2 1 1>2 1/5 2/0", "3 1 2=3>1 1/1 2/2 3/2"]);
    assert_eq!((scores.highest_score(), ranks.highest_score()), (Some(5), None));
}

#[test]
fn malformed_tables_are_refused() {
    refusals(
        |text| csv::parse(text, Cells::Ranks),
        &[
            ("", "line 1: the file ends before the row of candidates"),
            ("weight\n1\n", "line 1: there must be from 1 to 1000 candidates"),
            ("A,A\n", "line 1: two candidates are called \"A\""),
            (
                "A,,B\n",
                "line 1: a name must have from 1 to 300 characters and no control characters",
            ),
            ("A,B\n1\n", "line 2: the row has 1 cells, and the first row has 2"),
            ("A,B\n1,2,\n", "line 2: the row has 3 cells, and the first row has 2"),
            (
                "A,B\n1,3\n",
                "line 2: a rank must be a whole number from 1 to 2, the number of candidates; here stands \"3\"",
            ),
            (
                "A,B\n0,1\n",
                "line 2: a rank must be a whole number from 1 to 2, the number of candidates; here stands \"0\"",
            ),
            (
                "A,B\n1.0,2\n",
                "line 2: a rank must be a whole number from 1 to 2, the number of candidates; here stands \"1.0\"",
            ),
            (
                "count,A\n-1,1\n",
                "line 2: papers must begin with how many they are, from 1 to 1000000000000; this line begins with \"-1\"",
            ),
            (
                "A,\"B\n1,2\n",
                "line 1: a cell that begins with a quotation mark must end with one on the same line, followed by a comma",
            ),
            (
                "A,\"B\"C\n1,2\n",
                "line 1: a cell that begins with a quotation mark must end with one on the same line, followed by a comma",
            ),
        ],
    );
    refusals(
        |text| csv::parse(text, Cells::Scores),
        &[(
            "A,B\n1,-3\n",
            "line 2: a score must be a whole number from 0 to 1000000; here stands \"-3\"",
        )],
    );
    let wide = vec!["1"; 1_003].join(",");
    let refusal = csv::parse(&wide, Cells::Ranks).unwrap_err();
    assert_eq!(refusal.reason, Reason::CandidateCount);
}

#[test]
fn the_name_says_what_a_file_holds_and_the_content_where_it_does_not() {
    for (name, text, expected) in [
        ("x.blt", "", Some(Format::Blt)),
        ("x.TOI", "", Some(Format::PrefLib)),
        ("x.soc", "1:A>B", Some(Format::PrefLib)),
        ("x.abif", "", Some(Format::Abif)),
        ("x.csv", "A,B\n", Some(Format::Csv)),
        ("x.ballots.csv", "count,rank1,rank2\n", Some(Format::CastVotes)),
        ("x.csv", "count,rank1,rank3\n", Some(Format::Csv)),
        ("x.txt", "# a\n3 2 # b\n", None),
        ("x.txt", "# a\n3 2\n", Some(Format::Blt)),
        ("x", PREFLIB, Some(Format::PrefLib)),
        ("x", "# a\n12: A>B\n", Some(Format::Abif)),
        ("x", "12*A>B\n", Some(Format::Abif)),
        ("x", "=A:[Ann]\n", Some(Format::Abif)),
        ("x", "weight,A,B\n", Some(Format::Csv)),
        ("x", "count,rank1\n", Some(Format::CastVotes)),
        ("x", "Dear reader\n", None),
        ("x", "", None),
    ] {
        assert_eq!(Format::of(name, text).ok(), expected, "{name} {text:?}");
    }
    assert_eq!(parse("x", "", Cells::Ranks).unwrap_err().reason, Reason::UnknownFormat);
    let votes = parse("x.csv", "count,rank1\n", Cells::Ranks).unwrap_err();
    assert_eq!(votes.reason, Reason::NeedsRules);
}

const CORPUS: [(&str, Format, Cells); 10] = [
    ("committee.blt", Format::Blt, Cells::Ranks),
    ("options.blt", Format::Blt, Cells::Ranks),
    ("committee.toi", Format::PrefLib, Cells::Ranks),
    ("committee.soc", Format::PrefLib, Cells::Ranks),
    ("committee.abif", Format::Abif, Cells::Ranks),
    ("ranks.csv", Format::Csv, Cells::Ranks),
    ("scores.csv", Format::Csv, Cells::Scores),
    ("names.txt", Format::NameLists, Cells::Ranks),
    ("committee.json", Format::Json, Cells::Ranks),
    ("cast_votes.txt", Format::CastVotes, Cells::Ranks),
];

/// What readers of numbers, names and lines stumble over.
const PIECES: [&str; 24] = [
    "\n",
    ",",
    ":",
    "0",
    "-1",
    "1e9",
    "18446744073709551616",
    "\"",
    "[",
    "]",
    "{",
    "}",
    "=",
    ">",
    "/",
    "*",
    "#",
    "- ",
    "\u{feff}",
    "\u{0}",
    "1000",
    "count,rank1\n",
    "[[[[[[[[",
    "# NUMBER ALTERNATIVES: 65536\n",
];

/// Numbers that look random and are the same each time (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let bound = u64::try_from(bound.max(1)).unwrap();
        usize::try_from((mixed ^ (mixed >> 31)) % bound).unwrap()
    }
}

fn mutant(seed: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=numbers.below(3) {
        let place = numbers.below(bytes.len() + 1);
        let end = (place + numbers.below(60)).min(bytes.len());
        match numbers.below(5) {
            0 if place < bytes.len() => bytes[place] ^= 1 << numbers.below(8),
            0 | 1 => bytes.truncate(place.max(bytes.len() / 2)),
            2 => drop(bytes.drain(place..end)),
            3 => {
                let piece = bytes[place..end].to_vec();
                bytes.splice(place..place, piece);
            }
            _ => drop(bytes.splice(place..place, PIECES[numbers.below(PIECES.len())].bytes())),
        }
    }
    bytes
}

/// Whatever the bytes, a reader answers; and what it reads keeps every promise.
fn target(format: Format, cells: Cells, bytes: &[u8]) -> bool {
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
    let profile = match read_any(format, cells, bytes) {
        Ok(profile) => profile,
        Err(refusal) => {
            assert!((1..=lines + 1).contains(&refusal.line), "{refusal}");
            assert!(refusal.to_string().len() < 500, "a file is not quoted: {refusal}");
            return false;
        }
    };
    let count = profile.candidates.len();
    assert!((1..=CANDIDATES_MAX).contains(&count));
    assert!(
        profile
            .candidates
            .iter()
            .all(|name| (1..=NAME_MAX).contains(&name.chars().count()))
    );
    // Papers of JSON may share a line.
    assert!(profile.lines() <= if format == Format::Json { bytes.len() } else { lines });
    for paper in profile.papers() {
        let mut ranked = paper.ranked().to_vec();
        ranked.sort_unstable();
        ranked.dedup();
        assert_eq!(ranked.len(), paper.ranked().len(), "each once");
        assert!(ranked.iter().all(|one| usize::from(*one) < count));
        assert_eq!(paper.ranks().map(<[u16]>::len).sum::<usize>(), ranked.len());
        assert!((1..=WEIGHT_MAX).contains(&paper.weight));
        assert!(
            paper
                .scores
                .iter()
                .all(|(one, score)| usize::from(*one) < count && *score <= SCORE_MAX)
        );
    }
    true
}

#[test]
fn no_bytes_make_a_reader_panic() {
    let asked = std::env::var("MUTANTS").ok().and_then(|text| text.parse().ok());
    let mutants: usize = asked.unwrap_or(2_000);
    for (name, format, cells) in CORPUS {
        let seed = corpus(name).into_bytes();
        assert!(
            target(format, cells, &seed),
            "{name}: {:?}",
            read_any(format, cells, &seed).err()
        );
        let mut numbers = Numbers(7);
        let mut read = 0;
        for _ in 0..mutants {
            read += usize::from(target(format, cells, &mutant(&seed, &mut numbers)));
        }
        assert!(read > 0 && read < mutants, "{name}: {read} of {mutants} read");
    }
}

#[test]
fn bounds_hold() {
    let many = "1:A\n".repeat(LINES_MAX + 1);
    let refusal = abif::parse(&many).unwrap_err();
    assert_eq!((refusal.line, refusal.reason), (LINES_MAX + 1, Reason::TooManyPapers));
    let names: String = (0..=CANDIDATES_MAX).map(|one| format!("1:C{one}\n")).collect();
    let refusal = abif::parse(&names).unwrap_err();
    assert_eq!(
        (refusal.line, refusal.reason),
        (CANDIDATES_MAX + 1, Reason::CandidateCount)
    );
    let long = format!("1:{}\n", "x".repeat(NAME_MAX + 1));
    assert_eq!(abif::parse(&long).unwrap_err().reason, Reason::Name);
}

/// A file of the corpus.
pub(super) fn corpus(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/profiles");
    std::fs::read_to_string(folder.join(name)).unwrap()
}
