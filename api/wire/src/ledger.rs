//! The books of a co-op.

use chrono::{DateTime, Utc};
use governance::hash::Hash32;
use governance::id::{JournalId, LedgerAccountId, MemberId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Opens accounts in one currency; those that are open already stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenLedgerAccounts {
    /// Three capitals after ISO 4217 for money; three to twelve capitals and digits for a token.
    pub currency: String,
    /// The decimal places of a token, from 0 to 18; absent for money.
    pub token_digits: Option<u8>,
    /// The paths to open, such as `assets:bank:main`; the chart that every co-op begins with where there are none. At most 100.
    #[serde(default)]
    pub paths: Vec<String>,
}

/// An account of the books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LedgerAccountView {
    /// Its identifier.
    #[schema(value_type = Uuid)]
    pub id: LedgerAccountId,
    /// Where it stands.
    pub path: String,
    /// `asset`, `liability`, `equity`, `income` or `expense`.
    pub kind: String,
    /// Its only currency.
    pub currency: String,
    /// The decimal places in which it is paid.
    pub minor_digits: u8,
    /// The decimal places in which it is kept.
    pub exponent: u8,
}

/// The accounts that were opened, and those that were there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LedgerAccountsOpened {
    /// Those that were opened.
    pub opened: Vec<LedgerAccountView>,
    /// How many of those asked for were open already.
    pub open_before: u32,
}

/// A line of a transaction to post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEntry {
    /// The path of the account.
    pub account: String,
    /// Its currency.
    pub currency: String,
    /// What is added to it, such as `12.50`; a credit has a minus before it. No finer than the currency is paid.
    pub amount: String,
    /// What it is about: a member, an invoice.
    pub reference: Option<Uuid>,
}

/// Posts a transaction by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostJournal {
    /// What it is for, in up to 500 characters on one line.
    pub description: String,
    /// The day on which it takes effect in the books, such as `2026-11-26`.
    pub effective_on: String,
    /// Whether it is what the books begin with.
    #[serde(default)]
    pub opening: bool,
    /// Its entries, which come to zero in each currency; 2 to 200.
    pub entries: Vec<NewEntry>,
}

/// Undoes a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReverseJournal {
    /// Why, in up to 500 characters on one line.
    pub reason: String,
    /// The day on which the undoing takes effect in the books.
    pub effective_on: String,
}

/// A line of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EntryView {
    /// Which of them, from 1.
    pub line: u32,
    /// The account.
    #[schema(value_type = Uuid)]
    pub ledger_account: LedgerAccountId,
    /// Where it stands.
    pub account: String,
    /// Its currency.
    pub currency: String,
    /// What was added to it; a credit has a minus before it.
    pub amount: String,
    /// What it is about; null also for who holds no office, who is shown what a transaction moves in each account.
    pub reference: Option<Uuid>,
}

/// A transaction of the books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JournalView {
    /// Its identifier.
    #[schema(value_type = Uuid)]
    pub id: JournalId,
    /// Its number, from 1 and without a gap.
    pub number: i64,
    /// `opening`, `manual`, `import`, `cycle`, `usage`, `reversal`, `capital`, `interest`, `invoice`, `payment`, `bill` or `closing`.
    pub kind: String,
    /// What it is for; of a reversal, why.
    pub description: String,
    /// The day on which it takes effect in the books.
    pub effective_on: String,
    /// When it was written.
    pub recorded_at: DateTime<Utc>,
    /// The transaction that it undoes.
    #[schema(value_type = Option<Uuid>)]
    pub reverses: Option<JournalId>,
    /// The transaction that undoes it.
    #[schema(value_type = Option<Uuid>)]
    pub reversed_by: Option<JournalId>,
    /// SHA-256 over it and its entries, as docs/ledger.md lays them out; null for who reads sums alone, since it tells of guesses at
    /// the entries behind them whether they are right.
    #[schema(value_type = Option<String>)]
    pub digest: Option<Hash32>,
    /// Who posted it; null where the program did.
    #[schema(value_type = Option<Uuid>)]
    pub by: Option<MemberId>,
    /// Its first 200 entries; `/exports` of the books has all of them.
    pub entries: Vec<EntryView>,
}

/// What posting would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JournalPreview {
    /// What its debits come to, in each currency; its credits come to the same.
    pub sums: Vec<SumView>,
    /// The accounts that it moves, with what they come to before and after.
    pub balances: Vec<PreviewBalance>,
}

