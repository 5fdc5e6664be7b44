//! Starting and stopping for real: what must hold however the program that started a server ends.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "helpers of tests: what cannot be done is a failed test"
)]

mod anvil;
mod killed;
mod lease;
mod ordinary_user;
mod postgres;
mod tools;
