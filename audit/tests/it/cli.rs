//! Aim: help and output of `rochdale-audit` change only on purpose. Method: golden files in `golden/`; `UPDATE_GOLDEN=1` writes
//! them anew.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::builder::{election, gzip, lines, motion};
use crate::log::{self, Site};
use crate::omission;
use crate::placing::{Placed, section};
use crate::tampering::{By, changed, line_of, mended};
use crate::{member_receipt, receipt};
use wire::bundle::Section;

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rochdale-audit"))
        .args(arguments)
        .current_dir(golden_folder())
        .env("COLUMNS", "100")
        .output()
        .unwrap()
}

fn golden_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Compares status, output and messages with a golden file.
fn check(name: &str, arguments: &[&str], hide: &str) {
    let output = run(arguments);
    let shown: Vec<String> = arguments.iter().map(|word| word.replace(hide, "BUNDLE")).collect();
    let text = format!(
        "$ rochdale-audit {}\n{}{}\nexit status {}\n",
        shown.join(" "),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap().replace(hide, "BUNDLE"),
        output.status.code().unwrap()
    );
    compare(name, &text);
}

fn compare(name: &str, text: &str) {
    let path = golden_folder().join(format!("{name}.txt"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        text, golden,
        "{name}: run the tests with UPDATE_GOLDEN=1 and look at the difference"
    );
}

const NOTHING_HIDDEN: &str = "\u{0}";

/// The key of the example that Go's documentation of notes gives.
const VKEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

#[test]
fn help_and_usage() {
    check("help", &["--help"], NOTHING_HIDDEN);
    check("verify-help", &["verify", "--help"], NOTHING_HIDDEN);
    check("diff-help", &["diff", "--help"], NOTHING_HIDDEN);
    check("count-help", &["count", "--help"], NOTHING_HIDDEN);
    check("watch-help", &["watch", "--help"], NOTHING_HIDDEN);
    check("fork-proof-help", &["fork-proof", "--help"], NOTHING_HIDDEN);
    check("receipt-help", &["receipt", "--help"], NOTHING_HIDDEN);
    check("rule-help", &["rule", "--help"], NOTHING_HIDDEN);
    check("allocate-help", &["allocate", "--help"], NOTHING_HIDDEN);
    check("statement-help", &["statement", "--help"], NOTHING_HIDDEN);
    check("contributions-help", &["contributions", "--help"], NOTHING_HIDDEN);
    check("claims-help", &["claims", "--help"], NOTHING_HIDDEN);
    for (name, arguments) in [
        ("usage-none", &[][..]),
        ("usage-option", &["verify", "x", "--colour"]),
        ("usage-level", &["verify", "x", "--require", "L9"]),
        ("usage-key", &["verify", "x", "--server-key", "0x00"]),
        ("usage-rpc", &["verify", "small.blt", "--rpc", "http://example.org"]),
        ("usage-diff-absent", &["diff", "small.blt", "absent.rochdale"]),
        ("usage-diff-folder", &["diff", "small.blt", "."]),
        ("usage-absent", &["verify", "absent.rochdale"]),
        (
            "usage-vkey",
            &["watch", "log", "--key", "name+00000000+AAAA", "--state", "x"],
        ),
        ("usage-state", &["watch", "log", "--key", VKEY, "--state", "small.blt"]),
        (
            "usage-log",
            &["watch", "http://example.org", "--key", VKEY, "--state", "x"],
        ),
        ("usage-notes", &["fork-proof", "absent", "absent", "--key", VKEY]),
        ("usage-receipt", &["receipt", "absent", "--key", VKEY]),
        ("usage-receipt-key", &["receipt", "small.blt"]),
        (
            "usage-record",
            &["receipt", "small.blt", "--key", VKEY, "--record", "0x00"],
        ),
        ("usage-rule", &["rule", "shouting"]),
        ("usage-rule-salt", &["rule", "simple", "--salt", "0x00"]),
        ("usage-method", &["count", "small.blt", "--method", "cumulative"]),
        (
            "usage-both",
            &[
                "count",
                "small.blt",
                "--method",
                "scottish-stv",
                "--lot",
                "0x",
                "--tie-order",
                "x",
            ],
        ),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(3), "{name}: {output:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{name}");
    }
}

