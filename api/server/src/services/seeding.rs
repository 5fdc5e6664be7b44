//! Members with roles without the ways in, for the operator's demonstration. Each act leaves the same rows and history as the
//! request it stands for.

use governance::event::{Event, Way};
use governance::id::{AccountId, CoopId, MemberId};
use governance::membership::{Class, Role};
use store::coop::{
    EventKind, NewEvent, NewMember, account_coop_insert, member_event_insert, member_insert, role_insert,
};
use uuid::Uuid;

use crate::app::App;
use crate::problem::Problem;
use crate::services::{events, names};

/// A member for the demonstration.
#[derive(Debug, Clone)]
pub struct SeedMember<'a> {
    /// The account behind the member.
    pub account: AccountId,
    /// How the member is called.
    pub display_name: &'a str,
    /// The class.
    pub class: Class,
    /// The roles.
    pub roles: &'a [Role],
}

/// Adds an active member with roles.
///
/// # Errors
/// If the name is not acceptable, or the account is a member already.
pub async fn member(app: &App, coop: CoopId, seed: SeedMember<'_>) -> Result<MemberId, Problem> {
    let display_name = names::parse("display_name", seed.display_name)?;
    let member = MemberId::from_uuid(Uuid::now_v7());
    let mut tx = app.store.coop_tx("member_seed", coop).await?;
    let new = NewMember {
        id: member,
        account: seed.account,
        display_name: &display_name,
        class: seed.class,
    };
    member_insert(&mut tx, new).await?;
    account_coop_insert(&mut tx, seed.account).await?;
    let reason = Some("entered by the operator");
    let mut details = vec![(EventKind::Joined, seed.class.name())];
    let mut happened = vec![Event::MemberAdmitted {
        member,
        class: seed.class,
        way: Way::Operator,
        name: &display_name,
    }];
    for role in seed.roles {
        if role_insert(&mut tx, member, *role).await? {
            details.push((EventKind::RoleGranted, role.name()));
            happened.push(Event::RoleGranted {
                member,
                role: *role,
                reason,
            });
        }
    }
    for (kind, detail) in details {
        let event = NewEvent {
            member,
            kind,
            detail,
            reason,
            actor: None,
        };
        member_event_insert(&mut tx, event).await?;
    }
    events::append(&mut tx, None, &happened).await?;
    tx.commit().await?;
    Ok(member)
}
