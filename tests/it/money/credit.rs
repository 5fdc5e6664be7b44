//! Aim: an invoice is taken back in parts, never more than it asked for, with the VAT to the last cent. Method: one invoice of two rates whose VAT
//! was rounded, credited piece by piece before and after it was paid, and the books beside it.

use serde_json::{Value, json};
use tests::app::TestApp;

use super::world::Till;

fn note(day: &str, lines: Value) -> Value {
    json!({"reason": "It was agreed otherwise", "issued_on": day, "lines": lines})
}

fn part(line: u32, quantity: u32) -> Value {
    json!({"line": line, "quantity": quantity})
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_is_credited_in_parts_and_never_beyond_the_whole() {
    let app = TestApp::start().await;
    let till = Till::open(&app).await;
    let ada = &till.hall.members[0];
    // 19 percent of 99.99 is 18.9981, of 10.00 at 7 percent 0.70.
    let body = json!({"member": ada.member, "issued_on": "2026-03-01", "lines": [
        {"about": "Training", "quantity": 3, "price": "33.33", "vat": "standard"},
        {"about": "Book", "quantity": 1, "price": "10.00", "vat": "reduced"}]});
    let invoice = till.create("invoices", &body).await;
    assert_eq!(invoice["gross"], "129.69");
    let at = format!("invoices/{}/credit-note", invoice["id"].as_str().unwrap());
    let preview = format!("{at}/preview");
    let invoice_at = format!("invoices/{}", invoice["id"].as_str().unwrap());
    // Before it is paid less is asked for: 33.33 and 6.33 of VAT.
    let one = note("2026-03-02", json!([part(1, 1)]));
    let seen = till.post(&preview, &one).await.expect(200);
    assert_eq!(
        (&seen["code"], &seen["gross"], &seen["credit"]),
        (&json!("CRN-2026-00001"), &json!("39.66"), &json!("0.00"))
    );
    let first = till.create(&at, &one).await;
    assert_eq!((&first["code"], &first["gross"]), (&seen["code"], &seen["gross"]));
    let shown = till.get(&invoice_at).await;
    assert_eq!(
        (&shown["open"], &shown["credited"], &shown["credit_notes"]),
        (&json!("90.03"), &json!("39.66"), &json!([first["id"]]))
    );
    // Of what was paid beyond the rest a credit comes: 40.03 is open, and 33.33 with 6.34 of VAT and 2.14 are taken back.
    let paid = json!({"amount": "50.00", "received_on": "2026-03-03", "reference": "bank-1", "invoice": invoice["id"]});
    let _ = till.create("incoming-payments", &paid).await;
    let second = note(
        "2026-03-04",
        json!([part(1, 1), {"line": 2, "quantity": 1, "price": "2.00"}]),
    );
    let seen = till.post(&preview, &second).await.expect(200);
    assert_eq!((&seen["gross"], &seen["credit"]), (&json!("41.81"), &json!("1.78")));
    let second = till.create(&at, &second).await;
    assert_eq!(
        (&second["code"], &second["rates"][1]["vat"]),
        (&json!("CRN-2026-00002"), &json!("6.34"))
    );
    let own = till.get_as(ada, "money/account").await.expect(200);
    assert_eq!((&own["open"], &own["credit"]), (&json!("0.00"), &json!("1.78")));
    refuses_more(&till, &at).await;
    // What is left, without a word of what that is.
    let rest = till
        .create(&at, &json!({"reason": "x", "issued_on": "2026-03-05"}))
        .await;
    assert_eq!(
        (&rest["code"], &rest["gross"]),
        (&json!("CRN-2026-00003"), &json!("48.22"))
    );
    let again = json!({"reason": "x", "issued_on": "2026-03-05"});
    let _ = till.post(&at, &again).await.problem("money-state");
    assert_eq!(till.get(&invoice_at).await["credited"], "129.69");
    for empty in ["assets:receivable:members", "liabilities:tax:vat", "income:other"] {
        assert_eq!(till.balance(empty).await, "0.00", "{empty}");
    }
    assert_eq!(till.balance("liabilities:members:prepaid").await, "-50.00");
    app.finish().await;
}

/// What is more than the rest, and what the invoice has not: refused, and no number is taken.
async fn refuses_more(till: &Till, at: &str) {
    let cases = [
        (json!([part(1, 2)]), "line 1: no more than 33.33 is left of it"),
        (
            json!([part(1, 1), part(2, 1)]),
            "line 2: no more than 8.00 is left of it",
        ),
        (json!([part(3, 1)]), "line 1: the invoice has the lines 1 to 2"),
        (json!([part(0, 1)]), "line 1: the invoice has the lines 1 to 2"),
        (json!([part(1, 0)]), "line 1: there are 1 to"),
        (
            json!([{"line": 1, "quantity": 1, "price": "-1.00"}]),
            "line 1: the price",
        ),
        (
            json!([{"line": 1, "quantity": 1, "price": "1.001"}]),
            "line 1: EUR has 2 decimal places",
        ),
        (json!([]), "1 to 100 lines"),
    ];
    for (lines, reason) in cases {
        let body = note("2026-03-05", lines);
        for path in [format!("{at}/preview"), at.to_owned()] {
            let refused = till.post(&path, &body).await;
            let text = String::from_utf8_lossy(&refused.bytes).into_owned();
            assert_eq!(refused.status, 422, "{path}: {text}");
            assert!(text.contains(reason), "{reason}: {text}");
        }
    }
    let early = note("2026-02-28", json!([part(1, 1)]));
    assert_eq!(till.post(at, &early).await.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn credit_notes_asked_for_at_once_take_back_no_more_than_the_invoice() {
    let app = TestApp::start().await;
    let till = Till::open(&app).await;
    let body = json!({"recipient": "Demo GmbH", "issued_on": "2026-03-01",
        "lines": [{"about": "Hours", "quantity": 5, "price": "10.00", "vat": "standard"}]});
    let invoice = till.create("invoices", &body).await;
    let at = format!("invoices/{}/credit-note", invoice["id"].as_str().unwrap());
    let one = note("2026-03-02", json!([part(1, 1)]));
    let replies = futures_util::future::join_all((0..8).map(|_| till.post(&at, &one))).await;
    let mut codes: Vec<String> = Vec::new();
    for reply in replies.iter().filter(|reply| reply.status == 201) {
        codes.push(reply.json()["code"].as_str().unwrap().to_owned());
    }
    codes.sort();
    let expected: Vec<String> = (1..=codes.len())
        .map(|number| format!("CRN-2026-{number:05}"))
        .collect();
    assert_eq!(codes, expected);
    assert!((1..=5).contains(&codes.len()), "{codes:?}");
    for _ in codes.len()..5 {
        let _ = till.create(&at, &one).await;
    }
    let _ = till.post(&at, &one).await.problem("money-state");
    for empty in ["assets:receivable:customers", "liabilities:tax:vat", "income:other"] {
        assert_eq!(till.balance(empty).await, "0.00", "{empty}");
    }
    app.finish().await;
}

/// A note of what was still open takes nothing of the payment, so the payment may bounce; one that gave paid money back stands on it.
#[tokio::test(flavor = "multi_thread")]
async fn a_payment_bounces_after_a_credit_note_unless_the_note_gave_of_it_back() {
    let app = TestApp::start().await;
    let till = Till::open(&app).await;
    let ada = &till.hall.members[0];
    let body = json!({"member": ada.member, "issued_on": "2026-03-01",
        "lines": [{"about": "Hours", "quantity": 10, "price": "10.00"}]});
    let invoice = till.create("invoices", &body).await;
    let at = format!("invoices/{}", invoice["id"].as_str().unwrap());
    let credit = format!("{at}/credit-note");
    let pay = |day: &str, reference: &str| json!({"amount": "70.00", "received_on": day, "reference": reference, "invoice": invoice["id"]});
    let undo = json!({"reason": "the bank took it back", "effective_on": "2026-03-10"});
    let undoing = |payment: &Value| format!("journal/{}/reversal", payment["journal"].as_str().unwrap());
    let _ = till.create(&credit, &note("2026-03-02", json!([part(1, 3)]))).await;
    let bounced = till.create("incoming-payments", &pay("2026-03-03", "bank-1")).await;
    assert_eq!(till.get(&at).await["open"], "0.00");
    let _ = till.create(&undoing(&bounced), &undo).await;
    assert_eq!(till.get(&at).await["open"], "70.00");
    let kept = till.create("incoming-payments", &pay("2026-03-11", "bank-2")).await;
    let _ = till.create(&credit, &note("2026-03-12", json!([part(1, 2)]))).await;
    let own = till.get_as(ada, "money/account").await.expect(200);
    assert_eq!(own["credit"], "20.00");
    let late = json!({"reason": "the bank took it back", "effective_on": "2026-03-13"});
    let _ = till.post(&undoing(&kept), &late).await.problem("money-state");
    app.finish().await;
}
