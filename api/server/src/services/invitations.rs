//! Joining by invitation: a token goes out by mail, works once and for two weeks, and is stored as a hash alone.

use governance::event::{Event, Way};
use governance::id::{CoopId, InvitationId, MemberId};
use governance::membership::Class;
use store::StoreError;
use store::coop::{
    EventKind, InvitationRow, NewEvent, NewInvitation, NewMember, account_coop_insert, application_admit_pending,
    invitation_insert, invitation_list, invitation_open_for, invitation_revoke, invitation_use, invitations_since,
    member_event_insert, member_insert, member_of_account,
};
use store::mail::invitation_mail_enqueue;
use uuid::Uuid;
use wire::coop::{InvitationView, InviteMember, JoinCoop};
use wire::page::{Page, PageQuery};
use wire::problem::ProblemKind;

use crate::app::App;
use crate::http::actor::{Actor, SignedIn, Steward};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::limits::{Attempt, ClientAddress};
use crate::problem::Problem;
use crate::services::decision_rows::timestamp;
use crate::services::email::Email;
use crate::services::names::{self, Incoming};
use crate::services::{events, idempotent, links, members, paging};

/// How long an invitation works, in seconds: fourteen days.
const LIFE_SECONDS: i64 = 14 * 86_400;
/// The most invitations of a co-op within a day. Anyone may found a co-op, and nobody may use one to flood strangers with mail.
const PER_DAY_MAX: i64 = 500;
const DAY_SECONDS: i64 = 86_400;

