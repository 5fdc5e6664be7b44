//! Voting that opens by itself at a moment that a steward set, by the clock of the database.
//!
//! Each opening that is set has its own row and its own job. The job locks the proposal and finds its row waiting, or it finds nothing
//! to do: voting opens once, however often the job runs. What stands in the way when the time has come is told, and nothing is done.

use chrono::{DateTime, SecondsFormat, Utc};
use governance::action::only_ends_a_halt;
use governance::alternative::decide_alone;
use governance::event::Event;
use governance::id::{CoopId, MemberId, ProposalId, ScheduleId};
use governance::proposal::{Asker, Step, closes_when_opened_late, decide};
use governance::time::Timestamp;
use store::CoopTx;
use store::decision::job::{JobKind, job_hasten, job_insert};
use store::decision::proposal::{clock, proposal_lock, proposal_touch};
use store::decision::schedule::{
    NewSchedule, ScheduleOutcome, ScheduleRow, schedule_end, schedule_get, schedule_insert,
};
use uuid::Uuid;
use wire::decision::{Cancellation, ScheduledOpening};
use wire::problem::ProblemKind;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::body::{Command, MaybeBasedOn};
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, moment, planned, state, timestamp};
use crate::services::members::reason;
use crate::services::opening::{Obstacle, open_now};
use crate::services::proposals::{Asking, Standing, answer, begin, bylaws_of, finish, refused, standing};
use crate::services::{alternatives, events, halts};

/// The steward who set it asked for it; nobody need ask again.
const AS_IT_WAS_SET: Asker = Asker {
    is_author: false,
    is_steward: true,
};
/// What is told where the proposal was changed after an opening was set.
const CHANGED: &str = "The proposal was changed. Whoever agrees with what it says now sets its opening again.";

/// What the job did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenReport {
    /// Nothing is left to be done.
    Done,
    /// Look again at this moment.
    Wait(DateTime<Utc>),
}

/// Sets when voting opens, in the place of what was set before.
///
/// # Errors
/// The refusals of the step.
pub(super) async fn set(
    tx: &mut CoopTx,
    asking: Asking,
    standing: &Standing,
    (opens_at, closes_at): (Timestamp, Timestamp),
) -> Result<(), Problem> {
    let proposal = ProposalId::from_uuid(standing.row.id);
    let step = Step::Schedule { opens_at, closes_at };
    decide(&standing.facts(), step, asking.asker(&standing.row)).map_err(refused)?;
    decide_alone(alternatives::others(tx, standing).await?).map_err(refused)?;
    forget(tx, (proposal, asking.member), ScheduleOutcome::Replaced).await?;
    let on_calendar = |at| moment(at).ok_or_else(|| Problem::field("closes_at", "it lies beyond the calendar"));
    let new = NewSchedule {
        id: ScheduleId::from_uuid(Uuid::now_v7()),
        proposal,
        opens_at: on_calendar(opens_at)?,
        closes_at: on_calendar(closes_at)?,
        by: asking.member,
    };
    schedule_insert(tx, new).await?;
    proposal_touch(tx, proposal).await?;
    let happened = [Event::OpeningScheduled {
        proposal,
        opens_at,
        closes_at,
    }];
    events::append(tx, Some(asking.member), &happened).await?;
    Ok(job_insert(tx, JobKind::Open, new.id, new.opens_at).await?)
}

/// Ends the opening that waits, if one does, beside an act that tells of itself.
///
/// # Errors
/// If the database fails.
pub(super) async fn forget(
    tx: &mut CoopTx,
    (proposal, by): (ProposalId, MemberId),
    outcome: ScheduleOutcome,
) -> Result<(), Problem> {
    if let Some(row) = schedule_end(tx, proposal, outcome, (Some(by), None)).await? {
        // Its job finds nothing to do; it need not wait for that.
        job_hasten(tx, JobKind::Open, row.id).await?;
    }
    Ok(())
}

/// Ends the opening that waits because the proposal was changed: it was set for other words.
///
/// # Errors
/// If the database fails.
pub(super) async fn end_edited(tx: &mut CoopTx, asking: Asking, proposal: ProposalId) -> Result<(), Problem> {
    let why = (Some(asking.member), Some(CHANGED));
    if let Some(row) = schedule_end(tx, proposal, ScheduleOutcome::Edited, why).await? {
        let happened = [Event::OpeningUnscheduled {
            proposal,
            reason: CHANGED,
        }];
        events::append(tx, Some(asking.member), &happened).await?;
        job_hasten(tx, JobKind::Open, row.id).await?;
    }
    Ok(())
}

