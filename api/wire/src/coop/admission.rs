//! The two ways in: invitations and applications.

use chrono::{DateTime, Utc};
use governance::id::{ApplicationId, InvitationId, MemberId};
use governance::membership::Class;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::MemberView;
use super::names::ClassName;
use crate::page::Page;

/// Invites a person by mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteMember {
    /// The address.
    #[schema(example = "ellen@example.org")]
    pub email: String,
    /// The class the new member will have.
    #[schema(value_type = ClassName)]
    pub class: Class,
}

/// An invitation. Its token is in the mail and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InvitationView {
    /// The invitation.
    #[schema(value_type = Uuid)]
    pub id: InvitationId,
    /// To whom it was sent.
    pub email: String,
    /// The class the new member will have.
    #[schema(value_type = ClassName)]
    pub class: Class,
    /// `open`, `used`, `revoked` or `expired`.
    pub state: String,
    /// The steward who invited.
    #[schema(value_type = Uuid)]
    pub created_by: MemberId,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
    /// The member it became.
    #[schema(value_type = Option<Uuid>)]
    pub used_by: Option<MemberId>,
}

/// A page of invitations.
pub type InvitationPage = Page<InvitationView>;

/// Joins by an invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinCoop {
    /// The token from the mail.
    pub token: String,
    /// How the new member wishes to be called, up to 120 characters.
    pub display_name: String,
}

/// Asks to join.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplyToCoop {
    /// How the person wishes to be called, up to 120 characters.
    pub display_name: String,
    /// Why, up to 4000 characters.
    pub statement: String,
}

/// An application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApplicationView {
    /// The application.
    #[schema(value_type = Uuid)]
    pub id: ApplicationId,
    /// How the person wishes to be called.
    pub display_name: String,
    /// Why.
    pub statement: String,
    /// `pending`, `admitted` or `declined`.
    pub status: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// The steward who decided.
    #[schema(value_type = Option<Uuid>)]
    pub decided_by: Option<MemberId>,
    /// The reason given.
    pub reason: Option<String>,
}

/// A page of applications.
pub type ApplicationPage = Page<ApplicationView>;

/// How an application can be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationDecision {
    /// The person becomes a member.
    Admitted,
    /// The person does not.
    Declined,
}

/// Decides an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideApplication {
    /// How.
    pub decision: ApplicationDecision,
    /// The class of the new member; needed where admitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ClassName>)]
    pub class: Option<Class>,
    /// Why, up to 2000 characters; needed where declined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A decided application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DecidedApplication {
    /// The application.
    pub application: ApplicationView,
    /// The new member, where admitted.
    pub member: Option<MemberView>,
}
