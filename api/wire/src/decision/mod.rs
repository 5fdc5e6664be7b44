//! Bodies of decisions: proposals, ballots, tallies, anchors and records.

mod ballot;
mod outcome;
mod proposal;
mod record;

pub use ballot::{MyBallot, RollEntry, RollKey};
pub use outcome::{ElectedCandidate, Lot, MotionCounts, TallyAnswer, TallyRecord};
pub use proposal::{
    Author, Cancellation, EditProposal, NewProposal, OpenVoting, ProposalAnswer, ProposalQuery, ProposalSummary,
    RollCommitment, Signing, SigningDomain, Turnout,
};
pub use record::{AnchorAnswer, AnchorBlock, RecordAnswer};
