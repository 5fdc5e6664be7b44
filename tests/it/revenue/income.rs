//! Income recorded from a table: previewed, each receipt once, refused by row.

use governance::membership::{Class, Role};
use serde_json::{Value, json};
use tests::app::TestApp;
use tests::person::Reply;

use crate::decisions::world::{Hall, Insider};

const HEADER: &str = "date,amount,reference,description\n";

fn body(rows: &str) -> Value {
    json!({"currency": "EUR", "into": "assets:bank:main", "from": "income:other", "table": format!("{HEADER}{rows}")})
}

async fn post(hall: &Hall, who: &Insider, path: &str, body: &Value) -> Reply {
    who.person.post(&hall.path(path)).json(body).send().await
}

async fn hall_with_books(app: &TestApp) -> (Hall, Insider) {
    let hall = Hall::with_members(app, 1).await;
    let treasurer = hall.join(app, "Treasurer", Class::Worker, &[Role::Treasurer]).await;
    let _ = post(&hall, &treasurer, "ledger/accounts", &json!({"currency": "EUR"}))
        .await
        .expect(201);
    (hall, treasurer)
}

async fn journal_size(hall: &Hall) -> usize {
    let request = hall.steward.person.get(&hall.path("journal"));
    request.send().await.expect(200)["items"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_previewed_and_each_receipt_is_recorded_once() {
    let app = TestApp::start().await;
    let (hall, treasurer) = hall_with_books(&app).await;
    let first = "2026-07-01,100.00,inv-1,\"Sales, July\"\n2026-07-02,-0.50,inv-1/fix,Correction of inv-1\n";
    let seen = post(&hall, &treasurer, "income/preview", &body(first))
        .await
        .expect(200);
    assert_eq!((&seen["to_record"], &seen["total"]), (&json!(2), &json!("99.50")));
    assert_eq!(journal_size(&hall).await, 0, "a preview posts nothing");
    let done = post(&hall, &treasurer, "income", &body(first)).await.expect(201);
    assert_eq!(
        (done["recorded"].as_array().unwrap().len(), &done["total"]),
        (2, &json!("99.50"))
    );
    // The next download of the same program has the old rows and a new one.
    let longer = format!("{first}2026-07-03,7.00,inv-2,Sales\n");
    let seen = post(&hall, &treasurer, "income/preview", &body(&longer))
        .await
        .expect(200);
    assert_eq!((&seen["to_record"], &seen["total"]), (&json!(1), &json!("7.00")));
    assert_eq!(seen["rows"][0]["recorded_before"], done["recorded"][0]);
    let done = post(&hall, &treasurer, "income", &body(&longer)).await.expect(201);
    assert_eq!((&done["recorded_before"], &done["total"]), (&json!(2), &json!("7.00")));
    assert_eq!(journal_size(&hall).await, 3);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_refused_whole_with_the_row_and_the_reason() {
    let app = TestApp::start().await;
    let (hall, treasurer) = hall_with_books(&app).await;
    let fine = "2026-07-01,100.00,inv-1,Sales\n";
    let _ = post(&hall, &treasurer, "income", &body(fine)).await.expect(201);
    let account = |field: &str, path: &str| {
        let mut body = body(fine);
        body[field] = json!(path);
        body
    };
    let cases = [
        (
            body("2026-07-01,101.00,inv-1,Sales\n"),
            "row 2: another receipt was recorded with the reference inv-1",
        ),
        (
            body("2026-07-02,5.00,new,Sales\n2026-07-01,100.00,inv-1,Other\n"),
            "row 3",
        ),
        (
            body("2026-07-02,5.00,new,Sales\n2026-07-01,1.005,x,Other\n"),
            "row 3: EUR has 2 decimal places",
        ),
        (
            body("2026-07-02,5.00,new,Sales\n2026-13-01,1.00,x,Other\n"),
            "row 3: the date",
        ),
        (body("2026-07-02,0,new,Sales\n"), "row 2: an amount of nothing"),
        (
            body("2026-07-02,5.00,new,Sales\n2026-07-02,5.00,new,Sales\n"),
            "row 3 repeats the reference of row 2",
        ),
        (account("into", "income:other"), "no account of assets"),
        (account("from", "assets:cash"), "no account of income"),
        (
            account("into", "assets:till"),
            "the books have no account assets:till in EUR",
        ),
        (account("currency", "USD"), "in USD"),
    ];
    for (body, reason) in cases {
        for path in ["income/preview", "income"] {
            let refused = post(&hall, &treasurer, path, &body).await;
            let text = String::from_utf8_lossy(&refused.bytes).into_owned();
            assert_eq!(refused.status, 422, "{path} {body}: {text}");
            assert!(text.contains(reason), "{reason}: {text}");
        }
    }
    assert_eq!(journal_size(&hall).await, 1, "nothing of a refused table is posted");
    app.finish().await;
}
