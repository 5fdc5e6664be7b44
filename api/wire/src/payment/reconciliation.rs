//! The books beside the bank and the chain.

use governance::id::LedgerAccountId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::DistributorView;

/// An account of a bank beside the books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReconciledAccount {
    /// The account of the books, by its identifier.
    #[schema(value_type = String, format = Uuid)]
    pub ledger_account: LedgerAccountId,
    /// The account of the books.
    pub account: String,
    /// Its currency.
    pub currency: String,
    /// The day of the newest statement that was brought in.
    pub last_day: Option<String>,
    /// What the bank says that there was at its end.
    pub at_the_bank: Option<String>,
    /// What the books say for that day; for today where there is no statement.
    pub in_the_books: String,
    /// The first less the second.
    pub difference: Option<String>,
    /// How many statements leave an entry out, or do not begin where the one before ended.
    pub gaps: u64,
}

/// An account in which payments wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WaitingAccount {
    /// The account of the books.
    pub account: String,
    /// Its currency.
    pub currency: String,
    /// What it holds.
    pub in_the_books: String,
    /// What the payments that wait come to.
    pub payments: String,
    /// Whether the two are the same, as they must be.
    pub is_even: bool,
}

/// Something on one side that is not on the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnmatchedItem {
    /// `bank` or `books`, for what only one of them has; `payment`, for what a bank was asked to pay and did not say that it paid;
    /// `contradiction`, for what a bank says that cannot be so.
    pub side: String,
    /// The account of the books.
    pub account: Option<String>,
    /// In which currency.
    pub currency: Option<String>,
    /// What it is called there.
    pub reference: Option<String>,
    /// How much: money in above zero, out below.
    pub amount: Option<String>,
    /// On which day.
    pub day: Option<String>,
    /// For how many days; below zero where the day is to come.
    pub age_days: Option<i32>,
    /// What is odd about it.
    pub what: String,
    /// Whether it stands there for longer than the bylaws let.
    pub is_overdue: bool,
}

/// Why somebody must look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReconciliationAlarm {
    /// `unmatched` or `unknown`, for longer than the bylaws let; `uneven`, where what waits is not what the payments come to; `gap`, where
    /// statements leave something out; `foreign`, where a contract shows a root that nobody released here; or `stale`, where one that promises
    /// something was not followed for an hour.
    pub kind: String,
    /// How many things, also those that are not shown.
    pub count: u64,
    /// For how many days the oldest of them.
    pub oldest_days: Option<i32>,
}

/// The books beside the bank, and beside the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reconciliation {
    /// Each account of a bank.
    pub accounts: Vec<ReconciledAccount>,
    /// Each contract from which members claim.
    pub distributors: Vec<DistributorView>,
    /// The accounts in which payments wait.
    pub waiting: Vec<WaitingAccount>,
    /// The thousand oldest things that stand on one side and not on the other; behind them payments that only wait, and those from before the first
    /// day of which the bank told.
    pub unmatched: Vec<UnmatchedItem>,
    /// Why somebody must look; empty where nobody must.
    pub alarms: Vec<ReconciliationAlarm>,
}
