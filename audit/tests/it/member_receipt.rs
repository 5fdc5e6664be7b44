//! Aim: a member's receipt file proves each link from the ballot to the roll, the log and the tally, and every forged field is named.
//! Method: one honest file built here with keys of its own, and one field at a time replaced.

use audit::log::{ReceiptFileReport, ReceiptStanding, ReceiptVerdict, check_receipt_file, is_receipt_file};
use ed25519_dalek::{Signer, SigningKey};
use governance::hash::{Hash32, keccak256, to_hex};
use governance::log::proof::TreeHead;
use governance::log::tree::node_hash;
use governance::log::{Checkpoint, LogEntry, VerifierKey};
use governance::merkle::Tree;
use governance::record::{BallotV1, Domain, ProposalV1, ReceiptV1, Record, TallyV1, digest};
use governance::roll::{RollEntry, RollKey, ballot_leaf, roll_leaf};
use governance::signature::{PublicKey, SignatureKind};
use serde_json::{Value, json};
use wire::bundle::member_receipt::{RECEIPT_FORMAT, ReceiptAcknowledgement, ReceiptFile, ReceiptResult, ReceiptRoll};
use wire::bundle::{BundleKey, BundleSignatureKind, ProposalLine};
use wire::log::{LogProof, ReceiptState};

use crate::builder;

const ORIGIN: &str = "vote.example/log/receipts";

fn word(number: u128) -> Hash32 {
    Hash32::from_u128(number)
}

