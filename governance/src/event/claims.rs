//! What is told of payments by claim on a chain: kinds, subjects and facts.

use uuid::Uuid;

use super::EventKind;
use super::words::{number, text};
use crate::hash::Hash32;
use crate::id::{LedgerAccountId, PaymentFileId};
use crate::ledger::ClaimPlace;

/// What happened to a distributor or a root. What was claimed is told by the transaction that notes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the kinds say what each is, and docs/record.md what each fact means"
)]
pub enum ClaimEvent<'a> {
    DistributorAdded {
        account: LedgerAccountId,
        place: ClaimPlace,
        digits: u8,
    },
    RootMoved {
        file: PaymentFileId,
        state: &'a str,
        epoch: u64,
        block: u64,
    },
    ForeignRootNoted {
        account: LedgerAccountId,
        epoch: u64,
        root: Hash32,
        block: u64,
    },
    ForeignRootEnded {
        account: LedgerAccountId,
        epoch: u64,
        block: u64,
    },
    GiveUpAsked {
        file: PaymentFileId,
        reason: &'a str,
    },
}

impl ClaimEvent<'_> {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::DistributorAdded { .. } => EventKind::DistributorAdded,
            Self::RootMoved { .. } => EventKind::ClaimRootMoved,
            Self::ForeignRootNoted { .. } => EventKind::ForeignRootNoted,
            Self::ForeignRootEnded { .. } => EventKind::ForeignRootEnded,
            Self::GiveUpAsked { .. } => EventKind::ClaimRootGiveUpAsked,
        }
    }

    /// What it happened to.
    #[must_use]
    pub const fn subject(&self) -> Uuid {
        match self {
            Self::DistributorAdded { account, .. }
            | Self::ForeignRootNoted { account, .. }
            | Self::ForeignRootEnded { account, .. } => account.uuid(),
            Self::RootMoved { file, .. } | Self::GiveUpAsked { file, .. } => file.uuid(),
        }
    }

    pub(super) fn facts(&self) -> Vec<Hash32> {
        match *self {
            Self::DistributorAdded { place, digits, .. } => vec![
                number(place.chain_id),
                Hash32::left_padded(&place.distributor),
                Hash32::left_padded(&place.token),
                number(digits.into()),
            ],
            Self::RootMoved {
                state, epoch, block, ..
            } => vec![text(state), number(epoch), number(block)],
            Self::ForeignRootNoted { epoch, root, block, .. } => vec![number(epoch), root, number(block)],
            Self::ForeignRootEnded { epoch, block, .. } => vec![number(epoch), number(block)],
            Self::GiveUpAsked { reason, .. } => vec![text(reason)],
        }
    }
}
