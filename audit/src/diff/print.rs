//! A comparison, for people.

use std::collections::BTreeSet;
use std::io::Write;

use wire::bundle::Section;

use super::{DiffReport, Difference, FieldDifference};
use crate::print::{harmless, one_line};
use crate::report::FindingKind;

/// So many differences are printed; `--json` tells more.
const PRINTED_MAX: usize = 50;

/// Prints what came of a comparison.
///
/// # Errors
/// If `to` cannot be written to.
pub fn print_diff(to: &mut impl Write, report: &DiffReport) -> std::io::Result<()> {
    let mut page = String::new();
    let word =
        |word: Option<governance::hash::Hash32>| word.map_or_else(|| "(unread)".to_owned(), |word| word.to_string());
    page.push_str(&format!("Proposal   {}\n", word(report.proposal)));
    if report.proposal_hash_a == report.proposal_hash_b {
        page.push_str(&format!("Its hash   {}\n", word(report.proposal_hash_a)));
    } else {
        page.push_str(&format!("Its hash   {} in A\n", word(report.proposal_hash_a)));
        page.push_str(&format!("           {} in B\n", word(report.proposal_hash_b)));
    }
    page.push_str("\nsection         same  advanced    differ    only A    only B\n");
    for section in Section::ALL {
        if let Some(counts) = report.sections.get(section.name()) {
            page.push_str(&format!(
                "{:<10} {:>9} {:>9} {:>9} {:>9} {:>9}\n",
                section.name(),
                counts.same,
                counts.advanced,
                counts.differ,
                counts.only_a,
                counts.only_b
            ));
        }
    }
    if !report.differences.is_empty() {
        print_differences(&mut page, report);
    }
    if !report.remarks.is_empty() {
        page.push_str("\nNo difference in evidence:\n");
        for remark in &report.remarks {
            page.push_str(&format!("  - {}\n", one_line(remark)));
        }
    }
    if let Some(fault) = &report.fault {
        let mark = match fault.kind {
            FindingKind::Contradiction => "!",
            FindingKind::Missing => "?",
        };
        let (bundle, line) = (fault.bundle.name(), fault.line);
        page.push_str(&format!(
            "\n  {mark} {bundle} cannot be read on from line {line}: {}. Nothing after it was compared.\n",
            one_line(&fault.text)
        ));
    }
    page.push_str(&format!("\n{}\n", verdict(report)));
    to.write_all(harmless(&page).as_bytes())
}

fn print_differences(page: &mut String, report: &DiffReport) {
    page.push_str("\nDifferent evidence:\n");
    for difference in report.differences.iter().take(PRINTED_MAX) {
        page.push_str(&format!("  ! {}\n", one_line(&headline(difference))));
        for FieldDifference { field, a, b } in &difference.fields {
            let none = "(nothing)";
            let (a, b) = (a.as_deref().unwrap_or(none), b.as_deref().unwrap_or(none));
            page.push_str(&format!("      {}\n", one_line(field)));
            page.push_str(&format!("        A  {}\n        B  {}\n", one_line(a), one_line(b)));
        }
    }
    let unprinted = u64::try_from(report.differences.len().saturating_sub(PRINTED_MAX)).unwrap_or(u64::MAX);
    let more = report.differences_more.saturating_add(unprinted);
    if more > 0 {
        page.push_str(&format!("  and {more} more\n"));
    }
    page.push_str("\nWhat that can mean:\n");
    let kinds: BTreeSet<_> = report.differences.iter().map(|difference| difference.kind).collect();
    let meanings: BTreeSet<_> = kinds.into_iter().map(super::DifferenceKind::meaning).collect();
    for meaning in meanings {
        page.push_str(&format!("  - {meaning}\n"));
    }
}

fn headline(difference: &Difference) -> String {
    let place = match (difference.line_a, difference.line_b) {
        (Some(a), Some(b)) => format!(" (line {a} of A, {b} of B)"),
        (Some(a), None) => format!(" (line {a} of A, not in B)"),
        (None, Some(b)) => format!(" (line {b} of B, not in A)"),
        (None, None) => String::new(),
    };
    format!("{}{place}: {}", difference.section, difference.subject)
}

fn verdict(report: &DiffReport) -> &'static str {
    match (report.status, report.remarks.is_empty(), report.differences.is_empty()) {
        (0, true, _) => "The same evidence. Whether it holds is for verify to say.",
        (0, false, _) => "The same evidence; what else differs came with time. Whether it holds is for verify to say.",
        (1, _, false) => "DIFFERENT EVIDENCE: there are two records of this decision. Verify each by itself.",
        (1, _, true) => "NOT A BUNDLE: nothing more can be said.",
        _ => "Not compared to the end: a file ends too early.",
    }
}
