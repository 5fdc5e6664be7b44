//! The rule as a record, and back. This is the one place where a rule's fields become those of [`RuleV1`].

use super::{
    Answer, Bound, BudgetBallots, Condition, ConditionBase, Counting, DecisionRule, DefaultOption, ElectionTie,
    Majority, MajorityBase, Needed, Quorum, QuorumCounts, Ratio, Spending, Threshold, Unscored,
};
use crate::ballot::Method;
use crate::hash::Hash32;
use crate::record::{ConditionV1, Record, RuleV1};

impl DecisionRule {
    /// The rule as a record.
    #[must_use]
    pub fn record(&self, namespace: Hash32, salt: Hash32) -> RuleV1 {
        let (quorum_base, quorum_share, quorum_whole) = needed_numbers(self.quorum.map(|quorum| quorum.at_least));
        let majority = self.counting.majority();
        RuleV1 {
            namespace,
            method: self.method().name().to_owned(),
            seats: self.seats(),
            tie: match self.counting.tie() {
                None => 0,
                Some(ElectionTie::Lot) => 1,
                Some(ElectionTie::Forbidden) => 2,
            },
            parameters: parameters(&self.counting),
            quorum_counts: match self.quorum.map(|quorum| quorum.counts) {
                None => 0,
                Some(QuorumCounts::AllBallots) => 1,
                Some(QuorumCounts::YesAndNo) => 2,
                Some(QuorumCounts::YesNoAndAbstain) => 3,
                Some(QuorumCounts::YesAndAbstain) => 4,
                Some(QuorumCounts::Yes) => 5,
            },
            quorum_base: u8::try_from(quorum_base).unwrap_or(u8::MAX),
            quorum_share,
            quorum_whole,
            majority_base: match majority.map(|majority| majority.base) {
                None => 0,
                Some(MajorityBase::YesAndNo) => 1,
                Some(MajorityBase::YesNoAndAbstain) => 2,
                Some(MajorityBase::AllBallots) => 3,
                Some(MajorityBase::Roll) => 4,
            },
            majority_share: majority.map_or(0, |majority| majority.share.share()),
            majority_whole: majority.map_or(0, |majority| majority.share.whole()),
            majority_strict: majority.is_some_and(|majority| majority.threshold == Threshold::Exceeded),
            majority_min: majority.map_or(0, |majority| majority.min_yes),
            conditions: self.condition_records().iter().map(Record::struct_hash).collect(),
            ballots_final: self.ballots_final,
            early: self.early,
            late_quorum_seconds: self.late_quorum_seconds,
            notice_seconds: self.notice_seconds,
            carried_max: self.carried_max,
            salt,
        }
    }

    /// Its conditions, whose struct hashes stand in the record.
    #[must_use]
    pub fn condition_records(&self) -> Vec<ConditionV1> {
        self.conditions.iter().copied().map(condition_record).collect()
    }

    /// Reads the rule back from its record and the conditions whose hashes the record holds; `None` where a field has no
    /// meaning.
    #[must_use]
    pub fn from_record(record: &RuleV1, conditions: &[ConditionV1]) -> Option<Self> {
        let rule = Self {
            counting: counting_of(record)?,
            quorum: quorum_of(record)?,
            conditions: conditions.iter().map(condition_of).collect::<Option<_>>()?,
            ballots_final: record.ballots_final,
            early: record.early,
            late_quorum_seconds: record.late_quorum_seconds,
            notice_seconds: record.notice_seconds,
            carried_max: record.carried_max,
        };
        // Whatever the rule does not express must be what `record` writes for it: one rule, one record.
        (rule.record(record.namespace, record.salt) == *record).then_some(rule)
    }
}

