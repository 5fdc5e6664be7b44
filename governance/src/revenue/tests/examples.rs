//! Aim: the worked examples, to the last digit, as a treasurer would check them by hand.

use super::*;

const PERIOD: &str = "2026Q3";

/// Ana, ben and chi; 100 000.01 to distribute, a legal reserve that lacks 11 500, 20 000 of capital.
fn worked() -> Cycle {
    let all = ["members:active", "members:data"];
    let mut ana = somebody(1, &all, &[("records_accepted", 1200), ("review_hours", 5)]);
    let mut ben = somebody(2, &all, &[("records_accepted", 300), ("review_hours", 20)]);
    let chi = somebody(3, &all, &[("records_accepted", 17)]);
    let dora = MemberInput {
        capital: amount("20000"),
        ..somebody(4, &["members:shareholders", "members:workers"], &[("hours", 8)])
    };
    ana.metrics.swap(0, 1);
    ben.tax = Some(label("us_no_tin"));
    let mut cycle = Cycle::new(word(PERIOD), amount("100000.01"));
    cycle.reserves.insert(pool("reserve:legal"), amount("8500"));
    cycle.balances.insert(label("capital_paid_up"), amount("20000"));
    cycle.with_members([chi, dora, ben, ana]).unwrap()
}

fn given(computed: &Computed, step: &str) -> Vec<String> {
    let step = computed.steps.iter().find(|each| each.step.as_str() == step).unwrap();
    step.lines.iter().map(|line| line.amount.to_string()).collect()
}

#[test]
fn the_whole_waterfall_gives_the_published_amounts() {
    let rule = scic();
    let computed = compute(&rule, rule_hash(&rule), &worked()).unwrap();
    for (step, amounts) in [
        ("ops", vec!["12000.00"]),
        ("legal", vec!["11500.00"]),
        ("indiv", vec!["38250.005"]),
        ("fund", vec!["1147.50015"]),
        ("capint", vec!["150.00"]),
        ("split", vec!["12933.3766975", "16628.6271825", "7390.50097"]),
        ("patron", vec!["9249.13708999", "7267.17914213", "112.31095038"]),
        ("labour", vec!["7390.50097"]),
    ] {
        assert_eq!(given(&computed, step), amounts, "{step}");
    }
    let kept: Vec<String> = computed
        .pools
        .iter()
        .map(|(pool, held)| format!("{pool} {held}"))
        .collect();
    let expected = [
        "pool:operations 12000.00",
        "reserve:indivisible 38250.005",
        "reserve:legal 11500.00",
        "fund:mutual 1147.50015",
    ];
    let mut kept_sorted = kept;
    kept_sorted.sort();
    let mut expected_sorted = expected.to_vec();
    expected_sorted.sort_unstable();
    assert_eq!(kept_sorted, expected_sorted);
}

#[test]
fn a_cap_of_half_the_pool_gives_the_published_amounts() {
    let mut rule = scic();
    for step in &mut rule.steps {
        if let Operation::Patronage { cap, to, .. } = &mut step.does
            && *to == group("members:data")
        {
            *cap = Some(Cap::Pool { share: ratio(1, 2) });
        }
    }
    let computed = compute(&rule, rule_hash(&rule), &worked()).unwrap();
    assert_eq!(
        given(&computed, "patron"),
        ["8314.31359125", "8187.77524653", "126.53834472"]
    );
}

#[test]
fn payments_are_whole_cents_and_the_rest_is_carried() {
    // The data pool alone, as the example is worked: ana, ben with 24 % withheld of what is paid, chi with 3.87 carried.
    let rule = RevenueRule {
        withholding: scic().withholding,
        payout: scic().payout,
        ..plain(&[(
            "patron",
            "pool:revenue",
            Operation::Patronage {
                to: group("members:data"),
                weights: vec![
                    MetricWeight {
                        metric: label("records_accepted"),
                        weight: 1,
                    },
                    MetricWeight {
                        metric: label("review_hours"),
                        weight: 40,
                    },
                ],
                floor: None,
                cap: None,
                infeasible: Infeasible::DropFloor,
                excess: Excess::Redistribute,
            },
        )])
    };
    let data = ["members:data"];
    let ana = somebody(1, &data, &[("records_accepted", 1200), ("review_hours", 5)]);
    let mut ben = somebody(2, &data, &[("records_accepted", 300), ("review_hours", 20)]);
    ben.tax = Some(label("us_no_tin"));
    let mut chi = somebody(3, &data, &[("records_accepted", 17)]);
    chi.carried = "3.87".parse().unwrap();
    let cycle = Cycle::new(word(PERIOD), amount("16628.6271825"))
        .with_members([ana, ben, chi])
        .unwrap();
    let computed = compute(&rule, rule_hash(&rule), &cycle).unwrap();
    let paid: Vec<[String; 4]> = pay(&rule, &cycle, &computed)
        .unwrap()
        .into_iter()
        .map(|each| {
            [each.accrued, each.withheld, each.paid]
                .map(|each| each.to_string())
                .to_vec()
                .into_iter()
                .chain([each.carried.to_string()])
                .collect::<Vec<_>>()
                .try_into()
                .unwrap()
        })
        .collect();
    assert_eq!(
        paid,
        [
            ["9249.13708999", "0.00", "9249.13", "0.00708999"],
            ["7267.17914213", "1744.12", "5523.05", "0.00914213"],
            ["112.31095038", "0.00", "116.18", "0.00095038"],
        ]
    );
}