/// Invites a person. Where an invitation to the address is open in the co-op already, it is the answer, and no second mail leaves.
/// The answer is the same whether the address has an account, is a member elsewhere, or is unknown: no account is looked at.
///
/// # Errors
/// 422 for what is no address or where the open invitation has another class, 429 after too many within a day, and after too many
/// mails to the address or from the client.
pub async fn invite(
    app: &App,
    actor: &Actor<Steward>,
    client: ClientAddress,
    command: Command<InviteMember>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let email = Email::parse(&value.email)?;
    let mut tx = app.store.coop_tx("invitation_create", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    if let Some(open) = invitation_open_for(&mut tx, email.as_str()).await? {
        let answer = Answer::ok(&still_open(open, value.class)?)?;
        idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
        tx.commit().await?;
        return Ok(answer);
    }
    // Only now, when a mail would leave: a request that is repeated costs nobody an attempt.
    app.identity.limits.account(Attempt::Mail, client, &email)?;
    if invitations_since(&mut tx, DAY_SECONDS).await? >= PER_DAY_MAX {
        return Err(Problem::new(
            ProblemKind::TooManyRequests,
            format!("Your co-op sent {PER_DAY_MAX} invitations within a day. Send more tomorrow."),
        )
        .retry_after(DAY_SECONDS.unsigned_abs()));
    }
    let id = InvitationId::from_uuid(Uuid::now_v7());
    let token_hash = links::token_hash(&links::invitation_token(&app.secrets, actor.coop, id));
    let new = NewInvitation {
        id,
        token_hash: &token_hash,
        email: email.as_str(),
        class: value.class,
        created_by: actor.member,
        life_seconds: LIFE_SECONDS,
    };
    let row = invitation_insert(&mut tx, new).await?;
    invitation_mail_enqueue(&mut tx, Uuid::now_v7(), id).await?;
    let happened = [Event::InvitationMade {
        invitation: id,
        class: value.class,
        expires_at: timestamp(row.expires_at),
    }];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let answer = Answer::created(&view(row)?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// The open invitation, where it would make the member that is asked for.
fn still_open(open: InvitationRow, wanted: Class) -> Result<InvitationView, Problem> {
    let open = view(open)?;
    if open.class == wanted {
        return Ok(open);
    }
    Err(Problem::field(
        "class",
        format_args!(
            "an invitation to this address is open with the class {}; take that one back first",
            open.class.name()
        ),
    ))
}

/// The invitations of the co-op, oldest first.
///
/// # Errors
/// 422 for a cursor of another list.
pub async fn list(app: &App, actor: &Actor<Steward>, query: &PageQuery) -> Result<Answer, Problem> {
    let after = paging::after(query)?;
    let mut tx = app.store.coop_tx("invitation_list", actor.coop).await?;
    let rows = invitation_list(&mut tx, after, paging::rows(query)).await?;
    tx.commit().await?;
    let views = rows.into_iter().map(view).collect::<Result<_, _>>()?;
    Answer::ok(&Page::cut(views, query.limit(), |one: &InvitationView| {
        one.id.to_string()
    }))
}

/// Takes an invitation back.
///
/// # Errors
/// 404 where the co-op has none such that was neither used nor taken back.
pub async fn revoke(app: &App, actor: &Actor<Steward>, invitation: InvitationId) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("invitation_revoke", actor.coop).await?;
    if !invitation_revoke(&mut tx, invitation).await? {
        tx.commit().await?;
        return Err(Problem::not_found());
    }
    let happened = [Event::InvitationRevoked { invitation }];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    tx.commit().await?;
    Ok(Answer::nothing())
}

/// Joins by an invitation: whoever holds its token and has an account.
///
/// # Errors
/// 409 for who is a member already, 410 where the token does not work here.
pub async fn join(app: &App, signed_in: SignedIn, coop: CoopId, command: Command<JoinCoop>) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let account = signed_in.account;
    let display_name = names::parse("display_name", &value.display_name)?;
    let invitation = match links::parse_invitation(&app.secrets, &value.token) {
        Some((of, invitation)) if of == coop => invitation,
        Some(_) | None => return Err(link_refused()),
    };
    let mut tx = app.store.coop_tx("member_join", coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, account.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    if member_of_account(&mut tx, account).await?.is_some() {
        return Err(already_member());
    }
    let member = MemberId::from_uuid(Uuid::now_v7());
    let used = invitation_use(&mut tx, invitation, &links::token_hash(&value.token), member)
        .await?
        .ok_or_else(link_refused)?;
    let class = Class::from_name(&used.class).ok_or_else(|| Problem::internal("an invitation has an unknown class"))?;
    let host = MemberId::from_uuid(used.created_by);
    // Before the member is added, in the order in which a steward who decides the application takes the same locks.
    let application = application_admit_pending(&mut tx, account, host).await?;
    names::claim(&mut tx, Some(account), &Incoming::one(&display_name)).await?;
    let new = NewMember {
        id: member,
        account,
        display_name: &display_name,
        class,
    };
    member_insert(&mut tx, new).await.map_err(or_already_member)?;
    account_coop_insert(&mut tx, account).await?;
    let event = NewEvent {
        member,
        kind: EventKind::Joined,
        detail: class.name(),
        reason: Some("by invitation"),
        actor: Some(host),
    };
    member_event_insert(&mut tx, event).await?;
    let mut happened = vec![Event::MemberAdmitted {
        member,
        class,
        way: Way::Invitation(invitation),
        name: &display_name,
    }];
    happened.extend(application.map(|application| Event::ApplicationDecided {
        application,
        admitted: Some(member),
        reason: None,
    }));
    events::append(&mut tx, Some(host), &happened).await?;
    let mut answer = members::answer(&mut tx, member).await?;
    answer.status = 201;
    idempotent::finish(&mut tx, account.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// The account is a member already.
pub(super) fn already_member() -> Problem {
    Problem::new(
        ProblemKind::AlreadyMember,
        "You are a member of this co-op already; there is nothing to join.",
    )
}

/// The same, where the database saw it first.
fn or_already_member(error: StoreError) -> Problem {
    if error.is_constraint("member_current_of_account") {
        return already_member();
    }
    error.into()
}

fn link_refused() -> Problem {
    Problem::new(
        ProblemKind::LinkRefused,
        "The invitation is unknown, used, taken back or older than 14 days. Ask a steward of the co-op for a new one.",
    )
}

fn view(row: InvitationRow) -> Result<InvitationView, Problem> {
    Ok(InvitationView {
        id: InvitationId::from_uuid(row.id),
        email: row.email,
        class: Class::from_name(&row.class).ok_or_else(|| Problem::internal("an invitation has an unknown class"))?,
        state: row.state,
        created_by: MemberId::from_uuid(row.created_by),
        created_at: row.created_at,
        expires_at: row.expires_at,
        used_by: row.used_by.map(MemberId::from_uuid),
    })
}
