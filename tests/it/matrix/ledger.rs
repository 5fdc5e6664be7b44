//! The rows of the books.

use serde_json::{Value, json};

use super::{Ask, MEMBERS, Operation, TREASURERS, operation, with};

/// A transaction as a treasurer posts it, in accounts that every co-op begins with.
pub fn dues() -> Value {
    let entry = |account: &str, amount: &str| json!({"account": account, "currency": "EUR", "amount": amount});
    json!({"description": "Dues", "effective_on": "2026-11-26",
           "entries": [entry("assets:cash", "1.00"), entry("income:dues", "-1.00")]})
}

/// A receipt of its own.
fn receipt() -> Value {
    let reference = uuid::Uuid::now_v7().simple().to_string();
    json!({"currency": "EUR", "into": "assets:bank:main", "from": "income:other",
           "table": format!("date,amount,reference,description\n2026-11-26,1.00,{reference},Sales\n")})
}

/// A row of another ledger.
fn row() -> Value {
    let id = uuid::Uuid::now_v7().simple().to_string();
    json!({"format": "open-collective", "currency": "EUR", "file": format!(
        "datetime,shortId,kind,amount,paymentProcessorFee,netAmount,currency\n2026-07-02T12:05:45,{id},CONTRIBUTION,5,-0.45,4.55,EUR\n")})
}

fn imports() -> Vec<Operation> {
    vec![
        operation!(
            "POST /api/v1/coops/{coop}/ledger/imports/preview",
            TREASURERS,
            false,
            |_world, _who| Ask::plain().body(row())
        ),
        operation!(
            "POST /api/v1/coops/{coop}/ledger/imports",
            with(TREASURERS, 201),
            true,
            |_world, _who| Ask::plain().body(row())
        ),
    ]
}

/// Those of this area.
pub fn operations() -> Vec<Operation> {
    let mut all = books();
    all.extend(imports());
    all.extend(income());
    all
}

fn income() -> Vec<Operation> {
    vec![
        operation!(
            "POST /api/v1/coops/{coop}/income/preview",
            TREASURERS,
            false,
            |world, _who| {
                let _ = world.posted(&world.coop).await;
                Ask::plain().body(receipt())
            }
        ),
        operation!(
            "POST /api/v1/coops/{coop}/income",
            with(TREASURERS, 201),
            true,
            |world, _who| {
                let _ = world.posted(&world.coop).await;
                Ask::plain().body(receipt())
            }
        ),
    ]
}

fn books() -> Vec<Operation> {
    vec![
        operation!(
            "GET /api/v1/coops/{coop}/ledger/accounts",
            MEMBERS,
            false,
            |_world, _who| Ask::plain()
        ),
        operation!(
            "POST /api/v1/coops/{coop}/ledger/accounts",
            with(TREASURERS, 201),
            true,
            |_world, _who| Ask::plain().body(json!({"currency": "SEK"}))
        ),
        operation!(
            "GET /api/v1/coops/{coop}/ledger/balances",
            MEMBERS,
            false,
            |_world, _who| Ask::plain()
        ),
        operation!(
            "GET /api/v1/coops/{coop}/ledger/exports/{file}",
            MEMBERS,
            false,
            |_world, _who| Ask::plain().id("file", "books.csv")
        ),
        operation!("GET /api/v1/coops/{coop}/journal", MEMBERS, false, |_world, _who| {
            Ask::plain()
        }),
        operation!(
            "POST /api/v1/coops/{coop}/journal/preview",
            TREASURERS,
            false,
            |world, _who| {
                let _ = world.posted(&world.coop).await;
                Ask::plain().body(dues())
            }
        ),
        operation!(
            "POST /api/v1/coops/{coop}/journal",
            with(TREASURERS, 201),
            true,
            |world, _who| {
                let _ = world.posted(&world.coop).await;
                Ask::plain().body(dues())
            }
        ),
        operation!(
            "GET /api/v1/coops/{coop}/journal/{journal}",
            MEMBERS,
            false,
            |world, _who| Ask::plain().id("journal", world.posted(&world.coop).await)
        ),
        operation!(
            "GET /api/v1/coops/{coop}/journal/{journal}/entries",
            MEMBERS,
            false,
            |world, _who| Ask::plain().id("journal", world.posted(&world.coop).await)
        ),
        operation!(
            "POST /api/v1/coops/{coop}/journal/{journal}/reversal",
            with(TREASURERS, 201),
            true,
            |world, _who| {
                let body = json!({"reason": "a mistake", "effective_on": "2026-11-27"});
                Ask::plain().id("journal", world.posted(&world.coop).await).body(body)
            }
        ),
    ]
}
