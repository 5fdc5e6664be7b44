//! The integration tests: one binary, one module for each area.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "what goes wrong in a helper of a test is a failed test, and says so"
)]

mod demo;
mod hardening;
mod identity;
mod anchoring;
mod casting;
mod checker;
mod coops;
mod crash;
mod decisions;
mod faults;
mod matrix;
mod proof;
mod system;
