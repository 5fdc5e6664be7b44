//! Aim: nothing is undone on which something else rests, and no refund is early, whichever program writes. Method: a co-op in which acts rest on each
//! other, each undone past the API, refused by its rule, and taken once the guard is asleep.

use serde_json::{Value, json};
use tests::app::TestApp;
use tokio_postgres::Client;
use uuid::Uuid;

use super::guards::{ONE, Past, refused};
use super::world::Till;

/// The reversal of a transaction, as far as it is looked at before the commit.
fn undo(journal: &Value) -> String {
    let journal = journal.as_str().unwrap();
    format!(
        "INSERT INTO journal SELECT (jsonb_populate_record(NULL::journal, to_jsonb(one)
            || jsonb_build_object('id', '{ONE}', 'number', 9999, 'kind', 'reversal', 'reverses', one.id, 'idempotency_key', 'x',
                'effective_on', '2026-11-01'))).* FROM journal AS one WHERE id = '{journal}'"
    )
}

struct Case {
    guard: (&'static str, &'static str),
    rule: &'static str,
    statements: String,
}

async fn check(client: &Client, cases: Vec<Case>) {
    for Case {
        guard,
        rule,
        statements,
    } in cases
    {
        let (table, trigger) = guard;
        assert_eq!(
            refused(client, &statements).await.as_deref(),
            Some(rule),
            "{trigger}: {statements}"
        );
        let without = format!("ALTER TABLE {table} DISABLE TRIGGER {trigger}; {statements}");
        assert_eq!(refused(client, &without).await, None, "without {trigger}: {statements}");
    }
}

const MOVES: (&str, &str) = ("journal", "journal_undoing_is_possible");
const MONEY: (&str, &str) = ("journal", "journal_payment_undoing_is_possible");
const BILLS: (&str, &str) = ("journal", "journal_bill_undoing_is_refused");
const NOT_UNDONE: &str = "journal_of_such_an_act_is_not_undone";

/// Shares that others rest on, and a refund before its day.
async fn of_shares(till: &Till) -> Vec<Case> {
    let [ada, ben] = [&till.hall.members[0], &till.hall.members[1]];
    let moving =
        |who: &Value, kind: &str, day: &str| json!({"member": who, "kind": kind, "shares": 3, "effective_on": day});
    let (ada, ben) = (json!(ada.member), json!(ben.member));
    let _ = till.create("shares", &moving(&ada, "subscribed", "2025-01-01")).await;
    let old = till.create("shares", &moving(&ada, "paid", "2025-01-01")).await;
    let interest = till.create("shares/interest/2025", &json!({})).await;
    let subscribed = till.create("shares", &moving(&ben, "subscribed", "2026-02-01")).await;
    let paid = till.create("shares", &moving(&ben, "paid", "2026-02-01")).await;
    let mut back = moving(&ben, "withdrawn", "2026-03-01");
    back["shares"] = json!(2);
    let _ = till.create("shares", &back).await;
    let there = "share_movement_is_of_shares_that_are_there";
    let case = |rule: &'static str, journal: &Value| Case {
        guard: MOVES,
        rule,
        statements: undo(journal),
    };
    let past = Past {
        till,
        member: ben.as_str().unwrap().parse().unwrap(),
    };
    let lines = [("assets:cash", 1, past.member), ("assets:bank:main", -1, past.member)];
    let early = past.journal("capital", "2026-02-28", &lines) + &past.movement("refunded", 2, "2026-02-28");
    vec![
        case("share_movement_is_after_the_last_interest", &old["journal"]),
        case(NOT_UNDONE, &interest["journal"]),
        case(there, &subscribed["journal"]),
        case(there, &paid["journal"]),
        Case {
            guard: ("share_movement", "share_movement_is_right"),
            rule: "share_movement_is_refunded_when_it_is_due",
            statements: early,
        },
    ]
}

