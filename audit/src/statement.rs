//! A member's statement of a payout cycle: does the co-op's record hold exactly this?
//!
//! Source: docs/record.md, `StatementV1`. Nothing is asked of anybody: the file holds the statement, what leads from it to the cycle's record, and
//! what leads from there to a checkpoint of the log.

use std::io::Write;

use governance::hash::Hash32;
use governance::log::proof::{TreeHead, verify_inclusion};
use governance::log::{LogEntry, VerifierKey};
use governance::record::{PayoutV1, Record as _};
use governance::revenue::{Amount, Balance};
use serde::Serialize;
use wire::payout::{PayoutStatement, StatementProof};

use crate::evidence::{Stop, in_log, lacking, wrong};
use crate::log::{RECEIPT_BYTES_MAX, ReceiptVerdict};
use crate::print::harmless;

const CONTRADICTION: u8 = 1;
const LACKING: u8 = 2;

/// What came of checking a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatementReport {
    /// The verdict: proved once the log holds the record of the cycle and nothing contradicts.
    pub verdict: ReceiptVerdict,
    /// Why, in one sentence.
    pub reason: String,
    /// The statement, where the file holds one. Sentences, and the weights of others, are not proved.
    pub statement: Option<PayoutStatement>,
    /// The root over the statements of all members.
    pub root: Option<Hash32>,
    /// The hash of the cycle's record.
    pub record_hash: Option<Hash32>,
    /// The exit status: 0 proved, 1 contradicted, 2 evidence is missing.
    pub status: u8,
}

/// Checks a statement as the server gave it, by the log's key where the caller knows it.
#[must_use]
pub fn check_statement(bytes: &[u8], key: Option<&VerifierKey>) -> StatementReport {
    let mut report = StatementReport {
        verdict: ReceiptVerdict::NoReceipt,
        reason: String::new(),
        statement: None,
        root: None,
        record_hash: None,
        status: LACKING,
    };
    let statement = match parse(bytes) {
        Ok(statement) => statement,
        Err(reason) => {
            report.reason = reason;
            return report;
        }
    };
    (report.verdict, report.reason, report.status) = match check(&statement, key, &mut report) {
        Ok(()) => {
            let reason = "the log's key signed a tree that holds the record of a cycle with exactly this statement";
            (ReceiptVerdict::Proved, reason.to_owned(), 0)
        }
        Err(Stop::Contradiction(reason)) => (ReceiptVerdict::Contradicted, reason, CONTRADICTION),
        Err(Stop::Lacking(reason)) => (ReceiptVerdict::Pending, reason, LACKING),
    };
    report.statement = Some(statement);
    report
}

/// Reads the JSON, whose depth the reader bounds. Its own words would quote the file, so they are not shown.
fn parse(bytes: &[u8]) -> Result<PayoutStatement, String> {
    if bytes.len() > RECEIPT_BYTES_MAX {
        return Err(format!("it is longer than {RECEIPT_BYTES_MAX} bytes"));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        format!("it is not a statement, by line {line}, column {column}")
    })
}

fn check(statement: &PayoutStatement, key: Option<&VerifierKey>, report: &mut StatementReport) -> Result<(), Stop> {
    adds_up(statement).ok_or_else(|| wrong("its amounts do not add up"))?;
    let missing = || lacking("it has no proof: the cycle was not posted yet when it was written");
    let proof = statement.proof.as_ref().ok_or_else(missing)?;
    let amounts = || wrong("an amount or a weight of it is none");
    let payout = statement.payout_record().ok_or_else(amounts)?;
    report.root = Some(payout.statements);
    report.record_hash = Some(payout.struct_hash());
    in_tree(statement, proof, &payout).ok_or_else(amounts)??;
    let named = || lacking("it is in the tree of its record; name the log's key to see whether the log holds that");
    in_log("the cycle's record", &payout, &proof.log, key.ok_or_else(named)?)
}

