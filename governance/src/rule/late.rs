//! When a quorum is first met, ballot by ballot: what a late quorum's extension is reckoned from.

use std::collections::BTreeMap;

use super::DecisionRule;
use crate::ballot::{Choice, MotionChoice};
use crate::hash::Hash32;
use crate::tally::motion::MotionTally;
use crate::time::Timestamp;

/// A ballot, as far as the quorum asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// The server's sequence number.
    pub sequence: u64,
    /// When it was stored.
    pub at: Timestamp,
}

/// Takes the ballots of a proposal in the order of their sequence numbers and notes the first with which the quorum was met.
///
/// A ballot stands until the same member's next one. What ballots carry of others by delegation, and proxy ballots, do not count
/// here: they are known at the close alone.
#[derive(Debug, Clone)]
pub struct QuorumWatch {
    rule: DecisionRule,
    eligible: u128,
    tally: MotionTally,
    /// The weight of everyone who voted, for what is no motion.
    all: u128,
    /// What each member's ballot says to a motion; nothing for other methods.
    standing: BTreeMap<Hash32, Option<MotionChoice>>,
    met: Option<Taken>,
}

impl QuorumWatch {
    /// For a decision under this rule by a roll of so much weight.
    #[must_use]
    pub const fn new(rule: DecisionRule, eligible: u128) -> Self {
        Self {
            rule,
            eligible,
            tally: MotionTally {
                yes: 0,
                no: 0,
                abstain: 0,
                blank: 0,
            },
            all: 0,
            standing: BTreeMap::new(),
            met: None,
        }
    }

    /// Takes the next ballot.
    pub fn take(&mut self, voter: Hash32, choice: &Choice, weight: u128, ballot: Taken) {
        if self.met.is_some() {
            return;
        }
        let answer = match choice {
            Choice::Motion(answer) => Some(*answer),
            Choice::Consent(_) | Choice::Points(_) | Choice::Ranking(_) | Choice::Ranks(_) => None,
        };
        match self.standing.insert(voter, answer) {
            None => self.all = self.all.saturating_add(weight),
            Some(None) => {}
            Some(Some(before)) => self.tally.remove(before, weight),
        }
        let taking_part = match answer {
            Some(answer) => {
                self.tally.add(answer, weight);
                self.rule.taking_part(&self.tally)
            }
            None => self.all,
        };
        if self.rule.is_quorate(taking_part, self.eligible) {
            self.met = Some(ballot);
        }
    }

    /// The ballot with which the quorum was first met.
    #[must_use]
    pub const fn met(&self) -> Option<Taken> {
        self.met
    }

    /// Until when voting goes on that was to end at `closes_at`, and the ballot because of which; `None` where nothing is extended.
    #[must_use]
    pub fn extends(&self, closes_at: Timestamp) -> Option<(Taken, Timestamp)> {
        let met = self.met?;
        let until = self.rule.closes_after_quorum(closes_at, Some(met.at));
        (until > closes_at).then_some((met, until))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{Needed, Quorum, QuorumCounts, Ratio};

    fn rule(counts: QuorumCounts) -> DecisionRule {
        DecisionRule {
            late_quorum_seconds: 100,
            quorum: Some(Quorum {
                counts,
                at_least: Needed::Roll { share: Ratio::of(1, 2) },
            }),
            ..DecisionRule::simple_majority()
        }
    }

    /// Ballots of a motion: the voter, the answer, when.
    fn watched(rule: DecisionRule, ballots: &[(u128, MotionChoice, u64)]) -> QuorumWatch {
        let mut watch = QuorumWatch::new(rule, 4);
        for ((voter, answer, at), sequence) in ballots.iter().zip(1..) {
            let at = Timestamp(*at);
            let taken = Taken { sequence, at };
            watch.take(Hash32::from_u128(*voter), &Choice::Motion(*answer), 1, taken);
        }
        watch
    }

    #[test]
    fn voting_is_extended_once_and_only_by_the_ballot_with_which_the_quorum_is_first_met() {
        use MotionChoice::{Abstain, No, Yes};
        let all = || rule(QuorumCounts::AllBallots);
        type Case<'a> = (DecisionRule, &'a [(u128, MotionChoice, u64)], Option<(u64, u64)>);
        let cases: [Case<'_>; 9] = [
            (all(), &[], None),
            (all(), &[(1, Yes, 950)], None),
            // Two of four; a second ballot of the same member is no second member.
            (all(), &[(1, Yes, 950), (1, No, 960)], None),
            (all(), &[(1, Yes, 10), (2, No, 960)], Some((2, 1_060))),
            (all(), &[(1, Yes, 10), (2, No, 960), (3, No, 990)], Some((2, 1_060))),
            // Met early enough, or exactly so.
            (all(), &[(1, Yes, 10), (2, No, 900), (3, No, 990)], None),
            (all(), &[(1, Yes, 10), (2, No, 901)], Some((2, 1_001))),
            // Only those who say yes are counted, and one changed their mind.
            (
                rule(QuorumCounts::Yes),
                &[(1, Yes, 10), (1, Abstain, 20), (2, Yes, 30), (3, Yes, 970)],
                Some((4, 1_070)),
            ),
            // Once met it was met, even if it is not any more.
            (
                rule(QuorumCounts::Yes),
                &[(1, Yes, 10), (2, Yes, 20), (1, No, 30), (1, Yes, 990)],
                None,
            ),
        ];
        for (rule, ballots, expected) in cases {
            let extended = watched(rule, ballots).extends(Timestamp(1_000));
            let extended = extended.map(|(taken, until)| (taken.sequence, until.0));
            assert_eq!(extended, expected, "{ballots:?}");
        }
    }

    #[test]
    fn every_ballot_counts_where_it_is_no_motion() {
        let mut watch = QuorumWatch::new(rule(QuorumCounts::AllBallots), 4);
        for (voter, sequence) in [(1, 1), (1, 2), (2, 3)] {
            assert_eq!(watch.met(), None, "before {sequence}");
            let at = Timestamp(990);
            watch.take(
                Hash32::from_u128(voter),
                &Choice::Ranking(Vec::new()),
                1,
                Taken { sequence, at },
            );
        }
        assert_eq!(watch.met().map(|taken| taken.sequence), Some(3));
    }
}
