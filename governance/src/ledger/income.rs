//! Income as a treasurer records it: a table of text, one row for each receipt.

use std::collections::BTreeMap;

use super::{AmountRefusal, Currency, Day};
use crate::text::{self, TextRefusal};

/// The most rows of one table.
pub const INCOME_ROWS_MAX: usize = 1_000;
/// The longest reference, in characters.
const REFERENCE_LENGTH_MAX: usize = 80;
/// The longest description, in characters.
const DESCRIPTION_LENGTH_MAX: usize = 500;
/// The first row.
const HEADER: &str = "date,amount,reference,description";

/// A receipt; a negative amount corrects an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomeRow {
    /// Which row, from 2 as a spreadsheet shows it.
    pub row: usize,
    /// When it took effect.
    pub effective_on: Day,
    /// In units of the currency; never nothing.
    pub amount: i64,
    /// Its own reference, by which it is recorded once.
    pub reference: String,
    /// What it is for.
    pub description: String,
}

/// Why a table is refused; nothing of it is taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IncomeRefusal {
    /// No header.
    #[error("the first row is {HEADER}")]
    Header,
    /// None, or too many.
    #[error("a table has 1 to {INCOME_ROWS_MAX} rows")]
    Count,
    /// Cells that are none.
    #[error("row {0} has not four cells; a description with commas or quotes stands in quotes")]
    Cells(usize),
    /// A date that is none.
    #[error("row {0}: the date is written as 2026-11-26")]
    Day(usize),
    /// An amount that is none.
    #[error("row {row}: {refusal}")]
    Amount {
        /// Which row.
        row: usize,
        /// What is wrong with it.
        refusal: AmountRefusal,
    },
    /// An amount of nothing.
    #[error("row {0}: an amount of nothing records nothing")]
    Zero(usize),
    /// A reference that is none.
    #[error("row {0}: a reference is 1 to {REFERENCE_LENGTH_MAX} letters, digits and . _ : / -")]
    Reference(usize),
    /// A description that is none.
    #[error("row {row}: the description: {refusal}")]
    Description {
        /// Which row.
        row: usize,
        /// What is wrong with it.
        refusal: TextRefusal,
    },
    /// The same reference twice.
    #[error("row {row} repeats the reference of row {before}")]
    Twice {
        /// Which row.
        row: usize,
        /// The row before.
        before: usize,
    },
}

/// Reads a table with the columns `date`, `amount`, `reference` and `description`.
///
/// # Errors
/// [`IncomeRefusal`] with the first row that is wrong.
pub fn read_income(text: &str, currency: &Currency) -> Result<Vec<IncomeRow>, IncomeRefusal> {
    let mut lines = text.lines();
    if lines.next().map(str::trim_end) != Some(HEADER) {
        return Err(IncomeRefusal::Header);
    }
    let mut rows: Vec<IncomeRow> = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (number, line) in (2_usize..).zip(lines) {
        if rows.len() >= INCOME_ROWS_MAX {
            return Err(IncomeRefusal::Count);
        }
        let row = read_row(number, line.trim_end(), currency)?;
        if let Some(before) = seen.insert(row.reference.clone(), number) {
            return Err(IncomeRefusal::Twice { row: number, before });
        }
        rows.push(row);
    }
    if rows.is_empty() {
        return Err(IncomeRefusal::Count);
    }
    Ok(rows)
}

fn read_row(row: usize, line: &str, currency: &Currency) -> Result<IncomeRow, IncomeRefusal> {
    let mut cells = line.splitn(4, ',');
    let (Some(day), Some(amount), Some(reference), Some(rest)) =
        (cells.next(), cells.next(), cells.next(), cells.next())
    else {
        return Err(IncomeRefusal::Cells(row));
    };
    let amount = currency
        .parse_amount(amount)
        .map_err(|refusal| IncomeRefusal::Amount { row, refusal })?;
    if amount == 0 {
        return Err(IncomeRefusal::Zero(row));
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'/' | b'-');
    if reference.is_empty() || reference.len() > REFERENCE_LENGTH_MAX || !reference.bytes().all(is_plain) {
        return Err(IncomeRefusal::Reference(row));
    }
    let description = cell(rest).ok_or(IncomeRefusal::Cells(row))?;
    let description = text::line(&description, DESCRIPTION_LENGTH_MAX)
        .map_err(|refusal| IncomeRefusal::Description { row, refusal })?;
    Ok(IncomeRow {
        row,
        effective_on: day.parse().map_err(|_| IncomeRefusal::Day(row))?,
        amount,
        reference: reference.to_owned(),
        description,
    })
}

