//! The life of a proposal: one way, and everything that belongs to a state is there with it.

use std::collections::BTreeMap;

use chrono::{TimeDelta, Utc};
use governance::action::actions_hash;
use governance::id::ProposalId;
use governance::record::{ProposalV1, Record as _, texts_hash};
use governance::rule::DecisionRule;
use serde_json::Value;
use server::services::opening::lot_commitment;
use uuid::Uuid;

use super::rows::{Bytes, Coop, Execution, Proposal};
use super::{Evidence, Invariant, invariant};

/// For how long jobs stay that are done.
const JOBS_KEPT: TimeDelta = TimeDelta::days(30);

pub(super) const INVARIANTS: &[Invariant] = &[
    invariant!(
        "6a",
        what_members_vote_on_is_what_was_frozen,
        "Text, options, rule, roll and times of an opened proposal still hash to the record made at the opening."
    ),
    invariant!(
        "6b",
        a_proposal_never_goes_back,
        "No proposal was seen in a state and later, or now, in an earlier or another final one."
    ),
    invariant!(
        "7",
        a_decision_is_whole,
        "Closed means marker and count asked for; decided means outcome, tally, record and bundle, each once; else none."
    ),
    invariant!(
        "L",
        nothing_due_is_left,
        "Once the jobs ran, none that is due is left, and no connection sits in an open transaction."
    ),
];

fn what_members_vote_on_is_what_was_frozen(evidence: &Evidence) -> Vec<String> {
    let opened = evidence.rows.proposal.iter().filter(|proposal| proposal.was_opened());
    opened
        .filter_map(|proposal| {
            let coop = evidence.rows.coop(proposal.coop_id)?;
            let is_same = frozen_hash(coop, proposal) == proposal.record_hash.as_ref().map(Bytes::word);
            let is_committed = proposal
                .lot_secret
                .as_ref()
                .and_then(|secret| secret.0.as_slice().try_into().ok())
                .is_some_and(|secret| Some(lot_commitment(&secret)) == proposal.salt.as_ref().map(Bytes::word));
            let wrong = match (is_same, is_committed) {
                (true, true) => return None,
                (false, _) => "is not what was frozen",
                (true, false) => "has another lot than it committed to",
            };
            Some(format!("{} {wrong}", proposal.id))
        })
        .collect()
}

fn frozen_hash(coop: &Coop, proposal: &Proposal) -> Option<governance::hash::Hash32> {
    let namespace = coop.namespace.word();
    let rule: DecisionRule = serde_json::from_value(proposal.rule.clone()).ok()?;
    let seconds = |at: Option<chrono::DateTime<chrono::Utc>>| u64::try_from(at?.timestamp()).ok();
    let record = ProposalV1 {
        namespace,
        proposal: ProposalId::from_uuid(proposal.id).word(),
        text: texts_hash([proposal.title.as_str(), proposal.body.as_str()]),
        options: texts_hash(proposal.options.iter().map(String::as_str)),
        actions: actions_hash(&proposal.planned(), namespace),
        rule: rule
            .record(namespace, proposal.rule_salt.as_ref()?.word())
            .struct_hash(),
        roll: proposal.roll_root.as_ref()?.word(),
        roll_count: proposal.roll_count?,
        roll_weight: u128::from(proposal.roll_weight?),
        opens_at: seconds(proposal.opens_at)?,
        closes_at: seconds(proposal.closes_at)?,
        secrecy: proposal.secrecy,
        salt: proposal.salt.as_ref()?.word(),
    };
    Some(record.struct_hash())
}

/// The step of the states that nothing follows.
const LAST_STEP: u8 = 8;

/// How far along a state is; two different states of the last step exclude each other.
fn step(state: &str) -> Option<u8> {
    match state {
        "draft" => Some(0),
        "admission" => Some(1),
        "discussion" => Some(2),
        "open" => Some(3),
        "closed" => Some(4),
        "objection" => Some(5),
        "queued" => Some(6),
        "execution_failed" => Some(7),
        "passed" | "executed" | "expired" | "rejected" | "no_quorum" | "tied" | "merged" | "withdrawn"
        | "cancelled" => Some(LAST_STEP),
        _ => None,
    }
}

fn may_follow(earlier: &str, later: &str) -> bool {
    match (step(earlier), step(later)) {
        (Some(LAST_STEP), Some(_)) => earlier == later,
        (Some(earlier), Some(later)) => earlier <= later,
        (None, _) | (_, None) => false,
    }
}

