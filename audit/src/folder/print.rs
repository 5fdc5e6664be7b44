//! The report on a public record for people.

use std::collections::BTreeMap;
use std::io::Write;

use super::report::{DecisionSummary, EntryCount, FolderReport, WholeLog};
use crate::print::harmless;
use crate::report::FindingKind;

/// So many decisions are listed one by one; all are in the report for machines.
const DECISIONS_MAX: usize = 100;
/// So many findings are printed.
const FINDINGS_MAX: usize = 100;

/// Prints a report. Characters that move a terminal's cursor or turn the direction of text are shown as their numbers.
///
/// # Errors
/// If `to` cannot be written to.
pub fn print_folder(to: &mut impl Write, report: &FolderReport) -> std::io::Result<()> {
    let mut page = Vec::new();
    write_report(&mut page, report)?;
    to.write_all(harmless(&String::from_utf8_lossy(&page)).as_bytes())
}

/// A text of the record, kept from beginning lines that look like the report's own.
fn one_line(text: &str) -> String {
    text.replace('\n', "<U+000A>")
}

fn write_report(to: &mut impl Write, report: &FolderReport) -> std::io::Result<()> {
    if let Some(identity) = &report.identity {
        writeln!(to, "The public record of {}", one_line(&identity.name))?;
        writeln!(
            to,
            "\nWhose record this is, by its own words; compare it with what you know from elsewhere:"
        )?;
        for (name, value) in [
            ("co-op", format!("{} ({})", identity.slug, identity.coop)),
            ("namespace", identity.namespace.to_string()),
            ("log key", identity.log_key.clone()),
            ("server key", identity.server_key.clone()),
        ] {
            writeln!(to, "  {name:<10} {}", one_line(&value))?;
        }
    }
    print_decisions(to, &report.decisions)?;
    if let Some(log) = &report.log {
        print_log(to, log)?;
    }
    if !report.findings.is_empty() {
        writeln!(to, "\nWrong or missing:")?;
        for finding in report.findings.iter().take(FINDINGS_MAX) {
            let mark = match finding.kind {
                FindingKind::Contradiction => "!",
                FindingKind::Missing => "?",
            };
            writeln!(to, "  {mark} {}: {}", one_line(&finding.file), one_line(&finding.text))?;
        }
        let unprinted = report.findings.len().saturating_sub(FINDINGS_MAX);
        let more = report
            .findings_more
            .saturating_add(u64::try_from(unprinted).unwrap_or(u64::MAX));
        if more > 0 {
            writeln!(to, "  and {more} more")?;
        }
    }
    writeln!(to, "\nNot proved:")?;
    for text in &report.not_proved {
        writeln!(to, "  - {}", one_line(text))?;
    }
    let verdict = match report.status {
        0 => "The record holds: every bundle, the log, and both together.",
        1 => "CONTRADICTION: this record is not what it claims to be.",
        _ => "Nothing contradicts, and evidence is missing.",
    };
    writeln!(to, "\n{verdict}")
}

fn print_decisions(to: &mut impl Write, decisions: &[DecisionSummary]) -> std::io::Result<()> {
    writeln!(to, "\n{} decisions with a bundle", decisions.len())?;
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    for decision in decisions {
        let outcome = decision.outcome.map_or("not recounted", |outcome| outcome.name());
        let count = outcomes.entry(outcome).or_default();
        *count = count.saturating_add(1);
    }
    let counted: Vec<String> = outcomes
        .iter()
        .map(|(name, count)| format!("{} {count}", name.replace('_', " ")))
        .collect();
    if !counted.is_empty() {
        writeln!(to, "By recount: {}", counted.join(", "))?;
    }
    // Those with something wrong first, so that none of them is among those that are not listed.
    let (fine, wrong): (Vec<_>, Vec<_>) = decisions.iter().partition(|decision| decision.status == 0);
    for decision in wrong.iter().chain(&fine).take(DECISIONS_MAX) {
        let mark = match decision.status {
            0 => "ok  ",
            1 => "FAIL",
            _ => "?   ",
        };
        let title = decision.title.as_deref().unwrap_or("(unreadable)");
        let outcome = decision.outcome.map_or("not recounted", |outcome| outcome.name());
        writeln!(
            to,
            "{mark} {} {:<13} {:>7} ballots  {}",
            decision.proposal,
            outcome.replace('_', " "),
            decision.ballots,
            one_line(title)
        )?;
    }
    if decisions.len() > DECISIONS_MAX {
        writeln!(
            to,
            "     and {} more, all as they should be or as listed below (--json)",
            decisions.len() - DECISIONS_MAX
        )?;
    }
    Ok(())
}

fn print_log(to: &mut impl Write, log: &WholeLog) -> std::io::Result<()> {
    writeln!(
        to,
        "\nThe log: {} entries, all read, root {}",
        log.head.size, log.head.root
    )?;
    let mut count = |name: &str, count: EntryCount| {
        let (entries, within) = (count.entries, count.in_bundles);
        writeln!(to, "  {name:<10} {entries:>9}, {within:>9} of them in bundles here")
    };
    count("questions", log.proposals)?;
    count("ballots", log.ballots)?;
    count("results", log.tallies)?;
    writeln!(to, "  {:<10} {:>9}", "others", log.others)?;
    if log.unpublished > 0 {
        writeln!(
            to,
            "  {} decisions have no bundle here; {} of them have a result in the log",
            log.unpublished, log.results_without_bundle.count
        )?;
    }
    if log.undecided.count > 0 {
        writeln!(
            to,
            "  {} ballots may be of these; {} of them were stored while a decision with a bundle was open, too",
            log.undecided.count, log.undecided_beside
        )?;
    }
    Ok(())
}
