//! Quadratic voting: everyone has the same number of voice credits, v votes for an option cost v², and the votes are added up.
//!
//! Source: S. Lalley and E. G. Weyl, "Quadratic Voting" (2018), with credits instead of money and without votes against.
//! Differs from Snapshot's method of the same name, which squares a sum of roots: with one member one vote that rewards splitting, and
//! roots are not exact. An option without votes gets no place; equal totals divided by the last places wait for the lot.

use super::points::{Contest, Sums};
use super::sheet::Count;
use super::tie::TieBreak;
use crate::ballot::Method;

/// What these votes cost in voice credits: the sum of their squares.
#[must_use]
pub fn cost(votes: &[u32]) -> u128 {
    votes
        .iter()
        .map(|votes| u128::from(*votes).saturating_mul(u128::from(*votes)))
        .fold(0, u128::saturating_add)
}

/// Counts ballots whose cost was checked.
#[must_use]
pub fn count(contest: &Contest, sums: &Sums, tie: &TieBreak) -> Count {
    sums.highest(Method::Quadratic, contest, tie)
}
