//! Rules to try everything on: some thousand that differ from each other, most of them in one field.

use super::super::*;

fn shares() -> [Ratio; 4] {
    [Ratio::of(1, 2), Ratio::of(2, 4), Ratio::of(1, 3), Ratio::of(2, 3)]
}

fn every_needed() -> Vec<Needed> {
    let mut all: Vec<Needed> = shares().map(|share| Needed::Roll { share }).into();
    all.extend([1, 2, 100].map(|votes| Needed::Constant { votes }));
    all.push(Needed::SquareRoot {});
    all
}

pub(super) fn quorums() -> Vec<Option<Quorum>> {
    let each = |counts| {
        every_needed()
            .into_iter()
            .map(move |at_least| Some(Quorum { counts, at_least }))
    };
    std::iter::once(None)
        .chain(QuorumCounts::ALL.into_iter().flat_map(each))
        .collect()
}

pub(super) fn majorities() -> Vec<Majority> {
    use MajorityBase::{AllBallots, Roll, YesAndNo, YesNoAndAbstain};
    let mut all = Vec::new();
    for base in [YesAndNo, YesNoAndAbstain, AllBallots, Roll] {
        for threshold in [Threshold::Exceeded, Threshold::Reached] {
            for share in shares() {
                for min_yes in [0, 1, 7] {
                    all.push(Majority {
                        min_yes,
                        ..Majority::new(base, share, threshold)
                    });
                }
            }
        }
    }
    all
}

pub(super) fn conditions() -> Vec<Condition> {
    let mut all = Vec::new();
    for answer in Answer::ALL {
        for bound in [Bound::AtLeast, Bound::NoMoreThan] {
            for of in [ConditionBase::VotesCast, ConditionBase::Eligible] {
                for share in shares() {
                    all.push(Condition {
                        answer,
                        bound,
                        share,
                        of,
                    });
                }
            }
        }
    }
    all
}

const TIES: [ElectionTie; 2] = [ElectionTie::Lot, ElectionTie::Forbidden];

fn default_options() -> Vec<Option<DefaultOption>> {
    let mut needed = vec![None];
    needed.extend(every_needed().into_iter().map(Some));
    let each = |at_least| shares().map(|share| Some(DefaultOption { share, at_least }));
    std::iter::once(None).chain(needed.into_iter().flat_map(each)).collect()
}

/// Every method but the motion, with each parameter in turn.
pub(super) fn elections() -> Vec<Counting> {
    let mut all = Vec::new();
    for tie in TIES {
        all.push(Counting::Irv { tie });
        all.extend(budgets(tie));
        for seats in [0, 1, 2, 12] {
            all.push(Counting::Plurality { seats, tie });
            all.push(Counting::ScottishStv { seats, tie });
            all.push(Counting::Meek { seats, tie });
            for number in [0, 1, 3] {
                all.push(Counting::Approval {
                    seats,
                    choices_max: number,
                    tie,
                });
            }
            for number in [2, 5] {
                all.push(Counting::MajorityJudgment {
                    seats,
                    grades: number,
                    tie,
                });
            }
            for number in [1, 100] {
                all.push(Counting::Quadratic {
                    seats,
                    credits: number,
                    tie,
                });
                all.push(Counting::Dots {
                    seats,
                    dots: number,
                    tie,
                });
                all.extend(scores(seats, number, tie));
            }
            for default_option in default_options() {
                all.push(Counting::Schulze {
                    seats,
                    tie,
                    default_option,
                });
                all.push(Counting::Copeland {
                    seats,
                    tie,
                    default_option,
                });
            }
        }
    }
    all.extend([(0, 1), (1, 1), (2, 3)].map(|(standing_max, appeals)| Counting::Consent { standing_max, appeals }));
    all.extend(shares().map(|against| Counting::Optimistic { against }));
    all
}

fn scores(seats: u16, points_max: u32, tie: ElectionTie) -> impl Iterator<Item = Counting> {
    let unscored =
        std::iter::once(Unscored::Zero {}).chain(shares().into_iter().map(|scorers| Unscored::NoOpinion { scorers }));
    unscored.map(move |unscored| Counting::Score {
        seats,
        points_max,
        unscored,
        tie,
    })
}

