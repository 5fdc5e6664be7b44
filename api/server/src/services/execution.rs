//! What follows a result: the time for objections, the timelock, and the execution, all of it or nothing.
//!
//! The proposal is locked and its state read before anything is done, and the same transaction that does it ends the state: whoever
//! comes second finds it done. A program that dies leaves nothing, or everything. What cannot be done is undone first and noted in a
//! transaction of its own, so that a failure never leaves half an act.

use chrono::{DateTime, Utc};
use governance::action::only_ends_a_halt;
use governance::event::Event;
use governance::id::{CoopId, MemberId, ProposalId};
use governance::proposal::{Asker, Facts, State, Step, StepRefusal, decide};
use governance::rule::Outcome;
use governance::tally::sheet::Count;
use store::CoopTx;
use store::decision::contest::contest_state;
use store::decision::execution::{NewAttempt, execution_end, execution_expire, objection_end, voices_count};
use store::decision::job::{JobKind, job_insert};
use store::decision::proposal::{Afterwards, ProposalRow, clock, proposal_lock};
use store::decision::tally::tally_read;
use wire::problem::ProblemKind;

use crate::app::App;
use crate::failpoint::Failpoint;
use crate::http::answer::Answer;
use crate::http::body::{Ask, MaybeBasedOn};
use crate::problem::Problem;
use crate::services::counting::CountingFault;
use crate::services::decision_rows::{RowDamage, moment, planned, state, timestamp};
use crate::services::execution_acts::{self, Hindered};
use crate::services::proposals::{Asking, Standing, answer, begin, bylaws_of, finish, refused, standing};
use crate::services::{events, halts, stages};

/// How soon to look again whether a halt has ended.
const LOOK_AGAIN: chrono::TimeDelta = chrono::TimeDelta::seconds(60);
/// The program itself.
const NOBODY: Asker = Asker {
    is_author: false,
    is_steward: false,
};

/// Where a result leads.
#[derive(Debug, Clone, Copy)]
pub struct Next {
    /// The state.
    pub state: State,
    /// Its times.
    pub times: Afterwards,
}

/// What carrying out did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CarryReport {
    /// Nothing is left to be done.
    Done,
    /// Look again at this moment.
    Wait(DateTime<Utc>),
}

/// The options that a count elected, from 0.
fn elected(count: Option<&Count>) -> Vec<u16> {
    count
        .map(|count| {
            count
                .elected
                .iter()
                .filter_map(|number| number.checked_sub(1))
                .collect()
        })
        .unwrap_or_default()
}

/// The options elected in a published result.
///
/// # Errors
/// If the database fails.
pub async fn elected_options(tx: &mut CoopTx, proposal: ProposalId) -> Result<Option<Vec<u16>>, Problem> {
    let Some(tally) = tally_read(tx, proposal).await? else {
        return Ok(None);
    };
    let count: Option<Count> = tally
        .count
        .map(serde_json::from_value)
        .transpose()
        .map_err(|_| RowDamage("count"))?;
    Ok(Some(elected(count.as_ref())))
}

/// Decides where the count of a proposal leads.
///
/// # Errors
/// If the database fails.
pub async fn after_count(
    tx: &mut CoopTx,
    row: &ProposalRow,
    (outcome, count): (Outcome, Option<&Count>),
) -> Result<Next, CountingFault> {
    let stage = stages::of_proposal(tx, row).await?;
    let standing = Standing {
        state: State::Closed,
        now: clock(tx).await?,
        bylaws: stage.bylaws.clone(),
        row: row.clone(),
    };
    let elected = elected(count);
    let facts = Facts {
        // What the members have not decided yet is not done.
        has_actions: stage.is_last() && planned(row)?.iter().any(|each| each.is_due(&elected)),
        ..standing.facts()
    };
    let state = decide(&facts, Step::Publish { outcome }, NOBODY).map_err(|_| RowDamage("state"))?;
    let after = |seconds: u64| moment(timestamp(standing.now).plus_seconds(seconds));
    let contest_until = after(standing.bylaws.contest_seconds).filter(|_| standing.bylaws.contest_seconds > 0);
    let times = if state == State::Objection {
        Afterwards {
            objection_until: after(standing.bylaws.objection_seconds),
            ..Afterwards::default()
        }
    } else {
        times_of(state, &standing, contest_until)
    };
    let times = Afterwards { contest_until, ..times };
    Ok(Next { state, times })
}

/// The times of what was carried and waits to be executed: not before its timelock, nor while its result may be contested.
fn times_of(state: State, standing: &Standing, contest_until: Option<DateTime<Utc>>) -> Afterwards {
    if state != State::Queued {
        return Afterwards::default();
    }
    let after = timestamp(standing.now).plus_seconds(standing.bylaws.timelock_seconds);
    let after = contest_until.map_or(after, |until| after.max(timestamp(until)));
    Afterwards {
        contest_until,
        objection_until: None,
        execute_after: moment(after),
        expires_at: moment(after.plus_seconds(standing.bylaws.execution_seconds)),
    }
}

