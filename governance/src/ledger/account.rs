//! Accounts of the ledger: their kinds, their paths, and those a co-op begins with.

use std::fmt;
use std::str::FromStr;

use super::Currency;
use crate::id::LedgerAccountId;

/// The longest path of an account, in characters.
pub const ACCOUNT_PATH_LENGTH_MAX: usize = 120;
/// The most parts of a path.
const PARTS_MAX: usize = 8;

/// What an account stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountKind {
    /// What the co-op has.
    Asset,
    /// What it owes, to members too.
    Liability,
    /// What remains to it: shares and reserves.
    Equity,
    /// What came in.
    Income,
    /// What it cost.
    Expense,
}

impl AccountKind {
    /// Every kind, in the order of a balance sheet.
    pub const ALL: [Self; 5] = [Self::Asset, Self::Liability, Self::Equity, Self::Income, Self::Expense];

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Liability => "liability",
            Self::Equity => "equity",
            Self::Income => "income",
            Self::Expense => "expense",
        }
    }

    /// The first part of the path of its accounts, as plain-text accounting programs expect it.
    #[must_use]
    pub const fn root(self) -> &'static str {
        match self {
            Self::Asset => "assets",
            Self::Liability => "liabilities",
            Self::Equity => "equity",
            Self::Income => "income",
            Self::Expense => "expenses",
        }
    }
}

/// Where an account stands: `assets:bank:main`. The first part tells its kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountPath {
    text: String,
    kind: AccountKind,
}

/// Why a text is no path of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountRefusal {
    /// Too long, or of too many or too few parts.
    #[error(
        "a path has 2 to {PARTS_MAX} parts with colons between them, and at most {ACCOUNT_PATH_LENGTH_MAX} characters"
    )]
    Length,
    /// The first part names no kind.
    #[error("a path begins with assets, liabilities, equity, income or expenses")]
    Root,
    /// A part holds something else than small letters, digits and hyphens.
    #[error("each part of a path has small letters, digits and hyphens, and begins with a letter or a digit")]
    Part,
}

impl AccountPath {
    /// The kind that its first part tells.
    #[must_use]
    pub const fn kind(&self) -> AccountKind {
        self.kind
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for AccountPath {
    type Err = AccountRefusal;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split(':').count();
        if text.len() > ACCOUNT_PATH_LENGTH_MAX || !(2..=PARTS_MAX).contains(&parts) {
            return Err(AccountRefusal::Length);
        }
        let is_part = |part: &str| {
            part.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
                && part.bytes().next().is_some_and(|byte| byte != b'-')
        };
        if !text.split(':').all(is_part) {
            return Err(AccountRefusal::Part);
        }
        let root = text.split(':').next();
        let kind = AccountKind::ALL.into_iter().find(|kind| root == Some(kind.root()));
        Ok(Self {
            text: text.to_owned(),
            kind: kind.ok_or(AccountRefusal::Root)?,
        })
    }
}

impl fmt::Display for AccountPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// An account: one path in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerAccount {
    /// Its identifier.
    pub id: LedgerAccountId,
    /// Where it stands.
    pub path: AccountPath,
    /// Its only currency.
    pub currency: Currency,
}

/// The paths with which a co-op's books begin, once for each currency; each parses as an [`AccountPath`], which a test proves.
pub const DEFAULT_CHART: [&str; 20] = [
    "assets:bank:main",
    "assets:cash",
    "assets:chain:distributor",
    "assets:clearing:bank",
    "assets:clearing:chain",
    "assets:receivable:members",
    "liabilities:members:payable",
    "liabilities:members:prepaid",
    "liabilities:suppliers",
    "liabilities:tax:vat",
    "liabilities:tax:withheld",
    "equity:opening",
    "equity:reserve:legal",
    "equity:reserve:operating",
    "equity:shares",
    "income:ai-usage",
    "income:dues",
    "income:other",
    "expenses:bank-fees",
    "expenses:operations",
];
