//! Counting a motion: yes, no, abstain, blank.

use serde::{Deserialize, Serialize};

use crate::ballot::MotionChoice;

/// The weight of the ballots for each answer to a motion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MotionTally {
    /// In favour.
    pub yes: u128,
    /// Against.
    pub no: u128,
    /// Present and on neither side.
    pub abstain: u128,
    /// None of these.
    pub blank: u128,
}

impl MotionTally {
    /// Adds one ballot.
    pub const fn add(&mut self, choice: MotionChoice, weight: u128) {
        let place = match choice {
            MotionChoice::Yes => &mut self.yes,
            MotionChoice::No => &mut self.no,
            MotionChoice::Abstain => &mut self.abstain,
            MotionChoice::Blank => &mut self.blank,
        };
        *place = place.saturating_add(weight);
    }

    /// Takes back a ballot that was added with this choice and weight.
    pub const fn remove(&mut self, choice: MotionChoice, weight: u128) {
        let place = match choice {
            MotionChoice::Yes => &mut self.yes,
            MotionChoice::No => &mut self.no,
            MotionChoice::Abstain => &mut self.abstain,
            MotionChoice::Blank => &mut self.blank,
        };
        *place = place.saturating_sub(weight);
    }

    /// The weight of all ballots.
    #[must_use]
    pub const fn all(&self) -> u128 {
        self.yes_and_no()
            .saturating_add(self.abstain)
            .saturating_add(self.blank)
    }

    /// The weight of the ballots that take a side.
    #[must_use]
    pub const fn yes_and_no(&self) -> u128 {
        self.yes.saturating_add(self.no)
    }

    /// The four weights in the order of [`crate::record::TallyV1::counts`].
    #[must_use]
    pub fn counts(&self) -> Vec<u128> {
        vec![self.yes, self.no, self.abstain, self.blank]
    }
}
