//! Aim: whatever lies in a folder that claims to be a public record, the program says what is wrong with it, reads nothing outside of
//! it, and keeps within its bounds. Method: records without bundles, with a log of a key of the test's own.

use std::path::{Path, PathBuf};

use audit::folder::{FolderOptions, FolderReport, print_folder, verify_folder};
use audit::{FindingKind, Level, Options};
use ed25519_dalek::SigningKey;
use governance::hash::{Hash32, keccak256};
use governance::id::CoopId;
use governance::log::proof::TreeHead;
use governance::log::{Checkpoint, LogEntry, TileBuilder, VerifierKey};
use governance::record::{BallotV1, EventV1, ProposalV1, Record as _, TallyV1, namespace_without_chain};
use serde_json::{Value, json};

/// A folder with a record.
struct Scene {
    own: tempfile::TempDir,
    key: SigningKey,
    origin: String,
    namespace: Hash32,
    coop: CoopId,
}

impl Scene {
    /// A record without decisions. In its log are a question, a ballot, a result or anything else for each letter: `p`, `b`, `t`.
    fn of(log: &str) -> Self {
        let coop: CoopId = "0190b3f0-0000-7000-8000-000000000001".parse().unwrap();
        let namespace = namespace_without_chain(coop);
        let scene = Self {
            own: tempfile::tempdir().unwrap(),
            key: SigningKey::from_bytes(&[7; 32]),
            origin: format!("log.example/{}", namespace.to_string().trim_start_matches("0x")),
            namespace,
            coop,
        };
        scene.write_log(log);
        scene.write_record(&scene.record());
        scene
    }

