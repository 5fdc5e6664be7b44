//! The test harness and the integration tests.
//!
//! [`app::TestApp`] runs the whole server; [`database::fresh_database`] gives a test a PostgreSQL database of its own, [`chain::TestChain`] a chain of its own,
//! [`data`] the real elections and vectors of the study, where they are at hand.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a harness that cannot be built is a failed test, and says so"
)]

pub mod app;
pub mod chain;
pub mod checker;
pub mod data;
pub mod database;
pub mod memory_chain;
pub mod meter;
pub mod passkey;
pub mod person;
pub mod stack;
pub mod upstream;
pub mod voter;
