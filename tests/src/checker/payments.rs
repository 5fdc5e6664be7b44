//! Payments of what cycles owe: where each stands is where its money lies in the books.

use governance::event::EventKind;
use governance::hash::Hash32;
use uuid::Uuid;

use super::events::{Pattern, number, some_actor, text};
use super::rows::{Payment, PaymentFile, Rows};
use super::{Evidence, Invariant, invariant};

pub(super) const INVARIANTS: &[Invariant] = &[invariant!(
    "41c",
    every_payment_lies_where_it_stands,
    "The books hold each payment as due until a bank is asked, as clearing until it says that it paid, and nowhere once it is paid or \
     carried; of its tries one at most pays, paid, or may still pay."
)];

/// Where the money of a payment lies by its tries: what is due, and what is clearing.
fn expected(rows: &Rows, payment: &Payment) -> Option<(i64, i64)> {
    let tries: Vec<&str> = rows
        .payment_attempt
        .iter()
        .filter(|attempt| (attempt.coop_id, attempt.payment_id) == (payment.coop_id, payment.id))
        .map(|attempt| attempt.state.as_str())
        .filter(|state| !["rejected", "returned", "withdrawn"].contains(state))
        .collect();
    match tries.as_slice() {
        [] if rows
            .payout_reversal
            .iter()
            .any(|undone| undone.cycle_id == payment.cycle_id && undone.journal_id.is_some()) =>
        {
            Some((0, 0))
        }
        [] | ["prepared"] => Some((payment.amount, 0)),
        ["submitted" | "accepted" | "unknown"] => Some((0, payment.amount)),
        ["settled"] => Some((0, 0)),
        _ => None,
    }
}

fn every_payment_lies_where_it_stands(evidence: &Evidence) -> Vec<String> {
    let rows = &evidence.rows;
    let held = |payment: &Payment, path: &str| -> i64 {
        let accounts: Vec<Uuid> = rows
            .ledger_account
            .iter()
            .filter(|account| account.coop_id == payment.coop_id && account.path == path)
            .map(|account| account.id)
            .collect();
        let entries = rows.journal_entry.iter().filter(|entry| {
            entry.coop_id == payment.coop_id
                && entry.reference == Some(payment.id)
                && accounts.contains(&entry.account_id)
        });
        -entries.map(|entry| entry.amount).sum::<i64>()
    };
    let wrong = rows.payment.iter().filter(|payment| {
        let lies = (
            held(payment, "liabilities:payments:due"),
            held(payment, "liabilities:payments:clearing"),
        );
        expected(rows, payment) != Some(lies)
    });
    wrong
        .map(|payment| format!("payment {} does not lie where it stands", payment.id))
        .collect()
}

fn word(id: Uuid) -> Option<Hash32> {
    Some(Hash32::left_padded(id.as_bytes()))
}

/// What payments told: the co-op, the kind, the subject, the words.
pub(super) fn told(rows: &Rows) -> Vec<(Uuid, EventKind, Uuid, Pattern)> {
    let changed = rows.payee.iter().map(|row| {
        let words = vec![
            some_actor(row.member_id),
            number(row.version),
            text(&row.rail),
            Some(row.digest.word()),
            number(row.usable_at.timestamp()),
        ];
        (row.coop_id, EventKind::PayeeChanged, row.member_id, words)
    });
    let confirmed = rows.payee_confirmation.iter().map(|row| {
        let words = vec![some_actor(row.confirmed_by), number(row.version)];
        (row.coop_id, EventKind::PayeeConfirmed, row.member_id, words)
    });
    let added = rows.bank_account.iter().map(|row| {
        let words = vec![some_actor(row.added_by), text(&row.iban)];
        (row.coop_id, EventKind::BankAccountAdded, row.ledger_account_id, words)
    });
    let issued = rows.payment_issue.iter().map(|row| {
        let words = vec![
            some_actor(row.issued_by),
            word(row.journal_id),
            number(row.payments),
            number(row.total),
        ];
        (row.coop_id, EventKind::PaymentsIssued, row.cycle_id, words)
    });
    let files = rows.payment_file.iter().flat_map(of_file);
    let files = files.chain(rows.bank_file.iter().map(|row| {
        let words = vec![
            some_actor(row.imported_by),
            Some(row.digest.word()),
            text(&row.kind),
            number(row.items),
        ];
        (row.coop_id, EventKind::BankFileImported, row.id, words)
    }));
    let files = files
        .chain(of_statements(rows))
        .chain(of_endings(rows))
        .chain(of_claims(rows));
    changed
        .chain(confirmed)
        .chain(added)
        .chain(issued)
        .chain(files)
        .collect()
}

fn of_file(file: &PaymentFile) -> Vec<(Uuid, EventKind, Uuid, Pattern)> {
    let prepared = vec![
        some_actor(file.prepared_by),
        word(file.cycle_id),
        text(&file.message),
        Some(file.digest.word()),
        number(file.transfers),
        number(file.total),
    ];
    let mut told = vec![(EventKind::PaymentFilePrepared, prepared)];
    if let Some(by) = file.released_by {
        let words = vec![some_actor(by), Some(file.digest.word())];
        told.push((EventKind::PaymentFileReleased, words));
    }
    if let (Some(by), Some(reason)) = (file.withdrawn_by, &file.withdraw_reason) {
        told.push((EventKind::PaymentFileWithdrawn, vec![some_actor(by), text(reason)]));
    }
    told.into_iter()
        .map(|(kind, words)| (file.coop_id, kind, file.id, words))
        .collect()
}