    fn path(&self) -> PathBuf {
        self.own.path().join("record")
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn write_log(&self, letters: &str) {
        let mut builder = TileBuilder::new();
        for (index, letter) in (0..).zip(letters.chars()) {
            builder.push(entry(index, letter));
        }
        for file in builder.take_files() {
            self.put(&format!("log/{}", file.tile), &file.bytes);
        }
        self.sign(TreeHead {
            size: builder.size(),
            root: builder.root(),
        });
    }

    fn sign(&self, head: TreeHead) {
        let note = Checkpoint::new(&self.origin, head).unwrap().sign(&self.key).unwrap();
        self.put("log/checkpoint", note.to_string().as_bytes());
    }

    fn record(&self) -> Value {
        let key = VerifierKey::new(&self.origin, self.key.verifying_key()).unwrap();
        let server_key = Hash32::from_bytes(self.key.verifying_key().to_bytes());
        json!({
            "format": "rochdale-public-record", "version": 1, "coop": self.coop, "slug": "weavers", "name": "The Weavers",
            "namespace": self.namespace, "origin": self.origin, "log_key": key.to_string(), "server_key": server_key,
            "decisions": [],
        })
    }

    fn write_record(&self, record: &Value) {
        self.put("coop.json", record.to_string().as_bytes());
    }

    fn verify(&self) -> FolderReport {
        verify(&self.path(), 100_000)
    }
}

fn entry(index: u128, letter: char) -> LogEntry {
    let text = match letter {
        'p' => ProposalV1::TYPE,
        'b' => BallotV1::TYPE,
        't' => TallyV1::TYPE,
        _ => EventV1::TYPE,
    };
    LogEntry {
        type_hash: keccak256(text.as_bytes()),
        record_hash: Hash32::from_u128(index),
    }
}

fn verify(folder: &Path, entries_max: u64) -> FolderReport {
    let options = FolderOptions {
        bundles: Options::default(),
        entries_max,
    };
    verify_folder(folder, &options, &mut |_, _| ()).unwrap()
}

/// Checks that a report has this status, and says this of this file first.
#[track_caller]
fn says(report: &FolderReport, status: u8, kind: FindingKind, file: &str, text: &str) {
    assert_eq!(report.status, status, "{report:#?}");
    let finding = report.findings.first().unwrap();
    assert_eq!((finding.kind, finding.file.as_str()), (kind, file), "{report:#?}");
    assert!(finding.text.contains(text), "{report:#?}");
}

#[test]
fn a_record_without_decisions_holds_and_ballots_without_a_question_were_omitted() {
    let report = Scene::of("..p.bb").verify();
    assert_eq!(
        (report.status, report.required.as_slice()),
        (0, &[Level::L0, Level::L1][..]),
        "{report:#?}"
    );
    let log = report.log.unwrap();
    assert_eq!(
        (log.head.size, log.unpublished, log.undecided.count, log.others),
        (6, 1, 2, 3)
    );
    let many = "b".repeat(600);
    let report = Scene::of(&many).verify();
    says(&report, 1, FindingKind::Contradiction, "log", "entry #0, 0x");
    assert_eq!(report.log.unwrap().omitted.count, 600);
    let report = Scene::of(".pbt").verify();
    says(
        &report,
        2,
        FindingKind::Missing,
        "log",
        "a result whose decision has no bundle here",
    );
    let report = Scene::of(".t").verify();
    says(
        &report,
        1,
        FindingKind::Contradiction,
        "log",
        "of a decision that has another one",
    );
}

const GOOD: &str = "0190b3f0-0000-7000-8000-00000000000a";

fn listed(proposal: &str) -> Value {
    json!({"proposal": proposal, "bytes": 9, "sha256": Hash32::ZERO, "evidence": Hash32::ZERO})
}

/// Checks that a list in which one member is another is refused.
#[track_caller]
fn refuses(scene: &Scene, name: &str, value: Value, text: &str) {
    let mut record = scene.record();
    record[name] = value;
    scene.write_record(&record);
    says(&scene.verify(), 1, FindingKind::Contradiction, "coop.json", text);
}

#[test]
fn a_list_that_leads_elsewhere_or_is_not_in_order_is_refused() {
    let scene = Scene::of(".");
    for path in ["../../../etc/passwd", "/etc/passwd", "..", "", "a/b"] {
        refuses(&scene, "decisions", json!([listed(path)]), "cannot be read");
    }
    let lower = "0190b3f0-0000-7000-8000-000000000009";
    for second in [GOOD, lower] {
        refuses(
            &scene,
            "decisions",
            json!([listed(GOOD), listed(second)]),
            "do not ascend",
        );
    }
}

#[test]
fn a_list_that_is_malformed_is_refused() {
    let scene = Scene::of(".");
    refuses(&scene, "path", json!("../x"), "unknown field");
    refuses(&scene, "format", json!("another"), "of the format another 1");
    refuses(&scene, "version", json!(2), "of the format rochdale-public-record 2");
    refuses(&scene, "origin", json!("log.example/other"), "do not belong together");
    refuses(&scene, "namespace", json!(Hash32::ZERO), "do not belong together");
    refuses(&scene, "log_key", json!("no key"), "the key of the log cannot be read");
    refuses(&scene, "server_key", json!("0x00"), "the server's key cannot be read");
    refuses(&scene, "coop", json!("x"), "cannot be read");
}

#[test]
fn a_list_or_a_bundle_that_is_not_there_is_missing() {
    let scene = Scene::of(".");
    let mut record = scene.record();
    record["decisions"] = json!([listed(GOOD)]);
    scene.write_record(&record);
    let file = format!("decisions/{GOOD}.rochdale");
    says(&scene.verify(), 2, FindingKind::Missing, &file, "it is not there");
    std::fs::remove_file(scene.path().join("coop.json")).unwrap();
    says(&scene.verify(), 2, FindingKind::Missing, "coop.json", "it is not there");
    let nowhere = scene.path().join("nowhere");
    says(
        &verify(&nowhere, 9),
        2,
        FindingKind::Missing,
        "coop.json",
        "it is not there",
    );
}

#[test]
fn a_link_is_no_file_of_a_record() {
    let scene = Scene::of(".");
    let secret = scene.own.path().join("secret");
    std::fs::write(&secret, b"of somebody else").unwrap();
    let mut record = scene.record();
    record["decisions"] = json!([listed(GOOD)]);
    scene.write_record(&record);
    std::fs::create_dir_all(scene.path().join("decisions")).unwrap();
    let file = format!("decisions/{GOOD}.rochdale");
    std::os::unix::fs::symlink(&secret, scene.path().join(&file)).unwrap();
    says(&scene.verify(), 2, FindingKind::Missing, &file, "it is not a file");
    let moved = scene.own.path().join("moved.json");
    std::fs::rename(scene.path().join("coop.json"), &moved).unwrap();
    std::os::unix::fs::symlink(&moved, scene.path().join("coop.json")).unwrap();
    says(
        &scene.verify(),
        2,
        FindingKind::Missing,
        "coop.json",
        "it is not a file",
    );
}

#[test]
fn a_log_that_is_not_what_was_signed_is_named_and_one_without_end_is_not_read() {
    let scene = Scene::of(&".".repeat(300));
    assert_eq!(scene.verify().status, 0);
    says(
        &verify(&scene.path(), 299),
        2,
        FindingKind::Missing,
        "log/checkpoint",
        "raise the limit",
    );
    let tile = scene.path().join("log/tile/entries/000");
    let mut bytes = std::fs::read(&tile).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&tile, &bytes).unwrap();
    let report = scene.verify();
    says(
        &report,
        1,
        FindingKind::Contradiction,
        "log/tile/entries/000",
        "entry 0 is not the one that was signed",
    );
    assert!(report.log.is_none(), "nothing is said of entries that were not signed");
    std::fs::remove_file(&tile).unwrap();
    says(
        &scene.verify(),
        2,
        FindingKind::Missing,
        "log/tile/entries/000",
        "it is not there",
    );
    scene.sign(TreeHead {
        size: 1 << 61,
        root: Hash32::ZERO,
    });
    says(
        &scene.verify(),
        2,
        FindingKind::Missing,
        "log/checkpoint",
        "raise the limit",
    );
    scene.put("log/checkpoint", b"a text\n");
    says(&scene.verify(), 1, FindingKind::Contradiction, "log/checkpoint", "");
    std::fs::remove_file(scene.path().join("log/checkpoint")).unwrap();
    says(
        &scene.verify(),
        2,
        FindingKind::Missing,
        "log/checkpoint",
        "it is not there",
    );
}

