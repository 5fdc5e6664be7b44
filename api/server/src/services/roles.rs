//! Offices: granted to active members and ended, each time with a reason that stays in the member's history.

use governance::event::Event;
use governance::id::MemberId;
use governance::membership::{Role, Status};
use store::CoopTx;
use store::coop::{
    EventKind, NewEvent, member_event_insert, member_lock, member_touch, role_delete, role_insert, stewards_lock,
};

use crate::app::App;
use crate::http::actor::{Active, Actor, Right as _, Steward};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::members::{answer, keep_a_steward, reason, refused};
use crate::services::{events, halts};

/// Grants a role. Granting one that is held changes nothing.
///
/// # Errors
/// 404 where the co-op has no such member, 409 where the membership is not active.
pub async fn grant(
    app: &App,
    actor: &Actor<Steward>,
    (member, role): (MemberId, Role),
    why: &str,
) -> Result<Answer, Problem> {
    let why = reason(why)?;
    let mut tx = app.store.coop_tx("role_grant", actor.coop).await?;
    halts::refuse(&mut tx).await?;
    let row = member_lock(&mut tx, member).await?.ok_or_else(Problem::not_found)?;
    if row.status != Status::Active.name() {
        return Err(refused(format!(
            "Only active members hold offices, and this membership is {}.",
            row.status
        )));
    }
    give(&mut tx, (member, role), (Some(&why), Some(actor.member))).await?;
    let answer = answer(&mut tx, member).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Ends a role: a steward does, or whoever holds it. Ending one that is not held changes nothing.
///
/// # Errors
/// 403 without the right, 404 where the co-op has no such member, 409 for the last steward.
pub async fn end(
    app: &App,
    actor: &Actor<Active>,
    (member, role): (MemberId, Role),
    why: &str,
) -> Result<Answer, Problem> {
    if member != actor.member {
        Steward::check(actor.is_active, &actor.roles)?;
    }
    let why = reason(why)?;
    let mut tx = app.store.coop_tx("role_end", actor.coop).await?;
    if member != actor.member {
        halts::refuse(&mut tx).await?;
    }
    stewards_lock(&mut tx).await?;
    let row = member_lock(&mut tx, member).await?.ok_or_else(Problem::not_found)?;
    let holds = row.roles.iter().any(|held| held == role.name());
    if holds && role == Role::Steward {
        keep_a_steward(&mut tx).await?;
    }
    take(&mut tx, (member, role), (Some(&why), Some(actor.member))).await?;
    let answer = answer(&mut tx, member).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Gives a member an office and tells of it; nothing where it is held. The member is locked, and it was decided. `None` acts where
/// the members decided.
///
/// # Errors
/// If the database fails.
pub(super) async fn give(
    tx: &mut CoopTx,
    (member, role): (MemberId, Role),
    (reason, actor): (Option<&str>, Option<MemberId>),
) -> Result<(), Problem> {
    if role_insert(tx, member, role).await? {
        member_touch(tx, member).await?;
        let event = NewEvent {
            member,
            kind: EventKind::RoleGranted,
            detail: role.name(),
            reason,
            actor,
        };
        member_event_insert(tx, event).await?;
        let happened = [Event::RoleGranted { member, role, reason }];
        events::append(tx, actor, &happened).await?;
    }
    Ok(())
}

/// Ends a member's office and tells of it; as [`give`].
///
/// # Errors
/// If the database fails.
pub(super) async fn take(
    tx: &mut CoopTx,
    (member, role): (MemberId, Role),
    (reason, actor): (Option<&str>, Option<MemberId>),
) -> Result<(), Problem> {
    if role_delete(tx, member, role).await? {
        member_touch(tx, member).await?;
        let event = NewEvent {
            member,
            kind: EventKind::RoleEnded,
            detail: role.name(),
            reason,
            actor,
        };
        member_event_insert(tx, event).await?;
        let happened = [Event::RoleEnded { member, role, reason }];
        events::append(tx, actor, &happened).await?;
    }
    Ok(())
}
