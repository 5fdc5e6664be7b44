//! Which rules are refused, and why; each refusal of a step names it.

use std::collections::BTreeSet;

use super::{Cap, Infeasible, Operation, RevenueRule, Step, Target};
use crate::hash::Hash32;
use crate::revenue::{DECIMALS, Label, Pool, PoolKind};

/// The most steps of a rule; more could not be read before a vote.
pub const STEPS_MAX: usize = 40;
/// The most parts of a split, metrics of a step, and withholdings of a rule.
pub const PARTS_MAX: usize = 40;
/// The most one of a metric, or a part of a split, may count. Integers beyond 2^53 are not exact in every reader of JSON.
const WEIGHT_MAX: u64 = 1_000_000_000;
/// The longest wait before what is unclaimed goes to a fund, in months: fifty years.
const MONTHS_MAX: u16 = 600;
/// Versions and moments are numbers in JSON.
const NUMBER_MAX: u64 = (1 << 53) - 1;

/// Why a rule is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevenueRuleRefusal {
    /// A version that is none.
    #[error(
        "the version is 1 or more and supersedes the hash of the version before; the first supersedes the zero word"
    )]
    Version,
    /// A currency that is none.
    #[error("the currency is three capital letters, such as EUR")]
    Currency,
    /// A moment that not every reader of JSON holds exactly.
    #[error("effective_from may be at most {NUMBER_MAX} seconds")]
    Moment,
    /// Nothing is done, or too much.
    #[error("a rule has 1 to {STEPS_MAX} steps")]
    Steps,
    /// Too many withholdings.
    #[error("a rule has at most {PARTS_MAX} withholdings")]
    Withholdings,
    /// A step is refused.
    #[error("step {step}: {refusal}")]
    Step {
        /// Its name.
        step: Label,
        /// Why.
        refusal: StepRefusal,
    },
    /// Money would be left where nobody decided that it stays.
    #[error(
        "{pool} gets money and no later step empties it; end it with split, per_capita, patronage or transfer, or declare it with sink"
    )]
    NotDrained {
        /// The pool.
        pool: Pool,
    },
    /// A withholding is refused.
    #[error("withholding {withholding}: {reason}")]
    Withholding {
        /// Its name.
        withholding: Label,
        /// Why.
        reason: &'static str,
    },
    /// The payout is refused.
    #[error("payout: {0}")]
    Payout(&'static str),
}

/// Why a step is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StepRefusal {
    /// Another step has its name.
    #[error("another step has this name")]
    Repeated,
    /// It takes what stays.
    #[error("it takes from {0}; steps take from pools alone, since what is in a reserve, a fund or for taxes stays")]
    Source(Pool),
    /// It takes from a pool that gets nothing.
    #[error("it takes from {0}, into which no earlier step puts anything")]
    NothingThere(Pool),
    /// It gives to the pool it takes from.
    #[error("it gives to {0}, from which it takes")]
    Back(Pool),
    /// It gives what is withheld for taxes.
    #[error("it gives to {0}; only withholdings go to a tax pool")]
    TaxPool(Pool),
    /// A reserve that is none.
    #[error("it gives to {0}; a reserve step gives to a reserve")]
    NoReserve(Pool),
    /// A share of nothing.
    #[error("it moves a share of nothing; leave the step out")]
    EmptyShare,
    /// An amount of nothing.
    #[error("it moves an amount of 0; leave the step out")]
    EmptyAmount,
    /// Parts that are none.
    #[error("it needs 1 to {PARTS_MAX} different parts, each of weight 1 to {WEIGHT_MAX}")]
    Parts,
    /// Metrics that are none.
    #[error("it needs 1 to {PARTS_MAX} different metrics, each of weight 1 to {WEIGHT_MAX}")]
    Metrics,
    /// A floor above the cap.
    #[error("its floor is above its cap")]
    FloorAboveCap,
    /// A floor or a cap of nothing, or a cap of all.
    #[error("a floor or a cap of nothing, or a cap of all, says nothing; leave it out")]
    EmptyBound,
    /// A floor is refused where there is none.
    #[error("infeasible refuse needs a floor")]
    NoFloor,
}

