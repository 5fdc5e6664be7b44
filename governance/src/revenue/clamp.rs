//! Sharing with a least and a most for each: the exact multiplier.
//!
//! With a floor f and a cap c there is one multiplier λ for which the sum of clamp(λ·w, f, c) over all with weight is the pool. It is a
//! ratio of integers: the pool without what floors and caps take, by the weight of those between them. The sum grows with λ along
//! straight lines that bend where a weight leaves its floor or meets its cap, so λ is found by bisection over those bends, without
//! rounding. Those between are shared by Hamilton's method; floors and caps are whole units, so nobody passes either.

use num_bigint::BigUint;

use super::allocate::{AllocateRefusal, allocate};
use crate::hash::Hash32;

/// What each with any weight gets at least and at most, in units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bounds {
    /// At least.
    pub floor: u64,
    /// At most.
    pub cap: Option<u64>,
}

/// The multiplier as a ratio: what is shared between floor and cap, by the weight it is shared over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Multiplier {
    /// Units.
    pub pool: u64,
    /// Weight.
    pub weight: u128,
}

/// What each gets, in the order of the weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shares {
    /// Units.
    pub amounts: Vec<u64>,
    /// The multiplier; `None` where everybody stands at the floor or at the cap.
    pub multiplier: Option<Multiplier>,
    /// What nobody may get, since everybody is at the cap.
    pub left: u64,
}

/// Why nothing can be shared within bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BoundsRefusal {
    /// As without bounds.
    #[error(transparent)]
    Allocate(#[from] AllocateRefusal),
    /// There is less than the floor for everybody.
    #[error("the floors need {needed} units, and there are {pool}")]
    FloorsInfeasible {
        /// What they need.
        needed: u128,
        /// What there is.
        pool: u64,
    },
    /// The floor is above the cap.
    #[error("the floor of {floor} units is above the cap of {cap}")]
    FloorAboveCap {
        /// The floor.
        floor: u64,
        /// The cap.
        cap: u64,
    },
}

/// Shares `pool` units among weights, giving each with any weight at least the floor and at most the cap. Who has no weight gets
/// nothing. `tie` is as in [`allocate`].
///
/// # Errors
/// [`BoundsRefusal`].
pub fn allocate_within(
    pool: u64,
    weights: &[u64],
    bounds: Bounds,
    tie: &dyn Fn(usize) -> Hash32,
) -> Result<Shares, BoundsRefusal> {
    let floor = bounds.floor;
    let cap = bounds.cap.unwrap_or(pool).min(pool);
    if let Some(asked) = bounds.cap
        && floor > asked
    {
        return Err(BoundsRefusal::FloorAboveCap { floor, cap: asked });
    }
    let classes = Classes::of(weights);
    let everybody = u128::from(classes.count(classes.len()));
    let needed = u128::from(floor) * everybody;
    if needed > u128::from(pool) {
        return Err(BoundsRefusal::FloorsInfeasible { needed, pool });
    }
    let all_at = |each: u64| Shares {
        amounts: weights
            .iter()
            .map(|weight| if *weight > 0 { each } else { 0 })
            .collect(),
        multiplier: None,
        // What the bound leaves is at most the pool.
        left: u64::try_from(u128::from(pool).saturating_sub(u128::from(each) * everybody)).unwrap_or(0),
    };
    if everybody > 0 && u128::from(cap) * everybody <= u128::from(pool) {
        return Ok(all_at(cap));
    }
    if everybody > 0 && needed == u128::from(pool) {
        return Ok(all_at(floor));
    }
    let middle = classes.middle(pool, floor, cap);
    let between: Vec<u64> = weights
        .iter()
        .map(|weight| if middle.holds(*weight) { *weight } else { 0 })
        .collect();
    let mut amounts = allocate(middle.pool, &between, tie)?;
    for (amount, weight) in amounts.iter_mut().zip(weights) {
        if *weight > 0 && middle.capped_from.is_some_and(|least| *weight >= least) {
            *amount = cap;
        } else if *weight > 0 && middle.floored_to.is_some_and(|most| *weight <= most) {
            *amount = floor;
        }
    }
    Ok(Shares {
        amounts,
        multiplier: Some(Multiplier {
            pool: middle.pool,
            weight: middle.weight,
        }),
        left: 0,
    })
}

/// Those between floor and cap.
struct Middle {
    /// What they share.
    pool: u64,
    /// Their weight.
    weight: u128,
    /// From which weight on the cap holds.
    capped_from: Option<u64>,
    /// Up to which weight the floor holds.
    floored_to: Option<u64>,
}

