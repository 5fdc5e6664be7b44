//! The steps that share a pool.

use super::{Given, Line, Receiver, Run, WaterfallRefusal, share_of, stored};
use crate::hash::Hash32;
use crate::revenue::allocate::{AllocateRefusal, allocate};
use crate::revenue::clamp::{Bounds, BoundsRefusal, Shares, allocate_within};
use crate::revenue::digest::tie_word;
use crate::revenue::rule::{Cap, Excess, Infeasible, Operation, Part, Period, Step};
use crate::revenue::{Amount, Group, MetricWeight};
use crate::rule::Ratio;

/// Months in a year.
const YEAR: i128 = 12;

impl Run<'_> {
    pub(super) fn split(&mut self, step: &Step, parts: &[Part]) -> Given {
        let held = stored(self.pools.balance(&step.from));
        let weights: Vec<u64> = parts.iter().map(|part| part.weight).collect();
        let words: Vec<Hash32> = parts.iter().map(|part| part.to.word()).collect();
        let tie = |place: usize| {
            let receiver = words.get(place).copied().unwrap_or_default();
            tie_word(self.hash, self.cycle.word, &step.id, receiver)
        };
        // Every part has weight, as the rule was checked.
        let amounts = allocate(held.units(), &weights, &tie).unwrap_or_default();
        let mut given = Given::default();
        for (part, units) in parts.iter().zip(amounts) {
            self.pools.take(&step.from, i128::from(units), Some(&part.to));
            if units > 0 {
                given.lines.push(Line {
                    to: Receiver::Pool(part.to.clone()),
                    amount: Amount::from_units(units).unwrap_or_default(),
                });
            }
        }
        given
    }

    pub(super) fn per_capita(&mut self, step: &Step, to: &Group) -> Result<Given, WaterfallRefusal> {
        let held = self.held(step);
        let weights = self.weights(to, |_| 1);
        let shares = self.shared(step, held, &weights, Bounds::default())?;
        Ok(self.give(step, &weights, shares))
    }

    pub(super) fn capital_interest(
        &mut self,
        step: &Step,
        annual: Ratio,
        period: Period,
        to: &Group,
    ) -> Result<Given, WaterfallRefusal> {
        let people = &self.cycle.people;
        let weights = self.weights(to, |place| people.get(place).map_or(0, |person| person.capital.units()));
        let basis: i128 = weights.iter().copied().map(i128::from).sum();
        if Amount::from_wide(basis).is_none() {
            return Err(WaterfallRefusal::CapitalTooLarge { step: step.id.clone() });
        }
        // 63 bits by 53 bits by 4 bits; one division, so that a year of months is rounded once each and never twice.
        let due =
            basis * i128::from(annual.share()) * i128::from(period.months()) / (i128::from(annual.whole()) * YEAR);
        let pool = stored(due.min(self.pools.balance(&step.from)));
        let shares = self.shared(step, pool.units(), &weights, Bounds::default())?;
        Ok(self.give(step, &weights, shares))
    }

    pub(super) fn patronage(&mut self, step: &Step) -> Result<Given, WaterfallRefusal> {
        let Operation::Patronage {
            to,
            weights: metrics,
            floor,
            cap,
            infeasible,
            excess,
        } = &step.does
        else {
            return Ok(Given::default());
        };
        let held = self.held(step);
        let weights = self.patronage_weights(step, to, metrics)?;
        let most = cap.map(|cap| match cap {
            Cap::Amount { amount } => amount.units(),
            Cap::Pool { share } => stored(share_of(i128::from(held), share)).units(),
        });
        let bounds = Bounds {
            floor: floor.map_or(0, Amount::units),
            cap: match excess {
                Excess::Redistribute => most,
                Excess::Stay => None,
            },
        };
        let mut floor_dropped = false;
        let mut shares = match self.shared(step, held, &weights, bounds) {
            Err(WaterfallRefusal::Bounds {
                refusal: BoundsRefusal::FloorsInfeasible { .. },
                ..
            }) if *infeasible == Infeasible::DropFloor => {
                floor_dropped = true;
                self.shared(step, held, &weights, Bounds { floor: 0, ..bounds })?
            }
            other => other?,
        };
        if let (Excess::Stay, Some(most)) = (excess, most) {
            for amount in &mut shares.amounts {
                *amount = (*amount).min(most);
            }
        }
        let given = self.give(step, &weights, shares);
        Ok(Given { floor_dropped, ..given })
    }

    fn held(&self, step: &Step) -> u64 {
        stored(self.pools.balance(&step.from)).units()
    }

    /// The weight of each member; nothing outside the group.
    fn weights(&self, group: &Group, weight: impl Fn(usize) -> u64) -> Vec<u64> {
        let Some(flags) = self.cycle.groups.get(group) else {
            return vec![0; self.cycle.people.len()];
        };
        flags
            .iter()
            .enumerate()
            .map(|(place, is_in)| if *is_in { weight(place) } else { 0 })
            .collect()
    }

    fn patronage_weights(
        &self,
        step: &Step,
        group: &Group,
        metrics: &[MetricWeight],
    ) -> Result<Vec<u64>, WaterfallRefusal> {
        let mut weights = vec![0_u64; self.cycle.people.len()];
        let Some(flags) = self.cycle.groups.get(group) else {
            return Ok(weights);
        };
        for each in metrics {
            let Some(counts) = self.cycle.metrics.get(&each.metric) else {
                continue;
            };
            let rows = weights.iter_mut().zip(counts).zip(flags).zip(&self.cycle.people);
            for (((weight, count), _), person) in rows.filter(|(((_, _), is_in), _)| **is_in) {
                *weight = count
                    .checked_mul(each.weight)
                    .and_then(|more| weight.checked_add(more))
                    .ok_or_else(|| WaterfallRefusal::WeightTooLarge {
                        step: step.id.clone(),
                        member: person.member,
                    })?;
            }
        }
        Ok(weights)
    }

    /// Shares among members; where nobody has any weight, nobody gets anything.
    fn shared(&self, step: &Step, pool: u64, weights: &[u64], bounds: Bounds) -> Result<Shares, WaterfallRefusal> {
        let people = &self.cycle.people;
        let tie = |place: usize| {
            let receiver = people.get(place).map_or(Hash32::ZERO, |person| person.member.word());
            tie_word(self.hash, self.cycle.word, &step.id, receiver)
        };
        match allocate_within(pool, weights, bounds, &tie) {
            Ok(shares) => Ok(shares),
            Err(BoundsRefusal::Allocate(AllocateRefusal::NoWeight)) => Ok(Shares {
                amounts: vec![0; weights.len()],
                multiplier: None,
                left: pool,
            }),
            Err(refusal) => Err(WaterfallRefusal::Bounds {
                step: step.id.clone(),
                refusal,
            }),
        }
    }

    fn give(&mut self, step: &Step, weights: &[u64], shares: Shares) -> Given {
        let mut given = Given {
            multiplier: shares.multiplier,
            ..Given::default()
        };
        let mut sum = 0_i128;
        let rows = self
            .cycle
            .people
            .iter()
            .zip(weights)
            .zip(shares.amounts)
            .zip(&mut self.accrued);
        for (((person, weight), units), accrued) in rows.filter(|(((_, _), units), _)| *units > 0) {
            sum += i128::from(units);
            *accrued += i128::from(units);
            given.weights.push(*weight);
            given.lines.push(Line {
                to: Receiver::Member(person.member),
                amount: Amount::from_units(units).unwrap_or_default(),
            });
        }
        self.pools.take(&step.from, sum, None);
        given
    }
}
