//! What the tests of revenue rules share: a rule with every operation but transfer, and members to share with.

mod allocation;
mod examples;
mod guards;
mod paying;
mod properties;
mod refusals;
mod rules;
mod statements;

use super::*;
use crate::hash::{Hash32, keccak256};
use crate::id::MemberId;
use crate::rule::Ratio;

pub(super) fn scic() -> RevenueRule {
    serde_json::from_str(include_str!("../../testdata/revenue/scic.json")).unwrap()
}

pub(super) fn member(number: u128) -> MemberId {
    MemberId::from_uuid(uuid::Uuid::from_u128(number))
}

pub(super) fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

pub(super) fn ratio(share: u64, whole: u64) -> Ratio {
    Ratio::new(share, whole).unwrap()
}

pub(super) fn label(text: &str) -> Label {
    text.parse().unwrap()
}

pub(super) fn pool(text: &str) -> Pool {
    text.parse().unwrap()
}

pub(super) fn group(text: &str) -> Group {
    text.parse().unwrap()
}

/// Somebody of whom nothing is known but the groups and the metrics.
pub(super) fn somebody(number: u128, groups: &[&str], metrics: &[(&str, u64)]) -> MemberInput {
    MemberInput {
        member: member(number),
        groups: groups.iter().map(|name| group(name)).collect(),
        metrics: metrics
            .iter()
            .map(|(metric, count)| Measure {
                metric: label(metric),
                count: *count,
            })
            .collect(),
        capital: Amount::ZERO,
        tax: None,
        carried: Balance::ZERO,
        taxed: Amount::ZERO,
        standing: Standing::Open,
        idle_months: 0,
    }
}

/// A rule that gives everything by these steps, in euros.
pub(super) fn plain(steps: &[(&str, &str, Operation)]) -> RevenueRule {
    RevenueRule {
        steps: steps
            .iter()
            .map(|(id, from, does)| Step {
                id: label(id),
                from: pool(from),
                does: does.clone(),
            })
            .collect(),
        withholding: Vec::new(),
        notice: None,
        profile: None,
        payout: Payout {
            decimals: 2,
            min: Amount::ZERO,
            dormant: None,
            rails: vec![Rail::Sepa],
        },
        ..scic()
    }
}

/// Everything to members by one metric, within bounds.
pub(super) fn by_hours(floor: Option<&str>, cap: Option<Cap>) -> Operation {
    Operation::Patronage {
        to: group("members:workers"),
        weights: vec![MetricWeight {
            metric: label("hours"),
            weight: 1,
        }],
        floor: floor.map(amount),
        cap,
        infeasible: Infeasible::DropFloor,
        excess: Excess::Redistribute,
    }
}

pub(super) fn workers(hours: &[u64]) -> Vec<MemberInput> {
    (1_u128..)
        .zip(hours)
        .map(|(number, hours)| somebody(number, &["members:workers"], &[("hours", *hours)]))
        .collect()
}

pub(super) fn rule_hash(rule: &RevenueRule) -> Hash32 {
    use crate::record::Record as _;
    rule.record(keccak256(b"namespace"), Hash32::ZERO).struct_hash()
}

pub(super) fn word(period: &str) -> Hash32 {
    cycle_word(Hash32::ZERO, period)
}