/// Tells that a proposal waits, and asks for the job that ends the waiting.
///
/// # Errors
/// If the database fails.
pub async fn ask(tx: &mut CoopTx, proposal: ProposalId, next: Next) -> Result<(), CountingFault> {
    if let (Some(after), Some(expires_at)) = (next.times.execute_after, next.times.expires_at) {
        let happened = [Event::ProposalQueued {
            proposal,
            execute_after: timestamp(after),
            expires_at: timestamp(expires_at),
        }];
        events::append(tx, None, &happened).await?;
    }
    if let Some(run_at) = next.times.objection_until.or(next.times.execute_after) {
        job_insert(tx, JobKind::Execute, proposal, run_at).await?;
    }
    Ok(())
}

/// Does whatever is due after a result: the job.
///
/// # Errors
/// If the database fails. That an action meets an obstacle is no error here: it is noted.
pub async fn carry_out(app: &App, coop: CoopId, proposal: ProposalId) -> Result<CarryReport, Problem> {
    let mut tx = app.store.coop_tx("execution", coop).await?;
    let Some(row) = proposal_lock(&mut tx, proposal).await? else {
        return Ok(CarryReport::Done);
    };
    let standing = Standing {
        state: state(&row)?,
        bylaws: bylaws_of(&mut tx, &row).await?,
        now: clock(&mut tx).await?,
        row,
    };
    match standing.state {
        State::Objection => {
            let report = end_objection(&mut tx, proposal, &standing, None).await?;
            tx.commit().await?;
            Ok(report)
        }
        State::Queued | State::ExecutionFailed => execute(app, tx, (coop, proposal), &standing).await,
        State::Draft
        | State::Admission
        | State::Discussion
        | State::Open
        | State::Closed
        | State::Passed
        | State::Executed
        | State::Expired
        | State::Rejected
        | State::NoQuorum
        | State::Tied
        | State::Merged
        | State::Withdrawn
        | State::Cancelled => Ok(CarryReport::Done),
    }
}

/// Ends the time for objections: because it is over, or because this was one too many.
///
/// # Errors
/// If the database fails.
pub async fn end_objection(
    tx: &mut CoopTx,
    proposal: ProposalId,
    standing: &Standing,
    stopped: Option<(MemberId, &str)>,
) -> Result<CarryReport, Problem> {
    let objections = u64::try_from(voices_count(tx, proposal).await?.1).unwrap_or_default();
    let elected = elected_options(tx, proposal).await?.unwrap_or_default();
    let facts = Facts {
        objections,
        has_actions: planned(&standing.row)?.iter().any(|each| each.is_due(&elected)),
        ..standing.facts()
    };
    let after = match stopped {
        Some(_) => State::Rejected,
        None => match decide(&facts, Step::EndObjection, NOBODY) {
            Ok(after) => after,
            Err(StepRefusal::ObjectionsUntil(until)) => {
                return Ok(CarryReport::Wait(moment(until).ok_or(RowDamage("objection_until"))?));
            }
            Err(refusal) => return Err(refused(refusal)),
        },
    };
    let times = times_of(after, standing, standing.row.contest_until);
    objection_end(tx, proposal, (after.name(), stopped.map(|(_, reason)| reason)), times).await?;
    let happened = [Event::ObjectionEnded {
        proposal,
        objections,
        stopped: stopped.is_some(),
    }];
    events::append(tx, stopped.map(|(member, _)| member), &happened).await?;
    ask(tx, proposal, Next { state: after, times }).await?;
    // The job that looks after the time for objections goes on to look after the execution.
    Ok(times.execute_after.map_or(CarryReport::Done, CarryReport::Wait))
}

/// What is known of what waits to be executed, with its contests: the time that they took does not count.
async fn contested(tx: &mut CoopTx, standing: &Standing) -> Result<Facts, Problem> {
    let state = contest_state(tx, ProposalId::from_uuid(standing.row.id)).await?;
    let facts = standing.facts();
    let again = state
        .answered_at
        .map(|at| timestamp(at).plus_seconds(standing.bylaws.execution_seconds));
    Ok(Facts {
        is_contested: state.is_contested,
        expires_at: facts.expires_at.max(again),
        ..facts
    })
}

/// Whether all that is due of it is to end a halt: a halt must not keep the members from ending it.
async fn ends_the_halt(tx: &mut CoopTx, standing: &Standing) -> Result<bool, Problem> {
    let elected = elected_options(tx, ProposalId::from_uuid(standing.row.id)).await?;
    let (planned, elected) = (planned(&standing.row)?, elected.unwrap_or_default());
    Ok(only_ends_a_halt(planned.iter().filter(|each| each.is_due(&elected))))
}

