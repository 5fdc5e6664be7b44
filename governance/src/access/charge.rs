//! What a call costs that ended in one way or another: a published rule, set by vote.
//!
//! A whole answer costs what was used, under every rule. A call that no upstream took, or that an upstream dropped before the first
//! byte, costs nothing under every rule: nothing was received. In between the rule decides.

use serde::{Deserialize, Serialize};

use super::{Price, Usage};

/// What a call that broke off costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartialChargeRule {
    /// All that was set aside.
    FullHold,
    /// The input, and the output that was counted.
    Counted,
    /// The input.
    InputOnly,
    /// Nothing.
    Nothing,
}

impl PartialChargeRule {
    /// Every rule.
    pub const ALL: &'static [Self] = &[Self::FullHold, Self::Counted, Self::InputOnly, Self::Nothing];

    /// The name in JSON and SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FullHold => "full_hold",
            Self::Counted => "counted",
            Self::InputOnly => "input_only",
            Self::Nothing => "nothing",
        }
    }

    /// The rule with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.name() == name)
    }
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The answer is whole.
    Finished,
    /// The upstream went past the limit and was cut.
    CutAtBound,
    /// The client left.
    ClientGone,
    /// The upstream broke off.
    UpstreamFailed,
    /// Nothing was sent to an upstream, or it refused.
    NothingSent,
    /// Nobody renewed the lease: the program that ran the call died.
    Expired,
}

impl Ending {
    /// Every ending.
    pub const ALL: &'static [Self] = &[
        Self::Finished,
        Self::CutAtBound,
        Self::ClientGone,
        Self::UpstreamFailed,
        Self::NothingSent,
        Self::Expired,
    ];

    /// The name in JSON and SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::CutAtBound => "cut_at_bound",
            Self::ClientGone => "client_gone",
            Self::UpstreamFailed => "upstream_failed",
            Self::NothingSent => "nothing_sent",
            Self::Expired => "expired",
        }
    }

    /// The ending with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|ending| ending.name() == name)
    }
}

/// What was set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// The most the call can cost.
    pub units: u64,
    /// The most tokens of input.
    pub input_max: u64,
    /// The price it was set aside at.
    pub price: Price,
}

/// What is booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// What the member is charged: never more than was set aside.
    pub charged: u64,
    /// What was used beyond that. No member pays it; it is published, and should be 0.
    pub excess: u64,
}

