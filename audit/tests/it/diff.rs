//! Aim: two bundles of one decision that hold different evidence are told apart from two that were written at different times, and
//! what differs is named. Method: bundles of the builder, one of them changed as a dishonest server would.

use audit::{DIFFERENCES_MAX, DiffReport, DifferenceKind, FindingKind, Limits, Which, diff_readers};
use governance::log::Checkpoint;
use governance::log::proof::TreeHead;
use serde_json::{Value, json};
use wire::bundle::Section;

use crate::builder::{election, gzip, lines, motion, server_key};
use crate::tampering::{By, line_of, mended};

fn zipped(lines: &[String]) -> Vec<u8> {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    gzip(text.as_bytes())
}

fn diff(a: &[String], b: &[String]) -> DiffReport {
    let (a, b) = (zipped(a), zipped(b));
    let report = diff_readers(a.as_slice(), b.as_slice(), Limits::default()).unwrap();
    let turned = diff_readers(b.as_slice(), a.as_slice(), Limits::default()).unwrap();
    assert_eq!(turned.status, report.status);
    let kinds = |report: &DiffReport| -> Vec<_> { report.differences.iter().map(|one| one.kind).collect() };
    let mut sorted = (kinds(&report), kinds(&turned));
    sorted.0.sort();
    sorted.1.sort();
    assert_eq!(sorted.0, sorted.1, "the order of the files changes what is found");
    report
}

/// All lines of a section, each with its place.
fn all_of(lines: &[String], section: Section) -> Vec<usize> {
    let begin = format!("{{\"section\":\"{section}\"");
    (0..lines.len())
        .filter(|place| lines[*place].starts_with(&begin))
        .collect()
}

fn change(lines: &[String], place: usize, change: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut lines = lines.to_vec();
    let mut line: Value = serde_json::from_str(&lines[place]).unwrap();
    change(&mut line);
    lines[place] = line.to_string();
    mended(lines, By::Server)
}

fn without(lines: &[String], place: usize) -> Vec<String> {
    let mut lines = lines.to_vec();
    lines.remove(place);
    mended(lines, By::Server)
}

#[test]
fn one_bundle_is_the_same_evidence_however_it_is_written() {
    let honest = lines(&election(true));
    let report = diff(&honest, &honest);
    assert!(report.is_same && report.remarks.is_empty(), "{report:#?}");
    assert_eq!(report.sections["ballot"].same, 6);
    let spaced: Vec<String> = honest
        .iter()
        .map(|line| {
            let value: Value = serde_json::from_str(line).unwrap();
            let rest = value.to_string();
            format!(" {rest}")
        })
        .collect();
    let report = diff(&honest, &mended(spaced, By::Anyone));
    assert_eq!((report.status, report.differences.len()), (0, 0), "{report:#?}");
}

#[test]
fn what_comes_with_time_is_a_remark() {
    let honest = lines(&election(true));
    let anchors = all_of(&honest, Section::Anchor);
    let early = change(&without(&honest, anchors[1]), anchors[0], |line| {
        line["state"] = "sealed".into();
        line["block_number"] = Value::Null;
        line["block_hash"] = Value::Null;
    });
    let report = diff(&early, &honest);
    assert_eq!(report.status, 0, "{report:#?}");
    assert!(
        report
            .remarks
            .iter()
            .any(|text| text == "later anchors that only B holds: 1"),
        "{report:#?}"
    );
    assert!(report.remarks.iter().any(|text| text.contains("/state")), "{report:#?}");

    let mut placed = early.clone();
    for (index, place) in all_of(&early, Section::Ballot).into_iter().enumerate() {
        placed = change(&placed, place, |line| line["log_index"] = (index + 7).into());
    }
    let unplaced = all_of(&early, Section::Ballot).into_iter().fold(early, |lines, place| {
        change(&lines, place, |line| line["log_index"] = Value::Null)
    });
    let report = diff(&unplaced, &placed);
    assert_eq!(
        (report.status, report.sections["ballot"].advanced),
        (0, 6),
        "{report:#?}"
    );
    assert!(
        report.remarks[0].contains("that got their place in the log meanwhile: 6"),
        "{report:#?}"
    );
}

