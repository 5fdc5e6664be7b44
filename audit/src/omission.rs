//! Was a ballot left out? What a member holds, beside the bundle of the decision.
//!
//! Either is evidence: the acknowledgement, which the server signed when it stored the ballot, or the proof that the log holds it.

use std::io::{BufRead, Write};

use governance::hash::{Hash32, from_hex, keccak256};
use governance::log::VerifierKey;
use governance::record::{BallotV1, ReceiptV1, Record, digest};
use governance::signature;
use serde::{Deserialize, Serialize};
use wire::log::LogProof;

use crate::log::{RECEIPT_BYTES_MAX, ReceiptVerdict, check_receipt};
use crate::print::harmless;
use crate::report::{Level, Standing};
use crate::verify::{Found, Options, Sought, seek};

/// Whether a bundle holds a ballot that was acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OmissionVerdict {
    /// The bundle holds the ballot.
    Held,
    /// The ballot was left out, and the evidence proves it.
    Omitted,
    /// The evidence, or the bundle, is not what it claims to be.
    Contradicted,
    /// What there is does not decide it.
    Undecided,
}

/// What came of looking for a ballot in a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OmissionReport {
    /// The verdict.
    pub verdict: OmissionVerdict,
    /// Why, in one sentence.
    pub reason: String,
    /// The hash of the ballot's record, where the evidence names one.
    pub record_hash: Option<Hash32>,
    /// The proposal's word, by the bundle.
    pub proposal: Option<Hash32>,
    /// The line of the bundle on which the ballot stands.
    pub line: Option<u64>,
    /// The exit status: 0 held, 1 omitted or contradicted, 2 undecided.
    pub status: u8,
}

/// What a member holds. The acknowledgement may lie at the top, as the server gave it, or in a member of its own, as the portal
/// saves it beside the proof; members that are not known are left aside, for nothing rests on them.
#[derive(Deserialize)]
struct File {
    acknowledgement: Option<Acknowledgement>,
    receipt: Option<ReceiptV1>,
    receipt_signature: Option<String>,
}

#[derive(Deserialize)]
struct Acknowledgement {
    receipt: ReceiptV1,
    receipt_signature: String,
}

/// What is held against the bundle.
enum Evidence {
    Acknowledged(Acknowledgement),
    InLog(LogProof),
}

impl Evidence {
    const fn record_hash(&self) -> Hash32 {
        match self {
            Self::Acknowledged(acknowledgement) => acknowledgement.receipt.record_hash,
            Self::InLog(proof) => proof.record_hash,
        }
    }
}

/// Looks for a ballot in the bundle of its decision, by an acknowledgement or by a proof that the log holds it.
///
/// A proof needs the log's `key`. It does not say of which decision the ballot is, so it can show that the ballot is there, and only
/// an acknowledgement that it was left out. `record` is the hash of the ballot's record where the caller knows it.
#[must_use]
pub fn check_omission<R: BufRead>(
    evidence: &[u8],
    (key, record): (Option<&VerifierKey>, Option<Hash32>),
    bundle: R,
    options: &Options,
) -> OmissionReport {
    let mut report = OmissionReport {
        verdict: OmissionVerdict::Undecided,
        reason: String::new(),
        record_hash: None,
        proposal: None,
        line: None,
        status: 2,
    };
    (report.verdict, report.reason) = match parse(evidence) {
        Err(reason) => (OmissionVerdict::Undecided, reason),
        Ok(evidence) if record.is_some_and(|record| record != evidence.record_hash()) => {
            contradicted("it speaks of another record than the one asked for")
        }
        Ok(evidence) => judge(&evidence, key, bundle, options, &mut report),
    };
    report.status = match report.verdict {
        OmissionVerdict::Held => 0,
        OmissionVerdict::Omitted | OmissionVerdict::Contradicted => 1,
        OmissionVerdict::Undecided => 2,
    };
    report
}

/// Reads the JSON. The reader's own words would quote the file, so they are not shown.
fn parse(bytes: &[u8]) -> Result<Evidence, String> {
    if bytes.len() > RECEIPT_BYTES_MAX {
        return Err(format!("the receipt is longer than {RECEIPT_BYTES_MAX} bytes"));
    }
    let none = "it holds neither an acknowledgement nor a proof that the log holds a record";
    let file: File = serde_json::from_slice(bytes).map_err(|_| none.to_owned())?;
    let top = file.receipt.zip(file.receipt_signature);
    let top = top.map(|(receipt, receipt_signature)| Acknowledgement {
        receipt,
        receipt_signature,
    });
    if let Some(acknowledgement) = file.acknowledgement.or(top) {
        return Ok(Evidence::Acknowledged(acknowledgement));
    }
    let proof = serde_json::from_slice(bytes).map_err(|_| none.to_owned())?;
    Ok(Evidence::InLog(proof))
}

type Judged = (OmissionVerdict, String);

fn undecided(reason: &str) -> Judged {
    (OmissionVerdict::Undecided, reason.to_owned())
}

fn contradicted(reason: &str) -> Judged {
    (OmissionVerdict::Contradicted, reason.to_owned())
}

