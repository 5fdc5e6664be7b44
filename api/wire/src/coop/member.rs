//! Members, their roles and their history.

use chrono::{DateTime, Utc};
use governance::hash::Hash32;
use governance::id::{MemberId, VotingKeyId};
use governance::membership::{Class, Role, Status};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::VotingKeyKind;
use super::names::{ClassName, RoleName, StatusName};
use crate::page::Page;

/// A member. Addresses, accounts, keys and their salts are never part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MemberView {
    /// The member; the voter in records.
    #[schema(value_type = Uuid)]
    pub id: MemberId,
    /// How the member is called here.
    pub display_name: String,
    /// What the member is to the co-op; observers do not vote.
    #[schema(value_type = ClassName)]
    pub class: Class,
    /// Where the membership stands.
    #[schema(value_type = StatusName)]
    pub status: Status,
    /// The offices held now.
    #[schema(value_type = Vec<RoleName>)]
    pub roles: Vec<Role>,
    /// When the membership began.
    pub joined_at: DateTime<Utc>,
    /// Rises with each change; also the ETag.
    pub version: i64,
}

/// A page of members.
pub type MemberPage = Page<MemberView>;

/// Which members are asked for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MembersQuery {
    /// Only those whose membership stands there.
    #[param(value_type = Option<StatusName>)]
    pub status: Option<Status>,
    /// Only those whose names hold this, in small letters or capitals; up to 120 characters.
    pub named: Option<String>,
    /// Where the page before ended: its `next_cursor`. Absent for the first page.
    pub cursor: Option<String>,
    /// How many items, from 1 to 100; 50 unless said.
    pub limit: Option<u16>,
}

/// Changes how oneself is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenameMember {
    /// The new name, up to 120 characters.
    pub display_name: String,
}

/// Changes where a membership stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeStatus {
    /// The new status. Members leave by themselves; a steward suspends, reinstates or expels.
    #[schema(value_type = StatusName)]
    pub status: Status,
    /// Why, up to 2000 characters. Needed unless one leaves; the member can read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Why a role is granted or ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleReason {
    /// The reason, up to 2000 characters; it stands in the member's history.
    pub reason: String,
}

/// Something that happened to a membership.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventView {
    /// The event.
    pub id: Uuid,
    /// `joined`, `imported`, `status_changed`, `role_granted`, `role_ended`, `key_registered`, `key_ended` or `renamed`.
    pub kind: String,
    /// To what: the class, the status, the role, the key, the name.
    pub detail: String,
    /// The reason given.
    pub reason: Option<String>,
    /// The member who did it; null for the program itself.
    #[schema(value_type = Option<Uuid>)]
    pub actor: Option<MemberId>,
    /// When.
    pub at: DateTime<Utc>,
}

/// A page of a history.
pub type EventPage = Page<EventView>;

/// Members to be entered by their public keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportMembers {
    /// From 1 to 1000 members; all are entered, or none.
    pub members: Vec<ImportMember>,
}

/// A member to be entered by public key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportMember {
    /// How the member is called, up to 120 characters.
    pub display_name: String,
    /// The class.
    #[schema(value_type = ClassName)]
    pub class: Class,
    /// The key that will sign the member's ballots.
    pub key: ImportKey,
}

/// The public part of a key that a steward vouches for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportKey {
    /// What kind of key it is.
    pub kind: VotingKeyKind,
    /// The address of a wallet (20 bytes) or an Ed25519 public key (32 bytes), as 0x and lower-case hexadecimal digits.
    pub public_key: String,
    /// 32 random bytes for the record of the registration.
    #[schema(value_type = String)]
    pub salt: Hash32,
}

/// What an import made, in the order of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportedMembers {
    /// The members.
    pub members: Vec<ImportedMember>,
}

/// A member that an import made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportedMember {
    /// The member.
    #[schema(value_type = Uuid)]
    pub id: MemberId,
    /// The member's key.
    #[schema(value_type = Uuid)]
    pub key: VotingKeyId,
    /// The sequence number of the key's registration record.
    pub registered_sequence: i64,
}
