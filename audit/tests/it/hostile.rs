//! Aim: no file makes the auditor panic or grow, and none that differs from what the server sealed is believed. Method: one plain
//! function for each kind of file, which a fuzzer may call as well, over a corpus in the repository and many mutants of it.
//!
//! `MUTANTS=20000` tries more of them; `UPDATE_CORPUS=1` writes the corpus anew from the builder.

use std::path::{Path, PathBuf};

use audit::{Level, Options, Report, Standing, check_omission, verify_reader};

use crate::builder::{election, gzip, motion};
use crate::omission;
use crate::placing::Placed;
use crate::{member_receipt, receipt};

/// Mutants of each bundle of the corpus, and of each other file ten times as many: a bundle has signatures to check.
const MUTANTS: usize = 150;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

fn mutants() -> usize {
    let asked = std::env::var("MUTANTS").ok().and_then(|text| text.parse().ok());
    asked.unwrap_or(MUTANTS)
}

/// Any lines, compressed: whatever they are, what is told of them is bounded.
fn bundle(lines: &[u8]) -> Report {
    let report = verify_reader(gzip(lines).as_slice(), &Options::default()).unwrap();
    assert!(report.findings.len() <= 100 && report.status <= 2);
    assert!(report.status != 1 || report.findings_more > 0 || !report.findings.is_empty());
    report
}

/// Any bytes at all as a compressed file.
fn file(bytes: &[u8]) {
    let report = verify_reader(bytes, &Options::default()).unwrap();
    assert!(report.findings.len() <= 100 && report.status <= 2);
}

/// Any bytes as what a member holds. They are looked for in a bundle that holds no ballot at all.
fn evidence(bytes: &[u8]) {
    let key = receipt::key_text().parse().unwrap();
    let report = audit::log::check_receipt(bytes, &key, None);
    assert!(report.reason.len() < 500, "a file is not quoted: {}", report.reason);
    let report = audit::log::check_receipt_file(bytes, &member_receipt::log_key(), None, None);
    assert!(report.reason.len() < 500, "a file is not quoted: {}", report.reason);
    let report = check_omission(bytes, (Some(&key), None), &b""[..], &Options::default());
    assert_eq!(report.status, 2, "an empty bundle accuses nobody: {report:?}");
}

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

/// What a reader of JSON lines, of hexadecimal digits and of numbers stumbles over.
const PIECES: [&[u8]; 16] = [
    b"\n",
    b"{",
    b"]",
    b"\"",
    b",",
    b"null",
    b"-1",
    b"1e9",
    b"18446744073709551616",
    b"0X",
    b"\\u0000",
    b"\xff",
    b"\"section\":\"cover\",",
    b"\"hashes\":[],",
    b"\"log_index\":0,",
    b"[[[[[[[[[[[[[[[[",
];

fn mutant(seed: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=numbers.below(3) {
        let place = numbers.below(bytes.len() + 1);
        match numbers.below(6) {
            0 => {
                if let Some(byte) = bytes.get_mut(place) {
                    *byte ^= 1 << numbers.below(8);
                }
            }
            1 => bytes.truncate(place),
            2 => {
                let end = (place + numbers.below(80)).min(bytes.len());
                bytes.drain(place..end);
            }
            3 => {
                let end = (place + numbers.below(2_000)).min(bytes.len());
                let piece = bytes[place..end].to_vec();
                bytes.splice(place..place, piece);
            }
            4 => {
                bytes.splice(place..place, PIECES[numbers.below(PIECES.len())].iter().copied());
            }
            _ => swap_lines(&mut bytes, numbers),
        }
    }
    bytes
}

/// A line takes the place of another.
fn swap_lines(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    let mut lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let (from, to) = (numbers.below(lines.len()), numbers.below(lines.len()));
    if let Some(line) = lines.get(from).copied() {
        lines[to] = line;
        *bytes = lines.concat();
    }
}

fn read(prefix: &str) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(corpus())
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            (
                entry.file_name().into_string().unwrap(),
                std::fs::read(entry.path()).unwrap(),
            )
        })
        .filter(|(name, _)| name.starts_with(prefix))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no {prefix} in the corpus");
    files
}

fn write_corpus() {
    let text = |lines: &[String]| -> String { lines.iter().map(|line| format!("{line}\n")).collect() };
    let (placed, ranked) = (Placed::new(&motion(false)), Placed::new(&election(true)));
    let mut cut = placed.cover();
    cut.pop();
    for (name, content) in [
        ("bundle_motion", text(&placed.seal())),
        ("bundle_election", text(&ranked.seal())),
        ("bundle_no_checkpoint", text(&placed.seal_with(None, &[]))),
        ("bundle_short_cover", text(&placed.seal_with(Some(placed.note()), &cut))),
        ("receipt_published", receipt::receipt(2).to_string()),
        (
            "receipt_acknowledgement",
            omission::acknowledgement(&placed, 1).to_string(),
        ),
    ] {
        std::fs::create_dir_all(corpus()).unwrap();
        std::fs::write(corpus().join(name), content).unwrap();
    }
}

/// The lines before the last one, which alone is spelled as one likes.
fn sealed(lines: &[u8]) -> &[u8] {
    let body = lines.strip_suffix(b"\n").unwrap_or(lines);
    let end = body.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    &lines[..end]
}

#[test]
fn no_mutant_of_a_bundle_is_believed() {
    if std::env::var_os("UPDATE_CORPUS").is_some() {
        write_corpus();
    }
    let mut refused = 0;
    for (name, seed) in read("bundle") {
        let honest = bundle(&seed);
        let standing = match name.as_str() {
            "bundle_no_checkpoint" => Standing::Lacking,
            "bundle_short_cover" => Standing::Contradicted,
            _ => Standing::Holds,
        };
        assert_eq!(honest.levels[&Level::L1], standing, "{name}");
        let mut numbers = Numbers(1);
        for _ in 0..mutants() {
            let bytes = mutant(&seed, &mut numbers);
            let report = bundle(&bytes);
            let is_same = sealed(&bytes) == sealed(&seed);
            assert!(
                is_same || report.status != 0,
                "{name}: {}",
                String::from_utf8_lossy(&bytes)
            );
            refused += usize::from(report.status != 0);
        }
    }
    assert!(refused > 2 * mutants(), "{refused}: the mutants change nothing");
}

#[test]
fn no_bytes_make_a_reader_panic() {
    let mut numbers = Numbers(2);
    for (_, seed) in read("bundle_motion") {
        let zipped = gzip(&seed);
        for _ in 0..mutants() {
            file(&mutant(&zipped, &mut numbers));
        }
    }
    let file = (
        "receipt_file".to_owned(),
        member_receipt::honest().to_string().into_bytes(),
    );
    for (_, seed) in read("receipt").into_iter().chain([file]) {
        evidence(&seed);
        for _ in 0..mutants() * 10 {
            evidence(&mutant(&seed, &mut numbers));
        }
    }
}
