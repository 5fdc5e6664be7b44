//! The waterfall: a rule applied to the inputs of a cycle.
//!
//! The state is what each pool holds. It changes in one way alone, [`Pools::take`]: at least nothing and at most what is there leaves a
//! pool, and exactly that is credited. So whatever the steps do, members and pools together hold the revenue.

mod shares;

use std::collections::BTreeMap;

use super::clamp::{BoundsRefusal, Multiplier};
use super::cycle::Cycle;
use super::digest::{cycle_digest, step_digest};
use super::rule::{Operation, RevenueRule, RevenueRuleRefusal, Shortfall, Step, Target};
use super::{Amount, Label, Pool, PoolKind};
use crate::hash::Hash32;
use crate::id::MemberId;
use crate::rule::Ratio;

/// Who gets an amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receiver {
    /// A pool.
    Pool(Pool),
    /// A member.
    Member(MemberId),
}

impl Receiver {
    /// As digests hold it: the Keccak-256 of the pool's name, or the member's id as a word.
    #[must_use]
    pub fn word(&self) -> Hash32 {
        match self {
            Self::Pool(pool) => pool.word(),
            Self::Member(member) => member.word(),
        }
    }
}

/// An amount that a step gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// To whom.
    pub to: Receiver,
    /// How much; never nothing.
    pub amount: Amount,
}

/// What a step did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepComputed {
    /// Its name.
    pub step: Label,
    /// What the pool held before.
    pub before: Amount,
    /// What it holds after.
    pub after: Amount,
    /// What was given, to pools in the order of the rule, to members in the order of their ids.
    pub lines: Vec<Line>,
    /// The weight of each member with a line, in the same order; empty where the step weighs nobody.
    pub weights: Vec<u64>,
    /// What one of weight got where floor and cap do not hold.
    pub multiplier: Option<Multiplier>,
    /// Whether the floor was dropped for want of money.
    pub floor_dropped: bool,
    /// Its digest.
    pub digest: Hash32,
}

/// What a rule makes of a cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Computed {
    /// What each step did.
    pub steps: Vec<StepComputed>,
    /// What each pool got that still holds something.
    pub pools: BTreeMap<Pool, Amount>,
    /// What each member got in all, in the order of [`Cycle::members`].
    pub accrued: Vec<Amount>,
    /// The digest over all steps.
    pub digest: Hash32,
}

/// Why a cycle cannot be computed. Nothing is given then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WaterfallRefusal {
    /// The rule is refused.
    #[error(transparent)]
    Rule(#[from] RevenueRuleRefusal),
    /// A pool holds less than a fixed amount.
    #[error("step {step}: there are {available}, and {amount} are asked for")]
    Shortfall {
        /// The step.
        step: Label,
        /// What there is.
        available: Amount,
        /// What is asked for.
        amount: Amount,
    },
    /// A balance that the rule measures by is not among the inputs.
    #[error("step {step}: the inputs lack the balance of {name}")]
    NoBalance {
        /// The step.
        step: Label,
        /// Its name.
        name: String,
    },
    /// A weight that 64 bits do not hold.
    #[error("step {step}: the weight of member {member} is more than 64 bits hold; lower the weights of the rule")]
    WeightTooLarge {
        /// The step.
        step: Label,
        /// The member.
        member: MemberId,
    },
    /// Capital beyond any amount.
    #[error("step {step}: the capital of all members is more than any amount")]
    CapitalTooLarge {
        /// The step.
        step: Label,
    },
    /// The floor, or floor and cap, do not go.
    #[error("step {step}: {refusal}")]
    Bounds {
        /// The step.
        step: Label,
        /// Why.
        refusal: BoundsRefusal,
    },
    /// Money would be left where nobody decided that it stays.
    #[error(
        "after step {step} there are {left} left in {pool}, which nobody may get; add a step that moves or keeps them"
    )]
    NotDrained {
        /// The last step that takes from the pool.
        step: Label,
        /// The pool.
        pool: Pool,
        /// What is left.
        left: Amount,
    },
}

/// What each pool holds.
#[derive(Debug, Default)]
struct Pools(BTreeMap<Pool, i128>);

impl Pools {
    fn balance(&self, pool: &Pool) -> i128 {
        self.0.get(pool).copied().unwrap_or_default()
    }

    /// Takes `amount` out of a pool and credits it to another one, or to members where that is `None`.
    fn take(&mut self, from: &Pool, amount: i128, to: Option<&Pool>) {
        let held = self.balance(from);
        assert!(
            (0..=held).contains(&amount),
            "{amount} taken from {from}, which holds {held}"
        );
        self.0.insert(from.clone(), held - amount);
        if let Some(to) = to {
            *self.0.entry(to.clone()).or_default() += amount;
        }
    }
}

/// What a step gives.
#[derive(Default)]
struct Given {
    lines: Vec<Line>,
    weights: Vec<u64>,
    multiplier: Option<Multiplier>,
    floor_dropped: bool,
}

/// What the steps work on.
struct Run<'a> {
    hash: Hash32,
    cycle: &'a Cycle,
    pools: Pools,
    accrued: Vec<i128>,
}

