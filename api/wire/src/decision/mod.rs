//! Bodies of decisions: proposals, ballots, tallies, anchors and records.

mod ballot;
mod outcome;
mod proposal;
mod record;

pub use ballot::{MyBallot, RollEntry, RollKey};
pub use outcome::{ElectedCandidate, Lot, MotionCounts, TallyAnswer, TallyRecord};
pub use proposal::{
    Author, Cancellation, EditProposal, ExecutionAttempt, NewProposal, OpenVoting, PlannedAction, PreviewedAction,
    ProposalAnswer, ProposalCourse, ProposalPreview, ProposalQuery, ProposalSummary, RaiseObjection, RollCommitment,
    Signing, SigningDomain, Turnout, Voice,
};
pub use record::{AnchorAnswer, AnchorBlock, RecordAnswer};
