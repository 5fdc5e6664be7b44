//! Aim: no input makes a parser panic or grow, and whatever is accepted is spelled in one way. Method: one plain function for
//! each parser, which a fuzzer may call as well, over a corpus in the repository and many mutants of it.

use std::path::Path;

use governance::log::note::{NOTE_BYTES_MAX, SIGNATURES_MAX};
use governance::log::tile::{bundle_bytes, bundle_parse};
use governance::log::{Checkpoint, LogEntry, Note, Tile, VerifierKey};

/// Mutants of each file of the corpus.
const MUTANTS: u64 = 3000;

type Target = fn(&[u8]);

fn note(bytes: &[u8]) {
    if let Ok(note) = Note::parse(bytes) {
        assert!(bytes.len() <= NOTE_BYTES_MAX && note.signatures().len() <= SIGNATURES_MAX);
        assert_eq!(note.to_string().as_bytes(), bytes);
    }
}

fn checkpoint(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(checkpoint) = Checkpoint::parse(text)
    {
        assert_eq!(checkpoint.to_string(), text);
    }
}

fn key(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(key) = text.parse::<VerifierKey>()
    {
        assert_eq!(key.to_string(), text);
    }
}

fn tile_path(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(tile) = text.parse::<Tile>()
    {
        assert_eq!(tile.to_string(), text);
        assert_eq!(tile.nodes().count(), usize::from(tile.width()));
    }
}

/// The first byte, plus one, is taken as the number of entries, so that mutants change it too.
fn entry_bundle(bytes: &[u8]) {
    let Some((width, bytes)) = bytes.split_first() else {
        return;
    };
    if let Ok(entries) = bundle_parse(bytes, u16::from(*width) + 1) {
        assert_eq!(bundle_bytes(entries.iter().copied()).unwrap(), bytes);
        for entry in entries {
            if let Some(parsed) = LogEntry::parse(entry) {
                assert_eq!(parsed.to_bytes()[..], *entry);
            }
        }
    }
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

/// What parsers stumble over.
const PIECES: [&[u8]; 14] = [
    b"\n",
    b"\n\n",
    b" ",
    b"+",
    b"/",
    b".p/",
    b"x000",
    b"=",
    b"0",
    b"-",
    b"\xff",
    b"\0",
    "\u{2014} ".as_bytes(),
    b"99999999999999999999",
];

fn mutant(seed: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=numbers.below(4) {
        let place = numbers.below(bytes.len() + 1);
        match numbers.below(6) {
            0 => {
                if let Some(byte) = bytes.get_mut(place) {
                    *byte ^= 1 << numbers.below(8);
                }
            }
            1 => bytes.truncate(place),
            2 => {
                let end = (place + numbers.below(40)).min(bytes.len());
                bytes.drain(place..end);
            }
            3 => {
                let end = (place + numbers.below(120)).min(bytes.len());
                let piece = bytes[place..end].to_vec();
                bytes.splice(place..place, piece);
            }
            4 => {
                bytes.splice(place..place, PIECES[numbers.below(PIECES.len())].iter().copied());
            }
            _ => {
                if let Some(byte) = bytes.get_mut(place) {
                    *byte = numbers.below(256).try_into().unwrap();
                }
            }
        }
    }
    bytes
}

#[test]
fn no_mutant_of_the_corpus_breaks_a_parser() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/log_corpus");
    let targets: [(&str, Target); 5] = [
        ("note", note),
        ("checkpoint", checkpoint),
        ("key", key),
        ("tile_path", tile_path),
        ("entry_bundle", entry_bundle),
    ];
    let mut seeds: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    seeds.sort();
    for (name, target) in targets {
        let begins = |path: &&std::path::PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(name);
        let mine: Vec<_> = seeds.iter().filter(begins).collect();
        assert!(mine.len() >= 2, "the corpus for {name} is missing");
        for (number, path) in mine.into_iter().enumerate() {
            let seed = std::fs::read(path).unwrap();
            target(&seed);
            let mut numbers = Numbers(u64::try_from(number).unwrap());
            for _ in 0..MUTANTS {
                target(&mutant(&seed, &mut numbers));
            }
        }
    }
}
