//! Plurality: each ballot names one option, and the options named most often get the places.
//!
//! For several places this is the single non-transferable vote. Source: common usage; the definition is this paragraph. An option
//! that nobody names gets no place. Equal totals divided by the last places wait for the lot.

use super::points::{Contest, Sums};
use super::sheet::Count;
use super::tie::TieBreak;
use crate::ballot::Method;

/// Counts ballots that give one point to one option.
#[must_use]
pub fn count(contest: &Contest, sums: &Sums, tie: &TieBreak) -> Count {
    sums.highest(Method::Plurality, contest, tie)
}
