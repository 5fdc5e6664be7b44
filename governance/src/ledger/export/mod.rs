//! The books as files of other programs, which check them without us.
//!
//! Each writer goes through the transactions in the order of their numbers. Beancount and hledger get an assertion of every balance
//! at the end, at a tolerance of zero: by default beancount overlooks a cent.

mod beancount;
mod csv;
mod hledger;
mod opencollective;

use std::collections::BTreeMap;

pub use beancount::beancount;
pub use csv::{csv, csv_cell};
pub use hledger::hledger;
pub use opencollective::{ImportRefusal, ImportedRow, OpenCollectiveAccounts, ROWS_MAX, open_collective};

use super::{Currency, Day, JournalHead, LedgerAccount, Posting};

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

/// The account, and what its entries came to.
type Balances<'a> = BTreeMap<(&'a str, &'a Currency), i128>;

fn balances<'a>(journal: &'a [JournalLine<'a>]) -> Balances<'a> {
    let mut balances = Balances::new();
    for entry in journal.iter().flat_map(|line| line.posting.entries()) {
        let LedgerAccount { path, currency, .. } = &entry.account;
        let balance = balances.entry((path.as_str(), currency)).or_default();
        // Two million entries of an i64 in each of 2^32 transactions fit.
        *balance = balance.saturating_add(i128::from(entry.amount));
    }
    balances
}

/// The first day of the books and the day after their last.
fn days(journal: &[JournalLine<'_>]) -> Option<(Day, Day)> {
    let all = || journal.iter().map(|line| line.head.effective_on);
    let (first, last) = (all().min()?, all().max()?);
    Some((first, Day::from_days(last.days().saturating_add(1)).unwrap_or(last)))
}

/// An amount with every decimal place of its currency, so that a program infers no coarser one.
fn full(currency: &Currency, amount: i128) -> String {
    let shown = currency.format_amount(amount);
    let places = shown.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let missing = usize::from(currency.exponent()).saturating_sub(places);
    let point = if places == 0 && missing > 0 { "." } else { "" };
    format!("{shown}{point}{}", "0".repeat(missing))
}
