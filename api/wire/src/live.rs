//! What a page is told while it is open (server-sent events).

use chrono::{DateTime, Utc};
use governance::id::{PayoutCycleId, ProposalId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::decision::Turnout;

/// What is followed; exactly one.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LiveQuery {
    /// A proposal: where it stands, how many have voted.
    #[param(value_type = Option<String>, format = Uuid)]
    pub proposal: Option<ProposalId>,
    /// A payout cycle: where it stands, how many approved.
    #[param(value_type = Option<String>, format = Uuid)]
    pub cycle: Option<PayoutCycleId>,
}

/// The data of an event `proposal`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LiveProposal {
    /// Where it stands.
    pub state: String,
    /// Its version: another one, another page.
    pub version: u64,
    /// When voting ends.
    pub closes_at: Option<DateTime<Utc>>,
    /// How many have voted; null while that is not told.
    pub turnout: Option<Turnout>,
}

/// The data of an event `cycle`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LiveCycle {
    /// Where it stands.
    pub state: String,
    /// How many treasurers approved.
    pub approvals: u64,
    /// When it was undone, after it was posted.
    pub reversed_at: Option<DateTime<Utc>>,
}