impl RevenueRule {
    /// Checks a rule by itself: its bounds, that every pool is emptied or declared, and that each step says something.
    ///
    /// # Errors
    /// [`RevenueRuleRefusal`] with the first reason found.
    pub fn check(&self) -> Result<(), RevenueRuleRefusal> {
        let is_first = self.supersedes == Hash32::ZERO;
        if self.version == 0 || self.version > NUMBER_MAX || (self.version == 1) != is_first {
            return Err(RevenueRuleRefusal::Version);
        }
        if self.currency.len() != 3 || !self.currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(RevenueRuleRefusal::Currency);
        }
        if self.effective_from.0 > NUMBER_MAX {
            return Err(RevenueRuleRefusal::Moment);
        }
        self.check_steps()?;
        self.check_withholding()?;
        self.check_payout()
    }

    fn check_steps(&self) -> Result<(), RevenueRuleRefusal> {
        if self.steps.is_empty() || self.steps.len() > STEPS_MAX {
            return Err(RevenueRuleRefusal::Steps);
        }
        let mut names = BTreeSet::new();
        // What holds money that a later step must deal with; revenue does from the beginning.
        let mut open = BTreeSet::from([Pool::revenue()]);
        let mut seen = open.clone();
        for step in &self.steps {
            let refused = |refusal| RevenueRuleRefusal::Step {
                step: step.id.clone(),
                refusal,
            };
            if !names.insert(&step.id) {
                return Err(refused(StepRefusal::Repeated));
            }
            step.check().map_err(refused)?;
            if step.from.kind() != PoolKind::Pool {
                return Err(refused(StepRefusal::Source(step.from.clone())));
            }
            if !seen.contains(&step.from) {
                return Err(refused(StepRefusal::NothingThere(step.from.clone())));
            }
            if step.does.drains() {
                open.remove(&step.from);
            }
            for pool in step.does.pools() {
                seen.insert(pool.clone());
                if pool.kind() == PoolKind::Pool {
                    open.insert(pool.clone());
                }
            }
        }
        match open.into_iter().next() {
            Some(pool) => Err(RevenueRuleRefusal::NotDrained { pool }),
            None => Ok(()),
        }
    }

    fn check_withholding(&self) -> Result<(), RevenueRuleRefusal> {
        if self.withholding.len() > PARTS_MAX {
            return Err(RevenueRuleRefusal::Withholdings);
        }
        let mut names = BTreeSet::new();
        let mut profiles = BTreeSet::new();
        for withholding in &self.withholding {
            let refused = |reason| RevenueRuleRefusal::Withholding {
                withholding: withholding.id.clone(),
                reason,
            };
            if !names.insert(&withholding.id) {
                return Err(refused("another one has this name"));
            }
            if !profiles.insert(&withholding.profile) {
                return Err(refused(
                    "another one has this tax profile; say what both withhold in one share",
                ));
            }
            if withholding.to.kind() != PoolKind::Tax {
                return Err(refused("what is withheld goes to a tax pool"));
            }
            if withholding.share.share() == 0 || withholding.share.share() == withholding.share.whole() {
                return Err(refused("its share is above nothing and below all"));
            }
        }
        Ok(())
    }

    fn check_payout(&self) -> Result<(), RevenueRuleRefusal> {
        let refused = |reason| Err(RevenueRuleRefusal::Payout(reason));
        let payout = &self.payout;
        if payout.decimals > DECIMALS {
            return refused("a minor unit has at most eight decimals");
        }
        if !payout.min.units().is_multiple_of(self.minor_unit()) {
            return refused("the least payment is a whole number of minor units");
        }
        let rails: BTreeSet<_> = payout.rails.iter().collect();
        if rails.is_empty() || rails.len() != payout.rails.len() {
            return refused("name at least one rail, and each once");
        }
        if let Some(dormant) = &payout.dormant {
            if dormant.after_months == 0 || dormant.after_months > MONTHS_MAX {
                return refused("what is unclaimed waits 1 to 600 months");
            }
            if dormant.to.kind() != PoolKind::Fund {
                return refused("what is unclaimed goes to a fund");
            }
        }
        match self.notice {
            Some(notice) if notice.cash_share_min.share() == 0 => {
                refused("a notice that promises no money says nothing; leave it out")
            }
            Some(_) | None => Ok(()),
        }
    }

    /// How many units of 10^-8 make one minor unit.
    #[must_use]
    pub fn minor_unit(&self) -> u64 {
        let places = u32::from(DECIMALS.saturating_sub(self.payout.decimals));
        10_u64.saturating_pow(places)
    }
}

