//! The auditor's program against bundles built here: honest ones, changed ones, and a chain that agrees or does not.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod allocate;
mod builder;
mod bundles;
mod chain;
mod cli;
mod counts;
mod delegated;
mod diff;
mod elections;
mod executed;
mod folder;
mod forgeries;
mod hostile;
mod in_log;
mod in_log_events;
mod joint;
mod late_quorum;
mod log;
mod many;
mod member_receipt;
mod objections;
mod omission;
mod placing;
mod receipt;
mod secrecy;
mod stages;
mod tampering;