/// The last cell of a row: as it is, or in quotes, in which two of them are one (RFC 4180). A line break inside is refused, since it
/// makes rows of which each has too few cells.
fn cell(text: &str) -> Option<String> {
    let Some(quoted) = text.strip_prefix('"') else {
        return (!text.contains(['"', ','])).then(|| text.to_owned());
    };
    let inner = quoted.strip_suffix('"')?;
    let unescaped = inner.replace("\"\"", "");
    (!unescaped.contains('"')).then(|| inner.replace("\"\"", "\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(row: &str) -> String {
        format!("{HEADER}\n2026-07-01,10.00,first,Dues\n{row}\n")
    }

    #[test]
    fn tables_are_read_whole_or_refused_with_the_row() {
        let euro = Currency::money("EUR").unwrap();
        let fine = |digits| AmountRefusal::TooFine {
            currency: String::from("EUR"),
            digits,
        };
        let amount = |refusal| IncomeRefusal::Amount { row: 3, refusal };
        let cases = [
            (String::from("date,amount\n"), IncomeRefusal::Header),
            (String::new(), IncomeRefusal::Header),
            (format!("{HEADER}\n"), IncomeRefusal::Count),
            (table("2026-07-01,1.00,two"), IncomeRefusal::Cells(3)),
            (table("2026-07-01,1.00,two,a, b"), IncomeRefusal::Cells(3)),
            (table("2026-07-01,1.00,two,\"a, b"), IncomeRefusal::Cells(3)),
            (table("2026-07-01,1.00,two,a \"b\""), IncomeRefusal::Cells(3)),
            (table("2026-07-01,1.00,two,\"a \"b\" c\""), IncomeRefusal::Cells(3)),
            (table("2026-02-30,1.00,two,Dues"), IncomeRefusal::Day(3)),
            (table("2026-07-01,1.001,two,Dues"), amount(fine(2))),
            (table("2026-07-01,1e3,two,Dues"), amount(AmountRefusal::Shape)),
            (table("2026-07-01,,two,Dues"), amount(AmountRefusal::Shape)),
            (
                table("2026-07-01,99999999999999,two,Dues"),
                amount(AmountRefusal::TooLarge),
            ),
            (table("2026-07-01,0.00,two,Dues"), IncomeRefusal::Zero(3)),
            (table("2026-07-01,1.00,,Dues"), IncomeRefusal::Reference(3)),
            (table("2026-07-01,1.00,a b,Dues"), IncomeRefusal::Reference(3)),
            (
                table("2026-07-01,1.00,two,"),
                IncomeRefusal::Description {
                    row: 3,
                    refusal: TextRefusal::Empty,
                },
            ),
            (
                table("2026-07-01,1.00,first,Dues"),
                IncomeRefusal::Twice { row: 3, before: 2 },
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(read_income(&text, &euro), Err(expected), "{text}");
        }
        let many = format!("{HEADER}\n{}", "2026-07-01,1.00,x,Dues\n".repeat(2));
        assert_eq!(
            read_income(&many, &euro),
            Err(IncomeRefusal::Twice { row: 3, before: 2 })
        );
        let too_many: String = (0..=INCOME_ROWS_MAX)
            .map(|number| format!("2026-07-01,1.00,x{number},Dues\n"))
            .collect();
        assert_eq!(
            read_income(&format!("{HEADER}\n{too_many}"), &euro),
            Err(IncomeRefusal::Count)
        );
        let yen = Currency::money("JPY").unwrap();
        assert_eq!(
            read_income(&format!("{HEADER}\n2026-07-01,1.5,x,Dues\n"), &yen),
            Err(IncomeRefusal::Amount {
                row: 2,
                refusal: AmountRefusal::TooFine {
                    currency: String::from("JPY"),
                    digits: 0
                }
            })
        );
    }

    #[test]
    fn corrections_and_quoted_descriptions_are_taken() {
        let euro = Currency::money("EUR").unwrap();
        let text = format!("{HEADER}\r\n2026-07-01,10.00,a/1,\"Dues, \"\"July\"\"\"\r\n2026-07-02,-0.50,a/2,会费\r\n");
        let rows = read_income(&text, &euro).unwrap();
        let seen: Vec<(i64, &str)> = rows.iter().map(|row| (row.amount, row.description.as_str())).collect();
        assert_eq!(seen, [(1_000_000_000, "Dues, \"July\""), (-50_000_000, "会费")]);
    }
}
