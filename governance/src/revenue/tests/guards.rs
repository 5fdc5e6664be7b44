//! Aim: what computes a cycle looks at the rule, at the groups and at what is carried, each by itself.

use super::*;

fn everything(does: Operation) -> RevenueRule {
    plain(&[
        ("all", "pool:revenue", does),
        ("rest", "pool:revenue", Operation::Sink {}),
    ])
}

fn equally() -> Operation {
    Operation::PerCapita {
        to: group("members:workers"),
    }
}

fn cycle(period: &str, revenue: &str, people: &[MemberInput]) -> Cycle {
    Cycle::new(word(period), amount(revenue))
        .with_members(people.to_vec())
        .unwrap()
}

fn accrued(rule: &RevenueRule, cycle: &Cycle) -> Vec<Amount> {
    compute(rule, rule_hash(rule), cycle).unwrap().accrued
}

/// Each of these rules would compute; it is refused since no co-op can adopt it.
#[test]
fn a_rule_that_is_refused_is_not_computed() {
    let people = workers(&[1, 2]);
    let cycle = cycle("2026", "10.00", &people);
    let breaks: [fn(&mut RevenueRule); 4] = [
        |rule| rule.version = 0,
        |rule| rule.currency = String::from("eur"),
        |rule| rule.payout.rails.clear(),
        |rule| rule.steps.iter_mut().for_each(|step| step.id = label("same")),
    ];
    for (number, spoil) in breaks.into_iter().enumerate() {
        let mut rule = everything(equally());
        assert!(compute(&rule, rule_hash(&rule), &cycle).is_ok());
        spoil(&mut rule);
        let refused = compute(&rule, rule_hash(&rule), &cycle);
        assert!(
            matches!(refused, Err(WaterfallRefusal::Rule(_))),
            "{number}: {refused:?}"
        );
    }
}

/// Whoever is outside the group gets nothing of it, whatever capital or hours they have.
#[test]
fn only_members_of_the_group_share() {
    let with_capital = |number, groups: &[&str]| MemberInput {
        capital: amount("1000.00"),
        ..somebody(number, groups, &[("hours", 5)])
    };
    let people = [
        with_capital(1, &["members:workers"]),
        with_capital(2, &["members:others"]),
        with_capital(3, &[]),
        with_capital(4, &["members:others", "members:workers"]),
    ];
    let interest = Operation::CapitalInterest {
        annual: ratio(12, 100),
        period: Period::Month,
        to: group("members:workers"),
    };
    for (does, each) in [
        (equally(), "50.00"),
        (interest, "10.00"),
        (by_hours(None, None), "50.00"),
    ] {
        let rule = everything(does);
        let given = accrued(&rule, &cycle("2026", "100.00", &people));
        assert_eq!(given, [each, "0", "0", each].map(amount), "{rule:?}");
    }
    let nobody = everything(Operation::PerCapita {
        to: group("members:unheard_of"),
    });
    assert_eq!(
        accrued(&nobody, &cycle("2026", "100.00", &people)),
        [Amount::ZERO; 4],
        "a group that nobody is in"
    );
}

/// What the other rule would not have paid yet is paid later; the rules of the time paid at once.
#[test]
fn what_another_rule_would_have_carried_is_taken_along() {
    let people = workers(&[1, 1]);
    let rule = everything(equally());
    let mut other = rule.clone();
    other.payout.min = amount("8.00");
    let cycles = [
        cycle("2026-01", "10.00", &people),
        cycle("2026-02", "10.00", &people),
        cycle("2026-03", "6.00", &people),
    ];
    let past: Vec<Past<'_>> = cycles
        .iter()
        .map(|cycle| Past {
            rule: &rule,
            hash: rule_hash(&rule),
            cycle,
        })
        .collect();
    for (cycles, paid, carried) in [(1, "0", 500_000_000), (2, "10.00", 0), (3, "10.00", 300_000_000)] {
        let told = what_if(&past[..cycles], &other, rule_hash(&other)).unwrap();
        for (member, comparison) in told {
            assert_eq!(
                (comparison.would_be_paid, comparison.would_carry),
                (amount(paid), Balance::from_units(carried)),
                "{member} after {cycles} cycles"
            );
            assert_eq!(comparison.paid, comparison.accrued, "the rules of the time pay at once");
        }
    }
}