/// Payments whose credit was used or whose invoice was taken back, a receipt, a bill.
async fn of_money(till: &Till) -> Vec<Case> {
    let [ada, ben] = [json!(till.hall.members[0].member), json!(till.hall.members[1].member)];
    let invoice = |who: &Value, day: &str| json!({"member": who, "issued_on": day, "lines": [{"about": "x", "quantity": 1, "price": "10.00"}]});
    let pay = |who: &Value, reference: &str| json!({"member": who, "amount": "15.00", "received_on": "2026-03-02", "reference": reference});
    let _ = till.create("invoices", &invoice(&ada, "2026-03-01")).await;
    let used = till.create("incoming-payments", &pay(&ada, "bank-1")).await;
    let _ = till.create("invoices", &invoice(&ada, "2026-03-03")).await;
    let issued = till.create("invoices", &invoice(&ben, "2026-03-04")).await;
    let mut late = pay(&ben, "bank-2");
    late["received_on"] = json!("2026-03-05");
    let kept = till.create("incoming-payments", &late).await;
    let note =
        json!({"reason": "x", "issued_on": "2026-03-06", "lines": [{"line": 1, "quantity": 1, "price": "4.00"}]});
    let at = format!("invoices/{}/credit-note", issued["id"].as_str().unwrap());
    let _ = till.create(&at, &note).await;
    let receipt = till
        .create("entrance-fees", &json!({"member": ada, "received_on": "2026-03-07"}))
        .await;
    let paid = paid_bill(till).await;
    let case = |guard, rule: &'static str, journal: &Value| Case {
        guard,
        rule,
        statements: undo(journal),
    };
    vec![
        case(MONEY, "settlement_uses_credit_that_is_there", &used["journal"]),
        case(MONEY, "settlement_of_what_was_taken_back_stays", &kept["journal"]),
        case(MONEY, NOT_UNDONE, &receipt["journal"]),
        case(BILLS, NOT_UNDONE, &paid["payment"]),
        case(MOVES, NOT_UNDONE, &paid["journal"]),
    ]
}

async fn paid_bill(till: &Till) -> Value {
    let bill = json!({"supplier": "Power", "reference": "A-1", "issued_on": "2026-03-01", "due_on": "2026-03-31", "currency": "EUR",
        "lines": [{"about": "Electricity", "amount": "10.00", "account": "expenses:operations"}]});
    let bill = till.create("bills", &bill).await;
    let at = |step: &str| format!("bills/{}/{step}", bill["id"].as_str().unwrap());
    let digest = json!({"digest": bill["digest"]});
    let _ = till.post_as(&till.auditor, &at("approvals"), &digest).await.expect(200);
    till.post(&at("payment"), &json!({"paid_on": "2026-03-08"}))
        .await
        .expect(200)
}

/// A bill that is approved and paid with another amount, or with another supplier.
async fn of_an_approved_bill(till: &Till) -> Vec<Case> {
    let bill = json!({"supplier": "Water", "reference": "B-1", "issued_on": "2026-03-01", "due_on": "2026-03-31", "currency": "EUR",
        "lines": [{"about": "Water", "amount": "10.00", "account": "expenses:operations"}]});
    let bill = till.create("bills", &bill).await;
    let id: Uuid = bill["id"].as_str().unwrap().parse().unwrap();
    let digest = json!({"digest": bill["digest"]});
    let at = format!("bills/{id}/approvals");
    let _ = till.post_as(&till.auditor, &at, &digest).await.expect(200);
    let past = Past { till, member: id };
    let short = [
        ("liabilities:suppliers", 999_999_999, id),
        ("assets:bank:main", -999_999_999, id),
    ];
    let pay = format!(
        "UPDATE bill SET state = 'paid', payment_journal_id = '{ONE}', paid_by = prepared_by, paid_at = now() WHERE id = '{id}'"
    );
    vec![Case {
        guard: ("bill", "bill_only_goes_on"),
        rule: "bill_is_posted_as_it_is",
        statements: past.journal("payment", "2026-03-09", &short) + &pay,
    }]
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_undone_on_which_something_rests() {
    let app = TestApp::start().await;
    let till = Till::open(&app).await;
    let _ = till.create("ledger/accounts", &json!({"currency": "EUR"})).await;
    let client = app.database.superuser().await;
    check(&client, of_shares(&till).await).await;
    check(&client, of_money(&till).await).await;
    check(&client, of_an_approved_bill(&till).await).await;
    let other = "UPDATE bill SET state = 'cancelled', cancelled_by = prepared_by, cancelled_at = now(), cancel_reason = 'x', supplier = 'y'
        WHERE state = 'proposed'";
    let proposed = json!({"supplier": "Gas", "reference": "C-1", "issued_on": "2026-03-01", "due_on": "2026-03-31", "currency": "EUR",
        "lines": [{"about": "Gas", "amount": "10.00", "account": "expenses:operations"}]});
    let _ = till.create("bills", &proposed).await;
    assert!(
        refused(&client, other)
            .await
            .unwrap()
            .contains("what stands in a bill stays")
    );
    app.finish().await;
}