#[test]
fn ten_euros_for_three_are_exact_and_the_odd_unit_is_no_ones_for_ever() {
    let rule = plain(&[(
        "dividend",
        "pool:revenue",
        Operation::PerCapita {
            to: group("members:workers"),
        },
    )]);
    let hash = rule_hash(&rule);
    let mut winners = std::collections::BTreeSet::new();
    for quarter in 1..=12 {
        let cycle = Cycle::new(word(&format!("quarter {quarter}")), amount("10.00"))
            .with_members(workers(&[1, 1, 1]))
            .unwrap();
        let computed = compute(&rule, hash, &cycle).unwrap();
        let mut shares: Vec<String> = computed.accrued.iter().map(Amount::to_string).collect();
        winners.insert(shares.iter().position(|share| share == "3.33333334").unwrap());
        shares.sort();
        assert_eq!(shares, ["3.33333333", "3.33333333", "3.33333334"]);
        let paid = pay(&rule, &cycle, &computed).unwrap();
        assert!(
            paid.iter().all(|each| each.paid == amount("3.33")),
            "a cent is still owed, and carried"
        );
        let carried: i64 = paid.iter().map(|each| each.carried.units()).sum();
        assert_eq!(carried, 1_000_000, "one cent in all");
    }
    assert_eq!(winners.len(), 3, "over twelve cycles each of them had the odd unit");
}

#[test]
fn a_floor_and_a_cap_give_the_published_amounts() {
    let without = [("patron", "pool:revenue", by_hours(None, None))];
    let cap = Cap::Amount { amount: amount("35") };
    let with = [("patron", "pool:revenue", by_hours(Some("2.00"), Some(cap)))];
    let cycle = Cycle::new(word(PERIOD), amount("100"))
        .with_members(workers(&[500, 300, 150, 40, 10]))
        .unwrap();
    for (steps, expected) in [
        (without, ["50.00", "30.00", "15.00", "4.00", "1.00"]),
        (with, ["35.00", "35.00", "22.10526316", "5.89473684", "2.00"]),
    ] {
        let rule = plain(&steps);
        let computed = compute(&rule, rule_hash(&rule), &cycle).unwrap();
        let shares: Vec<String> = computed.accrued.iter().map(Amount::to_string).collect();
        assert_eq!(shares, expected);
    }
}

#[test]
fn a_draft_under_a_profile_is_looked_at_and_so_is_what_it_did() {
    let rule = scic();
    let findings = legal::lint(&rule);
    let standings: Vec<_> = findings.iter().map(|each| (each.clause.id, each.standing)).collect();
    assert_eq!(
        standings,
        [
            ("fr_scic_reserves", legal::Standing::Check),
            ("fr_scic_interest", legal::Standing::Holds)
        ]
    );
    assert!(
        findings[0]
            .text
            .starts_with("57.50 % of the surplus goes to reserves, 50.00 % once"),
        "{}",
        findings[0].text
    );

    // 56.5 % went there, below 57.5; the legal reserve took less than its share, since it is full by now.
    let computed = compute(&rule, rule_hash(&rule), &worked()).unwrap();
    let findings = legal::lint_cycle(&rule, amount("100000.01"), &computed);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].standing, legal::Standing::Check);
    assert_eq!(findings[0].steps, [label("legal")]);
    assert!(findings[0].text.starts_with("56.53 %"), "{}", findings[0].text);

    let mut poorer = rule;
    poorer.steps.retain(|step| step.id != label("indiv"));
    assert_eq!(legal::lint(&poorer)[0].standing, legal::Standing::Breached);
}
