//! The books as files of other programs, which check them without us.
//!
//! A writer is given the transactions in the order of their numbers and gives text for each part, so that books of any size are written
//! without being held. Beancount and hledger get an assertion of every balance at the end, at a tolerance of zero: by default beancount
//! overlooks a cent.

mod beancount;
mod csv;
mod hledger;
mod opencollective;

use std::collections::BTreeMap;

pub use csv::csv_cell;
pub use opencollective::{ImportRefusal, ImportedRow, OpenCollectiveAccounts, ROWS_MAX, open_collective};

use super::{Currency, Day, Entry, JournalHead, LedgerAccount, Posting};

/// Which program a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BookFormat {
    /// Beancount.
    Beancount,
    /// hledger.
    Hledger,
    /// A spreadsheet.
    Csv,
}

/// A transaction as the books hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalLine<'a> {
    /// Its number in the co-op's journal, from 1.
    pub number: u64,
    /// What it says beside its entries.
    pub head: JournalHead<'a>,
    /// Its entries.
    pub posting: Posting,
}

/// What stands before the first transaction.
#[derive(Debug, Clone, Copy)]
pub struct Opening<'a> {
    /// Whose books they are.
    pub title: &'a str,
    /// The first day on which anything took effect; nothing where nothing did.
    pub first: Option<Day>,
    /// Every account that moves.
    pub accounts: &'a [LedgerAccount],
}

/// The path and the currency, and what its entries came to.
type Balances = BTreeMap<(String, Currency), i128>;

/// Writes the books part by part; it holds what the accounts came to, and nothing of a transaction but its head.
#[derive(Debug)]
pub struct BookWriter {
    format: BookFormat,
    balances: Balances,
    last: Option<Day>,
    /// What stands in each row of the transaction, for a spreadsheet.
    head: String,
    place: u32,
}

impl BookWriter {
    /// Begins a file.
    #[must_use]
    pub fn begin(format: BookFormat, opening: Opening<'_>, file: &mut String) -> Self {
        match format {
            BookFormat::Beancount => beancount::begin(opening, file),
            BookFormat::Hledger => hledger::begin(opening, file),
            BookFormat::Csv => csv::begin(file),
        }
        Self {
            format,
            balances: Balances::new(),
            last: None,
            head: String::new(),
            place: 0,
        }
    }

    /// Begins a transaction, whose entries come next.
    pub fn transaction(&mut self, number: u64, head: &JournalHead<'_>, file: &mut String) {
        self.last = self.last.max(Some(head.effective_on));
        self.place = 0;
        match self.format {
            BookFormat::Beancount => beancount::transaction(number, head, file),
            BookFormat::Hledger => hledger::transaction(number, head, file),
            BookFormat::Csv => self.head = csv::head(number, head),
        }
    }

    /// Writes an entry of it.
    pub fn entry(&mut self, entry: &Entry, file: &mut String) {
        let LedgerAccount { path, currency, .. } = &entry.account;
        let balance = self.balances.entry((path.to_string(), currency.clone())).or_default();
        // Two million entries of an i64 in each of 2^32 transactions fit.
        *balance = balance.saturating_add(i128::from(entry.amount));
        self.place = self.place.saturating_add(1);
        match self.format {
            BookFormat::Beancount => beancount::entry(entry, file),
            BookFormat::Hledger => hledger::entry(entry, file),
            BookFormat::Csv => csv::entry(&self.head, self.place, entry, file),
        }
    }

    /// Ends the file.
    pub fn end(self, file: &mut String) {
        let Some(last) = self.last else { return };
        let after = Day::from_days(last.days().saturating_add(1)).unwrap_or(last);
        match self.format {
            BookFormat::Beancount => beancount::end(after, &self.balances, file),
            BookFormat::Hledger => hledger::end(after, &self.balances, file),
            BookFormat::Csv => {}
        }
    }
}

/// Books that are held whole, as a file.
#[must_use]
pub fn whole(format: BookFormat, title: &str, journal: &[JournalLine<'_>]) -> String {
    let entries = journal.iter().flat_map(|line| line.posting.entries());
    let accounts: BTreeMap<_, _> = entries
        .map(|entry| ((entry.account.path.as_str(), &entry.account.currency), &entry.account))
        .collect();
    let accounts: Vec<LedgerAccount> = accounts.into_values().cloned().collect();
    let opening = Opening {
        title,
        first: journal.iter().map(|line| line.head.effective_on).min(),
        accounts: &accounts,
    };
    let mut file = String::new();
    let mut writer = BookWriter::begin(format, opening, &mut file);
    for line in journal {
        writer.transaction(line.number, &line.head, &mut file);
        for entry in line.posting.entries() {
            writer.entry(entry, &mut file);
        }
    }
    writer.end(&mut file);
    file
}

/// An amount with every decimal place of its currency, so that a program infers no coarser one.
fn full(currency: &Currency, amount: i128) -> String {
    let shown = currency.format_amount(amount);
    let places = shown.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let missing = usize::from(currency.exponent()).saturating_sub(places);
    let point = if places == 0 && missing > 0 { "." } else { "" };
    format!("{shown}{point}{}", "0".repeat(missing))
}