impl Step {
    fn check(&self) -> Result<(), StepRefusal> {
        for pool in self.does.pools() {
            if *pool == self.from {
                return Err(StepRefusal::Back(pool.clone()));
            }
            if pool.kind() == PoolKind::Tax {
                return Err(StepRefusal::TaxPool(pool.clone()));
            }
        }
        match &self.does {
            Operation::Fixed { amount, .. } if amount.units() == 0 => Err(StepRefusal::EmptyAmount),
            Operation::Percent { share, .. } if share.share() == 0 => Err(StepRefusal::EmptyShare),
            Operation::CapitalInterest { annual, .. } if annual.share() == 0 => Err(StepRefusal::EmptyShare),
            Operation::Reserve { share, to, until } => {
                if share.share() == 0 {
                    return Err(StepRefusal::EmptyShare);
                }
                if to.kind() != PoolKind::Reserve {
                    return Err(StepRefusal::NoReserve(to.clone()));
                }
                match until {
                    Some(Target::Amount { amount }) if amount.units() == 0 => Err(StepRefusal::EmptyAmount),
                    Some(Target::Balance { share, .. }) if share.share() == 0 => Err(StepRefusal::EmptyShare),
                    Some(Target::Amount { .. } | Target::Balance { .. }) | None => Ok(()),
                }
            }
            Operation::Split { parts } => {
                let pools = parts.iter().map(|part| (part.to.to_string(), part.weight));
                require_different(pools, StepRefusal::Parts)
            }
            Operation::Patronage { weights, .. } => {
                let metrics = weights.iter().map(|each| (each.metric.to_string(), each.weight));
                require_different(metrics, StepRefusal::Metrics)?;
                self.check_bounds()
            }
            Operation::Fixed { .. }
            | Operation::Percent { .. }
            | Operation::CapitalInterest { .. }
            | Operation::PerCapita { .. }
            | Operation::Transfer { .. }
            | Operation::Sink {} => Ok(()),
        }
    }

    fn check_bounds(&self) -> Result<(), StepRefusal> {
        let Operation::Patronage {
            floor, cap, infeasible, ..
        } = &self.does
        else {
            return Ok(());
        };
        if floor.is_some_and(|floor| floor.units() == 0) {
            return Err(StepRefusal::EmptyBound);
        }
        if *infeasible == Infeasible::Refuse && floor.is_none() {
            return Err(StepRefusal::NoFloor);
        }
        match (cap, floor) {
            (Some(Cap::Amount { amount }), _) if amount.units() == 0 => Err(StepRefusal::EmptyBound),
            (Some(Cap::Amount { amount }), Some(floor)) if amount < floor => Err(StepRefusal::FloorAboveCap),
            (Some(Cap::Pool { share }), _) if share.share() == 0 || share.share() == share.whole() => {
                Err(StepRefusal::EmptyBound)
            }
            (Some(Cap::Amount { .. } | Cap::Pool { .. }) | None, _) => Ok(()),
        }
    }
}

fn require_different(named: impl Iterator<Item = (String, u64)>, refusal: StepRefusal) -> Result<(), StepRefusal> {
    let mut names = BTreeSet::new();
    let mut count = 0_usize;
    for (name, weight) in named {
        count = count.saturating_add(1);
        if weight == 0 || weight > WEIGHT_MAX || !names.insert(name) {
            return Err(refusal);
        }
    }
    if count == 0 || count > PARTS_MAX {
        return Err(refusal);
    }
    Ok(())
}
