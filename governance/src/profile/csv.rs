//! Tables: a column for each candidate, a row for each paper or for each kind of paper.
//!
//! ```text
//! weight,Ann,Ben,"Dee, Cem"
//! 28,1,2,
//! 3,,1,1
//! ```
//!
//! - The first row holds the candidates' names, each once. A first column called `weight` or `count` says how many papers a row
//!   stands for; without it each row is one paper.
//! - A cell is empty or a whole number: a rank from 1 to the number of candidates, 1 the most preferred, or a score from 0. Which
//!   of the two is said by whoever reads ([`Cells`]). An empty cell ranks or scores nobody; equal ranks are equal; a rank that no
//!   cell has is a gap. Scores rank, too: the highest first.
//! - Cells are parted by commas; blanks around them do not count. A cell with a comma in it stands in quotation marks, inside of
//!   which two stand for one. A cell cannot go over the end of a line. Empty lines are passed over.

use std::borrow::Cow;

use super::collect::{Collector, score, weight};
use super::format::Cells;
use super::line::{name, numbered, shown, whole_number};
use super::{CANDIDATES_MAX, Profile, Reason, Refusal};

/// Reads a table.
///
/// # Errors
/// [`Refusal`] with the first line that is malformed and the reason.
pub fn parse(text: &str, cells: Cells) -> Result<Profile, Refusal> {
    let mut rows = numbered(text).filter(|(_, line)| !line.is_empty());
    let (line, header) = rows
        .next()
        .ok_or(Refusal::at(1, Reason::Ends("the row of candidates")))?;
    let mut row = Vec::new();
    split(line, header, &mut row)?;
    let is_weighted = row
        .first()
        .is_some_and(|cell| ["weight", "count"].contains(&cell.to_ascii_lowercase().as_str()));
    let skipped = usize::from(is_weighted);
    let width = row.len();
    let candidates = names(line, row.iter().skip(skipped))?;
    let mut reader = Reader {
        cells,
        candidates: u16::try_from(candidates.len()).unwrap_or(u16::MAX),
        collector: Collector::default(),
        ranks: Vec::new(),
    };
    for (line, text) in rows {
        split(line, text, &mut row)?;
        if row.len() != width {
            let (given, expected) = (row.len(), width);
            return Err(Refusal::at(line, Reason::Row { given, expected }));
        }
        let weight = match row.first().filter(|_| is_weighted) {
            Some(cell) => weight(line, cell)?,
            None => 1,
        };
        reader.row(line, weight, row.iter().skip(skipped))?;
    }
    Ok(Profile {
        candidates,
        papers: reader.collector.finish(),
        ..Profile::default()
    })
}

fn names<'r>(line: usize, cells: impl Iterator<Item = &'r Cow<'r, str>>) -> Result<Vec<String>, Refusal> {
    let names: Vec<String> = cells.map(|cell| name(line, cell)).collect::<Result<_, _>>()?;
    if names.is_empty() || names.len() > CANDIDATES_MAX {
        return Err(Refusal::at(line, Reason::CandidateCount));
    }
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort_unstable();
    match sorted.iter().zip(sorted.iter().skip(1)).find(|(one, next)| one == next) {
        Some((twice, _)) => Err(Refusal::at(line, Reason::SameName(shown(twice)))),
        None => Ok(names),
    }
}

struct Reader {
    cells: Cells,
    candidates: u16,
    collector: Collector,
    /// The ranks of one row, kept from one to the next.
    ranks: Vec<(u16, u16)>,
}

impl Reader {
    fn row<'r>(
        &mut self,
        line: usize,
        weight: u64,
        cells: impl Iterator<Item = &'r Cow<'r, str>>,
    ) -> Result<(), Refusal> {
        self.collector.begin(line, weight)?;
        self.ranks.clear();
        for (candidate, cell) in (0..self.candidates).zip(cells) {
            if cell.is_empty() {
                continue;
            }
            match self.cells {
                Cells::Ranks => self.ranks.push((self.rank(line, cell)?, candidate)),
                Cells::Scores => {
                    let given = score(line, cell)?;
                    self.collector.draft().score(candidate, given);
                }
            }
        }
        match self.cells {
            Cells::Ranks => self.by_rank(),
            Cells::Scores => self.collector.draft().rank_by_score(),
        }
        self.collector.end();
        Ok(())
    }

    fn rank(&self, line: usize, cell: &str) -> Result<u16, Refusal> {
        whole_number(cell)
            .and_then(|rank| u16::try_from(rank).ok())
            .filter(|rank| (1..=self.candidates).contains(rank))
            .ok_or_else(|| {
                let (word, candidates) = (shown(cell), self.candidates);
                Refusal::at(line, Reason::Rank { word, candidates })
            })
    }

    fn by_rank(&mut self) {
        self.ranks.sort_unstable();
        let draft = self.collector.draft();
        let mut before: u16 = 0;
        for (rank, candidate) in &self.ranks {
            for _ in before.saturating_add(1)..*rank {
                draft.gap();
            }
            if before == *rank {
                draft.equal(*candidate);
            } else {
                draft.next(*candidate);
            }
            before = *rank;
        }
    }
}

/// The cells of a line.
pub(super) fn split<'t>(line: usize, text: &'t str, row: &mut Vec<Cow<'t, str>>) -> Result<(), Refusal> {
    row.clear();
    let mut rest = Some(text);
    while let Some(text) = rest {
        let text = text.trim_start();
        let (cell, after) = match text.strip_prefix('"') {
            Some(quoted) => {
                let (cell, after) = unquote(quoted).ok_or(Refusal::at(line, Reason::Cell))?;
                match after.trim_start() {
                    "" => (cell, None),
                    after => (
                        cell,
                        Some(after.strip_prefix(',').ok_or(Refusal::at(line, Reason::Cell))?),
                    ),
                }
            }
            None => match text.split_once(',') {
                Some((cell, after)) => (Cow::Borrowed(cell.trim_end()), Some(after)),
                None => (Cow::Borrowed(text.trim_end()), None),
            },
        };
        // A row of commas alone must not grow without end.
        if row.len() > CANDIDATES_MAX {
            return Err(Refusal::at(line, Reason::CandidateCount));
        }
        row.push(cell);
        rest = after;
    }
    Ok(())
}

/// The inside of quotation marks, and what follows.
fn unquote(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let (first, mut after) = text.split_once('"')?;
    if !after.starts_with('"') {
        return Some((Cow::Borrowed(first), after));
    }
    let mut cell = String::from(first);
    while let Some(more) = after.strip_prefix('"') {
        cell.push('"');
        let (next, rest) = more.split_once('"')?;
        cell.push_str(next);
        after = rest;
    }
    Some((Cow::Owned(cell), after))
}
