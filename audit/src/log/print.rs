//! What was seen of a log, for people.

use std::io::Write;

use super::{ForkReport, ForkVerdict, Head, ReceiptReport, ReceiptVerdict, WatchReport};
use crate::print::harmless;
use crate::report::FindingKind;

/// Prints what came of a look at a log.
///
/// # Errors
/// If `to` cannot be written to.
pub fn print_watch(to: &mut impl Write, report: &WatchReport) -> std::io::Result<()> {
    let mut page = String::new();
    page.push_str(&format!("Log         {}\n", report.origin));
    page.push_str(&format!(
        "Remembered  {}\n",
        shown(report.remembered, "nothing: this is the first look")
    ));
    page.push_str(&format!(
        "Now         {}\n",
        shown(report.seen, "(no checkpoint that the key signed)")
    ));
    page.push_str(&format!(
        "Checked     {} new entries, {} tiles and entry bundles\n",
        report.entries, report.tiles
    ));
    if let Some(remembered) = report.remembered.filter(|head| head.size > 0) {
        page.push_str(&format!(
            "Not again   the {} entries that were processed before\n",
            remembered.size
        ));
    }
    for finding in &report.findings {
        let mark = match finding.kind {
            FindingKind::Contradiction => "!",
            FindingKind::Missing => "?",
        };
        page.push_str(&format!("\n  {mark} {}: {}\n", finding.file, finding.text));
    }
    let verdict = match (report.status, report.is_saved) {
        (0, true) if report.remembered.is_none() => "The entries give the signed root. The checkpoint is remembered.",
        (0, true) => "The log begins with what was remembered. The new checkpoint is remembered.",
        (0, false) => "The log is what was remembered, and nothing was added.",
        (1, _) => "CONTRADICTION: this log is not what it claims to be. What was remembered is kept.",
        _ => "Evidence is missing. What was remembered is kept.",
    };
    page.push_str(&format!("\n{verdict}\n"));
    to.write_all(harmless(&page).as_bytes())
}

/// Prints what two checkpoints are to each other.
///
/// # Errors
/// If `to` cannot be written to.
pub fn print_fork(to: &mut impl Write, report: &ForkReport) -> std::io::Result<()> {
    let mut page = String::new();
    page.push_str(&format!("Log  {}\n", report.origin));
    page.push_str(&format!("A    {}\n", shown(report.a, "(not signed by the key)")));
    page.push_str(&format!("B    {}\n", shown(report.b, "(not signed by the key)")));
    if let Some(root) = report.root_at_smaller {
        page.push_str(&format!("\nThe larger at the smaller's size  {root}\n"));
        for hash in &report.proof {
            page.push_str(&format!("  proof  {hash}\n"));
        }
    }
    let verdict = match report.verdict {
        ForkVerdict::Fork => "FORK",
        ForkVerdict::Consistent => "No fork",
        ForkVerdict::Undecided => "Undecided",
    };
    page.push_str(&format!("\n{verdict}: {}.\n", report.reason));
    to.write_all(harmless(&page).as_bytes())
}

/// Prints what a receipt is worth.
///
/// # Errors
/// If `to` cannot be written to.
pub fn print_receipt(to: &mut impl Write, report: &ReceiptReport) -> std::io::Result<()> {
    let mut page = format!("Log         {}\n", report.origin);
    if let Some(hash) = report.record_hash {
        let name = report.record_type.as_deref();
        let name = name.unwrap_or("of a type that this program does not know");
        page.push_str(&format!("Record      {hash}, {name}\n"));
    }
    if let Some(index) = report.index {
        page.push_str(&format!("Entry       {index}, counted from 0\n"));
        page.push_str(&format!("Checkpoint  {}\n", shown(report.checkpoint, "(not verified)")));
    }
    let verdict = match report.verdict {
        ReceiptVerdict::Proved => "PROVED",
        ReceiptVerdict::Contradicted => "CONTRADICTION",
        ReceiptVerdict::Pending => "Pending",
        ReceiptVerdict::NoReceipt => "No receipt",
    };
    page.push_str(&format!("\n{verdict}: {}.\n", report.reason));
    if report.verdict == ReceiptVerdict::Proved && !report.is_compared {
        page.push_str("Whether it is your record you see by its hash; --record compares it.\n");
    }
    to.write_all(harmless(&page).as_bytes())
}

fn shown(head: Option<Head>, otherwise: &str) -> String {
    head.map_or_else(
        || otherwise.to_owned(),
        |head| format!("{} entries, root {}", head.size, head.root),
    )
}
