//! What a draft of the rule would have given over past cycles: to the member who asks, and how many would have gained or lost by it.

use governance::hash::Hash32;
use governance::id::MemberId;
use governance::revenue::{Comparison, Cycle, Past, RevenueRule, what_if};
use store::revenue::cycle_posted;
use store::{CoopTx, Store};
use wire::revenue::{WhatIf, WhatIfOwn};

use crate::problem::Problem;
use crate::services::payouts::{computing, digest};

/// How many past cycles are told anew.
const CYCLES_MAX: i64 = 12;
/// How many frozen members are read for it, over all cycles.
const MEMBERS_MAX: u32 = 500_000;

/// Past cycles, with the rules of the time.
pub struct History {
    cycles: Vec<(RevenueRule, Hash32, Cycle)>,
    is_cut: bool,
}

/// The last posted cycles in a currency, in the order in which they were posted.
///
/// # Errors
/// If the database fails.
pub async fn read(store: &Store, tx: &mut CoopTx, currency: &str) -> Result<History, Problem> {
    let rows = cycle_posted(tx, currency, CYCLES_MAX).await?;
    let mut history = History {
        cycles: Vec::with_capacity(rows.len()),
        is_cut: i64::try_from(rows.len()).unwrap_or(CYCLES_MAX) == CYCLES_MAX,
    };
    let mut members = 0_u32;
    // The newest first; what is carried is known for each cycle, so older ones can be left out.
    for row in rows {
        members = members.saturating_add(row.members.unwrap_or_default().unsigned_abs());
        if members > MEMBERS_MAX {
            history.is_cut = true;
            break;
        }
        let hash = digest(&row.rule_hash)?;
        let (rule, cycle) = computing::inputs(store, tx, &row).await?;
        history.cycles.push((rule, hash, cycle));
    }
    history.cycles.reverse();
    Ok(history)
}

impl History {
    /// What another rule would have given.
    #[must_use]
    pub fn tell(&self, rule: &RevenueRule, hash: Hash32, member: MemberId) -> WhatIf {
        let past: Vec<Past<'_>> = self
            .cycles
            .iter()
            .map(|(rule, hash, cycle)| Past {
                rule,
                hash: *hash,
                cycle,
            })
            .collect();
        let mut told = WhatIf {
            cycles: u32::try_from(past.len()).unwrap_or(u32::MAX),
            has_more: self.is_cut,
            refusal: None,
            members_gain: 0,
            members_lose: 0,
            members_same: 0,
            own: None,
        };
        match what_if(&past, rule, hash) {
            Err(refusal) => told.refusal = Some(refusal.to_string()),
            Ok(members) => {
                for comparison in members.values() {
                    let count = match comparison.would_accrue.cmp(&comparison.accrued) {
                        std::cmp::Ordering::Greater => &mut told.members_gain,
                        std::cmp::Ordering::Less => &mut told.members_lose,
                        std::cmp::Ordering::Equal => &mut told.members_same,
                    };
                    *count = count.saturating_add(1);
                }
                told.own = members.get(&member).map(own);
            }
        }
        told
    }
}

fn own(comparison: &Comparison) -> WhatIfOwn {
    WhatIfOwn {
        accrued: comparison.accrued.to_string(),
        paid: comparison.paid.to_string(),
        would_accrue: comparison.would_accrue.to_string(),
        would_be_paid: comparison.would_be_paid.to_string(),
        would_carry: comparison.would_carry.to_string(),
    }
}
