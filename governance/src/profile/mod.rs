//! Profiles: who stands, and what every ballot paper says, whatever file they come from.
//!
//! | Format | Reader | A candidate twice on one paper | A candidate unknown |
//! |---|---|---|---|
//! | ballot file, `.blt` | [`blt::parse`] | refused | refused |
//! | PrefLib, `.soc .soi .toc .toi` | [`preflib::parse`] | refused | refused |
//! | ABIF, `.abif` | [`abif::parse`] | refused | refused once the file declares candidates, else a new one |
//! | table, `.csv` | [`csv::parse`] | cannot occur: a column each | cannot occur |
//! | lists of names, `.txt` | [`name_lists::parse`] | refused | refused |
//! | rankings, `.json` | [`json::parse`] | refused | refused |
//! | cast votes for RCTab, `.ballots.csv` | [`rctab::parse`] | first counts, or the paper ends there: the rules say | refused |
//!
//! Whatever is malformed is refused with the number of its line and the reason. Time and memory grow with the file alone, which
//! is bounded: by [`BYTES_MAX`], [`CANDIDATES_MAX`], [`LINES_MAX`], [`WEIGHT_MAX`], [`NAME_MAX`] and [`SCORE_MAX`].
//! A paper that says nothing is kept: it is blank. Papers for candidates who withdrew are kept, too; the method passes over them.

pub mod abif;
pub mod blt;
mod collect;
pub mod csv;
mod format;
mod fuzz;
pub mod json;
mod line;
pub mod name_lists;
mod paper;
pub mod preflib;
pub mod rctab;
mod refusal;

pub use format::{Cells, Format};
pub use fuzz::read_any;
pub use paper::{Paper, Ranks};
pub use refusal::{Reason, Refusal};

use paper::Papers;

/// The most bytes of one file.
pub const BYTES_MAX: usize = 256 * 1024 * 1024;
/// The most candidates. Some methods count fewer, and say so.
pub const CANDIDATES_MAX: usize = 1_000;
/// The most lines of papers in one file: a whole city's election, with every paper on a line of its own.
pub const LINES_MAX: usize = 2_000_000;
/// The most papers one line may stand for.
pub const WEIGHT_MAX: u64 = 1_000_000_000_000;
/// The longest name or title, in characters.
pub const NAME_MAX: usize = 300;
/// The highest score.
pub const SCORE_MAX: u32 = 1_000_000;

/// An election as a file holds it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile {
    /// The title; empty where the file has none.
    pub title: String,
    /// The candidates' names in order.
    pub candidates: Vec<String>,
    /// Places to fill, if the file says.
    pub seats: Option<u16>,
    /// Candidates who withdrew, from 0, ascending.
    pub withdrawn: Vec<u16>,
    /// The order in which ties are drawn, from 0, if the file gives one.
    pub tie_order: Option<Vec<u16>>,
    papers: Papers,
}

impl Profile {
    /// The papers, in the order of the file.
    pub fn papers(&self) -> impl Iterator<Item = Paper<'_>> {
        self.papers.iter()
    }

    /// How many lines of papers there are.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.papers.len()
    }

    /// How many papers there are, blank ones with them.
    #[must_use]
    pub fn weight(&self) -> u128 {
        self.papers().map(|paper| u128::from(paper.weight)).sum()
    }

    /// The highest score on any paper; `None` where the papers hold no scores.
    #[must_use]
    pub fn highest_score(&self) -> Option<u32> {
        self.papers()
            .flat_map(|paper| paper.scores.iter().map(|(_, score)| *score))
            .max()
    }

    /// Whether the papers hold scores.
    #[must_use]
    pub fn has_scores(&self) -> bool {
        self.papers.has_scores()
    }

    /// How many candidates there are.
    #[must_use]
    pub fn candidate_count(&self) -> u16 {
        u16::try_from(self.candidates.len()).unwrap_or(u16::MAX)
    }
}

/// Reads a file. What it holds follows from its name, else from its content; `cells` says what a table's cells are.
///
/// Cast votes ([`Format::CastVotes`]) need rules: [`rctab::parse`] reads them.
///
/// # Errors
/// [`Refusal`] with the first line that is malformed and the reason.
pub fn parse(name: &str, text: &str, cells: Cells) -> Result<Profile, Refusal> {
    parse_as(Format::of(name, text)?, text, cells)
}

/// Reads a file of a known format.
///
/// # Errors
/// As [`parse`].
pub fn parse_as(format: Format, text: &str, cells: Cells) -> Result<Profile, Refusal> {
    if text.len() > BYTES_MAX {
        return Err(Refusal::at(1, Reason::TooLarge));
    }
    match format {
        Format::Blt => blt::parse(text),
        Format::PrefLib => preflib::parse(text),
        Format::Abif => abif::parse(text),
        Format::Csv => csv::parse(text, cells),
        Format::NameLists => name_lists::parse(text),
        Format::Json => json::parse(text),
        Format::CastVotes => Err(Refusal::at(1, Reason::NeedsRules)),
    }
}

#[cfg(test)]
mod tests;
