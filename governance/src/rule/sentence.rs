//! The rule as a sentence, for people.

use super::{Counting, DecisionRule, ElectionTie, MajorityBase, Needed, QuorumCounts, Threshold};

impl DecisionRule {
    /// The rule as a sentence, for people.
    #[must_use]
    pub fn sentence(&self) -> String {
        let quorum = self.quorum.map_or_else(
            || String::from("There is no quorum"),
            |quorum| {
                let needed = match quorum.at_least {
                    Needed::Roll { share } => format!("{share} of the members on the roll"),
                    Needed::Constant { votes } => format!("{votes} members"),
                    Needed::SquareRoot {} => {
                        String::from("one and a half times the square root of the number of members on the roll")
                    }
                };
                let act = match quorum.counts {
                    QuorumCounts::AllBallots => "cast a ballot, blank ones and abstentions included",
                    QuorumCounts::YesAndNo => "vote yes or no",
                    QuorumCounts::YesNoAndAbstain => "vote yes, vote no or abstain",
                    QuorumCounts::YesAndAbstain => "vote yes or abstain",
                    QuorumCounts::Yes => "vote yes",
                };
                format!("At least {needed} must {act}")
            },
        );
        let rest = match &self.counting {
            Counting::YesNo { majority } => format!(
                "the motion passes if {} {} of {} say yes, and fails otherwise",
                match majority.threshold {
                    Threshold::Exceeded => "more than",
                    Threshold::Reached => "at least",
                },
                majority.share,
                match majority.base {
                    MajorityBase::YesAndNo => "the yes and no ballots",
                    MajorityBase::YesNoAndAbstain => "the yes, no and abstain ballots",
                    MajorityBase::AllBallots => "all ballots",
                    MajorityBase::Roll => "everyone on the roll",
                }
            ),
            Counting::ScottishStv { seats, tie } => format!(
                "{} by the single transferable vote as in Scottish local elections; {}",
                match seats {
                    0 => String::from("places are filled"),
                    1 => String::from("one place is filled"),
                    _ => format!("{seats} places are filled"),
                },
                match tie {
                    ElectionTie::Lot => "a tie that earlier stages do not settle is broken by lot",
                    ElectionTie::Forbidden => "a tie that earlier stages do not settle leaves the election undecided",
                }
            ),
        };
        format!("{quorum}; {rest}.")
    }
}
