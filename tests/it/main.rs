//! The integration tests: one binary, one module for each area.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "what goes wrong in a helper of a test is a failed test, and says so"
)]

mod access;
mod anchoring;
mod casting;
mod checker;
mod contact;
mod coops;
mod crash;
mod decisions;
mod delegation;
mod demo;
mod faults;
mod gateway;
mod hardening;
mod identity;
mod ledger;
mod log;
mod matrix;
mod money;
mod payments;
mod proof;
mod revenue;
mod system;
