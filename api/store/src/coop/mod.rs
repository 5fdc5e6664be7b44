//! Co-ops, their members and what belongs to a membership: roles, keys, history, the ways in.
//!
//! Lists are ordered by identifier: identifiers are UUIDv7, so that is the order in which things began.

mod application;
mod bylaws;
mod found;
mod halt;
mod history;
mod import;
mod invitation;
mod key;
mod member;
mod public_page;
mod role;
mod webhook;

pub use application::{
    ApplicationRow, Decision, NewApplication, application_admit_pending, application_decide, application_insert,
    application_list, application_lock,
};
pub use bylaws::{BylawsRow, NewBylaws, bylaws_current, bylaws_get, bylaws_insert};
pub use found::{
    ChainPlace, CoopRow, CountsRow, NewCoop, account_coop_insert, coop_counts, coop_get, coop_insert, coop_of_slug,
    coops_all, coops_of_account, directory_insert,
};
pub use halt::{HaltBy, HaltRow, halt_end, halt_insert, halt_last, halt_list};
pub use history::{EventKind, EventRow, NewEvent, member_event_insert, member_event_list};
pub use import::{NewImport, import_events_insert, import_keys_insert, import_members_insert};
pub use invitation::{
    InvitationRow, NewInvitation, UsedInvitation, invitation_email, invitation_insert, invitation_list,
    invitation_open_for, invitation_revoke, invitation_use, invitations_since,
};
pub use key::{KEY_COLUMNS, KeyRow, NewKey, key_end, key_insert, key_list, keys_end_of_member, keys_in_use};
pub use member::{
    MemberRow, NewMember, Sought, member_get, member_insert, member_list, member_lock, member_names_lock,
    member_of_account, member_rename, member_set_status, member_touch, membership_ended_of_account,
};
pub use public_page::{
    NewPublicPage, PUBLIC_PAGE_IS_NEXT, PublicDecisionRow, PublicPageRow, public_decisions, public_page_insert,
    public_page_list,
};
pub use role::{active_steward_count, role_delete, role_insert, roles_end, stewards_lock};
pub use webhook::{
    WebhookAttempt, WebhookDeliveryRow, WebhookMessage, WebhookRow, delivery_sweep, webhook_attempted, webhook_count,
    webhook_deliveries, webhook_end, webhook_exists, webhook_insert, webhook_list, webhook_message,
    webhook_renew_secret, webhook_tell,
};
