//! Which invoices a payment settles.

use crate::id::DocumentId;
use crate::ledger::Day;

/// An invoice that is not settled whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenInvoice {
    /// The invoice.
    pub id: DocumentId,
    /// When it is due.
    pub due_on: Day,
    /// What is not settled, in units of the ledger; above zero.
    pub open: i64,
}

/// What a payment does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matched {
    /// What it settles of which invoices.
    pub settled: Vec<(DocumentId, i64)>,
    /// What is left: a credit for invoices to come.
    pub credit: i64,
}

/// Matches an amount above zero with invoices: first the one that is named, then those that are due first; of the same day the one with
/// the lower identifier, which was issued before.
#[must_use]
pub fn match_payment(amount: i64, named: Option<DocumentId>, open: &[OpenInvoice]) -> Matched {
    let mut order: Vec<&OpenInvoice> = open.iter().filter(|invoice| invoice.open > 0).collect();
    order.sort_unstable_by_key(|invoice| (named != Some(invoice.id), invoice.due_on, invoice.id));
    let mut matched = Matched {
        credit: amount,
        ..Matched::default()
    };
    for invoice in order {
        let part = invoice.open.min(matched.credit);
        if part > 0 {
            matched.settled.push((invoice.id, part));
            matched.credit = matched.credit.saturating_sub(part);
        }
    }
    matched
}

/// The year and the number of the first invoice that a text names, such as `INV-2026-00001`; small letters and blanks for hyphens are read
/// too, since payers type them.
#[must_use]
pub fn invoice_named(text: &str) -> Option<(u16, u32)> {
    let upper = text.to_ascii_uppercase();
    upper.match_indices("INV").find_map(|(place, letters)| {
        let rest = upper.get(place.saturating_add(letters.len())..)?;
        let rest = rest.strip_prefix(['-', ' ']).unwrap_or(rest);
        let (year, rest) = (rest.get(..4)?, rest.get(4..)?);
        let rest = rest.strip_prefix(['-', ' '])?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let is_year = year.bytes().all(|byte| byte.is_ascii_digit());
        if !is_year || !(5..=9).contains(&digits) {
            return None;
        }
        Some((year.parse().ok()?, rest.get(..digits)?.parse().ok()?))
    })
}
