//! Money beside payout cycles: only decisions set its terms, and whatever moved left its event.

use governance::action::Action;
use governance::event::EventKind;
use governance::hash::Hash32;
use governance::id::ProposalId;
use governance::money::MoneyTerms;
use uuid::Uuid;

use super::events::{Pattern, actor, number, some_actor, text};
use super::rows::{Bill, Rows};
use super::{Evidence, Invariant, invariant};

pub(super) const INVARIANTS: &[Invariant] = &[
    invariant!(
        "41d",
        money_terms_are_what_decisions_set,
        "All terms of money stand as an action of an executed decision, hash to their hash, and follow the version before by number and hash."
    ),
    invariant!(
        "41e",
        paid_bills_were_approved_by_others,
        "Each posted bill has as many approvals of its digest as it needs, and none by who prepared it."
    ),
];

fn money_terms_are_what_decisions_set(evidence: &Evidence) -> Vec<String> {
    let rows = &evidence.rows;
    let mut found = Vec::new();
    for row in &rows.money_terms {
        let before = rows
            .money_terms
            .iter()
            .find(|other| (other.coop_id, other.version + 1) == (row.coop_id, row.version));
        let follows = match before {
            Some(before) => row.supersedes.as_ref() == Some(&before.terms_hash),
            None => row.version == 1 && row.supersedes.is_none(),
        };
        let is_set = |terms: &MoneyTerms| {
            let namespace = rows.coop(row.coop_id).map(|coop| coop.namespace.word());
            let planned = rows
                .proposal
                .iter()
                .filter(|proposal| (proposal.coop_id, proposal.id) == (row.coop_id, row.proposal_id))
                .filter(|proposal| proposal.state == "executed")
                .flat_map(|proposal| proposal.planned());
            let mut acts = planned.map(|each| each.act);
            terms.hash(namespace.unwrap_or_default()) == row.terms_hash.word()
                && acts.any(|act| matches!(act, Action::SetMoneyTerms { terms: voted, .. } if *voted == *terms))
        };
        let terms: Option<MoneyTerms> = serde_json::from_value(row.content.clone()).ok();
        if !follows || !terms.is_some_and(|terms| is_set(&terms)) {
            found.push(format!("version {} of the terms was not set so", row.version));
        }
    }
    found
}

/// What was told of money: the co-op, the kind, the subject, the words.
pub(super) fn told(rows: &Rows) -> Vec<(Uuid, EventKind, Uuid, Pattern)> {
    let word = |id: Uuid| Some(Hash32::left_padded(id.as_bytes()));
    let set = rows.money_terms.iter().map(|terms| {
        let proposal = Some(ProposalId::from_uuid(terms.proposal_id).word());
        let words = vec![
            Some(Hash32::ZERO),
            number(terms.version),
            Some(terms.terms_hash.word()),
            proposal,
        ];
        (terms.coop_id, EventKind::MoneyTermsSet, terms.coop_id, words)
    });
    let moved = rows.share_movement.iter().map(|row| {
        let words = vec![
            some_actor(row.actor_id),
            text(&row.kind),
            word(row.member_id),
            number(row.shares),
            number(row.amount),
            word(row.journal_id),
        ];
        (row.coop_id, EventKind::SharesMoved, row.id, words)
    });
    let credited = rows.share_interest.iter().map(|row| {
        let words = vec![
            some_actor(row.actor_id),
            number(row.year),
            number(row.total),
            None,
            word(row.journal_id),
        ];
        (row.coop_id, EventKind::ShareInterestCredited, row.coop_id, words)
    });
    let issued = rows.money_document.iter().map(|row| {
        let words = vec![
            some_actor(row.actor_id),
            text(&row.kind),
            Some(row.digest.word()),
            word(row.journal_id),
        ];
        (row.coop_id, EventKind::DocumentIssued, row.id, words)
    });
    let received = rows.incoming_payment.iter().map(|row| {
        let member = row.member_id.map_or(Some(Hash32::ZERO), word);
        let words = vec![
            some_actor(row.actor_id),
            member,
            number(row.amount),
            word(row.journal_id),
        ];
        (row.coop_id, EventKind::PaymentReceived, row.id, words)
    });
    let mut told: Vec<_> = set.chain(moved).chain(credited).chain(issued).chain(received).collect();
    told.extend(rows.year_close.iter().map(|row| {
        let journal = row.journal_id.map_or(Some(Hash32::ZERO), word);
        let words = vec![
            some_actor(row.closed_by),
            number(row.year),
            Some(row.digest.word()),
            journal,
        ];
        (row.coop_id, EventKind::YearClosed, row.coop_id, words)
    }));
    told.extend(rows.bill.iter().flat_map(|bill| of_bill(rows, bill)));
    told
}

fn of_bill(rows: &Rows, bill: &Bill) -> Vec<(Uuid, EventKind, Uuid, Pattern)> {
    let word = |id: Uuid| Some(Hash32::left_padded(id.as_bytes()));
    let digest = Some(bill.digest.word());
    let prepared = vec![some_actor(bill.prepared_by), digest, number(bill.approvals_needed)];
    let mut told = vec![(EventKind::BillPrepared, prepared)];
    for approval in rows.bill_approval.iter().filter(|approval| approval.bill_id == bill.id) {
        let words = vec![some_actor(approval.member_id), Some(approval.digest.word())];
        told.push((EventKind::BillApproved, words));
    }
    if let Some(journal) = bill.journal_id {
        // Who approved last posted it.
        told.push((EventKind::BillPosted, vec![None, word(journal), digest]));
    }
    if let Some(journal) = bill.payment_journal_id {
        told.push((EventKind::BillPaid, vec![Some(actor(bill.paid_by)), word(journal)]));
    }
    if let Some(reason) = &bill.cancel_reason {
        told.push((
            EventKind::BillCancelled,
            vec![Some(actor(bill.cancelled_by)), text(reason)],
        ));
    }
    told.into_iter()
        .map(|(kind, words)| (bill.coop_id, kind, bill.id, words))
        .collect()
}

fn paid_bills_were_approved_by_others(evidence: &Evidence) -> Vec<String> {
    let rows = &evidence.rows;
    let found = rows
        .bill
        .iter()
        .filter(|bill| bill.journal_id.is_some())
        .filter(|bill| {
            let approvals: Vec<_> = rows
                .bill_approval
                .iter()
                .filter(|approval| approval.bill_id == bill.id)
                .collect();
            let is_right = approvals
                .iter()
                .all(|approval| approval.member_id != bill.prepared_by && approval.digest == bill.digest);
            !is_right || i64::try_from(approvals.len()).unwrap_or_default() < bill.approvals_needed
        });
    found
        .map(|bill| format!("bill {} was posted without what it needs", bill.id))
        .collect()
}