/// Applies a rule to the inputs of a cycle. `hash` is the struct hash of the rule's record.
///
/// # Errors
/// [`WaterfallRefusal`], which names the step.
pub fn compute(rule: &RevenueRule, hash: Hash32, cycle: &Cycle) -> Result<Computed, WaterfallRefusal> {
    rule.check()?;
    let mut run = Run {
        hash,
        cycle,
        pools: Pools(BTreeMap::from([(Pool::revenue(), cycle.revenue.wide())])),
        accrued: vec![0; cycle.people.len()],
    };
    let mut steps = Vec::with_capacity(rule.steps.len());
    for step in &rule.steps {
        let before = run.pools.balance(&step.from);
        let given = run.step(step)?;
        let lines = given.lines.iter().map(|line| (&line.to, line.amount));
        steps.push(StepComputed {
            step: step.id.clone(),
            before: stored(before),
            after: stored(run.pools.balance(&step.from)),
            digest: step_digest(&step.id, lines),
            lines: given.lines,
            weights: given.weights,
            multiplier: given.multiplier,
            floor_dropped: given.floor_dropped,
        });
    }
    run.require_drained(rule)?;
    let members: i128 = run.accrued.iter().sum();
    let kept: i128 = run.pools.0.values().sum();
    assert!(members + kept == cycle.revenue.wide(), "money was made or lost");
    Ok(Computed {
        digest: cycle_digest(hash, cycle.word, cycle.revenue, &steps),
        steps,
        pools: run
            .pools
            .0
            .into_iter()
            .filter(|(_, held)| *held > 0)
            .map(|(pool, held)| (pool, stored(held)))
            .collect(),
        accrued: run.accrued.into_iter().map(stored).collect(),
    })
}

/// Nothing exceeds the revenue, which is an amount.
fn stored(units: i128) -> Amount {
    Amount::from_wide(units).unwrap_or_default()
}

/// A share of an amount that is not negative, rounded down: 63 bits by 53 bits.
fn share_of(amount: i128, share: Ratio) -> i128 {
    amount * i128::from(share.share()) / i128::from(share.whole())
}

impl Run<'_> {
    fn step(&mut self, step: &Step) -> Result<Given, WaterfallRefusal> {
        let held = self.pools.balance(&step.from);
        match &step.does {
            Operation::Fixed { amount, to, shortfall } => {
                if held < amount.wide() && *shortfall == Shortfall::Refuse {
                    return Err(WaterfallRefusal::Shortfall {
                        step: step.id.clone(),
                        available: stored(held),
                        amount: *amount,
                    });
                }
                Ok(self.transfer(&step.from, held.min(amount.wide()), to))
            }
            Operation::Percent { share, to } => Ok(self.transfer(&step.from, share_of(held, *share), to)),
            Operation::Reserve { share, to, until } => {
                let room = match until {
                    Some(target) => self.room(step, to, target)?,
                    None => i128::MAX,
                };
                Ok(self.transfer(&step.from, share_of(held, *share).min(room), to))
            }
            Operation::CapitalInterest { annual, period, to } => self.capital_interest(step, *annual, *period, to),
            Operation::Split { parts } => Ok(self.split(step, parts)),
            Operation::PerCapita { to } => self.per_capita(step, to),
            Operation::Patronage { .. } => self.patronage(step),
            Operation::Transfer { to } => Ok(self.transfer(&step.from, held, to)),
            Operation::Sink {} => Ok(Given::default()),
        }
    }

    fn transfer(&mut self, from: &Pool, amount: i128, to: &Pool) -> Given {
        self.pools.take(from, amount, Some(to));
        let mut given = Given::default();
        if amount > 0 {
            given.lines.push(Line {
                to: Receiver::Pool(to.clone()),
                amount: stored(amount),
            });
        }
        given
    }

    /// What a reserve still needs to be full; nothing where it is.
    fn room(&self, step: &Step, to: &Pool, target: &Target) -> Result<i128, WaterfallRefusal> {
        let lacking = |name: String| WaterfallRefusal::NoBalance {
            step: step.id.clone(),
            name,
        };
        let full = match target {
            Target::Amount { amount } => amount.wide(),
            Target::Balance { share, of } => {
                let base = self.cycle.balances.get(of).ok_or_else(|| lacking(of.to_string()))?;
                share_of(base.wide(), *share)
            }
        };
        let before = self.cycle.reserves.get(to).ok_or_else(|| lacking(to.to_string()))?;
        Ok((full - before.wide() - self.pools.balance(to)).max(0))
    }

    fn require_drained(&self, rule: &RevenueRule) -> Result<(), WaterfallRefusal> {
        for (pool, held) in &self.pools.0 {
            let takes = |step: &&Step| step.from == *pool;
            let is_sink = rule
                .steps
                .iter()
                .filter(takes)
                .any(|step| step.does == Operation::Sink {});
            let Some(last) = rule.steps.iter().rfind(takes) else {
                continue;
            };
            if *held > 0 && !is_sink && pool.kind() == PoolKind::Pool {
                return Err(WaterfallRefusal::NotDrained {
                    step: last.id.clone(),
                    pool: pool.clone(),
                    left: stored(*held),
                });
            }
        }
        Ok(())
    }
}
