//! What members say about a proposal.

use chrono::{DateTime, Utc};
use governance::id::{CommentId, MemberId};
use serde::{Deserialize, Serialize};

/// Something to say about a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewComment {
    /// The words, plain text.
    #[schema(max_length = 5000)]
    pub body: String,
    /// The comment it answers; left out where it begins a thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub parent: Option<CommentId>,
}

/// Other words for a comment; those before stay readable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditComment {
    /// The words, plain text.
    #[schema(max_length = 5000)]
    pub body: String,
}

/// Why a comment is taken out of sight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoveComment {
    /// Why; members read it in the comment's place.
    #[schema(max_length = 2000)]
    pub reason: String,
}

/// A member who said something or took it out of sight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Speaker {
    /// The member.
    #[schema(value_type = String, format = Uuid)]
    pub id: MemberId,
    /// How the member is called today.
    pub display_name: String,
}

/// That a steward took a comment out of sight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CommentRemovalAnswer {
    /// The steward.
    pub by: Speaker,
    /// Why.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CommentAnswer {
    /// The comment.
    #[schema(value_type = String, format = Uuid)]
    pub id: CommentId,
    /// What it answers; null where it begins a thread.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub parent: Option<CommentId>,
    /// How many answers deep it stands, from 0 to 4.
    pub depth: u8,
    /// Who said it.
    pub author: Speaker,
    /// The words; null where they were removed, or their author was forgotten.
    pub body: Option<String>,
    /// Which version this is, from 1; the ETag. Above 1 it was edited.
    pub version: u64,
    /// When it was first said.
    pub created_at: DateTime<Utc>,
    /// When these words were written.
    pub written_at: DateTime<Utc>,
    /// Who took it out of sight; null where nobody did.
    pub removed: Option<CommentRemovalAnswer>,
}

/// One version of a comment's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CommentVersion {
    /// Its number, from 1.
    pub version: u64,
    /// The words.
    pub body: String,
    /// When they were written.
    pub written_at: DateTime<Utc>,
}
