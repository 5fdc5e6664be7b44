//! Decisions that pass several bodies.

use governance::body::Body;
use governance::id::ProposalId;
use serde::{Deserialize, Serialize};

/// Which stage of a decision a proposal is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StageView {
    /// Which one, from 1.
    pub number: u16,
    /// How many the decision has; the last is that of all members.
    pub of: u16,
    /// Who votes: `{"body": "members"}`, `{"body": "class", "class": "worker"}` or `{"body": "office", "role": "auditor"}`.
    #[schema(value_type = Object, example = json!({"body": "members"}))]
    pub body: Body,
    /// The proposal of the stage before, which was carried.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub former: Option<ProposalId>,
    /// The proposal of the next stage, once this one is carried.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub next: Option<ProposalId>,
}