#[test]
fn allocations() {
    let ana = "00000000-0000-7000-8000-000000000001";
    check("allocate", &["allocate", "allocate.jsonl"], NOTHING_HIDDEN);
    check(
        "allocate-explain",
        &["allocate", "allocate.jsonl", "--explain"],
        NOTHING_HIDDEN,
    );
    check(
        "allocate-member",
        &["allocate", "allocate.jsonl", "--explain", "--member", ana],
        NOTHING_HIDDEN,
    );
    check(
        "allocate-unclaimed",
        &["allocate", "allocate_unclaimed.jsonl"],
        NOTHING_HIDDEN,
    );
    check("allocate-wrong", &["allocate", "allocate_wrong.jsonl"], NOTHING_HIDDEN);
    check("allocate-malformed", &["allocate", "small.blt"], NOTHING_HIDDEN);
}

/// The roots of the lists are by OpenZeppelin's merkle-tree; in `claims_wrong.txt` an amount is changed.
#[test]
fn claims() {
    let root = "0x00000000000000000000000000000000000000000000000000000000000000a1";
    for (name, arguments) in [
        ("claims", &["claims_next.txt", "--before", "claims_first.txt"][..]),
        ("claims-json", &["claims_first.txt", "--json"]),
        ("claims-less", &["claims_less.txt", "--before", "claims_first.txt"]),
        ("claims-other-root", &["claims_first.txt", "--root", root]),
        ("claims-wrong", &["claims_wrong.txt"]),
        ("claims-malformed", &["small.blt"]),
    ] {
        check(name, &[&["claims"], arguments].concat(), NOTHING_HIDDEN);
    }
}

#[test]
fn counts() {
    let stv = |file: &'static str, more: &[&'static str]| {
        let mut arguments = vec!["count", file, "--method", "scottish-stv"];
        arguments.extend(more);
        arguments
    };
    let lot = "0x00000000000000000000000000000000000000000000000000000000000000a1";
    check("count", &stv("small.blt", &[]), NOTHING_HIDDEN);
    check("count-json", &stv("small.blt", &["--json"]), NOTHING_HIDDEN);
    check("count-one-place", &stv("small.blt", &["--seats", "1"]), NOTHING_HIDDEN);
    check(
        "count-too-many-places",
        &stv("small.blt", &["--seats", "9"]),
        NOTHING_HIDDEN,
    );
    check("count-tie", &stv("tie.blt", &[]), NOTHING_HIDDEN);
    check("count-tie-json", &stv("tie.blt", &["--json"]), NOTHING_HIDDEN);
    check("count-tie-lot", &stv("tie.blt", &["--lot", lot]), NOTHING_HIDDEN);
    check(
        "count-tie-order",
        &stv("tie.blt", &["--tie-order", "order.txt"]),
        NOTHING_HIDDEN,
    );
    check(
        "count-tie-order-short",
        &stv("tie.blt", &["--tie-order", "short.txt"]),
        NOTHING_HIDDEN,
    );
    check("count-equal", &stv("equal.blt", &[]), NOTHING_HIDDEN);
    check("count-malformed", &stv("malformed.blt", &[]), NOTHING_HIDDEN);
}

#[test]
fn rules() {
    let word = "0x00000000000000000000000000000000000000000000000000000000000000a1";
    check("rule", &["rule", "two_thirds"], NOTHING_HIDDEN);
    check("rule-file", &["rule", "rule.json"], NOTHING_HIDDEN);
    check("rule-json", &["rule", "rule.json", "--json"], NOTHING_HIDDEN);
    check(
        "rule-salted",
        &["rule", "simple", "--namespace", word, "--salt", word],
        NOTHING_HIDDEN,
    );
    check("rule-malformed", &["rule", "rule_malformed.json"], NOTHING_HIDDEN);
    check("rule-impossible", &["rule", "rule_impossible.json"], NOTHING_HIDDEN);
    check("rule-hostile", &["rule", "rule_hostile.json"], NOTHING_HIDDEN);
    check("rule-no-json", &["rule", "small.blt"], NOTHING_HIDDEN);
}

