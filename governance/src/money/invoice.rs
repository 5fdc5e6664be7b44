//! Invoices, credit notes and receipts: what they come to, how they are numbered, and what is hashed of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::units_of_minor;
use crate::hash::{Hash32, keccak256, keccak256_words};
use crate::id::{DocumentId, MemberId};
use crate::ledger::{AccountKind, AccountPath, Currency, Day};
use crate::record::tag;
use crate::revenue::Amount;
use crate::rule::Ratio;

/// The most lines of a document.
pub const LINES_MAX: usize = 100;
/// The most pieces of a line.
const QUANTITY_MAX: u32 = 1_000_000;

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentKind {
    /// Asks for money.
    Invoice,
    /// Takes an invoice back, whole or in part.
    CreditNote,
    /// Says that money came.
    Receipt,
}

impl DocumentKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Invoice, Self::CreditNote, Self::Receipt];

    /// The name, which is what is hashed.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::CreditNote => "credit_note",
            Self::Receipt => "receipt",
        }
    }

    /// The kind with a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    const fn letters(self) -> &'static str {
        match self {
            Self::Invoice => "INV",
            Self::CreditNote => "CRN",
            Self::Receipt => "RCT",
        }
    }

    /// The number as it is printed: `INV-2026-00001`. Each kind counts from 1 in each year, without a gap.
    #[must_use]
    pub fn code(self, year: u16, number: u32) -> String {
        format!("{}-{year:04}-{number:05}", self.letters())
    }
}

/// A line of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentLine {
    /// What it is for.
    pub about: String,
    /// How many pieces.
    pub quantity: u32,
    /// What a piece costs, without VAT.
    pub price: Amount,
    /// The name of the rate of VAT.
    #[serde(default)]
    pub vat: Option<String>,
    /// The rate.
    #[serde(default)]
    pub rate: Option<Ratio>,
    /// The account of income.
    pub account: String,
}

/// What a rate of VAT comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VatSum {
    /// The name of the rate.
    pub name: String,
    /// The rate.
    pub rate: Ratio,
    /// What it is taken on.
    pub net: Amount,
    /// What it is.
    pub vat: Amount,
}

/// What lines come to, in units of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    /// Without VAT.
    pub net: i64,
    /// The VAT by rates, in the order of their names.
    pub vat: Vec<VatSum>,
    /// With VAT.
    pub gross: i64,
    /// Without VAT, by accounts.
    pub accounts: BTreeMap<String, i64>,
}

/// Why lines are none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentRefusal {
    /// None, or too many.
    #[error("there are 1 to {LINES_MAX} lines")]
    Count,
    /// A quantity that is none.
    #[error("line {0}: there are 1 to {QUANTITY_MAX} pieces")]
    Quantity(usize),
    /// A price that nobody can pay.
    #[error("line {0}: the price of a piece is above zero, in whole minor units")]
    Price(usize),
    /// An account that is none of income.
    #[error("line {0}: the account is one of income, such as income:other")]
    Account(usize),
    /// More than the ledger holds.
    #[error("the lines come to more than the ledger can hold")]
    TooLarge,
}

/// What lines come to. VAT is taken once for each rate on the sum of its lines and rounded half up to the minor unit; nothing else is
/// rounded.
///
/// # Errors
/// [`DocumentRefusal`] with the first reason found.
pub fn totals(currency: &Currency, lines: &[DocumentLine]) -> Result<Totals, DocumentRefusal> {
    if !(1..=LINES_MAX).contains(&lines.len()) {
        return Err(DocumentRefusal::Count);
    }
    sums(currency, lines)
}

