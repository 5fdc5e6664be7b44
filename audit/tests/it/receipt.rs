//! Aim: a receipt is proved by the log's key alone, whatever else the file says, and a file of any kind is judged, not believed.
//! Method: the receipts of the published log of three entries, as they are and changed in one place.

use audit::log::{RECEIPT_BYTES_MAX, ReceiptReport, ReceiptVerdict, check_receipt};
use ed25519_dalek::SigningKey;
use governance::hash::{Hash32, keccak256};
use governance::log::{Note, VerifierKey};
use serde_json::{Value, json};

const LOG: &str = include_str!("../../../governance/testdata/log.json");

fn vectors() -> Value {
    serde_json::from_str(LOG).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The key of that log, as text.
pub fn key_text() -> String {
    text(&vectors()["key"]["text"])
}

fn key() -> VerifierKey {
    key_text().parse().unwrap()
}

/// The answer about an entry of that log.
pub fn receipt(index: usize) -> Value {
    let vectors = vectors();
    let entry = &vectors["entries"][index];
    json!({
        "state": "published",
        "origin": vectors["origin"],
        "log_key": vectors["key"]["text"],
        "type_hash": entry["typeHash"],
        "record_hash": entry["structHash"],
        "index": index,
        "size": 3,
        "inclusion": vectors["inclusion"][index]["proof"],
        "checkpoint": vectors["checkpoints"][3]["note"],
    })
}

/// The hash of the record of an entry.
pub fn record(index: usize) -> Hash32 {
    text(&receipt(index)["record_hash"]).parse().unwrap()
}

fn judge(bytes: &[u8], record: Option<Hash32>) -> ReceiptReport {
    check_receipt(bytes, &key(), record)
}

/// Judges a file and expects a verdict, the status that goes with it, and a reason.
fn check(name: &str, bytes: &[u8], verdict: ReceiptVerdict, reason: &str) -> ReceiptReport {
    let report = judge(bytes, None);
    let status = match verdict {
        ReceiptVerdict::Proved => 0,
        ReceiptVerdict::Contradicted => 1,
        ReceiptVerdict::Pending | ReceiptVerdict::NoReceipt => 2,
    };
    assert_eq!((report.verdict, report.status), (verdict, status), "{name}: {report:?}");
    assert!(report.reason.contains(reason), "{name}: {}", report.reason);
    report
}

#[test]
fn each_entry_of_a_published_log_is_proved() {
    for (index, name) in ["BylawsV1", "ProposalV1", "BallotV1"].iter().enumerate() {
        let bytes = receipt(index).to_string();
        let report = check(name, bytes.as_bytes(), ReceiptVerdict::Proved, "holds this record");
        assert_eq!(report.record_type.as_deref(), Some(*name));
        assert_eq!(report.record_hash, Some(record(index)));
        assert_eq!(report.checkpoint.unwrap().size, 3);
        assert!(!report.is_compared);
        let asked = judge(bytes.as_bytes(), Some(record(index)));
        assert_eq!((asked.status, asked.is_compared), (0, true), "{asked:?}");
        let other = judge(bytes.as_bytes(), Some(record((index + 1) % 3)));
        assert_eq!(other.verdict, ReceiptVerdict::Contradicted, "{other:?}");
        assert!(other.reason.contains("another record than the one asked for"));
    }
}

/// A receipt whose entry is as it was and one member another.
fn with(member: &str, value: Value) -> Vec<u8> {
    let mut changed = receipt(1);
    assert_ne!(changed[member], value, "{member}");
    changed[member] = value;
    changed.to_string().into_bytes()
}

#[test]
fn a_proof_in_which_one_thing_is_another_is_a_contradiction() {
    let path = receipt(1)["inclusion"].as_array().unwrap().clone();
    let word = || json!(keccak256(b"other"));
    let root = "does not lead to the root";
    let length = "wrong length";
    let none: [Value; 0] = [];
    for (member, value, reason) in [
        ("record_hash", word(), root),
        ("type_hash", word(), root),
        ("type_hash", receipt(0)["type_hash"].clone(), root),
        ("index", json!(0), root),
        ("index", json!(2), length),
        ("index", json!(3), "outside the tree"),
        ("index", json!(u64::MAX), "outside the tree"),
        ("size", json!(2), "another size"),
        ("size", json!(u64::MAX), "another size"),
        ("origin", json!("vote.example/log"), "another log"),
        ("log_key", json!(""), "another key"),
        ("inclusion", json!([path[1], path[0]]), root),
        ("inclusion", json!([path[0], word()]), root),
        ("inclusion", json!(path[..1]), length),
        ("inclusion", json!(none), length),
        ("inclusion", json!([path[0], path[1], path[0]]), length),
        ("inclusion", json!(vec![word(); 10_000]), length),
    ] {
        let name = format!("{member}: {reason}");
        let report = check(&name, &with(member, value), ReceiptVerdict::Contradicted, reason);
        assert!(report.record_hash.is_some(), "{name}");
    }
}

#[test]
fn a_checkpoint_that_the_key_did_not_sign_for_this_log_is_a_contradiction() {
    let vectors = vectors();
    let note = text(&vectors["checkpoints"][3]["note"]);
    let origin = text(&vectors["origin"]);
    let checkpoint = note.split_inclusive('\n').take(3).collect::<String>();
    let signed = |text: &str, seed: u8| {
        let mut note = Note::new(text.to_owned()).unwrap();
        note.sign(&origin, &SigningKey::from_bytes(&[seed; 32])).unwrap();
        note.to_string()
    };
    assert_eq!(signed(&checkpoint, 0x11), note);
    let older = text(&vectors["checkpoints"][2]["note"]);
    for (name, note, reason) in [
        ("a stranger's", signed(&checkpoint, 0x22), "not signed by"),
        ("a byte is another", note.replace("\n3\n", "\n4\n"), "does not match"),
        (
            "another log of the same key",
            signed(&checkpoint.replace("vote.example", "evil.example"), 0x11),
            "of another origin",
        ),
        (
            "one more line",
            signed(&format!("{checkpoint}and more\n"), 0x11),
            "extension lines",
        ),
        ("an older one", older, "another size"),
        ("no note", String::new(), "no signature"),
        ("a long one", "a".repeat(200_000), "longer than"),
    ] {
        let report = check(
            name,
            &with("checkpoint", json!(note)),
            ReceiptVerdict::Contradicted,
            reason,
        );
        assert_eq!(report.checkpoint.is_some(), name == "an older one", "{name}");
    }
}

#[test]
fn a_pending_record_proves_nothing_and_is_no_contradiction() {
    for text in [r#"{"state":"pending"}"#, " {\"state\": \"pending\"}\n"] {
        let report = check(
            text,
            text.as_bytes(),
            ReceiptVerdict::Pending,
            "no published checkpoint",
        );
        assert_eq!((report.record_hash, report.index), (None, None));
    }
}

#[test]
fn what_is_not_such_an_answer_proves_nothing() {
    let honest = receipt(1).to_string();
    let twice = honest.replacen('{', r#"{"index":1,"#, 1);
    let state_twice = honest.replacen('{', r#"{"state":"pending","#, 1);
    let deep = format!("{}{}", r#"{"state":"pending","more":"#, "[".repeat(500_000));
    let digits = text(&receipt(1)["record_hash"]);
    let upper = honest.replace(&digits, &digits.to_uppercase().replace('X', "x"));
    let mut files: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("no JSON", b"checkpoint\n".to_vec()),
        (
            "an error of the server",
            br#"{"type":"urn:problem","status":404}"#.to_vec(),
        ),
        ("another state", br#"{"state":"proved"}"#.to_vec()),
        (
            "a verdict of its own",
            br#"{"state":"\n\nPROVED: all is well"}"#.to_vec(),
        ),
        ("a list", b"[]".to_vec()),
        ("no UTF-8", b"{\"state\":\"pend\xffing\"}".to_vec()),
        ("cut short", honest.as_bytes()[..honest.len() - 1].to_vec()),
        ("something after it", format!("{honest}{honest}").into_bytes()),
        ("a member twice", twice.into_bytes()),
        ("the state twice", state_twice.into_bytes()),
        ("no end of lists", deep.into_bytes()),
        ("capital digits", upper.into_bytes()),
        ("a short hash", with("record_hash", json!("0x00"))),
        ("a negative number", with("index", json!(-1))),
        ("a fraction", with("index", json!(1.0))),
        ("a list in place of a note", with("checkpoint", json!(["a"]))),
    ];
    for member in [
        "origin",
        "log_key",
        "type_hash",
        "record_hash",
        "index",
        "size",
        "inclusion",
        "checkpoint",
    ] {
        let mut lacking = receipt(1);
        lacking.as_object_mut().unwrap().remove(member);
        files.push((member, lacking.to_string().into_bytes()));
    }
    for (name, bytes) in &files {
        let report = check(name, bytes, ReceiptVerdict::NoReceipt, "not the answer about a receipt");
        // Nothing of the file is quoted in the program's own voice.
        assert!(report.reason.len() < 100, "{name}: {}", report.reason);
        assert!(!report.reason.contains("PROVED"), "{name}: {}", report.reason);
    }
    // As long as it may be, and one byte longer.
    let mut padded = honest.into_bytes();
    padded.resize(RECEIPT_BYTES_MAX, b' ');
    check("padded", &padded, ReceiptVerdict::Proved, "");
    padded.push(b' ');
    check("too long", &padded, ReceiptVerdict::NoReceipt, "longer than");
}
