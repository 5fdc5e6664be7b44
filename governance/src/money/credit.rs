//! What credit notes take back of an invoice: the whole, or a part, and never more than it asked for.

use std::collections::BTreeMap;

use super::invoice::{DocumentLine, DocumentRefusal, Totals, VatSum, sums};
use crate::ledger::Currency;
use crate::revenue::Amount;

/// Why lines are no credit note of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreditRefusal {
    /// What no document says.
    #[error(transparent)]
    Document(#[from] DocumentRefusal),
    /// A line that the invoice has not, or of which less is left.
    #[error("line {line}: no more than {left} is left of it")]
    TooMuch {
        /// The line, from 1.
        line: usize,
        /// What is left of it before this credit note.
        left: Amount,
    },
}

/// What makes lines one: everything that they say but quantity and price.
type Key<'a> = (&'a str, Option<&'a str>, Option<(u64, u64)>, &'a str);

fn key(line: &DocumentLine) -> Key<'_> {
    let rate = line.rate.map(|rate| (rate.share(), rate.whole()));
    (&line.about, line.vat.as_deref(), rate, &line.account)
}

fn worth(line: &DocumentLine) -> i128 {
    line.price.wide().saturating_mul(i128::from(line.quantity))
}

/// What each line asked for and no credit note before took back.
fn left<'a>(invoice: &'a [DocumentLine], before: &'a [DocumentLine]) -> BTreeMap<Key<'a>, i128> {
    let mut left = BTreeMap::new();
    for line in invoice {
        *left.entry(key(line)).or_insert(0) += worth(line);
    }
    for line in before {
        *left.entry(key(line)).or_insert(0) -= worth(line);
    }
    left
}

/// The lines that take back what is left of an invoice; none where nothing is.
#[must_use]
pub fn lines_left(invoice: &[DocumentLine], before: &[DocumentLine]) -> Vec<DocumentLine> {
    if before.is_empty() {
        return invoice.to_vec();
    }
    let mut left = left(invoice, before);
    let rest = invoice.iter().filter_map(|line| {
        let price = left.remove(&key(line)).and_then(Amount::from_wide)?;
        (price != Amount::ZERO).then(|| DocumentLine {
            quantity: 1,
            price,
            ..line.clone()
        })
    });
    rest.collect()
}

/// What a credit note comes to after those before it. Its VAT is what the VAT on everything that was taken back grows by, so that all credit
/// notes of an invoice together take back its VAT to the last unit, in whichever parts.
///
/// # Errors
/// [`CreditRefusal`] with the first reason found.
pub fn credit_totals(
    currency: &Currency,
    invoice: &[DocumentLine],
    before: &[DocumentLine],
    lines: &[DocumentLine],
) -> Result<Totals, CreditRefusal> {
    let alone = super::totals(currency, lines)?;
    let mut left = left(invoice, before);
    for (number, line) in (1..).zip(lines) {
        let of_line = left.entry(key(line)).or_insert(0);
        if *of_line < worth(line) {
            let left = Amount::from_wide(*of_line).unwrap_or_default();
            return Err(CreditRefusal::TooMuch { line: number, left });
        }
        *of_line -= worth(line);
    }
    let (earlier, both) = (sums(currency, before)?, sums(currency, &[before, lines].concat())?);
    let vat: Vec<VatSum> = alone.vat.iter().filter_map(|sum| grown(sum, &earlier, &both)).collect();
    let taxes = vat
        .iter()
        .fold(0_u64, |taxes, sum| taxes.saturating_add(sum.vat.units()));
    let taxes = i64::try_from(taxes).map_err(|_| DocumentRefusal::TooLarge)?;
    Ok(Totals {
        gross: alone.net.checked_add(taxes).ok_or(DocumentRefusal::TooLarge)?,
        vat,
        ..alone
    })
}

/// A rate of a credit note: its own net, and what the VAT on all of that rate grew by.
fn grown(alone: &VatSum, earlier: &Totals, both: &Totals) -> Option<VatSum> {
    let of = |totals: &Totals| {
        let mut same = totals
            .vat
            .iter()
            .filter(|sum| sum.name == alone.name && sum.rate == alone.rate);
        same.next().map_or(0, |sum| sum.vat.units())
    };
    // More is taken on more, so this is never below nothing.
    let vat = Amount::from_units(of(both).checked_sub(of(earlier))?)?;
    Some(VatSum { vat, ..alone.clone() })
}