/// Every state in which a client saw a proposal: when it was asked, when answered, and the state.
fn sightings(evidence: &Evidence) -> BTreeMap<Uuid, Vec<(u64, u64, String)>> {
    let mut seen: BTreeMap<Uuid, Vec<(u64, u64, String)>> = BTreeMap::new();
    for entry in evidence.journal.iter().filter(|entry| entry.is_success()) {
        let Some(body) = entry.reply_json().filter(|_| entry.path.contains("/proposals")) else {
            continue;
        };
        let listed = body["items"].as_array().cloned().unwrap_or_default();
        for item in std::iter::once(&body).chain(&listed) {
            if let (Some(id), Some(state)) = (id_of(item), item["state"].as_str()) {
                let sighting = (entry.asked, entry.answered, state.to_owned());
                seen.entry(id).or_default().push(sighting);
            }
        }
    }
    seen
}

fn id_of(item: &Value) -> Option<Uuid> {
    item["id"].as_str()?.parse().ok()
}

fn a_proposal_never_goes_back(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    let seen = sightings(evidence);
    for proposal in &evidence.rows.proposal {
        let sightings = seen.get(&proposal.id).map(Vec::as_slice).unwrap_or_default();
        for (asked, answered, state) in sightings {
            let goes_back = sightings
                .iter()
                .find(|(later, _, next)| later > answered && !may_follow(state, next))
                .map(|(_, _, next)| next);
            let now = (!may_follow(state, &proposal.state)).then_some(&proposal.state);
            if let Some(next) = goes_back.or(now) {
                found.push(format!(
                    "{} was {state} (seen at {asked}) and later {next}",
                    proposal.id
                ));
            }
        }
    }
    found
}

fn a_decision_is_whole(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    for proposal in &evidence.rows.proposal {
        for (what, has, should) in parts(evidence, proposal) {
            if has != should {
                found.push(format!(
                    "{} is {} and has {has} {what}, not {should}",
                    proposal.id, proposal.state
                ));
            }
        }
    }
    found
}

/// What belongs to a proposal: how many there are and how many there should be.
fn parts(evidence: &Evidence, proposal: &Proposal) -> Vec<(&'static str, usize, usize)> {
    let rows = &evidence.rows;
    let is_closed = usize::from(proposal.state == "closed" || proposal.is_decided());
    let is_decided = usize::from(proposal.is_decided());
    let subject = ProposalId::from_uuid(proposal.id).word();
    let records = |kind: &str, hash: Option<&Bytes>| {
        rows.record
            .iter()
            .filter(|record| record.coop_id == proposal.coop_id && record.kind == kind)
            .filter(|record| record.subject.word() == subject && Some(&record.record_hash) == hash)
            .count()
    };
    let tally = rows.tally(proposal);
    let jobs = |kind: &str| {
        rows.job
            .iter()
            .filter(|job| (job.coop_id, job.subject_id) == (proposal.coop_id, proposal.id) && job.kind == kind)
            .count()
    };
    // Long after, jobs that are done are swept.
    let ended_at = proposal.closed_at.or(proposal.closes_at);
    let may_be_swept = ended_at.is_some_and(|ended_at| ended_at < Utc::now() - JOBS_KEPT);
    let jobs_expected = |kind: &str, expected: usize| {
        if may_be_swept {
            jobs(kind).min(expected)
        } else {
            expected
        }
    };
    let succeeded = |execution: &&Execution| {
        (execution.coop_id, execution.proposal_id) == (proposal.coop_id, proposal.id) && execution.outcome == "executed"
    };
    let mut parts = vec![
        (
            "successful executions",
            rows.execution.iter().filter(succeeded).count(),
            usize::from(proposal.state == "executed"),
        ),
        ("close markers", usize::from(proposal.close_marker.is_some()), is_closed),
        ("jobs to count", jobs("count"), jobs_expected("count", is_closed)),
        ("tallies", usize::from(tally.is_some()), is_decided),
        (
            "outcomes of its tally",
            usize::from(tally.is_some_and(|tally| tally.outcome == proposal.counted_outcome())),
            is_decided,
        ),
        (
            "records of its tally",
            records("TallyV1", tally.map(|tally| &tally.record_hash)),
            is_decided,
        ),
        (
            "records of itself",
            records("ProposalV1", proposal.record_hash.as_ref()),
            usize::from(proposal.was_opened()),
        ),
        (
            "jobs to close",
            jobs("close"),
            jobs_expected("close", usize::from(proposal.was_opened())),
        ),
    ];
    if evidence.asked_for_bundles {
        parts.push(("bundles", usize::from(evidence.bundle(proposal).is_some()), is_decided));
    }
    parts
}

fn nothing_due_is_left(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    if evidence.is_quiet {
        if evidence.due_jobs > 0 {
            found.push(format!("{} jobs are due and not done", evidence.due_jobs));
        }
        if evidence.open_transactions > 0 {
            found.push(format!(
                "{} connections sit in a transaction",
                evidence.open_transactions
            ));
        }
    }
    found
}
