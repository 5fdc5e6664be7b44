//! The report for people: short, level by level.

use std::io::Write;

use wire::bundle::Section;

use crate::report::{Check, Decision, Finding, FindingKind, Identity, InLog, Level, Report, Standing};

/// Prints a report. Characters that move a terminal's cursor or turn the direction of text are shown as their numbers: the bundle's
/// texts are whatever its author wrote.
///
/// # Errors
/// If `to` cannot be written to.
pub fn print_report(to: &mut impl Write, report: &Report) -> std::io::Result<()> {
    let mut page = Vec::new();
    write_report(&mut page, report)?;
    to.write_all(harmless(&String::from_utf8_lossy(&page)).as_bytes())
}

/// The text without what moves a terminal's cursor.
#[must_use]
pub fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        let turns = matches!(character, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
        if (character.is_control() && character != '\n') || turns {
            shown.push_str(&format!("<U+{:04X}>", u32::from(character)));
        } else {
            shown.push(character);
        }
    }
    shown
}

fn write_report(to: &mut impl Write, report: &Report) -> std::io::Result<()> {
    print_decision(to, &report.decision)?;
    if let Some(log) = report
        .log
        .as_ref()
        .filter(|_| report.levels.get(&Level::L1) == Some(&Standing::Holds))
    {
        print_log(to, report, log)?;
    }
    writeln!(to)?;
    if let Some(identity) = &report.identity {
        print_identity(to, identity)?;
        writeln!(to)?;
    }
    print_checks(to, report)?;
    if !report.findings.is_empty() {
        writeln!(to, "\nWrong or missing:")?;
        for finding in &report.findings {
            let mark = match finding.kind {
                FindingKind::Contradiction => "!",
                FindingKind::Missing => "?",
            };
            writeln!(to, "  {mark} {}", one_line(&finding.to_string()))?;
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

/// A text of the bundle, kept from beginning lines that look like the report's own.
pub(crate) fn one_line(text: &str) -> String {
    text.replace('\n', "<U+000A>")
}

fn print_identity(to: &mut impl Write, identity: &Identity) -> std::io::Result<()> {
    let none = || "none".to_owned();
    let word = |word: Option<governance::hash::Hash32>| {
        word.map_or_else(|| "(unreadable)".to_owned(), |word| word.to_string())
    };
    writeln!(
        to,
        "Whose record this is, by its own words; compare it with what you know from elsewhere:"
    )?;
    for (name, value) in [
        ("co-op", format!("{} ({})", identity.slug, identity.coop)),
        ("namespace", identity.namespace.to_string()),
        ("registrar", identity.registrar.clone().unwrap_or_else(none)),
        (
            "chain",
            identity.chain_id.map_or_else(none, |chain_id| chain_id.to_string()),
        ),
        ("contract", identity.contract.clone().unwrap_or_else(none)),
        ("server key", identity.server_key.clone()),
        ("log key", identity.log_key.clone().unwrap_or_else(none)),
        ("proposal", word(identity.proposal)),
        ("its hash", word(identity.proposal_hash)),
    ] {
        writeln!(to, "  {name:<10} {}", one_line(&value))?;
    }
    Ok(())
}

fn print_decision(to: &mut impl Write, decision: &Decision) -> std::io::Result<()> {
    let unreadable = || "(unreadable)".to_owned();
    let coop = decision.coop.clone().unwrap_or_else(unreadable);
    let title = decision.title.clone().unwrap_or_else(unreadable);
    writeln!(to, "{}: {}", one_line(&coop), one_line(&title))?;
    if let Some(rule) = &decision.rule {
        writeln!(to, "{rule}")?;
    }
    if let Some(stage) = &decision.stage {
        let body = stage.body.as_deref().unwrap_or("a body unknown to this program");
        writeln!(to, "Stage {} of {}, by {body}", stage.number, stage.of)?;
    }
    match decision.outcome {
        None => writeln!(to, "Outcome: not recounted")?,
        Some(outcome) => writeln!(to, "Outcome of the recount: {}", outcome.name().replace('_', " "))?,
    }
    for reason in &decision.reasons {
        writeln!(to, "  {reason}")?;
    }
    for (place, name) in (1..).zip(&decision.elected) {
        writeln!(to, "  {place}. {}", one_line(name))?;
    }
    writeln!(
        to,
        "{} of {} ballots without a member signature ({} on the roll, {} revisions)",
        decision.attested, decision.ballots, decision.roll, decision.revisions
    )?;
    if decision.attested > 0 {
        writeln!(
            to,
            "  {} of them of members with a key on the roll, {} in place of a ballot the member had signed",
            decision.attested_with_key, decision.attested_in_place_of_signed
        )?;
    }
    if decision.delegated > 0 {
        writeln!(
            to,
            "Weight by delegation: {} ({} by proxy ballots, {} delegations without a member signature); not cast: {}",
            decision.delegated, decision.by_proxy, decision.attested_delegations, decision.uncast
        )?;
    }
    if decision.lots > 0 {
        writeln!(to, "Ties settled by lot: {}", decision.lots)?;
    }
    Ok(())
}

/// What L1 showed, where it holds.
fn print_log(to: &mut impl Write, report: &Report, log: &InLog) -> std::io::Result<()> {
    let place = |index: Option<u64>| index.map_or_else(|| "#?".to_owned(), |index| format!("#{}", grouped(index)));
    let ballots = report.decision.revisions;
    let ballots = match ballots {
        1 => "1 ballot stands".to_owned(),
        _ => format!("{} ballots stand", grouped(ballots)),
    };
    writeln!(
        to,
        "{ballots} in the log between opening ({}) and close ({}), the result at {}; checkpoint of {} entries",
        place(log.opened),
        place(log.closed),
        place(log.result),
        grouped(log.checkpoint.size)
    )?;
    if let Some(published) = log.published {
        writeln!(
            to,
            "  the published log continues it, with {} entries now",
            grouped(published.size)
        )?;
    }
    Ok(())
}

/// A number with a comma between each three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && digits.len().saturating_sub(place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// One line for each section, and one more for each check that failed.
fn print_checks(to: &mut impl Write, report: &Report) -> std::io::Result<()> {
    writeln!(to, "     level section        lines   checks")?;
    for level in Level::ALL {
        for section in Section::ALL {
            let own = |check: &&Check| check.level == level && check.section == section;
            let checks: Vec<&Check> = report.checks.iter().filter(own).collect();
            let made: u64 = checks.iter().map(|check| check.made).sum();
            let own = |finding: &&Finding| finding.level == level && finding.section == section;
            let worst = report.findings.iter().filter(own).map(|finding| finding.kind).min();
            if made == 0 && worst.is_none() {
                continue;
            }
            // Nothing is wrong where evidence is missing that nobody asked for.
            let mark = match worst {
                None => "ok  ",
                Some(FindingKind::Missing) if !report.required.contains(&level) => "lack",
                Some(FindingKind::Contradiction | FindingKind::Missing) => "FAIL",
            };
            let lines = report.lines.get(section.name()).copied().unwrap_or_default();
            let (level, section) = (level.name(), section.name());
            writeln!(to, "{mark} {level:<5} {section:<10} {lines:>9} {made:>8}")?;
            for check in checks.iter().filter(|check| check.failed > 0) {
                writeln!(to, "       {} of {} wrong: {}", check.failed, check.made, check.what)?;
            }
        }
    }
    Ok(())
}
