//! Objections in votes by consent: who raised one, what is done about it while voting is open, and what the count sees of that.
//!
//! An objection is a ballot, named by the hash of its record. A step holds the proposal open until it is committed, so every step that
//! was acknowledged stands before the close.

use std::collections::HashMap;

use governance::event::Event;
use governance::hash::Hash32;
use governance::id::{MemberId, ProposalId};
use governance::proposal::State;
use governance::secrecy::Tier;
use governance::tally::consent::{Judged, ObjectionRefusal, ObjectionState, ObjectionStep, Party, Taken};
use governance::text;
use store::CoopTx;
use store::decision::delegated::voting_hold_open;
use store::decision::objection_step::{
    ConsentObjectionRow, NewObjectionStep, ObjectionStepRow, consent_objections, objection_step_insert,
    objection_steps, objection_steps_all,
};
use store::decision::proposal::ProposalRow;
use store::decision::roll::roll_has;
use wire::decision::{ConsentObjection, ObjectionStepView, TakeObjectionStep};
use wire::page::{Page, PageQuery};
use wire::problem::ProblemKind;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::cast_batch::not_open;
use crate::services::decision_rows::{RowDamage, rule, state, tier, word};
use crate::services::proposals::{Asking, begin, finish, visible};
use crate::services::published::{not_counted_yet, sequence_after};
use crate::services::results::is_counted;
use crate::services::{events, paging};

/// The longest reason, in characters.
const REASON_LENGTH_MAX: usize = 2_000;
/// Objections that are looked through at once for one of them.
const PAGE: i64 = 1_000;

/// The objections of a proposal by consent, in the order in which they came; none of one that is decided otherwise.
///
/// # Errors
/// 404 where the member sees no such proposal, 409 where ballots are sealed and not counted.
pub async fn list(app: &App, asking: Asking, proposal: ProposalId, page: PageQuery) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("consent_objections", asking.coop).await?;
    let row = visible(&mut tx, asking, proposal).await?;
    let after = sequence_after(&page)?.unwrap_or_default();
    let rows = if is_by_consent(&row)? {
        require_told(&row)?;
        consent_objections(&mut tx, proposal, after, paging::rows(&page)).await?
    } else {
        Vec::new()
    };
    let rows = Page::cut(rows, page.limit(), |row| row.sequence.to_string());
    let items = views(&mut tx, &row, rows.items).await?;
    tx.commit().await?;
    Answer::ok(&Page {
        items,
        next_cursor: rows.next_cursor,
    })
}

fn is_by_consent(row: &ProposalRow) -> Result<bool, RowDamage> {
    Ok(rule(row)?.method() == governance::ballot::Method::Consent)
}

/// Sealed ballots are told with the count alone, objections too.
fn require_told(row: &ProposalRow) -> Result<(), Problem> {
    if tier(row)?.hides_turnout() && !is_counted(state(row)?) {
        return Err(not_counted_yet());
    }
    Ok(())
}

/// Takes a step about an objection while voting is open.
///
/// # Errors
/// 403 where it is somebody else's step, 404 where there is no such objection, 409 where voting is not open or the step does not follow.
pub async fn take(
    app: &App,
    asking: Asking,
    proposal: ProposalId,
    command: Command<TakeObjectionStep>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let reason = value
        .reason
        .as_deref()
        .map(|reason| text::paragraphs(reason, REASON_LENGTH_MAX));
    let reason = reason
        .transpose()
        .map_err(|refusal| Problem::text("reason", &refusal))?;
    let mut tx = app.store.coop_tx("objection_step", asking.coop).await?;
    if let Some(answer) = begin(&mut tx, asking, &ask).await? {
        return Ok(answer);
    }
    let row = visible(&mut tx, asking, proposal).await?;
    if !is_by_consent(&row)? {
        return Err(Problem::not_found());
    }
    if state(&row)? != State::Open || !voting_hold_open(&mut tx, proposal).await? {
        return Err(not_open());
    }
    require_told(&row)?;
    let objection = find(&mut tx, proposal, value.ballot).await?;
    let party = party(&mut tx, asking, proposal, &objection).await?;
    if tier(&row)? == Tier::Pseudonymous && party == Party::Objector {
        return Err(Problem::new(
            ProblemKind::StepRefused,
            "This would tell whose the objection is. Cast another ballot instead, which takes the place of this one.",
        ));
    }
    let steps = objection_steps(&mut tx, proposal, std::slice::from_ref(&objection.record_hash)).await?;
    let appeals = rule(&row)?.counting.appeals();
    let mut judged = judged(&steps, appeals)?;
    let before = judged.state(value.ballot);
    value.step.take(before, party, reason.is_some()).map_err(refused)?;
    let taken = Taken {
        step: value.step,
        by: asking.member.word(),
    };
    let after = judged
        .step(value.ballot, taken, appeals)
        .ok_or_else(|| refused(ObjectionRefusal::AppealedAlready))?;
    let new = NewObjectionStep {
        ballot: value.ballot,
        number: i64::try_from(steps.len())
            .map_err(|_| RowDamage("number"))?
            .saturating_add(1),
        step: value.step,
        state: after,
        reason: reason.as_deref(),
        actor: asking.member,
    };
    if !objection_step_insert(&mut tx, proposal, new).await? {
        return Err(Problem::busy());
    }
    let happened = [Event::ObjectionJudged {
        proposal,
        ballot: value.ballot,
        step: value.step,
        reason: reason.as_deref(),
    }];
    events::append(&mut tx, Some(asking.member), &happened).await?;
    let view = views(&mut tx, &row, vec![objection])
        .await?
        .pop()
        .ok_or(RowDamage("ballot_hash"))?;
    let answer = Answer::ok(&view)?;
    finish(tx, asking, &ask, answer).await
}