/// What a call costs. `usage` is nothing where nothing tells; `first_byte` says whether a byte of the answer came.
///
/// Where the rule charges the input and nothing tells how much it was, it counts as the most it could be.
#[must_use]
pub fn charge(rule: PartialChargeRule, held: &Held, ending: Ending, usage: Option<Usage>, first_byte: bool) -> Charge {
    let input = usage.map_or(held.input_max, |usage| usage.input);
    let output = usage.map_or(0, |usage| usage.output);
    let by_rule = match rule {
        PartialChargeRule::FullHold => held.units,
        PartialChargeRule::Counted => held.price.cost(Usage { input, output }),
        PartialChargeRule::InputOnly => held.price.cost(Usage { input, output: 0 }),
        PartialChargeRule::Nothing => 0,
    };
    let cost = match (ending, usage) {
        (Ending::NothingSent, _) => 0,
        (Ending::UpstreamFailed, _) if !first_byte => 0,
        (Ending::Finished | Ending::CutAtBound, Some(usage)) => held.price.cost(usage),
        (Ending::CutAtBound, None) => held.units,
        (Ending::Finished, None) | (Ending::ClientGone | Ending::UpstreamFailed | Ending::Expired, _) => by_rule,
    };
    Charge {
        charged: cost.min(held.units),
        excess: cost.saturating_sub(held.units),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Set aside for 100 tokens of input and 50 of output at 3, 15 and 7 for the call: 1,057.
    const HELD: Held = Held {
        units: 7 + 300 + 750,
        input_max: 100,
        price: Price {
            input: 3,
            output: 15,
            call: 7,
        },
    };

    fn used(input: u64, output: u64) -> Option<Usage> {
        Some(Usage { input, output })
    }

    /// A name, how it ended, what was used, whether a byte came, and the charge under each rule.
    type Row = (&'static str, Ending, Option<Usage>, bool, [u64; 4]);

    /// The stream matrix: each way a stream can end against each rule, in the order of [`PartialChargeRule::ALL`].
    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn each_way_a_stream_can_end_costs_what_the_table_says() {
        let counted = 7 + 3 * 40 + 15 * 20;
        let rows: &[Row] = &[
            ("whole, with usage", Ending::Finished, used(40, 20), true, [counted; 4]),
            ("whole, usage zero", Ending::Finished, used(0, 0), true, [7; 4]),
            (
                "whole, usage missing, counted here",
                Ending::Finished,
                used(40, 20),
                true,
                [counted; 4],
            ),
            (
                "whole, nothing tells",
                Ending::Finished,
                None,
                true,
                [1_057, 307, 307, 0],
            ),
            (
                "usage huge, clamped to the hold",
                Ending::Finished,
                used(100, 50),
                true,
                [1_057; 4],
            ),
            (
                "usage negative, counted here",
                Ending::Finished,
                used(40, 20),
                true,
                [counted; 4],
            ),
            ("limit ignored, cut", Ending::CutAtBound, used(40, 50), true, [877; 4]),
            (
                "limit ignored, cut, nothing tells",
                Ending::CutAtBound,
                None,
                true,
                [1_057; 4],
            ),
            (
                "client closes before a byte",
                Ending::ClientGone,
                used(40, 0),
                false,
                [1_057, 127, 127, 0],
            ),
            (
                "client closes before a byte, nothing tells",
                Ending::ClientGone,
                None,
                false,
                [1_057, 307, 307, 0],
            ),
            (
                "client closes at 20",
                Ending::ClientGone,
                used(40, 20),
                true,
                [1_057, counted, 127, 0],
            ),
            (
                "client closes at 20, nothing tells",
                Ending::ClientGone,
                None,
                true,
                [1_057, 307, 307, 0],
            ),
            (
                "upstream closes before a byte",
                Ending::UpstreamFailed,
                None,
                false,
                [0; 4],
            ),
            (
                "upstream claims usage and gives no byte",
                Ending::UpstreamFailed,
                used(40, 20),
                false,
                [0; 4],
            ),
            (
                "upstream closes at 20",
                Ending::UpstreamFailed,
                used(40, 20),
                true,
                [1_057, counted, 127, 0],
            ),
            (
                "upstream stalls at 20",
                Ending::UpstreamFailed,
                used(40, 20),
                true,
                [1_057, counted, 127, 0],
            ),
            (
                "an error frame at 20",
                Ending::UpstreamFailed,
                used(40, 20),
                true,
                [1_057, counted, 127, 0],
            ),
            (
                "an error frame at once",
                Ending::UpstreamFailed,
                used(40, 0),
                true,
                [1_057, 127, 127, 0],
            ),
            ("nothing was sent", Ending::NothingSent, None, false, [0; 4]),
            (
                "nothing was sent, whatever is claimed",
                Ending::NothingSent,
                used(100, 50),
                true,
                [0; 4],
            ),
            ("the lease ended", Ending::Expired, None, false, [1_057, 307, 307, 0]),
        ];
        for (name, ending, usage, first_byte, expected) in rows {
            for (rule, expected) in PartialChargeRule::ALL.iter().zip(expected) {
                let found = charge(*rule, &HELD, *ending, *usage, *first_byte);
                assert_eq!(
                    found,
                    Charge {
                        charged: *expected,
                        excess: 0
                    },
                    "{name}, {}",
                    rule.name()
                );
            }
        }
    }

    #[test]
    fn what_goes_beyond_the_hold_is_excess_that_no_member_pays() {
        let found = charge(PartialChargeRule::Counted, &HELD, Ending::Finished, used(100, 60), true);
        assert_eq!(
            found,
            Charge {
                charged: 1_057,
                excess: 150
            }
        );
        let found = charge(
            PartialChargeRule::Counted,
            &HELD,
            Ending::Finished,
            used(u64::MAX, u64::MAX),
            true,
        );
        assert_eq!(
            found,
            Charge {
                charged: 1_057,
                excess: u64::MAX - 1_057
            }
        );
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        assert!(
            PartialChargeRule::ALL
                .iter()
                .all(|rule| PartialChargeRule::from_name(rule.name()) == Some(*rule))
        );
        assert!(
            Ending::ALL
                .iter()
                .all(|ending| Ending::from_name(ending.name()) == Some(*ending))
        );
        assert_eq!(PartialChargeRule::from_name("half"), None);
    }
}
