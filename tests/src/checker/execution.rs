//! What follows a decision: sponsors, objections and executions, each with what was told of it.

use governance::event::EventKind;
use governance::hash::Hash32;
use governance::record::Record as _;
use uuid::Uuid;

use super::Evidence;
use super::events::{Pattern, actor, number, some_actor, text};
use super::rows::{Bylaws, Proposal, Rows};

/// What a proposal has told.
type Told = Vec<(EventKind, Pattern)>;

/// What comes with sponsors, objections and execution.
#[derive(Default)]
pub(super) struct Afterwards {
    /// The steps that raise the version.
    pub(super) steps: Told,
    /// What was told beside them.
    pub(super) beside: Told,
    /// Steps whose events went with a person who was erased.
    pub(super) erased: usize,
}

/// What one proposal has told of all this, by its rows.
pub(super) fn afterwards(rows: &Rows, proposal: &Proposal) -> Afterwards {
    let key = (proposal.coop_id, proposal.id);
    let zero = Some(Hash32::ZERO);
    let mut all = Afterwards::default();
    let sponsors = rows
        .proposal_sponsor
        .iter()
        .filter(|row| (row.coop_id, row.proposal_id) == key);
    all.beside
        .extend(sponsors.map(|row| (EventKind::ProposalSponsored, vec![some_actor(row.member_id)])));
    of_notices(rows, key, &mut all);
    of_contests(rows, key, &mut all);
    of_schedules(rows, key, &mut all);
    let Afterwards {
        mut steps,
        mut beside,
        erased,
    } = all;
    if let (Some(until), Some(ballot)) = (proposal.extended_until, proposal.extended_by_ballot) {
        let words = vec![zero, number(ballot), number(until.timestamp())];
        steps.push((EventKind::VotingExtended, words));
    }
    let objections: Vec<_> = rows
        .proposal_objection
        .iter()
        .filter(|row| (row.coop_id, row.proposal_id) == key)
        .collect();
    let told = objections.iter().filter(|row| !forgotten(rows, row.member_id));
    beside.extend(told.map(|row| {
        let words = vec![some_actor(row.member_id), text(&row.reason)];
        (EventKind::ObjectionRaised, words)
    }));
    if proposal.objection_until.is_some() && proposal.state != "objection" {
        let verdict = if proposal.state == "rejected" && proposal.execute_after.is_none() {
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
    Afterwards { steps, beside, erased }
}

/// Whom it would expel, what they were told and what they replied.
fn of_notices(rows: &Rows, key: (Uuid, Uuid), all: &mut Afterwards) {
    let of_it = rows.expulsion_notice.iter();
    for notice in of_it.filter(|row| (row.coop_id, row.proposal_id) == key) {
        let who = some_actor(notice.member_id);
        let words = vec![None, who, text(&notice.grounds), number(notice.reply_until.timestamp())];
        all.beside.push((EventKind::NoticeGiven, words));
        if let Some(reply) = &notice.reply {
            // The hash of the words of a person who was erased stays, and the words do not.
            let words = text(reply).filter(|_| !forgotten(rows, notice.member_id));
            all.steps.push((EventKind::NoticeReplied, vec![who, words]));
        }
    }
}

/// Who contested the result, and what they were answered.
fn of_contests(rows: &Rows, key: (Uuid, Uuid), all: &mut Afterwards) {
    let of_it = rows.proposal_contest.iter();
    for contest in of_it.filter(|row| (row.coop_id, row.proposal_id) == key) {
        let who = some_actor(contest.member_id);
        let mut told = vec![(EventKind::ContestRaised, vec![who, text(&contest.reason)])];
        if let (Some(verdict), Some(reason)) = (&contest.verdict, &contest.verdict_reason) {
            let ended = vec![Some(actor(contest.decided_by)), who, text(verdict), text(reason)];
            told.push((EventKind::ContestEnded, ended));
        }
        if forgotten(rows, contest.member_id) {
            all.erased += told.len();
        } else {
            all.steps.extend(told);
        }
    }
}

/// When voting was to open by itself, and what became of that.
fn of_schedules(rows: &Rows, key: (Uuid, Uuid), all: &mut Afterwards) {
    let of_it = rows.proposal_schedule.iter();
    for set in of_it.filter(|row| (row.coop_id, row.proposal_id) == key) {
        let times = [number(set.opens_at.timestamp()), number(set.closes_at.timestamp())];
        let words = vec![some_actor(set.scheduled_by), times[0], times[1]];
        all.steps.push((EventKind::OpeningScheduled, words));
        let why = |reason: &str| vec![Some(actor(set.ended_by)), text(reason)];
        match (set.outcome.as_str(), set.reason.as_deref()) {
            ("cancelled", Some(reason)) => all.steps.push((EventKind::OpeningUnscheduled, why(reason))),
            ("refused", Some(reason)) => all.steps.push((EventKind::OpeningRefused, why(reason))),
            // The change itself makes the version.
            ("edited", Some(reason)) => all.beside.push((EventKind::OpeningUnscheduled, why(reason))),
            _ => {}
        }
    }
}

/// What a person said who was erased went with the event that told of it.
fn forgotten(rows: &Rows, member: Uuid) -> bool {
    rows.erasure.iter().any(|erasure| erasure.subject == member)
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

/// Whoever contests a result in time must be heard before anything of it is done.
fn nothing_was_executed_that_was_contested(evidence: &Evidence) -> Vec<String> {
    let rows = &evidence.rows;
    let executed = |coop, id| {
        rows.proposal(coop, id)
            .is_some_and(|proposal| proposal.state == "executed")
    };
    rows.proposal_contest
        .iter()
        .filter(|contest| {
            contest.verdict.as_deref() != Some("dismissed") && executed(contest.coop_id, contest.proposal_id)
        })
        .map(|contest| {
            let (proposal, member) = (contest.proposal_id, contest.member_id);
            format!("{proposal} was executed although {member} contests it")
        })
        .collect()
}

pub(super) fn what_was_executed_happened_once_with_its_events(evidence: &Evidence) -> Vec<String> {
    let rows = &evidence.rows;
    let mut found = nothing_was_executed_that_was_contested(evidence);
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
