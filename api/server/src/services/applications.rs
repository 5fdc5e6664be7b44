//! Joining by application, where the bylaws admit it.

use governance::bylaws::Admission;
use governance::event::{Event, Way};
use governance::id::{AccountId, ApplicationId, CoopId, MemberId};
use governance::membership::Class;
use governance::text;
use store::coop::{
    ApplicationRow, Decision, EventKind, NewApplication, NewEvent, NewMember, account_coop_insert, application_decide,
    application_insert, application_list, application_lock, bylaws_current, coop_get, member_event_insert, member_get,
    member_insert, member_of_account, membership_ended_of_account,
};
use store::{CoopTx, StoreError};
use uuid::Uuid;
use wire::coop::{
    ApplicationDecision, ApplicationView, ApplyToCoop, DecideApplication, DecidedApplication, MemberView,
};
use wire::page::{Page, PageQuery};
use wire::problem::ProblemKind;

use crate::app::App;
use crate::http::actor::{Actor, SignedIn, Steward};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::invitations::already_member;
use crate::services::names::{self, Incoming};
use crate::services::{bylaws, events, halts, idempotent, members, paging};

/// The longest statement, in characters; the schema says the same.
const STATEMENT_LENGTH_MAX: usize = 4_000;

/// What a steward decides, parsed.
enum Verdict {
    Admitted(Class, Option<String>),
    Declined(String),
}

impl Verdict {
    fn reason(&self) -> Option<&str> {
        match self {
            Self::Admitted(_, reason) => reason.as_deref(),
            Self::Declined(reason) => Some(reason),
        }
    }
}

