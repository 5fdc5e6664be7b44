//! Which rules are refused, and why.

use super::{Counting, DecisionRule, Needed, QuorumCounts};

/// Why a rule is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleRefusal {
    /// An election's quorum counts ballots, since no candidate is a "yes".
    #[error("an election's quorum must count all ballots")]
    ElectionQuorum,
    /// A quorum that anything meets.
    #[error("a quorum must ask for something; leave it out where nobody need take part")]
    EmptyQuorum,
    /// The places and the candidates do not fit.
    #[error(
        "an election needs at least one place and no more places than candidates: {seats} places, {candidates} candidates"
    )]
    Seats {
        /// Places to fill.
        seats: u16,
        /// Candidates.
        candidates: usize,
    },
    /// A motion with options of its own, or an election without.
    #[error("a motion has no options of its own; an election lists its candidates")]
    Options,
}

impl DecisionRule {
    /// Checks a rule as bylaws may hold it.
    ///
    /// # Errors
    /// [`RuleRefusal`] with the first reason found.
    pub fn check(&self) -> Result<(), RuleRefusal> {
        if let Some(quorum) = self.quorum {
            match quorum.at_least {
                Needed::Roll { share } if share.share() == 0 => return Err(RuleRefusal::EmptyQuorum),
                Needed::Constant { votes: 0 } => return Err(RuleRefusal::EmptyQuorum),
                Needed::Roll { .. } | Needed::Constant { .. } | Needed::SquareRoot {} => {}
            }
            match &self.counting {
                Counting::ScottishStv { .. } if quorum.counts != QuorumCounts::AllBallots => {
                    return Err(RuleRefusal::ElectionQuorum);
                }
                Counting::YesNo { .. } | Counting::ScottishStv { .. } => {}
            }
        }
        Ok(())
    }

    /// Checks a rule against a proposal's own options.
    ///
    /// # Errors
    /// [`RuleRefusal`] with the first reason found.
    pub fn check_options(&self, options: usize) -> Result<(), RuleRefusal> {
        self.check()?;
        match (self.counting.seats(), options) {
            (None, 0) => Ok(()),
            (None, _) | (Some(_), 0) => Err(RuleRefusal::Options),
            (Some(seats), _) if seats >= 1 && usize::from(seats) <= options => Ok(()),
            (Some(seats), candidates) => Err(RuleRefusal::Seats { seats, candidates }),
        }
    }
}
