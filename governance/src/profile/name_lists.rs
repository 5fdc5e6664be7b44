//! Lists of names, as collections of American runoffs are kept.
//!
//! ```text
//! Ann, Ben, Cem
//! IND,IND,IND
//! -+-+-
//! (Ann, Ben) : 28
//! (Cem,) : 3
//! () : 1
//! ```
//!
//! The first line holds the candidates' names, the second their parties, of which only the number is checked, the third is a ruler.
//! Each further line holds one strict ranking, the most preferred first, and how many papers say it. A comma may follow the last name.
//! Names hold neither commas nor parentheses.
//! Source: <https://github.com/michelleblom/margin-irv>, its `data`.

use std::collections::BTreeMap;

use super::collect::{Collector, weight};
use super::line::{name, numbered, shown};
use super::{CANDIDATES_MAX, Profile, Reason, Refusal};

/// Whether a line is the ruler between names and papers.
pub(super) fn is_ruler(line: &str) -> bool {
    line.starts_with('-') && line.bytes().all(|byte| b"-+".contains(&byte))
}

/// Reads lists of names.
///
/// # Errors
/// [`Refusal`] with the first line that is malformed and the reason.
pub fn parse(text: &str) -> Result<Profile, Refusal> {
    let mut lines = numbered(text).filter(|(_, line)| !line.is_empty());
    let mut head = |missing: &'static str| lines.next().ok_or(Refusal::at(1, Reason::Ends(missing)));
    let (line, row) = head("the row of candidates")?;
    let candidates: Vec<String> = row
        .split(',')
        .take(CANDIDATES_MAX.saturating_add(1))
        .map(|word| name(line, word.trim()))
        .collect::<Result<_, _>>()?;
    if candidates.len() > CANDIDATES_MAX {
        return Err(Refusal::at(line, Reason::CandidateCount));
    }
    let mut numbers = BTreeMap::new();
    for (number, name) in (0..).zip(&candidates) {
        if numbers.insert(name.as_str(), number).is_some() {
            return Err(Refusal::at(line, Reason::SameName(shown(name))));
        }
    }
    let (line, parties) = head("the row of parties")?;
    let (given, expected) = (parties.split(',').count(), candidates.len());
    if given != expected {
        return Err(Refusal::at(line, Reason::Row { given, expected }));
    }
    let (line, ruler) = head("the ruler")?;
    if !is_ruler(ruler) {
        return Err(Refusal::at(line, Reason::Ruler(shown(ruler))));
    }
    let mut collector = Collector::default();
    for (line, text) in lines {
        paper(&mut collector, &numbers, line, text)?;
    }
    Ok(Profile {
        papers: collector.finish(),
        candidates,
        ..Profile::default()
    })
}

fn paper(collector: &mut Collector, numbers: &BTreeMap<&str, u16>, line: usize, text: &str) -> Result<(), Refusal> {
    let malformed = || Refusal::at(line, Reason::NameList(shown(text)));
    let (list, count) = text
        .strip_prefix('(')
        .and_then(|text| text.split_once(')'))
        .ok_or_else(malformed)?;
    let count = count.trim_start().strip_prefix(':').ok_or_else(malformed)?;
    collector.begin(line, weight(line, count.trim_start())?)?;
    let list = list.trim();
    let list = list.strip_suffix(',').filter(|list| !list.is_empty()).unwrap_or(list);
    if !list.is_empty() {
        for word in list.split(',').map(str::trim) {
            let known = numbers.get(word).copied();
            let candidate = known.ok_or_else(|| Refusal::at(line, Reason::UnknownName(shown(word))))?;
            collector.once(candidate)?;
            collector.draft().next(candidate);
        }
    }
    collector.end();
    Ok(())
}

#[cfg(test)]
mod tests;
