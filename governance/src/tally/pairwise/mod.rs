//! Methods that compare every two candidates: Schulze and Copeland, over one matrix of preferences.
//!
//! A paper prefers whom it ranks to everyone it leaves out; those left out, and those of equal rank, it does not compare.
//! Candidates are numbered from 0.

mod copeland;
mod elect;
mod matrix;
mod schulze;
#[cfg(test)]
mod tests;

pub use copeland::{CopelandCount, copeland};
pub use elect::{Default, count_copeland, count_schulze};
pub use matrix::Pairwise;
pub use schulze::{SchulzeCount, schulze};

/// The most candidates these methods compare: the strongest paths take time with the cube of it, the matrix memory with the square.
pub const CANDIDATES_MAX: u16 = 500;
/// The most weight a count may hold, so that scores and sums of margins stay exact.
pub const WEIGHT_MAX: u128 = 1_000_000_000_000_000_000_000_000;
