//! Aim: a year that is over becomes a result, and nothing takes effect within it any more; what cycles share stays what it was; the files of a
//! co-op that did all of this are accepted by other programs. Method: one co-op over HTTP, bean-check and hledger on its files.

use std::process::Command;

use serde_json::{Value, json};
use tests::app::TestApp;
use tests::data::not_run;

use super::world::{Till, set, terms};
use crate::decisions::world::Hall;
use crate::revenue::world::{adopt, carry, equal, nothing};
use governance::membership::{Class, Role};

fn posting(day: &str, debit: &str, credit: &str, amount: &str) -> Value {
    let entry = |account: &str, amount: String| json!({"account": account, "currency": "EUR", "amount": amount});
    json!({"description": "By hand", "effective_on": day, "entries": [entry(debit, amount.to_owned()), entry(credit, format!("-{amount}"))]})
}

async fn closed(till: &Till, year: u16) -> Value {
    let path = format!("years/{year}/closing");
    let seen = till.get(&path).await;
    till.create(&path, &json!({"digest": seen["digest"]})).await
}

/// What may still be done about a closed year.
async fn undone_later(till: &Till, (income, done): (&Value, &Value), seen: &Value) {
    // A mistake of it is undone in the year in which it is found; the closing itself is not.
    let undo = |day: &str| json!({"reason": "a mistake", "effective_on": day});
    let at = |id: &Value| format!("journal/{}/reversal", id.as_str().unwrap());
    let _ = till
        .post(&at(&income["id"]), &undo("2025-12-31"))
        .await
        .problem("year-closed");
    let _ = till.create(&at(&income["id"]), &undo("2026-02-01")).await;
    let _ = till
        .post(&at(&done["journal"]), &undo("2026-02-01"))
        .await
        .problem("money-state");
    for year in ["2025", "2024", "2026"] {
        let path = format!("years/{year}/closing");
        let _ = till
            .post(&path, &json!({"digest": seen["digest"]}))
            .await
            .problem("money-state");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_year_has_a_result_and_takes_nothing_more() {
    let app = TestApp::start().await;
    let till = Till::open(&app).await;
    let _ = till.create("ledger/accounts", &json!({"currency": "EUR"})).await;
    let income = till
        .create(
            "journal",
            &posting("2025-05-01", "assets:bank:main", "income:other", "500.00"),
        )
        .await;
    let _ = till
        .create(
            "journal",
            &posting("2025-06-01", "expenses:operations", "assets:bank:main", "180.00"),
        )
        .await;
    let _ = till
        .create(
            "journal",
            &posting("2026-01-01", "assets:bank:main", "income:other", "7.00"),
        )
        .await;
    let path = "years/2025/closing";
    let seen = till.get(path).await;
    let result = &seen["results"][0];
    assert_eq!(
        (&result["income"], &result["costs"], &result["surplus"]),
        (&json!("500.00"), &json!("180.00"), &json!("320.00"))
    );
    assert_eq!(
        (&result["available"], &seen["accounts"][1]["balance"]),
        (&json!("320.00"), &json!("-500.00"))
    );
    assert!(seen["warnings"][0].as_str().unwrap().contains("interest"), "{seen}");
    // What was posted since is not closed unseen.
    let _ = till
        .create(
            "journal",
            &posting("2025-12-31", "expenses:operations", "assets:bank:main", "20.00"),
        )
        .await;
    let _ = till
        .post(path, &json!({"digest": seen["digest"]}))
        .await
        .problem("money-state");
    let done = closed(&till, 2025).await;
    assert_eq!(
        (&done["surplus"]["EUR"], done["journal"].is_string()),
        (&json!("300.00"), true)
    );
    assert_eq!(till.balance("equity:surplus").await, "-300.00");
    assert_eq!(
        till.balance("income:other").await,
        "-7.00",
        "the next year's income stays"
    );
    for (day, status) in [("2025-12-31", 409), ("2024-01-01", 409), ("2026-01-01", 201)] {
        let late = till
            .post("journal", &posting(day, "assets:bank:main", "income:other", "1.00"))
            .await;
        assert_eq!(late.status, status, "{day}");
    }
    let receipt = json!({"currency": "EUR", "into": "assets:bank:main", "from": "income:other",
        "table": "date,amount,reference,description\n2025-05-01,1.00,late,Late\n"});
    let _ = till.post("income", &receipt).await.problem("year-closed");
    let invoice = json!({"recipient": "Demo", "issued_on": "2025-12-01", "lines": [{"about": "x", "quantity": 1, "price": "1.00"}]});
    let _ = till.post("invoices", &invoice).await.problem("year-closed");
    undone_later(&till, (&income, &done), &seen).await;
    let listed = till.get_as(&till.hall.members[0], "years").await.expect(200);
    assert_eq!(listed["items"][0]["year"], 2025);
    app.finish().await;
}

/// What a program says of a file, where it is here.
pub fn accepts(program: &str, arguments: &[&str], text: &str, end: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("books.{end}"));
    std::fs::write(&path, text).unwrap();
    let local = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../target/beancount/bin")
        .join(program);
    let found = if local.exists() { local } else { program.into() };
    match Command::new(found)
        .args(arguments)
        .arg(&path)
        .env("LC_ALL", "C.UTF-8")
        .output()
    {
        Err(_) => not_run("books that other programs read", &format!("{program} is not installed")),
        Ok(output) => {
            let said = [output.stdout, output.stderr].concat();
            assert!(
                output.status.success(),
                "{program}: {}\n{text}",
                String::from_utf8_lossy(&said)
            );
        }
    }
}

/// A co-op that shares revenue too, with a treasurer and an auditor.
async fn sharing(app: &TestApp) -> Till {
    let hall = Hall::with_members(app, 2).await;
    let _ = carry(app, &hall, &[adopt(&equal(1, &nothing())), set(&terms())]).await;
    let treasurer = hall.join(app, "Treasurer", Class::Supporter, &[Role::Treasurer]).await;
    let auditor = hall.join(app, "Auditor", Class::Supporter, &[Role::Auditor]).await;
    Till {
        hall,
        treasurer,
        auditor,
    }
}

/// Runs a cycle to its posting.
async fn share(till: &Till, period: &str, ends_on: &str) -> Value {
    let body = json!({"period": period, "ends_on": ends_on});
    let mut view = till.create("payouts", &body).await;
    let at = |step: &str| format!("payouts/{}/{step}", view["id"].as_str().unwrap());
    let steps = ["freezing", "computation", "verification", "proposal"].map(at);
    let (approvals, posted) = (at("approvals"), at("posting"));
    for step in steps {
        view = till
            .treasurer
            .person
            .post(&till.hall.path(&step))
            .send()
            .await
            .expect(200);
    }
    let digests = json!({"digest": view["digest"], "payout_digest": view["payout_digest"]});
    let _ = till.post_as(&till.auditor, &approvals, &digests).await.expect(200);
    till.treasurer
        .person
        .post(&till.hall.path(&posted))
        .send()
        .await
        .expect(200)
}

/// Shares, a fee, dues, their payment, a bill and interest: the year 2025 of a member.
async fn busy_year(till: &Till) {
    let ada = &till.hall.members[0];
    let moving = |kind: &str, day: &str| json!({"member": ada.member, "kind": kind, "shares": 2, "effective_on": day});
    for (kind, day) in [("subscribed", "2025-01-01"), ("paid", "2025-01-01")] {
        let _ = till.create("shares", &moving(kind, day)).await;
    }
    let fee = json!({"member": ada.member, "received_on": "2025-01-02"});
    let _ = till.create("entrance-fees", &fee).await;
    let _ = till
        .create("dues", &json!({"period": "2025-12", "issued_on": "2025-12-01"}))
        .await;
    let pay = json!({"member": ada.member, "amount": "25.00", "received_on": "2025-12-05", "reference": "B1", "about": "=dues"});
    let _ = till.create("incoming-payments", &pay).await;
    let bill = json!({"supplier": "Power; \"Light\" | Co", "reference": "A-1", "issued_on": "2025-12-10", "due_on": "2025-12-31", "currency": "EUR",
        "vat": "1.90", "lines": [{"about": "Electricity", "amount": "10.00", "account": "expenses:operations"}]});
    let bill = till.create("bills", &bill).await;
    let at = |step: &str| format!("bills/{}/{step}", bill["id"].as_str().unwrap());
    let _ = till
        .post_as(&till.auditor, &at("approvals"), &json!({"digest": bill["digest"]}))
        .await
        .expect(200);
    let _ = till
        .post(&at("payment"), &json!({"paid_on": "2025-12-20"}))
        .await
        .expect(200);
    let _ = till.create("shares/interest/2025", &json!({})).await;
}

/// Other programs read the books and find nothing wrong.
async fn books_are_accepted(till: &Till) {
    accepts(
        "bean-check",
        &[],
        &till.file("ledger/exports/books.beancount").await,
        "beancount",
    );
    let arguments = [
        "check",
        "balancednoautoconversion",
        "assertions",
        "commodities",
        "accounts",
        "-f",
    ];
    accepts(
        "hledger",
        &arguments,
        &till.file("ledger/exports/books.journal").await,
        "journal",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cycle_shares_the_surplus_of_a_closed_year_and_the_files_of_all_of_it_are_accepted() {
    let app = TestApp::start().await;
    let till = sharing(&app).await;
    let ada = &till.hall.members[0];
    let _ = till.create("ledger/accounts", &json!({"currency": "EUR"})).await;
    busy_year(&till).await;

    // 25.00 of the fee, 25.20 of dues, less 10.00 and 6.00 of interest.
    let seen = till.get("years/2025/closing").await;
    assert_eq!(
        (
            &seen["results"][0]["surplus"],
            seen["warnings"].as_array().unwrap().len()
        ),
        (&json!("34.20"), 0)
    );
    let _ = closed(&till, 2025).await;
    let _ = till
        .post(
            "shares",
            &json!({"member": ada.member, "kind": "withdrawn", "shares": 2, "effective_on": "2025-12-31"}),
        )
        .await
        .problem("money-state");
    let posted = share(&till, "2025", "2025-12-31").await;
    assert_eq!(posted["state"], "posted");
    let cycle = till
        .get(&format!("journal/{}", posted["journal"].as_str().unwrap()))
        .await;
    assert_eq!(cycle["effective_on"], "2026-01-01", "the first day that is open");
    assert_eq!(
        till.balance("equity:surplus").await,
        "0.00",
        "what was the surplus is shared"
    );

    let own = till.get_as(ada, "years/2026/summary").await.expect(200);
    assert_eq!(own["amounts"][0]["accrued"], "6.84", "a fifth of 34.20: {own}");
    let own = till.get_as(ada, "years/2025/summary").await.expect(200);
    assert_eq!(
        (&own["amounts"][0]["interest"], &own["amounts"][0]["paid"]),
        (&json!("6.00"), &json!("0.00"))
    );
    let all = till.get("years/2026/summaries?limit=2").await;
    assert_eq!(
        (all["items"].as_array().unwrap().len(), all["next_cursor"].is_string()),
        (2, true)
    );
    let file = till.file("years/2026/summaries.csv").await;
    // What the next cycle pays of it is carried with the interest: 12.84 to Ada.
    assert!(
        file.contains(&format!(
            "2026,{},\"Member 1\",EUR,6.84,0.00,12.84,0.00\r\n",
            ada.member
        )),
        "{file}"
    );
    let _ = till.get_as(ada, "years/2026/summaries").await.problem("role-needed");

    books_are_accepted(&till).await;
    app.finish().await;
}
