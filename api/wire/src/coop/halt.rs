//! The halt switch.

use chrono::{DateTime, Utc};
use governance::id::{MemberId, ProposalId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::page::Page;

/// Halts a co-op.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HaltCoop {
    /// The emergency, in up to 2000 characters. Every member reads it.
    pub reason: String,
    /// For how many days, from 1 to 7.
    pub days: u64,
}

/// Ends a halt before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndHalt {
    /// Why the co-op may go on, in up to 2000 characters.
    pub reason: String,
}

/// A time in which nothing happened, or happens, that would bind the co-op.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HaltView {
    /// Which of the co-op's halts, from 1.
    pub number: i64,
    /// When it began.
    pub began_at: DateTime<Utc>,
    /// When it ends, or ended, by itself.
    pub until: DateTime<Utc>,
    /// The emergency, as it was stated.
    pub reason: String,
    /// Who halted the co-op; null where the members decided it.
    #[schema(value_type = Option<Uuid>)]
    pub by: Option<MemberId>,
    /// The proposal by which the members halted it.
    #[schema(value_type = Option<Uuid>)]
    pub by_proposal: Option<ProposalId>,
    /// When it was ended before its time.
    pub ended_at: Option<DateTime<Utc>>,
    /// Who ended it; null while it lasts, and where the members decided it.
    #[schema(value_type = Option<Uuid>)]
    pub ended_by: Option<MemberId>,
    /// The proposal by which the members ended it.
    #[schema(value_type = Option<Uuid>)]
    pub ended_by_proposal: Option<ProposalId>,
    /// Why.
    pub end_reason: Option<String>,
    /// Whether it is in force.
    pub is_in_force: bool,
}

/// A page of halts, the newest first.
pub type HaltPage = Page<HaltView>;
