//! Aim: what members used is asked for by an invoice of each, once, is paid and settled as any other, and tells other members nothing of who
//! used how much. Method: use of two days under a rate, charged without and with VAT by two at once; then the books as a member reads them, and
//! the schema.

use governance::membership::{Class, Role};
use serde_json::{Value, json};
use tests::app::TestApp;

use super::owing::{priced, told, use_on};
use super::world::{allowance, carry, shared};
use crate::decisions::world::Insider;
use crate::money::guards::{ONE, refused};
use crate::money::world::{Till, set, terms};

async fn opened(app: &TestApp) -> Till {
    let everyone = allowance(json!({"group": "everyone"}), "together", 10_000_000);
    let hall = shared(app, 6, &[everyone]).await;
    let _ = carry(app, &hall, &[set(&terms()), priced(1, "EUR", 1_000_000_000)]).await;
    let treasurer = hall.join(app, "Treasurer", Class::Supporter, &[Role::Treasurer]).await;
    let auditor = hall.join(app, "Auditor", Class::Supporter, &[Role::Auditor]).await;
    Till {
        hall,
        treasurer,
        auditor,
    }
}

/// What a member owes, and has as a credit.
async fn standing(till: &Till, who: &Insider) -> [String; 2] {
    let own = till.get_as(who, "money/account").await.expect(200);
    ["open", "credit"].map(|name| own[name].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_used_is_asked_for_by_an_invoice_of_each_once_and_settled_as_any_other() {
    let app = TestApp::start().await;
    let till = opened(&app).await;
    let [ada, ben] = [&till.hall.members[0], &till.hall.members[1]];
    let body = json!({"issued_on": "2026-11-10"});
    let early = till.post("usage-invoices", &body).await.problem("money-state");
    assert!(early["detail"].as_str().unwrap().starts_with("Nobody owes"), "{early}");
    // 3.105 cents of each of five.
    use_on(&app, &till.hall, "2026-11-01", (0..5, 7)).await;
    assert_eq!(told(&app).await, ["1 EUR 5 15"]);
    let seen = till.post("usage-invoices/preview", &body).await.expect(200);
    assert_eq!(
        (seen["lines"].as_array().unwrap().len(), &seen["total"]),
        (5, &json!("0.15"))
    );
    // Two at once: one charges, and the other finds nothing left.
    let (one, other) = tokio::join!(till.post("usage-invoices", &body), till.post("usage-invoices", &body));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    // It was income and owed since it was told; now each owes the own part.
    assert_eq!(till.balance("assets:receivable:members").await, "0.15");
    assert_eq!(till.balance("income:ai-usage").await, "-0.15");
    let arrears = till.get("money/arrears").await;
    let open: Vec<&Value> = arrears["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| &line["open"])
        .collect();
    assert_eq!(open, [&json!("0.03"); 5]);
    let lines = till.get_as(ada, "access/owed").await.expect(200);
    let invoice = till.get_as(ada, "invoices").await.expect(200)["items"][0].clone();
    assert_eq!(lines["items"][0]["invoice"], invoice["id"]);
    assert_eq!(
        (&invoice["period"], &invoice["lines"][0]["about"]),
        (
            &json!("usage-1"),
            &json!("Use of the tools from 2026-11-01 to 2026-11-01")
        )
    );

    // A payment settles it, and what is more is a credit.
    let paid = json!({"invoice": invoice["id"], "amount": "1.00", "received_on": "2026-11-11", "reference": "bank-1"});
    let _ = till.create("incoming-payments", &paid).await;
    assert_eq!(standing(&till, ada).await, ["0.00", "0.97"]);
    // 10.485 and 0.105 cents make ten of each of six; with VAT, and from the credit of who has one.
    use_on(&app, &till.hall, "2026-11-02", (0..6, 499)).await;
    assert_eq!(told(&app).await[1..], ["2 EUR 6 60"]);
    let with = |vat: &str| json!({"issued_on": "2026-11-12", "vat": vat});
    assert_eq!(till.post("usage-invoices", &with("none")).await.status, 422);
    let charged = till.create("usage-invoices", &with("standard")).await;
    assert_eq!(
        (charged["invoices"].as_array().unwrap().len(), &charged["total"]),
        (6, &json!("0.72"))
    );
    assert_eq!(standing(&till, ada).await, ["0.00", "0.85"]);
    assert_eq!(standing(&till, ben).await, ["0.15", "0.00"]);
    assert_eq!(till.balance("liabilities:tax:vat").await, "-0.12");

    // What was charged wrongly is taken back from the income, and nothing of it is undone.
    let wrong = till.get_as(ben, "invoices").await.expect(200)["items"][1]["id"].clone();
    let why = json!({"reason": "the model was broken", "issued_on": "2026-11-13"});
    let at = format!("invoices/{}/credit-note", wrong.as_str().unwrap());
    let _ = till.create(&at, &why).await;
    assert_eq!(till.balance("income:ai-usage").await, "-0.72");
    let undo = json!({"reason": "a mistake", "effective_on": "2026-11-13"});
    let at = format!("journal/{}/reversal", lines["items"][0]["journal"].as_str().unwrap());
    let _ = till.post(&at, &undo).await.problem("money-state");
    members_read_no_others(&till, ada).await;
    the_schema_asks_once(&app, lines["items"][0]["journal"].as_str().unwrap()).await;
    app.finish().await;
}

/// A member without an office reads what a transaction moves, and of nobody what was used; who holds an office reads all of it.
async fn members_read_no_others(till: &Till, ada: &Insider) {
    let read = async |who: &Insider| till.get_as(who, "journal").await.expect(200)["items"].clone();
    let (own, whole) = (read(ada).await, read(&till.treasurer).await);
    let members: Vec<String> = till.hall.members.iter().map(|each| each.member.to_string()).collect();
    let names = |text: &str| members.iter().filter(|each| text.contains(each.as_str())).count();
    let entries = |items: &Value| -> String {
        items
            .as_array()
            .unwrap()
            .iter()
            .map(|each| each["entries"].to_string())
            .collect()
    };
    assert_eq!((names(&entries(&own)), names(&entries(&whole))), (0, 6));
    for (own, whole) in own.as_array().unwrap().iter().zip(whole.as_array().unwrap()) {
        assert_eq!(own["number"], whole["number"]);
        assert!(
            own["digest"].is_null() && whole["digest"].is_string(),
            "a digest lets guesses be checked: {own}"
        );
        // An invoice moves what all owe to what one owes, which is the same account; with VAT only that is to be seen.
        let moved = own["entries"].as_array().unwrap().len();
        if own["kind"] == "invoice" && own["effective_on"] == "2026-11-10" {
            assert_eq!((moved, whole["entries"].as_array().unwrap().len()), (0, 2), "{own}");
        }
    }
    for file in ["books.csv", "books.beancount", "books.journal"] {
        let reply = till.get_as(ada, &format!("ledger/exports/{file}")).await;
        let theirs = String::from_utf8(reply.bytes).unwrap();
        let all = till.file(&format!("ledger/exports/{file}")).await;
        assert_eq!((names(&theirs), names(&all)), (0, 6), "{file}: {theirs}");
        // The balances at the end are the same.
        let end = |text: &str| text.lines().rev().take(3).map(str::to_owned).collect::<Vec<_>>();
        assert!(file == "books.csv" || end(&theirs) == end(&all), "{file}: {theirs}");
    }
}

/// Whichever program writes: what was asked for is not asked for again, and what was told is not undone.
async fn the_schema_asks_once(app: &TestApp, told: &str) {
    let client = app.database.superuser().await;
    let again = format!(
        "INSERT INTO money_document SELECT (jsonb_populate_record(NULL::money_document, to_jsonb(one) || jsonb_build_object(
            'id', '{ONE}', 'number', one.number + 1, 'period', 'usage-3', 'journal_id', '{told}'))).*
         FROM money_document AS one WHERE kind = 'invoice' ORDER BY number DESC LIMIT 1"
    );
    let undone = format!(
        "INSERT INTO journal SELECT (jsonb_populate_record(NULL::journal, to_jsonb(one) || jsonb_build_object('id', '{ONE}', 'number', 9999,
            'kind', 'reversal', 'reverses', one.id, 'idempotency_key', 'x', 'effective_on', '2026-11-01'))).*
         FROM journal AS one WHERE id = '{told}'"
    );
    let cases = [
        (
            "money_document",
            "money_document_is_right",
            "money_document_asks_for_use_once",
            again,
        ),
        (
            "journal",
            "journal_usage_undoing_is_refused",
            "journal_of_such_an_act_is_not_undone",
            undone,
        ),
    ];
    for (table, guard, rule, statements) in cases {
        assert_eq!(
            refused(&client, &statements).await.as_deref(),
            Some(rule),
            "{statements}"
        );
        let without = format!("ALTER TABLE {table} DISABLE TRIGGER {guard}; {statements}");
        assert_eq!(refused(&client, &without).await, None, "without {guard}");
    }
}
