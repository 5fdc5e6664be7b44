//! Aim: shares move as the decided terms allow, each move is posted with it, and the register tells the shares of any day. Method: one
//! co-op over HTTP, from the vote on its terms to the interest of a year, and each refusal beside what it refuses.

use serde_json::{Value, json};
use tests::app::TestApp;

use super::world::{Till, set, terms};
use crate::decisions::world::Insider;
use crate::revenue::world::carry;

fn moving(who: &Insider, kind: &str, shares: u32, day: &str) -> Value {
    json!({"member": who.member, "kind": kind, "shares": shares, "effective_on": day})
}

fn shares(line: &Value) -> (&Value, &Value, &Value) {
    (&line["unpaid"], &line["paid"], &line["leaving"])
}

#[tokio::test(flavor = "multi_thread")]
async fn shares_are_promised_paid_given_back_and_refunded_and_the_register_tells_each_day() {
    let app = TestApp::start().await;
    let till = Till::open(&app).await;
    let ada = &till.hall.members[0];
    let seen = till
        .post("shares/preview", &moving(ada, "subscribed", 5, "2025-01-01"))
        .await
        .expect(200);
    assert_eq!(
        (&seen["amount"], &seen["after"]["unpaid"]),
        (&json!("500.00"), &json!(5))
    );
    assert!(
        till.get("shares").await["items"].as_array().unwrap().is_empty(),
        "a preview moves nothing"
    );

    for (kind, count, day) in [
        ("subscribed", 5, "2025-01-01"),
        ("paid", 4, "2025-07-01"),
        ("waived", 1, "2025-07-02"),
        ("withdrawn", 2, "2026-02-01"),
        ("refunded", 2, "2026-02-01"),
    ] {
        let moved = till.post("shares", &moving(ada, kind, count, day)).await.expect(201);
        assert_eq!((&moved["kind"], &moved["terms"]), (&json!(kind), &json!(1)));
    }
    assert_eq!(till.balance("equity:shares").await, "-200.00");
    for empty in [
        "equity:shares-subscribed",
        "assets:receivable:shares",
        "liabilities:members:shares",
    ] {
        assert_eq!(till.balance(empty).await, "0.00", "{empty}");
    }
    assert_eq!(till.balance("assets:bank:main").await, "200.00");
    let days = [
        ("2024-12-31", None),
        ("2025-01-01", Some((5, 0, 0))),
        ("2025-07-01", Some((1, 4, 0))),
        ("2026-01-31", Some((0, 4, 0))),
        ("2026-02-01", Some((0, 2, 0))),
    ];
    for (day, expected) in days {
        let register = till.get(&format!("shares/register?on={day}")).await;
        let line = register["lines"].get(0);
        let expected = expected.map(|(unpaid, paid, leaving)| (json!(unpaid), json!(paid), json!(leaving)));
        assert_eq!(
            line.map(shares),
            expected.as_ref().map(|(unpaid, paid, leaving)| (unpaid, paid, leaving)),
            "{day}"
        );
    }
    let file = till.file("shares/register.csv?on=2026-02-01").await;
    assert!(
        file.contains(&format!(
            "2026-02-01,{},\"Member 1\",2025-01-01,0,2,0,200.00,EUR\r\n",
            ada.member
        )),
        "{file}"
    );
    let history = till.get("shares?limit=2").await;
    assert_eq!(
        (&history["items"][0]["kind"], &history["items"][1]["kind"]),
        (&json!("refunded"), &json!("withdrawn"))
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_terms_do_not_allow_moves_nothing() {
    let app = TestApp::start().await;
    let till = Till::open(&app).await;
    let (ada, bo) = (&till.hall.members[0], &till.hall.members[1]);
    let paid = till
        .post("shares", &moving(ada, "subscribed", 5, "2026-01-01"))
        .await
        .expect(201);
    let body = moving(ada, "paid", 5, "2026-01-02");
    let first = till
        .treasurer
        .person
        .post(&till.hall.path("shares"))
        .key("once")
        .json(&body)
        .send()
        .await
        .expect(201);
    let again = till
        .treasurer
        .person
        .post(&till.hall.path("shares"))
        .key("once")
        .json(&body)
        .send()
        .await
        .expect(201);
    assert_eq!(first, again, "a repeated request moves nothing again");
    let cases = [
        (moving(ada, "paid", 1, "2026-03-01"), 409, "has 0 shares"),
        (
            moving(ada, "withdrawn", 5, "2026-03-01"),
            409,
            "only with the membership",
        ),
        (moving(ada, "withdrawn", 1, "2025-12-31"), 422, "a later move"),
        (moving(ada, "refunded", 1, "2026-03-01"), 409, "has 0 shares"),
        (moving(bo, "subscribed", 51, "2026-03-01"), 409, "1 to 50"),
        (moving(bo, "subscribed", 0, "2026-03-01"), 409, "at least one"),
        (moving(bo, "subscribed", 1, "2999-01-01"), 422, "still to come"),
        (moving(bo, "given", 1, "2026-03-01"), 422, "subscribed, paid"),
        (
            json!({"member": bo.member, "kind": "subscribed", "shares": 1, "effective_on": "2026-03-01", "money": "income:dues"}),
            422,
            "none of assets",
        ),
    ];
    for (body, status, reason) in cases {
        for path in ["shares/preview", "shares"] {
            let refused = till.post(path, &body).await;
            let text = String::from_utf8_lossy(&refused.bytes).into_owned();
            assert_eq!(refused.status, status, "{path} {body}: {text}");
            assert!(text.contains(reason), "{reason}: {text}");
        }
    }
    // What rests on a move keeps it from being undone; without that it is.
    let undo = json!({"reason": "a mistake", "effective_on": "2026-03-01"});
    let at = |moved: &Value| format!("journal/{}/reversal", moved["journal"].as_str().unwrap());
    let _ = till.post(&at(&paid), &undo).await.problem("money-state");
    let _ = till.post(&at(&first), &undo).await.expect(201);
    let register = till.get("shares/register").await;
    assert_eq!(shares(&register["lines"][0]), (&json!(5), &json!(0), &json!(0)));
    let before = till.get("shares/register?on=2026-02-28").await;
    assert_eq!(
        before["lines"][0]["paid"], 5,
        "up to the day of its undoing a move stands"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn interest_of_a_year_is_credited_once_and_closes_its_shares() {
    let app = TestApp::start().await;
    let till = Till::open(&app).await;
    let (ada, bo) = (&till.hall.members[0], &till.hall.members[1]);
    for (who, count, day) in [(ada, 1, "2025-01-01"), (bo, 3, "2025-12-22")] {
        let _ = till
            .post("shares", &moving(who, "subscribed", count, day))
            .await
            .expect(201);
        let _ = till.post("shares", &moving(who, "paid", count, day)).await.expect(201);
    }
    let seen = till.get("shares/interest/2025").await;
    // 365 and 30 share-days at 3 euros a year come to 3.2465..., so to 3.24: 2.9939 and 0.2460.
    assert_eq!((&seen["total"], &seen["journal"]), (&json!("3.24"), &Value::Null));
    let amounts = [&seen["lines"][0]["amount"], &seen["lines"][1]["amount"]];
    assert_eq!(amounts, [&json!("2.99"), &json!("0.25")]);
    let credited = till.post("shares/interest/2025", &json!({})).await.expect(201);
    assert_eq!(credited["lines"], seen["lines"]);
    assert_eq!(till.balance("liabilities:members:payable").await, "-3.24");
    assert_eq!(till.balance("expenses:share-interest").await, "3.24");
    let _ = till
        .post("shares/interest/2025", &json!({}))
        .await
        .problem("money-state");
    let _ = till
        .post("shares/interest/2026", &json!({}))
        .await
        .problem("money-state");
    let _ = till
        .post("shares", &moving(ada, "subscribed", 1, "2025-12-31"))
        .await
        .problem("money-state");
    let undo = json!({"reason": "a mistake", "effective_on": "2026-03-01"});
    let journal = credited["journal"].as_str().unwrap();
    let _ = till
        .post(&format!("journal/{journal}/reversal"), &undo)
        .await
        .problem("money-state");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_decision_sets_terms_and_the_price_of_a_share_stays() {
    let app = TestApp::start().await;
    let till = Till::open(&app).await;
    let listed = till.get("money/terms").await;
    assert_eq!(
        (&listed["items"][0]["version"], &listed["items"][0]["terms"]["currency"]),
        (&json!(1), &json!("EUR"))
    );
    let mut next = terms();
    next["version"] = json!(2);
    next["supersedes"] = listed["items"][0]["hash"].clone();
    next["shares"]["most"] = json!(60);
    let seen = till
        .post("money/terms/preview", &json!({"terms": next}))
        .await
        .expect(200);
    assert_eq!((&seen["obstacle"], &seen["next_version"]), (&Value::Null, &json!(2)));
    let mut dearer = next.clone();
    dearer["shares"]["price"] = json!("101.00");
    let refused = till
        .post("money/terms/preview", &json!({"terms": dearer}))
        .await
        .expect(200);
    assert!(
        refused["obstacle"].as_str().unwrap().contains("the price of a share"),
        "{refused}"
    );
    let mut wrong = next.clone();
    wrong["shares"]["least"] = json!(0);
    let _ = till
        .post("money/terms/preview", &json!({"terms": wrong}))
        .await
        .problem("invalid-field");
    let drafted = json!({"kind": "motion", "title": "Terms", "actions": [{"act": set(&wrong)}]});
    let _ = till
        .post_as(&till.hall.steward, "proposals", &drafted)
        .await
        .problem("action-refused");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_terms_follow_those_in_force() {
    let app = TestApp::start().await;
    let hall = crate::decisions::world::Hall::with_members(&app, 1).await;
    let _ = carry(&app, &hall, &[set(&terms())]).await;
    let listed = hall
        .steward
        .person
        .get(&hall.path("money/terms"))
        .send()
        .await
        .expect(200);
    let mut next = terms();
    next["version"] = json!(2);
    next["supersedes"] = listed["items"][0]["hash"].clone();
    next["payment_days"] = json!(14);
    let _ = carry(&app, &hall, &[set(&next)]).await;
    let listed = hall
        .steward
        .person
        .get(&hall.path("money/terms"))
        .send()
        .await
        .expect(200);
    assert_eq!(
        (
            &listed["items"][0]["version"],
            &listed["items"][0]["terms"]["payment_days"]
        ),
        (&json!(2), &json!(14))
    );
    app.finish().await;
}
