//! Webhooks: addresses outside that are told what happens in a co-op.

use chrono::{DateTime, Utc};
use governance::id::{MemberId, WebhookId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a webhook may be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub enum WebhookEvent {
    /// A proposal was put before the members.
    #[serde(rename = "proposal.discussed")]
    Discussed,
    /// Voting opened.
    #[serde(rename = "proposal.opened")]
    Opened,
    /// Voting closed.
    #[serde(rename = "proposal.closed")]
    Closed,
    /// The result was published.
    #[serde(rename = "proposal.result")]
    Result,
    /// The author took a proposal back.
    #[serde(rename = "proposal.withdrawn")]
    Withdrawn,
    /// A proposal was cancelled.
    #[serde(rename = "proposal.cancelled")]
    Cancelled,
}

impl WebhookEvent {
    /// The name in SQL and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Discussed => "proposal.discussed",
            Self::Opened => "proposal.opened",
            Self::Closed => "proposal.closed",
            Self::Result => "proposal.result",
            Self::Withdrawn => "proposal.withdrawn",
            Self::Cancelled => "proposal.cancelled",
        }
    }
}

/// A webhook to be registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// Where messages go: an `https` address that anyone on the internet reaches.
    #[schema(max_length = 2000, example = "https://example.org/rochdale")]
    pub url: String,
    /// Of what it is told.
    pub events: Vec<WebhookEvent>,
}

/// A webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WebhookView {
    /// The webhook.
    #[schema(value_type = String, format = Uuid)]
    pub id: WebhookId,
    /// Where messages go.
    pub url: String,
    /// Of what it is told.
    pub events: Vec<String>,
    /// Whether it has a secret. Nothing is sent before.
    pub has_secret: bool,
    /// The steward who registered it.
    #[schema(value_type = String, format = Uuid)]
    pub created_by: MemberId,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it was ended; null while it works.
    pub ended_at: Option<DateTime<Utc>>,
}

/// What messages are signed with, shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WebhookSecret {
    /// `whsec_` and 32 bytes in base64, as the libraries of Standard Webhooks take it.
    pub secret: String,
}

/// A message to a webhook, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WebhookDelivery {
    /// The message: its `webhook-id`.
    #[schema(value_type = String, format = Uuid)]
    pub id: Uuid,
    /// Of what.
    pub event: String,
    /// The proposal.
    #[schema(value_type = String, format = Uuid)]
    pub proposal: Uuid,
    /// When it happened.
    pub happened_at: DateTime<Utc>,
    /// `waiting`, `delivered` or `given_up`.
    pub state: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was tried last.
    pub attempted_at: Option<DateTime<Utc>>,
    /// The HTTP status of the last answer.
    pub last_status: Option<u16>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
}
