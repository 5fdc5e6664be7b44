//! What waits for a person, across co-ops.

use governance::id::CoopId;
use serde::{Deserialize, Serialize};

use super::proposal::ProposalSummary;

/// Where something waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct InboxCoop {
    /// The co-op.
    #[schema(value_type = String, format = Uuid)]
    pub id: CoopId,
    /// Its short name.
    pub slug: String,
    /// Its name.
    pub name: String,
}

/// An open vote in which the caller is on the roll and has no ballot yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct InboxItem {
    /// Where.
    pub coop: InboxCoop,
    /// What.
    pub proposal: ProposalSummary,
}

/// Which part of the inbox is asked for.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct InboxQuery {
    /// Instead of the votes that wait, those that will open by themselves and in which one could vote as things stand.
    pub scheduled: Option<bool>,
    /// Where the page before ended: its `next_cursor`. Absent for the first page.
    pub cursor: Option<String>,
    /// How many items, from 1 to 100; 50 unless said.
    pub limit: Option<u16>,
}