fn budgets(tie: ElectionTie) -> Vec<Counting> {
    let mut all = Vec::new();
    for spending in [Spending::Greedy, Spending::EqualShares] {
        for ballots in [
            BudgetBallots::Choices { choices_max: 0 },
            BudgetBallots::Choices { choices_max: 4 },
            BudgetBallots::Points { points_max: 4 },
        ] {
            for (budget, costs) in [
                (0, vec![]),
                (500, vec![100, 500]),
                (501, vec![100, 500]),
                (501, vec![500, 100]),
            ] {
                all.push(Counting::Budget {
                    spending,
                    ballots,
                    budget,
                    costs,
                    tie,
                });
            }
        }
    }
    all
}

/// Shares that read as words, and those that are the same share written otherwise.
fn in_words() -> Vec<DecisionRule> {
    let motion = |majority| DecisionRule::new(Counting::YesNo { majority });
    let mut all = Vec::new();
    for (share, bound) in [
        (Ratio::of(1, 1), Bound::AtLeast),
        (Ratio::of(2, 2), Bound::AtLeast),
        (Ratio::of(0, 1), Bound::NoMoreThan),
        (Ratio::of(0, 2), Bound::NoMoreThan),
    ] {
        for of in [ConditionBase::VotesCast, ConditionBase::Eligible] {
            all.extend(Answer::ALL.map(|answer| DecisionRule {
                conditions: vec![Condition {
                    answer,
                    bound,
                    share,
                    of,
                }],
                ..DecisionRule::simple_majority()
            }));
        }
    }
    for share in [Ratio::of(1, 1), Ratio::of(2, 2)] {
        all.push(motion(Majority::new(MajorityBase::YesAndNo, share, Threshold::Reached)));
        all.push(motion(Majority::new(MajorityBase::Roll, share, Threshold::Reached)));
        all.extend(QuorumCounts::ALL.map(|counts| DecisionRule {
            quorum: Some(Quorum {
                counts,
                at_least: Needed::Roll { share },
            }),
            ..DecisionRule::simple_majority()
        }));
    }
    all
}

/// All of it, each rule once. Whoever adds a field to a rule has to vary it here.
pub(super) fn rules() -> Vec<DecisionRule> {
    let DecisionRule {
        counting: _,
        quorum: _,
        conditions: _,
        ballots_final: _,
        early: _,
        late_quorum_seconds: _,
        notice_seconds: _,
        carried_max: _,
    } = DecisionRule::simple_majority();
    let motion = |majority| DecisionRule::new(Counting::YesNo { majority });
    let base = Majority::new(MajorityBase::YesAndNo, Ratio::of(1, 2), Threshold::Exceeded);
    let mut all: Vec<DecisionRule> = Vec::new();
    for quorum in quorums() {
        all.extend(majorities().into_iter().map(|majority| DecisionRule {
            quorum,
            ..motion(majority)
        }));
    }
    all.extend(elections().into_iter().map(DecisionRule::new));
    all.extend(in_words());
    let each = conditions();
    all.extend(each.iter().map(|one| DecisionRule {
        conditions: vec![*one],
        ..motion(base)
    }));
    all.extend(each.iter().zip(each.iter().skip(5)).map(|(one, two)| DecisionRule {
        conditions: vec![*two, *one],
        ..motion(base)
    }));
    for ballots_final in [false, true] {
        for early in [false, true] {
            for (late_quorum_seconds, notice_seconds) in [
                (1, 0),
                (0, 1),
                (59, 60),
                (3_600, 61),
                (7_200, 86_400),
                (86_400, 7_200),
                (90_000, 172_800),
            ] {
                all.push(DecisionRule {
                    ballots_final,
                    early,
                    late_quorum_seconds,
                    notice_seconds,
                    ..DecisionRule::simple_majority()
                });
            }
        }
    }
    all.extend([1, 2, u64::MAX].map(|carried_max| DecisionRule {
        carried_max,
        ..DecisionRule::simple_majority()
    }));
    all
}
