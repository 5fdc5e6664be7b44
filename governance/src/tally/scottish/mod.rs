//! The single transferable vote of Scottish local elections.
//!
//! Source: [SSI 2007/42](https://www.legislation.gov.uk/ssi/2007/42/schedule/1/made), rules 45 to 52. All values are integers
//! scaled by 100,000; nothing is rounded but where the rules say so (rule 48(3), downwards).
//!
//! - 45, 46: papers are credited to their first preferences; the quota is ⌊valid / (places + 1)⌋ + 1.
//! - 47: who has the quota at the end of a stage is elected and receives nothing further.
//! - 48, 49: the largest surplus goes first, one in each stage. *Every* paper of the candidate goes to its next preference for a
//!   continuing candidate, at the value ⌊surplus × value when received ÷ total⌋ to five decimals.
//! - 50, 51: where no surplus is left, the candidate with the fewest votes is excluded; the papers go on at the value at which
//!   they were received.
//! - 49(2), 51(2): ties are settled by the most recent stage at which the candidates differed, else by lot.
//! - 52: where as many candidates continue as places are left, at the end of a stage, they are elected and the count ends.
//!
//! Differs: with no valid paper at all nobody is elected; the rules never meet that case.
//! Differs: where more than two candidates tie, and the stage that settles it still leaves several, earlier stages and then the
//! lot decide among those alone; the rules speak of two.
//! A paper with a gap is transferable up to the gap ("in consecutive order", rule 2); [`crate::profile::Paper::consecutive`] gives
//! that part.

mod engine;

use super::CountRefusal;
pub use super::papers::Papers;
use super::sheet::Count;
use super::tie::TieBreak;

/// How many decimals votes have.
pub const PLACES: u8 = 5;
/// What whole votes are multiplied by.
pub const SCALE: u128 = 100_000;
/// The most votes one count may hold, so that surplus × value stays within 128 bits.
pub const VOTES_MAX: u128 = 1_000_000_000_000_000_000;

/// Who stands for how many places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contest {
    /// Candidates, numbered from 0.
    pub candidates: u16,
    /// Places to fill, at least 1.
    pub seats: u16,
    /// Candidates who withdrew: preferences for them are passed over.
    pub withdrawn: Vec<u16>,
}

/// Counts as far as ballots and `tie` decide. A tie that stays open is told in [`Count::undecided`], with every stage
/// before it.
///
/// # Errors
/// [`CountRefusal`] if the contest is impossible, a paper names nobody who stands, or there are too many votes.
pub fn count(contest: &Contest, papers: &Papers, tie: &TieBreak) -> Result<Count, CountRefusal> {
    engine::run(contest, papers, tie)
}

#[cfg(test)]
mod tests;