/// Asks to join.
///
/// # Errors
/// 404 where the co-op is hidden, 409 for members and where an application is waiting.
pub async fn apply(
    app: &App,
    signed_in: SignedIn,
    coop: CoopId,
    command: Command<ApplyToCoop>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let account = signed_in.account;
    let display_name = names::parse("display_name", &value.display_name)?;
    let statement = text::paragraphs(&value.statement, STATEMENT_LENGTH_MAX)
        .map_err(|refusal| Problem::text("statement", &refusal))?;
    let mut tx = app.store.coop_tx("application_create", coop).await?;
    if coop_get(&mut tx).await?.is_none() {
        tx.commit().await?;
        return Err(Problem::not_found());
    }
    if let Some(earlier) = idempotent::begin(&mut tx, account.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    admit_applications(&mut tx, account).await?;
    names::claim(&mut tx, Some(account), &Incoming::one(&display_name)).await?;
    let new = NewApplication {
        id: ApplicationId::from_uuid(Uuid::now_v7()),
        account,
        display_name: &display_name,
        statement: &statement,
    };
    let row = application_insert(&mut tx, new).await.map_err(or_pending)?;
    let happened = [Event::ApplicationMade {
        application: new.id,
        name: &display_name,
        statement: &statement,
    }];
    events::append(&mut tx, None, &happened).await?;
    let answer = Answer::created(&view(row))?;
    idempotent::finish(&mut tx, account.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// The applications, oldest first.
///
/// # Errors
/// 422 for a cursor of another list.
pub async fn list(app: &App, actor: &Actor<Steward>, query: &PageQuery) -> Result<Answer, Problem> {
    let after = paging::after(query)?;
    let mut tx = app.store.coop_tx("application_list", actor.coop).await?;
    let rows = application_list(&mut tx, after, paging::rows(query)).await?;
    tx.commit().await?;
    let views = rows.into_iter().map(view).collect();
    Answer::ok(&Page::cut(views, query.limit(), |one: &ApplicationView| {
        one.id.to_string()
    }))
}

/// Admits or declines.
///
/// # Errors
/// 404 where the co-op has no such application, 409 where it was decided before or the person joined meanwhile.
pub async fn decide(
    app: &App,
    actor: &Actor<Steward>,
    application: ApplicationId,
    command: Command<DecideApplication>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let verdict = parse(&value)?;
    let mut tx = app.store.coop_tx("application_decide", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    halts::refuse(&mut tx).await?;
    let waiting = application_lock(&mut tx, application)
        .await?
        .ok_or_else(Problem::not_found)?;
    if waiting.status != "pending" {
        return Err(Problem::new(
            ProblemKind::ApplicationDecided,
            format!("The application is {} already. Read it again.", waiting.status),
        ));
    }
    let decision = Decision {
        application,
        status: match &verdict {
            Verdict::Admitted(..) => "admitted",
            Verdict::Declined(_) => "declined",
        },
        decided_by: actor.member,
        reason: verdict.reason(),
    };
    let decided = application_decide(&mut tx, decision).await?;
    let member = match &verdict {
        Verdict::Admitted(class, reason) => Some(admit(&mut tx, &waiting, *class, (actor, reason.as_deref())).await?),
        Verdict::Declined(_) => None,
    };
    let happened = [Event::ApplicationDecided {
        application,
        admitted: member.as_ref().map(|member| member.id),
        reason: verdict.reason(),
    }];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let answer = Answer::ok(&DecidedApplication {
        application: view(decided),
        member,
    })?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

fn parse(asked: &DecideApplication) -> Result<Verdict, Problem> {
    match (asked.decision, asked.class) {
        (ApplicationDecision::Admitted, Some(class)) => Ok(Verdict::Admitted(
            class,
            asked.reason.as_deref().map(members::reason).transpose()?,
        )),
        (ApplicationDecision::Admitted, None) => {
            Err(Problem::field("class", "say which class the new member will have"))
        }
        (ApplicationDecision::Declined, None) => {
            Ok(Verdict::Declined(members::reason_needed(asked.reason.as_deref())?))
        }
        (ApplicationDecision::Declined, Some(_)) => {
            Err(Problem::field("class", "who is declined gets no class; leave it out"))
        }
    }
}

/// Whether the account may apply here. Whoever was a member knows that the co-op exists, and is told why not.
async fn admit_applications(tx: &mut CoopTx, account: AccountId) -> Result<(), Problem> {
    if member_of_account(tx, account).await?.is_some() {
        return Err(already_member());
    }
    let in_force = bylaws_current(tx).await?.ok_or_else(Problem::not_found)?;
    match bylaws::content(&in_force)?.admission {
        Admission::Application => Ok(()),
        Admission::Invitation if membership_ended_of_account(tx, account).await? => Err(Problem::new(
            ProblemKind::ApplicationsClosed,
            "The bylaws of this co-op admit members by invitation only. Ask a steward for an invitation.",
        )),
        Admission::Invitation => Err(Problem::not_found()),
    }
}

async fn admit(
    tx: &mut CoopTx,
    application: &ApplicationRow,
    class: Class,
    (actor, reason): (&Actor<Steward>, Option<&str>),
) -> Result<MemberView, Problem> {
    let account = AccountId::from_uuid(application.account_id);
    let member = MemberId::from_uuid(Uuid::now_v7());
    names::claim(tx, Some(account), &Incoming::one(&application.display_name)).await?;
    let new = NewMember {
        id: member,
        account,
        display_name: &application.display_name,
        class,
    };
    member_insert(tx, new).await.map_err(or_joined)?;
    account_coop_insert(tx, account).await?;
    let event = NewEvent {
        member,
        kind: EventKind::Joined,
        detail: class.name(),
        reason: reason.or(Some("by application")),
        actor: Some(actor.member),
    };
    member_event_insert(tx, event).await?;
    let happened = [Event::MemberAdmitted {
        member,
        class,
        way: Way::Application(ApplicationId::from_uuid(application.id)),
        name: &application.display_name,
    }];
    events::append(tx, Some(actor.member), &happened).await?;
    members::view(member_get(tx, member).await?.ok_or_else(Problem::not_found)?)
}

fn or_joined(error: StoreError) -> Problem {
    if error.is_constraint("member_current_of_account") {
        return Problem::new(
            ProblemKind::AlreadyMember,
            "The person joined in another way meanwhile. Decline the application to close it.",
        );
    }
    error.into()
}

fn or_pending(error: StoreError) -> Problem {
    if error.is_constraint("application_pending_of_account") {
        return Problem::new(
            ProblemKind::ApplicationPending,
            "An application of yours is waiting. A steward will decide it; there is nothing more to do.",
        );
    }
    error.into()
}

fn view(row: ApplicationRow) -> ApplicationView {
    ApplicationView {
        id: ApplicationId::from_uuid(row.id),
        display_name: row.display_name,
        statement: row.statement,
        status: row.status,
        created_at: row.created_at,
        decided_at: row.decided_at,
        decided_by: row.decided_by.map(MemberId::from_uuid),
        reason: row.reason,
    }
}
