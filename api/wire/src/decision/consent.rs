//! Objections in votes by consent, and what becomes of them.

use chrono::{DateTime, Utc};
use governance::hash::Hash32;
use governance::id::MemberId;
use governance::tally::consent::{ObjectionState, ObjectionStep};
use serde::{Deserialize, Serialize};

/// A step about an objection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeObjectionStep {
    /// The hash of the ballot that raised the objection.
    #[schema(value_type = String)]
    pub ballot: Hash32,
    /// `accept`, `dismiss` or `leave_standing` by a steward who did not raise it, `appeal` against a dismissal by another member than who
    /// raised it, `withdraw` by who did.
    #[schema(value_type = String, example = "dismiss")]
    pub step: ObjectionStep,
    /// Why; members read it. A dismissal and an appeal need one.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub reason: Option<String>,
}

/// A step that was taken about an objection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ObjectionStepView {
    /// What was done.
    #[schema(value_type = String)]
    pub step: ObjectionStep,
    /// Where the objection stood after it.
    #[schema(value_type = String)]
    pub state: ObjectionState,
    /// Why.
    pub reason: Option<String>,
    /// Who did it.
    #[schema(value_type = String, format = Uuid)]
    pub by: MemberId,
    /// How that member is called today.
    pub display_name: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// An objection in a vote by consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ConsentObjection {
    /// The hash of the ballot that raised it.
    #[schema(value_type = String)]
    pub ballot: Hash32,
    /// Who raised it; null where ballots stand under pseudonyms.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub member: Option<MemberId>,
    /// How that member is called today.
    pub display_name: Option<String>,
    /// The reason given.
    pub reason: Option<String>,
    /// When.
    pub raised_at: DateTime<Utc>,
    /// `raised`, `accepted`, `dismissed`, `withdrawn` or `standing`.
    #[schema(value_type = String)]
    pub state: ObjectionState,
    /// Whether it stops the proposal as it stands.
    pub blocks: bool,
    /// What was done about it, in order.
    pub steps: Vec<ObjectionStepView>,
}
