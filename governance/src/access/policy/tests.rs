//! Policies as members write them, whom they concern, and what is refused.

use uuid::Uuid;

use super::*;

pub fn member(number: u128) -> MemberId {
    MemberId::from_uuid(Uuid::from_u128(number))
}

pub fn subject(number: u128, class: Class, roles: &[Role]) -> Subject {
    Subject {
        member: member(number),
        class,
        roles: roles.iter().copied().collect(),
    }
}

pub fn line(group: Group, share: Share, period: Period, units: u64) -> Allowance {
    Allowance {
        group,
        share,
        period,
        units,
    }
}

pub fn policy() -> Policy {
    let worker = Group::Class { class: Class::Worker };
    let steward = Group::Role { role: Role::Steward };
    let mut policy = Policy {
        allowances: vec![
            line(Group::Everyone {}, Share::Together, Period::Month, 1_000),
            line(Group::Everyone {}, Share::Each, Period::Day, 10),
            line(worker, Share::Each, Period::Day, 20),
            line(worker, Share::Together, Period::Month, 600),
            line(steward, Share::Each, Period::Day, 15),
            line(Group::Role { role: Role::Auditor }, Share::Each, Period::Day, 30),
            line(Group::Member { member: member(9) }, Share::Each, Period::Day, 1),
        ],
        weights: vec![
            Weight {
                group: worker,
                weight: 3,
            },
            Weight {
                group: steward,
                weight: 2,
            },
        ],
        models: vec![Permission {
            model: String::from("big"),
            groups: vec![worker, steward],
        }],
        partial_charge: PartialChargeRule::Counted,
        expired_charge: PartialChargeRule::InputOnly,
        rate: None,
    };
    policy.read().unwrap();
    policy
}

fn check(name: &str, subject: &Subject, expected: &[(&str, Period, u64)], weight: u32, big: bool) {
    let policy = policy();
    let mut found: Vec<_> = policy
        .limits(subject)
        .into_iter()
        .map(|limit| (limit.principal.kind(), limit.period, limit.cap))
        .collect();
    found.sort_unstable();
    assert_eq!(found, expected, "{name}");
    assert_eq!(
        (policy.weight(subject), policy.permits(subject, "big")),
        (weight, big),
        "{name}"
    );
    assert!(policy.permits(subject, "small"), "{name}");
}

#[test]
fn the_most_particular_line_is_a_members_own_and_every_shared_one_holds() {
    let (day, month) = (Period::Day, Period::Month);
    let coop = ("coop", month, 1_000);
    let class = ("class", month, 600);
    check(
        "a user",
        &subject(1, Class::User, &[]),
        &[coop, ("member", day, 10)],
        1,
        false,
    );
    check(
        "a worker",
        &subject(2, Class::Worker, &[]),
        &[class, coop, ("member", day, 20)],
        3,
        true,
    );
    let steward = subject(3, Class::Worker, &[Role::Steward]);
    check(
        "an office before a class",
        &steward,
        &[class, coop, ("member", day, 15)],
        2,
        true,
    );
    let both = subject(4, Class::User, &[Role::Steward, Role::Auditor]);
    check(
        "the larger of two offices",
        &both,
        &[coop, ("member", day, 30)],
        2,
        true,
    );
    let named = subject(9, Class::Worker, &[Role::Auditor]);
    check(
        "the member before all",
        &named,
        &[class, coop, ("member", day, 1)],
        3,
        true,
    );
}

#[test]
fn a_policy_that_contradicts_itself_or_has_no_bounds_is_refused() {
    let refused = |change: &dyn Fn(&mut Policy)| {
        let mut changed = policy();
        change(&mut changed);
        changed.read().unwrap_err()
    };
    let everyone = Group::Everyone {};
    let twice = |policy: &mut Policy| {
        policy.allowances.push(line(everyone, Share::Each, Period::Day, 99));
    };
    assert_eq!(refused(&twice), PolicyRefusal::Twice);
    let alone = |policy: &mut Policy| {
        policy.allowances.push(line(
            Group::Member { member: member(1) },
            Share::Together,
            Period::Day,
            9,
        ));
    };
    assert_eq!(refused(&alone), PolicyRefusal::Alone);
    let heavy = |policy: &mut Policy| {
        policy.weights.push(Weight {
            group: everyone,
            weight: 21,
        })
    };
    assert!(matches!(refused(&heavy), PolicyRefusal::Range { field: "weight", .. }));
    let rich = |policy: &mut Policy| {
        policy
            .allowances
            .push(line(everyone, Share::Each, Period::Week, UNITS_MAX + 1));
    };
    assert!(matches!(refused(&rich), PolicyRefusal::Range { field: "units", .. }));
    let nobody = |policy: &mut Policy| {
        policy.models.push(Permission {
            model: String::from("x"),
            groups: Vec::new(),
        });
    };
    assert_eq!(refused(&nobody), PolicyRefusal::Nobody);
    let again = |policy: &mut Policy| policy.models.push(policy.models[0].clone());
    assert_eq!(refused(&again), PolicyRefusal::Twice);
    let many = |policy: &mut Policy| {
        policy.weights = vec![
            Weight {
                group: everyone,
                weight: 1
            };
            201
        ]
    };
    assert_eq!(refused(&many), PolicyRefusal::TooMany);
}

#[test]
fn the_order_of_lines_changes_nothing_and_every_fact_changes_the_hash() {
    let mut turned = policy();
    turned.allowances.reverse();
    turned.weights.reverse();
    turned.models[0].groups.reverse();
    turned.read().unwrap();
    assert_eq!((turned.hash(), &turned), (policy().hash(), &policy()));
    let changes: [&dyn Fn(&mut Policy); 7] = [
        &|policy| policy.allowances[0].units += 1,
        &|policy| policy.allowances[0].period = Period::Week,
        &|policy| policy.weights[0].weight += 1,
        &|policy| policy.models[0].model.push('x'),
        &|policy| policy.partial_charge = PartialChargeRule::Nothing,
        &|policy| policy.expired_charge = PartialChargeRule::Nothing,
        &|policy| {
            policy.rate = Some(Rate {
                currency: String::from("EUR"),
                minor_per_million: 1,
            });
        },
    ];
    for change in changes {
        let mut other = policy();
        change(&mut other);
        assert_ne!(other.hash(), policy().hash());
    }
}

#[test]
fn a_policy_is_read_from_the_json_that_people_write() {
    let text = r#"{"allowances":[{"for":{"group":"everyone"},"share":"each","period":"day","units":5},
        {"for":{"group":"class","class":"worker"},"share":"together","period":"week","units":9}],
        "partial_charge":"counted","expired_charge":"input_only"}"#;
    let policy: Policy = serde_json::from_str(text).unwrap();
    let again: Policy = serde_json::from_str(&serde_json::to_string(&policy).unwrap()).unwrap();
    assert_eq!(again, policy);
    let unknown = text.replace("\"units\":5", "\"units\":5,\"unit\":6");
    assert!(serde_json::from_str::<Policy>(&unknown).is_err());
    assert!(serde_json::from_str::<Policy>(&text.replace(":5}", ":-5}")).is_err());
    let priced = |rate: &str| text.replace("\"partial_charge\"", &format!("\"rate\":{rate},\"partial_charge\""));
    let mut priced: Policy =
        serde_json::from_str(&priced(r#"{"currency":"EUR","minor_per_million":1000000}"#)).unwrap();
    assert_eq!(priced.read(), Ok(()));
    priced.rate.as_mut().unwrap().currency = String::from("credits");
    assert_eq!(priced.read(), Err(PolicyRefusal::Currency));
}
