//! Meek's method by the reference rule of the Proportional Representation Foundation, in nine decimals.
//!
//! Each elected candidate keeps a part of every vote (the keep factor) and passes the rest on; the factors are lowered until
//! nobody elected has more than the quota.
//! Source: <https://prfound.org/resources/reference/reference-meek-rule/>.
//!
//! Differs, as the transcripts of stv-rs do, which are met to the last digit:
//! - B.2.a rounds what is kept of a paper up and passes on exactly the rest. Here what is kept and what is passed on are both cut
//!   to nine decimals; what is cut off counts for nobody.
//! - B.2.e leaves the factors as they are when somebody is elected. Here they are lowered at once, so that the next round begins
//!   with the factors that the reference has after its first iteration.
//! - Papers may rank candidates equally: such a rank divides what remains of a vote into equal parts, cut too, and each part goes
//!   its own way.
//!
//! [`Arithmetic::Reference`] follows the text in the first two, for comparing. Candidates are numbered from 0.
//!
//! A stage of the published count is a round (B). Who is defeated at the end of a round (B.3) stands in the next stage, as the
//! transfer that it begins with. Where the count ends with that (C), a last stage shows where those votes go, by the factors as
//! they are, and elects who remains. A stage's `keep` are the factors that it was counted with.

mod engine;
mod papers;
mod pass;
mod paths;
#[cfg(test)]
mod tests;

pub use engine::count;
pub use papers::Papers;

/// How many decimals votes have.
pub const PLACES: u8 = 9;
/// What nine decimals are multiplied by.
pub const SCALE: u64 = 1_000_000_000;
/// Below this surplus (0.000001) a round ends.
pub const OMEGA: u128 = 1_000;
/// The most papers: sums of nine decimals and quotients stay within 128 bits.
pub const VOTES_MAX: u128 = 1_000_000_000_000;
/// The most candidates.
pub const CANDIDATES_MAX: u16 = 5_000;
/// The most parts into which equal ranks may divide one paper: they double with each pair.
pub const PARTS_MAX: usize = 100_000;
/// The most places for which ballots may rank candidates equally: only the elected pass parts of a vote on, and thirty elected
/// candidates, three in each rank, divide a paper into 3^10 = 59,049 parts at most, below [`PARTS_MAX`].
pub const EQUAL_RANKS_SEATS_MAX: u16 = 30;
/// The most distributions of votes in one count.
pub const DISTRIBUTIONS_MAX: usize = 1_000_000;

/// What becomes of a vote when everyone in a rank of several is defeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EmptyRank {
    /// It passes on to the next rank, as it does when a rank of one is defeated.
    #[default]
    PassOn,
    /// It is kept by nobody, as in stv-rs 0.5; only for comparing with that program.
    Exhaust,
}

/// How the parts of a vote are rounded, and when factors are lowered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Arithmetic {
    /// Everything is cut, and an election lowers the factors at once: the transcripts.
    #[default]
    Cut,
    /// What is kept is rounded up, and an election leaves the factors: the text of the reference. Only for comparing.
    Reference,
}

/// What may differ between programs; the default is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Procedure {
    /// What an equal rank without anyone left does with its vote.
    pub empty_rank: EmptyRank,
    /// Rounding.
    pub arithmetic: Arithmetic,
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
    /// What may differ between programs.
    pub procedure: Procedure,
}
