//! How payments and payout cycles end: kinds, subjects and facts.

use uuid::Uuid;

use super::EventKind;
use super::words::text;
use crate::hash::Hash32;
use crate::id::{JournalId, MemberId, PaymentStatementId, PayoutCycleId};

/// How a payment or a cycle ended, or who wants it to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the kinds say what each is, and docs/record.md what each fact means"
)]
pub enum SettlementEvent<'a> {
    Stated {
        statement: PaymentStatementId,
        cycle: PayoutCycleId,
        member: MemberId,
        outcome: &'a str,
        document: Hash32,
    },
    Judged {
        statement: PaymentStatementId,
        is_right: bool,
    },
    Carried {
        cycle: PayoutCycleId,
        member: MemberId,
        reason: &'a str,
    },
    ClosingAsked {
        cycle: PayoutCycleId,
    },
    Closed {
        cycle: PayoutCycleId,
    },
    ClosingWithdrawn {
        cycle: PayoutCycleId,
    },
    ReversalAsked {
        cycle: PayoutCycleId,
        reason: &'a str,
    },
    Reversed {
        cycle: PayoutCycleId,
        journal: JournalId,
    },
    ReversalWithdrawn {
        cycle: PayoutCycleId,
    },
}

impl SettlementEvent<'_> {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::Stated { .. } => EventKind::PaymentStated,
            Self::Judged { .. } => EventKind::PaymentJudged,
            Self::Carried { .. } => EventKind::PaymentCarried,
            Self::ClosingAsked { .. } => EventKind::PayoutClosingAsked,
            Self::Closed { .. } => EventKind::PayoutCycleClosed,
            Self::ReversalAsked { .. } => EventKind::PayoutReversalAsked,
            Self::Reversed { .. } => EventKind::PayoutCycleReversed,
            Self::ClosingWithdrawn { .. } => EventKind::PayoutClosingWithdrawn,
            Self::ReversalWithdrawn { .. } => EventKind::PayoutReversalWithdrawn,
        }
    }

    /// What it happened to.
    #[must_use]
    pub const fn subject(&self) -> Uuid {
        match self {
            Self::Stated { statement, .. } | Self::Judged { statement, .. } => statement.uuid(),
            Self::Carried { cycle, .. }
            | Self::ClosingAsked { cycle }
            | Self::Closed { cycle }
            | Self::ClosingWithdrawn { cycle }
            | Self::ReversalWithdrawn { cycle }
            | Self::ReversalAsked { cycle, .. }
            | Self::Reversed { cycle, .. } => cycle.uuid(),
        }
    }

    pub(super) fn facts(&self) -> Vec<Hash32> {
        match *self {
            Self::Stated {
                cycle,
                member,
                outcome,
                document,
                ..
            } => vec![cycle.word(), member.word(), text(outcome), document],
            Self::Judged { is_right, .. } => vec![text(if is_right { "right" } else { "wrong" })],
            Self::Carried { member, reason, .. } => vec![member.word(), text(reason)],
            Self::ClosingAsked { .. }
            | Self::Closed { .. }
            | Self::ClosingWithdrawn { .. }
            | Self::ReversalWithdrawn { .. } => Vec::new(),
            Self::ReversalAsked { reason, .. } => vec![text(reason)],
            Self::Reversed { journal, .. } => vec![journal.word()],
        }
    }
}
