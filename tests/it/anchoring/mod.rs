//! Anchoring for many co-ops with one account: turns, reorganisations, failures of one, halts, co-ops bound elsewhere.

mod monitoring;
mod turns;
mod watch;
mod world;
