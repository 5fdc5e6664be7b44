//! What credits are worth in money, and what a member owes for what was used.
//!
//! Money moves in whole minor units; what is less is carried, exactly, until it makes one. A part is 10^-12 of a minor unit: a rate is so
//! many minor units for a million credits, that is for 10^12 micro-credits, so what was used times the rate is a whole number of parts.
//!
//! What members owe stands in the books, which every member reads, as one sum: of five members at least, as every total of usage. Where
//! fewer owe in a currency, all of it is carried.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{PolicyRefusal, TOLD_MEMBERS_MIN};
use crate::hash::{Hash32, keccak256};
use crate::id::MemberId;
use crate::ledger::Currency;

/// The parts of a minor unit.
pub const PARTS: u128 = 1_000_000_000_000;
/// The most minor units for a million credits: a credit may cost a thousand.
const RATE_MAX: u64 = 1_000_000_000;

/// What credits are worth.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// In which currency.
    pub currency: String,
    /// How many of its minor units a million credits are worth.
    pub minor_per_million: u64,
}

/// What a member used at one rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metered {
    /// The member.
    pub member: MemberId,
    /// The rate that was in force.
    pub rate: Rate,
    /// What it cost, in micro-credits.
    pub charged: u64,
}

/// What a member owes for it in one currency: `carried + parts = minor · 10^12 + carry`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    /// The member.
    pub member: MemberId,
    /// What it cost, in micro-credits.
    pub charged: u64,
    /// What was carried before, in parts of a minor unit.
    pub carried: u128,
    /// What was used times its rate, in parts.
    pub parts: u128,
    /// What is owed, in whole minor units.
    pub minor: u64,
    /// What is carried on, in parts: less than one minor unit, unless too few owe in this currency.
    pub carry: u128,
}

impl Rate {
    /// Reads what an author wrote.
    ///
    /// # Errors
    /// [`PolicyRefusal`].
    pub fn read(&self) -> Result<(), PolicyRefusal> {
        if Currency::money(&self.currency).is_err() {
            return Err(PolicyRefusal::Currency);
        }
        if self.minor_per_million == 0 || self.minor_per_million > RATE_MAX {
            let (field, least, most) = ("rate.minor_per_million", 1, RATE_MAX);
            return Err(PolicyRefusal::Range { field, least, most });
        }
        Ok(())
    }

    /// Its words in the hash of a policy.
    pub(super) fn words(&self) -> [Hash32; 2] {
        [
            keccak256(self.currency.as_bytes()),
            Hash32::from_u128(self.minor_per_million.into()),
        ]
    }

    /// In plain English.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!(
            "A million credits that are used cost the member {} minor units of {}.",
            self.minor_per_million, self.currency
        )
    }

    fn parts(&self, charged: u64) -> u128 {
        u128::from(charged).saturating_mul(self.minor_per_million.into())
    }
}

