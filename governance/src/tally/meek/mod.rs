//! Meek's method by the reference rule of the Proportional Representation Foundation, in nine decimals.
//!
//! Each elected candidate keeps a part of every vote (the keep factor) and passes the rest on; the factors are lowered until
//! nobody elected has more than the quota.
//! Source: <https://prfound.org/resources/reference/reference-meek-rule/>.
//! Differs: what a paper keeps and what it passes on are both cut to nine decimals, as the transcripts of stv-rs show; the
//! reference rounds what is kept up. Papers may rank candidates equally: such a rank divides the vote into equal parts, cut too.
//! Candidates are numbered from 0.

mod engine;

use std::collections::BTreeMap;

pub use engine::count;

/// What nine decimals are multiplied by.
pub const SCALE: u128 = 1_000_000_000;
/// Below this surplus (0.000001) a round ends.
pub const OMEGA: u128 = 1_000;
/// The most papers: sums of nine decimals and quotients stay within 128 bits.
pub const VOTES_MAX: u128 = 1_000_000_000_000;
/// The most candidates.
pub const CANDIDATES_MAX: u16 = 5_000;
/// The most parts into which equal ranks may divide one paper: they double with each pair.
pub const PARTS_MAX: usize = 100_000;
/// The most distributions of votes in one count.
pub const ITERATIONS_MAX: usize = 1_000_000;

/// Papers by their ranks (groups of equal candidates, the most preferred first), and how many of each there are.
pub type Papers = BTreeMap<Vec<Vec<u16>>, u128>;

/// What becomes of a vote when everyone in a rank of several is defeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmptyRank {
    /// It passes on to the next rank, as it does when a rank of one is defeated.
    PassOn,
    /// It is kept by nobody, as in stv-rs 0.5; only for comparing with that program.
    Exhaust,
}

/// Who stands for how many places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contest {
    /// Candidates, numbered from 0.
    pub candidates: u16,
    /// Places to fill, at least 1.
    pub seats: u16,
    /// Candidates who withdrew: preferences for them are passed over.
    pub withdrawn: Vec<u16>,
    /// What an equal rank without anyone left does with its vote.
    pub empty_rank: EmptyRank,
}

/// Why a round ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundEnd {
    /// Somebody reached the quota.
    Elected,
    /// The surplus fell below [`OMEGA`].
    Omega,
    /// The surplus no longer fell.
    Stable,
}

/// One round. All votes are multiplied by [`SCALE`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// Each candidate's votes at its end.
    pub totals: Vec<u128>,
    /// Each candidate's keep factor with which they were counted.
    pub keep: Vec<u128>,
    /// The quota.
    pub quota: u128,
    /// The surplus of all elected.
    pub surplus: u128,
    /// Votes that nobody keeps: with the totals, all papers.
    pub residual: u128,
    /// Why it ended.
    pub end: RoundEnd,
    /// Who was elected.
    pub elected: Vec<u16>,
    /// Who was defeated, the only one or nobody.
    pub defeated: Option<u16>,
    /// Who tied for defeat, ascending; empty if nobody else did. Drawn by lot, as the rule knows no look-back.
    pub tied: Vec<u16>,
}

/// A whole count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeekCount {
    /// Every round.
    pub rounds: Vec<Round>,
    /// Who is elected, in order; within a round the higher total first, then the lower number, which has no effect.
    pub elected: Vec<u16>,
    /// The tie for defeat that nothing settles, ascending; empty in a complete count.
    pub undecided: Vec<u16>,
}
