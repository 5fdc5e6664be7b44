//! The books of a co-op: accounts, transactions with their entries, balances.

mod account;
mod balance;
mod journal;

pub use account::{
    LedgerAccountRow, NewLedgerAccount, ledger_account_insert, ledger_account_list, ledger_currency_insert,
};
pub use balance::{BalanceRow, ledger_balances, ledger_balances_on, ledger_snapshot_take};
pub use journal::{
    EntryRange, EntryRow, JournalKeyRow, JournalRow, NewJournal, Posted, journal_after, journal_entries,
    journal_entries_after, journal_entries_first, journal_entries_folded, journal_extent, journal_get,
    journal_is_of_cycle, journal_key_get, journal_list, journal_post, ledger_lock,
};
