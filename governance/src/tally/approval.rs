//! Approval, and its bounded form "up to k of n": each ballot approves of options, and those with the most approvals get the places.
//!
//! Source: S. Brams and P. Fishburn, "Approval Voting" (1978). An option of which nobody approves gets no place. Equal totals divided
//! by the last places wait for the lot.

use super::points::{Contest, Sums};
use super::sheet::Count;
use super::tie::TieBreak;
use crate::ballot::Method;

/// Counts ballots that give one point to each option they approve of.
#[must_use]
pub fn count(contest: &Contest, sums: &Sums, tie: &TieBreak) -> Count {
    sums.highest(Method::Approval, contest, tie)
}
