//! The functions in the database and those in the domain say the same. Rust is the definition.

use governance::access::{Ending, Held, PartialChargeRule, Policy, Price, Subject, Usage, charge};
use governance::id::MemberId;
use governance::membership::{Class, Role};
use serde_json::{Value, json};
use tests::database::fresh_database;
use uuid::Uuid;

/// Every ending, rule and kind of usage.
#[tokio::test(flavor = "multi_thread")]
async fn the_database_charges_what_the_domain_charges() {
    let database = fresh_database().await;
    let client = database.superuser().await;
    let statement = client
        .prepare("SELECT access_charge($1, $2, 1057, 100, 3, 15, 7, $3::bigint, $4::bigint, $5)")
        .await
        .unwrap();
    let held = Held {
        units: 1_057,
        input_max: 100,
        price: Price {
            input: 3,
            output: 15,
            call: 7,
        },
    };
    let usages = [None, Some((0, 0)), Some((40, 20)), Some((100, 50)), Some((100, 60))];
    for (rule, ending) in PartialChargeRule::ALL
        .iter()
        .flat_map(|rule| Ending::ALL.iter().map(move |end| (*rule, *end)))
    {
        for (usage, first_byte) in usages.iter().flat_map(|usage| [(usage, false), (usage, true)]) {
            let (input, output) = (usage.map(|usage| usage.0), usage.map(|usage| usage.1));
            let row = client
                .query_one(
                    &statement,
                    &[&rule.name(), &ending.name(), &input, &output, &first_byte],
                )
                .await
                .unwrap();
            let usage = usage.map(|(input, output): (i64, i64)| Usage {
                input: input.unsigned_abs(),
                output: output.unsigned_abs(),
            });
            let expected = charge(rule, &held, ending, usage, first_byte);
            let cost: i64 = row.get(0);
            assert_eq!(
                cost.unsigned_abs(),
                expected.charged + expected.excess,
                "{rule:?} {ending:?} {usage:?} {first_byte}"
            );
        }
    }
}

fn rich_policy() -> Value {
    let of_class = |class: &str| json!({"group": "class", "class": class});
    let of_role = |role: &str| json!({"group": "role", "role": role});
    let line = |group: Value, share: &str, period: &str, units: u64| json!({"for": group, "share": share, "period": period, "units": units});
    json!({"allowances": [
            line(json!({"group": "everyone"}), "together", "month", 900), line(json!({"group": "everyone"}), "each", "day", 10),
            line(of_class("worker"), "each", "day", 20), line(of_class("worker"), "together", "week", 600),
            line(of_role("steward"), "each", "day", 15), line(of_role("auditor"), "each", "day", 30),
            line(of_role("steward"), "together", "day", 70),
            line(json!({"group": "member", "member": Uuid::from_u128(9)}), "each", "day", 1),
            line(json!({"group": "member", "member": Uuid::from_u128(9)}), "each", "week", 2)],
        "partial_charge": "counted", "expired_charge": "nothing"})
}

/// Every class with every set of offices, and a member who is named.
#[tokio::test(flavor = "multi_thread")]
async fn the_database_finds_the_limits_that_the_domain_finds() {
    let database = fresh_database().await;
    let client = database.superuser().await;
    let mut policy: Policy = serde_json::from_value(rich_policy()).unwrap();
    policy.read().unwrap();
    let content = serde_json::to_value(&policy).unwrap();
    let origins: Vec<Value> = policy
        .allowances
        .iter()
        .map(|_| json!({"proposal": Uuid::nil(), "since": "2026-11-26T00:00:00Z"}))
        .collect();
    let offices = [
        &[][..],
        &[Role::Steward],
        &[Role::Auditor],
        &[Role::Steward, Role::Auditor],
    ];
    for (class, roles) in Class::ALL.iter().flat_map(|class| offices.map(|roles| (*class, roles))) {
        for number in [1, 9] {
            let subject = Subject {
                member: MemberId::from_uuid(Uuid::from_u128(number)),
                class,
                roles: roles.iter().copied().collect(),
            };
            let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
            let rows = client
                .query(
                    "SELECT kind, subject, period, units FROM access_limits($1::text::jsonb, $2::text::jsonb, $3, $4, $5) ORDER BY 1, 2, 3",
                    &[
                        &content.to_string(),
                        &Value::Array(origins.clone()).to_string(),
                        &subject.member.uuid(),
                        &class.name(),
                        &names,
                    ],
                )
                .await
                .unwrap();
            let found: Vec<(String, String, String, i64)> = rows
                .iter()
                .map(|row| (row.get(0), row.get(1), row.get(2), row.get(3)))
                .collect();
            let mut expected: Vec<(String, String, String, i64)> = policy
                .limits(&subject)
                .iter()
                .map(|limit| {
                    let (kind, cap) = (limit.principal.kind().to_owned(), i64::try_from(limit.cap).unwrap());
                    (kind, limit.principal.subject(), limit.period.name().to_owned(), cap)
                })
                .collect();
            expected.sort_unstable();
            assert_eq!(found, expected, "{subject:?}");
        }
    }
}
