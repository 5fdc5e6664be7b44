//! Which format a file has.

use super::line::{numbered, whole_number};
use super::{Reason, Refusal, name_lists, rctab};

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// A ballot file.
    Blt,
    /// PrefLib, with headers.
    PrefLib,
    /// ABIF.
    Abif,
    /// A table with a column for each candidate.
    Csv,
    /// Lists of names.
    NameLists,
    /// Rankings in JSON.
    Json,
    /// A table with a column for each rank, as RCTab counts it.
    CastVotes,
}

/// What the cells of a table say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Cells {
    /// Ranks: 1 is the most preferred.
    #[default]
    Ranks,
    /// Scores: more is better.
    Scores,
}

impl Format {
    /// What a file of this name and content holds: the ending of the name decides, and where it is none of ours, the content.
    ///
    /// # Errors
    /// [`Reason::UnknownFormat`].
    pub fn of(name: &str, text: &str) -> Result<Self, Refusal> {
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        let known = match ending.as_deref() {
            Some("blt") => Some(Self::Blt),
            Some("soc" | "soi" | "toc" | "toi") => Some(Self::PrefLib),
            Some("abif") => Some(Self::Abif),
            Some("csv") => Some(table(text)),
            Some("json") => Some(Self::Json),
            Some(_) | None => of_content(text),
        };
        known.ok_or(Refusal::at(1, Reason::UnknownFormat))
    }
}

fn table(text: &str) -> Format {
    let first = numbered(text).find(|(_, line)| !line.is_empty());
    if first.is_some_and(|(_, line)| rctab::is_header(line)) {
        Format::CastVotes
    } else {
        Format::Csv
    }
}

fn of_content(text: &str) -> Option<Format> {
    /// Headers of PrefLib stand near the beginning.
    const HEADERS_LOOKED_AT: usize = 50;
    let is_header = |line: &str| {
        let header = line.strip_prefix('#').map_or("", str::trim_start);
        header.starts_with("NUMBER ALTERNATIVES:") || header.starts_with("ALTERNATIVE NAME ")
    };
    if numbered(text).take(HEADERS_LOOKED_AT).any(|(_, line)| is_header(line)) {
        return Some(Format::PrefLib);
    }
    let mut lines = numbered(text).filter(|(_, line)| !line.is_empty());
    if lines.nth(2).is_some_and(|(_, line)| name_lists::is_ruler(line)) {
        return Some(Format::NameLists);
    }
    let (_, line) = numbered(text).find(|(_, line)| !line.is_empty() && !line.starts_with('#'))?;
    let numbers: Option<Vec<u64>> = line.split_ascii_whitespace().take(3).map(whole_number).collect();
    if numbers.is_some_and(|numbers| numbers.len() == 2) {
        return Some(Format::Blt);
    }
    let after_number = line
        .trim_start_matches(|letter: char| letter.is_ascii_digit())
        .trim_start();
    let is_paper = after_number.len() < line.len() && after_number.starts_with([':', '*']);
    // Metadata of ABIF ends on its line.
    if line.starts_with('{') && !line.ends_with('}') {
        return Some(Format::Json);
    }
    if is_paper || line.starts_with(['=', '{']) {
        return Some(Format::Abif);
    }
    line.contains(',').then(|| table(text))
}
