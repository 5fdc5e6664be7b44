//! The rule as a record, and back.

use super::{
    Counting, DecisionRule, ElectionTie, Majority, MajorityBase, Needed, Quorum, QuorumCounts, Ratio, Threshold,
};
use crate::ballot::Method;
use crate::hash::Hash32;
use crate::record::RuleV1;

impl DecisionRule {
    /// The rule as a record.
    #[must_use]
    pub fn record(&self, namespace: Hash32, salt: Hash32) -> RuleV1 {
        let (quorum_base, quorum_share, quorum_whole) = match self.quorum.map(|quorum| quorum.at_least) {
            None => (0, 0, 0),
            Some(Needed::Roll { share }) => (1, share.share(), share.whole()),
            Some(Needed::Constant { votes }) => (2, votes, 0),
            Some(Needed::SquareRoot {}) => (3, 0, 0),
        };
        let (majority_base, share, majority_strict) = match &self.counting {
            Counting::YesNo { majority } => {
                let base = match majority.base {
                    MajorityBase::YesAndNo => 1,
                    MajorityBase::YesNoAndAbstain => 2,
                    MajorityBase::AllBallots => 3,
                    MajorityBase::Roll => 4,
                };
                (base, majority.share, majority.threshold == Threshold::Exceeded)
            }
            // An election has no majority; zero says so.
            Counting::ScottishStv { .. } => (0, Ratio::of(0, 1), false),
        };
        RuleV1 {
            namespace,
            method: self.method().name().to_owned(),
            seats: self.seats(),
            quorum_counts: match self.quorum.map(|quorum| quorum.counts) {
                None => 0,
                Some(QuorumCounts::AllBallots) => 1,
                Some(QuorumCounts::YesAndNo) => 2,
                Some(QuorumCounts::YesNoAndAbstain) => 3,
                Some(QuorumCounts::YesAndAbstain) => 4,
                Some(QuorumCounts::Yes) => 5,
            },
            quorum_base,
            quorum_share,
            quorum_whole,
            majority_base,
            majority_share: share.share(),
            majority_whole: share.whole(),
            majority_strict,
            tie: match self.counting.tie() {
                None => 0,
                Some(ElectionTie::Lot) => 1,
                Some(ElectionTie::Forbidden) => 2,
            },
            salt,
        }
    }

    /// Reads the rule back from its record; `None` where a field has no meaning.
    #[must_use]
    pub fn from_record(record: &RuleV1) -> Option<Self> {
        let counting = match Method::from_name(&record.method)? {
            Method::YesNo => Counting::YesNo {
                majority: majority_of(record)?,
            },
            Method::ScottishStv => Counting::ScottishStv {
                seats: record.seats,
                tie: match record.tie {
                    1 => ElectionTie::Lot,
                    2 => ElectionTie::Forbidden,
                    _ => return None,
                },
            },
            // Methods whose rules are not written yet.
            Method::Plurality
            | Method::Approval
            | Method::Score
            | Method::MajorityJudgment
            | Method::Quadratic
            | Method::Dots
            | Method::Budget
            | Method::Irv
            | Method::Meek
            | Method::Schulze
            | Method::Copeland
            | Method::Consent
            | Method::Optimistic => return None,
        };
        let rule = Self {
            counting,
            quorum: quorum_of(record)?,
        };
        // Whatever the rule does not express must be what `record` writes for it: one rule, one record.
        (rule.record(record.namespace, record.salt) == *record).then_some(rule)
    }
}

fn quorum_of(record: &RuleV1) -> Option<Option<Quorum>> {
    let at_least = match record.quorum_base {
        0 => return Some(None),
        1 => Needed::Roll {
            share: Ratio::new(record.quorum_share, record.quorum_whole).ok()?,
        },
        2 => Needed::Constant {
            votes: record.quorum_share,
        },
        3 => Needed::SquareRoot {},
        _ => return None,
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
    })
}
