//! What members say before and after a vote: who sponsors a proposal, and who objects to what was carried.

use governance::event::Event;
use governance::id::{MemberId, ProposalId};
use governance::proposal::{Facts, State, Step, decide};
use store::decision::execution::{VoiceRow, objection_insert, sponsor_insert, voices_count};
use store::decision::job::{JobKind, job_hasten};
use store::decision::proposal::proposal_discuss;
use store::decision::roll::roll_has;
use wire::decision::{RaiseObjection, Voice};
use wire::problem::ProblemKind;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::body::{Ask, Command, MaybeBasedOn};
use crate::problem::Problem;
use crate::services::execution::end_objection;
use crate::services::members::reason;
use crate::services::proposals::{Asking, answer, begin, finish, refused, standing};
use crate::services::{alternatives, events};

/// Sponsors a proposal; with enough sponsors it is discussed. Sponsoring it again changes nothing.
///
/// # Errors
/// The refusals of the step.
pub async fn sponsor(
    app: &App,
    asking: Asking,
    proposal: ProposalId,
    based_on: MaybeBasedOn,
    ask: Ask,
) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("proposal_sponsor", asking.coop).await?;
    if let Some(answer) = begin(&mut tx, asking, &ask).await? {
        return Ok(answer);
    }
    alternatives::enter(&mut tx, proposal).await?;
    let standing = standing(&mut tx, asking, proposal).await?;
    based_on.require(standing.row.version)?;
    let facts = Facts {
        sponsors: u64::try_from(voices_count(&mut tx, proposal).await?.0).unwrap_or_default(),
        ..standing.facts()
    };
    let after = decide(&facts, Step::Sponsor, asking.asker(&standing.row)).map_err(refused)?;
    if sponsor_insert(&mut tx, proposal, asking.member).await? {
        let mut happened = vec![Event::ProposalSponsored { proposal }];
        if after == State::Discussion {
            proposal_discuss(&mut tx, proposal, standing.now).await?;
            happened.push(Event::ProposalDiscussed { proposal });
        }
        events::append(&mut tx, Some(asking.member), &happened).await?;
    }
    let answer = answer(app, &mut tx, asking, proposal, 200).await?;
    finish(tx, asking, &ask, answer).await
}

/// Objects to what was carried; enough objections stop it. Objecting again changes nothing.
///
/// # Errors
/// The refusals of the step; 403 for who is not on the roll.
pub async fn object(
    app: &App,
    asking: Asking,
    proposal: ProposalId,
    based_on: MaybeBasedOn,
    command: Command<RaiseObjection>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let why = reason(&value.reason)?;
    let mut tx = app.store.coop_tx("proposal_object", asking.coop).await?;
    if let Some(answer) = begin(&mut tx, asking, &ask).await? {
        return Ok(answer);
    }
    let standing = standing(&mut tx, asking, proposal).await?;
    based_on.require(standing.row.version)?;
    let facts = Facts {
        objections: u64::try_from(voices_count(&mut tx, proposal).await?.1).unwrap_or_default(),
        ..standing.facts()
    };
    let after = decide(&facts, Step::Object, asking.asker(&standing.row)).map_err(refused)?;
    if !roll_has(&mut tx, proposal, asking.member).await? {
        return Err(Problem::new(
            ProblemKind::NotOnRoll,
            "Only members who could vote on this proposal may object to it.",
        ));
    }
    if objection_insert(&mut tx, proposal, (asking.member, &why)).await? {
        let happened = [Event::ObjectionRaised { proposal, reason: &why }];
        events::append(&mut tx, Some(asking.member), &happened).await?;
        if after == State::Rejected {
            let stopped = format!(
                "Stopped by {} objections, the last one: {why}",
                facts.objections.saturating_add(1)
            );
            let stopped: String = stopped.chars().take(2_000).collect();
            end_objection(&mut tx, proposal, &standing, Some((asking.member, &stopped))).await?;
            // The job that would have ended the time for objections finds nothing to do; it need not wait for that.
            job_hasten(&mut tx, JobKind::Execute, proposal).await?;
        }
    }
    let answer = answer(app, &mut tx, asking, proposal, 200).await?;
    finish(tx, asking, &ask, answer).await
}

/// As members read it.
#[must_use]
pub fn voice(row: VoiceRow) -> Voice {
    Voice {
        member: MemberId::from_uuid(row.member_id),
        display_name: row.display_name,
        reason: row.reason,
    }
}