async fn execute(
    app: &App,
    mut tx: CoopTx,
    (coop, proposal): (CoopId, ProposalId),
    standing: &Standing,
) -> Result<CarryReport, Problem> {
    let facts = contested(&mut tx, standing).await?;
    if decide(&facts, Step::Expire, NOBODY).is_ok() {
        execution_expire(&mut tx, proposal).await?;
        events::append(&mut tx, None, &[Event::ProposalExpired { proposal }]).await?;
        tx.commit().await?;
        return Ok(CarryReport::Done);
    }
    let expires_at = facts.expires_at.and_then(moment).ok_or(RowDamage("expires_at"))?;
    let look_again = standing.now.checked_add_signed(LOOK_AGAIN).unwrap_or(expires_at);
    match decide(&facts, Step::Execute, NOBODY) {
        Ok(_) => {}
        Err(StepRefusal::ExecuteAfter(after)) => {
            return Ok(CarryReport::Wait(moment(after).ok_or(RowDamage("execute_after"))?));
        }
        Err(StepRefusal::Contested) => return Ok(CarryReport::Wait(look_again)),
        // It failed: a steward tries again, or it expires.
        Err(_) => return Ok(CarryReport::Wait(expires_at)),
    }
    if halts::in_force(&mut tx).await?.is_some() && !ends_the_halt(&mut tx, standing).await? {
        return Ok(CarryReport::Wait(look_again.min(expires_at)));
    }
    match all_or_nothing(&mut tx, proposal, standing, None).await {
        Ok(()) => {
            tx.commit().await?;
            Failpoint::ExecutionCommitted.reach();
            Ok(CarryReport::Done)
        }
        Err(Hindered::Problem(problem)) => Err(problem),
        Err(Hindered::Obstacle(obstacle)) => {
            drop(tx);
            note_failure(app, (coop, proposal), &obstacle.to_string(), None).await?;
            Ok(CarryReport::Wait(expires_at))
        }
    }
}

/// Every action that is due, and the end of the state, in the transaction that has locked the proposal.
async fn all_or_nothing(
    tx: &mut CoopTx,
    proposal: ProposalId,
    standing: &Standing,
    asked_by: Option<MemberId>,
) -> Result<(), Hindered> {
    let elected = elected_options(tx, proposal).await?.unwrap_or_default();
    let planned = planned(&standing.row).map_err(Problem::from)?;
    Failpoint::ExecutionBegun.reach();
    let done = execution_acts::perform(tx, proposal, &planned, &elected).await?;
    let attempt = NewAttempt {
        failure: None,
        asked_by,
        at: standing.now,
    };
    if !execution_end(tx, proposal, attempt).await.map_err(Problem::from)? {
        return Err(Problem::internal("a locked proposal changed its state").into());
    }
    let happened = [Event::ProposalExecuted {
        proposal,
        actions: done,
    }];
    events::append(tx, asked_by, &happened).await.map_err(Problem::from)?;
    Failpoint::ActionsExecuted.reach();
    Ok(())
}

/// Notes that nothing could be done, unless somebody else did it meanwhile.
async fn note_failure(
    app: &App,
    (coop, proposal): (CoopId, ProposalId),
    reason: &str,
    asked_by: Option<MemberId>,
) -> Result<(), Problem> {
    Failpoint::ObstacleMet.reach();
    let mut tx = app.store.coop_tx("execution_failed", coop).await?;
    if proposal_lock(&mut tx, proposal).await?.is_none() {
        return Ok(());
    }
    let attempt = NewAttempt {
        failure: Some(reason),
        asked_by,
        at: clock(&mut tx).await?,
    };
    if execution_end(&mut tx, proposal, attempt).await? {
        let happened = [Event::ExecutionFailed { proposal, reason }];
        events::append(&mut tx, asked_by, &happened).await?;
        tx.commit().await?;
    }
    Failpoint::FailureNoted.reach();
    Ok(())
}

/// Tries again what could not be executed, when a steward asks for it.
///
/// # Errors
/// The refusals of the step; 409 with the obstacle where it still cannot be done.
pub async fn retry(
    app: &App,
    asking: Asking,
    proposal: ProposalId,
    based_on: MaybeBasedOn,
    asked: Ask,
) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("execution", asking.coop).await?;
    if let Some(answer) = begin(&mut tx, asking, &asked).await? {
        return Ok(answer);
    }
    let standing = standing(&mut tx, asking, proposal).await?;
    if !ends_the_halt(&mut tx, &standing).await? {
        halts::refuse(&mut tx).await?;
    }
    based_on.require(standing.row.version)?;
    let facts = contested(&mut tx, &standing).await?;
    decide(&facts, Step::Execute, asking.asker(&standing.row)).map_err(refused)?;
    match all_or_nothing(&mut tx, proposal, &standing, Some(asking.member)).await {
        Ok(()) => {
            let answer = answer(app, &mut tx, asking, proposal, 200).await?;
            let answered = finish(tx, asking, &asked, answer).await;
            Failpoint::ExecutionCommitted.reach();
            answered
        }
        Err(Hindered::Problem(problem)) => Err(problem),
        Err(Hindered::Obstacle(obstacle)) => {
            drop(tx);
            let reason = obstacle.to_string();
            note_failure(app, (asking.coop, proposal), &reason, Some(asking.member)).await?;
            let detail = format!("Nothing was done: {reason}. Remove the obstacle and try again.");
            Err(Problem::new(ProblemKind::ExecutionFailed, detail).with("reason", reason))
        }
    }
}
