//! Dots: everyone has the same number of dots, spreads them over the options or leaves some unused, and the dots are added up.
//!
//! Source: common usage ("cumulative voting" where all must be used); the definition is this paragraph. An option without dots gets
//! no place; equal totals divided by the last places wait for the lot.

use super::points::{Contest, Sums};
use super::sheet::Count;
use super::tie::TieBreak;
use crate::ballot::Method;

/// How many dots a ballot uses.
#[must_use]
pub fn used(dots: &[u32]) -> u128 {
    dots.iter().map(|dots| u128::from(*dots)).fold(0, u128::saturating_add)
}

/// Counts ballots whose dots were checked.
#[must_use]
pub fn count(contest: &Contest, sums: &Sums, tie: &TieBreak) -> Count {
    sums.highest(Method::Dots, contest, tie)
}