/// What a method needs to know beside its places and its ties.
fn parameters(counting: &Counting) -> Vec<u64> {
    match counting {
        Counting::YesNo { .. }
        | Counting::Plurality { .. }
        | Counting::Irv { .. }
        | Counting::ScottishStv { .. }
        | Counting::Meek { .. } => Vec::new(),
        Counting::Approval { choices_max, .. } => vec![u64::from(*choices_max)],
        Counting::Score {
            points_max, unscored, ..
        } => match unscored {
            Unscored::Zero {} => vec![u64::from(*points_max)],
            Unscored::NoOpinion { scorers } => vec![u64::from(*points_max), scorers.share(), scorers.whole()],
        },
        Counting::MajorityJudgment { grades, .. } => vec![u64::from(*grades)],
        Counting::Quadratic { credits, .. } => vec![u64::from(*credits)],
        Counting::Dots { dots, .. } => vec![u64::from(*dots)],
        Counting::Budget {
            spending,
            ballots,
            budget,
            costs,
            ..
        } => {
            let how = match spending {
                Spending::Greedy => 1,
                Spending::EqualShares => 2,
            };
            let (form, most) = match ballots {
                BudgetBallots::Choices { choices_max } => (1, u64::from(*choices_max)),
                BudgetBallots::Points { points_max } => (2, u64::from(*points_max)),
            };
            let mut numbers = vec![how, form, most, *budget];
            numbers.extend(costs);
            numbers
        }
        Counting::Schulze { default_option, .. } | Counting::Copeland { default_option, .. } => default_option
            .map_or_else(Vec::new, |default| {
                let (base, left, right) = needed_numbers(default.at_least);
                vec![default.share.share(), default.share.whole(), base, left, right]
            }),
        Counting::Consent {
            standing_max,
            appeals: 1,
        } => vec![u64::from(*standing_max)],
        Counting::Consent { standing_max, appeals } => vec![u64::from(*standing_max), u64::from(*appeals)],
        Counting::Optimistic { against } => vec![against.share(), against.whole()],
    }
}

fn counting_of(record: &RuleV1) -> Option<Counting> {
    let seats = record.seats;
    let tie = match record.tie {
        1 => Some(ElectionTie::Lot),
        2 => Some(ElectionTie::Forbidden),
        _ => None,
    };
    let numbers = record.parameters.as_slice();
    let first = numbers.first().copied();
    Some(match Method::from_name(&record.method)? {
        Method::YesNo => Counting::YesNo {
            majority: majority_of(record)?,
        },
        Method::Plurality => Counting::Plurality { seats, tie: tie? },
        Method::Approval => Counting::Approval {
            seats,
            choices_max: u16::try_from(first?).ok()?,
            tie: tie?,
        },
        Method::Score => Counting::Score {
            seats,
            points_max: u32::try_from(first?).ok()?,
            unscored: match numbers {
                [_, share, whole] => Unscored::NoOpinion {
                    scorers: Ratio::new(*share, *whole).ok()?,
                },
                _ => Unscored::Zero {},
            },
            tie: tie?,
        },
        Method::MajorityJudgment => Counting::MajorityJudgment {
            seats,
            grades: u8::try_from(first?).ok()?,
            tie: tie?,
        },
        Method::Quadratic => Counting::Quadratic {
            seats,
            credits: u32::try_from(first?).ok()?,
            tie: tie?,
        },
        Method::Dots => Counting::Dots {
            seats,
            dots: u32::try_from(first?).ok()?,
            tie: tie?,
        },
        Method::Budget => budget_of(numbers, tie?)?,
        Method::Irv => Counting::Irv { tie: tie? },
        Method::ScottishStv => Counting::ScottishStv { seats, tie: tie? },
        Method::Meek => Counting::Meek { seats, tie: tie? },
        Method::Schulze => Counting::Schulze {
            seats,
            tie: tie?,
            default_option: default_of(numbers)?,
        },
        Method::Copeland => Counting::Copeland {
            seats,
            tie: tie?,
            default_option: default_of(numbers)?,
        },
        Method::Consent => consent_of(numbers)?,
        Method::Optimistic => Counting::Optimistic {
            against: match numbers {
                [share, whole] => Ratio::new(*share, *whole).ok()?,
                _ => return None,
            },
        },
    })
}

fn consent_of(numbers: &[u64]) -> Option<Counting> {
    let (standing_max, appeals) = match numbers {
        [standing_max] => (*standing_max, 1),
        [standing_max, appeals] if *appeals != 1 => (*standing_max, *appeals),
        _ => return None,
    };
    Some(Counting::Consent {
        standing_max: u32::try_from(standing_max).ok()?,
        appeals: u16::try_from(appeals).ok()?,
    })
}

