//! The whole course of a count, as it is published. Candidates are numbered from 1 here, as on a ballot paper.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::hash::Hash32;
use crate::tally::decimal::{Decimal, whole};
use crate::tally::tie::TieRule;

/// The name of the method in a published count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScottishMethod {
    /// The only one.
    #[serde(rename = "scottish-stv")]
    ScottishStv,
}

/// A count from first preferences to the last place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScottishCount {
    /// Names the method.
    pub method: ScottishMethod,
    /// Places to fill.
    pub seats: u16,
    /// Votes needed to be elected.
    #[serde(with = "whole")]
    pub quota: u128,
    /// Papers that name a candidate.
    #[serde(with = "whole")]
    pub valid: u128,
    /// Papers that name none.
    #[serde(with = "whole")]
    pub blank: u128,
    /// Candidates who withdrew.
    pub withdrawn: Vec<u16>,
    /// Who is elected, in order of election; within a stage the higher total first, then by look-back, then by lot.
    ///
    /// Candidates of one stage who were equal at every stage stand in the order of their numbers if no lot was given: the order
    /// has no effect, so it is no reason to ask for a lot.
    pub elected: Vec<u16>,
    /// Every stage.
    pub stages: Vec<Stage>,
    /// Every tie of every stage.
    pub ties: Vec<Tie>,
    /// The tie that stopped the count; absent from a complete one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undecided: Option<Undecided>,
}

/// One stage: what was transferred, and how everyone stood afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// The votes of each candidate at its end.
    pub totals: BTreeMap<u16, Decimal>,
    /// What was transferred; nothing in the first stage.
    pub transfer: Option<Transfer>,
    /// Who is elected at its end, in order.
    pub elected: Vec<u16>,
    /// Who is excluded with it.
    pub excluded: Vec<u16>,
    /// The votes nobody holds at its end: papers without a further preference, and what was lost by cutting off decimals.
    pub nontransferable: Decimal,
    /// The ties settled for it or at its end.
    pub ties: Vec<Tie>,
}

/// A transfer of papers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// Whose papers.
    pub from: u16,
    /// Why.
    pub kind: TransferKind,
    /// What a paper received at 1 is worth now: 1 on exclusion, surplus ÷ total (cut to five decimals) for a surplus.
    pub value: Decimal,
}

/// Why papers are transferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TransferKind {
    /// The candidate has more than the quota.
    Surplus,
    /// The candidate is excluded.
    Exclusion,
}

impl TransferKind {
    /// The number in a certificate.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Surplus => 1,
            Self::Exclusion => 2,
        }
    }
}

/// A tie and how it was settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tie {
    /// The stage for whose transfer, or at whose end, it had to be settled; from 1.
    pub stage: u16,
    /// Who tied, ascending. Where look-back left only some of them, those, and the lot decided among them.
    pub candidates: Vec<u16>,
    /// How it was settled.
    pub rule: TieRule,
    /// Whose surplus goes first, who is excluded, or who stands first among those elected.
    pub chosen: u16,
    /// The lot; absent for look-back and for an order from outside.
    pub lot: Option<Hash32>,
}

/// A tie that nothing settles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undecided {
    /// The stage whose transfer it prevents; from 1.
    pub stage: u16,
    /// Who ties, ascending.
    pub candidates: Vec<u16>,
    /// Whether a surplus or an exclusion waits for it.
    pub kind: TransferKind,
}

impl ScottishCount {
    /// The last total of each candidate, times 100,000, in the order of their numbers: `counts` of a tally record.
    #[must_use]
    pub fn counts(&self) -> Vec<u128> {
        self.stages
            .last()
            .map(|stage| stage.totals.values().map(|total| total.0).collect())
            .unwrap_or_default()
    }
}
