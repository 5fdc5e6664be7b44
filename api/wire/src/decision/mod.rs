//! Bodies of decisions: proposals, ballots, tallies, anchors and records.

mod alternative;
mod ballot;
mod comment;
mod consent;
mod feed;
mod inbox;
mod outcome;
mod proposal;
mod record;
mod reminder;
mod stage;

pub use alternative::{AdoptAlternative, ProposalVersion, PutToOneVote, QuestionProposal, QuestionView};
pub use ballot::{MyBallot, RollEntry, RollKey};
pub use comment::{
    CommentAnswer, CommentRemovalAnswer, CommentVersion, EditComment, NewComment, RemoveComment, Speaker,
};
pub use consent::{ConsentObjection, ObjectionStepView, TakeObjectionStep};
pub use feed::FeedAddresses;
pub use inbox::{InboxCoop, InboxItem, InboxQuery};
pub use outcome::{ElectedCandidate, Lot, MotionCounts, TallyAnswer, TallyRecord};
pub use proposal::{
    AnswerContest, Author, Cancellation, ContestView, EditProposal, ExecutionAttempt, ExpulsionNotice, NewProposal,
    OpenVoting, PlannedAction, PreviewedAction, ProposalAnswer, ProposalCourse, ProposalPreview, ProposalQuery,
    ProposalSummary, RaiseContest, RaiseObjection, ReplyToNotice, RollCommitment, ScheduledOpening, Signing,
    SigningDomain, Turnout, Voice,
};
pub use record::{AnchorAnswer, AnchorBlock, AnchorsQuery, RecordAnswer};
pub use reminder::{ReminderSettings, ReminderWish};
pub use stage::StageView;
