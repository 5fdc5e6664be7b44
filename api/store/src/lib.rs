//! PostgreSQL: the two doors to it, and every query.
//!
//! [`Store::coop_tx`] opens a transaction that sees one co-op and nothing else; [`Store::global_tx`] opens one that sees
//! accounts, sessions and jobs and no co-op. There is no third way to a connection, so a query cannot forget where it belongs:
//! the database itself hides every other co-op's rows (forced row-level security, roles that own nothing).

pub mod access;
pub mod account;
pub mod actor;
pub mod anchor;
pub mod ballot;
mod check;
pub mod coop;
pub mod decision;
pub mod effect;
pub mod engine;
pub mod erasure;
pub mod errand;
mod error;
pub mod event;
pub mod ledger;
pub mod log;
pub mod mail;
mod migrate;
pub mod money;
pub mod payment;
mod pool;
mod prepared;
pub mod record;
pub mod revenue;
mod tx;

pub use check::{Durability, Unsafe, schema_version};
pub use error::StoreError;
pub use migrate::{MigrateError, migrate, newest_version};
pub use pool::{PoolStatus, Store, StoreConfig};
pub use tx::{CoopTx, GlobalTx};
