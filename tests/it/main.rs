//! The integration tests: one binary, one module for each area.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "what goes wrong in a helper of a test is a failed test, and says so"
)]

mod demo;
mod identity;
mod casting;
mod anchoring;
mod checker;
mod coops;
mod crash;
mod decisions;
mod faults;
mod matrix;
mod system;
