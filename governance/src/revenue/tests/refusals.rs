//! Aim: what is wrong with a rule or with inputs is refused by name, and nothing is given then.

use serde_json::{Value, json};

use super::*;

/// What the worked rule says, changed in one place, or the reason why it does not even read.
fn refusal(pointer: &str, value: Value) -> String {
    let mut json = serde_json::to_value(scic()).unwrap();
    *json.pointer_mut(pointer).unwrap() = value;
    match serde_json::from_value::<RevenueRule>(json) {
        Ok(rule) => rule
            .check()
            .map_or_else(|refusal| refusal.to_string(), |()| String::from("taken")),
        Err(error) => error.to_string(),
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn rules_are_refused_with_the_step_and_the_reason() {
    let share = |share: u64, whole: u64| json!({"share": share, "whole": whole});
    let patronage = |more: Value| {
        let mut does = serde_json::to_value(by_hours(None, None)).unwrap();
        does.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        does
    };
    let many: Vec<Value> = (0..41)
        .map(|number| json!({"metric": format!("m{number}"), "weight": 1}))
        .collect();
    for (pointer, value, expected) in [
        ("/version", json!(0), "the version is 1 or more"),
        ("/version", json!(2), "supersedes the hash of the version before"),
        ("/currency", json!("eur"), "three capital letters"),
        ("/effective_from", json!(1_u64 << 53), "effective_from may be at most"),
        ("/steps", json!([]), "a rule has 1 to 40 steps"),
        ("/steps/1/id", json!("ops"), "step ops: another step has this name"),
        ("/steps/1/id", json!("Ops"), "a name is 1 to 40 of a-z"),
        (
            "/steps/1/from",
            json!("reserve:legal"),
            "step ops_stay: it takes from reserve:legal; steps take from pools",
        ),
        (
            "/steps/1/from",
            json!("pool:nowhere"),
            "step ops_stay: it takes from pool:nowhere, into which no earlier step",
        ),
        (
            "/steps/1/from",
            json!("members:all"),
            "a pool is pool:, reserve:, fund: or tax:",
        ),
        (
            "/steps/1/does",
            json!({"op": "transfer", "to": "pool:operations"}),
            "step ops_stay: it gives to pool:operations, from which it takes",
        ),
        ("/steps/0/does/amount", json!("0"), "step ops: it moves an amount of 0"),
        ("/steps/0/does/amount", json!(12), "invalid type"),
        ("/steps/0/does/amount", json!("1.123456789"), "expected an amount"),
        (
            "/steps/0/does/to",
            json!("tax:office"),
            "step ops: it gives to tax:office; only withholdings",
        ),
        ("/steps/0/does/op", json!("loop"), "unknown variant `loop`"),
        (
            "/steps/2/does/share",
            share(0, 1),
            "step legal: it moves a share of nothing",
        ),
        (
            "/steps/2/does/share",
            share(2, 1),
            "a share cannot be more than the whole",
        ),
        (
            "/steps/2/does/to",
            json!("fund:legal"),
            "step legal: it gives to fund:legal; a reserve step gives to a reserve",
        ),
        (
            "/steps/2/does/until/share",
            share(0, 1),
            "step legal: it moves a share of nothing",
        ),
        (
            "/steps/5/does/annual",
            share(0, 1),
            "step capint: it moves a share of nothing",
        ),
        (
            "/steps/6/does/parts",
            json!([]),
            "step split: it needs 1 to 40 different parts",
        ),
        (
            "/steps/6/does/parts/1/to",
            json!("pool:tools"),
            "step split: it needs 1 to 40 different parts",
        ),
        (
            "/steps/6/does/parts/1/weight",
            json!(0),
            "step split: it needs 1 to 40 different parts",
        ),
        (
            "/steps/6/does/parts/1/weight",
            json!(1_000_000_001),
            "step split: it needs 1 to 40 different parts",
        ),
        (
            "/steps/8/does/weights",
            json!(many),
            "step patron: it needs 1 to 40 different metrics",
        ),
        (
            "/steps/9/does",
            patronage(json!({"floor": "0"})),
            "step labour: a floor or a cap of nothing",
        ),
        (
            "/steps/9/does",
            patronage(json!({"cap": {"of": "pool", "share": share(1, 1)}})),
            "step labour: a floor or a cap of nothing",
        ),
        (
            "/steps/9/does",
            patronage(json!({"floor": "2", "cap": {"of": "amount", "amount": "1"}})),
            "step labour: its floor is above its cap",
        ),
        (
            "/steps/9/does",
            patronage(json!({"infeasible": "refuse"})),
            "step labour: infeasible refuse needs a floor",
        ),
        (
            "/steps/9/from",
            json!("pool:data"),
            "pool:work gets money and no later step empties it",
        ),
        (
            "/steps/6/does/parts/0/to",
            json!("pool:spare"),
            "step dividend: it takes from pool:tools, into which no earlier step",
        ),
        (
            "/withholding/0/to",
            json!("fund:x"),
            "withholding us_backup: what is withheld goes to a tax pool",
        ),
        (
            "/withholding/0/share",
            share(1, 1),
            "withholding us_backup: its share is above nothing and below all",
        ),
        (
            "/payout/decimals",
            json!(9),
            "payout: a minor unit has at most eight decimals",
        ),
        (
            "/payout/min",
            json!("10.001"),
            "payout: the least payment is a whole number of minor units",
        ),
        ("/payout/rails", json!([]), "payout: name at least one rail"),
        (
            "/payout/rails",
            json!(["sepa", "sepa"]),
            "payout: name at least one rail, and each once",
        ),
        (
            "/payout/dormant/after_months",
            json!(0),
            "payout: what is unclaimed waits 1 to 600 months",
        ),
        (
            "/payout/dormant/to",
            json!("pool:x"),
            "payout: what is unclaimed goes to a fund",
        ),
        (
            "/notice/cash_share_min",
            share(0, 1),
            "payout: a notice that promises no money says nothing",
        ),
    ] {
        let got = refusal(pointer, value.clone());
        assert!(got.contains(expected), "{pointer} {value}: {got}");
    }
    let mut steps = serde_json::to_value(scic()).unwrap()["steps"]
        .as_array()
        .unwrap()
        .clone();
    steps.push(json!({"id": "late", "does": {"op": "transfer", "to": "pool:operations"}}));
    assert!(refusal("/steps", json!(steps)).contains("pool:operations gets money and no later step empties it"));
    let forty_one: Vec<Value> = (0..41)
        .map(|number| json!({"id": format!("s{number}"), "does": {"op": "sink"}}))
        .collect();
    assert!(refusal("/steps", json!(forty_one)).contains("1 to 40 steps"));
    let two = serde_json::to_value(&scic().withholding[0]).unwrap();
    let mut other = two.clone();
    assert!(refusal("/withholding", json!([two, two])).contains("another one has this name"));
    other["id"] = json!("second");
    assert!(refusal("/withholding", json!([two, other])).contains("another one has this tax profile"));
}

fn computed(rule: &RevenueRule, cycle: &Cycle) -> Result<Computed, String> {
    compute(rule, rule_hash(rule), cycle).map_err(|refusal| refusal.to_string())
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn inputs_are_refused_with_the_step_the_member_and_the_reason() {
    let hours = plain(&[("labour", "pool:revenue", by_hours(None, None))]);
    let revenue = || Cycle::new(word("p"), amount("10"));
    let weights = |weight| {
        let mut does = by_hours(None, None);
        if let Operation::Patronage { weights, .. } = &mut does {
            weights[0].weight = weight;
        }
        plain(&[("labour", "pool:revenue", does)])
    };
    let cycle = |hours: &[u64]| revenue().with_members(workers(hours)).unwrap();

    // A million members of no weight: what nobody may get is not left lying, unless a step says where it goes.
    let nobody = computed(&hours, &cycle(&vec![0; 1_000_000])).unwrap_err();
    assert_eq!(
        nobody,
        "after step labour there are 10.00 left in pool:revenue, which nobody may get; add a step that moves or keeps them"
    );
    let mut with_rest = hours.clone();
    with_rest.steps.push(Step {
        id: label("rest"),
        from: Pool::revenue(),
        does: Operation::Transfer {
            to: pool("reserve:rest"),
        },
    });
    let kept = computed(&with_rest, &cycle(&[0, 0])).unwrap();
    assert_eq!(kept.pools, [(pool("reserve:rest"), amount("10"))].into());

    assert_eq!(
        computed(&weights(2), &cycle(&[1, u64::MAX])).unwrap_err(),
        format!(
            "step labour: the weight of member {} is more than 64 bits hold; lower the weights of the rule",
            member(2)
        )
    );
    assert!(computed(&weights(1), &cycle(&[1, u64::MAX])).is_ok());

    let fixed = |shortfall| {
        plain(&[
            (
                "ops",
                "pool:revenue",
                Operation::Fixed {
                    amount: amount("11"),
                    to: pool("fund:ops"),
                    shortfall,
                },
            ),
            ("rest", "pool:revenue", Operation::Sink {}),
        ])
    };
    assert_eq!(
        computed(&fixed(Shortfall::Refuse), &cycle(&[])).unwrap_err(),
        "step ops: there are 10.00, and 11.00 are asked for"
    );
    assert_eq!(
        computed(&fixed(Shortfall::Partial), &cycle(&[])).unwrap().pools,
        [(pool("fund:ops"), amount("10"))].into()
    );

    let cycle_of = revenue().with_members(workers(&[1])).unwrap();
    assert_eq!(
        computed(&scic(), &cycle_of).unwrap_err(),
        "step legal: the inputs lack the balance of capital_paid_up"
    );
    let mut no_reserve = cycle_of;
    no_reserve.balances.insert(label("capital_paid_up"), amount("1"));
    // Ten are less than the costs: nothing is left to put anywhere, but the inputs must still be whole.
    assert_eq!(
        computed(&scic(), &no_reserve).unwrap_err(),
        "step legal: the inputs lack the balance of reserve:legal"
    );

    let twice = revenue().with_members([somebody(1, &[], &[]), somebody(1, &[], &[])]);
    assert_eq!(twice.unwrap_err(), CycleRefusal::Twice(member(1)));
    let large = somebody(1, &[], &[("hours", u64::MAX), ("hours", 1)]);
    let refused = CycleRefusal::MetricTooLarge {
        member: member(1),
        metric: label("hours"),
    };
    assert_eq!(revenue().with_members([large]).unwrap_err(), refused);
}

#[test]
fn floors_that_cannot_be_met_are_dropped_or_refused_as_the_rule_says() {
    let with = |infeasible| {
        let mut does = by_hours(Some("6"), None);
        if let Operation::Patronage { infeasible: place, .. } = &mut does {
            *place = infeasible;
        }
        plain(&[("labour", "pool:revenue", does)])
    };
    let cycle = Cycle::new(word("p"), amount("10"))
        .with_members(workers(&[3, 1]))
        .unwrap();
    let dropped = computed(&with(Infeasible::DropFloor), &cycle).unwrap();
    assert_eq!(dropped.accrued, [amount("7.5"), amount("2.5")]);
    assert!(dropped.steps[0].floor_dropped);
    let refused = computed(&with(Infeasible::Refuse), &cycle).unwrap_err();
    assert_eq!(
        refused,
        "step labour: the floors need 1200000000 units, and there are 1000000000"
    );
}

#[test]
fn what_is_above_a_cap_goes_to_others_or_stays_as_the_rule_says() {
    let with = |excess| {
        let mut does = by_hours(None, Some(Cap::Pool { share: ratio(1, 2) }));
        if let Operation::Patronage { excess: place, .. } = &mut does {
            *place = excess;
        }
        let rest = Operation::Transfer { to: pool("fund:rest") };
        plain(&[("labour", "pool:revenue", does), ("rest", "pool:revenue", rest)])
    };
    let cycle = Cycle::new(word("p"), amount("10"))
        .with_members(workers(&[8, 1, 1]))
        .unwrap();
    let moved = computed(&with(Excess::Redistribute), &cycle).unwrap();
    assert_eq!(moved.accrued, ["5", "2.5", "2.5"].map(amount));
    assert!(moved.pools.is_empty());
    let left = computed(&with(Excess::Stay), &cycle).unwrap();
    assert_eq!(left.accrued, ["5", "1", "1"].map(amount));
    assert_eq!(left.pools, [(pool("fund:rest"), amount("3"))].into());
}

#[test]
fn reserves_take_their_share_and_no_more_than_they_have_room_for() {
    let rule = |until| {
        plain(&[
            (
                "reserve",
                "pool:revenue",
                Operation::Reserve {
                    share: ratio(1, 2),
                    to: pool("reserve:r"),
                    until,
                },
            ),
            ("rest", "pool:revenue", Operation::Sink {}),
        ])
    };
    let to = |amount_text: &str| {
        Some(Target::Amount {
            amount: amount(amount_text),
        })
    };
    for (before, until, expected) in [
        ("0", None, "5.00"),
        ("0", to("100"), "5.00"),
        ("97", to("100"), "3.00"),
        ("100", to("100"), "0.00"),
        ("250", to("100"), "0.00"),
    ] {
        let mut cycle = Cycle::new(word("p"), amount("10"));
        cycle.reserves.insert(pool("reserve:r"), amount(before));
        let computed = computed(&rule(until), &cycle).unwrap();
        let got = computed.pools.get(&pool("reserve:r")).copied().unwrap_or_default();
        assert_eq!(got.to_string(), expected, "{before}");
    }
}

#[test]
fn interest_is_paid_for_the_part_of_a_year_and_in_proportion_where_there_is_less() {
    let rule = |annual, period| {
        plain(&[
            (
                "interest",
                "pool:revenue",
                Operation::CapitalInterest {
                    annual,
                    period,
                    to: group("members:owners"),
                },
            ),
            ("rest", "pool:revenue", Operation::Sink {}),
        ])
    };
    let owner = |number, capital: &str| MemberInput {
        capital: amount(capital),
        ..somebody(number, &["members:owners"], &[])
    };
    for (annual, period, expected) in [
        (ratio(3, 100), Period::Quarter, ["1.50", "0.75"]),
        (ratio(3, 100), Period::Year, ["6.00", "3.00"]),
        (ratio(3, 100), Period::Month, ["0.50", "0.25"]),
        (ratio(1, 2), Period::HalfYear, ["6.66666667", "3.33333333"]),
    ] {
        let cycle = Cycle::new(word("p"), amount("10"))
            .with_members([owner(1, "200"), owner(2, "100"), somebody(3, &["members:owners"], &[])])
            .unwrap();
        let computed = computed(&rule(annual, period), &cycle).unwrap();
        assert_eq!(computed.accrued[..2], expected.map(amount));
        assert_eq!(computed.accrued[2], Amount::ZERO);
    }
    let cycle = Cycle::new(word("p"), amount("10"))
        .with_members([owner(1, "92233720368"), owner(2, "92233720368")])
        .unwrap();
    let refused = computed(&rule(ratio(1, 100), Period::Year), &cycle).unwrap_err();
    assert_eq!(
        refused,
        "step interest: the capital of all members is more than any amount"
    );
}