type Told = (Uuid, EventKind, Uuid, Pattern);

fn of_statements(rows: &Rows) -> Vec<Told> {
    let mut told = Vec::new();
    for row in &rows.payment_statement {
        let words = vec![
            some_actor(row.stated_by),
            None,
            None,
            text(&row.outcome),
            Some(row.document.word()),
        ];
        told.push((row.coop_id, EventKind::PaymentStated, row.id, words));
        if let (Some(by), Some(verdict)) = (row.confirmed_by, &row.verdict) {
            let words = vec![some_actor(by), text(verdict)];
            told.push((row.coop_id, EventKind::PaymentJudged, row.id, words));
        }
    }
    let carried = rows.payment_attempt.iter().filter(|attempt| attempt.rail == "carry");
    told.extend(carried.filter_map(|attempt| {
        let payment = rows.payment.iter().find(|payment| payment.id == attempt.payment_id)?;
        let words = vec![None, word(attempt.member_id), text(attempt.reason.as_deref()?)];
        Some((attempt.coop_id, EventKind::PaymentCarried, payment.cycle_id, words))
    }));
    told
}

fn of_endings(rows: &Rows) -> Vec<Told> {
    let mut told = Vec::new();
    for row in &rows.payment_closing {
        let asked = vec![some_actor(row.asked_by)];
        told.push((row.coop_id, EventKind::PayoutClosingAsked, row.cycle_id, asked));
        if let Some(by) = row.closed_by {
            let closed = vec![some_actor(by)];
            told.push((row.coop_id, EventKind::PayoutCycleClosed, row.cycle_id, closed));
        }
        if row.withdrawn_at.is_some() {
            let withdrawn = vec![some_actor(row.asked_by)];
            told.push((row.coop_id, EventKind::PayoutClosingWithdrawn, row.cycle_id, withdrawn));
        }
    }
    for row in &rows.payout_reversal {
        let asked = vec![some_actor(row.asked_by), text(&row.reason)];
        told.push((row.coop_id, EventKind::PayoutReversalAsked, row.cycle_id, asked));
        if let (Some(by), Some(journal)) = (row.reversed_by, row.journal_id) {
            let undone = vec![some_actor(by), word(journal)];
            told.push((row.coop_id, EventKind::PayoutCycleReversed, row.cycle_id, undone));
        }
        if row.withdrawn_at.is_some() {
            let withdrawn = vec![some_actor(row.asked_by)];
            told.push((row.coop_id, EventKind::PayoutReversalWithdrawn, row.cycle_id, withdrawn));
        }
    }
    told
}

fn of_claims(rows: &Rows) -> Vec<Told> {
    let added = rows.distributor.iter().map(|row| {
        let words = vec![
            some_actor(row.added_by),
            number(row.chain_id),
            Some(Hash32::left_padded(&row.contract.0)),
            Some(Hash32::left_padded(&row.token.0)),
            number(row.digits),
        ];
        (row.coop_id, EventKind::DistributorAdded, row.ledger_account_id, words)
    });
    let mut told: Vec<Told> = added.collect();
    for root in &rows.claim_root {
        let Some(epoch) = root.epoch else { continue };
        let file = rows.payment_file.iter().find(|file| file.id == root.file_id);
        let by = file.and_then(|file| file.released_by).and_then(some_actor);
        let ended = root.ended_block.map(|block| (root.state.as_str(), block));
        let queued = root.queued_block.map(|block| ("queued", block));
        let released = vec![by, text("released"), number(epoch), number(0)];
        told.push((root.coop_id, EventKind::ClaimRootMoved, root.file_id, released));
        for (state, block) in queued.into_iter().chain(ended) {
            let by = root.given_up_by.filter(|_| state == "given_up");
            let by = by.map_or(Some(Hash32::ZERO), some_actor);
            let words = vec![by, text(state), number(epoch), number(block)];
            told.push((root.coop_id, EventKind::ClaimRootMoved, root.file_id, words));
        }
        if let (Some(by), Some(reason)) = (root.give_up_asked_by, &root.give_up_reason) {
            let words = vec![some_actor(by), text(reason)];
            told.push((root.coop_id, EventKind::ClaimRootGiveUpAsked, root.file_id, words));
        }
    }
    for root in &rows.foreign_root {
        let account = root.distributor_id;
        let noted = vec![
            Some(Hash32::ZERO),
            number(root.epoch),
            Some(Hash32::left_padded(&root.root.0)),
            number(root.noted_block),
        ];
        told.push((root.coop_id, EventKind::ForeignRootNoted, account, noted));
        if let Some(block) = root.ended_block {
            let words = vec![Some(Hash32::ZERO), number(root.epoch), number(block)];
            told.push((root.coop_id, EventKind::ForeignRootEnded, account, words));
        }
    }
    told
}