/// The same of any number of lines, such as those of several credit notes.
pub(super) fn sums(currency: &Currency, lines: &[DocumentLine]) -> Result<Totals, DocumentRefusal> {
    let minor = units_of_minor(currency);
    let narrow = |units: u128| i64::try_from(units).map_err(|_| DocumentRefusal::TooLarge);
    let (mut accounts, mut rates) = (BTreeMap::new(), BTreeMap::new());
    let mut net = 0_u128;
    for (number, line) in (1..).zip(lines) {
        if !(1..=QUANTITY_MAX).contains(&line.quantity) {
            return Err(DocumentRefusal::Quantity(number));
        }
        if line.price == Amount::ZERO || line.price.units() % minor != 0 {
            return Err(DocumentRefusal::Price(number));
        }
        let path: Result<AccountPath, _> = line.account.parse();
        if path.is_ok_and(|path| path.kind() == AccountKind::Income) {
            let sum = u128::from(line.price.units()) * u128::from(line.quantity);
            net += sum;
            *accounts.entry(line.account.clone()).or_insert(0_u128) += sum;
            if let (Some(name), Some(rate)) = (&line.vat, line.rate) {
                *rates
                    .entry((name.clone(), rate.share(), rate.whole()))
                    .or_insert(0_u128) += sum;
            }
        } else {
            return Err(DocumentRefusal::Account(number));
        }
    }
    let mut vat = Vec::new();
    for ((name, share, whole), net) in rates {
        let rate = Ratio::new(share, whole).map_err(|_| DocumentRefusal::TooLarge)?;
        let amount = vat_on(net / u128::from(minor), rate).and_then(|minors| minors.checked_mul(u128::from(minor)));
        let amount = narrow(amount.ok_or(DocumentRefusal::TooLarge)?)?;
        let whole = |units: u64| Amount::from_units(units).ok_or(DocumentRefusal::TooLarge);
        vat.push(VatSum {
            name,
            rate,
            net: whole(narrow(net)?.unsigned_abs())?,
            vat: whole(amount.unsigned_abs())?,
        });
    }
    let taxes: u128 = vat.iter().map(|sum| u128::from(sum.vat.units())).sum();
    let accounts = accounts.into_iter().map(|(path, sum)| Ok((path, narrow(sum)?)));
    Ok(Totals {
        net: narrow(net)?,
        gross: narrow(net.saturating_add(taxes))?,
        accounts: accounts.collect::<Result<_, DocumentRefusal>>()?,
        vat,
    })
}

/// A rate of a sum of minor units, rounded half up.
fn vat_on(minors: u128, rate: Ratio) -> Option<u128> {
    let (share, whole) = (u128::from(rate.share()), u128::from(rate.whole()));
    let twice = minors.checked_mul(share)?.checked_mul(2)?.checked_add(whole)?;
    twice.checked_div(whole.checked_mul(2)?)
}

/// What a document says, as it is hashed.
#[derive(Debug, Clone, Copy)]
pub struct DocumentHead<'a> {
    /// Its identifier.
    pub id: DocumentId,
    /// What it is.
    pub kind: DocumentKind,
    /// Its number as it is printed.
    pub code: &'a str,
    /// The member it is for.
    pub member: Option<MemberId>,
    /// Whom it is addressed to.
    pub recipient: &'a str,
    /// When it was issued.
    pub issued_on: Day,
    /// When it is due.
    pub due_on: Day,
    /// The code of the currency.
    pub currency: &'a str,
    /// The invoice that it takes back.
    pub corrects: Option<DocumentId>,
}

/// The digest of a document: Keccak-256 of the words of its head and of every line.
#[must_use]
pub fn document_digest(head: &DocumentHead<'_>, lines: &[DocumentLine], totals: &Totals) -> Hash32 {
    let number = |value: u64| Hash32::from_u128(u128::from(value));
    let text = |text: &str| keccak256(text.as_bytes());
    let day = |day: Day| number(u64::try_from(day.days()).unwrap_or_default());
    let ratio = |rate: Option<Ratio>| rate.map_or([Hash32::ZERO; 2], |rate| [rate.share(), rate.whole()].map(number));
    let words = lines.iter().flat_map(|line| {
        let [share, whole] = ratio(line.rate);
        let vat = line.vat.as_deref().map_or(Hash32::ZERO, text);
        let (quantity, price) = (number(u64::from(line.quantity)), number(line.price.units()));
        [
            text(&line.about),
            quantity,
            price,
            vat,
            share,
            whole,
            text(&line.account),
        ]
    });
    keccak256_words(&[
        tag("MoneyDocumentV1"),
        head.id.word(),
        text(head.kind.name()),
        text(head.code),
        head.member.map_or(Hash32::ZERO, |member| member.word()),
        text(head.recipient),
        day(head.issued_on),
        day(head.due_on),
        text(head.currency),
        head.corrects.map_or(Hash32::ZERO, |invoice| invoice.word()),
        number(totals.net.unsigned_abs()),
        number(totals.gross.unsigned_abs()),
        keccak256_words(&words.collect::<Vec<_>>()),
    ])
}