type Change = fn(&mut Value);

/// What is changed in which line, what that is, and where it is seen.
const DIFFERENCES: [(Section, Change, DifferenceKind, &str); 14] = [
    (
        Section::Header,
        |line| line["server_key"] = "0x00".into(),
        DifferenceKind::Identity,
        "/server_key",
    ),
    (
        Section::Rule,
        |line| line["sentence"] = "x".into(),
        DifferenceKind::Question,
        "/sentence",
    ),
    (
        Section::Proposal,
        |line| line["title"] = "x".into(),
        DifferenceKind::Question,
        "/title",
    ),
    (
        Section::Proposal,
        |line| line["record"]["closes_at"] = 1.into(),
        DifferenceKind::Question,
        "/record/closes_at",
    ),
    (
        Section::Roll,
        |line| line["weight"] = "2".into(),
        DifferenceKind::RollEntryChanged,
        "/weight",
    ),
    (
        Section::Roll,
        |line| line["keys"] = json!([]),
        DifferenceKind::RollEntryChanged,
        "/keys/0",
    ),
    (
        Section::Ballot,
        |line| line["record"]["options"][0] = 3.into(),
        DifferenceKind::BallotRewritten,
        "/record/options/0",
    ),
    (
        Section::Ballot,
        |line| line["at"] = 1.into(),
        DifferenceKind::BallotRetold,
        "/at",
    ),
    (
        Section::Ballot,
        |line| line["signature"] = "0x".into(),
        DifferenceKind::BallotRetold,
        "/signature",
    ),
    (
        Section::Lot,
        |line| line["beacon"]["timestamp"] = 1.into(),
        DifferenceKind::Question,
        "/beacon/timestamp",
    ),
    (
        Section::Tally,
        |line| line["record"]["outcome"] = 2.into(),
        DifferenceKind::Result,
        "/record/outcome",
    ),
    (
        Section::Anchor,
        |line| line["size"] = 9.into(),
        DifferenceKind::Anchor,
        "/size",
    ),
    (
        Section::Anchor,
        |line| line["proofs"][0]["sequence"] = 9.into(),
        DifferenceKind::Anchor,
        "/proofs/0/sequence",
    ),
    (
        Section::End,
        |line| line["signature"] = "0x".into(),
        DifferenceKind::End,
        "/signature",
    ),
];

#[test]
fn what_differs_in_evidence_is_named() {
    let honest = lines(&election(true));
    for (section, change_line, kind, field) in DIFFERENCES {
        let (place, mut value) = line_of(&honest, section);
        change_line(&mut value);
        let mut other = honest.clone();
        other[place] = value.to_string();
        let other = if section == Section::End {
            other
        } else {
            mended(other, By::Server)
        };
        let report = diff(&honest, &other);
        let found: Vec<_> = report.differences.iter().map(|one| (one.section, one.kind)).collect();
        assert_eq!(
            (report.status, found),
            (1, vec![(section, kind)]),
            "{field}: {report:#?}"
        );
        let line = u64::try_from(place).ok().map(|place| place + 1);
        let difference = &report.differences[0];
        assert_eq!((difference.line_a, difference.line_b), (line, line), "{field}");
        assert!(
            difference.fields.iter().any(|one| one.field == field),
            "{field}: {report:#?}"
        );
    }
}

