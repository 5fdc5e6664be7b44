//! Comma-separated values (RFC 4180), one line for each entry, that a spreadsheet takes for no formula. Only the
//! description is a text that somebody wrote; it stands in quotes, and begins with an apostrophe where it could be taken for a formula. A
//! credit has its minus before a number, which no spreadsheet calculates.

use std::fmt::Write as _;

use super::full;
use crate::ledger::{Entry, JournalHead};

/// What a spreadsheet may take for the beginning of a formula, the wide forms of it too (OWASP, CSV injection).
const BEGINNINGS: [char; 12] = ['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠'];
const HEADER: &str = "number,journal,kind,effective_on,description,reverses,line,account,currency,amount,reference";

pub(super) fn begin(file: &mut String) {
    let _ = write!(file, "{HEADER}\r\n");
}

/// What stands in each row of a transaction.
pub(super) fn head(number: u64, head: &JournalHead<'_>) -> String {
    let reversed = head.reverses.map_or_else(String::new, |id| id.to_string());
    format!(
        "{number},{},{},{},{},{reversed}",
        head.id,
        head.kind.name(),
        head.effective_on,
        csv_cell(head.description),
    )
}

pub(super) fn entry(head: &str, place: u32, entry: &Entry, file: &mut String) {
    let currency = &entry.account.currency;
    let amount = full(currency, i128::from(entry.amount));
    let reference = entry.reference.map_or_else(String::new, |id| id.to_string());
    let _ = write!(
        file,
        "{head},{place},{},{currency},{amount},{reference}\r\n",
        entry.account.path
    );
}

/// A text as a cell in quotes, with an apostrophe before what a spreadsheet could take for a formula.
#[must_use]
pub fn csv_cell(text: &str) -> String {
    let mark = if text.starts_with(BEGINNINGS) { "'" } else { "" };
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
}
