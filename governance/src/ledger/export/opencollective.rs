//! The transactions that Open Collective lets a collective download as CSV, taken as postings.

use crate::ledger::{AmountRefusal, Currency, Day, Posting, PostingRefusal};
use crate::ledger::{Entry, LedgerAccount};

/// The most rows of one file.
pub const ROWS_MAX: usize = 100_000;

/// A row of the file, as a transaction between the bank and what it was for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedRow {
    /// When it took effect.
    pub effective_on: Day,
    /// The short identifier of what it is a part of, where the file has one.
    pub group: String,
    /// Its short identifier, which no other row of the group has: eight digits alone would be alike in a long life.
    pub id: String,
    /// Open Collective's kind, such as `CONTRIBUTION`.
    pub kind: String,
    /// The entries.
    pub posting: Posting,
}

/// Why a file is refused; nothing of it is taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportRefusal {
    /// No header, or one without a column that is needed.
    #[error("the first row does not name the column {0}")]
    Header(&'static str),
    /// More rows than are taken at once.
    #[error("a file has at most {ROWS_MAX} rows")]
    TooLong,
    /// A row with more or fewer cells than the header.
    #[error("row {0} has not as many cells as the first")]
    Cells(usize),
    /// An identifier or a kind that is none.
    #[error("row {row}, {column}: 1 to 64 letters, digits, hyphens and underscores are expected")]
    Word {
        /// Which row.
        row: usize,
        /// Which column.
        column: &'static str,
    },
    /// A date that is none.
    #[error("row {0} has no day at its beginning")]
    Day(usize),
    /// Another currency than the file is read in.
    #[error("row {row} is in {currency}, another currency than the accounts")]
    Currency {
        /// Which row, from 2 as a spreadsheet shows it.
        row: usize,
        /// The currency.
        currency: String,
    },
    /// An amount that is none.
    #[error("row {row}, {column}: {refusal}")]
    Amount {
        /// Which row.
        row: usize,
        /// Which column.
        column: &'static str,
        /// What is wrong with it.
        refusal: AmountRefusal,
    },
    /// The net amount is more than the amount and its fee together.
    #[error("row {0}: the net amount is more than the amount and the fee come to")]
    Net(usize),
    /// The same row twice.
    #[error("row {0} repeats the identifier of an earlier row")]
    Repeated(usize),
    /// Entries that the books do not take.
    #[error("row {row}: {refusal}")]
    Posting {
        /// Which row.
        row: usize,
        /// Why.
        refusal: PostingRefusal,
    },
}

/// The columns that are read.
const COLUMNS: [&str; 7] = [
    "datetime",
    "shortId",
    "kind",
    "amount",
    "paymentProcessorFee",
    "netAmount",
    "currency",
];

/// The column of the group, which old files lack.
const GROUP: &str = "shortGroup";

/// The accounts between which the rows move, all in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCollectiveAccounts {
    /// Where the money is.
    pub bank: LedgerAccount,
    /// What it came from or went to.
    pub other: LedgerAccount,
    /// What the payment processor took.
    pub fees: LedgerAccount,
    /// What the fiscal host took. Until 2021 the rows say so only by a net amount that is less than amount and fee together; later
    /// the host's fee has rows of its own.
    pub host: LedgerAccount,
}

/// Reads a file. A row moves its net amount to the bank, its fee to the fees, what is missing beside to the host, and the opposite of its amount to the other account. The file has no
/// quoted cells in the columns that are read, so a quote anywhere makes the row one of too many cells or of a wrong amount.
///
/// # Errors
/// [`ImportRefusal`] with the first row that is wrong.
pub fn open_collective(text: &str, accounts: &OpenCollectiveAccounts) -> Result<Vec<ImportedRow>, ImportRefusal> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let mut places = Vec::with_capacity(COLUMNS.len());
    for column in COLUMNS {
        let place = header
            .iter()
            .position(|name| *name == column)
            .ok_or(ImportRefusal::Header(column))?;
        places.push(place);
    }
    let group = header.iter().position(|name| *name == GROUP);
    let mut rows = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for (index, line) in lines.enumerate() {
        if index >= ROWS_MAX {
            return Err(ImportRefusal::TooLong);
        }
        let row = index.saturating_add(2);
        let cells: Vec<&str> = line.split(',').collect();
        if cells.len() != header.len() {
            return Err(ImportRefusal::Cells(row));
        }
        let wanted: Vec<&str> = places.iter().filter_map(|place| cells.get(*place).copied()).collect();
        let wanted: [&str; 7] = wanted.try_into().map_err(|_| ImportRefusal::Cells(row))?;
        let group = group.and_then(|place| cells.get(place).copied());
        let imported = imported(row, (group, wanted), accounts)?;
        if !seen.insert((imported.group.clone(), imported.id.clone())) {
            return Err(ImportRefusal::Repeated(row));
        }
        rows.push(imported);
    }
    Ok(rows)
}

/// Whether a cell is a word as Open Collective writes them: it stands in the description of a transaction, which everybody reads.
fn is_word(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=64).contains(&text.len()) && text.bytes().all(is_plain)
}

fn imported(
    row: usize,
    (group, cells): (Option<&str>, [&str; 7]),
    accounts: &OpenCollectiveAccounts,
) -> Result<ImportedRow, ImportRefusal> {
    let [datetime, id, kind, amount, fee, net, code] = cells;
    let currency: &Currency = &accounts.bank.currency;
    if code != currency.code() {
        return Err(ImportRefusal::Currency {
            row,
            currency: code.to_owned(),
        });
    }
    for (column, text) in [("shortId", id), ("kind", kind), (GROUP, group.unwrap_or(kind))] {
        if !is_word(text) {
            return Err(ImportRefusal::Word { row, column });
        }
    }
    let day = datetime.split('T').next().and_then(|day| day.parse().ok());
    let read = |column, text| {
        let refused = |refusal| ImportRefusal::Amount { row, column, refusal };
        currency.parse_amount(text).map_err(refused)
    };
    let (amount, fee, net) = (
        read("amount", amount)?,
        read("paymentProcessorFee", fee)?,
        read("netAmount", net)?,
    );
    let too_large = || ImportRefusal::Posting {
        row,
        refusal: PostingRefusal::TooLarge {
            currency: code.to_owned(),
        },
    };
    let withheld = amount
        .checked_add(fee)
        .and_then(|sum| sum.checked_sub(net))
        .ok_or_else(too_large)?;
    if withheld < 0 {
        return Err(ImportRefusal::Net(row));
    }
    // The parsed amounts are never the one that has no opposite.
    let sides = [
        (&accounts.bank, net),
        (&accounts.fees, fee.saturating_neg()),
        (&accounts.host, withheld),
        (&accounts.other, amount.saturating_neg()),
    ];
    let entries = sides
        .into_iter()
        .filter(|(_, amount)| *amount != 0)
        .map(|(account, amount)| Entry {
            account: account.clone(),
            amount,
            reference: None,
        });
    let posting = Posting::new(entries.collect()).map_err(|refusal| ImportRefusal::Posting { row, refusal })?;
    Ok(ImportedRow {
        effective_on: day.ok_or(ImportRefusal::Day(row))?,
        group: group.unwrap_or_default().to_owned(),
        id: id.to_owned(),
        kind: kind.to_owned(),
        posting,
    })
}