fn refused(refusal: ObjectionRefusal) -> Problem {
    let detail = format!("This is not possible: {refusal}.");
    match refusal {
        ObjectionRefusal::NotFrom(state, _) => {
            Problem::new(ProblemKind::StepRefused, detail).with("state", state.name())
        }
        ObjectionRefusal::TextFrozen | ObjectionRefusal::AppealedAlready => {
            Problem::new(ProblemKind::StepRefused, detail)
        }
        ObjectionRefusal::ReasonMissing => Problem::field("reason", "members must read why; give a reason"),
        ObjectionRefusal::NotBy(step) => {
            let role = match step {
                ObjectionStep::Accept
                | ObjectionStep::Dismiss
                | ObjectionStep::Integrate
                | ObjectionStep::LeaveStanding => "steward",
                ObjectionStep::Appeal | ObjectionStep::Withdraw => "member",
            };
            Problem::new(ProblemKind::RoleNeeded, detail).with("role", vec![role])
        }
    }
}

/// The objection that this ballot raises; one that its member replaced is none any more.
async fn find(tx: &mut CoopTx, proposal: ProposalId, ballot: Hash32) -> Result<ConsentObjectionRow, Problem> {
    let mut after = 0;
    loop {
        let rows = consent_objections(tx, proposal, after, PAGE).await?;
        let Some(last) = rows.last() else {
            return Err(Problem::not_found());
        };
        after = last.sequence;
        if let Some(row) = rows.into_iter().find(|row| row.record_hash == ballot.as_bytes()) {
            return Ok(row);
        }
    }
}

async fn party(
    tx: &mut CoopTx,
    asking: Asking,
    proposal: ProposalId,
    objection: &ConsentObjectionRow,
) -> Result<Party, Problem> {
    if objection.member_id == asking.member.uuid() {
        return Ok(Party::Objector);
    }
    if asking.is_steward {
        return Ok(Party::Steward);
    }
    if roll_has(tx, proposal, asking.member).await? {
        return Ok(Party::Member);
    }
    Err(Problem::new(
        ProblemKind::NotOnRoll,
        "Only members who may vote on this proposal, and stewards, do something about an objection to it.",
    ))
}

/// What became of the objections of a proposal, for its count.
///
/// # Errors
/// If the database fails or a row is damaged.
pub async fn judged_of(tx: &mut CoopTx, row: &ProposalRow) -> Result<Result<Judged, RowDamage>, store::StoreError> {
    let counting = match rule(row) {
        Ok(rule) => rule.counting,
        Err(damage) => return Ok(Err(damage)),
    };
    if counting.method() != governance::ballot::Method::Consent {
        return Ok(Ok(Judged::default()));
    }
    let steps = objection_steps_all(tx, ProposalId::from_uuid(row.id)).await?;
    Ok(judged(&steps, counting.appeals()))
}

fn judged(steps: &[ObjectionStepRow], appeals: u16) -> Result<Judged, RowDamage> {
    let mut judged = Judged::default();
    for row in steps {
        let taken = Taken {
            step: ObjectionStep::from_name(&row.step).ok_or(RowDamage("step"))?,
            by: MemberId::from_uuid(row.actor_id).word(),
        };
        let after = judged.step(word(&row.ballot_hash, "ballot_hash")?, taken, appeals);
        if after.map(ObjectionState::name) != Some(row.state.as_str()) {
            return Err(RowDamage("state"));
        }
    }
    Ok(judged)
}

async fn views(
    tx: &mut CoopTx,
    row: &ProposalRow,
    objections: Vec<ConsentObjectionRow>,
) -> Result<Vec<ConsentObjection>, Problem> {
    let hides_names = tier(row)?.hides_names();
    let hashes: Vec<Vec<u8>> = objections.iter().map(|row| row.record_hash.clone()).collect();
    let rows = objection_steps(tx, ProposalId::from_uuid(row.id), &hashes).await?;
    let judged = judged(&rows, rule(row)?.counting.appeals())?;
    let mut steps: HashMap<Vec<u8>, Vec<ObjectionStepView>> = HashMap::new();
    for row in rows {
        let view = ObjectionStepView {
            step: ObjectionStep::from_name(&row.step).ok_or(RowDamage("step"))?,
            state: ObjectionState::from_name(&row.state).ok_or(RowDamage("state"))?,
            reason: row.reason,
            by: MemberId::from_uuid(row.actor_id),
            display_name: row.display_name,
            at: row.at,
        };
        steps.entry(row.ballot_hash).or_default().push(view);
    }
    let mut view = |row: ConsentObjectionRow| {
        let ballot = word(&row.record_hash, "record_hash")?;
        let state = judged.state(ballot);
        Ok::<_, RowDamage>(ConsentObjection {
            ballot,
            member: (!hides_names).then(|| MemberId::from_uuid(row.member_id)),
            display_name: (!hides_names).then_some(row.display_name),
            reason: row.reason,
            raised_at: row.cast_at,
            state,
            blocks: state.blocks(),
            steps: steps.remove(&row.record_hash).unwrap_or_default(),
        })
    };
    Ok(objections.into_iter().map(&mut view).collect::<Result<_, _>>()?)
}
