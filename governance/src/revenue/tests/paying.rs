//! Aim: what is paid, withheld, held and carried, case by case.

use super::*;

struct Case {
    carried: &'static str,
    taxed: &'static str,
    accrued: &'static str,
    decimals: u8,
    min: &'static str,
    withhold: Option<(u64, Rounding)>,
    standing: Standing,
    idle: u16,
    /// Withheld, paid, dormant, carried.
    expected: [&'static str; 4],
}

const USUAL: Case = Case {
    carried: "0",
    taxed: "0",
    accrued: "0",
    decimals: 2,
    min: "0",
    withhold: None,
    standing: Standing::Open,
    idle: 0,
    expected: ["0.00", "0.00", "0.00", "0.00"],
};

fn check(name: &str, case: &Case) {
    let mut rule = plain(&[("patron", "pool:revenue", by_hours(None, None))]);
    rule.payout.decimals = case.decimals;
    rule.payout.min = amount(case.min);
    rule.payout.dormant = Some(Dormancy {
        after_months: 36,
        to: pool("fund:community"),
    });
    if let Some((hundredths, rounding)) = case.withhold {
        rule.withholding = vec![Withholding {
            id: label("tax"),
            profile: label("taxed"),
            share: ratio(hundredths, 100),
            to: pool("tax:office"),
            rounding,
        }];
    }
    rule.check().unwrap();
    let person = MemberInput {
        carried: case.carried.parse().unwrap(),
        standing: case.standing,
        idle_months: case.idle,
        taxed: amount(case.taxed),
        tax: Some(label("taxed")),
        ..somebody(1, &["members:workers"], &[("hours", 1)])
    };
    let cycle = Cycle::new(word("p"), amount(case.accrued))
        .with_members([person])
        .unwrap();
    let computed = compute(&rule, rule_hash(&rule), &cycle).unwrap();
    let payment = pay(&rule, &cycle, &computed).unwrap().remove(0);
    let got = [
        payment.withheld.to_string(),
        payment.paid.to_string(),
        payment.dormant.to_string(),
        payment.carried.to_string(),
    ];
    assert_eq!(got, case.expected, "{name}");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn payments_follow_the_rule_case_by_case() {
    let zero = "0.00";
    let cases = [
        (
            "parts of a cent are carried",
            Case {
                accrued: "12.34567890",
                expected: [zero, "12.34", zero, "0.0056789"],
                ..USUAL
            },
        ),
        (
            "below the least payment all is carried",
            Case {
                accrued: "9.99999999",
                min: "10",
                expected: [zero, zero, zero, "9.99999999"],
                ..USUAL
            },
        ),
        (
            "the least payment itself is paid",
            Case {
                accrued: "10",
                min: "10",
                expected: [zero, "10.00", zero, zero],
                ..USUAL
            },
        ),
        (
            "what is carried counts towards it",
            Case {
                carried: "3.87",
                accrued: "6.13",
                min: "10",
                expected: [zero, "10.00", zero, zero],
                ..USUAL
            },
        ),
        (
            "who leaves is paid below it",
            Case {
                accrued: "0.019",
                min: "10",
                standing: Standing::Leaving,
                expected: [zero, "0.01", zero, "0.009"],
                ..USUAL
            },
        ),
        (
            "what is held is neither paid nor withheld",
            Case {
                accrued: "50",
                withhold: Some((24, Rounding::Down)),
                standing: Standing::Held,
                expected: [zero, zero, zero, "50.00"],
                ..USUAL
            },
        ),
        (
            "what was withheld from before is not withheld from again",
            Case {
                carried: "76.00",
                taxed: "76",
                accrued: "100",
                withhold: Some((24, Rounding::Down)),
                expected: ["24.00", "152.00", zero, zero],
                ..USUAL
            },
        ),
        (
            "nor is anything where more was than is owed now",
            Case {
                carried: "-10.00",
                taxed: "76",
                accrued: "50",
                withhold: Some((24, Rounding::Up)),
                expected: [zero, "40.00", zero, zero],
                ..USUAL
            },
        ),
        (
            "the yen has no decimals",
            Case {
                accrued: "1234.99999999",
                decimals: 0,
                expected: [zero, "1234.00", zero, "0.99999999"],
                ..USUAL
            },
        ),
        (
            "the dinar has three",
            Case {
                accrued: "1.23456789",
                decimals: 3,
                expected: [zero, "1.234", zero, "0.00056789"],
                ..USUAL
            },
        ),
        (
            "yen are withheld in whole yen",
            Case {
                accrued: "99.5",
                decimals: 0,
                withhold: Some((24, Rounding::Down)),
                expected: ["23.00", "76.00", zero, "0.50"],
                ..USUAL
            },
        ),
        (
            "or rounded up",
            Case {
                accrued: "99.5",
                decimals: 0,
                withhold: Some((24, Rounding::Up)),
                expected: ["24.00", "75.00", zero, "0.50"],
                ..USUAL
            },
        ),
        (
            "who owes is paid nothing",
            Case {
                carried: "-5",
                accrued: "3",
                expected: [zero, zero, zero, "-2.00"],
                ..USUAL
            },
        ),
        (
            "what is owed is netted, and nothing is withheld of it",
            Case {
                carried: "-5",
                accrued: "15",
                withhold: Some((10, Rounding::Down)),
                expected: ["1.00", "9.00", zero, zero],
                ..USUAL
            },
        ),
        (
            "the least payment is of what reaches the member",
            Case {
                accrued: "10",
                min: "10",
                withhold: Some((24, Rounding::Down)),
                expected: [zero, zero, zero, "10.00"],
                ..USUAL
            },
        ),
        (
            "a withholding that leaves nothing is not taken",
            Case {
                accrued: "0.01",
                withhold: Some((24, Rounding::Up)),
                expected: [zero, zero, zero, "0.01"],
                ..USUAL
            },
        ),
        (
            "what nobody claims goes to a fund",
            Case {
                carried: "7",
                accrued: "1",
                standing: Standing::Held,
                idle: 36,
                expected: [zero, zero, "8.00", zero],
                ..USUAL
            },
        ),
        (
            "but not a month early",
            Case {
                carried: "7",
                accrued: "1",
                standing: Standing::Held,
                idle: 35,
                expected: [zero, zero, zero, "8.00"],
                ..USUAL
            },
        ),
        (
            "nor what can be paid",
            Case {
                carried: "7",
                accrued: "1",
                idle: 36,
                expected: [zero, "8.00", zero, zero],
                ..USUAL
            },
        ),
        (
            "nor a debt",
            Case {
                carried: "-7",
                accrued: "1",
                standing: Standing::Held,
                idle: 36,
                expected: [zero, zero, zero, "-6.00"],
                ..USUAL
            },
        ),
    ];
    for (name, case) in &cases {
        check(name, case);
    }
}

#[test]
fn what_no_amount_can_hold_is_refused_by_member() {
    let rule = plain(&[("patron", "pool:revenue", by_hours(None, None))]);
    let person = MemberInput {
        carried: Balance::from_units(i64::MAX),
        ..somebody(7, &["members:workers"], &[("hours", 1)])
    };
    let cycle = Cycle::new(word("p"), amount("0.00000001"))
        .with_members([person])
        .unwrap();
    let computed = compute(&rule, rule_hash(&rule), &cycle).unwrap();
    assert_eq!(pay(&rule, &cycle, &computed), Err(PayoutRefusal::TooLarge(member(7))));
}
