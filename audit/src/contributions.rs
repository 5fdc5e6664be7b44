//! A snapshot of contributions: are its lines what the co-op recorded, and did who brought it in sign that?
//!
//! Source: docs/record.md, `ContributionsV1`. Nothing is asked of anybody: the file holds the lines, and what leads from them to a checkpoint of
//! the log.

use std::collections::BTreeMap;
use std::io::Write;

use governance::hash::{Hash32, from_hex};
use governance::id::MemberId;
use governance::ledger::Day;
use governance::log::VerifierKey;
use governance::record::{ContributionsV1, Domain, KeyRegistrationV1, Record as _, digest};
use governance::revenue::{ContributionHead, contribution_digest, read_contributions};
use governance::signature::{PublicKey, SignatureKind, verify};
use serde::Serialize;
use wire::revenue::{ContributionFile, ContributionSignature};

use crate::evidence::{Stop, in_log, lacking, wrong};
use crate::log::ReceiptVerdict;
use crate::print::harmless;

const CONTRADICTION: u8 = 1;
const LACKING: u8 = 2;

/// What came of checking a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContributionsReport {
    /// The verdict: proved once the log holds the record of the snapshot, and nothing contradicts.
    pub verdict: ReceiptVerdict,
    /// Why, in one sentence.
    pub reason: String,
    /// What is counted, where the file holds a snapshot.
    pub metric: Option<String>,
    /// The first and the last day counted.
    pub days: Option<(String, String)>,
    /// How many members have a line.
    pub members: usize,
    /// What the lines come to.
    pub total: String,
    /// Until when members may dispute it, as the record says.
    pub challenge_until: Option<String>,
    /// Who brought it in.
    pub submitted_by: Option<MemberId>,
    /// The key of that member which signed the record; none where nobody signed.
    pub signed_by: Option<Signer>,
    /// The digest of the lines, computed here.
    pub digest: Option<Hash32>,
    /// The hash of the record.
    pub record_hash: Option<Hash32>,
    /// The exit status: 0 proved, 1 contradicted, 2 evidence is missing.
    pub status: u8,
}

/// A key whose signature was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signer {
    /// `wallet`, `passkey` or `ed25519`.
    pub kind: String,
    /// The key.
    pub public_key: String,
}

/// Checks a snapshot as the server gave it, by the log's key where the caller knows it.
#[must_use]
pub fn check_contributions(bytes: &[u8], key: Option<&VerifierKey>) -> ContributionsReport {
    let mut report = ContributionsReport {
        verdict: ReceiptVerdict::NoReceipt,
        reason: String::new(),
        metric: None,
        days: None,
        members: 0,
        total: String::from("0"),
        challenge_until: None,
        submitted_by: None,
        signed_by: None,
        digest: None,
        record_hash: None,
        status: LACKING,
    };
    let file: ContributionFile = match serde_json::from_slice(bytes) {
        Ok(file) => file,
        // The reader's own words would quote the file.
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            report.reason = format!("it is not a file of contributions, by line {line}, column {column}");
            return report;
        }
    };
    (report.verdict, report.reason, report.status) = match check(&file, key, &mut report) {
        Ok(()) => {
            let signed = match &report.signed_by {
                Some(_) => "who brought it in signed that",
                None => "who brought it in signed nothing",
            };
            let reason = format!("the log's key signed a tree that holds the record of exactly these lines; {signed}");
            (ReceiptVerdict::Proved, reason, 0)
        }
        Err(Stop::Contradiction(reason)) => (ReceiptVerdict::Contradicted, reason, CONTRADICTION),
        Err(Stop::Lacking(reason)) => (ReceiptVerdict::Pending, reason, LACKING),
    };
    report
}

fn check(file: &ContributionFile, key: Option<&VerifierKey>, report: &mut ContributionsReport) -> Result<(), Stop> {
    let snapshot = &file.snapshot;
    report.metric = Some(snapshot.metric.clone());
    report.days = Some((snapshot.starts_on.clone(), snapshot.ends_on.clone()));
    report.challenge_until = Some(snapshot.challenge_until.to_rfc3339());
    report.submitted_by = Some(snapshot.submitted_by);
    let record = recorded(file, report)?;
    report.record_hash = Some(record.struct_hash());
    if snapshot.record_hash != report.record_hash {
        return Err(wrong("its record says something else than its file"));
    }
    let domain = file.domain.domain();
    let domain = domain.ok_or_else(|| wrong("its domain is none of a co-op"))?;
    let registration = match (&snapshot.signature, &file.registration) {
        (Some(signature), Some(proof)) => {
            let registration = signed(signature, &record, (&domain, proof.salt))?;
            Some((signature, registration, &proof.log))
        }
        (None, None) => None,
        (Some(_), None) => return Err(lacking("it is signed, and lacks what proves whose key that is")),
        (None, Some(_)) => return Err(wrong("it proves a key that signed nothing")),
    };
    let named = || lacking("its lines are what its record says; name the log's key to see whether the log holds that");
    let key = key.ok_or_else(named)?;
    in_log("the snapshot's record", &record, &file.log, key)?;
    if let Some((signature, registration, log)) = registration {
        in_log("the registration of the key", &registration, log, key)?;
        report.signed_by = Some(Signer {
            kind: signature.kind.clone(),
            public_key: signature.public_key.clone(),
        });
    }
    Ok(())
}

