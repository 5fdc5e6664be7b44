//! What follows a decision: sponsors, objections and executions, each with what was told of it.

use governance::event::EventKind;
use governance::hash::Hash32;
use governance::record::Record as _;

use super::Evidence;
use super::events::{Pattern, actor, number, some_actor, text};
use super::rows::{Bylaws, Proposal, Rows};

/// What a proposal has told.
type Told = Vec<(EventKind, Pattern)>;

/// What comes with sponsors, objections and execution: the steps that raise the version, and what was told beside them.
pub(super) fn afterwards(rows: &Rows, proposal: &Proposal) -> (Told, Told) {
    let key = (proposal.coop_id, proposal.id);
    let zero = Some(Hash32::ZERO);
    let (mut steps, mut beside) = (Told::new(), Told::new());
    let sponsors = rows
        .proposal_sponsor
        .iter()
        .filter(|row| (row.coop_id, row.proposal_id) == key);
    beside.extend(sponsors.map(|row| (EventKind::ProposalSponsored, vec![some_actor(row.member_id)])));
    let objections: Vec<_> = rows
        .proposal_objection
        .iter()
        .filter(|row| (row.coop_id, row.proposal_id) == key)
        .collect();
    // Why a person objected who was erased went with the event that told of it.
    let forgotten = |member: &uuid::Uuid| rows.erasure.iter().any(|erasure| erasure.subject == *member);
    let told = objections.iter().filter(|row| !forgotten(&row.member_id));
    beside.extend(told.map(|row| {
        let words = vec![some_actor(row.member_id), text(&row.reason)];
        (EventKind::ObjectionRaised, words)
    }));
    if proposal.objection_until.is_some() && proposal.state != "objection" {
        let verdict = if proposal.state == "rejected" {
            "stopped"
        } else {
            "stands"
        };
        let count = i64::try_from(objections.len()).unwrap_or_default();
        steps.push((EventKind::ObjectionEnded, vec![None, number(count), text(verdict)]));
    }
    if let (Some(after), Some(expires_at)) = (proposal.execute_after, proposal.expires_at) {
        let words = vec![zero, number(after.timestamp()), number(expires_at.timestamp())];
        beside.push((EventKind::ProposalQueued, words));
    }
    for row in rows
        .execution
        .iter()
        .filter(|row| (row.coop_id, row.proposal_id) == key)
    {
        let by = Some(actor(row.asked_by));
        steps.push(match &row.reason {
            Some(reason) => (EventKind::ExecutionFailed, vec![by, text(reason)]),
            None => (EventKind::ProposalExecuted, vec![by, None]),
        });
        if row.reason.is_none() {
            beside.extend(of_actions(rows, proposal));
        }
    }
    if proposal.state == "expired" {
        steps.push((EventKind::ProposalExpired, vec![zero]));
    }
    (steps, beside)
}

/// One event for each action that was due, as the proposal and its count say.
fn of_actions(rows: &Rows, proposal: &Proposal) -> Told {
    let namespace = rows
        .coop(proposal.coop_id)
        .map(|coop| coop.namespace.word())
        .unwrap_or_default();
    let elected: Vec<u16> = rows
        .tally(proposal)
        .and_then(|tally| tally.count.as_ref()?["elected"].as_array().cloned())
        .unwrap_or_default()
        .iter()
        .filter_map(|number| u16::try_from(number.as_u64()?.checked_sub(1)?).ok())
        .collect();
    (0_i64..)
        .zip(proposal.planned())
        .filter(|(_, planned)| planned.is_due(&elected))
        .map(|(index, planned)| {
            let hash = planned.record(namespace).struct_hash();
            (
                EventKind::ActionExecuted,
                vec![Some(Hash32::ZERO), number(index), Some(hash)],
            )
        })
        .collect()
}

pub(super) fn what_was_executed_happened_once_with_its_events(evidence: &Evidence) -> Vec<String> {
    let rows = &evidence.rows;
    let mut found = Vec::new();
    for proposal in &rows.proposal {
        let told = rows.event.iter().filter(|event| {
            (event.coop_id, event.subject) == (proposal.coop_id, proposal.id)
                && event.kind == EventKind::ActionExecuted.code()
        });
        let due = if proposal.state == "executed" {
            of_actions(rows, proposal).len()
        } else {
            0
        };
        let told = told.count();
        if told != due {
            found.push(format!(
                "{} is {} and {told} actions were told, not {due}",
                proposal.id, proposal.state
            ));
        }
    }
    let executed = |bylaws: &&Bylaws| {
        bylaws.adopted_by_proposal.is_some_and(|id| {
            let proposal = rows.proposal(bylaws.coop_id, id);
            proposal.is_some_and(|proposal| proposal.state == "executed")
        })
    };
    let amended = rows.bylaws.iter().filter(|bylaws| bylaws.version > 1);
    found.extend(amended.filter(|bylaws| !executed(bylaws)).map(|bylaws| {
        format!(
            "nobody decided on version {} of the bylaws of {}",
            bylaws.version, bylaws.coop_id
        )
    }));
    found
}
