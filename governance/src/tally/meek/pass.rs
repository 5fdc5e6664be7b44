//! How votes pass down papers with equal ranks under given factors; strict rankings go by [`super::paths`].
//!
//! Within a round nothing changes but the factors, and whoever is hopeful keeps all that arrives. So a paper matters only down to
//! the first rank of hopeful candidates, and papers that are equal down to there are distributed as one: exactly, as each paper
//! is cut by itself and then multiplied. When a round changes who is hopeful, only papers that reach those are looked at again.

use std::collections::BTreeMap;

use super::{Arithmetic, EmptyRank, PARTS_MAX, Procedure, SCALE};
use crate::tally::CountRefusal;
use crate::tally::limit::Limit;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Hopeful,
    Elected,
    Defeated,
}

/// The papers as they matter in a round, equal ones together. The key of each group is the ranks that matter, each its length and
/// then its candidates.
pub(super) struct Heads<'a> {
    papers: Vec<(&'a [Vec<u16>], u128)>,
    groups: BTreeMap<Vec<u16>, Group>,
    empty_rank: EmptyRank,
}

#[derive(Default)]
struct Group {
    weight: u128,
    /// Which papers, by their place.
    papers: Vec<usize>,
}

impl<'a> Heads<'a> {
    pub(super) fn new(papers: &'a BTreeMap<Vec<Vec<u16>>, u128>, standing: &[Standing], empty_rank: EmptyRank) -> Self {
        let mut heads = Self {
            papers: papers
                .iter()
                .map(|(ranks, weight)| (ranks.as_slice(), *weight))
                .collect(),
            groups: BTreeMap::new(),
            empty_rank,
        };
        heads.assign(0..heads.papers.len(), standing);
        heads
    }

    /// Looks again at the papers that name somebody whose standing has changed.
    pub(super) fn update(&mut self, changed: &[u16], standing: &[Standing]) {
        let mut again = Vec::new();
        self.groups.retain(|head, group| {
            let is_changed = ranks_of(head).any(|rank| rank.iter().any(|one| changed.contains(one)));
            if is_changed {
                again.append(&mut group.papers);
            }
            !is_changed
        });
        self.assign(again, standing);
    }

    fn assign(&mut self, places: impl IntoIterator<Item = usize>, standing: &[Standing]) {
        let mut head = Vec::new();
        for place in places {
            let Some((ranks, weight)) = self.papers.get(place) else {
                continue;
            };
            head_of(ranks, standing, self.empty_rank, &mut head);
            if head.is_empty() {
                continue;
            }
            let group = if let Some(known) = self.groups.get_mut(&head) {
                known
            } else {
                self.groups.entry(head.clone()).or_default()
            };
            group.weight = group.weight.saturating_add(*weight);
            group.papers.push(place);
        }
    }
}

/// The ranks of a head.
fn ranks_of(head: &[u16]) -> impl Iterator<Item = &[u16]> {
    let mut left = head;
    std::iter::from_fn(move || {
        let (length, after) = left.split_first()?;
        let (rank, below) = after.split_at_checked(usize::from(*length))?;
        left = below;
        Some(rank)
    })
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

/// Adds what everyone holds of these papers by these factors, times [`SCALE`].
///
/// # Errors
/// [`Limit::Parts`].
pub(super) fn distribute(
    heads: &Heads<'_>,
    keep: &[u64],
    procedure: Procedure,
    totals: &mut [u128],
) -> Result<(), CountRefusal> {
    let (mut parts, mut rest) = (Vec::new(), Vec::new());
    for (head, group) in &heads.groups {
        parts.clear();
        parts.push(SCALE);
        for rank in ranks_of(head) {
            rest.clear();
            let sharing = u64::try_from(rank.len()).unwrap_or(u64::MAX);
            for part in &parts {
                let share = part.checked_div(sharing).unwrap_or_default();
                for one in rank {
                    let at = usize::from(*one);
                    let factor = keep.get(at).copied().unwrap_or_default();
                    let (kept, passed) = divide(share, factor, procedure.arithmetic);
                    if let Some(total) = totals.get_mut(at) {
                        *total = total.saturating_add(u128::from(kept).saturating_mul(group.weight));
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
        }
    }
    Ok(())
}

/// What is kept of a share and what is passed on. Both are at most [`SCALE`], so that products fit 64 bits.
pub(super) const fn divide(share: u64, factor: u64, arithmetic: Arithmetic) -> (u64, u64) {
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
