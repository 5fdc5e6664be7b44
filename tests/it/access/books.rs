//! Settling: once, by the rule, over the meter that the gateway asks.

use governance::id::HoldId;
use serde_json::json;
use server::gateway::meter::{Ask, Endpoint, HoldState, Meter as _, Outcome, Refusal, Stop, Usage, UsageSource};
use server::services::access::meter::Books;
use tests::app::TestApp;
use uuid::Uuid;

use super::world::{admitted, allowance, ask, finished, invariants, key, settle, shared};

pub fn books(app: &TestApp) -> Books {
    Books::start(app.app.store.clone(), std::sync::Arc::clone(&app.app.secrets))
}

pub fn call<'a>(key: &'a str, model: &'a str) -> Ask<'a> {
    Ask {
        key,
        client: Some("192.0.2.7".parse().unwrap()),
        endpoint: Endpoint::ChatCompletions,
        model,
        input_bound: 100,
        messages: 1,
        n: 2,
        max_output: Some(10),
    }
}

pub fn outcome(state: HoldState, usage: Option<(u64, u64)>, first_byte: bool) -> Outcome {
    Outcome {
        state,
        usage: usage.map(|(input, output)| Usage { input, output }),
        source: UsageSource::Counted,
        first_byte,
        fallback: None,
        flagged: false,
    }
}

/// Over the whole meter: every ending under the rule `counted`, each settled twice with another claim the second time.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn the_meter_admits_settles_once_and_shows_what_is_left() {
    let app = TestApp::start().await;
    let hall = shared(&app, 1, &[allowance(json!({"group": "everyone"}), "each", 10_000)]).await;
    let key = key(&hall, &hall.members[0], json!({})).await;
    let books = books(&app);
    let cases = [
        (outcome(HoldState::Finished, Some((50, 10)), true), 150 + 150),
        (outcome(HoldState::ClientGone, Some((50, 4)), true), 150 + 60),
        (outcome(HoldState::ClientGone, None, false), 300),
        (outcome(HoldState::UpstreamFailed, Some((50, 4)), false), 0),
        (outcome(HoldState::CutAtBound, None, true), 600),
        (outcome(HoldState::NothingSent, None, false), 0),
        (outcome(HoldState::Finished, Some((u64::MAX, u64::MAX)), true), 600),
    ];
    let mut spent = 0;
    for (outcome, expected) in cases {
        let admission = books
            .admit(&call(&key, "small"))
            .await
            .unwrap_or_else(|refusal| panic!("{refusal:?}"));
        assert_eq!(
            (admission.units_held, admission.input_max, admission.output_max),
            (300 + 15 * 20, 100, 10)
        );
        assert_eq!(books.renew(&[admission.hold]).await.unwrap(), []);
        let settled = books.settle(admission.hold, &outcome).await.unwrap();
        assert_eq!(settled.charged, expected, "{outcome:?}");
        let again = books
            .settle(
                admission.hold,
                &super::books::outcome(HoldState::NothingSent, None, false),
            )
            .await
            .unwrap();
        assert_eq!(again, settled);
        assert_eq!(
            books.renew(&[admission.hold]).await.unwrap(),
            [(admission.hold, Stop::Ended)]
        );
        spent += expected;
    }
    let left = books.allowance(&key).await.unwrap();
    assert_eq!(
        (left.limits[0].spent, left.limits[0].held, left.limits[0].cap),
        (Some(spent), Some(0), 10_000)
    );
    assert_eq!(books.models(&key).await.unwrap()[0].input_units_per_thousand, 3_000);
    assert_eq!(books.policy(&key).await.unwrap().policies[0].scope, "member");
    assert_eq!(
        books.admit(&call("rdk_nothing", "small")).await.err(),
        Some(Refusal::BadKey)
    );
    let missing = Refusal::ModelNotFound {
        model: String::from("none"),
    };
    assert_eq!(books.admit(&call(&key, "none")).await.err(), Some(missing));
    assert!(
        books
            .settle(
                HoldId::from_uuid(Uuid::now_v7()),
                &outcome(HoldState::Finished, None, true)
            )
            .await
            .is_err()
    );
    let used = hall.members[0]
        .person
        .get(&hall.path("access/usage"))
        .send()
        .await
        .expect(200);
    assert_eq!(used["items"].as_array().unwrap().len(), 7);
    // The claim beyond the hold is the one thing that is wrong here, and it is shown.
    assert_eq!(invariants(&app, &hall).await["holds_true"], false);
    app.abandon().await;
}

