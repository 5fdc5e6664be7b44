//! A transaction that the books may take, and its reversal.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::LedgerAccount;

/// The most entries of one transaction: a payout cycle of a million members, with room for its pools.
pub const ENTRIES_MAX: usize = 2_000_000;
/// The longest reason of a reversal, in characters.
pub const REVERSAL_REASON_LENGTH_MAX: usize = 2_000;

/// What a transaction records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JournalKind {
    /// What the books begin with.
    Opening,
    /// What a treasurer wrote by hand.
    Manual,
    /// What came from a file of another program.
    Import,
    /// What a payout cycle accrued or paid.
    Cycle,
    /// What members owe for what they used of the tools.
    Usage,
    /// The undoing of another transaction.
    Reversal,
    /// A move of members' shares.
    Capital,
    /// Interest on them.
    Interest,
    /// An invoice, or what takes one back.
    Invoice,
    /// A payment of what was owed.
    Payment,
    /// A supplier's bill.
    Bill,
    /// The end of a year.
    Closing,
}

impl JournalKind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Opening,
        Self::Manual,
        Self::Import,
        Self::Cycle,
        Self::Usage,
        Self::Reversal,
        Self::Capital,
        Self::Interest,
        Self::Invoice,
        Self::Payment,
        Self::Bill,
        Self::Closing,
    ];

    /// The name, which is what is hashed.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Manual => "manual",
            Self::Import => "import",
            Self::Cycle => "cycle",
            Self::Usage => "usage",
            Self::Reversal => "reversal",
            Self::Capital => "capital",
            Self::Interest => "interest",
            Self::Invoice => "invoice",
            Self::Payment => "payment",
            Self::Bill => "bill",
            Self::Closing => "closing",
        }
    }
}

/// One line of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The account, whose currency is the entry's.
    pub account: LedgerAccount,
    /// What is added to it, in units of the currency: a debit above zero, a credit below.
    pub amount: i64,
    /// What it is about: a member, a payout, an invoice.
    pub reference: Option<Uuid>,
}

/// What the debits of a transaction come to in one currency; its credits come to the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// The code of the currency.
    pub currency: String,
    /// In its units.
    pub debits: i64,
}

/// A transaction that is balanced in each of its currencies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    entries: Vec<Entry>,
    sums: Vec<Sum>,
}

/// Why the books take no such transaction; nothing of it is posted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostingRefusal {
    /// Fewer than two entries, or too many.
    #[error("a transaction has 2 to {ENTRIES_MAX} entries")]
    Count,
    /// An entry that moves nothing.
    #[error("entry {line} moves nothing")]
    Zero {
        /// Which entry, from 1.
        line: usize,
    },
    /// Two accounts disagree about the decimal places of a currency.
    #[error("entry {line} counts {currency} in other units than an entry before it")]
    Units {
        /// Which entry, from 1.
        line: usize,
        /// The currency.
        currency: String,
    },
    /// More than the ledger can hold.
    #[error("the entries in {currency} come to more than the ledger can hold")]
    TooLarge {
        /// The currency.
        currency: String,
    },
    /// Debits and credits differ.
    #[error("the entries in {currency} do not balance: they come to {difference}, and must come to zero")]
    Unbalanced {
        /// The currency.
        currency: String,
        /// What they come to, as an amount of the currency.
        difference: String,
    },
}

#[derive(Default)]
struct Sides {
    debits: i128,
    credits: i128,
}

impl Posting {
    /// Takes the entries as a transaction, in their order.
    ///
    /// # Errors
    /// [`PostingRefusal`] with the first reason found: by line, then by currency.
    pub fn new(entries: Vec<Entry>) -> Result<Self, PostingRefusal> {
        if !(2..=ENTRIES_MAX).contains(&entries.len()) {
            return Err(PostingRefusal::Count);
        }
        let mut by_code = BTreeMap::new();
        for (index, entry) in entries.iter().enumerate() {
            let line = index.saturating_add(1);
            let currency = &entry.account.currency;
            let too_large = || PostingRefusal::TooLarge {
                currency: currency.code().to_owned(),
            };
            if entry.amount == 0 {
                return Err(PostingRefusal::Zero { line });
            }
            // The smallest i64 has no opposite, so it could not be reversed.
            if entry.amount == i64::MIN {
                return Err(too_large());
            }
            let (first, sides) = by_code
                .entry(currency.code())
                .or_insert_with(|| (currency, Sides::default()));
            if *first != currency {
                return Err(PostingRefusal::Units {
                    line,
                    currency: currency.code().to_owned(),
                });
            }
            let side = if entry.amount > 0 {
                &mut sides.debits
            } else {
                &mut sides.credits
            };
            *side = side.checked_add(i128::from(entry.amount)).ok_or_else(too_large)?;
        }
        let sums = by_code
            .into_values()
            .map(|(currency, sides)| sum(currency, &sides))
            .collect::<Result<_, _>>()?;
        Ok(Self { entries, sums })
    }

    /// The entries, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What its debits come to, by the code of the currency.
    #[must_use]
    pub fn sums(&self) -> &[Sum] {
        &self.sums
    }

    /// The transaction that undoes this one: the same entries with the opposite signs, in the same order. The reversal of a reversal is the first
    /// transaction again, entry by entry; the books take each reversal once.
    #[must_use]
    pub fn reversal(&self) -> Self {
        let entries = self.entries.iter().map(|entry| Entry {
            amount: entry.amount.saturating_neg(),
            ..entry.clone()
        });
        Self {
            entries: entries.collect(),
            // Balanced, so that the credits come to what the debits come to.
            sums: self.sums.clone(),
        }
    }
}

fn sum(currency: &super::Currency, sides: &Sides) -> Result<Sum, PostingRefusal> {
    let code = currency.code().to_owned();
    match sides.debits.checked_add(sides.credits) {
        Some(0) => match i64::try_from(sides.debits) {
            Ok(debits) => Ok(Sum { currency: code, debits }),
            Err(_) => Err(PostingRefusal::TooLarge { currency: code }),
        },
        Some(difference) => Err(PostingRefusal::Unbalanced {
            difference: currency.format_amount(difference),
            currency: code,
        }),
        None => Err(PostingRefusal::TooLarge { currency: code }),
    }
}
