//! The books as files of other programs, written part by part: books of any size take the memory of a part.
//!
//! What was posted never changes, so that each part is read by itself up to the transaction that was the newest when the file was begun; no
//! connection of the database waits for a slow reader.

use std::collections::VecDeque;
use std::sync::Arc;

use governance::id::CoopId;
use governance::ledger::export::{BookFormat, BookWriter, Opening};
use store::coop::coop_get;
use store::ledger::{
    EntryRange, EntryRow, JournalRow, journal_after, journal_entries_after, journal_entries_folded, journal_extent,
};

use super::rows::{Sight, chart, day, entry, head};
use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;

/// How many transactions are read at once.
const JOURNALS: i64 = 500;
/// How many entries are read at once, and written as one part.
const ENTRIES: i64 = 5_000;

/// The file with this name, and its media type.
///
/// # Errors
/// 404 for any other.
pub fn book_named(name: &str) -> Result<(BookFormat, &'static str), Problem> {
    match name {
        "books.beancount" => Ok((BookFormat::Beancount, "text/plain; charset=utf-8")),
        "books.journal" => Ok((BookFormat::Hledger, "text/plain; charset=utf-8")),
        "books.csv" => Ok((BookFormat::Csv, "text/csv; charset=utf-8")),
        _ => Err(Problem::not_found()),
    }
}

/// A file that is being written.
pub struct BookFile {
    app: Arc<App>,
    coop: CoopId,
    sight: Sight,
    /// Nothing once the file has ended.
    writer: Option<BookWriter>,
    /// What is written and not given out yet.
    text: String,
    /// The newest transaction of the file.
    upto: i64,
    /// The transactions of the batch whose head is not written yet.
    heads: VecDeque<JournalRow>,
    /// The newest transaction of the batch, and the last entry that is written.
    batch: i64,
    after: (i64, i32),
    /// Whether every entry of the batch is written: that its last head is says nothing of the entries behind it.
    batch_is_written: bool,
}

impl BookFile {
    /// Begins the books of the co-op, as the reader may see them.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn begin(app: Arc<App>, actor: &Actor<Member>, format: BookFormat) -> Result<Self, Problem> {
        let mut tx = app.store.coop_tx("journal_export", actor.coop).await?;
        let title = coop_get(&mut tx).await?.ok_or_else(Problem::not_found)?.name;
        // First, so that every account of a transaction is among the accounts.
        let extent = journal_extent(&mut tx).await?;
        let accounts: Vec<_> = chart(&mut tx).await?.into_values().collect();
        tx.commit().await?;
        let opening = Opening {
            title: &title,
            first: extent.map(|(_, first)| day(first)).transpose()?,
            accounts: &accounts,
        };
        let mut text = String::new();
        let writer = BookWriter::begin(format, opening, &mut text);
        Ok(Self {
            coop: actor.coop,
            sight: Sight::of(actor),
            writer: Some(writer),
            text,
            upto: extent.map_or(0, |(last, _)| last),
            heads: VecDeque::new(),
            batch: 0,
            after: (0, 0),
            batch_is_written: true,
            app,
        })
    }

    /// The next part; `None` at the end.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn part(&mut self) -> Result<Option<String>, Problem> {
        while self.text.is_empty() {
            let Some(mut writer) = self.writer.take() else {
                return Ok(None);
            };
            if self.go_on(&mut writer).await? {
                self.writer = Some(writer);
            } else {
                writer.end(&mut self.text);
            }
        }
        Ok(Some(std::mem::take(&mut self.text)))
    }

    /// Writes the next entries; false where there is nothing more.
    async fn go_on(&mut self, writer: &mut BookWriter) -> Result<bool, Problem> {
        let mut tx = self.app.store.coop_tx("journal_export", self.coop).await?;
        if self.batch_is_written {
            let rows = journal_after(&mut tx, (self.batch, self.upto), JOURNALS).await?;
            let Some(last) = rows.last().map(|row| row.number) else {
                return Ok(false);
            };
            self.after = (self.batch, i32::MAX);
            self.batch = last;
            self.heads = rows.into();
            self.batch_is_written = false;
        }
        let (rows, is_last) = match self.sight {
            Sight::Whole => {
                let range = EntryRange {
                    after: self.after,
                    upto: self.batch,
                    limit: ENTRIES,
                };
                let rows = journal_entries_after(&mut tx, range).await?;
                let is_last = i64::try_from(rows.len()).is_ok_and(|read| read < ENTRIES);
                (rows, is_last)
            }
            Sight::Folded => {
                let numbers: Vec<i64> = self.heads.iter().map(|row| row.number).collect();
                (journal_entries_folded(&mut tx, &numbers).await?, true)
            }
        };
        tx.commit().await?;
        self.write(writer, &rows)?;
        if is_last {
            // What moves nothing that may be seen has no entries.
            self.heads_upto(writer, self.batch)?;
            self.batch_is_written = true;
        }
        Ok(true)
    }

    fn write(&mut self, writer: &mut BookWriter, rows: &[EntryRow]) -> Result<(), RowDamage> {
        for row in rows {
            self.heads_upto(writer, row.number)?;
            writer.entry(&entry(row)?, &mut self.text);
            self.after = (row.number, row.line);
        }
        Ok(())
    }

    fn heads_upto(&mut self, writer: &mut BookWriter, number: i64) -> Result<(), RowDamage> {
        while let Some(row) = self.heads.pop_front_if(|row| row.number <= number) {
            writer.transaction(row.number.unsigned_abs(), &head(self.coop, &row)?, &mut self.text);
        }
        Ok(())
    }
}
