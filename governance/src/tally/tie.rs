//! What settles a tie that the ballots do not: a lot that was committed to before voting opened, or an order from outside.

use serde::{Deserialize, Serialize};

use crate::hash::{Hash32, keccak256_words};

/// What may settle ties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TieBreak {
    /// Nothing: a count that meets such a tie stops and says so.
    None,
    /// A lot: candidates are drawn in ascending order of `keccak256(lot ‖ index)`, the index from 0 as a word.
    Lot(Hash32),
    /// An order in which candidates are drawn, from 0; from the transcript of another count.
    Order(Vec<u16>),
}

impl TieBreak {
    /// The lot, if there is one.
    #[must_use]
    pub const fn lot(&self) -> Option<Hash32> {
        match self {
            Self::Lot(lot) => Some(*lot),
            Self::None | Self::Order(_) => None,
        }
    }

    /// Which of `candidates` is drawn first; `None` if nothing says.
    #[must_use]
    pub fn draw(&self, candidates: &[u16]) -> Option<u16> {
        match self {
            Self::None => None,
            Self::Lot(lot) => candidates
                .iter()
                .copied()
                .min_by_key(|candidate| keccak256_words(&[*lot, Hash32::from_u128(u128::from(*candidate))])),
            // Everyone must stand in the order, or it would favour those who do.
            Self::Order(order) => candidates
                .iter()
                .all(|candidate| order.contains(candidate))
                .then(|| order.iter().copied().find(|candidate| candidates.contains(candidate)))
                .flatten(),
        }
    }
}

/// How a tie was settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TieRule {
    /// By the most recent earlier stage at which the candidates differed.
    Lookback,
    /// By lot, or by an order from outside.
    Lot,
}

impl TieRule {
    /// The number in a certificate.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Lookback => 1,
            Self::Lot => 2,
        }
    }
}
