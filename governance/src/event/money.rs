//! What happens with money beside payout cycles: kinds, subjects and facts.

use uuid::Uuid;

use super::EventKind;
use super::words::{number, text};
use crate::hash::Hash32;
use crate::id::{BillId, CoopId, DocumentId, IncomingPaymentId, JournalId, MemberId, ProposalId, ShareMovementId};
use crate::money::{DocumentKind, ShareMove};

/// What happened with money, with its facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the kinds say what each is, and docs/record.md what each fact means"
)]
pub enum MoneyEvent {
    TermsSet {
        coop: CoopId,
        version: u64,
        terms: Hash32,
        proposal: ProposalId,
    },
    SharesMoved {
        movement: ShareMovementId,
        kind: ShareMove,
        member: MemberId,
        shares: u64,
        amount: u64,
        journal: JournalId,
    },
    InterestCredited {
        coop: CoopId,
        year: u16,
        total: u64,
        members: u32,
        journal: JournalId,
    },
    DocumentIssued {
        document: DocumentId,
        kind: DocumentKind,
        digest: Hash32,
        journal: JournalId,
    },
    PaymentReceived {
        payment: IncomingPaymentId,
        member: Option<MemberId>,
        amount: u64,
        journal: JournalId,
    },
    BillPrepared {
        bill: BillId,
        digest: Hash32,
        approvals: u16,
    },
    BillApproved {
        bill: BillId,
        digest: Hash32,
    },
    BillPosted {
        bill: BillId,
        journal: JournalId,
        digest: Hash32,
    },
    BillPaid {
        bill: BillId,
        journal: JournalId,
    },
    BillCancelled {
        bill: BillId,
        reason: Hash32,
    },
    YearClosed {
        coop: CoopId,
        year: u16,
        digest: Hash32,
        journal: Option<JournalId>,
    },
}

impl MoneyEvent {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::TermsSet { .. } => EventKind::MoneyTermsSet,
            Self::SharesMoved { .. } => EventKind::SharesMoved,
            Self::InterestCredited { .. } => EventKind::ShareInterestCredited,
            Self::DocumentIssued { .. } => EventKind::DocumentIssued,
            Self::PaymentReceived { .. } => EventKind::PaymentReceived,
            Self::BillPrepared { .. } => EventKind::BillPrepared,
            Self::BillApproved { .. } => EventKind::BillApproved,
            Self::BillPosted { .. } => EventKind::BillPosted,
            Self::BillPaid { .. } => EventKind::BillPaid,
            Self::BillCancelled { .. } => EventKind::BillCancelled,
            Self::YearClosed { .. } => EventKind::YearClosed,
        }
    }

    /// What it happened to.
    #[must_use]
    pub const fn subject(&self) -> Uuid {
        match self {
            Self::TermsSet { coop, .. } | Self::InterestCredited { coop, .. } | Self::YearClosed { coop, .. } => {
                coop.uuid()
            }
            Self::SharesMoved { movement, .. } => movement.uuid(),
            Self::DocumentIssued { document, .. } => document.uuid(),
            Self::PaymentReceived { payment, .. } => payment.uuid(),
            Self::BillPrepared { bill, .. }
            | Self::BillApproved { bill, .. }
            | Self::BillPosted { bill, .. }
            | Self::BillPaid { bill, .. }
            | Self::BillCancelled { bill, .. } => bill.uuid(),
        }
    }

    pub(super) fn facts(&self) -> Vec<Hash32> {
        match *self {
            Self::TermsSet {
                version,
                terms,
                proposal,
                ..
            } => vec![number(version), terms, proposal.word()],
            Self::SharesMoved {
                kind,
                member,
                shares,
                amount,
                journal,
                ..
            } => vec![
                text(kind.name()),
                member.word(),
                number(shares),
                number(amount),
                journal.word(),
            ],
            Self::InterestCredited {
                year,
                total,
                members,
                journal,
                ..
            } => vec![
                number(u64::from(year)),
                number(total),
                number(u64::from(members)),
                journal.word(),
            ],
            Self::DocumentIssued {
                kind, digest, journal, ..
            } => vec![text(kind.name()), digest, journal.word()],
            Self::PaymentReceived {
                member,
                amount,
                journal,
                ..
            } => vec![
                member.map_or(Hash32::ZERO, |member| member.word()),
                number(amount),
                journal.word(),
            ],
            Self::BillPrepared { digest, approvals, .. } => vec![digest, number(u64::from(approvals))],
            Self::BillApproved { digest, .. } => vec![digest],
            Self::BillPosted { journal, digest, .. } => vec![journal.word(), digest],
            Self::BillPaid { journal, .. } => vec![journal.word()],
            Self::BillCancelled { reason, .. } => vec![reason],
            Self::YearClosed {
                year, digest, journal, ..
            } => vec![
                number(u64::from(year)),
                digest,
                journal.map_or(Hash32::ZERO, |journal| journal.word()),
            ],
        }
    }
}
