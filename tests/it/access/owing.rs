//! Aim: what members owe in money is what they used at the rate that was voted, to the last part of a minor unit, posted once, and nobody
//! reads of fewer than five. Method: calls of several days under two rates; the checker computes all of it again from the calls.

use governance::membership::{Class, Role};
use serde_json::{Value, json};
use server::services::access::totals::totals_once;
use tests::app::TestApp;

use super::totals::{due, move_to};
use super::world::{admitted, allowance, ask, carry, finished, key, policy, settle, shared};
use crate::decisions::world::Hall;

/// A policy without limits to speak of, at so many minor units for a million credits.
pub fn priced(replaces: u64, currency: &str, minor_per_million: u64) -> Value {
    let mut act = policy(
        replaces,
        &[allowance(json!({"group": "everyone"}), "together", 10_000_000)],
    );
    act["policy"]["rate"] = json!({"currency": currency, "minor_per_million": minor_per_million});
    act
}

/// One call of each of these members, of so many tokens of output, on a day.
pub async fn use_on(app: &TestApp, hall: &Hall, day: &str, (members, output): (std::ops::Range<usize>, u32)) {
    for who in &hall.members[members] {
        let key = key(hall, who, json!({})).await;
        let asked = ask(app, &key, (1_000, output));
        let _ = admitted(app, hall, &asked).await;
        let settled = settle(app, hall, asked.hold, finished(1_000, output)).await;
        assert_eq!(settled.unwrap().charged, 3_000 + 15 * u64::from(output));
    }
    move_to(app, day).await;
}

/// Tells what is due, and gives all that is owed: number, currency, members, minor units.
pub async fn told(app: &TestApp) -> Vec<String> {
    due(app).await;
    app.work().await;
    let client = app.database.superuser().await;
    let query = "SELECT concat_ws(' ', number, currency, members, minor) FROM access_owed ORDER BY number";
    client
        .query(query, &[])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect()
}

async fn income(hall: &Hall) -> Value {
    let shown = hall
        .steward
        .person
        .get(&hall.path("ledger/balances"))
        .send()
        .await
        .expect(200);
    let of = |path: &str| {
        let found = shown["balances"]
            .as_array()
            .unwrap()
            .iter()
            .find(|line| line["account"] == path);
        found.map_or(Value::Null, |line| line["balance"].clone())
    };
    json!([of("assets:receivable:members"), of("income:ai-usage")])
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_used_is_owed_at_the_voted_rate_and_posted_once_and_whole() {
    let app = TestApp::start().await;
    let hall = shared(
        &app,
        6,
        &[allowance(json!({"group": "everyone"}), "together", 10_000_000)],
    )
    .await;
    // Without a rate nobody owes anything.
    use_on(&app, &hall, "2026-10-01", (0..5, 7)).await;
    assert_eq!(told(&app).await, [""; 0]);
    // A thousandth of a cent for a micro-credit: 3,105 of them are 3.105 cents for each of five.
    let _ = carry(&app, &hall, &[priced(1, "EUR", 1_000_000_000)]).await;
    use_on(&app, &hall, "2026-11-01", (0..5, 7)).await;
    assert_eq!(told(&app).await, ["1 EUR 5 15"]);
    assert_eq!(income(&hall).await, json!(["0.15", "-0.15"]));
    // The half of it later: 0.105 and 5.2425 cents make 5 for each of six, but for the one who carries nothing yet.
    let _ = carry(&app, &hall, &[priced(2, "EUR", 500_000_000)]).await;
    use_on(&app, &hall, "2026-11-02", (0..6, 499)).await;
    due(&app).await;
    let replica = app.replica();
    let (here, there) = tokio::join!(totals_once(&app.app), totals_once(&replica.app));
    assert!(here.is_ok() && there.is_ok());
    assert_eq!(told(&app).await, ["1 EUR 5 15", "2 EUR 6 30"]);
    assert_eq!(income(&hall).await, json!(["0.45", "-0.45"]));
    // In another currency two are too few to be told in the books, although six used the model.
    use_on(&app, &hall, "2026-11-03", (0..4, 7)).await;
    let _ = carry(&app, &hall, &[priced(3, "CHF", 1_000_000_000)]).await;
    use_on(&app, &hall, "2026-11-03", (4..6, 7)).await;
    let all = told(&app).await;
    assert_eq!(all[2..], ["3 CHF 2 0", "4 EUR 4 0"], "{all:?}");

    let own = hall.members[0]
        .person
        .get(&hall.path("access/owed"))
        .send()
        .await
        .expect(200);
    let lines: Vec<Value> = own["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            json!([
                line["currency"],
                line["charged"],
                line["minor"],
                line["carry"],
                line["journal"].is_null()
            ])
        })
        .collect();
    // 0.105 + 5.2425 - 5 = 0.3475 cents, and 1.5525 of the last day, which waits.
    assert_eq!(
        lines,
        [
            json!(["EUR", 3_105, 0, "1900000000000", true]),
            json!(["EUR", 10_485, 5, "347500000000", false]),
            json!(["EUR", 3_105, 3, "105000000000", false]),
        ],
        "{own}"
    );
    the_schema_refuses_anything_else(&app).await;
    replica.stop().await;
    app.finish().await;
}