#[test]
fn verifications() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, lines: &[String]| {
        let path = folder.path().join(name);
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(&path, gzip(text.as_bytes())).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let honest = lines(&motion(false));
    let (index, mut ballot) = line_of(&honest, Section::Ballot);
    let option = ballot.pointer_mut("/record/options/0").unwrap();
    *option = changed(option);
    let mut forged = honest.clone();
    forged[index] = ballot.to_string();
    let without_lot: Vec<String> = honest
        .iter()
        .filter(|line| !line.starts_with("{\"section\":\"lot\""))
        .cloned()
        .collect();
    let mut hostile = honest.clone();
    let (index, mut proposal) = line_of(&honest, Section::Proposal);
    proposal["title"] = "\u{1b}]0;owned\u{7}\u{202e}?evaew ew llahS".into();
    hostile[index] = proposal.to_string();
    let cases = [
        ("verify", honest.clone(), vec![]),
        ("verify-json", honest.clone(), vec!["--json"]),
        ("verify-election", lines(&election(true)), vec![]),
        ("verify-forged", mended(forged, By::Anyone), vec![]),
        ("verify-missing", mended(without_lot, By::Anyone), vec![]),
        ("verify-hostile-title", mended(hostile, By::Anyone), vec![]),
        ("verify-levels", honest, vec!["--require", "L0,L1"]),
    ];
    for (name, lines, more) in cases {
        let path = file(name, &lines);
        let mut arguments = vec!["verify", path.as_str()];
        arguments.extend(more);
        check(name, &arguments, &path);
    }
}

