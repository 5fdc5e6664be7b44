//! Members: who they are, how they are called, where each membership stands, what happened to it.

use governance::event::Event;
use governance::id::{MemberId, VotingKeyId};
use governance::membership::{Class, Role, Status, StatusActor, change_status};
use governance::text;
use store::CoopTx;
use store::coop::{
    EventKind, EventRow, MemberRow, NewEvent, Sought, active_steward_count, keys_end_of_member, member_event_insert,
    member_event_list, member_get, member_list, member_lock, member_rename, member_set_status, roles_end,
    stewards_lock,
};
use wire::coop::{ChangeStatus, EventView, MemberView, MembersQuery, RenameMember};
use wire::page::{Page, PageQuery};
use wire::problem::ProblemKind;

use crate::app::App;
use crate::http::actor::{Active, Actor, Member, Overseer, Right as _, Steward};
use crate::http::answer::Answer;
use crate::http::body::BasedOn;
use crate::problem::Problem;
use crate::services::names::{self, Incoming};
use crate::services::{events, halts, paging};

/// The longest reason, in characters.
const REASON_LENGTH_MAX: usize = 2_000;

/// Reads a reason.
///
/// # Errors
/// 422 naming the field `reason`.
pub fn reason(input: &str) -> Result<String, Problem> {
    text::paragraphs(input, REASON_LENGTH_MAX).map_err(|refusal| Problem::text("reason", &refusal))
}

/// Reads a reason that must be there.
///
/// # Errors
/// 422 naming the field `reason`.
pub fn reason_needed(input: Option<&str>) -> Result<String, Problem> {
    reason(input.ok_or_else(|| Problem::field("reason", "say why, so that the person can understand it"))?)
}

/// A member as others see one.
///
/// # Errors
/// If the row holds a name that this program does not know.
pub fn view(row: MemberRow) -> Result<MemberView, Problem> {
    Ok(MemberView {
        id: MemberId::from_uuid(row.id),
        display_name: row.display_name,
        class: Class::from_name(&row.class).ok_or_else(unknown)?,
        status: Status::from_name(&row.status).ok_or_else(unknown)?,
        roles: row.roles.iter().map(|name| role(name)).collect::<Result<_, _>>()?,
        joined_at: row.joined_at,
        version: row.version,
    })
}

fn role(name: &str) -> Result<Role, Problem> {
    Role::from_name(name).ok_or_else(unknown)
}

fn unknown() -> Problem {
    Problem::internal("a member has an unknown class, status or role")
}

/// A member as just changed in this transaction, as an answer with the new version.
///
/// # Errors
/// If the database fails.
pub async fn answer(tx: &mut CoopTx, member: MemberId) -> Result<Answer, Problem> {
    let row = member_get(tx, member).await?.ok_or_else(Problem::not_found)?;
    let version = row.version;
    Ok(Answer::ok(&view(row)?)?.at_version(version))
}

/// The members, in the order in which they joined.
///
/// # Errors
/// 422 for a cursor of another list.
pub async fn list(app: &App, actor: &Actor<Member>, query: MembersQuery) -> Result<Answer, Problem> {
    let page = PageQuery {
        cursor: query.cursor,
        limit: query.limit,
    };
    let after = paging::after(&page)?;
    let named = query.named.map(|named| part(&named)).transpose()?;
    let sought = Sought {
        status: query.status,
        named: named.as_deref(),
    };
    let mut tx = app.store.coop_tx("member_list", actor.coop).await?;
    let rows = member_list(&mut tx, sought, after, paging::rows(&page)).await?;
    tx.commit().await?;
    let views = rows.into_iter().map(view).collect::<Result<_, _>>()?;
    Answer::ok(&Page::cut(views, page.limit(), |member: &MemberView| {
        member.id.to_string()
    }))
}

/// Reads a part of a name that is looked for.
fn part(input: &str) -> Result<String, Problem> {
    text::line(input, names::NAME_LENGTH_MAX)
        .map_err(|refusal| Problem::new(ProblemKind::InvalidQuery, format!("No name holds that: {refusal}.")))
}

/// One member.
///
/// # Errors
/// 404 where the co-op has none such.
pub async fn one(app: &App, actor: &Actor<Member>, member: MemberId) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("member_get", actor.coop).await?;
    let row = member_get(&mut tx, member).await?;
    tx.commit().await?;
    let row = row.ok_or_else(Problem::not_found)?;
    let version = row.version;
    Ok(Answer::ok(&view(row)?)?.at_version(version))
}