fn judge<R: BufRead>(
    evidence: &Evidence,
    key: Option<&VerifierKey>,
    bundle: R,
    options: &Options,
    report: &mut OmissionReport,
) -> Judged {
    let record_hash = evidence.record_hash();
    report.record_hash = Some(record_hash);
    let sought = seek(bundle, options, record_hash);
    report.proposal = sought.proposal;
    if !sought.is_sealed {
        return if sought.report.levels.get(&Level::L0) == Some(&Standing::Contradicted) {
            contradicted(
                "the bundle is not as the server signed it, so that anybody may have taken the ballot out: verify it",
            )
        } else {
            undecided("the bundle is not whole, so that nothing can be said of what it lacks: verify it")
        };
    }
    let known = match evidence {
        Evidence::Acknowledged(acknowledgement) => check_acknowledgement(acknowledgement, &sought),
        Evidence::InLog(proof) => check_proof(proof, key),
    };
    if let Err(judged) = known {
        return judged;
    }
    match (sought.found, evidence) {
        (Some(found), _) => held(found, &sought, report),
        (None, Evidence::Acknowledged(acknowledgement)) => {
            let sequence = acknowledgement.receipt.sequence;
            let reason = format!(
                "the server signed that it stored this ballot of this decision, with the sequence {sequence}, and the bundle that it \
                 sealed does not hold it"
            );
            (OmissionVerdict::Omitted, reason)
        }
        (None, Evidence::InLog(proof)) => not_claimed(proof, &sought),
    }
}

/// Whether the server signed that it stored a ballot of this decision.
fn check_acknowledgement(acknowledgement: &Acknowledgement, sought: &Sought) -> Result<(), Judged> {
    let receipt = &acknowledgement.receipt;
    let (Some(domain), Some(key)) = (&sought.domain, &sought.server_key) else {
        return Err(undecided("the bundle names no key of the server"));
    };
    if (receipt.namespace, Some(receipt.subject)) != (domain.namespace, sought.proposal) {
        return Err(undecided("the acknowledgement is of another decision than the bundle"));
    }
    let signature = from_hex(&acknowledgement.receipt_signature);
    let is_signed =
        signature.is_some_and(|signature| signature::verify(key, digest(domain, receipt), &signature).is_ok());
    if is_signed {
        Ok(())
    } else {
        Err(contradicted(
            "the acknowledgement does not bear the signature of the bundle's server, so that it proves nothing",
        ))
    }
}

/// Whether the log holds the ballot.
fn check_proof(proof: &LogProof, key: Option<&VerifierKey>) -> Result<(), Judged> {
    let Some(key) = key else {
        return Err(undecided(
            "a proof that the log holds a record is checked with the log's key (--key)",
        ));
    };
    if proof.type_hash != keccak256(BallotV1::TYPE.as_bytes()) {
        return Err(undecided("the proof is not of a ballot"));
    }
    let state = wire::log::ReceiptState::Published(proof.clone());
    let bytes = serde_json::to_vec(&state).unwrap_or_default();
    let checked = check_receipt(&bytes, key, None);
    match checked.verdict {
        ReceiptVerdict::Proved => Ok(()),
        ReceiptVerdict::Contradicted => Err((OmissionVerdict::Contradicted, checked.reason)),
        ReceiptVerdict::Pending | ReceiptVerdict::NoReceipt => Err((OmissionVerdict::Undecided, checked.reason)),
    }
}

fn held(found: Found, sought: &Sought, report: &mut OmissionReport) -> Judged {
    report.line = Some(found.line);
    if sought.report.status == 1 {
        return contradicted("the bundle holds the ballot, but something in it contradicts something else: verify it");
    }
    let counted = if found.is_counted {
        "it is counted"
    } else {
        "it is not counted, since a later one of the same voter takes its place"
    };
    let reason = format!("the bundle holds the ballot on line {}; {counted}", found.line);
    (OmissionVerdict::Held, reason)
}

/// The log holds a ballot that the bundle does not: of this decision or of another one.
fn not_claimed(proof: &LogProof, sought: &Sought) -> Judged {
    let log = sought.report.log.as_ref();
    let holds = sought.report.levels.get(&Level::L1) == Some(&Standing::Holds);
    let span = log.filter(|_| holds).and_then(|log| log.opened.zip(log.closed));
    match span {
        Some((opened, closed)) if proof.index < opened || proof.index > closed => {
            let reason = format!(
                "the ballot stands at #{} of the log and this decision was open from #{opened} to #{closed}: it is of another one",
                proof.index
            );
            (OmissionVerdict::Undecided, reason)
        }
        Some(_) | None => undecided(
            "the log holds the ballot and the bundle does not; of which decision it is, only the acknowledgement says, or every bundle \
             of the co-op beside its log (verify FOLDER)",
        ),
    }
}

/// Prints what came of it.
///
/// # Errors
/// If `to` cannot be written to.
pub fn print_omission(to: &mut impl Write, report: &OmissionReport) -> std::io::Result<()> {
    let shown = |word: Option<Hash32>| word.map_or_else(|| "(unreadable)".to_owned(), |word| word.to_string());
    let verdict = match report.verdict {
        OmissionVerdict::Held => "HELD",
        OmissionVerdict::Omitted => "OMITTED",
        OmissionVerdict::Contradicted => "CONTRADICTION",
        OmissionVerdict::Undecided => "Undecided",
    };
    let page = format!(
        "Ballot    {}\nDecision  {}\n\n{verdict}: {}.\n",
        shown(report.record_hash),
        shown(report.proposal),
        report.reason
    );
    to.write_all(harmless(&page).as_bytes())
}
