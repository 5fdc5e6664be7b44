//! What is told of snapshots of contributions: kinds and facts. The subject of each is the snapshot.

use super::EventKind;
use super::words::{number, text};
use crate::hash::{Hash32, keccak256};
use crate::id::{ContributionId, MemberId};
use crate::time::Timestamp;

/// What happened to a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the kinds say what each is, and docs/record.md what each fact means"
)]
pub enum ContributionEvent<'a> {
    Submitted {
        metric: &'a str,
        digest: Hash32,
        challenge_until: Timestamp,
        replaces: Option<ContributionId>,
    },
    Signed {
        record: Hash32,
        registration: Hash32,
        signature: &'a [u8],
    },
    Disputed {
        reason: &'a str,
    },
    DisputeDecided {
        member: MemberId,
        upheld: bool,
        reason: &'a str,
    },
}

impl ContributionEvent<'_> {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::Submitted { .. } => EventKind::ContributionsSubmitted,
            Self::Signed { .. } => EventKind::ContributionsSigned,
            Self::Disputed { .. } => EventKind::ContributionDisputed,
            Self::DisputeDecided { .. } => EventKind::DisputeDecided,
        }
    }

    pub(super) fn facts(&self) -> Vec<Hash32> {
        match *self {
            Self::Submitted {
                metric,
                digest,
                challenge_until,
                replaces,
            } => {
                let replaced = replaces.map_or(Hash32::ZERO, |id| id.word());
                vec![text(metric), digest, number(challenge_until.0), replaced]
            }
            Self::Signed {
                record,
                registration,
                signature,
            } => vec![record, registration, keccak256(signature)],
            Self::Disputed { reason } => vec![text(reason)],
            Self::DisputeDecided { member, upheld, reason } => {
                let ruling = text(if upheld { "upheld" } else { "declined" });
                vec![member.word(), ruling, text(reason)]
            }
        }
    }
}
