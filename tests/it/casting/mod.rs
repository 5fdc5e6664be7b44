//! Attacks on casting: each is sent to a running server; status, body and rows are looked at.

mod double;
mod eligibility;
mod malformed;
mod order;
mod plans;
mod receipts;
mod repeats;
mod signatures;
mod strangers;
mod tenants;
pub mod wallet;
pub mod world;
