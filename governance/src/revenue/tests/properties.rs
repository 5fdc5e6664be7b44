//! Aim: what holds for every rule and all inputs. Method: random rules over random members, and a plain second implementation of
//! sharing, written from the specification with big integers and one unit at a time.

use num_bigint::BigUint;
use proptest::prelude::*;

use super::*;

/// Weights of every size, with many ties and many zeros.
fn weights() -> impl Strategy<Value = Vec<u64>> {
    let one = prop_oneof![
        3 => 0_u64..10,
        2 => 0_u64..1_000_000,
        1 => any::<u64>(),
        1 => Just(0_u64),
    ];
    prop::collection::vec(one, 1..40)
}

fn pools() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..200, 0_u64..1_000_000_000, 0..=Amount::MAX.units()]
}

fn tie(place: usize) -> Hash32 {
    keccak256(&(place as u64 % 7).to_be_bytes())
}

fn big(value: u64) -> BigUint {
    BigUint::from(value)
}

/// Hamilton's method as it is told: round down, then give one unit at a time to the largest remainder that has not had one.
fn told(pool: u64, weights: &[u64]) -> Vec<u64> {
    let total: BigUint = weights.iter().copied().map(big).sum();
    let mut shares: Vec<u64> = Vec::new();
    let mut remainders: Vec<Option<BigUint>> = Vec::new();
    for weight in weights {
        let product = big(pool) * big(*weight);
        shares.push(u64::try_from(&product / &total).unwrap());
        remainders.push(Some(product % &total));
    }
    for _ in 0..pool - shares.iter().sum::<u64>() {
        let places = 0..weights.len();
        let best = places
            .filter(|place| remainders[*place].is_some())
            .max_by(|one, other| {
                let by_remainder = remainders[*one].cmp(&remainders[*other]);
                by_remainder.then((tie(*other), *other).cmp(&(tie(*one), *one)))
            })
            .unwrap();
        shares[best] += 1;
        remainders[best] = None;
    }
    shares
}

/// Sharing within bounds as it is told: fix whoever breaks a bound the more in sum, share the rest anew, until nobody does.
fn told_within(pool: u64, weights: &[u64], floor: u64, cap: u64) -> Vec<u64> {
    let mut fixed: Vec<Option<u64>> = weights.iter().map(|weight| (*weight == 0).then_some(0)).collect();
    loop {
        let rest = big(pool) - fixed.iter().flatten().copied().map(big).sum::<BigUint>();
        let open = |place: &usize| fixed[*place].is_none();
        let total: BigUint = (0..weights.len()).filter(open).map(|place| big(weights[place])).sum();
        // Over and under by how much, times the total.
        let (mut over, mut under) = (BigUint::ZERO, BigUint::ZERO);
        for place in (0..weights.len()).filter(open) {
            let quota = &rest * weights[place];
            over += (&quota).max(&(&total * cap)) - &total * cap;
            under += (&total * floor).max(quota.clone()) - quota;
        }
        if over == BigUint::ZERO && under == BigUint::ZERO {
            break;
        }
        let places: Vec<usize> = (0..weights.len()).filter(open).collect();
        for place in places {
            let quota = &rest * weights[place];
            if over >= under && quota > &total * cap {
                fixed[place] = Some(cap);
            }
            if under >= over && quota < &total * floor {
                fixed[place] = Some(floor);
            }
        }
    }
    let taken: u64 = fixed.iter().flatten().sum();
    let open: Vec<u64> = (0..weights.len())
        .map(|place| if fixed[place].is_none() { weights[place] } else { 0 })
        .collect();
    let shares = if taken == pool {
        vec![0; weights.len()]
    } else {
        told(pool - taken, &open)
    };
    (0..weights.len())
        .map(|place| fixed[place].unwrap_or(shares[place]))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn sharing_agrees_with_the_method_as_it_is_told(pool in pools(), weights in weights()) {
        prop_assume!(weights.iter().any(|weight| *weight > 0));
        prop_assert_eq!(allocate(pool, &weights, &tie).unwrap(), told(pool, &weights));
    }

    #[test]
    fn sharing_is_exact_within_a_unit_of_the_quota_and_follows_weight(pool in pools(), weights in weights()) {
        prop_assume!(weights.iter().any(|weight| *weight > 0));
        let shares = allocate(pool, &weights, &tie).unwrap();
        prop_assert_eq!(shares.iter().map(|share| u128::from(*share)).sum::<u128>(), u128::from(pool));
        let total: BigUint = weights.iter().copied().map(big).sum();
        for (share, weight) in shares.iter().zip(&weights) {
            let product = big(pool) * big(*weight);
            let down = u64::try_from(&product / &total).unwrap();
            let up = if &product % &total == BigUint::ZERO { down } else { down + 1 };
            prop_assert!((down..=up).contains(share), "the quota rule");
        }
        for (one, less) in shares.iter().zip(&weights) {
            for (other, more) in shares.iter().zip(&weights) {
                prop_assert!(less >= more || one <= other, "more weight never gets less");
                prop_assert!(less != more || one.abs_diff(*other) <= 1, "equal weights differ by a unit at most");
            }
        }
    }

    #[test]
    fn sharing_within_bounds_agrees_with_the_method_as_it_is_told(
        pool in 0_u64..100_000, weights in weights(), floor in 0_u64..300, width in 0_u64..100_000,
    ) {
        let count = weights.iter().filter(|weight| **weight > 0).count() as u64;
        let cap = floor + width;
        prop_assume!(count > 0 && floor * count <= pool);
        let shares = allocate_within(pool, &weights, Bounds { floor, cap: Some(cap) }, &tie).unwrap();
        let given: u64 = shares.amounts.iter().sum();
        prop_assert_eq!(given + shares.left, pool);
        if cap.checked_mul(count).is_some_and(|most| most <= pool) {
            prop_assert_eq!(shares.left, pool - cap * count);
        } else {
            prop_assert_eq!(&shares.amounts, &told_within(pool, &weights, floor, cap));
        }
        for (amount, weight) in shares.amounts.iter().zip(&weights) {
            let is_within = (floor..=cap).contains(amount);
            prop_assert!(is_within || (*weight == 0 && *amount == 0));
        }
    }
}

