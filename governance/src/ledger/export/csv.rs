//! Comma-separated values (RFC 4180), one line for each entry, that a spreadsheet takes for no formula.

use std::fmt::Write as _;

use super::{JournalLine, full};

/// What a spreadsheet may take for the beginning of a formula, the wide forms of it too (OWASP, CSV injection).
const BEGINNINGS: [char; 12] = ['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠'];
const HEADER: &str = "number,journal,kind,effective_on,description,reverses,line,account,currency,amount,reference";

/// The entries in the order of the journal. Only the description is a text that somebody wrote; it stands in quotes, and begins with an
/// apostrophe where it could be taken for a formula. A credit has its minus before a number, which no spreadsheet calculates.
#[must_use]
pub fn csv(journal: &[JournalLine<'_>]) -> String {
    let mut file = format!("{HEADER}\r\n");
    for line in journal {
        let head = &line.head;
        let reversed = head.reverses.map_or_else(String::new, |id| id.to_string());
        let before = format!(
            "{},{},{},{},{},{reversed}",
            line.number,
            head.id,
            head.kind.name(),
            head.effective_on,
            csv_cell(head.description),
        );
        for (index, entry) in line.posting.entries().iter().enumerate() {
            let currency = &entry.account.currency;
            let amount = full(currency, i128::from(entry.amount));
            let reference = entry.reference.map_or_else(String::new, |id| id.to_string());
            let place = index.saturating_add(1);
            let _ = write!(
                file,
                "{before},{place},{},{currency},{amount},{reference}\r\n",
                entry.account.path
            );
        }
    }
    file
}

/// A text as a cell in quotes, with an apostrophe before what a spreadsheet could take for a formula.
#[must_use]
pub fn csv_cell(text: &str) -> String {
    let mark = if text.starts_with(BEGINNINGS) { "'" } else { "" };
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
}
