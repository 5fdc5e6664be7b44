//! Rules by name.

use super::{Counting, DecisionRule, ElectionTie, Majority, MajorityBase, Quorum, Ratio, Threshold};

impl DecisionRule {
    /// The default for motions: one fifth of the roll takes part, more yes than no.
    #[must_use]
    pub const fn simple_majority() -> Self {
        Self {
            counting: Counting::YesNo {
                majority: Majority {
                    base: MajorityBase::YesAndNo,
                    share: Ratio::of(1, 2),
                    threshold: Threshold::Exceeded,
                },
            },
            quorum: Some(Quorum::of_roll(Ratio::of(1, 5))),
        }
    }

    /// The default for elections: no quorum, the lot breaks ties.
    #[must_use]
    pub const fn election() -> Self {
        Self::new(Counting::ScottishStv {
            seats: 0,
            tie: ElectionTie::Lot,
        })
    }
}