/// Whichever program writes: the same totals twice, a sum without its transaction, fewer than five, a part that is lost.
async fn the_schema_refuses_anything_else(app: &TestApp) {
    let client = app.database.superuser().await;
    let owed = |first: &str, members: &str, minor: &str, journal: &str| {
        format!(
            "INSERT INTO access_owed SELECT coop_id, 99, currency, {first}, last_total, first_day, last_day, {members}, {minor}, {journal},
                told_at, 'test' FROM access_owed WHERE number = 2"
        )
    };
    let line =
        "INSERT INTO access_owed_line SELECT coop_id, number - 1, member_id, charged, carried, parts, minor, carry + 1
        FROM access_owed_line WHERE number = 2 AND minor > 0 ORDER BY member_id DESC LIMIT 1";
    let cases = [
        (
            owed("first_total", "members", "minor", "journal_id"),
            "access_owed_once_for_each_total",
        ),
        (
            owed("last_total", "members", "minor", "NULL"),
            "access_owed_is_posted_where_it_is_something",
        ),
        (
            owed("last_total", "4", "minor", "journal_id"),
            "access_owed_is_of_five_members_at_least",
        ),
        (line.to_owned(), "access_owed_line_loses_nothing"),
    ];
    for (statement, constraint) in cases {
        let error = client.batch_execute(&statement).await.unwrap_err();
        let refused = error.as_db_error().and_then(|error| error.constraint());
        assert_eq!(refused, Some(constraint), "{error:?}");
    }
}

/// The last day of a year is added up when the next one has begun, and the treasurer may have been quicker.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_used_in_a_year_that_is_closed_is_owed_on_the_first_day_that_is_open() {
    let app = TestApp::start().await;
    let hall = shared(
        &app,
        6,
        &[allowance(json!({"group": "everyone"}), "together", 10_000_000)],
    )
    .await;
    let _ = carry(&app, &hall, &[priced(1, "EUR", 1_000_000_000)]).await;
    let treasurer = hall.join(&app, "Treasurer", Class::Worker, &[Role::Treasurer]).await;
    let accounts = treasurer.person.post(&hall.path("ledger/accounts"));
    let _ = accounts.json(&json!({"currency": "EUR"})).send().await.expect(201);
    use_on(&app, &hall, "2025-12-31", (0..5, 7)).await;
    let path = hall.path("years/2025/closing");
    let seen = treasurer.person.get(&path).send().await.expect(200);
    let closing = treasurer.person.post(&path).json(&json!({"digest": seen["digest"]}));
    let _ = closing.send().await.expect(201);
    assert_eq!(told(&app).await, ["1 EUR 5 15"]);
    assert_eq!(income(&hall).await, json!(["0.15", "-0.15"]));
    let shown = treasurer.person.get(&hall.path("journal")).send().await.expect(200);
    let usage = shown["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["kind"] == "usage");
    assert_eq!(usage.unwrap()["effective_on"], "2026-01-01", "{shown}");
    app.finish().await;
}