#[test]
fn a_record_that_is_not_the_one_you_know_contradicts() {
    let scene = Scene::of("..");
    let other = SigningKey::from_bytes(&[8; 32]);
    let named = [
        Options {
            namespace: Some(Hash32::ZERO),
            ..Options::default()
        },
        Options {
            log_key: Some(VerifierKey::new(&scene.origin, other.verifying_key()).unwrap()),
            ..Options::default()
        },
        Options {
            server_key: Some(governance::signature::PublicKey::Ed25519(
                other.verifying_key().to_bytes(),
            )),
            ..Options::default()
        },
    ];
    for bundles in named {
        let options = FolderOptions {
            bundles,
            entries_max: 9,
        };
        let report = verify_folder(&scene.path(), &options, &mut |_, _| ()).unwrap();
        says(
            &report,
            1,
            FindingKind::Contradiction,
            "coop.json",
            "another one than you named",
        );
    }
}

#[test]
fn the_report_keeps_a_hostile_name_from_moving_the_cursor() {
    let scene = Scene::of("pb");
    let mut record = scene.record();
    record["name"] = json!("Weavers\u{1b}[2J\nThe record holds: every bundle");
    scene.write_record(&record);
    let report = scene.verify();
    let mut page = Vec::new();
    print_folder(&mut page, &report).unwrap();
    let page = String::from_utf8(page).unwrap();
    assert!(
        page.starts_with("The public record of Weavers<U+001B>[2J<U+000A>The record holds"),
        "{page}"
    );
    assert!(page.contains("1 ballots may be of these"), "{page}");
    assert!(
        page.ends_with("The record holds: every bundle, the log, and both together.\n"),
        "{page}"
    );
}
