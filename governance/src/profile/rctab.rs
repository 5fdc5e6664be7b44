//! Cast votes as RCTab counts them: a table with a column for each rank, and the configuration that says what its labels mean and
//! by which rules it is counted.
//!
//! ```text
//! count,rank1,rank2,rank3
//! 28,Ann,Ben,undervote
//! 3,Cem,overvote,Ann
//! ```
//!
//! Of a configuration is read who stands, and what the rules say. A rule that no method here follows is refused by name, never
//! ignored; so is a rule that is not known.
//! Source: <https://github.com/BrightSpots/rcv>, its `config_file_documentation.txt`, version 2.0.

mod config;
mod rules;
#[cfg(test)]
mod tests;

pub use config::read as read_rules;
pub use rules::{Labels, Overvote, RctabRules, RuleRefusal, TieMode};

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::collect::{Collector, weight};
use super::csv::split;
use super::line::{numbered, shown};
use super::{BYTES_MAX, Profile, Reason, Refusal};

/// What write-ins that nobody declared are called in the result.
pub const WRITE_INS: &str = "Undeclared Write-ins";

/// Whether a line is the first of a table of cast votes.
pub(super) fn is_header(line: &str) -> bool {
    let mut cells = line.split(',').map(str::trim);
    cells.next() == Some("count")
        && line.contains(',')
        && (1..).zip(cells).all(|(rank, cell): (usize, &str)| {
            cell.strip_prefix("rank")
                .is_some_and(|number| number == rank.to_string())
        })
}

/// Reads cast votes by the rules of their configuration. Papers are strict rankings then; one that marks nothing is blank.
///
/// # Errors
/// [`Refusal`] with the first line that is malformed and the reason.
pub fn parse(text: &str, rules: &RctabRules) -> Result<Profile, Refusal> {
    if text.len() > BYTES_MAX {
        return Err(Refusal::at(1, Reason::TooLarge));
    }
    let mut rows = numbered(text).filter(|(_, line)| !line.is_empty());
    let (line, header) = rows.next().ok_or(Refusal::at(1, Reason::Ends("the row of ranks")))?;
    if !is_header(header) {
        return Err(Refusal::at(line, Reason::CastVoteHeader));
    }
    let expected = header.split(',').count();
    let mut reader = Reader {
        rules,
        names: rules.names(),
        collector: Collector::default(),
    };
    let mut row = Vec::new();
    for (line, text) in rows {
        split(line, text, &mut row)?;
        let given = row.len();
        if given != expected {
            return Err(Refusal::at(line, Reason::Row { given, expected }));
        }
        let count = row.first().map_or("", Cow::as_ref);
        reader.collector.begin(line, weight(line, count)?)?;
        reader.ranks(line, row.iter().skip(1).map(Cow::as_ref))?;
        reader.collector.end();
    }
    Ok(Profile {
        title: rules.title.clone(),
        candidates: rules.candidates.clone(),
        seats: Some(1),
        withdrawn: rules.withdrawn.clone(),
        tie_order: rules.tie_order(),
        papers: reader.collector.finish(),
    })
}

struct Reader<'r> {
    rules: &'r RctabRules,
    names: BTreeMap<&'r str, u16>,
    collector: Collector,
}

impl Reader<'_> {
    /// Ranks until a rule ends the paper.
    fn ranks<'c>(&mut self, line: usize, cells: impl Iterator<Item = &'c str>) -> Result<(), Refusal> {
        let labels = &self.rules.labels;
        let mut skipped: u64 = 0;
        let mut is_over = false;
        for (rank, cell) in (1_u64..).zip(cells) {
            if cell.is_empty() || cell == labels.skipped {
                skipped = skipped.saturating_add(1);
                continue;
            }
            let candidate = if cell == labels.overvote {
                None
            } else {
                // A name that nobody bears is wrong wherever it stands, though the paper may have ended.
                let known = self.names.get(cell).copied();
                Some(known.ok_or_else(|| Refusal::at(line, Reason::UnknownName(shown(cell))))?)
            };
            is_over = is_over
                || self.rules.ranks_max.is_some_and(|most| rank > most)
                || self.rules.skipped_max.is_some_and(|most| skipped > most);
            skipped = 0;
            if is_over {
                continue;
            }
            match candidate {
                None => is_over = self.rules.overvote == Overvote::Exhausts,
                Some(candidate) if self.collector.is_first(candidate) => self.collector.draft().next(candidate),
                Some(_) => is_over = self.rules.repeat_exhausts,
            }
        }
        Ok(())
    }
}