/// An amount in a currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SumView {
    /// The currency.
    pub currency: String,
    /// The amount.
    pub amount: String,
}

/// What an account comes to before and after a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PreviewBalance {
    /// Where it stands.
    pub account: String,
    /// Its currency.
    pub currency: String,
    /// Before.
    pub before: String,
    /// After.
    pub after: String,
}

/// What an account comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BalanceView {
    /// The account.
    #[schema(value_type = Uuid)]
    pub ledger_account: LedgerAccountId,
    /// Where it stands.
    pub account: String,
    /// Its currency.
    pub currency: String,
    /// What its entries come to: a debit balance above zero, a credit balance below.
    pub balance: String,
}

/// What all accounts come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BalancesView {
    /// The last day that is counted; null for everything that was recorded.
    pub on: Option<String>,
    /// By path and currency.
    pub balances: Vec<BalanceView>,
}

/// Of which day balances are asked.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BalancesQuery {
    /// The last day to count, such as `2026-12-31`; everything that was recorded where it is absent.
    pub on: Option<String>,
}

/// A table of income to record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordIncome {
    /// The currency of every row.
    pub currency: String,
    /// The account that gets it, of the kind `assets`.
    #[schema(example = "assets:bank:main")]
    pub into: String,
    /// What it is, an account of the kind `income`.
    #[schema(example = "income:other")]
    pub from: String,
    /// The first row is `date,amount,reference,description`; 1 to 1000 rows follow. A reference is recorded once; a negative amount
    /// corrects an earlier receipt; a description with commas or quotes stands in quotes.
    pub table: String,
}

/// A row of a table of income.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IncomeRowView {
    /// Which row, from 2 as a spreadsheet shows it.
    pub row: u32,
    /// When it takes effect.
    pub effective_on: String,
    /// The amount.
    pub amount: String,
    /// Its reference.
    pub reference: String,
    /// What it is for.
    pub description: String,
    /// The transaction that recorded it before.
    #[schema(value_type = Option<Uuid>)]
    pub recorded_before: Option<JournalId>,
}

/// What recording a table would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IncomePreview {
    /// How many rows would be recorded.
    pub to_record: u32,
    /// What they come to.
    pub total: String,
    /// In which currency.
    pub currency: String,
    /// Every row.
    pub rows: Vec<IncomeRowView>,
}

/// What recording a table did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IncomeRecorded {
    /// The transactions that were posted, in the order of the rows.
    #[schema(value_type = Vec<Uuid>)]
    pub recorded: Vec<JournalId>,
    /// How many rows were recorded before.
    pub recorded_before: u32,
    /// What the posted ones come to.
    pub total: String,
    /// In which currency.
    pub currency: String,
}

fn bank() -> String {
    String::from("assets:bank:main")
}

fn other() -> String {
    String::from("income:other")
}

fn fees() -> String {
    String::from("expenses:bank-fees")
}

fn host() -> String {
    String::from("expenses:fiscal-host")
}

/// Takes over the transactions of another ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportLedger {
    /// Where the file comes from.
    pub format: LedgerFormat,
    /// The file, with its first row; at most 1,000 others.
    pub file: String,
    /// The currency of all rows.
    pub currency: String,
    /// Where the money is; `assets:bank:main` unless said. Accounts that are missing are opened.
    #[serde(default = "bank")]
    pub bank: String,
    /// What it came from and went to; `income:other` unless said.
    #[serde(default = "other")]
    pub other: String,
    /// What the payment processor took; `expenses:bank-fees` unless said.
    #[serde(default = "fees")]
    pub fees: String,
    /// What the fiscal host took; `expenses:fiscal-host` unless said.
    #[serde(default = "host")]
    pub host: String,
}

/// Where a ledger comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LedgerFormat {
    /// The transactions of a collective, as Open Collective lets them be downloaded as CSV.
    OpenCollective,
}

/// What taking a ledger over does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LedgerImport {
    /// How many rows are posted.
    pub posted: u32,
    /// How many were posted before.
    pub posted_before: u32,
    /// The first day of the rows.
    pub first_day: Option<String>,
    /// The last.
    pub last_day: Option<String>,
    /// What the rows that are posted move in each account; together nothing.
    pub accounts: Vec<ImportedAccount>,
    /// The currency.
    pub currency: String,
}

/// What rows move in an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportedAccount {
    /// The account.
    pub account: String,
    /// How much; a credit has a minus before it.
    pub amount: String,
}
