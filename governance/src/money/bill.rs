//! Suppliers' bills: what they come to, and what is hashed of them. How many approve one, the bylaws say.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::units_of_minor;
use crate::hash::{Hash32, keccak256, keccak256_words};
use crate::id::BillId;
use crate::ledger::{AccountKind, AccountPath, Currency, Day};
use crate::record::tag;
use crate::revenue::Amount;

/// The most lines of a bill.
const LINES_MAX: usize = 100;
/// A line of a bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BillLine {
    /// What it is for.
    pub about: String,
    /// What it costs, without VAT.
    pub amount: Amount,
    /// The account of cost.
    pub account: String,
}

/// What a bill says, as it is hashed and approved.
#[derive(Debug, Clone, Copy)]
pub struct BillHead<'a> {
    /// Its identifier.
    pub id: BillId,
    /// Who sent it.
    pub supplier: &'a str,
    /// What the supplier calls it.
    pub reference: &'a str,
    /// Where it is paid to.
    pub iban: Option<&'a str>,
    /// When it was written.
    pub issued_on: Day,
    /// When it is due.
    pub due_on: Day,
    /// The code of the currency.
    pub currency: &'a str,
    /// The VAT, as the supplier states it.
    pub vat: Amount,
    /// SHA-256 of the supplier's file.
    pub file: Option<Hash32>,
}

/// What a bill comes to, in units of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillTotals {
    /// Without VAT.
    pub net: i64,
    /// With VAT.
    pub gross: i64,
    /// Without VAT, by accounts.
    pub accounts: BTreeMap<String, i64>,
}

/// Why a bill is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BillRefusal {
    /// No lines, or too many.
    #[error("there are 1 to {LINES_MAX} lines")]
    Count,
    /// An amount that is none.
    #[error("line {0}: the amount is above zero, in whole minor units")]
    Amount(usize),
    /// An account that is none of costs.
    #[error("line {0}: the account is one of costs, such as expenses:operations")]
    Account(usize),
    /// VAT that nobody can pay.
    #[error("the VAT is in whole minor units, and not more than the rest")]
    Vat,
    /// More than the ledger holds.
    #[error("the bill comes to more than the ledger can hold")]
    TooLarge,
}

/// What lines and the stated VAT come to.
///
/// # Errors
/// [`BillRefusal`] with the first reason found.
pub fn bill_totals(currency: &Currency, lines: &[BillLine], vat: Amount) -> Result<BillTotals, BillRefusal> {
    if !(1..=LINES_MAX).contains(&lines.len()) {
        return Err(BillRefusal::Count);
    }
    let minor = units_of_minor(currency);
    let (mut net, mut accounts) = (0_i64, BTreeMap::new());
    for (number, line) in (1..).zip(lines) {
        if line.amount == Amount::ZERO || line.amount.units() % minor != 0 {
            return Err(BillRefusal::Amount(number));
        }
        let path: Result<AccountPath, _> = line.account.parse();
        if !path.is_ok_and(|path| path.kind() == AccountKind::Expense) {
            return Err(BillRefusal::Account(number));
        }
        let units = i64::try_from(line.amount.units()).map_err(|_| BillRefusal::TooLarge)?;
        net = net.checked_add(units).ok_or(BillRefusal::TooLarge)?;
        let sum = accounts.entry(line.account.clone()).or_insert(0_i64);
        *sum = sum.saturating_add(units);
    }
    let taxes = i64::try_from(vat.units()).map_err(|_| BillRefusal::TooLarge)?;
    if !vat.units().is_multiple_of(minor) || taxes > net {
        return Err(BillRefusal::Vat);
    }
    Ok(BillTotals {
        net,
        gross: net.checked_add(taxes).ok_or(BillRefusal::TooLarge)?,
        accounts,
    })
}

/// The digest of a bill: Keccak-256 of the words of its head and of every line.
#[must_use]
pub fn bill_digest(head: &BillHead<'_>, lines: &[BillLine]) -> Hash32 {
    let number = |value: u64| Hash32::from_u128(u128::from(value));
    let text = |text: &str| keccak256(text.as_bytes());
    let day = |day: Day| number(u64::try_from(day.days()).unwrap_or_default());
    let words = lines
        .iter()
        .flat_map(|line| [text(&line.about), number(line.amount.units()), text(&line.account)]);
    keccak256_words(&[
        tag("SupplierBillV1"),
        head.id.word(),
        text(head.supplier),
        text(head.reference),
        head.iban.map_or(Hash32::ZERO, text),
        day(head.issued_on),
        day(head.due_on),
        text(head.currency),
        number(head.vat.units()),
        head.file.unwrap_or_default(),
        keccak256_words(&words.collect::<Vec<_>>()),
    ])
}