/// The program that runs a call dies: its hold is swept by the worker, by the voted rule, once.
#[tokio::test(flavor = "multi_thread")]
async fn a_hold_whose_lease_ended_is_settled_by_the_voted_rule() {
    let app = TestApp::start().await;
    let hall = shared(&app, 1, &[allowance(json!({"group": "everyone"}), "each", 1_000)]).await;
    let key = key(&hall, &hall.members[0], json!({})).await;
    let mut dead = ask(&app, &key, (100, 40));
    dead.lease_seconds = 0;
    assert_eq!(admitted(&app, &hall, &dead).await.units, 900);
    assert_eq!(invariants(&app, &hall).await["holds_expired"], 1);
    // Whoever is refused meanwhile finds the lease ended and is admitted.
    let admission = books(&app)
        .admit(&call(&key, "small"))
        .await
        .unwrap_or_else(|refusal| panic!("{refusal:?}"));
    assert_eq!(admission.units_held, 600);
    app.work().await;
    let shown = invariants(&app, &hall).await;
    assert_eq!(
        (&shown["holds_expired"], &shown["spent"], &shown["held"]),
        (&json!(0), &json!(300), &json!(600)),
        "{shown}"
    );
    let late = super::world::finished(100, 40);
    let settled = settle(&app, &hall, dead.hold, late).await.unwrap();
    assert_eq!(settled.charged, 300, "what was swept stays as it was booked");
    app.finish().await;
}

/// Others see what a day used only where five were at it, and only once the day is over.
#[tokio::test(flavor = "multi_thread")]
async fn usage_of_others_is_shown_of_five_and_of_whole_days_alone() {
    let app = TestApp::start().await;
    let hall = shared(&app, 5, &[allowance(json!({"group": "everyone"}), "together", 100_000)]).await;
    for (count, who) in hall.members.iter().enumerate() {
        let key = key(&hall, who, json!({})).await;
        let asked = ask(&app, &key, (10, 10));
        let _ = admitted(&app, &hall, &asked).await;
        let _ = settle(&app, &hall, asked.hold, finished(10, 1)).await;
        let client = app.database.superuser().await;
        client
            .batch_execute(
                "BEGIN; ALTER TABLE access_usage DISABLE TRIGGER access_usage_only_grows;
                UPDATE access_usage SET at = '2026-01-01T10:00:00Z';
                ALTER TABLE access_usage ENABLE ALWAYS TRIGGER access_usage_only_grows; COMMIT",
            )
            .await
            .unwrap();
        let day = hall
            .steward
            .person
            .get(&hall.path("access/usage/2026-01-01"))
            .send()
            .await
            .expect(200);
        let expected = if count < 4 {
            json!([])
        } else {
            json!([{"model": "small", "members": 5, "calls": 5, "input_tokens": 50, "output_tokens": 5, "charged": 225}])
        };
        assert_eq!(day["groups"], expected);
    }
    let today = chrono::Utc::now().date_naive();
    for bad in [today.to_string().as_str(), "2026-1-1", "yesterday"] {
        assert_eq!(
            hall.steward
                .person
                .get(&hall.path(&format!("access/usage/{bad}")))
                .send()
                .await
                .status,
            404,
            "{bad}"
        );
    }
    // A class with fewer than five shares an allowance: what is spent of it would tell of each.
    let lines = [
        allowance(json!({"group": "class", "class": "worker"}), "together", 9),
        allowance(json!({"group": "role", "role": "steward"}), "together", 9),
    ];
    let _ = super::world::carry(&app, &hall, &[super::world::policy(1, &lines)]).await;
    let own = hall
        .steward
        .person
        .get(&hall.path("access/allowance"))
        .send()
        .await
        .expect(200);
    let role = own["limits"]
        .as_array()
        .unwrap()
        .iter()
        .find(|line| line["limit"] == "role")
        .unwrap();
    assert_eq!((&role["spent"], &role["cap"]), (&json!(null), &json!(9)), "{own}");
    app.finish().await;
}
