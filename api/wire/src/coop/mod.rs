//! Co-ops and what belongs to membership: requests and answers.

mod admission;
mod bylaws;
mod found;
mod halt;
mod key;
mod member;
mod names;
mod public_page;
mod webhook;

pub use admission::{
    ApplicationDecision, ApplicationPage, ApplicationView, ApplyToCoop, DecideApplication, DecidedApplication,
    InvitationPage, InvitationView, InviteMember, JoinCoop,
};
pub use bylaws::BylawsView;
pub use found::{CoopPage, CoopSummary, CoopView, CountsView, DirectoryEntry, DomainView, FoundCoop};
pub use halt::{EndHalt, HaltCoop, HaltPage, HaltView};
pub use key::{KeyPage, KeyProof, KeyView, RegisterKey, VotingKeyKind};
pub use member::{
    ChangeStatus, EventPage, EventView, ImportKey, ImportMember, ImportMembers, ImportedMember, ImportedMembers,
    MemberPage, MemberView, MembersQuery, RenameMember, RoleReason,
};
pub use public_page::{
    PublicDecision, PublicKeys, PublicPage, PublicPageSetting, PublicPageVersion, PublicPart, PublicPayout,
    SetPublicPage,
};
pub use webhook::{NewWebhook, WebhookDelivery, WebhookEvent, WebhookSecret, WebhookView};
