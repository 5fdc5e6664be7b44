//! The halt switch of a co-op: who pulls it, and what then waits.

use governance::event::Event;
use governance::halt::{Halt, HaltRefusal, decide_halt, decided_until};
use governance::id::{MemberId, ProposalId};
use store::CoopTx;
use store::coop::{HaltBy, HaltRow, halt_end, halt_insert, halt_last, halt_list};
use store::decision::proposal::clock;
use wire::coop::{EndHalt, HaltCoop, HaltView};
use wire::page::{Page, PageQuery};
use wire::problem::ProblemKind;

use crate::app::App;
use crate::http::actor::{Actor, Member, Overseer, Steward};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::decision_rows::{moment, timestamp};
use crate::services::members::reason;
use crate::services::{events, idempotent, paging};

/// Halts the co-op.
///
/// # Errors
/// 409 where it is halted or was until lately, 422 for more days than a halt may last.
pub async fn begin(app: &App, actor: &Actor<Overseer>, command: Command<HaltCoop>) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let why = reason(&value.reason)?;
    let mut tx = app.store.coop_tx("halt_begin", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    let last = halt_last(&mut tx).await?;
    // A timestamp has whole seconds, as the record needs them.
    let began_at = timestamp(clock(&mut tx).await?);
    let until = decide_halt(last.as_ref().map(halt).as_ref(), value.days, began_at).map_err(refused)?;
    let on_calendar = |at| moment(at).ok_or_else(|| Problem::internal("a halt lies beyond the calendar"));
    let times = (on_calendar(began_at)?, on_calendar(until)?);
    let number = last.map_or(0, |last| last.number);
    let row = halt_insert(&mut tx, number, times, (HaltBy::Member(actor.member), &why))
        .await
        .map_err(|error| {
            if error.is_constraint("halt_pkey") {
                refused(HaltRefusal::Halted)
            } else {
                error.into()
            }
        })?;
    let happened = [Event::CoopHalted {
        coop: actor.coop,
        until,
        reason: &why,
    }];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let answer = Answer::created(&view(row))?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Ends the halt that is in force, unless the members decided it.
///
/// # Errors
/// 404 where none is; 409 where a decision alone ends it.
pub async fn end(app: &App, actor: &Actor<Steward>, body: EndHalt) -> Result<Answer, Problem> {
    let why = reason(&body.reason)?;
    let mut tx = app.store.coop_tx("halt_end", actor.coop).await?;
    let last = halt_last(&mut tx).await?.filter(HaltRow::is_in_force);
    let last = last.ok_or_else(Problem::not_found)?;
    if last.proposal_id.is_some() {
        return Err(refused(HaltRefusal::Decided));
    }
    let row = halt_end(&mut tx, last.number, (HaltBy::Member(actor.member), &why)).await?;
    let happened = [Event::CoopResumed {
        coop: actor.coop,
        reason: &why,
    }];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    tx.commit().await?;
    Answer::ok(&view(row))
}

/// The halts of the co-op, the newest first.
///
/// # Errors
/// 422 for a cursor of another list.
pub async fn list(app: &App, actor: &Actor<Member>, query: &PageQuery) -> Result<Answer, Problem> {
    let refused = || {
        Problem::new(
            ProblemKind::InvalidQuery,
            "The cursor is not one that this list gave. Start again without it.",
        )
    };
    let before: i64 = match query.position().map_err(|_| refused())? {
        None => i64::MAX,
        Some(position) => position.parse().map_err(|_| refused())?,
    };
    let mut tx = app.store.coop_tx("halt_list", actor.coop).await?;
    let rows = halt_list(&mut tx, before, paging::rows(query)).await?;
    tx.commit().await?;
    let views = rows.into_iter().map(view).collect();
    Answer::ok(&Page::cut(views, query.limit(), |halt: &HaltView| {
        halt.number.to_string()
    }))
}

/// The halt that is in force, if one is.
///
/// # Errors
/// If the database fails.
pub async fn in_force(tx: &mut CoopTx) -> Result<Option<HaltView>, Problem> {
    Ok(halt_last(tx).await?.filter(HaltRow::is_in_force).map(view))
}

/// Refuses what would bind the co-op while it is halted. Whoever halts it in this very moment may come too late.
///
/// # Errors
/// 409 with the emergency and its end.
pub async fn refuse(tx: &mut CoopTx) -> Result<(), Problem> {
    let Some(halt) = in_force(tx).await? else {
        return Ok(());
    };
    let until = halt.until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let end = if halt.by_proposal.is_some() {
        "The members decided it, and a decision ends it."
    } else {
        "A steward can end the halt."
    };
    let detail = format!(
        "The co-op is halted until {until}, and nothing that would bind it happens. The reason given: {} {end}",
        halt.reason
    );
    Err(Problem::new(ProblemKind::CoopHalted, detail).with("until", until))
}

/// Halts the co-op as the members decided.
///
/// # Errors
/// If the database fails.
pub(super) async fn begin_decided(
    tx: &mut CoopTx,
    proposal: ProposalId,
    (days, why): (u16, &str),
) -> Result<(), Problem> {
    let number = halt_last(tx).await?.map_or(0, |last| last.number);
    let began_at = timestamp(clock(tx).await?);
    let until = decided_until(days, began_at);
    let on_calendar = |at| moment(at).ok_or_else(|| Problem::internal("a halt lies beyond the calendar"));
    let times = (on_calendar(began_at)?, on_calendar(until)?);
    halt_insert(tx, number, times, (HaltBy::Proposal(proposal), why)).await?;
    let happened = [Event::CoopHalted {
        coop: tx.coop(),
        until,
        reason: why,
    }];
    Ok(events::append(tx, None, &happened).await?)
}

/// Ends the halt as the members decided.
///
/// # Errors
/// If the database fails, or none is in force.
pub(super) async fn end_decided(tx: &mut CoopTx, proposal: ProposalId, why: &str) -> Result<(), Problem> {
    let last = halt_last(tx).await?.filter(HaltRow::is_in_force);
    let last = last.ok_or_else(|| Problem::internal("a halt ended that is not in force"))?;
    halt_end(tx, last.number, (HaltBy::Proposal(proposal), why)).await?;
    let happened = [Event::CoopResumed {
        coop: tx.coop(),
        reason: why,
    }];
    Ok(events::append(tx, None, &happened).await?)
}

fn halt(row: &HaltRow) -> Halt {
    Halt {
        until: timestamp(row.until),
        ended_at: row.ended_at.map(timestamp),
    }
}

fn refused(refusal: HaltRefusal) -> Problem {
    match refusal {
        HaltRefusal::Days => Problem::field("days", refusal),
        HaltRefusal::Halted | HaltRefusal::TooSoon { .. } | HaltRefusal::Decided => {
            Problem::new(ProblemKind::HaltRefused, format!("{refusal}."))
        }
    }
}

fn view(row: HaltRow) -> HaltView {
    HaltView {
        is_in_force: row.is_in_force(),
        number: row.number,
        began_at: row.began_at,
        until: row.until,
        reason: row.reason,
        by: row.actor_id.map(MemberId::from_uuid),
        by_proposal: row.proposal_id.map(ProposalId::from_uuid),
        ended_by_proposal: row.ended_by_proposal.map(ProposalId::from_uuid),
        ended_at: row.ended_at,
        ended_by: row.ended_by.map(MemberId::from_uuid),
        end_reason: row.end_reason,
    }
}
