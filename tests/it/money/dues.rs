//! Aim: what members and customers owe is numbered without a gap, never changed, settled once, and told to each of them. Method: one co-op over
//! HTTP, through dues, invoices, payments and credit notes, and the books beside them.

use serde_json::{Value, json};
use tests::app::TestApp;

use super::world::Till;

fn invoice(till: &Till, day: &str, price: &str) -> Value {
    json!({"member": till.hall.members[0].member, "issued_on": day,
        "lines": [{"about": "Training", "quantity": 1, "price": price, "vat": "standard"}]})
}

fn payment(reference: &str, amount: &str, day: &str) -> Value {
    json!({"amount": amount, "received_on": day, "reference": reference})
}

#[tokio::test(flavor = "multi_thread")]
async fn dues_are_charged_once_for_a_period_and_payments_settle_what_is_due_first() {
    let app = TestApp::start().await;
    let till = Till::open(&app).await;
    let ada = &till.hall.members[0];
    let body = json!({"period": "2026-10", "issued_on": "2026-10-01"});
    let seen = till.post("dues/preview", &body).await.expect(200);
    // Two members and the steward are workers: 8.40 and 19 percent, rounded half up.
    assert_eq!(
        (seen["lines"].as_array().unwrap().len(), &seen["total"]),
        (3, &json!("30.00"))
    );
    let charged = till.post("dues", &body).await.expect(201);
    assert_eq!(charged["invoices"].as_array().unwrap().len(), 3);
    let again = till.post("dues", &body).await.expect(201);
    assert_eq!(
        (&again["charged_before"], again["invoices"].as_array().unwrap().len()),
        (&json!(3), 0)
    );
    let _ = till
        .post("dues", &json!({"period": "2026-11", "issued_on": "2026-11-01"}))
        .await
        .expect(201);
    let own = till.get_as(ada, "money/account").await.expect(200);
    assert_eq!((&own["open"], &own["overdue"]), (&json!("20.00"), &json!("10.00")));

    let mut paid = payment("bank-1", "25.00", "2026-11-05");
    paid["member"] = json!(ada.member);
    let seen = till.post("incoming-payments/preview", &paid).await.expect(200);
    assert_eq!((&seen["credit"], &seen["id"]), (&json!("5.00"), &Value::Null));
    let received = till.post("incoming-payments", &paid).await.expect(201);
    assert_eq!(received["settled"], seen["settled"]);
    let _ = till.post("incoming-payments", &paid).await.problem("money-state");
    // The credit settles the next invoice at once.
    let next = till
        .post("invoices", &invoice(&till, "2026-11-06", "10.00"))
        .await
        .expect(201);
    assert_eq!(
        (&next["gross"], &next["open"], &next["code"]),
        (&json!("11.90"), &json!("6.90"), &json!("INV-2026-00007"))
    );
    let own = till.get_as(ada, "money/account").await.expect(200);
    assert_eq!(
        (&own["open"], &own["overdue"], &own["credit"]),
        (&json!("6.90"), &json!("0.00"), &json!("0.00"))
    );
    assert_eq!(own["lines"].as_array().unwrap().last().unwrap()["balance"], "6.90");
    let arrears = till.get("money/arrears").await;
    let line = arrears["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|line| line["member"] == json!(ada.member))
        .unwrap();
    assert_eq!((&line["open"], &line["overdue_since"]), (&json!("6.90"), &Value::Null));
    assert_eq!(till.balance("liabilities:members:prepaid").await, "0.00");
    // The credit was used, so the payment stands.
    let undo = json!({"reason": "bounced", "effective_on": "2026-11-07"});
    let at = format!("journal/{}/reversal", received["journal"].as_str().unwrap());
    let _ = till.post(&at, &undo).await.problem("money-state");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_is_taken_back_whole_and_never_undone() {
    let app = TestApp::start().await;
    let till = Till::open(&app).await;
    let ada = &till.hall.members[0];
    let seen = till
        .post("invoices/preview", &invoice(&till, "2026-03-01", "100.00"))
        .await
        .expect(200);
    assert_eq!(
        (&seen["gross"], &seen["due_on"]),
        (&json!("119.00"), &json!("2026-03-31"))
    );
    let first = till
        .post("invoices", &invoice(&till, "2026-03-01", "100.00"))
        .await
        .expect(201);
    assert_eq!(
        (&first["code"], &first["rates"][0]["vat"]),
        (&json!("INV-2026-00001"), &json!("19.00"))
    );
    let mut paid = payment("bank-1", "19.00", "2026-03-02");
    paid["invoice"] = first["id"].clone();
    let _ = till.post("incoming-payments", &paid).await.expect(201);
    let at = |id: &Value, step: &str| format!("invoices/{}/{step}", id.as_str().unwrap());
    let why = json!({"reason": "It was agreed otherwise", "issued_on": "2026-03-03"});
    let note = till.post(&at(&first["id"], "credit-note"), &why).await.expect(201);
    assert_eq!(
        (&note["code"], &note["corrects"]),
        (&json!("CRN-2026-00001"), &first["id"])
    );
    let _ = till
        .post(&at(&first["id"], "credit-note"), &why)
        .await
        .problem("money-state");
    let _ = till.post(&at(&note["id"], "credit-note"), &why).await.expect(404);
    for empty in ["assets:receivable:members", "liabilities:tax:vat", "income:other"] {
        assert_eq!(till.balance(empty).await, "0.00", "{empty}");
    }
    assert_eq!(till.balance("liabilities:members:prepaid").await, "-19.00");
    let own = till.get_as(ada, "money/account").await.expect(200);
    assert_eq!((&own["open"], &own["credit"]), (&json!("0.00"), &json!("19.00")));
    let undo = json!({"reason": "a mistake", "effective_on": "2026-03-04"});
    for posted in [&first, &note] {
        let path = format!("journal/{}/reversal", posted["journal"].as_str().unwrap());
        let _ = till.post(&path, &undo).await.problem("money-state");
    }
    // Nobody else sees it.
    let other = &till.hall.members[1];
    let path = format!("invoices/{}", first["id"].as_str().unwrap());
    let _ = till.get_as(other, &path).await.expect(404);
    let _ = till.get_as(ada, &path).await.expect(200);
    assert!(
        till.get_as(other, "invoices").await.expect(200)["items"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_pay_what_their_invoice_asks_for_and_numbers_follow_the_days() {
    let app = TestApp::start().await;
    let till = Till::open(&app).await;
    let customer = json!({"recipient": "Demo GmbH\n=1+1", "issued_on": "2026-05-02", "lines": [
        {"about": "Hours", "quantity": 3, "price": "33.33", "vat": "standard", "account": "income:ai-usage"},
        {"about": "Book", "quantity": 1, "price": "10.00", "vat": "reduced"}]});
    let issued = till.post("invoices", &customer).await.expect(201);
    assert_eq!((&issued["net"], &issued["gross"]), (&json!("109.99"), &json!("129.69")));
    let mut paid = payment("bank-2", "200.00", "2026-05-03");
    paid["invoice"] = issued["id"].clone();
    let _ = till.post("incoming-payments", &paid).await.problem("money-state");
    paid["amount"] = json!("129.69");
    let received = till.post("incoming-payments", &paid).await.expect(201);
    assert_eq!(till.balance("assets:receivable:customers").await, "0.00");
    // Undone, the invoice is open again; the reference stays taken.
    let undo = json!({"reason": "bounced", "effective_on": "2026-05-04"});
    let at = format!("journal/{}/reversal", received["journal"].as_str().unwrap());
    let _ = till.post(&at, &undo).await.expect(201);
    let open = till.get("invoices?open=true").await;
    assert_eq!(open["items"][0]["open"], "129.69");
    let _ = till.post("incoming-payments", &paid).await.problem("money-state");
    let cases = [
        ("issued_on", json!("2026-05-01"), "numbers follow the days"),
        ("issued_on", json!("2999-01-01"), "still to come"),
        ("lines", json!([]), "1 to 100 lines"),
        (
            "lines",
            json!([{"about": "x", "quantity": 1, "price": "1.00", "vat": "none"}]),
            "no rate of VAT none",
        ),
        (
            "lines",
            json!([{"about": "x", "quantity": 1, "price": "1.001"}]),
            "line 1: EUR has 2 decimal places",
        ),
        (
            "lines",
            json!([{"about": "x", "quantity": 1, "price": "1.00", "account": "assets:cash"}]),
            "line 1: the account",
        ),
    ];
    for (field, value, reason) in cases {
        let mut body = customer.clone();
        body[field] = value;
        for path in ["invoices/preview", "invoices"] {
            let refused = till.post(path, &body).await;
            let text = String::from_utf8_lossy(&refused.bytes).into_owned();
            assert_eq!(refused.status, 422, "{path} {field}: {text}");
            assert!(text.contains(reason), "{reason}: {text}");
        }
    }
    // What was refused took no number.
    let mut next = customer.clone();
    next["issued_on"] = json!("2026-05-05");
    assert_eq!(till.post("invoices", &next).await.expect(201)["code"], "INV-2026-00002");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entrance_fee_is_received_once_with_its_receipt() {
    let app = TestApp::start().await;
    let till = Till::open(&app).await;
    let body = json!({"member": till.hall.members[0].member, "received_on": "2026-01-05", "money": "assets:cash"});
    let receipt = till.post("entrance-fees", &body).await.expect(201);
    assert_eq!(
        (&receipt["code"], &receipt["gross"], &receipt["period"]),
        (&json!("RCT-2026-00001"), &json!("25.00"), &json!("entrance"))
    );
    let _ = till.post("entrance-fees", &body).await.problem("money-state");
    assert_eq!(till.balance("assets:cash").await, "25.00");
    let second = json!({"member": till.hall.members[1].member, "received_on": "2026-01-06"});
    assert_eq!(
        till.post("entrance-fees", &second).await.expect(201)["code"],
        "RCT-2026-00002"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invoices_issued_at_once_have_numbers_without_a_gap() {
    let app = TestApp::start().await;
    let till = Till::open(&app).await;
    let _ = till
        .post("ledger/accounts", &json!({"currency": "EUR"}))
        .await
        .expect(201);
    let body = invoice(&till, "2026-06-01", "1.00");
    let issued = futures_util::future::join_all((0..12).map(|_| till.post("invoices", &body))).await;
    let mut codes: Vec<String> = Vec::new();
    for reply in issued {
        if reply.status == 201 {
            codes.push(reply.expect(201)["code"].as_str().unwrap().to_owned());
        }
    }
    codes.sort();
    let expected: Vec<String> = (1..=codes.len())
        .map(|number| format!("INV-2026-{number:05}"))
        .collect();
    assert_eq!(codes, expected);
    assert!(codes.len() > 1, "{codes:?}");
    app.finish().await;
}
