//! The rule as a record. This is the one place where a rule's fields become those of [`RevenueRuleV1`] and [`StepV1`].
//!
//! What follows the steps (withholdings, payout, notice, profile) is hashed as further `StepV1`s, under operations of their own, so that
//! nothing of a rule is outside its hash.

use super::{
    Cap, Excess, Infeasible, Notice, Operation, Payout, Profile, Rail, RevenueRule, Rounding, Shortfall, Step, Target,
    Withholding,
};
use crate::hash::{Hash32, keccak256_words};
use crate::record::{Record as _, RevenueRuleV1, StepV1};
use crate::revenue::DECIMALS;
use crate::rule::Ratio;

impl RevenueRule {
    /// Its record in a co-op's namespace.
    #[must_use]
    pub fn record(&self, namespace: Hash32, salt: Hash32) -> RevenueRuleV1 {
        RevenueRuleV1 {
            namespace,
            version: self.version,
            supersedes: self.supersedes,
            currency: self.currency.clone(),
            exponent: DECIMALS,
            effective_from: self.effective_from.0,
            steps: self.step_records().iter().map(StepV1::struct_hash).collect(),
            salt,
        }
    }

    /// Its hash in a co-op's namespace: that of its record without a salt, so that what members vote on is the hash of the rule in force,
    /// and everybody who has the rule can compute it. A rule is no secret among members.
    #[must_use]
    pub fn hash(&self, namespace: Hash32) -> Hash32 {
        self.record(namespace, Hash32::ZERO).struct_hash()
    }

    /// Its steps, then its withholdings, its payout, its notice and its profile, whose struct hashes stand in the record.
    #[must_use]
    pub fn step_records(&self) -> Vec<StepV1> {
        let mut records: Vec<StepV1> = self.steps.iter().map(step_record).collect();
        records.extend(self.withholding.iter().map(withholding_record));
        records.push(payout_record(&self.payout));
        records.extend(self.notice.map(notice_record));
        records.extend(self.profile.map(profile_record));
        records
    }
}

fn number(value: impl Into<u128>) -> Hash32 {
    Hash32::from_u128(value.into())
}

/// The hash of the words laid end to end; zero where there are none.
fn details(words: &[Hash32]) -> Hash32 {
    if words.is_empty() {
        Hash32::ZERO
    } else {
        keccak256_words(words)
    }
}

fn blank(step: &str, operation: &str) -> StepV1 {
    StepV1 {
        step: step.to_owned(),
        operation: operation.to_owned(),
        source: String::new(),
        target: String::new(),
        amount: 0,
        share: 0,
        whole: 0,
        details: Hash32::ZERO,
    }
}

fn with_share(record: StepV1, share: Ratio) -> StepV1 {
    StepV1 {
        share: share.share(),
        whole: share.whole(),
        ..record
    }
}

fn step_record(step: &Step) -> StepV1 {
    let record = StepV1 {
        source: step.from.to_string(),
        ..blank(step.id.as_str(), step.does.name())
    };
    match &step.does {
        Operation::Fixed { amount, to, shortfall } => StepV1 {
            target: to.to_string(),
            amount: u128::from(amount.units()),
            details: details(&[number(match shortfall {
                Shortfall::Partial => 1_u8,
                Shortfall::Refuse => 2,
            })]),
            ..record
        },
        Operation::Percent { share, to } => StepV1 {
            target: to.to_string(),
            ..with_share(record, *share)
        },
        Operation::Reserve { share, to, until } => StepV1 {
            target: to.to_string(),
            details: until.as_ref().map_or(Hash32::ZERO, target_details),
            ..with_share(record, *share)
        },
        Operation::CapitalInterest { annual, period, to } => StepV1 {
            target: to.to_string(),
            details: details(&[number(period.months())]),
            ..with_share(record, *annual)
        },
        Operation::Split { parts } => {
            let words: Vec<Hash32> = parts
                .iter()
                .flat_map(|part| [part.to.word(), number(part.weight)])
                .collect();
            StepV1 {
                details: details(&words),
                ..record
            }
        }
        Operation::PerCapita { to } => StepV1 {
            target: to.to_string(),
            ..record
        },
        Operation::Patronage { .. } => patronage_record(record, &step.does),
        Operation::Transfer { to } => StepV1 {
            target: to.to_string(),
            ..record
        },
        Operation::Sink {} => record,
    }
}

fn target_details(target: &Target) -> Hash32 {
    match target {
        Target::Amount { amount } => details(&[number(1_u8), number(amount.units())]),
        Target::Balance { share, of } => {
            details(&[number(2_u8), of.word(), number(share.share()), number(share.whole())])
        }
    }
}

fn patronage_record(record: StepV1, does: &Operation) -> StepV1 {
    let Operation::Patronage {
        to,
        weights,
        floor,
        cap,
        infeasible,
        excess,
    } = does
    else {
        return record;
    };
    let (kind, amount, share) = match cap {
        None => (0_u8, 0, None),
        Some(Cap::Amount { amount }) => (1, amount.units(), None),
        Some(Cap::Pool { share }) => (2, 0, Some(*share)),
    };
    let mut words = vec![
        number(kind),
        number(amount),
        number(match infeasible {
            Infeasible::DropFloor => 1_u8,
            Infeasible::Refuse => 2,
        }),
        number(match excess {
            Excess::Redistribute => 1_u8,
            Excess::Stay => 2,
        }),
    ];
    words.extend(
        weights
            .iter()
            .flat_map(|each| [each.metric.word(), number(each.weight)]),
    );
    StepV1 {
        target: to.to_string(),
        amount: floor.map_or(0, |floor| u128::from(floor.units())),
        share: share.map_or(0, Ratio::share),
        whole: share.map_or(0, Ratio::whole),
        details: details(&words),
        ..record
    }
}

fn withholding_record(withholding: &Withholding) -> StepV1 {
    let record = StepV1 {
        target: withholding.to.to_string(),
        details: details(&[
            withholding.profile.word(),
            number(match withholding.rounding {
                Rounding::Down => 1_u8,
                Rounding::Up => 2,
            }),
        ]),
        ..blank(withholding.id.as_str(), "withholding")
    };
    with_share(record, withholding.share)
}

fn payout_record(payout: &Payout) -> StepV1 {
    let months = payout.dormant.as_ref().map_or(0, |dormant| dormant.after_months);
    let mut words = vec![number(payout.decimals), number(months)];
    words.extend(payout.rails.iter().map(|rail| {
        number(match rail {
            Rail::Sepa => 1_u8,
            Rail::Evm => 2,
            Rail::Manual => 3,
        })
    }));
    StepV1 {
        target: payout
            .dormant
            .as_ref()
            .map_or_else(String::new, |dormant| dormant.to.to_string()),
        amount: u128::from(payout.min.units()),
        details: details(&words),
        ..blank("", "payout")
    }
}

fn notice_record(notice: Notice) -> StepV1 {
    with_share(blank("", "notice"), notice.cash_share_min)
}

fn profile_record(profile: Profile) -> StepV1 {
    blank(profile.name(), "profile")
}