const METRICS: [&str; 3] = ["hours", "records_accepted", "review_hours"];
const GROUPS: [&str; 5] = [
    "members:active",
    "members:shareholders",
    "members:data",
    "members:workers",
    "members:none",
];

fn people() -> impl Strategy<Value = Vec<MemberInput>> {
    let person = (
        prop::collection::vec(any::<bool>(), GROUPS.len()),
        prop::collection::vec((0..METRICS.len(), 0_u64..100_000), 0..5),
        0_u64..10_000_000_000_000,
        -1_000_000_000_000_i64..1_000_000_000_000,
        (0_u8..8, 0_u16..50, any::<bool>()),
    );
    let person = person.prop_map(
        |(groups, metrics, capital, carried, (standing, idle, taxed))| MemberInput {
            member: member(0),
            groups: GROUPS
                .iter()
                .zip(groups)
                .filter(|(_, is_in)| *is_in)
                .map(|(name, _)| group(name))
                .collect(),
            metrics: metrics
                .into_iter()
                .map(|(metric, count)| Measure {
                    metric: label(METRICS[metric]),
                    count,
                })
                .collect(),
            capital: Amount::from_units(capital).unwrap(),
            tax: taxed.then(|| label("us_no_tin")),
            carried: Balance::from_units(carried),
            taxed: Amount::from_units(u64::from(idle) * 1_000_000_000).unwrap(),
            standing: match standing {
                0 => Standing::Held,
                1 => Standing::Leaving,
                _ => Standing::Open,
            },
            idle_months: idle,
        },
    );
    prop::collection::vec(person, 0..25).prop_map(|people| {
        people
            .into_iter()
            .enumerate()
            .map(|(place, person)| MemberInput {
                member: member(1 + 7 * place as u128),
                ..person
            })
            .collect()
    })
}

/// The worked rule with other numbers, bounds and ways out of emptiness.
fn rules() -> impl Strategy<Value = RevenueRule> {
    let numbers = (
        1_u64..2_000_000_000_000,
        0_u64..=100,
        1_u64..=20,
        prop::option::of(1_u64..500_000_000),
        0_u64..99,
    );
    (numbers, any::<(bool, bool, bool)>(), 0_u8..=8).prop_map(
        |((fixed, share, weight, floor, cap), flags, decimals)| {
            let mut rule = scic();
            for step in &mut rule.steps {
                match &mut step.does {
                    Operation::Fixed { amount, .. } => *amount = Amount::from_units(fixed).unwrap(),
                    Operation::Percent { share: place, .. } if share > 0 => *place = ratio(share, 100),
                    Operation::Split { parts } => parts[0].weight = weight,
                    Operation::Patronage {
                        floor: least,
                        cap: most,
                        excess,
                        ..
                    } => {
                        *least = floor.and_then(Amount::from_units);
                        *most = (cap > 0).then(|| Cap::Pool { share: ratio(cap, 100) });
                        *excess = if flags.0 { Excess::Stay } else { Excess::Redistribute };
                    }
                    Operation::Reserve { until, .. } if flags.1 => *until = None,
                    Operation::Percent { .. }
                    | Operation::Reserve { .. }
                    | Operation::CapitalInterest { .. }
                    | Operation::PerCapita { .. }
                    | Operation::Transfer { .. }
                    | Operation::Sink {} => {}
                }
            }
            for name in ["tools", "data", "work"] {
                rule.steps.push(Step {
                    id: label(&format!("rest_{name}")),
                    from: pool(&format!("pool:{name}")),
                    does: Operation::Transfer { to: pool("fund:rest") },
                });
            }
            rule.payout.decimals = decimals;
            rule.payout.min = if flags.2 { amount("7") } else { Amount::ZERO };
            rule.withholding[0].rounding = if flags.0 { Rounding::Up } else { Rounding::Down };
            rule
        },
    )
}