#[test]
fn a_ballot_or_a_member_that_one_leaves_out_is_named() {
    let honest = lines(&election(true));
    for (section, pointer, kind) in [
        (Section::Ballot, "/record/voter", DifferenceKind::BallotInOne),
        (Section::Roll, "/voter", DifferenceKind::RollEntryInOne),
    ] {
        for place in all_of(&honest, section) {
            let value: Value = serde_json::from_str(&honest[place]).unwrap();
            let report = diff(&honest, &without(&honest, place));
            let [difference] = report.differences.as_slice() else {
                panic!("{report:#?}");
            };
            let line = u64::try_from(place).ok().map(|place| place + 1);
            assert_eq!(
                (difference.kind, difference.line_a, difference.line_b),
                (kind, line, None)
            );
            let voter = value.pointer(pointer).and_then(Value::as_str).unwrap();
            assert_eq!(difference.voter.map(|word| word.to_string()).as_deref(), Some(voter));
            let counts = report.sections[section.name()];
            assert_eq!((counts.only_a, counts.only_b, counts.differ), (1, 0, 0));
        }
    }
}

#[test]
fn a_ballot_that_was_rewritten_is_one_ballot_although_its_number_changed() {
    let honest = lines(&election(true));
    let place = *all_of(&honest, Section::Ballot).last().unwrap();
    let rewritten = change(&honest, place, |line| {
        line["sequence"] = (line["sequence"].as_u64().unwrap() + 1).into();
        line["record"]["salt"] = governance::hash::Hash32::from_u128(5).to_string().into();
    });
    let report = diff(&honest, &rewritten);
    let [difference] = report.differences.as_slice() else {
        panic!("{report:#?}");
    };
    assert_eq!(difference.kind, DifferenceKind::BallotRewritten);
    assert!(difference.line_a.is_some() && difference.line_a == difference.line_b);
    let fields: Vec<_> = difference.fields.iter().map(|one| one.field.as_str()).collect();
    assert_eq!(fields, ["/record/salt", "/sequence"]);
    let counts = report.sections["ballot"];
    assert_eq!((counts.only_a, counts.only_b, counts.differ), (0, 0, 1));
}

#[test]
fn a_record_at_two_places_of_the_log_is_two_histories() {
    let honest = lines(&motion(false));
    let (place, _) = line_of(&honest, Section::Tally);
    let [one, other] = [40, 41].map(|index| change(&honest, place, |line| line["log_index"] = index.into()));
    let report = diff(&one, &other);
    let kinds: Vec<_> = report.differences.iter().map(|one| one.kind).collect();
    assert_eq!((report.status, kinds), (1, vec![DifferenceKind::LogPlace]));
}

/// The bundle with this checkpoint in the place of its own, if it has one.
fn with_checkpoint(lines: &[String], size: u64, root: u128) -> Vec<String> {
    let head = TreeHead {
        size,
        root: governance::hash::Hash32::from_u128(root),
    };
    let checkpoint = Checkpoint::new("log.example/weavers", head).unwrap();
    let note = checkpoint.sign(&server_key()).unwrap().to_string();
    let line = json!({"section": "checkpoint", "note": note}).to_string();
    let mut lines: Vec<String> = lines
        .iter()
        .filter(|line| !line.starts_with("{\"section\":\"checkpoint\"") && !line.starts_with("{\"section\":\"cover\""))
        .cloned()
        .collect();
    lines.insert(lines.len() - 1, line);
    mended(lines, By::Server)
}

#[test]
fn checkpoints_go_on_or_contradict_each_other() {
    let honest = lines(&motion(false));
    let at = |size, root| with_checkpoint(&honest, size, root);
    let report = diff(&at(90, 1), &at(120, 2));
    assert_eq!(report.status, 0, "{report:#?}");
    assert!(
        report.remarks[0].contains("A covers 90 entries, that of B 120"),
        "{report:#?}"
    );
    let report = diff(&at(90, 1), &at(90, 2));
    let kinds: Vec<_> = report.differences.iter().map(|one| one.kind).collect();
    assert_eq!(
        (report.status, kinds),
        (1, vec![DifferenceKind::Checkpoint]),
        "{report:#?}"
    );
    assert_eq!(diff(&at(90, 1), &at(90, 1)).status, 0);
}