/// The record that the file must have, from its lines.
fn recorded(file: &ContributionFile, report: &mut ContributionsReport) -> Result<ContributionsV1, Stop> {
    let snapshot = &file.snapshot;
    let read = read_contributions(&file.table).map_err(|refusal| wrong(format!("its table: {refusal}")))?;
    let lines: BTreeMap<MemberId, u64> = read.into_iter().map(|(member, (count, _))| (member, count)).collect();
    let sum = lines.values().map(|count| u128::from(*count)).sum::<u128>();
    (report.members, report.total) = (lines.len(), sum.to_string());
    let day = |text: &str| {
        text.parse::<Day>()
            .map_err(|refusal| wrong(format!("its days: {refusal}")))
    };
    let (starts_on, ends_on) = (day(&snapshot.starts_on)?, day(&snapshot.ends_on)?);
    let metric = snapshot.metric.parse();
    let metric = metric.map_err(|refusal| wrong(format!("its metric: {refusal}")))?;
    let head = ContributionHead {
        coop: file.coop,
        id: snapshot.id,
        metric: &metric,
        starts_on,
        ends_on,
        source: &snapshot.source,
        replaces: snapshot.replaces,
    };
    let digest = contribution_digest(&head, &lines);
    report.digest = Some(digest);
    if digest != snapshot.digest {
        return Err(wrong("its lines are not those of its digest"));
    }
    let salt = snapshot.record_salt.ok_or_else(|| lacking("it has no record"))?;
    let until = u64::try_from(snapshot.challenge_until.timestamp());
    Ok(ContributionsV1 {
        namespace: file.domain.salt,
        snapshot: snapshot.id.word(),
        member: snapshot.submitted_by.word(),
        metric: snapshot.metric.clone(),
        first_day: starts_on.days().into(),
        last_day: ends_on.days().into(),
        digest,
        challenge_until: until.map_err(|_| wrong("its time for disputes is none"))?,
        salt,
    })
}

/// The registration of the key that signed the record, if it did.
fn signed(
    given: &ContributionSignature,
    record: &ContributionsV1,
    (domain, salt): (&Domain, Hash32),
) -> Result<KeyRegistrationV1, Stop> {
    // What the server vouches for is not signed by anybody.
    let kind = SignatureKind::from_name(&given.kind).filter(|kind| *kind != SignatureKind::Session);
    let kind = kind.ok_or_else(|| wrong("its signature is of no kind that members give"))?;
    let refused = |refusal| wrong(format!("its signature: {refusal}"));
    let key = PublicKey::parse_hex(kind, &given.public_key).map_err(refused)?;
    let bytes = from_hex(&given.signature).ok_or_else(|| wrong("its signature is none"))?;
    verify(&key, digest(domain, record), &bytes).map_err(refused)?;
    Ok(KeyRegistrationV1 {
        namespace: domain.namespace,
        member: record.member,
        kind: kind.code(),
        public_key: key.word(),
        salt,
    })
}

/// Prints what came of it.
///
/// # Errors
/// If `to` cannot be written to.
pub fn print_contributions(to: &mut impl Write, report: &ContributionsReport) -> std::io::Result<()> {
    let mut page = String::new();
    let mut fact = |name: &str, text: &str| {
        let text: String = text.chars().filter(|letter| !letter.is_control()).take(134).collect();
        page.push_str(&format!("{name:<10}{text}\n"));
    };
    if let (Some(metric), Some((first, last))) = (&report.metric, &report.days) {
        fact("Metric", metric);
        fact("Days", &format!("{first} to {last}"));
        fact("Lines", &format!("{} members, {} in all", report.members, report.total));
    }
    for (name, text) in [
        (
            "Disputes",
            report.challenge_until.as_ref().map(|until| format!("until {until}")),
        ),
        ("By", report.submitted_by.map(|member| member.to_string())),
        ("Digest", report.digest.map(|word| word.to_string())),
        ("Record", report.record_hash.map(|word| word.to_string())),
        (
            "Signed by",
            report
                .signed_by
                .as_ref()
                .map(|one| format!("{} {}", one.kind, one.public_key)),
        ),
    ] {
        if let Some(text) = text {
            fact(name, &text);
        }
    }
    let verdict = match report.verdict {
        ReceiptVerdict::Proved => "PROVED",
        ReceiptVerdict::Contradicted => "CONTRADICTION",
        ReceiptVerdict::Pending => "Not proved",
        ReceiptVerdict::NoReceipt => "No snapshot",
    };
    page.push_str(&format!("\n{verdict}: {}.\n", report.reason));
    to.write_all(harmless(&page).as_bytes())
}
