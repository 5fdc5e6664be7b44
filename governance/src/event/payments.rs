//! What is told of payments, as words.

use super::Event;
use super::words::{number, text};
use crate::hash::Hash32;

impl Event<'_> {
    pub(super) fn facts_of_payments(&self) -> Vec<Hash32> {
        match *self {
            Self::PayeeChanged {
                version,
                rail,
                digest,
                usable_at,
                ..
            } => vec![number(version.into()), text(rail), digest, number(usable_at.0)],
            Self::PayeeConfirmed { version, .. } => vec![number(version.into())],
            Self::BankAccountAdded { iban, .. } => vec![text(iban)],
            Self::PaymentsIssued {
                journal,
                payments,
                total,
                ..
            } => vec![journal.word(), number(payments.into()), number(total)],
            Self::PaymentFilePrepared {
                cycle,
                message,
                digest,
                transfers,
                total,
                ..
            } => vec![
                cycle.word(),
                text(message),
                digest,
                number(transfers.into()),
                number(total),
            ],
            Self::PaymentFileReleased { digest, .. } => vec![digest],
            Self::PaymentFileWithdrawn { reason, .. } => vec![text(reason)],
            Self::BankFileImported {
                digest, kind, items, ..
            } => vec![digest, text(kind), number(items.into())],
            _ => Vec::new(),
        }
    }
}