/// Changes how the caller is called.
///
/// # Errors
/// 403 for another member, 409 where the name looks like that of another, 412 where it changed in the meantime.
pub async fn rename(
    app: &App,
    actor: &Actor<Active>,
    member: MemberId,
    (based_on, body): (BasedOn, RenameMember),
) -> Result<Answer, Problem> {
    let display_name = names::parse("display_name", &body.display_name)?;
    let mut tx = app.store.coop_tx("member_rename", actor.coop).await?;
    let row = member_lock(&mut tx, member).await?.ok_or_else(Problem::not_found)?;
    if member != actor.member {
        return Err(Problem::new(
            ProblemKind::RoleNeeded,
            "Only members themselves change how they are called. Ask the member.",
        )
        .with("role", ["oneself"]));
    }
    based_on.require(row.version)?;
    names::claim(&mut tx, Some(actor.signed_in.account), &Incoming::one(&display_name)).await?;
    member_rename(&mut tx, member, &display_name).await?;
    let event = NewEvent {
        member,
        kind: EventKind::Renamed,
        detail: &display_name,
        reason: None,
        actor: Some(actor.member),
    };
    member_event_insert(&mut tx, event).await?;
    let happened = [Event::MemberRenamed {
        member,
        name: &display_name,
    }];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let answer = answer(&mut tx, member).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Suspends, reinstates, expels, or lets the caller leave.
///
/// Whoever is no longer active holds no office: roles end with the change, and are granted anew after a suspension. Keys end
/// with the membership.
///
/// # Errors
/// 403 without the right, 409 where a rule forbids it, 412 where it changed in the meantime.
pub async fn change(
    app: &App,
    actor: &Actor<Member>,
    member: MemberId,
    (based_on, body): (BasedOn, ChangeStatus),
) -> Result<Answer, Problem> {
    let leaves = member == actor.member && body.status == Status::Left;
    let (by, reason) = if leaves {
        (StatusActor::Oneself, body.reason.as_deref().map(reason).transpose()?)
    } else {
        Steward::check(actor.is_active, &actor.roles)?;
        (StatusActor::Steward, Some(reason_needed(body.reason.as_deref())?))
    };
    let mut tx = app.store.coop_tx("member_status_change", actor.coop).await?;
    if !leaves {
        halts::refuse(&mut tx).await?;
    }
    stewards_lock(&mut tx).await?;
    let row = member_lock(&mut tx, member).await?.ok_or_else(Problem::not_found)?;
    based_on.require(row.version)?;
    let before = view(row)?;
    let status = change_status(before.status, body.status, by).map_err(|refusal| refused(format!("{refusal}.")))?;
    if status != Status::Active && before.roles.contains(&Role::Steward) {
        keep_a_steward(&mut tx).await?;
    }
    let moved = (before.status, status);
    set_status(&mut tx, member, moved, (reason.as_deref(), Some(actor.member))).await?;
    let answer = answer(&mut tx, member).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Changes where a membership stands, ends the roles and keys that end with it, and tells of all of it. The member is locked, and the
/// change was decided. `None` acts where the members decided.
///
/// # Errors
/// If the database fails.
pub(super) async fn set_status(
    tx: &mut CoopTx,
    member: MemberId,
    (from, to): (Status, Status),
    (reason, actor): (Option<&str>, Option<MemberId>),
) -> Result<(), Problem> {
    member_set_status(tx, member, to).await?;
    let mut change = Change {
        member,
        from,
        to,
        reason,
        roles: Vec::new(),
        keys: Vec::new(),
    };
    if to != Status::Active {
        let roles = roles_end(tx, member).await?;
        change.roles = roles.iter().map(|name| role(name)).collect::<Result<_, _>>()?;
    }
    if matches!(to, Status::Left | Status::Expelled) {
        change.keys = keys_end_of_member(tx, member).await?;
    }
    change.tell(tx, actor).await
}

/// A change of status, with the roles and keys that ended by it.
struct Change<'a> {
    member: MemberId,
    from: Status,
    to: Status,
    reason: Option<&'a str>,
    roles: Vec<Role>,
    keys: Vec<VotingKeyId>,
}

impl Change<'_> {
    /// Tells of all of it, in the history of the member and in the record.
    async fn tell(&self, tx: &mut CoopTx, actor: Option<MemberId>) -> Result<(), Problem> {
        let (member, reason) = (self.member, self.reason);
        let mut details = vec![(EventKind::StatusChanged, self.to.name().to_owned())];
        let mut happened = vec![Event::StatusChanged {
            member,
            from: self.from,
            to: self.to,
            reason,
        }];
        for role in self.roles.iter().copied() {
            details.push((EventKind::RoleEnded, role.name().to_owned()));
            happened.push(Event::RoleEnded { member, role, reason });
        }
        for key in self.keys.iter().copied() {
            details.push((EventKind::KeyEnded, key.to_string()));
            happened.push(Event::KeyEnded { member, key });
        }
        for (kind, detail) in details {
            let event = NewEvent {
                member,
                kind,
                detail: &detail,
                reason,
                actor,
            };
            member_event_insert(tx, event).await?;
        }
        Ok(events::append(tx, actor, &happened).await?)
    }
}

/// What happened to a membership, oldest first: for the member, stewards and auditors.
///
/// # Errors
/// 403 for others, 404 where the co-op has no such member.
pub async fn history(app: &App, actor: &Actor<Member>, member: MemberId, query: &PageQuery) -> Result<Answer, Problem> {
    if member != actor.member {
        Overseer::check(actor.is_active, &actor.roles)?;
    }
    let after = paging::after(query)?;
    let mut tx = app.store.coop_tx("member_history", actor.coop).await?;
    let found = member_get(&mut tx, member).await?;
    let rows = member_event_list(&mut tx, member, after, paging::rows(query)).await?;
    tx.commit().await?;
    found.ok_or_else(Problem::not_found)?;
    let views = rows.into_iter().map(event_view).collect();
    Answer::ok(&Page::cut(views, query.limit(), |event: &EventView| {
        event.id.to_string()
    }))
}

/// Makes sure that a steward remains when one is about to go. The rows of all stewards must be locked by an earlier statement.
///
/// # Errors
/// 409 where none would remain.
pub(super) async fn keep_a_steward(tx: &mut CoopTx) -> Result<(), Problem> {
    if active_steward_count(tx).await? > 1 {
        return Ok(());
    }
    Err(refused(
        "This is the last active steward, and a co-op cannot be without one. Make another member steward first.",
    ))
}

/// A change that a rule forbids, with the rule.
pub(super) fn refused(detail: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::MembershipRefused, detail)
}

fn event_view(row: EventRow) -> EventView {
    EventView {
        id: row.id,
        kind: row.kind,
        detail: row.detail,
        reason: row.reason,
        actor: row.actor_id.map(MemberId::from_uuid),
        at: row.at,
    }
}
