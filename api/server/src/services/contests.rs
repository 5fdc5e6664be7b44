//! Contesting a result: who says that it should not stand, and what a steward answers.

use governance::action::Action;
use governance::contest::{ContestFacts, ContestRefusal, ContestVerdict, decide_contest};
use governance::event::Event;
use governance::id::{MemberId, ProposalId};
use governance::membership::Status;
use governance::proposal::{State, Step, decide};
use store::CoopTx;
use store::coop::member_get;
use store::decision::contest::{ContestRow, contest_answer, contest_insert, contests, proposal_set_aside};
use store::decision::job::{JobKind, job_hasten};
use store::decision::proposal::{ProposalRow, proposal_touch};
use store::decision::roll::roll_has;
use wire::decision::{AnswerContest, ContestView, RaiseContest};
use wire::problem::ProblemKind;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::body::{Command, MaybeBasedOn};
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, planned, timestamp};
use crate::services::events;
use crate::services::execution::end_objection;
use crate::services::members::reason;
use crate::services::proposals::{Asking, Standing, answer, begin, finish, refused, standing};

/// Contests a result: what was carried waits until a steward answers.
///
/// # Errors
/// 409 where the result cannot be contested, or not by this member.
pub async fn raise(
    app: &App,
    asking: Asking,
    proposal: ProposalId,
    based_on: MaybeBasedOn,
    command: Command<RaiseContest>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let why = reason(&value.reason)?;
    let mut tx = app.store.coop_tx("contest_raise", asking.coop).await?;
    if let Some(answer) = begin(&mut tx, asking, &ask).await? {
        return Ok(answer);
    }
    let standing = standing(&mut tx, asking, proposal).await?;
    based_on.require(standing.row.version)?;
    let facts = ContestFacts {
        is_concerned: is_concerned(&mut tx, asking.member, &standing.row).await?,
        has_contested: contests(&mut tx, proposal)
            .await?
            .iter()
            .any(|row| row.member_id == asking.member.uuid()),
        ..known(&standing)
    };
    decide_contest(&facts).map_err(contest_refused)?;
    contest_insert(&mut tx, proposal, (asking.member, &why)).await?;
    proposal_touch(&mut tx, proposal).await?;
    let happened = [Event::ContestRaised { proposal, reason: &why }];
    events::append(&mut tx, Some(asking.member), &happened).await?;
    let answer = answer(app, &mut tx, asking, proposal, 200).await?;
    finish(tx, asking, &ask, answer).await
}

/// What the row says of a result.
fn known(standing: &Standing) -> ContestFacts {
    let (is_decided, is_over) = match standing.state {
        State::Draft
        | State::Admission
        | State::Discussion
        | State::Open
        | State::Closed
        | State::Merged
        | State::Withdrawn
        | State::Cancelled => (false, false),
        State::Passed
        | State::Objection
        | State::Queued
        | State::ExecutionFailed
        | State::Rejected
        | State::NoQuorum
        | State::Tied => (true, false),
        State::Executed | State::Expired => (true, true),
    };
    ContestFacts {
        now: timestamp(standing.now),
        is_decided,
        until: standing.row.contest_until.map(timestamp),
        is_over,
        is_concerned: false,
        has_contested: false,
    }
}

/// Whether a member could vote on it and still is active, or is the one whom it would expel, whatever the membership's status.
async fn is_concerned(tx: &mut CoopTx, member: MemberId, row: &ProposalRow) -> Result<bool, Problem> {
    if would_expel(row, member)? {
        return Ok(true);
    }
    let is_active = member_get(tx, member)
        .await?
        .is_some_and(|row| row.status == Status::Active.name());
    Ok(is_active && roll_has(tx, ProposalId::from_uuid(row.id), member).await?)
}

fn would_expel(row: &ProposalRow, who: MemberId) -> Result<bool, RowDamage> {
    let expels = |act: &Action| matches!(act, Action::Expel { member, .. } if *member == who);
    Ok(planned(row)?.iter().any(|each| expels(&each.act)))
}

/// Answers a contest: dismissed, the result stands and what waits goes on; upheld, nothing follows from it.
///
/// # Errors
/// 409 where there is none to answer, or it is the steward's own.
pub async fn answer_one(
    app: &App,
    asking: Asking,
    proposal: ProposalId,
    based_on: MaybeBasedOn,
    command: Command<AnswerContest>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let why = reason(&value.reason)?;
    let mut tx = app.store.coop_tx("contest_answer", asking.coop).await?;
    if let Some(answer) = begin(&mut tx, asking, &ask).await? {
        return Ok(answer);
    }
    let standing = standing(&mut tx, asking, proposal).await?;
    based_on.require(standing.row.version)?;
    if value.member == asking.member {
        return Err(contest_refused(ContestRefusal::OwnContest));
    }
    let of = (proposal, value.member);
    if !contest_answer(&mut tx, of, (value.verdict.name(), &why), asking.member).await? {
        return Err(contest_refused(ContestRefusal::NoContest));
    }
    if value.verdict == ContestVerdict::Upheld {
        set_aside(&mut tx, asking, &standing, &why).await?;
    } else {
        proposal_touch(&mut tx, proposal).await?;
    }
    let happened = [Event::ContestEnded {
        proposal,
        member: value.member,
        verdict: value.verdict,
        reason: &why,
    }];
    events::append(&mut tx, Some(asking.member), &happened).await?;
    // What waited for this answer need not wait longer.
    job_hasten(&mut tx, JobKind::Execute, proposal).await?;
    let answer = answer(app, &mut tx, asking, proposal, 200).await?;
    finish(tx, asking, &ask, answer).await
}

/// Lets nothing follow from a result. Of one that brought nothing with it the verdict alone stays, beside it.
async fn set_aside(tx: &mut CoopTx, asking: Asking, standing: &Standing, why: &str) -> Result<(), Problem> {
    let proposal = ProposalId::from_uuid(standing.row.id);
    match standing.state {
        State::Objection => {
            decide(&standing.facts(), Step::SetAside, asking.asker(&standing.row)).map_err(refused)?;
            proposal_touch(tx, proposal).await?;
            end_objection(tx, proposal, standing, Some((asking.member, why))).await?;
        }
        State::Queued | State::ExecutionFailed => {
            decide(&standing.facts(), Step::SetAside, asking.asker(&standing.row)).map_err(refused)?;
            proposal_set_aside(tx, proposal, why).await?;
        }
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
        | State::Cancelled => proposal_touch(tx, proposal).await?,
    }
    Ok(())
}

fn contest_refused(refusal: ContestRefusal) -> Problem {
    Problem::new(ProblemKind::ContestRefused, format!("This is not possible: {refusal}."))
}

/// As members read them.
///
/// # Errors
/// If a row is damaged.
pub fn views(row: &ProposalRow, rows: Vec<ContestRow>) -> Result<Vec<ContestView>, RowDamage> {
    let view = |contest: ContestRow| {
        let member = MemberId::from_uuid(contest.member_id);
        Ok(ContestView {
            member,
            display_name: contest.display_name,
            is_appeal: would_expel(row, member)?,
            reason: contest.reason,
            at: contest.at,
            verdict: contest.verdict,
            verdict_reason: contest.verdict_reason,
            decided_by: contest.decided_by.map(MemberId::from_uuid),
            decided_at: contest.decided_at,
        })
    };
    rows.into_iter().map(view).collect()
}