#[test]
fn bundles_of_two_decisions_are_not_compared() {
    let honest = lines(&motion(false));
    let (place, _) = line_of(&honest, Section::Proposal);
    let other = change(&honest, place, |line| {
        line["record"]["proposal"] = governance::hash::Hash32::from_u128(9).to_string().into();
    });
    let on_chain = lines(&motion(true));
    for (b, what) in [(other, "the proposal is"), (on_chain, "the namespace is")] {
        let refusal = diff_readers(zipped(&honest).as_slice(), zipped(&b).as_slice(), Limits::default());
        let text = refusal.unwrap_err().to_string();
        assert!(
            text.contains("not bundles of one decision") && text.contains(what),
            "{text}"
        );
    }
}

#[test]
fn a_file_that_is_no_bundle_is_refused_at_its_line() {
    let honest = lines(&motion(false));
    let good = zipped(&honest);
    let with = |place: usize, line: &str| {
        let mut lines = honest.clone();
        lines.insert(place, line.to_owned());
        zipped(&lines)
    };
    let twice = honest[4].replacen("{", "{\"section\":\"roll\",", 1);
    let cases: [(Vec<u8>, u64, FindingKind, &str); 7] = [
        (
            good[..good.len() - 20].to_vec(),
            0,
            FindingKind::Missing,
            "ends in the middle",
        ),
        (
            b"this is no gzip file at all".to_vec(),
            1,
            FindingKind::Contradiction,
            "not gzip",
        ),
        (with(4, "{}"), 5, FindingKind::Contradiction, "no known section"),
        (with(9, &honest[0]), 10, FindingKind::Contradiction, "out of order"),
        (with(1, &honest[0]), 2, FindingKind::Contradiction, "too many lines"),
        (with(5, &twice), 6, FindingKind::Contradiction, "cannot be read"),
        (
            gzip(format!("{}\n{}\n", honest[0], "x".repeat(5_000_000)).as_bytes()),
            2,
            FindingKind::Contradiction,
            "longer than",
        ),
    ];
    for (bad, line, kind, text) in cases {
        let report = diff_readers(good.as_slice(), bad.as_slice(), Limits::default()).unwrap();
        let fault = report.fault.as_ref().unwrap_or_else(|| panic!("{text}: {report:#?}"));
        assert_eq!((fault.bundle, fault.kind), (Which::B, kind), "{text}: {report:#?}");
        assert!(line == 0 || fault.line == line, "{text}: {fault:?}");
        assert!(fault.text.contains(text), "{fault:?}");
        let status = if kind == FindingKind::Missing { 2 } else { 1 };
        assert_eq!(report.status, status, "{text}");
    }
}

#[test]
fn however_much_differs_little_is_kept() {
    let honest = lines(&motion(false));
    let places = all_of(&honest, Section::Ballot);
    let ballot: Value = serde_json::from_str(&honest[places[0]]).unwrap();
    let many = |salt: u128| {
        let more = (0..1_500_u64).map(|number| {
            let mut ballot = ballot.clone();
            ballot["sequence"] = (10_000 + number).into();
            ballot["record"]["revision"] = (10 + number).into();
            ballot["record"]["salt"] = governance::hash::Hash32::from_u128(salt).to_string().into();
            ballot.to_string()
        });
        let (before, after) = honest.split_at(places.last().unwrap() + 1);
        [before.to_vec(), more.collect(), after.to_vec()].concat()
    };
    let report = diff(&many(1), &many(2));
    assert_eq!(report.sections["ballot"].differ, 1_500);
    assert_eq!(report.differences.len(), DIFFERENCES_MAX);
    assert_eq!(report.differences_more, 1_500 - DIFFERENCES_MAX as u64);
    let report = diff(&many(1), &honest);
    assert_eq!(report.sections["ballot"].only_a, 1_500);
}
