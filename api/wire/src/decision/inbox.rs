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
