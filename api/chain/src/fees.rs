//! How much is offered for an anchor, and how much more when it does not get mined.

use crate::types::{FeeSuggestion, Fees};

/// What an operator is willing to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeePolicy {
    /// Never offer more than this for a unit of gas, in wei.
    pub max_fee_cap: u128,
    /// Never offer whoever makes the block less than this, in wei; some nodes forget transactions without a tip.
    pub tip_min: u128,
}

/// The fees for the next attempt, or that the cap forbids one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextFees {
    /// Offer this.
    Offer(Fees),
    /// More than the cap would be needed; the old bytes stay out and the operator is told.
    CapReached,
}

impl FeePolicy {
    /// The first offer: twice the base fee, so that five full blocks in a row do not outrun it, and the usual tip.
    #[must_use]
    pub fn first(&self, suggestion: FeeSuggestion) -> NextFees {
        let tip = suggestion.tip.max(self.tip_min);
        let wanted = suggestion.base_fee.saturating_mul(2).saturating_add(tip);
        let floor = suggestion.base_fee.saturating_add(tip);
        if floor > self.max_fee_cap {
            return NextFees::CapReached;
        }
        NextFees::Offer(Fees {
            max_fee: wanted.min(self.max_fee_cap),
            tip,
        })
    }

    /// The offer after `before`: an eighth more of both, rounded up, or what a first offer would be now if that is higher.
    ///
    /// Nodes replace a waiting transaction only if both fees rise by a tenth; an eighth clears that whatever the rounding.
    #[must_use]
    pub fn next(&self, before: Fees, suggestion: FeeSuggestion) -> NextFees {
        let raised = Fees {
            max_fee: eighth_more(before.max_fee),
            tip: eighth_more(before.tip),
        };
        let tip = raised.tip.max(suggestion.tip).max(self.tip_min);
        let fresh = suggestion.base_fee.saturating_mul(2).saturating_add(tip);
        let max_fee = if raised.max_fee > self.max_fee_cap {
            return NextFees::CapReached;
        } else {
            raised.max_fee.max(fresh.min(self.max_fee_cap))
        };
        if suggestion.base_fee > max_fee {
            return NextFees::CapReached;
        }
        NextFees::Offer(Fees {
            max_fee,
            tip: tip.min(max_fee),
        })
    }
}

/// `fee` times nine eighths, rounded up, and at least one more.
const fn eighth_more(fee: u128) -> u128 {
    let step = fee.div_ceil(8);
    fee.saturating_add(if step == 0 { 1 } else { step })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POLICY: FeePolicy = FeePolicy {
        max_fee_cap: 1_000,
        tip_min: 1,
    };

    fn suggestion(base_fee: u128, tip: u128) -> FeeSuggestion {
        FeeSuggestion { base_fee, tip }
    }

    #[test]
    fn the_first_offer_is_twice_the_base_fee_and_the_tip() {
        assert_eq!(
            POLICY.first(suggestion(100, 7)),
            NextFees::Offer(Fees { max_fee: 207, tip: 7 })
        );
        assert_eq!(
            POLICY.first(suggestion(100, 0)),
            NextFees::Offer(Fees { max_fee: 201, tip: 1 })
        );
    }

    #[test]
    fn the_first_offer_keeps_under_the_cap_and_says_when_that_is_too_little() {
        assert_eq!(
            POLICY.first(suggestion(900, 7)),
            NextFees::Offer(Fees { max_fee: 1_000, tip: 7 })
        );
        assert_eq!(POLICY.first(suggestion(1_000, 7)), NextFees::CapReached);
    }

    #[test]
    fn a_raise_rounds_up() {
        let before = Fees { max_fee: 9, tip: 1 };
        assert_eq!(
            POLICY.next(before, suggestion(1, 0)),
            NextFees::Offer(Fees { max_fee: 11, tip: 2 })
        );
    }

    #[test]
    fn a_raise_follows_a_spike_and_stops_at_the_cap() {
        let before = Fees { max_fee: 100, tip: 8 };
        assert_eq!(
            POLICY.next(before, suggestion(300, 0)),
            NextFees::Offer(Fees { max_fee: 609, tip: 9 })
        );
        assert_eq!(POLICY.next(before, suggestion(1_001, 0)), NextFees::CapReached);
        assert_eq!(
            POLICY.next(Fees { max_fee: 990, tip: 8 }, suggestion(1, 0)),
            NextFees::CapReached
        );
    }

    proptest! {
        #[test]
        fn every_raise_is_at_least_a_tenth_on_both_fees(
            max_fee in 0..900u128, tip in 0..900u128, base_fee in 0..2_000u128, suggested in 0..100u128,
        ) {
            let before = Fees { max_fee, tip: tip.min(max_fee) };
            if let NextFees::Offer(after) = POLICY.next(before, suggestion(base_fee, suggested)) {
                prop_assert!(after.max_fee * 10 >= before.max_fee * 11);
                prop_assert!(after.max_fee <= POLICY.max_fee_cap);
                prop_assert!(after.tip * 10 >= before.tip * 11);
                prop_assert!(after.tip <= after.max_fee);
            }
        }
    }
}
