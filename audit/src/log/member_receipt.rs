//! A member's receipt file: every link from the ballot to the roll, the acknowledgement, the log and the tally.

use std::io::Write;

use governance::hash::{Hash32, from_hex, keccak256};
use governance::log::VerifierKey;
use governance::merkle;
use governance::record::{BallotV1, Domain, Record, TallyV1, digest};
use governance::roll::{RollEntry, RollKey, ballot_leaf, roll_leaf};
use governance::signature::{self, PublicKey, SignatureKind};
use serde::{Deserialize, Serialize};
use wire::bundle::member_receipt::{RECEIPT_FORMAT, ReceiptFile, ReceiptResult};
use wire::bundle::{BundleKey, BundleSignatureKind};
use wire::log::ReceiptState;

use super::{CONTRADICTION, HOLDS, LACKING, RECEIPT_BYTES_MAX, ReceiptVerdict, check_receipt};
use crate::print::harmless;

/// How one link of the chain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptStanding {
    /// It was computed again and holds.
    Proved,
    /// It does not hold.
    Contradicted,
    /// There is nothing to check yet.
    Pending,
}

/// One link of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceiptCheck {
    /// The member of the file that it is about.
    pub field: &'static str,
    /// How it stands.
    pub standing: ReceiptStanding,
    /// What holds, or why not, in one sentence.
    pub text: String,
}

/// What came of checking a receipt file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceiptFileReport {
    /// The verdict: proved once the log holds the ballot and nothing contradicts.
    pub verdict: ReceiptVerdict,
    /// Why, in one sentence.
    pub reason: String,
    /// The hash of the ballot, computed from its fields.
    pub record_hash: Option<Hash32>,
    /// The proposal's word.
    pub proposal: Option<Hash32>,
    /// The member's word.
    pub voter: Option<Hash32>,
    /// The keys that the roll holds for the member; `None` unless the proof of the entry holds.
    pub keys: Option<Vec<BundleKey>>,
    /// The key that the acknowledgement names.
    pub server_key: Option<String>,
    /// Whether the caller named that key, so that it is known to be the server's.
    pub is_server_key_compared: bool,
    /// Every link.
    pub checks: Vec<ReceiptCheck>,
    /// The exit status: 0 proved, 1 contradicted, 2 pending or no receipt.
    pub status: u8,
}

/// Whether the bytes claim to be a receipt file, whatever they are worth.
#[must_use]
pub fn is_receipt_file(bytes: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Claim {
        format: String,
    }
    bytes.len() <= RECEIPT_BYTES_MAX
        && serde_json::from_slice::<Claim>(bytes).is_ok_and(|claim| claim.format.starts_with("rochdale-receipt-"))
}

/// Checks a receipt file by the log's key, and by the server's key and the ballot's hash where the caller knows them.
#[must_use]
pub fn check_receipt_file(
    bytes: &[u8],
    key: &VerifierKey,
    server_key: Option<&PublicKey>,
    record: Option<Hash32>,
) -> ReceiptFileReport {
    let mut report = ReceiptFileReport {
        verdict: ReceiptVerdict::NoReceipt,
        reason: String::new(),
        record_hash: None,
        proposal: None,
        voter: None,
        keys: None,
        server_key: None,
        is_server_key_compared: server_key.is_some(),
        checks: Vec::new(),
        status: LACKING,
    };
    let file = match parse(bytes) {
        Ok(file) => file,
        Err(reason) => {
            report.reason = reason;
            return report;
        }
    };
    let hash = file.ballot.struct_hash();
    let mut links = Links(Vec::new());
    check_ballot(&mut links, &file, record);
    check_roll(&mut links, &file);
    check_acknowledgement(&mut links, &file, server_key);
    check_log(
        &mut links,
        "log",
        &file.log,
        (keccak256(BallotV1::TYPE.as_bytes()), hash),
        key,
    );
    check_result(&mut links, &file, key);
    report.checks = links.0;
    let has = |standing| report.checks.iter().find(|check| check.standing == standing);
    (report.verdict, report.reason, report.status) = if let Some(check) = has(ReceiptStanding::Contradicted) {
        let reason = format!("{}: {}", check.field, check.text);
        (ReceiptVerdict::Contradicted, reason, CONTRADICTION)
    } else if file.log == ReceiptState::Pending {
        let reason = "no published checkpoint covers the ballot yet".to_owned();
        (ReceiptVerdict::Pending, reason, LACKING)
    } else {
        let reason = "the log's key signed a tree that holds this ballot of a member of the roll".to_owned();
        (ReceiptVerdict::Proved, reason, HOLDS)
    };
    report.record_hash = Some(hash);
    report.proposal = Some(file.proposal.proposal);
    report.voter = Some(file.roll.voter);
    let is_on_roll = |check: &ReceiptCheck| check.field == "roll" && check.standing == ReceiptStanding::Proved;
    report.keys = report.checks.iter().any(is_on_roll).then_some(file.roll.keys);
    report.server_key = Some(file.acknowledgement.server_key);
    report
}

