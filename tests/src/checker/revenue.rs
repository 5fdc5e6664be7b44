//! How revenue is shared: only decisions adopted the rules, each as it was voted on, one after the other.

use governance::action::Action;
use governance::event::EventKind;
use governance::hash::{Hash32, keccak256};
use governance::id::ProposalId;
use governance::revenue::RevenueRule;
use uuid::Uuid;

use super::events::{Pattern, actor, number, registrations, some_actor, text};
use super::rows::{Bytes, PayoutCycle, Rows};
use super::{Evidence, Invariant, invariant};

pub(super) const INVARIANTS: &[Invariant] = &[
    invariant!(
        "41a",
        revenue_rules_are_what_decisions_adopted,
        "Each revenue rule stands as an action of an executed decision, hashes to its hash, and follows the version before by number, by hash \
         and in time."
    ),
    invariant!(
        "41b",
        posted_cycles_were_approved_by_others,
        "Each posted cycle has as many approvals of its digests as it needs, none by who prepared it, and a transaction of its own; no cycle \
         gives members more than it shares."
    ),
];

fn posted_cycles_were_approved_by_others(evidence: &Evidence) -> Vec<String> {
    let rows = &evidence.rows;
    let mut found = Vec::new();
    for cycle in &rows.payout_cycle {
        let of = |coop: Uuid, id: Uuid| (coop, id) == (cycle.coop_id, cycle.id);
        let given: i128 = rows
            .payout
            .iter()
            .filter(|payout| of(payout.coop_id, payout.cycle_id))
            .map(|payout| i128::from(payout.accrued))
            .sum();
        if given > i128::from(cycle.revenue.unwrap_or_default()) {
            found.push(format!("cycle {} gives more than it shares", cycle.id));
        }
        if cycle.state != "posted" {
            continue;
        }
        let prepared = [
            Some(cycle.opened_by),
            cycle.frozen_by,
            cycle.computed_by,
            cycle.proposed_by,
        ];
        let approvals: Vec<_> = rows
            .payout_approval
            .iter()
            .filter(|approval| of(approval.coop_id, approval.cycle_id))
            .collect();
        let is_right = approvals.iter().all(|approval| {
            !prepared.contains(&Some(approval.member_id))
                && Some(&approval.digest) == cycle.digest.as_ref()
                && Some(&approval.payout_digest) == cycle.payout_digest.as_ref()
        });
        let enough = i64::try_from(approvals.len()).unwrap_or_default() >= cycle.approvals_needed.unwrap_or(i64::MAX);
        let journals = rows
            .journal
            .iter()
            .filter(|journal| Some(journal.id) == cycle.journal_id);
        if !is_right || !enough || journals.filter(|journal| journal.kind == "cycle").count() != 1 {
            found.push(format!("cycle {} was posted without what it needs", cycle.id));
        }
    }
    found
}

fn revenue_rules_are_what_decisions_adopted(evidence: &Evidence) -> Vec<String> {
    let rows = &evidence.rows;
    let mut found = Vec::new();
    for row in &rows.revenue_rule {
        let before = rows
            .revenue_rule
            .iter()
            .find(|other| (other.coop_id, other.version + 1) == (row.coop_id, row.version));
        let follows = match before {
            Some(before) => {
                row.supersedes.as_ref() == Some(&before.rule_hash) && row.effective_at >= before.effective_at
            }
            None => row.version == 1 && row.supersedes.is_none(),
        };
        let adopted = |rule: &RevenueRule| {
            let namespace = rows
                .coop(row.coop_id)
                .map(|coop| coop.namespace.word())
                .unwrap_or_default();
            let planned = rows
                .proposal
                .iter()
                .filter(|proposal| (proposal.coop_id, proposal.id) == (row.coop_id, row.proposal_id))
                .filter(|proposal| proposal.state == "executed")
                .flat_map(|proposal| proposal.planned());
            let mut acts = planned.map(|each| each.act);
            rule.hash(namespace) == row.rule_hash.word()
                && acts.any(|act| matches!(act, Action::AdoptRevenueRule { rule: voted, .. } if *voted == *rule))
        };
        let rule: Option<RevenueRule> = serde_json::from_value(row.content.clone()).ok();
        if !follows || !rule.is_some_and(|rule| adopted(&rule)) {
            found.push(format!("version {} of the rule was not adopted so", row.version));
        }
    }
    found
}

/// What rules told: the co-op, the kind, the subject, the words.
pub(super) fn told(rows: &Rows) -> Vec<(Uuid, EventKind, Uuid, Pattern)> {
    let adopted = rows.revenue_rule.iter().map(|rule| {
        let words = vec![
            Some(Hash32::ZERO),
            number(rule.version),
            Some(rule.rule_hash.word()),
            number(rule.effective_at.timestamp()),
            Some(ProposalId::from_uuid(rule.proposal_id).word()),
        ];
        (rule.coop_id, EventKind::RevenueRuleAdopted, rule.coop_id, words)
    });
    let mut told: Vec<_> = adopted.collect();
    told.extend(of_contributions(rows));
    told.extend(rows.member_tax_profile.iter().map(|row| {
        let words = vec![some_actor(row.set_by), number(row.number)];
        (row.coop_id, EventKind::TaxProfileSet, row.member_id, words)
    }));
    told.extend(rows.payout_cycle.iter().flat_map(|cycle| of_cycle(rows, cycle)));
    told
}