/// What each member owes in each currency for what was used, with what is carried from before: nothing is lost and nothing comes twice.
#[must_use]
pub fn owed(used: &[Metered], carried: &BTreeMap<(String, MemberId), u128>) -> BTreeMap<String, Vec<Owed>> {
    let mut sums: BTreeMap<&str, BTreeMap<MemberId, (u64, u128)>> = BTreeMap::new();
    for line in used {
        let members = sums.entry(&line.rate.currency).or_default();
        let (charged, parts) = members.entry(line.member).or_default();
        *charged = charged.saturating_add(line.charged);
        *parts = parts.saturating_add(line.rate.parts(line.charged));
    }
    let mut owed = BTreeMap::new();
    for (currency, members) in sums {
        let is_enough = members.len() >= TOLD_MEMBERS_MIN;
        let lines = members.into_iter().map(|(member, (charged, parts))| {
            let key = (currency.to_owned(), member);
            let carried = carried.get(&key).copied().unwrap_or_default();
            let all = parts.saturating_add(carried);
            // Allowances are bounded, and so is this: far below 2^64.
            let minor = if is_enough {
                u64::try_from(all / PARTS).unwrap_or(u64::MAX)
            } else {
                0
            };
            Owed {
                member,
                charged,
                carried,
                parts,
                minor,
                carry: all.saturating_sub(u128::from(minor).saturating_mul(PARTS)),
            }
        });
        owed.insert(currency.to_owned(), lines.collect());
    }
    owed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn member(number: u128) -> MemberId {
        MemberId::from_uuid(Uuid::from_u128(number))
    }

    fn rate(currency: &str, minor_per_million: u64) -> Rate {
        Rate {
            currency: currency.to_owned(),
            minor_per_million,
        }
    }

    fn used(number: u128, rate: &Rate, charged: u64) -> Metered {
        Metered {
            member: member(number),
            rate: rate.clone(),
            charged,
        }
    }

    #[test]
    fn a_rate_is_of_a_currency_and_bounded() {
        assert_eq!(rate("EUR", 1).read(), Ok(()));
        assert_eq!(rate("euro", 1).read(), Err(PolicyRefusal::Currency));
        for wrong in [0, RATE_MAX + 1] {
            assert!(
                matches!(rate("EUR", wrong).read(), Err(PolicyRefusal::Range { .. })),
                "{wrong}"
            );
        }
    }

    /// A credit is a cent: what is less than one waits for the next time, in each currency for itself.
    #[test]
    fn what_is_less_than_a_minor_unit_is_carried() {
        let (cent, yen) = (rate("EUR", 1_000_000), rate("JPY", 500));
        let shown = |owed: &BTreeMap<String, Vec<Owed>>, currency: &str| {
            let lines = owed[currency].iter();
            lines.map(|line| (line.minor, line.carry)).collect::<Vec<_>>()
        };
        let mut lines: Vec<_> = (1..=5).map(|who| used(who, &cent, 999_999)).collect();
        lines.extend([
            used(1, &cent, 1_600_001),
            used(1, &cent, 700_000),
            used(1, &yen, 1_000_000),
        ]);
        let first = owed(&lines, &BTreeMap::new());
        let carry = (0, 999_999_000_000);
        assert_eq!(shown(&first, "EUR"), [(3, 300_000_000_000), carry, carry, carry, carry]);
        let keys = |owed: &BTreeMap<String, Vec<Owed>>| {
            let lines = owed["EUR"].iter();
            lines
                .map(|line| ((String::from("EUR"), line.member), line.carry))
                .collect()
        };
        // Four who owe are too few to be told: all of it waits until five do.
        let few: Vec<_> = (2..=5).map(|who| used(who, &cent, 5_000_001)).collect();
        let second = owed(&few, &keys(&first));
        assert_eq!(shown(&second, "EUR"), [(0, 6_000_000_000_000); 4]);
        assert_eq!(shown(&first, "JPY"), [(0, 500_000_000)]);
        let mut carried: BTreeMap<_, _> = keys(&second);
        carried.insert((String::from("EUR"), member(1)), 300_000_000_000);
        let all: Vec<_> = (1..=5).map(|who| used(who, &cent, 1)).collect();
        let third = owed(&all, &carried);
        assert_eq!(shown(&third, "EUR")[..2], [(0, 300_001_000_000), (6, 1_000_000)]);
    }

    proptest! {
        /// However what was used falls into periods and rates, all that is owed and carried in the end is what was used, to the last part.
        #[test]
        fn what_is_owed_and_carried_is_exactly_what_was_used(
            periods in proptest::collection::vec(proptest::collection::vec((1..8_u128, 0..3_usize, 0..5_000_000_u64), 0..20), 1..6),
        ) {
            let rates = [rate("EUR", 1_000_000), rate("EUR", 333_333), rate("USD", 7)];
            let mut carried = BTreeMap::new();
            let mut told: BTreeMap<(String, MemberId), (u128, u128)> = BTreeMap::new();
            for period in periods {
                let lines: Vec<_> = period.iter().map(|(who, which, charged)| used(*who, &rates[*which], *charged)).collect();
                for line in &lines {
                    told.entry((line.rate.currency.clone(), line.member)).or_default().0 += line.rate.parts(line.charged);
                }
                for (currency, lines) in owed(&lines, &carried) {
                    for line in lines {
                        prop_assert!(line.carry < PARTS || line.minor == 0);
                        told.entry((currency.clone(), line.member)).or_default().1 += u128::from(line.minor) * PARTS;
                        carried.insert((currency.clone(), line.member), line.carry);
                    }
                }
            }
            for (who, (parts, paid)) in told {
                prop_assert_eq!(parts, paid + carried.get(&who).copied().unwrap_or_default());
            }
        }
    }
}
