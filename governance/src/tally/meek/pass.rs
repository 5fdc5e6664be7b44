//! How votes pass down their papers under given factors.
//!
//! Within a round nothing changes but the factors, and whoever is hopeful keeps all that arrives. So a paper matters only down to
//! the first rank of hopeful candidates, and papers that are equal down to there are distributed as one: exactly, as each paper
//! is cut by itself and then multiplied.

use std::collections::BTreeMap;

use super::{Arithmetic, EmptyRank, PARTS_MAX, Papers, Procedure, SCALE};
use crate::tally::CountRefusal;
use crate::tally::limit::Limit;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Hopeful,
    Elected,
    Defeated,
}

/// The papers of a round: each rank is its length and then its candidates.
pub(super) type Heads = Vec<(Vec<u16>, u128)>;

/// The part of each paper that matters while everyone stands as now.
pub(super) fn heads(papers: &Papers, standing: &[Standing], empty_rank: EmptyRank) -> Heads {
    let mut heads: BTreeMap<Vec<u16>, u128> = BTreeMap::new();
    let mut head = Vec::new();
    for (ranks, weight) in papers {
        head_of(ranks, standing, empty_rank, &mut head);
        if head.is_empty() {
            continue;
        }
        if let Some(known) = heads.get_mut(&head) {
            *known = known.saturating_add(*weight);
        } else {
            heads.insert(head.clone(), *weight);
        }
    }
    heads.into_iter().collect()
}

fn head_of(ranks: &[Vec<u16>], standing: &[Standing], empty_rank: EmptyRank, head: &mut Vec<u16>) {
    head.clear();
    let is = |one: u16| standing.get(usize::from(one)).copied().unwrap_or(Standing::Defeated);
    for (at, rank) in ranks.iter().enumerate() {
        let begin = head.len();
        head.push(0);
        let mut passes = false;
        for one in rank {
            // Ranks are short and papers name nobody twice but by mistake; then the first place counts.
            let named = ranks.iter().take(at).any(|rank| rank.contains(one));
            let repeated = named || head.iter().skip(begin.saturating_add(1)).any(|other| other == one);
            match is(*one) {
                Standing::Defeated => {}
                _ if repeated => {}
                Standing::Hopeful => head.push(*one),
                Standing::Elected => {
                    passes = true;
                    head.push(*one);
                }
            }
        }
        let length = head.len().saturating_sub(begin).saturating_sub(1);
        if length == 0 {
            head.truncate(begin);
            if rank.len() > 1 && empty_rank == EmptyRank::Exhaust {
                return;
            }
            continue;
        }
        if let (Some(place), Ok(length)) = (head.get_mut(begin), u16::try_from(length)) {
            *place = length;
        }
        if let Some(members) = head.get_mut(begin.saturating_add(1)..) {
            members.sort_unstable();
        }
        if !passes {
            return;
        }
    }
}

/// What everyone holds when all papers are distributed by these factors, times [`SCALE`].
///
/// # Errors
/// [`Limit::Parts`].
pub(super) fn distribute(heads: &Heads, keep: &[u64], procedure: Procedure) -> Result<Vec<u128>, CountRefusal> {
    let mut totals = vec![0_u128; keep.len()];
    let (mut parts, mut rest) = (Vec::new(), Vec::new());
    for (head, weight) in heads {
        parts.clear();
        parts.push(SCALE);
        let mut left = head.as_slice();
        while let Some((length, after)) = left.split_first() {
            let Some((rank, below)) = after.split_at_checked(usize::from(*length)) else {
                break;
            };
            rest.clear();
            for part in &parts {
                let share = part.checked_div(u64::from(*length)).unwrap_or_default();
                for one in rank {
                    let at = usize::from(*one);
                    let factor = keep.get(at).copied().unwrap_or_default();
                    let (kept, passed) = divide(share, factor, procedure.arithmetic);
                    if let Some(total) = totals.get_mut(at) {
                        *total = total.saturating_add(u128::from(kept).saturating_mul(*weight));
                    }
                    if passed > 0 {
                        rest.push(passed);
                    }
                }
            }
            std::mem::swap(&mut parts, &mut rest);
            if parts.is_empty() {
                break;
            }
            if parts.len() > PARTS_MAX {
                return Err(CountRefusal::Limit(Limit::Parts { max: PARTS_MAX }));
            }
            left = below;
        }
    }
    Ok(totals)
}

/// What is kept of a share and what is passed on. Both are at most [`SCALE`], so that products fit 64 bits.
const fn divide(share: u64, factor: u64, arithmetic: Arithmetic) -> (u64, u64) {
    let product = share.saturating_mul(factor);
    match arithmetic {
        Arithmetic::Cut => {
            let passed = share.saturating_mul(SCALE.saturating_sub(factor));
            (product / SCALE, passed / SCALE)
        }
        Arithmetic::Reference => {
            let kept = product.div_ceil(SCALE);
            (kept, share.saturating_sub(kept))
        }
    }
}
