//! What crosses the wire: bodies of requests and answers, problem documents, bundles.

pub mod access;
pub mod account;
pub mod ballot;
pub mod bundle;
pub mod coop;
pub mod decision;
pub mod delegation;
pub mod ledger;
pub mod live;
pub mod log;
pub mod money;
pub mod page;
pub mod passkey;
pub mod payment;
pub mod payout;
pub mod problem;
pub mod public_record;
pub mod revenue;
pub mod sign_in_wallet;
mod statement;