/// What came in is what goes out, line by line and in all.
fn adds_up(statement: &PayoutStatement) -> Option<()> {
    let amount = |text: &str| text.parse::<Amount>().ok().map(Amount::wide);
    let balance = |text: &str| text.parse::<Balance>().ok().map(Balance::wide);
    let lines = statement.lines.iter().map(|line| amount(&line.amount));
    let accrued = amount(&statement.accrued)?;
    let parts = [&statement.withheld, &statement.paid, &statement.dormant].map(|part| amount(part));
    let out: i128 = parts.into_iter().sum::<Option<i128>>()? + balance(&statement.carried)?;
    (lines.sum::<Option<i128>>()? == accrued && balance(&statement.before)? + accrued == out).then_some(())
}

/// Whether the tree that the cycle's record names holds the statement; `None` where it is none.
fn in_tree(statement: &PayoutStatement, proof: &StatementProof, payout: &PayoutV1) -> Option<Result<(), Stop>> {
    let leaf = LogEntry::of(&statement.record(payout.namespace, proof.salt)?).leaf_hash();
    let head = TreeHead {
        size: payout.members,
        root: payout.statements,
    };
    let verified = verify_inclusion(leaf, proof.index, head, &proof.inclusion);
    Some(verified.map_err(|refusal| {
        wrong(format!(
            "it is not the statement that the cycle's root is over: {refusal}"
        ))
    }))
}

/// Prints what came of it.
///
/// # Errors
/// If `to` cannot be written to.
pub fn print_statement(to: &mut impl Write, report: &StatementReport) -> std::io::Result<()> {
    let mut page = String::new();
    if let Some(statement) = &report.statement {
        page.push_str(&format!("Member    {}\n", statement.member));
        page.push_str(&format!(
            "Cycle     {} ({})\n",
            one_line(&statement.period),
            statement.cycle
        ));
        for line in &statement.lines {
            let weight = line
                .weight
                .as_deref()
                .map_or(String::new(), |weight| format!(", weight {}", one_line(weight)));
            let (step, shared, amount) = (one_line(&line.step), one_line(&line.shared), one_line(&line.amount));
            page.push_str(&format!("Step      {step}: {amount} of {shared}{weight}\n"));
        }
        let currency = one_line(&statement.currency);
        for (name, amount) in [
            ("Before", &statement.before),
            ("Accrued", &statement.accrued),
            ("Withheld", &statement.withheld),
            ("Paid", &statement.paid),
            ("Dormant", &statement.dormant),
            ("Carried", &statement.carried),
        ] {
            page.push_str(&format!("{name:<10}{} {currency}\n", one_line(amount)));
        }
        if let Some(proof) = &statement.proof {
            page.push_str(&format!("Leaf      {} of {}\n", proof.index, proof.payout.members));
        }
        page.push_str(&told(statement));
    }
    for (name, word) in [("Root", report.root), ("Record", report.record_hash)] {
        if let Some(word) = word {
            page.push_str(&format!("{name:<10}{word}\n"));
        }
    }
    let verdict = match report.verdict {
        ReceiptVerdict::Proved => "PROVED",
        ReceiptVerdict::Contradicted => "CONTRADICTION",
        ReceiptVerdict::Pending => "Not proved",
        ReceiptVerdict::NoReceipt => "No statement",
    };
    page.push_str(&format!("\n{verdict}: {}.\n", report.reason));
    if report.verdict == ReceiptVerdict::Proved {
        page.push_str(
            "Not proved: that it was paid, that the cycle was not undone since, and that every member's statement names this Record; \
             compare it with others.\n",
        );
    }
    to.write_all(harmless(&page).as_bytes())
}

/// What the server says beside, which no record holds.
fn told(statement: &PayoutStatement) -> String {
    let undone = statement
        .reversed_at
        .map_or(String::new(), |at| format!(", undone at {}", at.to_rfc3339()));
    format!("Told      the cycle is {}{undone}\n", one_line(&statement.state))
}

/// A text of the file cannot begin a line of this program's own.
fn one_line(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(66).collect()
}