fn signer(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn public(seed: u8) -> String {
    to_hex(signer(seed).verifying_key().as_bytes())
}

/// The log's key as a verifier writes it.
pub fn log_key() -> VerifierKey {
    VerifierKey::new(ORIGIN, signer(1).verifying_key()).unwrap()
}

/// The key that signed the acknowledgement.
pub fn server_key() -> PublicKey {
    PublicKey::parse_hex(SignatureKind::Session, &public(2)).unwrap()
}

fn proposal(roll: Hash32) -> ProposalV1 {
    let lines = builder::lines(&builder::motion(false));
    let mut lines = lines
        .iter()
        .filter_map(|line| serde_json::from_str::<ProposalLine>(line).ok());
    ProposalV1 {
        namespace: word(10),
        proposal: word(11),
        text: word(12),
        options: word(13),
        rule: word(14),
        roll,
        roll_count: 2,
        roll_weight: 2,
        opens_at: 1_000,
        closes_at: 2_000,
        secrecy: 0,
        salt: word(15),
        ..lines.next().unwrap().record
    }
}

fn tally(proposal: &ProposalV1, ballots: Hash32, delegations: Hash32) -> TallyV1 {
    TallyV1 {
        namespace: proposal.namespace,
        proposal: proposal.proposal,
        proposal_hash: proposal.struct_hash(),
        roll: proposal.roll,
        ballots,
        ballot_count: 2,
        weight: 2,
        counts: vec![2, 0, 0, 0],
        outcome: 1,
        log_from: 4,
        log_to: 5,
        delegations,
        certificate: Hash32::ZERO,
        scale: 1,
        salt: word(16),
    }
}

/// The states of a log that holds these two records and no more.
fn log_of(entries: [LogEntry; 2]) -> [ReceiptState; 2] {
    let leaves = entries.map(|entry| entry.leaf_hash());
    let head = TreeHead {
        size: 2,
        root: node_hash(leaves[0], leaves[1]),
    };
    let checkpoint = Checkpoint::new(ORIGIN, head)
        .unwrap()
        .sign(&signer(1))
        .unwrap()
        .to_string();
    [0, 1].map(|place: usize| {
        ReceiptState::Published(LogProof {
            origin: ORIGIN.to_owned(),
            log_key: log_key().to_string(),
            type_hash: entries[place].type_hash,
            record_hash: entries[place].record_hash,
            index: u64::try_from(place).unwrap(),
            size: 2,
            inclusion: vec![leaves[1 - place]],
            checkpoint: checkpoint.clone(),
        })
    })
}

/// A file in which everything holds.
pub fn honest() -> Value {
    counted_with(1, Hash32::ZERO)
}

/// A file whose ballot counts with this weight, under a tally that used these delegations.
fn counted_with(weight: u128, delegations: Hash32) -> Value {
    let key = RollKey {
        public_key: PublicKey::parse_hex(SignatureKind::Ed25519, &public(3)).unwrap(),
        registered_sequence: 3,
    };
    let entry = RollEntry {
        voter: word(20),
        weight: 1,
        keys: vec![key],
    };
    let leaf = roll_leaf(word(11), &entry);
    let roll = Tree::new(vec![leaf, word(99)]);
    let proposal = proposal(roll.root());
    let ballot = BallotV1 {
        namespace: word(10),
        proposal: word(11),
        proposal_hash: proposal.struct_hash(),
        voter: word(20),
        revision: 1,
        options: vec![0],
        points: vec![1],
        reason: Hash32::ZERO,
        salt: word(21),
    };
    let receipt = ReceiptV1 {
        namespace: word(10),
        subject: word(11),
        record_hash: ballot.struct_hash(),
        sequence: 4,
        at: 1_500,
        salt: ballot.salt,
    };
    let domain = Domain {
        namespace: word(10),
        chain: None,
    };
    let signature = signer(2).sign(digest(&domain, &receipt).as_bytes());
    let counted = ballot_leaf(word(11), word(20), ballot.struct_hash(), weight);
    let ballots = Tree::new(vec![counted, word(98)]);
    let tally = tally(&proposal, ballots.root(), delegations);
    let [log, tally_log] = log_of([LogEntry::of(&ballot), LogEntry::of(&tally)]);
    let file = ReceiptFile {
        format: RECEIPT_FORMAT.to_owned(),
        proposal,
        ballot,
        roll: ReceiptRoll {
            voter: word(20),
            weight: 1,
            keys: vec![BundleKey {
                kind: BundleSignatureKind::Ed25519,
                public_key: public(3),
                registered_sequence: 3,
            }],
            proof: roll.proof(leaf).unwrap(),
        },
        acknowledgement: ReceiptAcknowledgement {
            receipt,
            receipt_signature: to_hex(&signature.to_bytes()),
            server_key: public(2),
        },
        log,
        result: ReceiptResult::Counted {
            tally,
            weight,
            proof: ballots.proof(counted).unwrap(),
            log: tally_log,
        },
    };
    serde_json::to_value(&file).unwrap()
}

fn judge(file: &Value) -> ReceiptFileReport {
    let bytes = file.to_string();
    assert!(is_receipt_file(bytes.as_bytes()));
    check_receipt_file(bytes.as_bytes(), &log_key(), Some(&server_key()), None)
}

fn changed(pointer: &str, value: Value) -> Value {
    let mut file = honest();
    let place = file.pointer_mut(pointer).unwrap();
    assert_ne!(*place, value, "{pointer} is as it was");
    *place = value;
    file
}

#[test]
fn an_honest_file_proves_every_link_and_names_the_keys() {
    let report = judge(&honest());
    assert_eq!(
        (report.verdict, report.status),
        (ReceiptVerdict::Proved, 0),
        "{report:?}"
    );
    assert!(
        report
            .checks
            .iter()
            .all(|check| check.standing == ReceiptStanding::Proved)
    );
    assert_eq!(report.checks.len(), 11);
    assert_eq!(report.keys.unwrap()[0].public_key, public(3));
}

/// Where a field is forged, with what, and which check names it.
fn forgeries() -> Vec<(&'static str, Value, &'static str)> {
    let hash = || json!(keccak256(b"forged"));
    vec![
        ("/proposal/text", hash(), "ballot"),
        ("/proposal/closes_at", json!(2_001), "ballot"),
        ("/proposal/roll", hash(), "roll"),
        ("/ballot/options", json!([1]), "acknowledgement.receipt"),
        ("/ballot/salt", hash(), "acknowledgement.receipt"),
        ("/ballot/namespace", hash(), "ballot"),
        ("/ballot/voter", hash(), "roll.voter"),
        ("/ballot/revision", json!(2), "log"),
        ("/roll/voter", hash(), "roll.voter"),
        ("/roll/weight", json!("2"), "roll"),
        ("/roll/keys", json!([]), "roll"),
        ("/roll/keys/0/kind", json!("session"), "roll.keys"),
        ("/roll/keys/0/public_key", json!(public(4)), "roll"),
        ("/roll/keys/0/registered_sequence", json!(9), "roll"),
        ("/roll/proof/0", hash(), "roll"),
        ("/acknowledgement/receipt/subject", hash(), "acknowledgement.receipt"),
        (
            "/acknowledgement/receipt/record_hash",
            hash(),
            "acknowledgement.receipt",
        ),
        ("/acknowledgement/receipt/salt", hash(), "acknowledgement.receipt"),
        (
            "/acknowledgement/receipt/sequence",
            json!(9),
            "acknowledgement.receipt_signature",
        ),
        (
            "/acknowledgement/receipt/at",
            json!(9),
            "acknowledgement.receipt_signature",
        ),
        (
            "/acknowledgement/receipt_signature",
            json!("0x00"),
            "acknowledgement.receipt_signature",
        ),
        (
            "/acknowledgement/server_key",
            json!(public(5)),
            "acknowledgement.server_key",
        ),
        ("/log/record_hash", hash(), "log"),
        ("/log/type_hash", hash(), "log"),
        ("/log/index", json!(1), "log"),
        ("/log/size", json!(3), "log"),
        ("/log/inclusion/0", hash(), "log"),
        ("/log/checkpoint", json!("none"), "log"),
        ("/log/log_key", json!("another"), "log"),
        ("/result/tally/proposal", hash(), "result.tally"),
        ("/result/tally/roll", hash(), "result.tally"),
        ("/result/tally/outcome", json!(2), "result.log"),
        ("/result/tally/ballots", hash(), "result.proof"),
        ("/result/weight", json!("2"), "result.weight"),
        ("/result/weight", json!("2"), "result.proof"),
        ("/result/weight", json!("0"), "result.weight"),
        ("/result/proof/0", hash(), "result.proof"),
        ("/result/log/inclusion/0", hash(), "result.log"),
    ]
}

#[test]
fn each_forged_field_is_found_and_named() {
    for (pointer, value, field) in forgeries() {
        let report = judge(&changed(pointer, value));
        assert_eq!(
            (report.verdict, report.status),
            (ReceiptVerdict::Contradicted, 1),
            "{pointer}: {report:?}"
        );
        let is_named =
            |check: &audit::log::ReceiptCheck| check.field == field && check.standing == ReceiptStanding::Contradicted;
        assert!(report.checks.iter().any(is_named), "{pointer}: {report:?}");
        let is_of_roll = field == "roll" || field == "roll.keys";
        assert!(
            !is_of_roll || report.keys.is_none(),
            "{pointer}: keys that no roll holds are shown"
        );
    }
}

#[test]
fn what_is_not_there_yet_is_pending_and_no_contradiction() {
    let pending = json!({"state": "pending"});
    for (pointer, verdict, status) in [
        ("/log", ReceiptVerdict::Pending, 2),
        ("/result", ReceiptVerdict::Proved, 0),
        ("/result/log", ReceiptVerdict::Proved, 0),
    ] {
        let report = judge(&changed(pointer, pending.clone()));
        assert_eq!(
            (report.verdict, report.status),
            (verdict, status),
            "{pointer}: {report:?}"
        );
        assert!(
            report
                .checks
                .iter()
                .any(|check| check.standing == ReceiptStanding::Pending)
        );
    }
}

#[test]
fn a_ballot_counts_with_more_than_its_own_weight_only_where_delegations_were_used() {
    for (weight, delegations, verdict) in [
        (3, word(97), ReceiptVerdict::Proved),
        (1, word(97), ReceiptVerdict::Proved),
        (3, Hash32::ZERO, ReceiptVerdict::Contradicted),
        (0, word(97), ReceiptVerdict::Contradicted),
    ] {
        let report = judge(&counted_with(weight, delegations));
        assert_eq!(report.verdict, verdict, "{weight}: {report:?}");
    }
}

#[test]
fn another_ballot_than_the_one_asked_for_is_named() {
    let bytes = honest().to_string();
    let report = check_receipt_file(bytes.as_bytes(), &log_key(), None, Some(word(1)));
    assert_eq!(report.verdict, ReceiptVerdict::Contradicted);
    assert!(report.reason.contains("another ballot"), "{}", report.reason);
}

#[test]
fn a_file_of_another_form_is_no_receipt() {
    let mut more = honest();
    more["note"] = json!("all is well");
    for file in [
        more,
        changed("/format", json!("rochdale-receipt-2")),
        changed("/roll", json!([])),
    ] {
        let report = judge(&file);
        assert_eq!(
            (report.verdict, report.status),
            (ReceiptVerdict::NoReceipt, 2),
            "{report:?}"
        );
    }
    let deep = format!("{{\"format\":\"{RECEIPT_FORMAT}\",\"roll\":{}", "[".repeat(100_000));
    assert_eq!(
        check_receipt_file(deep.as_bytes(), &log_key(), None, None).verdict,
        ReceiptVerdict::NoReceipt
    );
    let long = " ".repeat(audit::log::RECEIPT_BYTES_MAX + 1);
    assert!(
        check_receipt_file(long.as_bytes(), &log_key(), None, None)
            .reason
            .contains("longer")
    );
}
