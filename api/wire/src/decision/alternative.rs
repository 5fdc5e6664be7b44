//! Several proposals on one question.

use chrono::{DateTime, Utc};
use governance::id::ProposalId;
use governance::proposal::State;
use serde::{Deserialize, Serialize};

use super::comment::Speaker;
use super::proposal::{Author, PlannedAction};

/// Taking over the texts and actions of an alternative.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdoptAlternative {
    /// The alternative, which is on the same question and before the members.
    #[schema(value_type = String, format = Uuid)]
    pub alternative: ProposalId,
    /// The version of the alternative that was read: nobody adopts a text they have not seen.
    pub version: i64,
    /// Why; members read it.
    #[schema(max_length = 2000)]
    pub reason: String,
}

/// Putting the proposals on one question to one vote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutToOneVote {
    /// Why; members read it with each of the proposals.
    #[schema(max_length = 2000)]
    pub reason: String,
}

/// The question that a proposal is on, where others are on it too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct QuestionView {
    /// The first proposal on it, to which this one is an alternative; null in the first itself, and in a vote on several.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub original: Option<ProposalId>,
    /// The proposal that this one's text went into.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub merged_into: Option<ProposalId>,
    /// All proposals on it that the caller may see, this one too, in the order in which they were begun.
    pub proposals: Vec<QuestionProposal>,
}

/// A proposal among those on one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct QuestionProposal {
    /// The proposal.
    #[schema(value_type = String, format = Uuid)]
    pub id: ProposalId,
    /// Its title.
    pub title: String,
    /// Where it stands.
    #[schema(value_type = String)]
    pub state: State,
    /// Who wrote it.
    pub author: Author,
    /// Whether it is an alternative to the first one.
    pub is_alternative: bool,
    /// The proposal that its text went into.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub merged_into: Option<ProposalId>,
    /// Which option of that one it is, from 1; null where it was adopted and is the whole of it.
    pub place: Option<u16>,
    /// Why it ended.
    pub end_reason: Option<String>,
}

/// A text that stood before the members and was replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProposalVersion {
    /// The version of the proposal up to which it read so.
    pub version: u64,
    /// The title then.
    pub title: String,
    /// The text then.
    pub body: String,
    /// The options then.
    pub options: Vec<String>,
    /// What was to be done then.
    pub actions: Vec<PlannedAction>,
    /// Who replaced it.
    pub replaced_by: Speaker,
    /// When.
    pub replaced_at: DateTime<Utc>,
    /// The alternative that was adopted in its place; null where it was edited.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub alternative: Option<ProposalId>,
}
