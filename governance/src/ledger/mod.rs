//! The double-entry ledger: what a transaction must be before the books take it.
//!
//! Amounts are whole units of a power of ten of their currency, debits positive and credits negative. A [`Posting`] is balanced in
//! every currency of its own, so that nothing is ever added across currencies; once posted it never changes, and a mistake is
//! answered by a reversal that names it. The digest of a transaction is SHA-256, because PostgreSQL computes it again from its rows
//! before it lets the transaction commit.

mod account;
mod claim;
mod claim_list;
mod currency;
mod day;
mod digest;
pub mod export;
mod income;
mod posting;
#[cfg(test)]
mod tests;

pub use account::{ACCOUNT_PATH_LENGTH_MAX, AccountKind, AccountPath, AccountRefusal, DEFAULT_CHART, LedgerAccount};
pub use claim::{Address, Claim, ClaimPlace, ClaimRefusal, ClaimSet, TOKEN_DIGITS_MAX, of_token_units, to_token_units};
pub use claim_list::ClaimListRefusal;
pub use currency::{AmountRefusal, CODE_LENGTH_MAX, Currency, CurrencyRefusal, EXPONENT_MAX, EXPONENT_OF_MONEY};
pub use day::{Day, DayTextError};
pub use digest::{JournalHead, journal_digest};
pub use income::{INCOME_ROWS_MAX, IncomeRefusal, IncomeRow, read_income};
pub use posting::{ENTRIES_MAX, Entry, JournalKind, Posting, PostingRefusal, REVERSAL_REASON_LENGTH_MAX, Sum};
