//! Calls that come together: one statement for all of them, an answer for each as if it had come alone.

use std::sync::Arc;

use futures_util::future::join_all;
use governance::id::HoldId;
use serde_json::json;
use server::gateway::meter::{HoldState, Meter as _, Refusal};
use store::access::meter::{Admitted, Settled};
use tests::app::TestApp;
use uuid::Uuid;

use super::books::{books, call, outcome};
use super::world::{allowance, ask, finished, invariants, key, shared};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_goes_to_whoever_came_first_and_each_hold_is_settled_once() {
    let app = TestApp::start().await;
    let hall = shared(&app, 2, &[allowance(json!({"group": "everyone"}), "together", 1_000)]).await;
    let first = key(&hall, &hall.members[0], json!({})).await;
    let second = key(&hall, &hall.members[1], json!({})).await;
    let mut asks = vec![
        ask(&app, &first, (100, 10)),
        ask(&app, &second, (100, 10)),
        ask(&app, &first, (10, 10)),
        ask(&app, &second, (100, 10)),
        ask(&app, &second, (1, 1)),
    ];
    asks[4].macs = vec![[7; 32]];
    let answers = app.app.store.access_admit(hall.coop, &asks).await.unwrap();
    let told: Vec<String> = answers
        .iter()
        .map(|answer| match answer {
            Admitted::Admitted(open) => format!(
                "{} units, {} tokens, clamped {}",
                open.units, open.output_max, open.clamped
            ),
            Admitted::AllowanceUsedUp(used) => format!("{} of {} held", used.held, used.cap),
            other => format!("{other:?}"),
        })
        .collect();
    let expected = [
        "450 units, 10 tokens, clamped false",
        "450 units, 10 tokens, clamped false",
        "90 units, 4 tokens, clamped true",
        "990 of 1000 held",
        "BadKey",
    ];
    assert_eq!(told, expected);

    let unknown = HoldId::from_uuid(Uuid::now_v7());
    let ends = [
        (asks[1].hold, finished(100, 2)),
        (unknown, finished(1, 1)),
        (asks[0].hold, finished(100, 10)),
        (asks[1].hold, finished(1, 1)),
        (asks[2].hold, finished(10, 0)),
    ];
    let settled = app.app.store.access_settle(hall.coop, &ends).await.unwrap();
    let booked = |charged| Some(Settled { charged, excess: 0 });
    assert_eq!(settled, [booked(330), None, booked(450), booked(330), booked(30)]);
    assert_eq!(app.app.store.access_settle(hall.coop, &ends).await.unwrap(), settled);
    let books = invariants(&app, &hall).await;
    assert_eq!(
        (&books["holds_true"], &books["holds_open"]),
        (&json!(true), &json!(0)),
        "{books}"
    );
    app.finish().await;
}

/// Two servers, three hundred calls at once, a limit that ends in the middle of them, and keys with limits of their own: no lock waits for
/// another in a circle, nothing is spent beyond a limit, and far fewer statements than calls are needed.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_of_two_servers_share_statements_and_never_pass_a_limit() {
    let app = TestApp::start().await;
    let everyone = json!({"group": "everyone"});
    let lines = [
        allowance(everyone.clone(), "together", 40_000),
        allowance(everyone, "each", 25_000),
    ];
    let hall = shared(&app, 3, &lines).await;
    let mut keys = Vec::new();
    for who in &hall.members {
        keys.push(key(&hall, who, json!({"cap": {"units": 20_000, "period": "day"}})).await);
    }
    let servers = [books(&app), books(&app)];
    let calls = (0..300).map(|place: usize| {
        let (books, key) = (&servers[place % 2], &keys[place % keys.len()]);
        async move {
            match books.admit(&call(key, "small")).await {
                Ok(admission) => {
                    let settled = books
                        .settle(admission.hold, &outcome(HoldState::Finished, Some((50, 10)), true))
                        .await;
                    Some(settled.unwrap().charged)
                }
                Err(Refusal::AllowanceUsedUp { .. }) => None,
                Err(other) => panic!("{other:?}"),
            }
        }
    });
    let charged: Vec<u64> = join_all(calls).await.into_iter().flatten().collect();
    let books = invariants(&app, &hall).await;
    assert_eq!(
        (&books["holds_true"], &books["holds_open"]),
        (&json!(true), &json!(0)),
        "{books}"
    );
    let row = app.database.superuser().await;
    let row = row
        .query_one(
            "SELECT count(*), count(DISTINCT opened_at), sum(charged)::bigint FROM access_hold",
            &[],
        )
        .await
        .unwrap();
    let (holds, statements, sum): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
    assert_eq!(sum.unsigned_abs(), charged.iter().sum::<u64>());
    assert!(sum <= 40_000 && sum > 20_000, "{sum}");
    assert!(statements * 2 < holds, "{statements} statements for {holds} calls");
    app.finish().await;
}

/// A call that the database cannot take, for whatever reason, fails alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_call_that_fails_in_the_database_fails_no_other() {
    let app = TestApp::start().await;
    let hall = shared(&app, 1, &[allowance(json!({"group": "everyone"}), "each", 100_000)]).await;
    let key = key(&hall, &hall.members[0], json!({})).await;
    app.database
        .superuser()
        .await
        .batch_execute(
            "CREATE FUNCTION fail_here() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not this one'; END $$;
            CREATE TRIGGER fail_here BEFORE INSERT ON access_hold FOR EACH ROW WHEN (NEW.input_max = 13) EXECUTE FUNCTION fail_here();",
        )
        .await
        .unwrap();
    let books = Arc::new(books(&app));
    let calls = (0..40_u64).map(|place| {
        let (books, key) = (Arc::clone(&books), key.clone());
        async move {
            let mut asked = call(&key, "small");
            asked.input_bound = if place % 10 == 3 { 13 } else { 20 };
            books.admit(&asked).await.map(|admission| admission.hold)
        }
    });
    let answers = join_all(calls).await;
    for (place, answer) in answers.iter().enumerate() {
        if place % 10 == 3 {
            assert_eq!(answer, &Err(Refusal::Unavailable));
        } else {
            assert!(answer.is_ok(), "{place}: {answer:?}");
        }
    }
    app.finish().await;
}