fn budget_of(numbers: &[u64], tie: ElectionTie) -> Option<Counting> {
    let [how, form, most, budget, costs @ ..] = numbers else {
        return None;
    };
    Some(Counting::Budget {
        spending: match how {
            1 => Spending::Greedy,
            2 => Spending::EqualShares,
            _ => return None,
        },
        ballots: match form {
            1 => BudgetBallots::Choices {
                choices_max: u16::try_from(*most).ok()?,
            },
            2 => BudgetBallots::Points {
                points_max: u32::try_from(*most).ok()?,
            },
            _ => return None,
        },
        budget: *budget,
        costs: costs.to_vec(),
        tie,
    })
}

fn default_of(numbers: &[u64]) -> Option<Option<DefaultOption>> {
    match numbers {
        [] => Some(None),
        [share, whole, base, left, right] => Some(Some(DefaultOption {
            share: Ratio::new(*share, *whole).ok()?,
            at_least: needed_of(*base, *left, *right)?,
        })),
        _ => None,
    }
}

/// The base, and up to two numbers of it.
fn needed_numbers(needed: Option<Needed>) -> (u64, u64, u64) {
    match needed {
        None => (0, 0, 0),
        Some(Needed::Roll { share }) => (1, share.share(), share.whole()),
        Some(Needed::Constant { votes }) => (2, votes, 0),
        Some(Needed::SquareRoot {}) => (3, 0, 0),
    }
}

fn needed_of(base: u64, left: u64, right: u64) -> Option<Option<Needed>> {
    match base {
        0 => Some(None),
        1 => Some(Some(Needed::Roll {
            share: Ratio::new(left, right).ok()?,
        })),
        2 => Some(Some(Needed::Constant { votes: left })),
        3 => Some(Some(Needed::SquareRoot {})),
        _ => None,
    }
}

fn quorum_of(record: &RuleV1) -> Option<Option<Quorum>> {
    let base = u64::from(record.quorum_base);
    let Some(at_least) = needed_of(base, record.quorum_share, record.quorum_whole)? else {
        return Some(None);
    };
    let counts = match record.quorum_counts {
        1 => QuorumCounts::AllBallots,
        2 => QuorumCounts::YesAndNo,
        3 => QuorumCounts::YesNoAndAbstain,
        4 => QuorumCounts::YesAndAbstain,
        5 => QuorumCounts::Yes,
        _ => return None,
    };
    Some(Some(Quorum { counts, at_least }))
}

fn majority_of(record: &RuleV1) -> Option<Majority> {
    Some(Majority {
        base: match record.majority_base {
            1 => MajorityBase::YesAndNo,
            2 => MajorityBase::YesNoAndAbstain,
            3 => MajorityBase::AllBallots,
            4 => MajorityBase::Roll,
            _ => return None,
        },
        share: Ratio::new(record.majority_share, record.majority_whole).ok()?,
        threshold: if record.majority_strict {
            Threshold::Exceeded
        } else {
            Threshold::Reached
        },
        min_yes: record.majority_min,
    })
}

const fn condition_record(condition: Condition) -> ConditionV1 {
    ConditionV1 {
        answer: match condition.answer {
            Answer::Yes => 0,
            Answer::No => 1,
            Answer::Abstain => 2,
            Answer::Blank => 3,
        },
        bound: match condition.bound {
            Bound::AtLeast => 1,
            Bound::NoMoreThan => 2,
        },
        base: match condition.of {
            ConditionBase::VotesCast => 1,
            ConditionBase::Eligible => 2,
        },
        share: condition.share.share(),
        whole: condition.share.whole(),
    }
}

fn condition_of(record: &ConditionV1) -> Option<Condition> {
    Some(Condition {
        answer: *Answer::ALL.get(usize::from(record.answer))?,
        bound: match record.bound {
            1 => Bound::AtLeast,
            2 => Bound::NoMoreThan,
            _ => return None,
        },
        share: Ratio::new(record.share, record.whole).ok()?,
        of: match record.base {
            1 => ConditionBase::VotesCast,
            2 => ConditionBase::Eligible,
            _ => return None,
        },
    })
}
