//! The books of a co-op, as a treasurer keeps them and every member reads them.

mod accounts;
mod balances;
mod exports;
mod importing;
mod income;
mod journal;
mod rows;

pub use accounts::{have as have_accounts, list as list_accounts, open as open_accounts};
pub use balances::show as show_balances;
pub use exports::{BookFile, book_named};
pub use importing::{import_ledger, preview_import};
pub use income::{preview_income, record_income};
pub use journal::{entries as list_entries, get as get_journal, list as list_journal, post, preview, reverse};
pub use rows::{chart, currency as money_currency, date, day, posting};
