//! A ballot file (`.blt`) as nested lists, for tests and measurements of single methods. [`crate::profile`] reads it.

use crate::profile::{Paper, Refusal, blt};

/// An election as a ballot file holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blt {
    /// Places to fill.
    pub seats: u16,
    /// The candidates' names in order.
    pub candidates: Vec<String>,
    /// Candidates who withdrew, from 0, ascending.
    pub withdrawn: Vec<u16>,
    /// The papers, in the order of the file.
    pub papers: Vec<PaperLine>,
    /// The title; empty where the file has none.
    pub title: String,
    /// The order in which ties are drawn, from 0, if the file gives one.
    pub tie_order: Option<Vec<u16>>,
}

/// One line of papers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperLine {
    /// Its line in the file, from 1.
    pub line: usize,
    /// How many papers it stands for.
    pub weight: u64,
    /// The preferences, the first one first.
    pub preferences: Vec<Preference>,
}

/// One preference of a paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Preference {
    /// One candidate, from 0.
    One(u16),
    /// Several candidates ranked equally, from 0.
    Equal(Box<[u16]>),
    /// Nothing: the paper leaves this preference out.
    Skipped,
}

/// Candidates are ranked equally where a strict order is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {0}: candidates are ranked equally, which this method does not allow")]
pub struct EqualRanks(pub usize);

impl PaperLine {
    /// The preferences as a strict order up to the first that is left out, as Scottish STV has it.
    ///
    /// # Errors
    /// [`EqualRanks`], with the line, where candidates are ranked equally.
    pub fn strict_order(&self) -> Result<Vec<u16>, EqualRanks> {
        let mut order = Vec::with_capacity(self.preferences.len());
        for preference in &self.preferences {
            match preference {
                Preference::One(candidate) => order.push(*candidate),
                Preference::Skipped => break,
                Preference::Equal(_) => return Err(EqualRanks(self.line)),
            }
        }
        Ok(order)
    }
}

impl From<Paper<'_>> for PaperLine {
    fn from(paper: Paper<'_>) -> Self {
        let preferences = paper.ranks().map(|rank| match rank {
            [] => Preference::Skipped,
            [one] => Preference::One(*one),
            several => Preference::Equal(several.into()),
        });
        Self {
            line: paper.line,
            weight: paper.weight,
            preferences: preferences.collect(),
        }
    }
}

/// Reads a ballot file.
///
/// # Errors
/// As [`blt::parse`].
pub fn parse(text: &str) -> Result<Blt, Refusal> {
    let profile = blt::parse(text)?;
    Ok(Blt {
        papers: profile.papers().map(PaperLine::from).collect(),
        seats: profile.seats.unwrap_or_default(),
        candidates: profile.candidates,
        withdrawn: profile.withdrawn,
        title: profile.title,
        tie_order: profile.tie_order,
    })
}
