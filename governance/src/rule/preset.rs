//! Rules by name.

use super::{
    Answer, Bound, BudgetBallots, Condition, ConditionBase, Counting, DecisionRule, DefaultOption, ElectionTie,
    Majority, MajorityBase, Needed, Quorum, QuorumCounts, Ratio, Spending, Threshold, Unscored,
};

const DAY: u64 = 86_400;

impl DecisionRule {
    /// The names of all presets.
    pub const PRESETS: [&str; 26] = [
        "simple",
        "absolute",
        "two_thirds",
        "three_quarters",
        "consensus",
        "unanimous",
        "debian",
        "debian_three_to_one",
        "loomio_like",
        "aragon_like",
        "open_zeppelin_like",
        "snapshot_like",
        "optimistic",
        "consent",
        "election",
        "meek",
        "irv",
        "plurality",
        "approval",
        "score",
        "majority_judgment",
        "quadratic",
        "dots",
        "budget",
        "schulze",
        "copeland",
    ];

    /// The rule of this name; `None` where there is none. What each proposal sets, as places, is open.
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        if let Some(motion) = motion(name).or_else(|| peer(name)) {
            return Some(motion);
        }
        Some(match name {
            "optimistic" => Self {
                notice_seconds: 3 * DAY,
                ..Self::new(Counting::Optimistic {
                    against: Ratio::of(1, 10),
                })
            },
            "consent" => Self {
                quorum: Some(Quorum::of_roll(Ratio::of(1, 2))),
                ..Self::new(Counting::Consent {
                    standing_max: 0,
                    appeals: 1,
                })
            },
            _ => Self::new(election(name)?),
        })
    }

    /// The default for motions: one fifth of the roll takes part, more yes than no.
    #[must_use]
    pub fn simple_majority() -> Self {
        Self {
            quorum: Some(Quorum::of_roll(Ratio::of(1, 5))),
            ..Self::new(Counting::YesNo {
                majority: Majority::new(MajorityBase::YesAndNo, Ratio::of(1, 2), Threshold::Exceeded),
            })
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

fn yes_no(majority: Majority, quorum: Option<Quorum>) -> DecisionRule {
    DecisionRule {
        quorum,
        ..DecisionRule::new(Counting::YesNo { majority })
    }
}

const fn of_sides(share: u64, whole: u64, threshold: Threshold) -> Majority {
    Majority::new(MajorityBase::YesAndNo, Ratio::of(share, whole), threshold)
}

const fn of_roll(share: u64, whole: u64, threshold: Threshold) -> Majority {
    Majority::new(MajorityBase::Roll, Ratio::of(share, whole), threshold)
}

/// Motions, from the easiest to the hardest.
fn motion(name: &str) -> Option<DecisionRule> {
    let fifth = Some(Quorum::of_roll(Ratio::of(1, 5)));
    Some(match name {
        "simple" => DecisionRule::simple_majority(),
        "absolute" => yes_no(of_roll(1, 2, Threshold::Exceeded), None),
        "two_thirds" => yes_no(of_sides(2, 3, Threshold::Reached), fifth),
        "three_quarters" => yes_no(of_sides(3, 4, Threshold::Reached), fifth),
        "consensus" => yes_no(
            of_sides(1, 1, Threshold::Reached),
            Some(Quorum::of_roll(Ratio::of(1, 2))),
        ),
        "unanimous" => yes_no(of_roll(1, 1, Threshold::Reached), None),
        _ => return None,
    })
}

/// Motions as others decide them.
fn peer(name: &str) -> Option<DecisionRule> {
    let more_than_half = of_sides(1, 2, Threshold::Exceeded);
    let quorum = |counts, at_least| Some(Quorum { counts, at_least });
    let of_debian = quorum(QuorumCounts::Yes, Needed::SquareRoot {});
    Some(match name {
        "debian" => yes_no(more_than_half, of_debian),
        "debian_three_to_one" => yes_no(of_sides(3, 4, Threshold::Exceeded), of_debian),
        "loomio_like" => DecisionRule {
            conditions: vec![
                condition(
                    Answer::No,
                    Bound::NoMoreThan,
                    Ratio::of(1, 10),
                    ConditionBase::VotesCast,
                ),
                condition(Answer::Yes, Bound::AtLeast, Ratio::of(1, 3), ConditionBase::Eligible),
            ],
            ..yes_no(more_than_half, Some(Quorum::of_roll(Ratio::of(1, 2))))
        },
        "aragon_like" => {
            let share = Ratio::of(3, 20);
            DecisionRule {
                ballots_final: true,
                early: true,
                ..yes_no(
                    more_than_half,
                    quorum(QuorumCounts::YesNoAndAbstain, Needed::Roll { share }),
                )
            }
        }
        "open_zeppelin_like" => {
            let share = Ratio::of(1, 25);
            DecisionRule {
                ballots_final: true,
                late_quorum_seconds: DAY,
                notice_seconds: DAY,
                ..yes_no(
                    more_than_half,
                    quorum(QuorumCounts::YesAndAbstain, Needed::Roll { share }),
                )
            }
        }
        "snapshot_like" => yes_no(
            more_than_half,
            quorum(QuorumCounts::YesNoAndAbstain, Needed::Constant { votes: 100 }),
        ),
        _ => return None,
    })
}

const fn condition(answer: Answer, bound: Bound, share: Ratio, of: ConditionBase) -> Condition {
    Condition {
        answer,
        bound,
        share,
        of,
    }
}

/// The methods that choose among options, with the lot for their ties.
fn election(name: &str) -> Option<Counting> {
    let (seats, tie) = (0, ElectionTie::Lot);
    let default_option = Some(DefaultOption {
        share: Ratio::of(1, 2),
        at_least: None,
    });
    Some(match name {
        "election" => Counting::ScottishStv { seats, tie },
        "meek" => Counting::Meek { seats, tie },
        "irv" => Counting::Irv { tie },
        "plurality" => Counting::Plurality { seats, tie },
        "approval" => Counting::Approval {
            seats,
            choices_max: 0,
            tie,
        },
        "score" => Counting::Score {
            seats,
            points_max: 5,
            unscored: Unscored::Zero {},
            tie,
        },
        "majority_judgment" => Counting::MajorityJudgment { seats, grades: 6, tie },
        "quadratic" => Counting::Quadratic {
            seats,
            credits: 100,
            tie,
        },
        "dots" => Counting::Dots { seats, dots: 10, tie },
        "budget" => Counting::Budget {
            spending: Spending::EqualShares,
            ballots: BudgetBallots::Choices { choices_max: 0 },
            budget: 0,
            costs: Vec::new(),
            tie,
        },
        "schulze" => Counting::Schulze {
            seats,
            tie,
            default_option,
        },
        "copeland" => Counting::Copeland {
            seats,
            tie,
            default_option,
        },
        _ => return None,
    })
}
