//! Who gains and who loses when one policy follows another, or a model has other terms or ends: shown before anybody votes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{ModelTerms, PartialChargeRule, Period, Policy, Principal, Rate, Subject};
use crate::id::MemberId;

/// How many members of an effect are named; the others are counted.
const NAMED_MAX: usize = 50;

/// Something that differs for members.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Subjected {
    /// Their own allowance.
    Allowance {
        /// For which period.
        period: Period,
        /// Before, in micro-credits; nothing where there was none.
        before: Option<u64>,
        /// After.
        after: Option<u64>,
    },
    /// Their weight in the queue.
    Weight {
        /// Before.
        before: u32,
        /// After.
        after: u32,
    },
    /// Whether they may use a model.
    Model {
        /// The model.
        model: String,
    },
    /// How many tokens of a model their tightest allowance of a period is for: of output, or of input where it gives none.
    Tokens {
        /// The model.
        model: String,
        /// The period.
        period: Period,
        /// Before; nothing where they cost nothing.
        before: Option<u64>,
        /// After.
        after: Option<u64>,
    },
    /// Whether they may use anything at all.
    Access {},
}

/// What differs, for whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What.
    #[serde(flatten)]
    pub subjected: Subjected,
    /// Whether they gain by it; they lose otherwise.
    pub gain: bool,
    /// How many members.
    pub count: u64,
    /// The first of them.
    pub members: Vec<MemberId>,
}

/// A shared allowance that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedChange {
    /// Whose.
    #[serde(flatten)]
    pub principal: Principal,
    /// For which period.
    pub period: Period,
    /// Before, in micro-credits; nothing where there was none.
    pub before: Option<u64>,
    /// After.
    pub after: Option<u64>,
}

/// All that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyChange {
    /// Allowances that several draw on.
    pub shared: Vec<SharedChange>,
    /// What it is for members.
    pub members: Vec<Difference>,
    /// What a call that broke off costs, where that changes.
    pub partial_charge: Option<PartialChargeRule>,
    /// What a call costs whose program died, where that changes.
    pub expired_charge: Option<PartialChargeRule>,
    /// What credits are worth, where that changes.
    pub rate: Option<RateChange>,
}

/// What credits are worth in money, before and after; nothing where members owe none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateChange {
    /// Before.
    pub before: Option<Rate>,
    /// After.
    pub after: Option<Rate>,
}

/// Compares two policies for these members; `before` is nothing where none was in force.
#[must_use]
pub fn compare(before: Option<&Policy>, after: &Policy, members: &[Subject]) -> PolicyChange {
    let members = gathered(members, |subject| of_member(before, after, subject));
    let old = before.and_then(|policy| policy.rate.clone());
    let changed = |old: Option<PartialChargeRule>, new| (old != Some(new)).then_some(new);
    PolicyChange {
        shared: shared(before, after),
        members,
        partial_charge: changed(before.map(|policy| policy.partial_charge), after.partial_charge),
        expired_charge: changed(before.map(|policy| policy.expired_charge), after.expired_charge),
        rate: (old != after.rate).then(|| RateChange {
            before: old,
            after: after.rate.clone(),
        }),
    }
}

/// What it is for these members under a policy that a model has other terms, is new or ends; nothing where it is not served.
#[must_use]
pub fn compare_model(
    policy: &Policy,
    model: &str,
    (before, after): (Option<&ModelTerms>, Option<&ModelTerms>),
    members: &[Subject],
) -> Vec<Difference> {
    gathered(members, |subject| {
        let limits = policy.limits(subject);
        if limits.is_empty() || !policy.permits(subject, model) {
            return Vec::new();
        }
        let (Some(before), Some(after)) = (before, after) else {
            let is_new = before.is_none() && after.is_some();
            let model = model.to_owned();
            return vec![(Subjected::Model { model }, is_new)];
        };
        let mut tightest: BTreeMap<Period, u64> = BTreeMap::new();
        for limit in limits {
            let cap = tightest.entry(limit.period).or_insert(limit.cap);
            *cap = limit.cap.min(*cap);
        }
        let bought = tightest.into_iter().filter_map(|(period, cap)| {
            let (before, after) = (tokens_for(before, cap), tokens_for(after, cap));
            let gain = match (before, after) {
                (Some(before), Some(after)) => after > before,
                (before, _) => before.is_some(),
            };
            let model = model.to_owned();
            let subjected = Subjected::Tokens {
                model,
                period,
                before,
                after,
            };
            (before != after).then_some((subjected, gain))
        });
        bought.collect()
    })
}

/// The tokens that so much buys in one call; nothing stands for no end.
fn tokens_for(terms: &ModelTerms, units: u64) -> Option<u64> {
    let price = if terms.output_tokens == 0 {
        terms.price.input
    } else {
        terms.price.output
    };
    units.saturating_sub(terms.price.call).checked_div(price)
}