/// Takes back the opening that waits.
///
/// # Errors
/// The refusals of the step; 409 where none waits.
pub async fn cancel(
    app: &App,
    asking: Asking,
    proposal: ProposalId,
    based_on: MaybeBasedOn,
    command: Command<Cancellation>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let why = reason(&value.reason)?;
    let mut tx = app.store.coop_tx("opening_cancel", asking.coop).await?;
    if let Some(answer) = begin(&mut tx, asking, &ask).await? {
        return Ok(answer);
    }
    let standing = standing(&mut tx, asking, proposal).await?;
    based_on.require(standing.row.version)?;
    decide(&standing.facts(), Step::Unschedule, asking.asker(&standing.row)).map_err(refused)?;
    let ended = schedule_end(
        &mut tx,
        proposal,
        ScheduleOutcome::Cancelled,
        (Some(asking.member), Some(&why)),
    );
    let Some(row) = ended.await? else {
        let detail = "No opening of this proposal is set for a moment to come; there is nothing to take back.";
        return Err(Problem::new(ProblemKind::StepRefused, detail).with("state", standing.state.name()));
    };
    proposal_touch(&mut tx, proposal).await?;
    let happened = [Event::OpeningUnscheduled { proposal, reason: &why }];
    events::append(&mut tx, Some(asking.member), &happened).await?;
    job_hasten(&mut tx, JobKind::Open, row.id).await?;
    let answer = answer(app, &mut tx, asking, proposal, 200).await?;
    finish(tx, asking, &ask, answer).await
}

/// Opens voting as it was set, if its time has come: the job.
///
/// # Errors
/// If the database fails. That something stands in the way is no error here: it is told.
pub async fn open_scheduled(app: &App, coop: CoopId, id: ScheduleId) -> Result<OpenReport, Problem> {
    let mut tx = app.store.coop_tx("proposal_open_scheduled", coop).await?;
    let Some(set) = schedule_get(&mut tx, id).await? else {
        return Ok(OpenReport::Done);
    };
    let proposal = ProposalId::from_uuid(set.proposal_id);
    alternatives::enter(&mut tx, proposal).await?;
    let Some(row) = proposal_lock(&mut tx, proposal).await? else {
        return Ok(OpenReport::Done);
    };
    // What was read before the lock was had may have changed while it was waited for.
    let set = schedule_get(&mut tx, id).await?.ok_or(RowDamage("proposal_schedule"))?;
    if set.outcome != ScheduleOutcome::Waiting.name() {
        return Ok(OpenReport::Done);
    }
    let now = clock(&mut tx).await?;
    if now < set.opens_at {
        return Ok(OpenReport::Wait(set.opens_at));
    }
    let standing = Standing {
        state: state(&row)?,
        bylaws: bylaws_of(&mut tx, &row).await?,
        now,
        row,
    };
    let outcome = match try_to_open(&mut tx, &standing, timestamp(set.closes_at)).await? {
        Ok(()) => (ScheduleOutcome::Opened, None),
        Err(obstacle) => (ScheduleOutcome::Refused, Some(obstacle)),
    };
    let obstacle = outcome.1.as_deref();
    schedule_end(&mut tx, proposal, outcome.0, (None, obstacle)).await?;
    if let Some(reason) = obstacle {
        proposal_touch(&mut tx, proposal).await?;
        events::append(&mut tx, None, &[Event::OpeningRefused { proposal, reason }]).await?;
    }
    tx.commit().await?;
    Ok(OpenReport::Done)
}

/// Opens voting, or says what stands in the way; then nothing was done.
async fn try_to_open(
    tx: &mut CoopTx,
    standing: &Standing,
    closes_at: Timestamp,
) -> Result<Result<(), String>, Problem> {
    let ends_it = only_ends_a_halt(&planned(&standing.row)?);
    if let Some(halt) = halts::in_force(tx).await?.filter(|_| !ends_it) {
        let until = halt.until.to_rfc3339_opts(SecondsFormat::Secs, true);
        return Ok(Err(format!(
            "The co-op is halted until {until}. Set the opening again, or open voting after that."
        )));
    }
    let closes_at = match closes_when_opened_late(&standing.facts(), closes_at) {
        Ok(closes_at) => closes_at,
        Err(refusal) => return Ok(Err(Obstacle::Step(refusal).sentence())),
    };
    let opened = open_now(tx, standing, closes_at, (None, AS_IT_WAS_SET)).await?;
    Ok(opened.map_err(|obstacle| obstacle.sentence()))
}

/// As members read it.
#[must_use]
pub fn scheduled(row: ScheduleRow) -> ScheduledOpening {
    ScheduledOpening {
        opens_at: row.opens_at,
        closes_at: row.closes_at,
        scheduled_by: MemberId::from_uuid(row.scheduled_by),
        scheduled_at: row.scheduled_at,
        outcome: row.outcome,
        reason: row.reason,
        ended_by: row.ended_by.map(MemberId::from_uuid),
        ended_at: row.ended_at,
    }
}
