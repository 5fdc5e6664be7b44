//! Aim: the methods without transfers count as published examples and a second program do, and as every method must. Method:
//! hand-counted tables, results of other programs, random ballots against naive counts written here.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod budget;
mod oracles;
mod properties;
mod snapshot;
mod tables;