/// Who has each effect, the first of them by name.
fn gathered(members: &[Subject], effects_of: impl Fn(&Subject) -> Vec<(Subjected, bool)>) -> Vec<Difference> {
    let mut effects: BTreeMap<(Subjected, bool), Vec<MemberId>> = BTreeMap::new();
    for subject in members {
        for effect in effects_of(subject) {
            effects.entry(effect).or_default().push(subject.member);
        }
    }
    let difference = |((subjected, gain), mut members): ((Subjected, bool), Vec<MemberId>)| {
        let count = u64::try_from(members.len()).unwrap_or(u64::MAX);
        members.truncate(NAMED_MAX);
        Difference {
            subjected,
            gain,
            count,
            members,
        }
    };
    effects.into_iter().map(difference).collect()
}

fn pools(policy: Option<&Policy>) -> BTreeMap<(Principal, Period), u64> {
    let lines = policy.map_or(&[][..], |policy| &policy.allowances);
    lines
        .iter()
        .filter_map(|line| line.shared().map(|principal| ((principal, line.period), line.units)))
        .collect()
}

fn shared(before: Option<&Policy>, after: &Policy) -> Vec<SharedChange> {
    let (old, new) = (pools(before), pools(Some(after)));
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).copied().collect();
    keys.into_iter()
        .map(|(principal, period)| SharedChange {
            principal,
            period,
            before: old.get(&(principal, period)).copied(),
            after: new.get(&(principal, period)).copied(),
        })
        .filter(|change| change.before != change.after)
        .collect()
}

fn own(policy: Option<&Policy>, subject: &Subject) -> (bool, BTreeMap<Period, u64>) {
    let limits = policy.map(|policy| policy.limits(subject)).unwrap_or_default();
    let own = limits
        .iter()
        .filter(|limit| matches!(limit.principal, Principal::Member { .. }));
    (!limits.is_empty(), own.map(|limit| (limit.period, limit.cap)).collect())
}

fn of_member(before: Option<&Policy>, after: &Policy, subject: &Subject) -> Vec<(Subjected, bool)> {
    let ((had, old), (has, new)) = (own(before, subject), own(Some(after), subject));
    let mut effects = Vec::new();
    if had != has {
        effects.push((Subjected::Access {}, has));
    }
    for period in Period::ALL.iter().copied() {
        let (before, after) = (old.get(&period).copied(), new.get(&period).copied());
        let gain = match (before, after) {
            (None, None) => continue,
            (Some(before), Some(after)) if before == after => continue,
            (Some(before), Some(after)) => after > before,
            // A limit where there was none takes from those who had access, and one that ends gives to those who keep it.
            (None, Some(_)) => !had,
            (Some(_), None) => has,
        };
        effects.push((Subjected::Allowance { period, before, after }, gain));
    }
    let (was, is) = (before.map_or(1, |policy| policy.weight(subject)), after.weight(subject));
    if was != is {
        effects.push((Subjected::Weight { before: was, after: is }, is > was));
    }
    let lines = before
        .map_or(&[][..], |policy| &policy.models)
        .iter()
        .chain(&after.models);
    let models: BTreeSet<&str> = lines.map(|line| line.model.as_str()).collect();
    for model in models {
        let could = before.is_none_or(|policy| policy.permits(subject, model));
        let can = after.permits(subject, model);
        if could != can {
            effects.push((
                Subjected::Model {
                    model: model.to_owned(),
                },
                can,
            ));
        }
    }
    effects
}

#[cfg(test)]
mod tests {
    use super::super::policy::tests::{line, member, policy, subject};
    use super::super::{Group, Share};
    use super::*;
    use crate::membership::{Class, Role};

    fn people() -> Vec<Subject> {
        vec![
            subject(1, Class::User, &[]),
            subject(2, Class::Worker, &[]),
            subject(3, Class::Worker, &[]),
            subject(4, Class::User, &[Role::Steward]),
        ]
    }

    #[test]
    fn a_preview_says_who_gains_and_who_loses() {
        let old = policy();
        let mut new = policy();
        for each in &mut new.allowances {
            match (each.group, each.share) {
                (Group::Class { .. }, Share::Each) => each.units = 25,
                (Group::Everyone {}, Share::Each) => each.units = 5,
                (Group::Everyone {}, Share::Together) => each.units = 2_000,
                _ => {}
            }
        }
        new.models.clear();
        new.weights.clear();
        new.partial_charge = PartialChargeRule::InputOnly;
        let change = compare(Some(&old), &new, &people());
        let found: Vec<_> = change
            .members
            .iter()
            .map(|each| (each.subjected.clone(), each.gain, each.members.clone()))
            .collect();
        let allowance = |before, after| Subjected::Allowance {
            period: Period::Day,
            before: Some(before),
            after: Some(after),
        };
        let weight = |before| Subjected::Weight { before, after: 1 };
        assert_eq!(
            found,
            [
                (allowance(10, 5), false, vec![member(1)]),
                (allowance(20, 25), true, vec![member(2), member(3)]),
                (weight(2), false, vec![member(4)]),
                (weight(3), false, vec![member(2), member(3)]),
                (
                    Subjected::Model {
                        model: String::from("big")
                    },
                    true,
                    vec![member(1)]
                ),
            ]
        );
        assert_eq!(change.shared.len(), 1);
        assert_eq!(
            (change.shared[0].before, change.shared[0].after),
            (Some(1_000), Some(2_000))
        );
        assert_eq!(
            (change.partial_charge, change.expired_charge),
            (Some(PartialChargeRule::InputOnly), None)
        );
    }

