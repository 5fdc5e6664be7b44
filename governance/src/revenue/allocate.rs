//! Sharing whole units in proportion to weights: Hamilton's method, largest remainders first.
//!
//! Source: Balinski and Young, *Fair Representation* (1982), chapter 3. Everybody gets their quota rounded down, and what is left goes,
//! one unit each, to the largest remainders. Nobody is a unit or more away from their quota, the order of the members does not matter,
//! and more weight never gets less. A larger pool can cost somebody a unit (the Alabama paradox); a unit is 10^-8 here.

use crate::hash::Hash32;

/// Why nothing can be shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AllocateRefusal {
    /// There is nobody in proportion to whose weight anything could be shared.
    #[error("nobody has any weight")]
    NoWeight,
    /// More than 63 bits hold.
    #[error("the pool is larger than any amount")]
    PoolTooLarge,
}

/// Shares `pool` units among weights. `tie` gives a word for a place in `weights`; of equal remainders the lower word comes first, then
/// the lower place. It is asked for the places alone between which a unit must be decided.
///
/// # Errors
/// [`AllocateRefusal`]. A pool of nothing is shared among weights of nothing: everybody gets nothing.
pub fn allocate(pool: u64, weights: &[u64], tie: &dyn Fn(usize) -> Hash32) -> Result<Vec<u64>, AllocateRefusal> {
    // Below 2^63, so that the product with a weight stays within 127 bits.
    if i64::try_from(pool).is_err() {
        return Err(AllocateRefusal::PoolTooLarge);
    }
    let total: u128 = weights.iter().copied().map(u128::from).sum();
    if pool == 0 {
        return Ok(vec![0; weights.len()]);
    }
    if total == 0 {
        return Err(AllocateRefusal::NoWeight);
    }
    let mut shares = Vec::with_capacity(weights.len());
    let mut remainders = Vec::new();
    let mut left = pool;
    for (place, weight) in weights.iter().enumerate() {
        let product = u128::from(pool) * u128::from(*weight);
        // A quota is at most the pool, since a weight is at most the total.
        let share = u64::try_from(product / total).unwrap_or(pool);
        let remainder = product % total;
        if remainder > 0 {
            remainders.push((remainder, place));
        }
        left = left.saturating_sub(share);
        shares.push(share);
    }
    for place in largest(remainders, left, tie) {
        if let Some(share) = shares.get_mut(place) {
            *share += 1;
        }
    }
    Ok(shares)
}

/// The places of the `count` largest remainders.
fn largest(mut remainders: Vec<(u128, usize)>, count: u64, tie: &dyn Fn(usize) -> Hash32) -> Vec<usize> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let Some(last) = count.checked_sub(1) else {
        return Vec::new();
    };
    // The remainders sum to `count` times the total and each is below it, so there are more of them than units left.
    assert!(last < remainders.len(), "fewer remainders than units left");
    let (_, marginal, _) = remainders.select_nth_unstable_by(last, |one, other| other.0.cmp(&one.0));
    let marginal = marginal.0;
    let mut chosen: Vec<usize> = Vec::with_capacity(count);
    let mut tied: Vec<usize> = Vec::new();
    for (remainder, place) in remainders {
        if remainder > marginal {
            chosen.push(place);
        } else if remainder == marginal {
            tied.push(place);
        }
    }
    let wanted = count.saturating_sub(chosen.len());
    if tied.len() > wanted {
        let mut ordered: Vec<(Hash32, usize)> = tied.into_iter().map(|place| (tie(place), place)).collect();
        ordered.sort_unstable();
        tied = ordered.into_iter().take(wanted).map(|(_, place)| place).collect();
    }
    chosen.extend(tied);
    chosen
}
