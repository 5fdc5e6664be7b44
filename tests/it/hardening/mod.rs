//! What a reviewer could break: hostile requests, a database that fails at the worst moment, an operator in a hurry.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod database;
mod erasure;
mod invitations;
mod operator;
mod parser;
mod raw;
mod requests;
mod sweeping;
mod times;