    #[test]
    fn the_first_policy_gives_access_and_the_same_one_again_changes_nothing() {
        let change = compare(None, &policy(), &people());
        let access = change
            .members
            .iter()
            .find(|each| each.subjected == Subjected::Access {})
            .unwrap();
        assert_eq!((access.gain, access.count), (true, 4));
        let same = compare(Some(&policy()), &policy(), &people());
        assert_eq!((same.shared.len(), same.members.len()), (0, 0));
    }

    #[test]
    fn a_limit_of_ones_own_that_ends_is_a_gain_while_a_shared_one_remains() {
        let mut pool = policy();
        pool.allowances = vec![line(Group::Everyone {}, Share::Together, Period::Month, 9)];
        let own = |change: PolicyChange| {
            let found = change
                .members
                .into_iter()
                .find(|each| matches!(each.subjected, Subjected::Allowance { .. }));
            found.map(|each| each.gain)
        };
        assert_eq!(own(compare(Some(&policy()), &pool, &people()[..1])), Some(true));
        assert_eq!(own(compare(Some(&pool), &policy(), &people()[..1])), Some(false));
        pool.allowances.clear();
        assert_eq!(own(compare(Some(&policy()), &pool, &people()[..1])), Some(false));
        let many: Vec<Subject> = (0..60).map(|number| subject(number, Class::User, &[])).collect();
        let change = compare(Some(&policy()), &pool, &many);
        let access = change
            .members
            .iter()
            .find(|each| each.subjected == Subjected::Access {})
            .unwrap();
        assert_eq!(
            (access.gain, access.count, access.members.len()),
            (false, 60, NAMED_MAX)
        );
    }

    /// A model at 15 for a token of output and 3 for one of input.
    fn terms(output: u64) -> ModelTerms {
        let price = super::super::Price {
            input: 3,
            output,
            call: 10,
        };
        ModelTerms {
            tool: String::from("ours"),
            upstream_name: String::from("m"),
            licence: String::from("MIT"),
            context_tokens: 1_000,
            output_tokens: 100,
            price,
            overhead: super::super::Overhead { call: 0, message: 0 },
            endpoints: Vec::new(),
            fallbacks: Vec::new(),
        }
    }

    #[test]
    fn a_dearer_model_buys_less_and_one_that_ends_is_lost_to_those_who_may_use_it() {
        let worker = Group::Class { class: Class::Worker };
        let mut all = policy();
        all.models.clear();
        all.allowances = vec![
            line(worker, Share::Each, Period::Month, 310),
            line(Group::Everyone {}, Share::Together, Period::Month, 1_000),
        ];
        let told = |policy: &Policy, before: Option<u64>, after: Option<u64>| {
            let (before, after) = (before.map(terms), after.map(terms));
            compare_model(policy, "small", (before.as_ref(), after.as_ref()), &people())
        };
        let tokens = |before, after| Subjected::Tokens {
            model: String::from("small"),
            period: Period::Month,
            before,
            after,
        };
        let model = Subjected::Model {
            model: String::from("small"),
        };
        let seen = |found: Vec<Difference>| -> Vec<(Subjected, bool, u64)> {
            found
                .into_iter()
                .map(|each| (each.subjected, each.gain, each.count))
                .collect()
        };
        assert_eq!(
            seen(told(&all, Some(15), Some(30))),
            [
                (tokens(Some(20), Some(10)), false, 2),
                (tokens(Some(66), Some(33)), false, 2)
            ],
            "workers by what each has, the others by what all share"
        );
        assert_eq!(
            seen(told(&all, Some(15), Some(0))).first(),
            Some(&(tokens(Some(20), None), true, 2))
        );
        assert_eq!(
            seen(told(&all, Some(0), Some(30))).first(),
            Some(&(tokens(None, Some(10)), false, 2))
        );
        assert_eq!(told(&all, Some(15), Some(15)), []);
        assert_eq!(seen(told(&all, None, Some(15))), [(model.clone(), true, 4)]);
        assert_eq!(seen(told(&all, Some(15), None)), [(model.clone(), false, 4)]);
        all.models = vec![super::super::Permission {
            model: String::from("small"),
            groups: vec![worker],
        }];
        assert_eq!(seen(told(&all, Some(15), None)), [(model, false, 2)]);
        all.allowances.clear();
        assert_eq!(told(&all, Some(15), None), [], "who may use nothing loses nothing");
    }
}
