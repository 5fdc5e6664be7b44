//! The report for people: short, level by level.

use std::io::Write;

use crate::report::{Check, Decision, FindingKind, Report};

/// Prints a report.
///
/// # Errors
/// If `to` cannot be written to.
pub fn print_report(to: &mut impl Write, report: &Report) -> std::io::Result<()> {
    print_decision(to, &report.decision)?;
    writeln!(to)?;
    for check in &report.checks {
        print_check(to, check)?;
    }
    if !report.findings.is_empty() {
        writeln!(to, "\nWrong or missing:")?;
        for finding in &report.findings {
            let mark = match finding.kind {
                FindingKind::Contradiction => "!",
                FindingKind::Missing => "?",
            };
            writeln!(to, "  {mark} {finding}")?;
        }
        if report.findings_more > 0 {
            writeln!(to, "  and {} more", report.findings_more)?;
        }
    }
    writeln!(to)?;
    for (level, standing) in &report.levels {
        let required = if report.required.contains(level) {
            ", required"
        } else {
            ""
        };
        writeln!(
            to,
            "{} ({}{required}): {}",
            level.name(),
            level.meaning(),
            standing.words()
        )?;
    }
    writeln!(to, "\nNot proved:")?;
    for text in &report.not_proved {
        writeln!(to, "  - {text}")?;
    }
    let verdict = match report.status {
        0 => "Every required level holds.",
        1 => "CONTRADICTION: this bundle is not what it claims to be.",
        _ => "Evidence is missing for a required level.",
    };
    writeln!(to, "\n{verdict}")
}

fn print_decision(to: &mut impl Write, decision: &Decision) -> std::io::Result<()> {
    let unreadable = || "(unreadable)".to_owned();
    let coop = decision.coop.clone().unwrap_or_else(unreadable);
    let title = decision.title.clone().unwrap_or_else(unreadable);
    writeln!(to, "{coop}: {title}")?;
    if let Some(rule) = &decision.rule {
        writeln!(to, "{rule}")?;
    }
    match decision.outcome {
        None => writeln!(to, "Outcome: not recounted")?,
        Some(outcome) => writeln!(to, "Outcome of the recount: {}", outcome.name().replace('_', " "))?,
    }
    for reason in &decision.reasons {
        writeln!(to, "  {reason}")?;
    }
    for (place, name) in (1..).zip(&decision.elected) {
        writeln!(to, "  {place}. {name}")?;
    }
    writeln!(
        to,
        "{} of {} ballots without a member signature ({} on the roll, {} revisions)",
        decision.attested, decision.ballots, decision.roll, decision.revisions
    )?;
    if decision.lots > 0 {
        writeln!(to, "Ties settled by lot: {}", decision.lots)?;
    }
    Ok(())
}

fn print_check(to: &mut impl Write, check: &Check) -> std::io::Result<()> {
    let mark = if check.failed == 0 { "ok  " } else { "FAIL" };
    let count = match (check.failed, check.made) {
        (0, made) => made.to_string(),
        (failed, made) => format!("{failed} of {made} wrong"),
    };
    writeln!(
        to,
        "{mark} {} {:<8} {:<56} {count}",
        check.level.name(),
        check.section.name(),
        check.what
    )
}