fn of_contributions(rows: &Rows) -> Vec<(Uuid, EventKind, Uuid, Pattern)> {
    let word = |id: Option<Uuid>| Some(id.map_or(Hash32::ZERO, |id| Hash32::left_padded(id.as_bytes())));
    let submitted = rows.contribution_snapshot.iter().map(|row| {
        let words = vec![
            some_actor(row.submitted_by),
            text(&row.metric),
            Some(row.digest.word()),
            None,
            word(row.replaces),
        ];
        (row.coop_id, EventKind::ContributionsSubmitted, row.id, words)
    });
    let registered = registrations(rows);
    let signed = rows.contribution_signature.iter().map(|row| {
        let by = |id: Uuid| rows.contribution_snapshot.iter().find(|one| one.id == id);
        let of = |id: Uuid| rows.contribution_record.iter().find(|one| one.snapshot_id == id);
        let words = vec![
            Some(actor(by(row.snapshot_id).map(|one| one.submitted_by))),
            of(row.snapshot_id).map(|one| one.record_hash.word()),
            registered.get(&row.key_id).copied(),
            Some(keccak256(&row.signature.0)),
        ];
        (row.coop_id, EventKind::ContributionsSigned, row.snapshot_id, words)
    });
    // What a person said who was erased went with the event that told of it, and so did what they were answered.
    let is_told = |member: Uuid| !rows.erasure.iter().any(|erasure| erasure.subject == member);
    let disputed = rows
        .contribution_dispute
        .iter()
        .filter(|row| is_told(row.member_id))
        .map(|row| {
            let words = vec![some_actor(row.member_id), text(&row.reason)];
            (row.coop_id, EventKind::ContributionDisputed, row.snapshot_id, words)
        });
    let decided = rows
        .contribution_ruling
        .iter()
        .filter(|row| is_told(row.member_id))
        .map(|row| {
            let ruling = if row.is_upheld { "upheld" } else { "declined" };
            let words = vec![
                some_actor(row.ruled_by),
                word(Some(row.member_id)),
                text(ruling),
                text(&row.reason),
            ];
            (row.coop_id, EventKind::DisputeDecided, row.snapshot_id, words)
        });
    submitted.chain(signed).chain(disputed).chain(decided).collect()
}

fn of_cycle(rows: &Rows, cycle: &PayoutCycle) -> Vec<(Uuid, EventKind, Uuid, Pattern)> {
    let by = |member: Option<Uuid>| Some(actor(member));
    let digest = cycle.digest.as_ref().map(Bytes::word);
    let paid = cycle.payout_digest.as_ref().map(Bytes::word);
    let opened = vec![
        some_actor(cycle.opened_by),
        text(&cycle.period),
        Some(cycle.rule_hash.word()),
        Some(cycle.word.word()),
    ];
    let mut told = vec![(EventKind::PayoutCycleOpened, opened)];
    if let (Some(revenue), Some(members), Some(upto)) = (cycle.revenue, cycle.members, cycle.journal_upto) {
        let words = vec![by(cycle.frozen_by), number(revenue), number(members), number(upto)];
        told.push((EventKind::PayoutCycleFrozen, words));
    }
    if digest.is_some() {
        told.push((
            EventKind::PayoutCycleComputed,
            vec![by(cycle.computed_by), digest, paid],
        ));
    }
    if cycle.verified_at.is_some() {
        told.push((EventKind::PayoutCycleVerified, vec![None, digest, paid]));
    }
    if let Some(needed) = cycle.approvals_needed {
        told.push((
            EventKind::PayoutCycleProposed,
            vec![by(cycle.proposed_by), digest, number(needed)],
        ));
    }
    for approval in rows
        .payout_approval
        .iter()
        .filter(|approval| approval.cycle_id == cycle.id)
    {
        let words = vec![
            some_actor(approval.member_id),
            Some(approval.digest.word()),
            Some(approval.payout_digest.word()),
        ];
        told.push((EventKind::PayoutCycleApproved, words));
    }
    if let Some(journal) = cycle.journal_id {
        let journal = Some(Hash32::left_padded(journal.as_bytes()));
        told.push((EventKind::PayoutCyclePosted, vec![by(cycle.posted_by), journal, digest]));
    }
    if let Some(reason) = &cycle.cancel_reason {
        told.push((
            EventKind::PayoutCycleCancelled,
            vec![by(cycle.cancelled_by), text(reason)],
        ));
    }
    told.into_iter()
        .map(|(kind, words)| (cycle.coop_id, kind, cycle.id, words))
        .collect()
}
