//! The books as files of other programs.

use governance::ledger::export::{JournalLine, beancount, csv, hledger};
use store::coop::coop_get;
use store::ledger::{JournalRow, journal_entries, journal_list};

use super::rows::{head, posting};
use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;

/// How many transactions are read at once.
const BATCH: i64 = 500;
/// The most entries of one file; books with more are taken away from the database.
const ENTRIES_MAX: usize = 500_000;

/// Which file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BookFile {
    /// For beancount.
    Beancount,
    /// For hledger.
    Hledger,
    /// For a spreadsheet.
    Csv,
}

impl BookFile {
    /// The file with this name.
    ///
    /// # Errors
    /// 404 for any other.
    pub fn named(name: &str) -> Result<Self, Problem> {
        match name {
            "books.beancount" => Ok(Self::Beancount),
            "books.journal" => Ok(Self::Hledger),
            "books.csv" => Ok(Self::Csv),
            _ => Err(Problem::not_found()),
        }
    }

    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Beancount | Self::Hledger => "text/plain; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// Writes the books of the co-op.
///
/// # Errors
/// 503 where there are too many entries for one file.
pub async fn export(app: &App, actor: &Actor<Member>, file: BookFile) -> Result<String, Problem> {
    let mut tx = app.store.coop_tx("journal_export", actor.coop).await?;
    let title = coop_get(&mut tx).await?.ok_or_else(Problem::not_found)?.name;
    let (mut rows, mut entries, mut before): (Vec<JournalRow>, Vec<_>, i64) = (Vec::new(), Vec::new(), i64::MAX);
    loop {
        let batch = journal_list(&mut tx, before, BATCH).await?;
        let numbers: Vec<i64> = batch.iter().map(|row| row.number).collect();
        let Some(last) = numbers.last() else { break };
        before = *last;
        entries.extend(journal_entries(&mut tx, &numbers).await?);
        rows.extend(batch);
        if entries.len() > ENTRIES_MAX {
            return Err(Problem::busy());
        }
    }
    tx.commit().await?;
    rows.reverse();
    entries.sort_unstable_by_key(|entry| (entry.number, entry.line));
    let lines = rows
        .iter()
        .map(|row| {
            let first = entries.partition_point(|entry| entry.number < row.number);
            let end = entries.partition_point(|entry| entry.number <= row.number);
            Ok(JournalLine {
                number: row.number.unsigned_abs(),
                head: head(actor.coop, row)?,
                posting: posting(entries.get(first..end).unwrap_or_default())?,
            })
        })
        .collect::<Result<Vec<_>, RowDamage>>()?;
    Ok(match file {
        BookFile::Beancount => beancount(&title, &lines),
        BookFile::Hledger => hledger(&lines),
        BookFile::Csv => csv(&lines),
    })
}
