//! Rows of the books and back. The store knows no rules and the domain no rows, so they meet here.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate};
use governance::hash::Hash32;
use governance::id::{CoopId, JournalId, LedgerAccountId, MemberId};
use governance::ledger::{AccountPath, Currency, Day, Entry, JournalHead, JournalKind, LedgerAccount, Posting};
use store::CoopTx;
use store::ledger::{EntryRow, JournalRow, LedgerAccountRow, ledger_account_list};
use uuid::Uuid;
use wire::ledger::{EntryView, JournalView, LedgerAccountView};

use crate::http::actor::{Actor, Member};
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, number};
use crate::services::money::sees_all;

/// How many entries of a transaction are shown with it.
pub const ENTRIES_SHOWN_MAX: i32 = 200;
/// How many accounts a co-op's books may have where they are read at once.
const ACCOUNTS_MAX: i64 = 10_000;
/// The number by which chrono counts 1970-01-01.
const EPOCH_DAY: i32 = 719_163;

/// How much of the entries somebody may see: what each member is owed and asked for is for who holds an office.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Each entry, and what it is about.
    Whole,
    /// What a transaction moves in each account.
    Folded,
}

impl Sight {
    /// What a member may see.
    #[must_use]
    pub fn of(actor: &Actor<Member>) -> Self {
        if sees_all(actor) { Self::Whole } else { Self::Folded }
    }
}

/// The currency of a row.
///
/// # Errors
/// If the row was written by another version or by hand.
pub fn currency(code: &str, minor_digits: i16, exponent: i16) -> Result<Currency, RowDamage> {
    let digits = |number: i16| u8::try_from(number).map_err(|_| RowDamage("exponent"));
    Currency::stored(code, digits(minor_digits)?, digits(exponent)?).map_err(|_| RowDamage("code"))
}

fn path(text: &str) -> Result<AccountPath, RowDamage> {
    text.parse().map_err(|_| RowDamage("path"))
}

/// The day of a column.
///
/// # Errors
/// As [`currency`].
pub fn day(date: NaiveDate) -> Result<Day, RowDamage> {
    Day::from_days(date.num_days_from_ce().saturating_sub(EPOCH_DAY)).map_err(|_| RowDamage("effective_on"))
}

/// The day as a column has it.
///
/// # Errors
/// As [`currency`]; chrono knows every day that the domain knows.
pub fn date(day: Day) -> Result<NaiveDate, RowDamage> {
    NaiveDate::from_num_days_from_ce_opt(day.days().saturating_add(EPOCH_DAY)).ok_or(RowDamage("effective_on"))
}

/// The account of a row.
///
/// # Errors
/// As [`currency`].
pub fn account(row: &LedgerAccountRow) -> Result<LedgerAccount, RowDamage> {
    Ok(LedgerAccount {
        id: LedgerAccountId::from_uuid(row.id),
        path: path(&row.path)?,
        currency: currency(&row.currency, row.minor_digits, row.exponent)?,
    })
}

/// The accounts of the books by path and currency.
///
/// # Errors
/// As [`currency`], or if the database fails.
pub async fn chart(tx: &mut CoopTx) -> Result<BTreeMap<(String, String), LedgerAccount>, Problem> {
    let rows = ledger_account_list(tx, Uuid::nil(), ACCOUNTS_MAX).await?;
    let mut chart = BTreeMap::new();
    for row in rows {
        let account = account(&row)?;
        chart.insert((row.path, row.currency), account);
    }
    Ok(chart)
}

/// What is shown of an account.
#[must_use]
pub fn account_view(account: &LedgerAccount) -> LedgerAccountView {
    LedgerAccountView {
        id: account.id,
        path: account.path.to_string(),
        kind: account.path.kind().name().to_owned(),
        currency: account.currency.code().to_owned(),
        minor_digits: account.currency.minor_digits(),
        exponent: account.currency.exponent(),
    }
}

/// The entry of a row.
///
/// # Errors
/// As [`currency`].
pub fn entry(row: &EntryRow) -> Result<Entry, RowDamage> {
    Ok(Entry {
        account: LedgerAccount {
            id: LedgerAccountId::from_uuid(row.account_id),
            path: path(&row.path)?,
            currency: currency(&row.currency, row.minor_digits, row.exponent)?,
        },
        amount: row.amount,
        reference: row.reference,
    })
}

/// The entries of one transaction, as they were posted.
///
/// # Errors
/// As [`currency`].
pub fn posting(rows: &[EntryRow]) -> Result<Posting, RowDamage> {
    let entries = rows.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    Posting::new(entries).map_err(|_| RowDamage("amount"))
}

/// What a transaction says beside its entries.
///
/// # Errors
/// As [`currency`].
pub fn head(coop: CoopId, row: &JournalRow) -> Result<JournalHead<'_>, RowDamage> {
    let kind = JournalKind::ALL.into_iter().find(|kind| kind.name() == row.kind);
    Ok(JournalHead {
        coop,
        id: JournalId::from_uuid(row.id),
        kind: kind.ok_or(RowDamage("kind"))?,
        effective_on: day(row.effective_on)?,
        reverses: row.reverses.map(JournalId::from_uuid),
        description: &row.description,
    })
}

/// What is shown of an entry.
///
/// # Errors
/// As [`currency`].
pub fn entry_view(row: &EntryRow) -> Result<EntryView, RowDamage> {
    let currency = currency(&row.currency, row.minor_digits, row.exponent)?;
    Ok(EntryView {
        line: number(i64::from(row.line), "line")?,
        ledger_account: LedgerAccountId::from_uuid(row.account_id),
        account: row.path.clone(),
        amount: currency.format_amount(i128::from(row.amount)),
        currency: row.currency.clone(),
        reference: row.reference,
    })
}

/// What is shown of a transaction to somebody.
///
/// # Errors
/// As [`currency`].
pub fn view(row: JournalRow, entries: &[EntryRow], sight: Sight) -> Result<JournalView, RowDamage> {
    let shown = entries.iter().take_while(|row| row.line <= ENTRIES_SHOWN_MAX);
    Ok(JournalView {
        entries: shown.map(entry_view).collect::<Result<_, RowDamage>>()?,
        id: JournalId::from_uuid(row.id),
        number: row.number,
        kind: row.kind,
        description: row.description,
        effective_on: day(row.effective_on)?.to_string(),
        recorded_at: row.recorded_at,
        reverses: row.reverses.map(JournalId::from_uuid),
        reversed_by: row.reversed_by.map(JournalId::from_uuid),
        digest: match sight {
            Sight::Whole => Some(Hash32::from_slice(&row.digest).ok_or(RowDamage("digest"))?),
            Sight::Folded => None,
        },
        by: row.actor_id.map(MemberId::from_uuid),
    })
}
