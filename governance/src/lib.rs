//! The pure domain of Rochdale: records, rules, counting.
//!
//! This crate computes and never touches the world: no clock, no randomness, no files, no sockets. The time and every random
//! byte are arguments. The server decides with these functions and the auditor's program repeats them from the public record.

#![deny(missing_docs)]
#![deny(
    clippy::as_conversions,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice
)]
#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::panic, clippy::as_conversions))]

pub mod access;
pub mod action;
pub mod alternative;
pub mod ballot;
pub mod bank;
pub mod blt;
pub mod body;
pub mod bylaws;
pub mod contest;
pub mod delegation;
pub mod due_process;
pub mod event;
pub mod halt;
pub mod hash;
pub mod id;
pub mod ledger;
pub mod log;
pub mod membership;
pub mod merkle;
pub mod money;
pub mod payment;
pub mod profile;
pub mod proposal;
pub mod record;
pub mod revenue;
pub mod roll;
pub mod rule;
pub mod secrecy;
pub mod signature;
pub mod tally;
pub mod text;
pub mod time;
pub mod watch;
