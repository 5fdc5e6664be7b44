//! What another rule would have given over cycles that are past.

use super::cycle::Cycle;
use super::payout::{PayoutRefusal, pay};
use super::rule::RevenueRule;
use super::waterfall::{Computed, WaterfallRefusal, compute};
use super::{Amount, Balance};
use crate::hash::Hash32;
use crate::id::MemberId;
use std::collections::BTreeMap;

/// A past cycle: the rule that was in force, its hash, and the inputs.
#[derive(Debug, Clone, Copy)]
pub struct Past<'a> {
    /// The rule.
    pub rule: &'a RevenueRule,
    /// The struct hash of its record.
    pub hash: Hash32,
    /// The inputs, with the balances that were carried then.
    pub cycle: &'a Cycle,
}

/// What a member got, and would have got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Comparison {
    /// What the rules of the time gave.
    pub accrued: Amount,
    /// What was paid under them, after withholding.
    pub paid: Amount,
    /// What the other rule would have given.
    pub would_accrue: Amount,
    /// What would have been paid under it, after withholding.
    pub would_be_paid: Amount,
    /// What the member would be owed, or owe, at the end.
    pub would_carry: Balance,
}

/// Why the past cannot be told anew.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HistoryRefusal {
    /// A cycle cannot be computed.
    #[error("cycle {number}, {which}: {refusal}")]
    Compute {
        /// Which one, from 1.
        number: usize,
        /// Under which rule.
        which: &'static str,
        /// Why.
        refusal: WaterfallRefusal,
    },
    /// A cycle cannot be paid.
    #[error("cycle {number}: {refusal}")]
    Pay {
        /// Which one, from 1.
        number: usize,
        /// Why.
        refusal: PayoutRefusal,
    },
    /// A sum beyond any amount.
    #[error("the cycles give a member, or a reserve, more than any amount")]
    TooLarge,
}

/// Computes past cycles in order, once under the rules of the time and once under `other`. What the other rule would have put into
/// reserves, and what it would have carried for members, is taken along from cycle to cycle; what else is known stays as it was.
///
/// # Errors
/// [`HistoryRefusal`], which names the cycle.
pub fn what_if(
    past: &[Past<'_>],
    other: &RevenueRule,
    other_hash: Hash32,
) -> Result<BTreeMap<MemberId, Comparison>, HistoryRefusal> {
    let mut members: BTreeMap<MemberId, Comparison> = BTreeMap::new();
    // What the other rule put into each reserve beyond what the rules of the time did; negative where it put less.
    let mut ahead: BTreeMap<super::Pool, i128> = BTreeMap::new();
    for (number, Past { rule, hash, cycle }) in (1_usize..).zip(past.iter().copied()) {
        let refused = |which| move |refusal| HistoryRefusal::Compute { number, which, refusal };
        let unpaid = |refusal| HistoryRefusal::Pay { number, refusal };
        let then = compute(rule, hash, cycle).map_err(refused("the rule of the time"))?;
        let imagined = imagined(cycle, &ahead, &members, number > 1)?;
        let would = compute(other, other_hash, &imagined).map_err(refused("the other rule"))?;
        for payment in pay(rule, cycle, &then).map_err(unpaid)? {
            let member = members.entry(payment.member).or_default();
            member.accrued = sum(member.accrued, payment.accrued)?;
            member.paid = sum(member.paid, payment.paid)?;
        }
        for payment in pay(other, &imagined, &would).map_err(unpaid)? {
            let member = members.entry(payment.member).or_default();
            member.would_accrue = sum(member.would_accrue, payment.accrued)?;
            member.would_be_paid = sum(member.would_be_paid, payment.paid)?;
            member.would_carry = payment.carried;
        }
        for (computed, sign) in [(&would, 1), (&then, -1)] {
            add(&mut ahead, computed, sign);
        }
    }
    Ok(members)
}

fn add(ahead: &mut BTreeMap<super::Pool, i128>, computed: &Computed, sign: i128) {
    for (pool, amount) in &computed.pools {
        *ahead.entry(pool.clone()).or_default() += sign * amount.wide();
    }
}

fn sum(one: Amount, other: Amount) -> Result<Amount, HistoryRefusal> {
    Amount::from_wide(one.wide() + other.wide()).ok_or(HistoryRefusal::TooLarge)
}

/// The inputs as they would have been.
fn imagined(
    cycle: &Cycle,
    ahead: &BTreeMap<super::Pool, i128>,
    members: &BTreeMap<MemberId, Comparison>,
    is_later: bool,
) -> Result<Cycle, HistoryRefusal> {
    let mut cycle = cycle.clone();
    for (pool, amount) in &mut cycle.reserves {
        let moved = amount.wide() + ahead.get(pool).copied().unwrap_or_default();
        // A reserve was drawn on for what it would not have held: then it would be empty.
        *amount = Amount::from_wide(moved.max(0)).ok_or(HistoryRefusal::TooLarge)?;
    }
    for person in &mut cycle.people {
        // Before the first cycle nothing was different; whoever joined later brings what the books say.
        if let (true, Some(comparison)) = (is_later, members.get(&person.member)) {
            person.carried = comparison.would_carry;
        }
    }
    Ok(cycle)
}