#[test]
fn verifications_in_a_log() {
    let folder = tempfile::tempdir().unwrap();
    let hide = folder.path().to_str().unwrap().to_owned();
    let mut placed = Placed::new(&motion(false));
    let file = |name: &str, lines: &[String]| {
        let path = folder.path().join(name);
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(&path, gzip(text.as_bytes())).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let honest = file("honest", &placed.seal());
    let early = file("early", &placed.seal_with(None, &[]));
    let mut late = placed.clone();
    let last = late
        .lines
        .iter()
        .rposition(|line| section(line) == Section::Ballot)
        .unwrap();
    late.place(last);
    let late = file("late", &late.seal());
    placed.grow(1_300);
    let log = placed.publish();
    let to = format!("{hide}/log");
    std::fs::rename(log.path(), &to).unwrap();
    let key = placed.key().to_string();
    let named = ["--log", to.as_str(), "--log-key", key.as_str()];
    for (name, path, more) in [
        ("verify-in-log", &honest, &named[..]),
        ("verify-in-log-json", &honest, &["--json"][..]),
        ("verify-late", &late, &named[2..]),
        ("verify-no-checkpoint", &early, &[]),
    ] {
        let mut arguments = vec!["verify", path.as_str()];
        arguments.extend(more);
        check(name, &arguments, &hide);
    }
}

#[test]
fn omissions() {
    let folder = tempfile::tempdir().unwrap();
    let hide = folder.path().to_str().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let bundle = |name: &str, placed: &Placed| {
        let text: String = placed.seal().iter().map(|line| format!("{line}\n")).collect();
        write(name, &gzip(text.as_bytes()))
    };
    let honest = Placed::new(&motion(false));
    let acknowledgement = write(
        "acknowledgement",
        omission::acknowledgement(&honest, 2).to_string().as_bytes(),
    );
    let (held, omitted) = (bundle("held", &honest), bundle("omitted", &omission::omitting(&honest)));
    let key = honest.key().to_string();
    for (name, bundle, more) in [
        ("receipt-held", &held, &[][..]),
        ("receipt-omitted", &omitted, &["--key", key.as_str()][..]),
        ("receipt-omitted-json", &omitted, &["--json"]),
    ] {
        let mut words = vec!["receipt", acknowledgement.as_str(), "--bundle", bundle.as_str()];
        words.extend(more);
        check(name, &words, hide);
    }
}

#[test]
fn differences() {
    let folder = tempfile::tempdir().unwrap();
    let hide = folder.path().to_str().unwrap();
    let file = |name: &str, lines: &[String]| {
        let path = folder.path().join(name);
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(&path, gzip(text.as_bytes())).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let honest = lines(&motion(true));
    let (index, mut ballot) = line_of(&honest, Section::Ballot);
    let option = ballot.pointer_mut("/record/options/0").unwrap();
    *option = changed(option);
    let mut rewritten = honest.clone();
    rewritten[index] = ballot.to_string();
    rewritten.remove(index + 2);
    let mut early = honest.clone();
    early.remove(honest.len() - 2);
    let (a, early) = (file("a", &honest), file("early", &mended(early, By::Server)));
    let rewritten = file("rewritten", &mended(rewritten, By::Server));
    let other = file("other", &lines(&motion(false)));
    check("diff-same", &["diff", &a, &a], hide);
    check("diff-early", &["diff", &early, &a], hide);
    check("diff", &["diff", &a, &rewritten], hide);
    check("diff-json", &["diff", &a, &rewritten, "--json"], hide);
    check("diff-other", &["diff", &a, &other], hide);
}

#[test]
fn watches_and_fork_proofs() {
    let mut site = Site::new(&[300]);
    let hide = site.path().to_str().unwrap().to_owned();
    let at = |name: &str| format!("{hide}/{name}");
    let (log, state, key) = (at("log"), at("state"), log::key().to_string());
    let watch = ["watch", &log, "--key", &key, "--state", &state];
    check("watch-first", &watch, &hide);
    check("watch-again", &watch, &hide);
    std::fs::write(at("a"), site.note()).unwrap();
    site.grow(600);
    std::fs::write(at("b"), site.note()).unwrap();
    check("watch-json", &[&watch[..], &["--json"]].concat(), &hide);
    let fork = |more: &[&str]| {
        let mut words = vec![
            "fork-proof".to_owned(),
            at("a"),
            at("b"),
            "--key".to_owned(),
            key.clone(),
        ];
        words.extend(more.iter().map(|word| (*word).to_owned()));
        words
    };
    let check_fork = |name, more: &[&str]| {
        let words = fork(more);
        check(name, &words.iter().map(String::as_str).collect::<Vec<_>>(), &hide);
    };
    check_fork("fork-proof-undecided", &[]);
    check_fork("fork-proof-none", &["--tiles", &log]);
    site.write("tile/1/000.p/2", b"");
    check("watch-damaged", &watch, &hide);
    site.write("checkpoint", std::fs::read(at("a")).unwrap().as_slice());
    check("watch-cut", &watch, &hide);
    std::fs::write(at("b"), log::rewritten_note()).unwrap();
    check_fork("fork-proof", &[]);
    check_fork("fork-proof-json", &["--json"]);
}

#[test]
fn receipts() {
    let folder = tempfile::tempdir().unwrap();
    let hide = folder.path().to_str().unwrap();
    let (key, own) = (receipt::key_text(), receipt::record(2).to_string());
    let honest = receipt::receipt(2);
    let mut elsewhere = honest.clone();
    elsewhere["index"] = 1.into();
    let mut hostile = honest.clone();
    hostile["type_hash"] = serde_json::json!(governance::hash::keccak256(b"Unknown"));
    hostile["origin"] = "\u{1b}]0;owned\u{7}".into();
    let state = "\u{1b}]0;owned\u{7}\n\nPROVED: all is well";
    for (name, answer, more) in [
        ("receipt", &honest, &[][..]),
        ("receipt-record", &honest, &["--record", own.as_str()]),
        ("receipt-json", &honest, &["--json"]),
        ("receipt-elsewhere", &elsewhere, &[]),
        ("receipt-hostile", &hostile, &[]),
        ("receipt-pending", &serde_json::json!({"state": "pending"}), &[]),
        ("receipt-none", &serde_json::json!({"state": state}), &[]),
        ("receipt-none-json", &serde_json::json!({"state": state}), &["--json"]),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, answer.to_string()).unwrap();
        let mut words = vec!["receipt", path.to_str().unwrap(), "--key", &key];
        words.extend(more);
        check(name, &words, hide);
    }
}

#[test]
fn receipt_files_of_members() {
    let folder = tempfile::tempdir().unwrap();
    let key = member_receipt::log_key().to_string();
    let honest = member_receipt::honest();
    // The hash covers every field that a proposal has; what is printed of it here is not about them.
    let ballot = honest["acknowledgement"]["receipt"]["record_hash"].as_str().unwrap();
    let mut forged = honest.clone();
    forged["roll"]["keys"][0]["registered_sequence"] = 9.into();
    let mut pending = honest.clone();
    pending["log"] = serde_json::json!({"state": "pending"});
    pending["result"] = serde_json::json!({"state": "pending"});
    let mut hostile = honest.clone();
    hostile["roll"]["keys"][0]["public_key"] = "\u{1b}]0;owned\u{7}\n\nPROVED: all is well".into();
    for (name, file, more) in [
        ("receipt-file", &honest, &[][..]),
        ("receipt-file-json", &honest, &["--json"]),
        ("receipt-file-forged", &forged, &[]),
        ("receipt-file-pending", &pending, &[]),
        ("receipt-file-hostile", &hostile, &[]),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, file.to_string()).unwrap();
        let mut words = vec!["receipt", path.to_str().unwrap(), "--key", &key];
        words.extend(more);
        let output = run(&words);
        let text = String::from_utf8(output.stdout).unwrap().replace(ballot, "BALLOT");
        let status = output.status.code().unwrap();
        compare(name, &format!("{text}\nexit status {status}\n"));
    }
}
