//! A count as tables.

use std::io::Write;

use governance::profile::Profile;
use governance::tally::sheet::{Count, Stage, Tie, TransferKind};

use super::words::{self, name};

/// Wider matrices do not fit on a page; JSON has them.
const MATRIX_MAX: usize = 12;

/// The count for people.
///
/// # Errors
/// If `to` cannot be written to.
pub fn print_count(to: &mut impl Write, profile: &Profile, count: &Count) -> std::io::Result<()> {
    let page = Page {
        profile,
        count,
        width: name_width(profile),
    };
    page.heading(to)?;
    for (number, stage) in (1..).zip(&count.stages) {
        page.stage(to, number, stage)?;
    }
    page.matrix(
        to,
        "Papers that prefer the row to the column:",
        count.pairwise.as_deref(),
    )?;
    page.matrix(to, "Papers for each grade, the worst first:", count.grades.as_deref())?;
    page.end(to)
}

struct Page<'a> {
    profile: &'a Profile,
    count: &'a Count,
    width: usize,
}

fn name_width(profile: &Profile) -> usize {
    const WIDTH_MAX: usize = 40;
    let longest = profile.candidates.iter().map(|name| name.chars().count()).max();
    longest.unwrap_or_default().clamp(16, WIDTH_MAX)
}

impl Page<'_> {
    fn numbered(&self, number: u16) -> String {
        format!("{number:>3} {}", name(self.profile, number))
    }

    fn heading(&self, to: &mut impl Write) -> std::io::Result<()> {
        let count = self.count;
        if !self.profile.title.is_empty() {
            writeln!(to, "{}", crate::print::harmless(&self.profile.title))?;
        }
        let standing = self.profile.candidates.len().saturating_sub(count.withdrawn.len());
        write!(
            to,
            "{}: {standing} candidates, {} to be elected, {} valid papers, {} blank",
            words::title(count.method),
            count.seats,
            count.valid,
            count.blank
        )?;
        match count.quota {
            Some(quota) => writeln!(to, ", quota {quota}")?,
            None => writeln!(to)?,
        }
        for number in &count.withdrawn {
            writeln!(to, "Withdrawn: {}", self.numbered(*number))?;
        }
        Ok(())
    }

    fn stage_title(&self, number: u16, stage: &Stage) -> String {
        let scottish = self.count.method == governance::ballot::Method::ScottishStv;
        match &stage.transfer {
            Some(transfer) => {
                let name = self.numbered(transfer.from);
                let name = name.trim_start();
                match transfer.kind {
                    TransferKind::Surplus => {
                        format!("surplus of {name}; a paper received at 1 goes on at {}", transfer.value)
                    }
                    TransferKind::Exclusion if scottish => {
                        format!("{name} is excluded; papers go on as they were received")
                    }
                    TransferKind::Exclusion => format!("{name} is excluded"),
                }
            }
            None if number == 1 => words::totals(self.count.method).to_owned(),
            None if stage.excluded.is_empty() => String::from("votes go on from those elected"),
            None => format!("excluded together: {}", words::names(self.profile, &stage.excluded)),
        }
    }

    fn stage(&self, to: &mut impl Write, number: u16, stage: &Stage) -> std::io::Result<()> {
        writeln!(to)?;
        writeln!(to, "Stage {number}: {}", self.stage_title(number, stage))?;
        if let Some(quota) = stage.quota {
            writeln!(to, "  Needed to be elected: {quota}")?;
        }
        for tie in &stage.ties {
            self.tie(to, tie)?;
        }
        let width = self.width.saturating_add(4);
        for (candidate, total) in &stage.totals {
            if self.count.withdrawn.contains(candidate) {
                continue;
            }
            let mark = if stage.elected.contains(candidate) {
                "  elected"
            } else {
                ""
            };
            let keep = stage
                .keep
                .get(candidate)
                .filter(|part| part.units != governance::tally::decimal::Decimal::scale(part.places))
                .map(|part| format!("  keeps {part}"));
            let (name, keep) = (self.numbered(*candidate), keep.unwrap_or_default());
            writeln!(to, "  {name:<width$} {:>16}{mark}{keep}", total.to_string())?;
        }
        let nobody = if words::is_transferable(self.count.method) {
            "not transferable"
        } else if stage.nontransferable.units > 0 {
            "for withdrawn candidates"
        } else {
            return Ok(());
        };
        let (inner, lost) = (self.width, stage.nontransferable.to_string());
        writeln!(to, "      {nobody:<inner$} {lost:>16}")
    }

    fn tie(&self, to: &mut impl Write, tie: &Tie) -> std::io::Result<()> {
        let numbers: Vec<String> = tie.candidates.iter().map(u16::to_string).collect();
        let how = words::settled(tie);
        writeln!(to, "  Tie of {}: {} is chosen {how}", numbers.join(", "), tie.chosen)
    }

    fn matrix(&self, to: &mut impl Write, title: &str, rows: Option<&[Vec<u128>]>) -> std::io::Result<()> {
        let Some(rows) = rows else {
            return Ok(());
        };
        let columns = rows.first().map_or(0, Vec::len);
        writeln!(to)?;
        if columns > MATRIX_MAX {
            return writeln!(to, "{title} {columns} columns, see --json");
        }
        writeln!(to, "{title}")?;
        let width = self.width.saturating_add(4);
        for (number, row) in (1..).zip(rows) {
            write!(to, "  {:<width$}", self.numbered(number))?;
            for cell in row {
                write!(to, " {cell:>8}")?;
            }
            writeln!(to)?;
        }
        Ok(())
    }

    fn end(&self, to: &mut impl Write) -> std::io::Result<()> {
        let count = self.count;
        if let Some(ranking) = &count.ranking {
            let groups = ranking.iter().map(|group| words::names(self.profile, group));
            writeln!(to, "\nIn order of merit: {}", groups.collect::<Vec<_>>().join("; "))?;
        }
        writeln!(to)?;
        match &count.undecided {
            Some(open) => {
                writeln!(
                    to,
                    "UNDECIDED at stage {}: these tie on {}, and nothing settles it:",
                    open.stage,
                    words::question(open.kind)
                )?;
                for number in &open.candidates {
                    writeln!(to, "  {}", self.numbered(*number))?;
                }
                writeln!(
                    to,
                    "Give the lot with --lot, or the order in which ties were drawn with --tie-order."
                )?;
                writeln!(to, "Elected so far, in order:")?;
            }
            None => writeln!(to, "Elected, in order:")?,
        }
        for number in &count.elected {
            writeln!(to, "  {}", self.numbered(*number))?;
        }
        if count.elected.is_empty() {
            writeln!(to, "  nobody")?;
        }
        Ok(())
    }
}
