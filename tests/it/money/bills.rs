//! Aim: a supplier's bill is paid once, and nobody approves what they prepared. Method: one co-op over HTTP, each step and what is refused at it,
//! and the guards of the schema alone.

use serde_json::{Value, json};
use tests::app::TestApp;

use super::world::Till;

fn bill(reference: &str, amount: &str) -> Value {
    json!({"supplier": "Power & Light", "reference": reference, "iban": "DE89370400440532013000", "issued_on": "2026-10-01",
        "due_on": "2026-10-31", "currency": "EUR", "vat": "1.90",
        "lines": [{"about": "Electricity", "amount": amount, "account": "expenses:operations"}]})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_is_approved_by_others_posted_and_paid_once() {
    let app = TestApp::start().await;
    let till = Till::open(&app).await;
    let prepared = till.post("bills", &bill("A-1", "10.00")).await.expect(201);
    assert_eq!(
        (&prepared["state"], &prepared["gross"], &prepared["approvals_needed"]),
        (&json!("proposed"), &json!("11.90"), &json!(1))
    );
    let _ = till.post("bills", &bill("A-1", "10.00")).await.problem("money-state");
    let at = |step: &str| format!("bills/{}/{step}", prepared["id"].as_str().unwrap());
    let approval = json!({"digest": prepared["digest"]});
    let pay = json!({"paid_on": "2026-10-20"});
    let _ = till.post(&at("payment"), &pay).await.problem("money-state");
    let _ = till.post(&at("approvals"), &approval).await.problem("four-eyes");
    let _ = till
        .post_as(&till.hall.members[0], &at("approvals"), &approval)
        .await
        .problem("role-needed");
    let other = json!({"digest": format!("0x{}", "11".repeat(32))});
    let _ = till
        .post_as(&till.auditor, &at("approvals"), &other)
        .await
        .problem("money-state");
    assert_eq!(
        till.balance("liabilities:suppliers").await,
        "none",
        "nothing is owed before it is approved"
    );
    let approved = till
        .post_as(&till.auditor, &at("approvals"), &approval)
        .await
        .expect(200);
    assert_eq!(
        (&approved["state"], approved["journal"].is_string()),
        (&json!("approved"), true)
    );
    assert_eq!(till.balance("liabilities:suppliers").await, "-11.90");
    assert_eq!(till.balance("assets:receivable:vat").await, "1.90");
    let _ = till
        .post(&at("cancellation"), &json!({"reason": "late"}))
        .await
        .problem("money-state");
    let paid = till.post(&at("payment"), &pay).await.expect(200);
    assert_eq!(
        (&paid["state"], till.balance("liabilities:suppliers").await),
        (&json!("paid"), String::from("0.00"))
    );
    let _ = till.post(&at("payment"), &pay).await.problem("money-state");
    let undo = json!({"reason": "a mistake", "effective_on": "2026-10-21"});
    for journal in [&paid["journal"], &paid["payment"]] {
        let path = format!("journal/{}/reversal", journal.as_str().unwrap());
        let _ = till.post(&path, &undo).await.problem("money-state");
    }
    let _ = till.get_as(&till.hall.members[0], "bills").await.problem("role-needed");
    assert_eq!(
        till.get("bills").await["items"][0]["approvals"][0]["member"],
        json!(till.auditor.member)
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn larger_bills_need_more_who_still_hold_an_office() {
    let app = TestApp::start().await;
    let till = Till::open(&app).await;
    let needed = |amount: &str| bill(amount, amount);
    for (amount, approvals) in [("9998.10", 1), ("9998.11", 2), ("99998.10", 2), ("99998.11", 3)] {
        let prepared = till.post("bills", &needed(amount)).await.expect(201);
        assert_eq!(prepared["approvals_needed"], approvals, "{amount}");
    }
    let prepared = till.post("bills", &bill("large", "20000.00")).await.expect(201);
    let at = |step: &str| format!("bills/{}/{step}", prepared["id"].as_str().unwrap());
    let approval = json!({"digest": prepared["digest"]});
    let first = till
        .post_as(&till.auditor, &at("approvals"), &approval)
        .await
        .expect(200);
    assert_eq!(first["state"], "proposed");
    let again = till
        .post_as(&till.auditor, &at("approvals"), &approval)
        .await
        .expect(200);
    assert_eq!(again["approvals"].as_array().unwrap().len(), 1, "one approves once");
    let second = till
        .post_as(&till.hall.steward, &at("approvals"), &approval)
        .await
        .expect(200);
    assert_eq!(second["state"], "approved");
    // Who approved lost the office before the payment.
    let path = format!("members/{}/roles/auditor", till.auditor.member);
    let seen = till
        .get_as(&till.hall.steward, &format!("members/{}", till.auditor.member))
        .await;
    let request = till
        .hall
        .steward
        .person
        .delete(&till.hall.path(&path))
        .if_match(&seen.etag().unwrap());
    let _ = request.json(&json!({"reason": "moved away"})).send().await.expect(200);
    let _ = till
        .post(&at("payment"), &json!({"paid_on": "2026-10-20"}))
        .await
        .problem("money-state");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_bill_is_refused_and_a_cancelled_one_makes_room() {
    let app = TestApp::start().await;
    let till = Till::open(&app).await;
    let cases = [
        ("iban", json!("DE00370400440532013000"), "iban"),
        ("due_on", json!("2026-09-30"), "due before"),
        ("currency", json!("euro"), "currency"),
        ("vat", json!("-1.00"), "below nothing"),
        ("vat", json!("11.00"), "not more than the rest"),
        ("lines", json!([]), "1 to 100 lines"),
        (
            "lines",
            json!([{"about": "x", "amount": "0", "account": "expenses:operations"}]),
            "line 1: the amount",
        ),
        (
            "lines",
            json!([{"about": "x", "amount": "1e3", "account": "expenses:operations"}]),
            "digits",
        ),
        (
            "lines",
            json!([{"about": "x", "amount": "9223372036854775808", "account": "expenses:operations"}]),
            "more than the ledger",
        ),
        (
            "lines",
            json!([{"about": "x", "amount": "1.00", "account": "income:dues"}]),
            "line 1: the account",
        ),
        ("issued_on", json!("2999-01-01"), "still to come"),
    ];
    for (field, value, reason) in cases {
        let mut body = bill("B-1", "10.00");
        body[field] = value;
        let refused = till.post("bills", &body).await;
        let text = String::from_utf8_lossy(&refused.bytes).into_owned();
        assert_eq!(refused.status, 422, "{field}: {text}");
        assert!(text.contains(reason), "{reason}: {text}");
    }
    let first = till.post("bills", &bill("B-1", "10.00")).await.expect(201);
    let path = format!("bills/{}/cancellation", first["id"].as_str().unwrap());
    let gone = till.post(&path, &json!({"reason": "wrong amount"})).await.expect(200);
    assert_eq!(
        (&gone["state"], &gone["cancel_reason"]),
        (&json!("cancelled"), &json!("wrong amount"))
    );
    let second = till.post("bills", &bill("B-1", "12.00")).await.expect(201);
    assert_ne!(second["digest"], first["digest"]);
    app.finish().await;
}