impl Middle {
    fn holds(&self, weight: u64) -> bool {
        weight > 0
            && self.capped_from.is_none_or(|least| weight < least)
            && self.floored_to.is_none_or(|most| weight > most)
    }
}

/// A possible multiplier: `units / weight`.
#[derive(Clone, Copy)]
struct Bend {
    units: u64,
    weight: u64,
}

/// The different weights above nothing, heaviest first, with how many have at least that weight and what these weigh.
struct Classes {
    weights: Vec<u64>,
    counts: Vec<u64>,
    sums: Vec<u128>,
}

impl Classes {
    fn of(weights: &[u64]) -> Self {
        let mut sorted: Vec<u64> = weights.iter().copied().filter(|weight| *weight > 0).collect();
        sorted.sort_unstable_by(|one, other| other.cmp(one));
        let mut classes = Self {
            weights: Vec::new(),
            counts: vec![0],
            sums: vec![0],
        };
        let (mut count, mut sum) = (0_u64, 0_u128);
        for alike in sorted.chunk_by(|one, other| one == other) {
            let Some(weight) = alike.first() else { continue };
            let size = u64::try_from(alike.len()).unwrap_or(u64::MAX);
            count = count.saturating_add(size);
            sum = sum.saturating_add(u128::from(*weight) * u128::from(size));
            classes.weights.push(*weight);
            classes.counts.push(count);
            classes.sums.push(sum);
        }
        classes
    }

    const fn len(&self) -> usize {
        self.weights.len()
    }

    /// How many stand in the first `classes` classes.
    fn count(&self, classes: usize) -> u64 {
        self.counts.get(classes).copied().unwrap_or_default()
    }

    /// What the first `classes` classes weigh.
    fn sum(&self, classes: usize) -> u128 {
        self.sums.get(classes).copied().unwrap_or_default()
    }

    /// How many classes are at the cap at this multiplier.
    fn capped(&self, at: Bend, cap: u64) -> usize {
        let met = u128::from(cap) * u128::from(at.weight);
        self.weights
            .partition_point(|weight| u128::from(*weight) * u128::from(at.units) >= met)
    }

    /// How many classes are above the floor at this multiplier.
    fn above(&self, at: Bend, floor: u64) -> usize {
        let met = u128::from(floor) * u128::from(at.weight);
        self.weights
            .partition_point(|weight| u128::from(*weight) * u128::from(at.units) > met)
    }

    /// Whether the shares at this multiplier sum to less than the pool. Weights and units together pass 128 bits.
    fn falls_short(&self, at: Bend, pool: u64, floor: u64, cap: u64) -> bool {
        let capped = self.capped(at, cap);
        let above = self.above(at, floor).max(capped);
        let fixed = u128::from(cap) * u128::from(self.count(capped))
            + u128::from(floor) * u128::from(self.count(self.len()).saturating_sub(self.count(above)));
        let weight = self.sum(above).saturating_sub(self.sum(capped));
        let sum = BigUint::from(fixed) * at.weight + BigUint::from(weight) * at.units;
        sum < BigUint::from(pool) * at.weight
    }

    /// Those between, where the floors take less than the pool and the caps more.
    fn middle(&self, pool: u64, floor: u64, cap: u64) -> Middle {
        let bend = |units| move |weight: &u64| Bend { units, weight: *weight };
        let mut bends: Vec<Bend> = self.weights.iter().map(bend(floor)).collect();
        bends.extend(self.weights.iter().map(bend(cap)));
        bends.sort_unstable_by_key(|bend| Exact(*bend));
        let first_enough = bends.partition_point(|bend| self.falls_short(*bend, pool, floor, cap));
        let before = first_enough.checked_sub(1).and_then(|place| bends.get(place));
        let capped = before.map_or(0, |bend| self.capped(*bend, cap));
        let above = bends
            .get(first_enough)
            .map_or(self.len(), |bend| self.above(*bend, floor));
        let floored = self.count(self.len()).saturating_sub(self.count(above));
        let fixed = u128::from(cap) * u128::from(self.count(capped)) + u128::from(floor) * u128::from(floored);
        Middle {
            pool: u64::try_from(u128::from(pool).saturating_sub(fixed)).unwrap_or(0),
            weight: self.sum(above).saturating_sub(self.sum(capped)),
            capped_from: capped.checked_sub(1).and_then(|place| self.weights.get(place)).copied(),
            floored_to: self.weights.get(above).copied(),
        }
    }
}

/// Bends in their order as ratios.
struct Exact(Bend);

impl Ord for Exact {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let left = u128::from(self.0.units) * u128::from(other.0.weight);
        let right = u128::from(other.0.units) * u128::from(self.0.weight);
        left.cmp(&right)
    }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Exact {}
