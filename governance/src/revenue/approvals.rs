//! How many people approve a payment of the co-op, by its amount; part of the bylaws, so that members decide it.

use serde::{Deserialize, Serialize};

use super::Amount;
use crate::hash::{Hash32, keccak256_words};
use crate::record::tag;

/// The most tiers below the last.
pub const TIERS_MAX: usize = 8;
/// The most people who approve one payment, as the schema holds it.
pub const APPROVALS_MAX: u16 = 9;

/// How many approve up to an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalTier {
    /// Up to this amount, itself included, in whichever currency is paid.
    pub upto: Amount,
    /// So many, none of whom prepared it.
    pub approvals: u16,
}

/// How many approve, by the amount. With more money there are never fewer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approvals {
    /// Tiers of growing amounts.
    pub tiers: Vec<ApprovalTier>,
    /// How many approve above all tiers.
    pub above: u16,
}

/// Why approvals are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalsRefusal {
    /// Too many tiers.
    #[error("there are at most {TIERS_MAX} tiers")]
    Tiers,
    /// Nobody, or more than can be.
    #[error("1 to {APPROVALS_MAX} people approve")]
    Count,
    /// Amounts that do not grow.
    #[error("each tier is up to a larger amount than the one before it")]
    Amounts,
    /// Fewer people for more money.
    #[error("more money never needs fewer approvals")]
    Falls,
}

impl Default for Approvals {
    /// One up to 10 000, two up to 100 000, three above: what bylaws mean that do not speak of it.
    fn default() -> Self {
        const ONE: u64 = 100_000_000;
        let tier = |upto: u64, approvals| ApprovalTier {
            upto: Amount::from_units(upto.saturating_mul(ONE)).unwrap_or(Amount::MAX),
            approvals,
        };
        Self {
            tiers: vec![tier(10_000, 1), tier(100_000, 2)],
            above: 3,
        }
    }
}

impl Approvals {
    /// Whether this is what bylaws mean that do not speak of it.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// How many approve so many units of 10^-8.
    #[must_use]
    pub fn needed(&self, units: i128) -> u16 {
        let mut tiers = self.tiers.iter();
        let tier = tiers.find(|tier| units <= tier.upto.wide());
        tier.map_or(self.above, |tier| tier.approvals)
    }

    /// Checks what was written.
    ///
    /// # Errors
    /// [`ApprovalsRefusal`] with the first reason found.
    pub fn check(&self) -> Result<(), ApprovalsRefusal> {
        if self.tiers.len() > TIERS_MAX {
            return Err(ApprovalsRefusal::Tiers);
        }
        let counts: Vec<u16> = self
            .tiers
            .iter()
            .map(|tier| tier.approvals)
            .chain([self.above])
            .collect();
        if counts.iter().any(|count| !(1..=APPROVALS_MAX).contains(count)) {
            return Err(ApprovalsRefusal::Count);
        }
        if !self.tiers.is_sorted_by(|one, next| one.upto < next.upto) {
            return Err(ApprovalsRefusal::Amounts);
        }
        if !counts.is_sorted() {
            return Err(ApprovalsRefusal::Falls);
        }
        Ok(())
    }

    /// What the record of bylaws holds of it, behind the kinds of decision: nothing where they do not speak of it.
    #[must_use]
    pub fn word(&self) -> Option<Hash32> {
        if self.is_default() {
            return None;
        }
        let number = |number: u64| Hash32::from_u128(u128::from(number));
        let mut words = vec![tag("ApprovalsV1")];
        for tier in &self.tiers {
            words.extend([number(tier.upto.units()), number(u64::from(tier.approvals))]);
        }
        words.push(number(u64::from(self.above)));
        Some(keccak256_words(&words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn approvals(tiers: &[(u64, u16)], above: u16) -> Approvals {
        let tier = |(upto, approvals): &(u64, u16)| ApprovalTier {
            upto: Amount::from_units(*upto).unwrap(),
            approvals: *approvals,
        };
        Approvals {
            tiers: tiers.iter().map(tier).collect(),
            above,
        }
    }

    #[test]
    fn more_money_needs_more_people() {
        let usual = Approvals::default();
        let at = |euros: i128| usual.needed(euros * 100_000_000);
        assert_eq!(
            [at(0), at(10_000), at(10_001), at(100_000), at(100_001)],
            [1, 1, 2, 2, 3]
        );
        assert_eq!(usual.needed(10_000 * 100_000_000 + 1), 2);
        assert_eq!(approvals(&[], 4).needed(i128::MAX), 4);
    }

    #[test]
    fn approvals_that_nobody_could_mean_are_refused() {
        let check = |tiers: &[(u64, u16)], above| approvals(tiers, above).check();
        assert_eq!(check(&[(1, 1), (2, 1)], 1), Ok(()));
        assert_eq!(check(&[], 9), Ok(()));
        assert_eq!(check(&[], 0), Err(ApprovalsRefusal::Count));
        assert_eq!(check(&[], 10), Err(ApprovalsRefusal::Count));
        assert_eq!(check(&[(1, 0)], 1), Err(ApprovalsRefusal::Count));
        assert_eq!(check(&[(2, 1), (2, 1)], 1), Err(ApprovalsRefusal::Amounts));
        assert_eq!(check(&[(1, 2), (2, 1)], 2), Err(ApprovalsRefusal::Falls));
        assert_eq!(check(&[(1, 2)], 1), Err(ApprovalsRefusal::Falls));
        assert_eq!(check(&[(1, 1); 9], 1), Err(ApprovalsRefusal::Tiers));
    }

    #[test]
    fn the_usual_approvals_leave_records_of_bylaws_as_they_were() {
        assert_eq!(Approvals::default().word(), None);
        let words: Vec<_> = [
            approvals(&[(1, 1)], 2),
            approvals(&[(1, 2)], 2),
            approvals(&[(2, 1)], 2),
            approvals(&[], 2),
        ]
        .iter()
        .map(|each| each.word().unwrap())
        .collect();
        assert!(
            (0..words.len()).all(|one| !words[one + 1..].contains(&words[one])),
            "{words:?}"
        );
    }
}
