//! Aim: a log that was changed, cut, forked or is incomplete is told apart from one that only grew, and nothing is remembered
//! that was not processed. Method: logs written to folders here, each then damaged in one way.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use audit::log::{ForkReport, ForkVerdict, LogSource, StateFault, WatchReport, WatchRequest, fork_proof, watch};
use ed25519_dalek::SigningKey;
use governance::hash::keccak256;
use governance::log::proof::{TreeHead, verify_consistency};
use governance::log::{Checkpoint, LogEntry, TileBuilder, VerifierKey};
use tempfile::TempDir;

pub const ORIGIN: &str = "vote.example/00ff";

fn secret(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub fn key() -> VerifierKey {
    VerifierKey::new(ORIGIN, secret(1).verifying_key()).unwrap()
}

fn entry(number: u64, changed: Option<u64>) -> LogEntry {
    let record = if changed == Some(number) { u64::MAX } else { number };
    LogEntry {
        type_hash: keccak256(b"TestV1()"),
        record_hash: keccak256(&record.to_be_bytes()),
    }
}

fn signed(head: TreeHead, seed: u8) -> String {
    let checkpoint = Checkpoint::new(ORIGIN, head).unwrap();
    checkpoint.sign(&secret(seed)).unwrap().to_string()
}

/// What the key signed for 300 entries of which one is another.
pub fn rewritten_note() -> String {
    Site::with_change(&[300], Some(7)).note()
}

/// A log and its watcher in one folder.
pub struct Site {
    folder: TempDir,
    builder: TileBuilder,
    changed: Option<u64>,
}

impl Site {
    /// A log that grew to each of these sizes and published each.
    pub fn new(sizes: &[u64]) -> Self {
        Self::with_change(sizes, None)
    }

    /// One in which entry `changed` is another.
    fn with_change(sizes: &[u64], changed: Option<u64>) -> Self {
        let mut site = Self {
            folder: tempfile::tempdir().unwrap(),
            builder: TileBuilder::new(),
            changed,
        };
        sizes.iter().for_each(|size| site.grow(*size));
        site
    }

    pub fn grow(&mut self, size: u64) {
        for number in self.builder.size()..size {
            self.builder.push(entry(number, self.changed));
        }
        for file in self.builder.take_files() {
            self.write(&file.tile.to_string(), &file.bytes);
        }
        self.write("checkpoint", self.note().as_bytes());
    }

    pub fn head(&self) -> TreeHead {
        TreeHead {
            size: self.builder.size(),
            root: self.builder.root(),
        }
    }

    pub fn note(&self) -> String {
        signed(self.head(), 1)
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path().join("log").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn flip(&self, path: &str) {
        self.flip_at(path, 10);
    }

    fn flip_at(&self, path: &str, place: usize) {
        let mut bytes = std::fs::read(self.path().join("log").join(path)).unwrap();
        bytes[place] ^= 1;
        self.write(path, &bytes);
    }

    fn remove(&self, path: &str) {
        std::fs::remove_file(self.path().join("log").join(path)).unwrap();
    }

    fn state(&self) -> PathBuf {
        self.path().join("state")
    }

    fn source(&self) -> LogSource {
        LogSource::parse(self.path().join("log").to_str().unwrap()).unwrap()
    }

    fn watch_source(&self, source: &LogSource, entries_max: u64) -> Result<WatchReport, StateFault> {
        watch(&WatchRequest {
            source,
            key: &key(),
            state: &self.state(),
            entries_max,
        })
    }

    fn watch(&self) -> WatchReport {
        self.watch_source(&self.source(), 100_000).unwrap()
    }
}

#[test]
fn a_log_that_only_grows_is_followed_and_remembered() {
    let mut site = Site::new(&[0]);
    let mut last = 0;
    for size in [0, 1, 5, 255, 256, 257, 700, 70_000] {
        site.grow(size);
        let report = site.watch();
        assert_eq!((report.status, report.findings.len()), (0, 0), "{size}: {report:?}");
        assert_eq!(report.entries, size - last, "{size}");
        assert_eq!(std::fs::read_to_string(site.state()).unwrap(), site.note(), "{size}");
        let again = site.watch();
        assert_eq!(
            (again.status, again.entries, again.is_saved),
            (0, 0, false),
            "{size} again"
        );
        last = size;
    }
    let report = site.watch();
    assert_eq!(report.remembered, report.seen);
    // The folder of the state holds nothing but it and the log.
    assert_eq!(std::fs::read_dir(site.path()).unwrap().count(), 2);
}

#[test]
fn partial_tiles_may_go_once_there_are_wider_ones() {
    let mut site = Site::new(&[300]);
    assert_eq!(site.watch().status, 0);
    site.grow(310);
    site.remove("tile/0/001.p/44");
    site.remove("tile/entries/001.p/44");
    assert_eq!(site.watch().status, 0);
    site.grow(1000);
    site.remove("tile/0/001.p/54");
    site.remove("tile/entries/001.p/54");
    site.remove("tile/1/000.p/1");
    let report = site.watch();
    assert_eq!((report.status, report.entries), (0, 690), "{report:?}");
}

#[test]
fn a_log_that_drops_tiles_while_it_is_read_is_read_under_its_newest_checkpoint() {
    let mut site = Site::new(&[300]);
    let first = site.note();
    site.grow(310);
    let second = site.note();
    site.grow(320);
    for width in [44, 54] {
        site.remove(&format!("tile/0/001.p/{width}"));
        site.remove(&format!("tile/entries/001.p/{width}"));
    }
    // Both checkpoints were taken before their tiles went, and the one that decides is not the newest.
    let source = site.source();
    let compare = || fork_proof(first.as_bytes(), second.as_bytes(), &key(), Some(&source));
    let report = compare();
    assert_eq!(report.verdict, ForkVerdict::Consistent, "{report:?}");
    site.remove("tile/0/001.p/64");
    assert_eq!(compare().verdict, ForkVerdict::Undecided, "nothing wider is left");
}

/// Remembers a log of 300 entries, lets it grow to 600, does the damage and looks again.
fn check(name: &str, damage: impl FnOnce(&Site), status: u8, text: &str) {
    let mut site = Site::new(&[300]);
    assert_eq!(site.watch().status, 0, "{name}");
    let remembered = site.note();
    site.grow(600);
    damage(&site);
    let report = site.watch();
    assert_eq!(report.status, status, "{name}: {report:?}");
    assert_eq!(report.findings.len(), 1, "{name}");
    let finding = format!("{}: {}", report.findings[0].file, report.findings[0].text);
    assert!(finding.contains(text), "{name}: {finding}");
    assert!(!report.is_saved, "{name}");
    assert_eq!(std::fs::read_to_string(site.state()).unwrap(), remembered, "{name}");
}

/// Puts another log of these entries in its place, signed by the same key.
fn replace(site: &Site, sizes: &[u64], changed: Option<u64>) {
    let other = Site::with_change(sizes, changed);
    let log = site.path().join("log");
    std::fs::remove_dir_all(&log).unwrap();
    std::fs::rename(other.path().join("log"), log).unwrap();
}

#[test]
fn a_rewritten_cut_or_forked_log_is_a_contradiction() {
    check(
        "an old entry is another, all signed anew",
        |site| replace(site, &[300, 600], Some(7)),
        1,
        "the first 300 entries are no longer those that were remembered",
    );
    check(
        "an entry of the remembered partial tile is another",
        |site| replace(site, &[300, 600], Some(299)),
        1,
        "the first 300 entries are no longer",
    );
    check(
        "another root for the same size",
        |site| replace(site, &[300], Some(299)),
        1,
        "another root at 300 entries",
    );
    check("fewer entries", |site| replace(site, &[299], None), 1, "now has 299");
    check(
        "a root that the entries do not give",
        |site| {
            let head = TreeHead {
                root: keccak256(b"other"),
                ..site.head()
            };
            site.write("checkpoint", signed(head, 1).as_bytes());
        },
        1,
        "do not give the root that was signed",
    );
    check(
        "a checkpoint of a stranger",
        |site| site.write("checkpoint", signed(site.head(), 2).as_bytes()),
        1,
        "not signed by",
    );
    check(
        "a byte of the checkpoint changed",
        |site| site.flip("checkpoint"),
        1,
        "checkpoint: ",
    );
}

#[test]
fn a_damaged_tile_is_a_contradiction() {
    for (path, text) in [
        (
            "tile/entries/001",
            "tile/entries/001: the tile is not what the entries give",
        ),
        (
            "tile/entries/002.p/88",
            "tile/entries/002.p/88: entry 512 is not the one that was signed",
        ),
        ("tile/0/001", "tile/0/001: the tile is not what the entries give"),
        (
            "tile/0/002.p/88",
            "tile/0/002.p/88: the tile is not what the entries give",
        ),
        (
            "tile/1/000.p/2",
            "tile/1/000.p/2: the tile is not what the entries give",
        ),
        ("tile/1/000.p/1", "no longer those that were remembered"),
        ("tile/0/001.p/44", "does not hold what its path says"),
        ("tile/entries/001.p/44", "does not hold what its path says"),
    ] {
        check(path, |site| site.flip(path), 1, text);
    }
    check(
        "tile/entries/001",
        |site| site.flip_at("tile/entries/001", 67 * 60 + 40),
        1,
        "tile/entries/001: entry 316 is not the one that was signed",
    );
    check(
        "an entry and its leaf",
        |site| {
            site.flip_at("tile/entries/001", 67 * 60 + 40);
            site.flip_at("tile/0/001", 32 * 60);
        },
        1,
        "tile/0/001: the tile is not what the entries give",
    );
    check(
        "a tile without end",
        |site| site.write("tile/0/001", &vec![0; 1_000_000]),
        1,
        "tile/0/001: ",
    );
    check(
        "a bundle cut short",
        |site| site.write("tile/entries/001", b"\x00\x41"),
        1,
        "tile/entries/001: the bundle is cut short at entry 0",
    );
    let odd = [&[0, 1, 7][..], &[0; 255 * 2]].concat();
    check(
        "a bundle of other entries",
        |site| site.write("tile/entries/001", &odd),
        1,
        "an entry is not an entry",
    );
}

#[test]
fn what_is_not_there_is_missing_evidence() {
    for path in ["checkpoint", "tile/entries/001", "tile/0/001", "tile/1/000.p/2"] {
        check(path, |site| site.remove(path), 2, &format!("{path}: it is not there"));
    }
    check(
        "a folder in the place of a file",
        |site| {
            site.remove("tile/0/001");
            std::fs::create_dir(site.path().join("log/tile/0/001")).unwrap();
        },
        2,
        "tile/0/001: it cannot be read",
    );
    check(
        "a size that nobody has entries for",
        |site| {
            let head = TreeHead {
                size: 1 << 60,
                root: keccak256(b"huge"),
            };
            site.write("checkpoint", signed(head, 1).as_bytes());
        },
        2,
        "entries are new, and 100000 are processed at once",
    );
}

#[test]
fn a_state_that_is_not_of_this_log_is_left_alone() {
    let site = Site::new(&[10]);
    for text in [String::new(), "something else\n".to_owned(), signed(site.head(), 2)] {
        std::fs::write(site.state(), &text).unwrap();
        let result = site.watch_source(&site.source(), 100);
        assert!(matches!(result, Err(StateFault::Foreign(_))), "{result:?}");
        assert_eq!(std::fs::read_to_string(site.state()).unwrap(), text);
    }
    std::fs::remove_file(site.state()).unwrap();
    std::fs::create_dir(site.state()).unwrap();
    let result = site.watch_source(&site.source(), 100);
    assert!(matches!(result, Err(StateFault::Unreadable(_))), "{result:?}");
}

/// Compares two checkpoints and expects a verdict and the status that goes with it.
fn check_fork(name: &str, notes: [&str; 2], tiles: Option<&Site>, verdict: ForkVerdict) -> ForkReport {
    let source = tiles.map(Site::source);
    let report = fork_proof(notes[0].as_bytes(), notes[1].as_bytes(), &key(), source.as_ref());
    let status = match verdict {
        ForkVerdict::Fork => 1,
        ForkVerdict::Consistent => 0,
        ForkVerdict::Undecided => 2,
    };
    assert_eq!((report.verdict, report.status), (verdict, status), "{name}: {report:?}");
    report
}

#[test]
fn two_checkpoints_of_one_size_decide_by_themselves() {
    let (honest, forked) = (Site::new(&[300]), rewritten_note());
    let (note, stranger) = (honest.note(), signed(honest.head(), 2));
    check_fork("the same", [&note, &note], None, ForkVerdict::Consistent);
    check_fork("two roots", [&note, &forked], None, ForkVerdict::Fork);
    check_fork("a stranger's", [&stranger, &forked], None, ForkVerdict::Undecided);
    check_fork("no checkpoint", [&note, "nothing\n"], None, ForkVerdict::Undecided);
}

#[test]
fn two_checkpoints_of_different_sizes_are_decided_by_tiles_of_the_larger_alone() {
    let (small, large) = (Site::new(&[300]), Site::new(&[300, 600]));
    let rewritten = || Site::with_change(&[300, 600], Some(7));
    let other = rewritten();
    let notes = [small.note(), large.note(), other.note()];
    let grown = [&*notes[0], &*notes[1]];
    let changed = [&*notes[0], &*notes[2]];
    check_fork("no tiles", grown, None, ForkVerdict::Undecided);
    check_fork("grown", grown, Some(&large), ForkVerdict::Consistent);
    check_fork("turned", [grown[1], grown[0]], Some(&large), ForkVerdict::Consistent);
    check_fork("tiles of another", changed, Some(&large), ForkVerdict::Undecided);
    let damaged = rewritten();
    damaged.flip("tile/1/000.p/2");
    check_fork("damaged tiles", changed, Some(&damaged), ForkVerdict::Undecided);
    damaged.remove("tile/0/002.p/88");
    check_fork("missing tiles", changed, Some(&damaged), ForkVerdict::Undecided);

    let report = check_fork("rewritten", changed, Some(&other), ForkVerdict::Fork);
    // The proof stands alone: it leads from the other root to the larger checkpoint.
    let root = report.root_at_smaller.unwrap();
    assert_ne!(root, small.head().root);
    let first = TreeHead { size: 300, root };
    assert_eq!(verify_consistency(first, other.head(), &report.proof), Ok(()));
}

/// Serves the files of a folder, for so many requests, and gives its address.
fn serve(folder: PathBuf, requests: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(requests) {
            let mut stream = stream.unwrap();
            let mut line = String::new();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            reader.read_line(&mut line).unwrap();
            let mut header = String::new();
            while reader.read_line(&mut header).unwrap() > 2 {
                header.clear();
            }
            let path = line
                .split(' ')
                .nth(1)
                .unwrap()
                .trim_start_matches("/logs/one/")
                .to_owned();
            let (status, bytes) = match std::fs::read(folder.join(&path)) {
                Ok(bytes) => ("200 OK", bytes),
                Err(_) => ("404 Not Found", Vec::new()),
            };
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                bytes.len()
            );
            let _ = stream
                .write_all(head.as_bytes())
                .and_then(|()| stream.write_all(&bytes));
        }
    });
    format!("http://{address}/logs/one/")
}

#[test]
fn a_log_is_read_from_a_web_server() {
    let mut site = Site::new(&[300]);
    let log = site.path().join("log");
    let source = LogSource::parse(&serve(log, 60)).unwrap();
    let report = site.watch_source(&source, 1000).unwrap();
    assert_eq!((report.status, report.entries), (0, 300), "{report:?}");
    site.grow(600);
    site.remove("tile/0/001.p/44");
    let report = site.watch_source(&source, 1000).unwrap();
    assert_eq!((report.status, report.entries), (0, 300), "{report:?}");
    site.remove("checkpoint");
    let report = site.watch_source(&source, 1000).unwrap();
    assert_eq!(report.status, 2, "{report:?}");
    assert!(LogSource::parse("http://vote.example/log").is_err(), "in the clear");
    assert!(LogSource::parse("https://").is_err());
}
