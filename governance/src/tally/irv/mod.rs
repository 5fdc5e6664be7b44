//! Instant runoff: one place, filled by excluding the last until somebody has more than half.
//!
//! - Each paper counts for its first preference that continues; one without is exhausted and counts no further.
//! - Who has more than half of the votes that continue is elected: `2·t > C`. So is the last who continues.
//! - Else the one with the fewest votes is excluded, and those papers go on to their next preference.
//! - Who ties for the fewest is settled by the most recent stage at which they differed, else by lot.
//! - Where two are left with equal votes they tie for the place: the lot decides, or nobody.
//!
//! With no valid paper nobody is elected. Candidates are numbered from 0. A stage's quota is what a majority was at its end.
//! [`Procedure`] holds what the rules of elections elsewhere do otherwise.

mod engine;
#[cfg(test)]
mod tests;

pub use super::papers::Papers;
pub use engine::count;

/// The most votes a count may hold.
pub const VOTES_MAX: u128 = 1_000_000_000_000_000_000_000_000;

/// Who stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contest {
    /// Candidates, numbered from 0.
    pub candidates: u16,
    /// Candidates who withdrew: preferences for them are passed over.
    pub withdrawn: Vec<u16>,
    /// How the count goes on; the default is ours.
    pub procedure: Procedure,
}

/// What is left open by "exclude the last". The default excludes one at a time, ends with a majority and looks back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Procedure {
    /// Candidates who, if they hold votes, are excluded together before anyone else: write-ins whom nobody declared.
    pub first_out: Vec<u16>,
    /// How many are excluded at once.
    pub exclusion: Exclusion,
    /// When the count ends.
    pub end: End,
    /// How a tie for the fewest votes is settled before any lot.
    pub look_back: LookBack,
}

/// How many are excluded at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Exclusion {
    /// One in each stage.
    #[default]
    One,
    /// As many of the lowest as together have strictly fewer votes than the next, but never so many that fewer than two are
    /// left. The stage names them in `excluded` and has no `transfer`, which names one.
    Batch,
}

/// When the count ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum End {
    /// When somebody has more than half.
    #[default]
    Majority,
    /// When two are left, though somebody was elected before.
    TwoLeft,
}

/// Whether earlier stages settle a tie for the fewest votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LookBack {
    /// The most recent stage at which they differed.
    #[default]
    MostRecent,
    /// Nothing does but the lot.
    None,
}
