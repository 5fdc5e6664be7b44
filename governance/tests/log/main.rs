//! The transparency log: published vectors, every proof of small trees, tiles, notes, and whether other people's libraries agree.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod agreement;
mod covers;
mod hostile;
mod notes;
mod proofs;
mod specification;
mod tiles;
mod tools;
mod vectors;
