//! States in the words in which a database keeps them.

use super::{BatchState, HaltReason};
use crate::types::BlockReference;

/// A state taken apart: its name, and whichever of the other two it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateParts {
    /// The name, as in the table in [`BatchState::parts`].
    pub name: &'static str,
    /// The block of a mined, safe or final state.
    pub block: Option<BlockReference>,
    /// The name of the reason of a halted state.
    pub reason: Option<&'static str>,
}

impl HaltReason {
    /// Every reason.
    pub const ALL: [Self; 5] = [
        Self::OtherPast,
        Self::FinalityViolated,
        Self::NotPoster,
        Self::Closed,
        Self::Reverted,
    ];

    /// The name in the database, in logs and in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OtherPast => "other_past",
            Self::FinalityViolated => "finality_violated",
            Self::NotPoster => "not_poster",
            Self::Closed => "closed",
            Self::Reverted => "reverted",
        }
    }
}

impl BatchState {
    /// The state taken apart.
    #[must_use]
    pub const fn parts(self) -> StateParts {
        let (name, block, reason) = match self {
            Self::Sealed => ("sealed", None, None),
            Self::Assigned => ("assigned", None, None),
            Self::Signed => ("signed", None, None),
            Self::Broadcast => ("broadcast", None, None),
            Self::WaitingForFee => ("waiting_for_fee", None, None),
            Self::WaitingForFunds => ("waiting_for_funds", None, None),
            Self::Mined(block) => ("mined", Some(block), None),
            Self::Safe(block) => ("safe", Some(block), None),
            Self::Final(block) => ("final", Some(block), None),
            Self::Halted(reason) => ("halted", None, Some(reason.name())),
        };
        StateParts { name, block, reason }
    }

    /// The state put together again; `None` where the parts fit no state.
    #[must_use]
    pub fn from_parts(name: &str, block: Option<BlockReference>, reason: Option<&str>) -> Option<Self> {
        match (name, block, reason) {
            ("sealed", None, None) => Some(Self::Sealed),
            ("assigned", None, None) => Some(Self::Assigned),
            ("signed", None, None) => Some(Self::Signed),
            ("broadcast", None, None) => Some(Self::Broadcast),
            ("waiting_for_fee", None, None) => Some(Self::WaitingForFee),
            ("waiting_for_funds", None, None) => Some(Self::WaitingForFunds),
            ("mined", Some(block), None) => Some(Self::Mined(block)),
            ("safe", Some(block), None) => Some(Self::Safe(block)),
            ("final", Some(block), None) => Some(Self::Final(block)),
            ("halted", None, Some(reason)) => HaltReason::ALL
                .into_iter()
                .find(|each| each.name() == reason)
                .map(Self::Halted),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use governance::hash::keccak256;

    use super::*;

    #[test]
    fn every_state_is_put_together_again() {
        let block = BlockReference {
            number: 7,
            hash: keccak256(b"block"),
        };
        let plain = [
            BatchState::Sealed,
            BatchState::Assigned,
            BatchState::Signed,
            BatchState::Broadcast,
            BatchState::WaitingForFee,
            BatchState::WaitingForFunds,
            BatchState::Mined(block),
            BatchState::Safe(block),
            BatchState::Final(block),
        ];
        for state in plain.into_iter().chain(HaltReason::ALL.map(BatchState::Halted)) {
            let parts = state.parts();
            assert_eq!(
                BatchState::from_parts(parts.name, parts.block, parts.reason),
                Some(state)
            );
        }
        assert_eq!(BatchState::from_parts("final", None, None), None);
        assert_eq!(BatchState::from_parts("sealed", Some(block), None), None);
        assert_eq!(BatchState::from_parts("halted", None, Some("tired")), None);
    }
}
