//! The end of a year: its accounts of income and costs become the result.

use std::collections::BTreeMap;

use crate::hash::{Hash32, keccak256, keccak256_words};
use crate::id::CoopId;
use crate::ledger::{AccountKind, LedgerAccount};
use crate::record::tag;

/// Where the result of a year goes; payout cycles take what is shared from it.
pub const SURPLUS: &str = "equity:surplus";

/// The result of a year in a currency, in its units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct YearResult {
    /// What came in.
    pub income: i128,
    /// What it cost.
    pub costs: i128,
}

impl YearResult {
    /// What remains: a surplus above zero, a loss below.
    #[must_use]
    pub const fn surplus(self) -> i128 {
        self.income.saturating_sub(self.costs)
    }
}

/// An account that is closed, and what its entries of the year came to: a credit of income is below zero.
pub type Closing = (LedgerAccount, i128);

/// The results by the codes of currencies. Accounts of another kind are left out.
#[must_use]
pub fn year_results(accounts: &[Closing]) -> BTreeMap<String, YearResult> {
    let mut results: BTreeMap<String, YearResult> = BTreeMap::new();
    for (account, balance) in accounts {
        let result = results.entry(account.currency.code().to_owned()).or_default();
        match account.path.kind() {
            AccountKind::Income => result.income = result.income.saturating_sub(*balance),
            AccountKind::Expense => result.costs = result.costs.saturating_add(*balance),
            AccountKind::Asset | AccountKind::Liability | AccountKind::Equity => {}
        }
    }
    results
}

/// The digest of what is closed: Keccak-256 of the words of the co-op, the year, and each account with its balance as two words, the
/// sign (0 or 1) and the amount.
#[must_use]
pub fn year_digest(coop: CoopId, year: u16, accounts: &[Closing]) -> Hash32 {
    let words = accounts.iter().flat_map(|(account, balance)| {
        let sign = Hash32::from_u128(u128::from(*balance < 0));
        [account.id.word(), sign, Hash32::from_u128(balance.unsigned_abs())]
    });
    let lines = keccak256_words(&words.collect::<Vec<_>>());
    let year = Hash32::from_u128(u128::from(year));
    keccak256_words(&[
        tag("YearCloseV1"),
        coop.word(),
        year,
        lines,
        keccak256(SURPLUS.as_bytes()),
    ])
}
