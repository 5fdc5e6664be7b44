//! The rules of a chain, checked against the chain in memory and against a real node; then the outbox on both.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking and says why on its output"
)]

mod anvil;
mod conformance;
mod crashes;
mod faulty;
mod gas;
mod lab;
mod matrix;
mod outbox;
mod rpc;
mod simulation;
