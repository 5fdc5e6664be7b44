//! Aim: nobody gets interest on shares twice for a year. Method: terms that give it and a revenue rule that gives it too; whichever comes first keeps
//! the other away, over the API and past it.

use serde_json::{Value, json};
use tests::app::TestApp;

use super::guards::refused;
use super::world::Till;
use crate::revenue::world::{adopt, equal, nothing};

/// A co-op whose rule and whose terms both give interest on the shares that a member has since 2023.
async fn both(app: &TestApp) -> Till {
    let mut rule = equal(1, &nothing());
    let interest = json!({"op": "capital_interest", "annual": {"share": 3, "whole": 100}, "period": "year", "to": "members:shareholders"});
    rule["steps"]
        .as_array_mut()
        .unwrap()
        .insert(0, json!({"id": "interest", "does": interest}));
    let till = Till::open_with(app, &[adopt(&rule)]).await;
    let _ = till.create("ledger/accounts", &json!({"currency": "EUR"})).await;
    for kind in ["subscribed", "paid"] {
        let ada = till.hall.members[0].member;
        let moving = json!({"member": ada, "kind": kind, "shares": 5, "effective_on": "2023-01-01"});
        let _ = till.create("shares", &moving).await;
    }
    till
}

async fn cycle(till: &Till, year: u16) -> String {
    let body = json!({"period": year.to_string(), "ends_on": format!("{year}-12-31")});
    let opened = till.create("payouts", &body).await;
    opened["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn interest_on_shares_is_given_once_for_a_year() {
    let app = TestApp::start().await;
    let till = both(&app).await;
    let client = app.database.superuser().await;
    let sales = json!({"currency": "EUR", "into": "assets:bank:main", "from": "income:other",
        "table": "date,amount,reference,description\n2023-05-01,100.00,inv-1,Sales\n2024-05-01,100.00,inv-2,Sales\n2025-05-01,100.00,inv-3,Sales\n"});
    let _ = till.create("income", &sales).await;
    // The cycle comes first.
    let first = cycle(&till, 2023).await;
    let seen = till.get("shares/interest/2023").await;
    assert_eq!(seen["total"], "15.00", "an open cycle gives nothing yet");
    let _ = till
        .post(&format!("payouts/{first}/freezing"), &json!({}))
        .await
        .expect(200);
    let told = till
        .post("shares/interest/2023", &json!({}))
        .await
        .problem("money-state");
    assert!(told["detail"].as_str().unwrap().contains("payout cycle 2023"), "{told}");
    let credited = "INSERT INTO share_interest (coop_id, year, currency, price, rate_share, rate_whole, total, terms_version, journal_id, actor_id, recorded_by)
        SELECT coop_id, 2023, 'EUR', 1, 3, 100, 1, 1, (SELECT id FROM journal LIMIT 1), opened_by, 'test' FROM payout_cycle WHERE state = 'frozen'";
    assert_eq!(
        refused(&client, credited).await.as_deref(),
        Some("share_interest_is_counted_once")
    );
    let without = format!("ALTER TABLE share_interest DISABLE TRIGGER share_interest_is_counted_once; {credited}");
    assert_eq!(refused(&client, &without).await, None);
    let _ = till
        .post(&format!("payouts/{first}/cancellation"), &json!({"reason": "x"}))
        .await
        .expect(200);
    // A cycle that was cancelled gives nothing; the terms come first.
    let _ = till.create("shares/interest/2023", &json!({})).await;
    let second = cycle(&till, 2023).await;
    let freezing = format!("payouts/{second}/freezing");
    let preview: Value = till.get(&freezing).await;
    assert!(
        preview["obstacles"][0]
            .as_str()
            .unwrap()
            .contains("interest on shares for 2023"),
        "{preview}"
    );
    let _ = till.post(&freezing, &json!({})).await.problem("cycle-state");
    let frozen = "UPDATE payout_cycle AS cycle SET state = 'frozen', revenue = 1, members = other.members, reserves = other.reserves,
            balances = other.balances, snapshots = other.snapshots, journal_upto = other.journal_upto, engine = other.engine,
            frozen_by = other.frozen_by, frozen_at = other.frozen_at
        FROM payout_cycle AS other WHERE other.state = 'cancelled' AND cycle.state = 'open'";
    assert_eq!(
        refused(&client, frozen).await.as_deref(),
        Some("payout_cycle_counts_interest_once")
    );
    let without = format!("ALTER TABLE payout_cycle DISABLE TRIGGER payout_cycle_counts_interest_once; {frozen}");
    assert_eq!(refused(&client, &without).await, None);
    let _ = till
        .post(&format!("payouts/{second}/cancellation"), &json!({"reason": "x"}))
        .await
        .expect(200);
    may_give_other_years(&till).await;
    app.finish().await;
}

/// Of another year the cycle may give it; and where both try at once, one of them does.
async fn may_give_other_years(till: &Till) {
    let third = cycle(till, 2024).await;
    let _ = till
        .post(&format!("payouts/{third}/freezing"), &json!({}))
        .await
        .expect(200);
    let _ = till
        .post("shares/interest/2024", &json!({}))
        .await
        .problem("money-state");
    let _ = till
        .post(&format!("payouts/{third}/cancellation"), &json!({"reason": "x"}))
        .await
        .expect(200);
    // Both at once: one of them.
    let fourth = format!("payouts/{}/freezing", cycle(till, 2025).await);
    let nothing = json!({});
    let (frozen, credited) = tokio::join!(
        till.post(&fourth, &nothing),
        till.post("shares/interest/2025", &nothing)
    );
    assert!(
        matches!((frozen.status, credited.status), (200, 409) | (409, 201)),
        "{frozen:?} {credited:?}"
    );
}