/// Reads the JSON, whose depth the reader bounds. Its own words would quote the file, so they are not shown.
fn parse(bytes: &[u8]) -> Result<ReceiptFile, String> {
    if bytes.len() > RECEIPT_BYTES_MAX {
        return Err(format!("it is longer than {RECEIPT_BYTES_MAX} bytes"));
    }
    let file: ReceiptFile = serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        format!("it is not a receipt file, by line {line}, column {column}")
    })?;
    if file.format == RECEIPT_FORMAT {
        Ok(file)
    } else {
        Err(format!("its format is another one than {RECEIPT_FORMAT}"))
    }
}

struct Links(Vec<ReceiptCheck>);

impl Links {
    fn add(&mut self, field: &'static str, standing: ReceiptStanding, text: &str) {
        let text = text.to_owned();
        self.0.push(ReceiptCheck { field, standing, text });
    }

    fn hold(&mut self, field: &'static str, holds: bool, good: &str, bad: &str) {
        if holds {
            self.add(field, ReceiptStanding::Proved, good);
        } else {
            self.add(field, ReceiptStanding::Contradicted, bad);
        }
    }
}

fn check_ballot(links: &mut Links, file: &ReceiptFile, record: Option<Hash32>) {
    let (ballot, proposal) = (&file.ballot, &file.proposal);
    let is_of_it = (ballot.namespace, ballot.proposal, ballot.proposal_hash)
        == (proposal.namespace, proposal.proposal, proposal.struct_hash());
    links.hold(
        "ballot",
        is_of_it,
        "the ballot answers this proposal, word for word",
        "the ballot answers another proposal than the one in the file",
    );
    if let Some(record) = record {
        links.hold(
            "ballot",
            record == ballot.struct_hash(),
            "it is the ballot asked for",
            "it is another ballot than the one asked for",
        );
    }
}

fn check_roll(links: &mut Links, file: &ReceiptFile) {
    let roll = &file.roll;
    links.hold(
        "roll.voter",
        roll.voter == file.ballot.voter,
        "the entry of the roll is the voter's",
        "the entry of the roll is another member's than the ballot",
    );
    let keys: Option<Vec<RollKey>> = roll.keys.iter().map(read_key).collect();
    let Some(keys) = keys else {
        let bad = "a key of the roll is malformed";
        return links.add("roll.keys", ReceiptStanding::Contradicted, bad);
    };
    let entry = RollEntry {
        voter: roll.voter,
        weight: roll.weight,
        keys,
    };
    let leaf = roll_leaf(file.proposal.proposal, &entry);
    links.hold(
        "roll",
        merkle::verify(file.proposal.roll, leaf, &roll.proof),
        "the roll holds the member with this weight and exactly these keys",
        "the member, the weight, the keys and the proof do not lead to the proposal's roll",
    );
}

fn read_key(key: &BundleKey) -> Option<RollKey> {
    let kind = match key.kind {
        BundleSignatureKind::Wallet => SignatureKind::Wallet,
        BundleSignatureKind::Passkey => SignatureKind::Passkey,
        BundleSignatureKind::Ed25519 => SignatureKind::Ed25519,
        // The server's key stands on no roll.
        BundleSignatureKind::Session => return None,
    };
    let public_key = PublicKey::parse_hex(kind, &key.public_key).ok()?;
    Some(RollKey {
        public_key,
        registered_sequence: key.registered_sequence,
    })
}

fn check_acknowledgement(links: &mut Links, file: &ReceiptFile, known: Option<&PublicKey>) {
    let (ballot, receipt) = (&file.ballot, &file.acknowledgement.receipt);
    let is_of_it = (receipt.namespace, receipt.subject, receipt.record_hash, receipt.salt)
        == (ballot.namespace, ballot.proposal, ballot.struct_hash(), ballot.salt);
    links.hold(
        "acknowledgement.receipt",
        is_of_it,
        "the acknowledgement is of this ballot",
        "the acknowledgement is of another record than the ballot",
    );
    let domain = Domain {
        namespace: receipt.namespace,
        chain: None,
    };
    let key = PublicKey::parse_hex(SignatureKind::Session, &file.acknowledgement.server_key).ok();
    let bytes = from_hex(&file.acknowledgement.receipt_signature);
    let is_signed = key
        .zip(bytes)
        .is_some_and(|(key, bytes)| signature::verify(&key, digest(&domain, receipt), &bytes).is_ok());
    links.hold(
        "acknowledgement.receipt_signature",
        is_signed,
        "the key that the file names signed the acknowledgement",
        "the acknowledgement does not bear the signature of the key that the file names",
    );
    if known.is_some() {
        links.hold(
            "acknowledgement.server_key",
            key.as_ref() == known,
            "that key is the one given",
            "the file names another key of the server than the one given",
        );
    }
}

