//! The published form of a count, the same for every method: who won, every stage, and every tie with what broke it.
//!
//! Candidates (or options) are numbered from 1 here, as on a ballot paper. A method without rounds has one stage. What only some
//! methods have is absent elsewhere, and [`Count::certificate`] covers all of it.

mod certificate;
mod select;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use select::{Selection, select};

use super::decimal::{Decimal, whole};
pub use super::fraction::Fraction;
use super::tie::TieRule;
use crate::ballot::Method;
use crate::hash::Hash32;

/// A whole count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// The method, written with hyphens: `scottish-stv`.
    #[serde(with = "hyphens")]
    pub method: Method,
    /// Places to fill.
    pub seats: u16,
    /// Votes needed to be elected, where the method has one number for the whole count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<Decimal>,
    /// Papers that say something.
    #[serde(with = "whole")]
    pub valid: u128,
    /// Papers that say nothing.
    #[serde(with = "whole")]
    pub blank: u128,
    /// Candidates who withdrew.
    pub withdrawn: Vec<u16>,
    /// Who is elected, or which options are chosen, in order.
    ///
    /// Where the order among equals has no effect and no lot was given, they stand in the order of their numbers: it is no reason
    /// to ask for a lot.
    pub elected: Vec<u16>,
    /// Every stage.
    pub stages: Vec<Stage>,
    /// Every tie of every stage.
    pub ties: Vec<Tie>,
    /// How much weight prefers the candidate of the row to that of the column, for methods that compare pairs.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "matrix")]
    pub pairwise: Option<Vec<Vec<u128>>>,
    /// Everyone in groups of equal merit, the best first, for methods that rank all at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ranking: Option<Vec<Vec<u16>>>,
    /// For each candidate, how much weight gave each grade or score, the worst first.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "matrix")]
    pub grades: Option<Vec<Vec<u128>>>,
    /// What each voter had to spend, for methods that divide a budget among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Fraction>,
    /// The tie that stopped the count; absent from a complete one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undecided: Option<Undecided>,
}

/// One stage: what was transferred, and how everyone stood afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// What each candidate holds at its end: votes, points, or whatever the method adds up.
    pub totals: BTreeMap<u16, Decimal>,
    /// What was transferred; nothing in the first stage.
    pub transfer: Option<Transfer>,
    /// Who is elected at its end, in order.
    pub elected: Vec<u16>,
    /// Who is excluded with it.
    pub excluded: Vec<u16>,
    /// The votes nobody holds at its end.
    pub nontransferable: Decimal,
    /// The ties settled for it or at its end.
    pub ties: Vec<Tie>,
    /// Votes needed to be elected at its end, where that changes from stage to stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<Decimal>,
    /// The part of each vote that a candidate keeps, in methods of Meek's kind; absent means everyone keeps all.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keep: BTreeMap<u16, Decimal>,
    /// What each supporter of the option bought here pays for a point given to it, where voters pay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Fraction>,
}

/// A transfer of papers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// Whose papers.
    pub from: u16,
    /// Why.
    pub kind: TransferKind,
    /// What a paper received at 1 is worth now: 1 on exclusion, surplus ÷ total (cut off) for a surplus.
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

/// What waits for a tie to be settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Question {
    /// Whose surplus is transferred first.
    Surplus,
    /// Who is excluded.
    Exclusion,
    /// Who gets the last places.
    Place,
}

impl Question {
    /// The number in a certificate.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Surplus => 1,
            Self::Exclusion => 2,
            Self::Place => 3,
        }
    }
}

impl From<TransferKind> for Question {
    fn from(kind: TransferKind) -> Self {
        match kind {
            TransferKind::Surplus => Self::Surplus,
            TransferKind::Exclusion => Self::Exclusion,
        }
    }
}

/// A tie that nothing settles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undecided {
    /// The stage that it stops; from 1.
    pub stage: u16,
    /// Who ties, ascending.
    pub candidates: Vec<u16>,
    /// What waits for it.
    pub kind: Question,
}

impl Count {
    /// The last total of each candidate in its smallest unit, in the order of their numbers: `counts` of a tally record.
    #[must_use]
    pub fn counts(&self) -> Vec<u128> {
        let last = self.stages.last();
        last.map(|stage| stage.totals.values().map(|total| total.units).collect())
            .unwrap_or_default()
    }

    /// What [`Self::counts`] are multiplied by: `scale` of a tally record.
    #[must_use]
    pub fn scale(&self) -> u128 {
        Decimal::scale(self.places())
    }

    /// How many decimals its totals have.
    fn places(&self) -> u8 {
        let last = self.stages.last();
        last.and_then(|stage| stage.totals.values().next())
            .map_or(0, |total| total.places)
    }
}

/// The number of a candidate on a ballot paper.
#[must_use]
pub const fn number(candidate: u16) -> u16 {
    candidate.saturating_add(1)
}

/// The numbers of candidates on a ballot paper.
#[must_use]
pub fn numbers(candidates: &[u16]) -> Vec<u16> {
    candidates.iter().copied().map(number).collect()
}

/// What every candidate holds, from candidate 0 on, as the totals of a stage.
#[must_use]
pub fn totals(units: &[u128], places: u8) -> BTreeMap<u16, Decimal> {
    (1..)
        .zip(units)
        .map(|(number, units)| (number, Decimal::new(*units, places)))
        .collect()
}

/// A method's name with hyphens.
mod hyphens {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::ballot::Method;

    pub(super) fn serialize<S: Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&method.name().replace('_', "-"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Method, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Some(&text)
            .filter(|text| !text.contains('_'))
            .and_then(|text| Method::from_name(&text.replace('-', "_")))
            .ok_or_else(|| serde::de::Error::custom("expected the name of a counting method, with hyphens"))
    }
}

/// Rows of whole numbers as texts.
mod matrix {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::whole;

    #[derive(Serialize, Deserialize)]
    #[serde(transparent)]
    struct Cell(#[serde(with = "whole")] u128);

    pub(super) fn serialize<S: Serializer>(rows: &Option<Vec<Vec<u128>>>, serializer: S) -> Result<S::Ok, S::Error> {
        let cells = |row: &Vec<u128>| row.iter().copied().map(Cell).collect::<Vec<_>>();
        rows.as_ref()
            .map(|rows| rows.iter().map(cells).collect::<Vec<_>>())
            .serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Vec<u128>>>, D::Error> {
        let rows = Option::<Vec<Vec<Cell>>>::deserialize(deserializer)?;
        Ok(rows.map(|rows| {
            rows.into_iter()
                .map(|row| row.into_iter().map(|cell| cell.0).collect())
                .collect()
        }))
    }
}