fn cycle_of(revenue: u64, people: Vec<MemberInput>) -> Cycle {
    let mut cycle = Cycle::new(word("2026Q3"), Amount::from_units(revenue).unwrap());
    cycle.reserves.insert(pool("reserve:legal"), amount("8500"));
    cycle.balances.insert(label("capital_paid_up"), amount("20000"));
    cycle.with_members(people).unwrap()
}

fn outcome(
    rule: &RevenueRule,
    revenue: u64,
    people: Vec<MemberInput>,
) -> Result<(Computed, Vec<Payment>), WaterfallRefusal> {
    let cycle = cycle_of(revenue, people);
    let computed = compute(rule, rule_hash(rule), &cycle)?;
    let payments = pay(rule, &cycle, &computed).unwrap();
    Ok((computed, payments))
}

fn revenue() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..1_000, 0_u64..50_000_000_000_000, 0..=Amount::MAX.units() / 8]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// I3: what members and pools get is the revenue. I6: what a member had and got is what is withheld, paid, dormant or carried.
    /// I17: nobody is paid less than the least payment but who leaves.
    #[test]
    fn no_unit_is_made_or_lost_and_every_payment_is_enough(rule in rules(), revenue in revenue(), people in people()) {
        rule.check().unwrap();
        // A floor above a cap that is a share of the pool is refused; everything else must go through.
        let (computed, payments) = match outcome(&rule, revenue, people.clone()) {
            Err(WaterfallRefusal::Bounds { refusal: BoundsRefusal::FloorAboveCap { .. }, .. }) => return Ok(()),
            other => other.unwrap(),
        };
        let members: u64 = computed.accrued.iter().map(|amount| amount.units()).sum();
        let pools: u64 = computed.pools.values().map(|amount| amount.units()).sum();
        prop_assert_eq!(members + pools, revenue);
        let minor = rule.minor_unit();
        for payment in &payments {
            let gone = payment.withheld.wide() + payment.paid.wide() + payment.dormant.wide() + payment.carried.wide();
            prop_assert_eq!(payment.before.wide() + payment.accrued.wide(), gone);
            prop_assert_eq!((payment.paid.units() % minor, payment.withheld.units() % minor), (0, 0));
            let person = people.iter().find(|person| person.member == payment.member).unwrap();
            let is_last = person.standing == Standing::Leaving;
            prop_assert!(payment.paid == Amount::ZERO || payment.paid >= rule.payout.min || is_last);
            prop_assert!(payment.withheld == Amount::ZERO || payment.paid > Amount::ZERO);
            prop_assert!(!payment.is_held || payment.paid == Amount::ZERO);
        }
    }

    /// I13, I14, I15: the order of members, members of no weight, and metrics in pieces change nothing.
    #[test]
    fn order_strangers_and_pieces_change_nothing(rule in rules(), revenue in revenue(), people in people(), turn in any::<prop::sample::Index>()) {
        let Ok(before) = outcome(&rule, revenue, people.clone()) else { return Ok(()) };

        let mut turned = people.clone();
        turned.reverse();
        if !turned.is_empty() {
            let by = turn.index(turned.len());
            turned.rotate_left(by);
        }
        let turned = outcome(&rule, revenue, turned).unwrap();
        prop_assert_eq!(&turned, &before);

        let mut more = people.clone();
        // One between the others, one after them, in every group where weight is asked for and none of it.
        for number in [2, 1_000_000] {
            more.push(somebody(number, &["members:data", "members:workers", "members:shareholders"], &[("hours", 0)]));
        }
        let (computed, payments) = outcome(&rule, revenue, more).unwrap();
        prop_assert_eq!(computed.digest, before.0.digest);
        prop_assert_eq!(payout_digest(&payments), payout_digest(&before.1));

        let mut pieces = people;
        for person in &mut pieces {
            let halves = person.metrics.iter().flat_map(|measure| {
                let half = measure.count / 2;
                [half, measure.count - half].map(|count| Measure { metric: measure.metric.clone(), count })
            });
            person.metrics = halves.rev().collect();
        }
        prop_assert_eq!(&outcome(&rule, revenue, pieces).unwrap(), &before);
    }

    #[test]
    fn other_rules_over_the_past_give_what_they_would_have_given(rule in rules(), people in people()) {
        let revenues = [1_000_000_000_000_u64, 7_777_777_777_777, 123_456];
        let cycles: Vec<Cycle> = revenues.iter().map(|revenue| cycle_of(*revenue, people.clone())).collect();
        let past: Vec<Past<'_>> = cycles.iter().map(|cycle| Past { rule: &rule, hash: rule_hash(&rule), cycle }).collect();
        let Ok(same) = what_if(&past, &rule, rule_hash(&rule)) else { return Ok(()) };
        for comparison in same.values() {
            prop_assert_eq!(comparison.would_accrue, comparison.accrued, "the same rule gives the same");
        }
    }
}