fn check_log(
    links: &mut Links,
    field: &'static str,
    state: &ReceiptState,
    (type_hash, record_hash): (Hash32, Hash32),
    key: &VerifierKey,
) {
    let ReceiptState::Published(proof) = state else {
        return links.add(field, ReceiptStanding::Pending, "no published checkpoint covers it yet");
    };
    if (proof.type_hash, proof.record_hash) != (type_hash, record_hash) {
        let bad = "the proof is of another record than the one in the file";
        return links.add(field, ReceiptStanding::Contradicted, bad);
    }
    let bytes = serde_json::to_vec(state).unwrap_or_default();
    let checked = check_receipt(&bytes, key, Some(record_hash));
    let holds = checked.verdict == ReceiptVerdict::Proved;
    links.hold(field, holds, &checked.reason, &checked.reason);
}

fn check_result(links: &mut Links, file: &ReceiptFile, key: &VerifierKey) {
    let (tally, log) = match &file.result {
        ReceiptResult::Pending {} => {
            return links.add("result", ReceiptStanding::Pending, "there is no tally yet");
        }
        ReceiptResult::Counted { tally, log, .. } | ReceiptResult::Superseded { tally, log } => (tally, log),
    };
    let proposal = &file.proposal;
    let is_of_it = (tally.namespace, tally.proposal, tally.proposal_hash, tally.roll)
        == (
            proposal.namespace,
            proposal.proposal,
            proposal.struct_hash(),
            proposal.roll,
        );
    links.hold(
        "result.tally",
        is_of_it,
        "the tally is of this proposal",
        "the tally is of another proposal or roll",
    );
    let entry = (keccak256(TallyV1::TYPE.as_bytes()), tally.struct_hash());
    check_log(links, "result.log", log, entry, key);
    match &file.result {
        ReceiptResult::Counted { weight, proof, .. } => check_counted(links, file, tally, *weight, proof),
        ReceiptResult::Superseded { .. } => {
            let text = "the server says that the tally counts another ballot in its place; this file does not prove it";
            links.add("result.state", ReceiptStanding::Pending, text);
        }
        ReceiptResult::Pending {} => {}
    }
}

/// The leaf of a counted ballot has its whole weight, which may be more than the member's own where delegations were used.
fn check_counted(links: &mut Links, file: &ReceiptFile, tally: &TallyV1, weight: u128, proof: &[Hash32]) {
    let own = file.roll.weight;
    let is_possible = weight == own || (weight > own && tally.delegations != Hash32::ZERO);
    links.hold(
        "result.weight",
        is_possible,
        "the weight is the member's own, or more where delegations were used; whose, the bundle proves",
        "the weight is less than the member's own, or more in a tally without delegations",
    );
    let hash = file.ballot.struct_hash();
    let leaf = ballot_leaf(file.proposal.proposal, file.roll.voter, hash, weight);
    links.hold(
        "result.proof",
        merkle::verify(tally.ballots, leaf, proof),
        "the tally counts this ballot with this weight",
        "the proof does not lead from the ballot and its weight to the ballots that the tally counts",
    );
}

/// Prints what came of it.
///
/// # Errors
/// If `to` cannot be written to.
pub fn print_receipt_file(to: &mut impl Write, report: &ReceiptFileReport) -> std::io::Result<()> {
    let shown = |word: Option<Hash32>| word.map_or_else(|| "(unreadable)".to_owned(), |word| word.to_string());
    let mut page = format!("Ballot    {}\n", shown(report.record_hash));
    page.push_str(&format!("Decision  {}\n", shown(report.proposal)));
    page.push_str(&format!("Member    {}\n", shown(report.voter)));
    print_keys(&mut page, report);
    if let Some(key) = &report.server_key {
        page.push_str(&format!("Server    {}\n", one_line(key)));
    }
    page.push('\n');
    for check in &report.checks {
        let mark = match check.standing {
            ReceiptStanding::Proved => "+",
            ReceiptStanding::Contradicted => "!",
            ReceiptStanding::Pending => "?",
        };
        page.push_str(&format!("  {mark} {}: {}\n", check.field, check.text));
    }
    let verdict = match report.verdict {
        ReceiptVerdict::Proved => "PROVED",
        ReceiptVerdict::Contradicted => "CONTRADICTION",
        ReceiptVerdict::Pending => "Pending",
        ReceiptVerdict::NoReceipt => "No receipt",
    };
    page.push_str(&format!("\n{verdict}: {}.\n", report.reason));
    if report.server_key.is_some() && !report.is_server_key_compared {
        page.push_str("Whether the server's key is the server's you see by comparing it; --server-key does.\n");
    }
    to.write_all(harmless(&page).as_bytes())
}

fn print_keys(page: &mut String, report: &ReceiptFileReport) {
    let Some(keys) = &report.keys else {
        return page.push_str("Keys      (not proved)\n");
    };
    for key in keys {
        let kind = match key.kind {
            BundleSignatureKind::Wallet => "wallet",
            BundleSignatureKind::Passkey => "passkey",
            BundleSignatureKind::Ed25519 => "ed25519",
            BundleSignatureKind::Session => "session",
        };
        let (text, sequence) = (one_line(&key.public_key), key.registered_sequence);
        page.push_str(&format!("Key       {kind} {text}, registered as {sequence}\n"));
    }
    if keys.is_empty() {
        page.push_str("Keys      none: the server vouches for this member\n");
    }
}

/// A text of the file cannot begin a line of this program's own.
fn one_line(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).take(66).collect()
}
