//! Members with roles without the ways in, for the operator's demonstration. Each act leaves the same rows and history as the
//! request it stands for.

use governance::id::{AccountId, CoopId, MemberId};
use governance::membership::{Class, Role};
use store::coop::{
    EventKind, NewEvent, NewMember, account_coop_insert, member_event_insert, member_insert, role_insert,
};
use uuid::Uuid;

use crate::app::App;
use crate::problem::Problem;
use crate::services::members;

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
    let display_name = members::name("display_name", seed.display_name)?;
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
    let mut happened = vec![(EventKind::Joined, seed.class.name())];
    for role in seed.roles {
        if role_insert(&mut tx, member, *role).await? {
            happened.push((EventKind::RoleGranted, role.name()));
        }
    }
    for (kind, detail) in happened {
        let event = NewEvent {
            member,
            kind,
            detail,
            reason: Some("entered by the operator"),
            actor: None,
        };
        member_event_insert(&mut tx, event).await?;
    }
    tx.commit().await?;
    Ok(member)
}
