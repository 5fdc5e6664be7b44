//! How ballots are counted: one variant for each method, with what the method needs to know.

use serde::{Deserialize, Serialize};

use super::Ratio;
use crate::ballot::Method;

/// What the yes votes are measured against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MajorityBase {
    /// Ballots that take a side.
    YesAndNo,
    /// Those and abstentions.
    YesNoAndAbstain,
    /// Every ballot.
    AllBallots,
    /// Everyone on the roll.
    Roll,
}

/// Whether a share must be exceeded or reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Threshold {
    /// "More than".
    Exceeded,
    /// "At least".
    Reached,
}

/// How many yes votes carry a motion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Majority {
    /// What they are measured against.
    pub base: MajorityBase,
    /// The share.
    pub share: Ratio,
    /// Exceeded or reached.
    pub threshold: Threshold,
}

/// What happens when an election cannot be decided by the ballots alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ElectionTie {
    /// The lot decides, from secrets committed before voting opened.
    Lot,
    /// Nothing decides: the election ends tied.
    Forbidden,
}

/// A counting method with its parameters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
pub enum Counting {
    /// A motion.
    YesNo {
        /// How many yes votes carry it.
        majority: Majority,
    },
    /// An election by Scottish STV.
    ScottishStv {
        /// Places to fill; in bylaws 0, which each proposal replaces.
        seats: u16,
        /// What breaks a tie.
        tie: ElectionTie,
    },
}

impl Counting {
    /// The method.
    #[must_use]
    pub const fn method(&self) -> Method {
        match self {
            Self::YesNo { .. } => Method::YesNo,
            Self::ScottishStv { .. } => Method::ScottishStv,
        }
    }

    /// Places to fill; `None` where the method fills none.
    #[must_use]
    pub const fn seats(&self) -> Option<u16> {
        match self {
            Self::YesNo { .. } => None,
            Self::ScottishStv { seats, .. } => Some(*seats),
        }
    }

    /// What breaks a tie; `None` where none can arise.
    #[must_use]
    pub const fn tie(&self) -> Option<ElectionTie> {
        match self {
            Self::YesNo { .. } => None,
            Self::ScottishStv { tie, .. } => Some(*tie),
        }
    }

    /// The same for this many places; a method that fills none stays as it is.
    #[must_use]
    pub fn with_seats(&self, places: u16) -> Self {
        let mut changed = self.clone();
        match &mut changed {
            Self::YesNo { .. } => {}
            Self::ScottishStv { seats, .. } => *seats = places,
        }
        changed
    }
}
