//! Aim: each CHECK of the money tables refuses what it is for, by its name, and none is left without a try. Method: a co-op with a
//! row of everything; each rule broken by one statement past the API, every trigger asleep, and taken once the rule is gone; the catalogue
//! of the database says which rules there are.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::app::TestApp;
use tokio_postgres::Client;

use super::guards::refused;
use super::world::Till;

const TABLES: [&str; 10] = [
    "money_terms",
    "share_movement",
    "share_interest",
    "share_interest_line",
    "money_document",
    "incoming_payment",
    "settlement",
    "bill",
    "bill_approval",
    "year_close",
];

/// A rule, the row it is tried on, and what breaks it.
struct Try(&'static str, &'static str, &'static str);

const CHECKS: &[(&str, &[Try])] = &[
    ("money_terms", TERMS),
    ("share_movement", MOVES),
    ("share_interest", INTEREST),
    ("share_interest_line", INTEREST_LINES),
    ("money_document", DOCUMENTS),
    ("incoming_payment", PAYMENTS),
    ("settlement", SETTLEMENTS),
    ("bill", BILLS),
    ("bill_approval", &[]),
    ("year_close", YEARS),
];

const ANY: &str = "true";

const TERMS: &[Try] = &[
    Try(
        "money_terms_version_is_positive",
        ANY,
        "version = 0, supersedes = terms_hash, content = jsonb_set(content, '{version}', '0')",
    ),
    Try("money_terms_hash_has_32_bytes", ANY, r"terms_hash = '\x00'"),
    Try("money_terms_first_supersede_none", ANY, "supersedes = terms_hash"),
    Try(
        "money_terms_are_what_their_content_says",
        ANY,
        "content = jsonb_set(content, '{version}', '2')",
    ),
];

const MOVES: &[Try] = &[
    Try("share_movement_kind_is_known", "kind = 'paid'", "kind = 'given'"),
    Try("share_movement_moves_something", ANY, "shares = 0"),
    Try("share_movement_moves_something", ANY, "shares = 1000001"),
    Try("share_movement_is_worth_something", ANY, "amount = 0"),
    Try(
        "share_movement_is_due_when_withdrawn",
        "kind = 'paid'",
        "due_on = effective_on",
    ),
    Try(
        "share_movement_is_due_when_withdrawn",
        "kind = 'withdrawn'",
        "due_on = NULL",
    ),
    Try(
        "share_movement_is_due_when_withdrawn",
        "kind = 'withdrawn'",
        "due_on = effective_on - 1",
    ),
];

const INTEREST: &[Try] = &[
    Try("share_interest_is_of_a_year", ANY, "year = 1899"),
    Try("share_interest_is_on_a_price", ANY, "price = 0"),
    Try("share_interest_has_a_rate", ANY, "rate_share = 0"),
    Try("share_interest_rate_is_a_ratio", ANY, "rate_whole = rate_share - 1"),
    Try("share_interest_is_something", ANY, "total = 0"),
    Try("share_interest_is_of_a_year_that_is_over", ANY, "year = 2999"),
];

const INTEREST_LINES: &[Try] = &[
    Try("share_interest_line_stood_for_days", ANY, "share_days = 0"),
    Try("share_interest_line_is_an_amount", ANY, "amount = -1"),
];

const DOCUMENTS: &[Try] = &[
    Try("money_document_kind_is_known", "kind = 'invoice'", "kind = 'bill'"),
    Try("money_document_number_is_positive", ANY, "number = 0"),
    Try("money_document_recipient_is_bounded", ANY, "recipient = ''"),
    Try(
        "money_document_recipient_is_bounded",
        ANY,
        "recipient = repeat('x', 501)",
    ),
    Try(
        "money_document_asks_for_something",
        "kind = 'invoice'",
        "net = 0, gross = vat",
    ),
    Try("money_document_vat_is_an_amount", ANY, "vat = -1, gross = net - 1"),
    Try("money_document_credit_is_an_amount", ANY, "credit = gross + 1"),
    Try("money_document_credit_is_an_amount", ANY, "credit = -1"),
    Try("money_document_period_is_plain", ANY, "period = 'a b c d'"),
    Try(
        "money_document_reason_is_bounded",
        "kind = 'credit_note'",
        "reason = ''",
    ),
    Try("money_document_digest_has_32_bytes", ANY, r"digest = '\x00'"),
    Try("money_document_counts_in_its_year", ANY, "year = year - 1"),
    Try("money_document_adds_up", ANY, "gross = gross + 1"),
    Try(
        "money_document_is_due_after_it_is_issued",
        ANY,
        "due_on = issued_on - 1",
    ),
    Try(
        "money_document_says_what_it_corrects",
        "kind = 'credit_note'",
        "corrects = NULL",
    ),
    Try(
        "money_document_says_what_it_corrects",
        "kind = 'credit_note'",
        "reason = NULL",
    ),
    Try(
        "money_document_says_what_it_corrects",
        "kind = 'invoice'",
        "reason = 'x'",
    ),
    Try(
        "money_document_says_what_it_corrects",
        "kind = 'invoice'",
        "corrects = id, reason = 'x'",
    ),
];

const PAYMENTS: &[Try] = &[
    Try("incoming_payment_reference_is_bounded", ANY, "reference = ''"),
    Try("incoming_payment_is_of_something", ANY, "amount = 0, credit = 0"),
    Try("incoming_payment_credit_is_a_part", ANY, "credit = amount + 1"),
    Try("incoming_payment_credit_is_a_part", ANY, "credit = -1"),
    Try("incoming_payment_about_is_bounded", ANY, "about = repeat('x', 501)"),
    Try(
        "incoming_payment_credit_is_of_a_member",
        ANY,
        "member_id = NULL, credit = 1",
    ),
];

const SETTLEMENTS: &[Try] = &[
    Try("settlement_way_is_known", ANY, "way = 'gift'"),
    Try("settlement_settles_something", ANY, "amount = 0"),
];

const BILLS: &[Try] = &[
    Try("bill_supplier_is_bounded", ANY, "supplier = ''"),
    Try("bill_reference_is_bounded", ANY, "reference = ''"),
    Try("bill_iban_is_plain", ANY, "iban = 'de89'"),
    Try("bill_asks_for_something", ANY, "net = 0, gross = vat"),
    Try("bill_vat_is_an_amount", ANY, "vat = -1, gross = net - 1"),
    Try("bill_file_hash_has_32_bytes", ANY, r"file_hash = '\x00'"),
    Try("bill_digest_has_32_bytes", ANY, r"digest = '\x00'"),
    Try("bill_state_is_known", "state = 'proposed'", "state = 'lost'"),
    Try("bill_needs_approvals", ANY, "approvals_needed = 0"),
    Try("bill_needs_approvals", ANY, "approvals_needed = 10"),
    Try(
        "bill_cancel_reason_is_bounded",
        "state = 'cancelled'",
        "cancel_reason = ''",
    ),
    Try("bill_adds_up", ANY, "gross = gross + 1"),
    Try("bill_is_due_after_it_is_issued", ANY, "due_on = issued_on - 1"),
    Try(
        "bill_is_posted_when_it_is_approved",
        "state = 'paid'",
        "journal_id = NULL",
    ),
    Try(
        "bill_is_posted_when_it_is_approved",
        "state = 'paid'",
        "approved_at = NULL",
    ),
    Try("bill_is_paid_by_somebody", "state = 'paid'", "paid_by = NULL"),
    Try(
        "bill_is_paid_by_somebody",
        "state = 'paid'",
        "payment_journal_id = NULL",
    ),
    Try(
        "bill_is_cancelled_by_somebody",
        "state = 'cancelled'",
        "cancelled_by = NULL",
    ),
    Try(
        "bill_is_cancelled_by_somebody",
        "state = 'cancelled'",
        "cancel_reason = NULL",
    ),
];

const YEARS: &[Try] = &[
    Try("year_close_is_of_a_year", ANY, "year = 1899"),
    Try("year_close_digest_has_32_bytes", ANY, r"digest = '\x00'"),
    Try("year_close_is_after_the_year", ANY, "year = 2999"),
];

/// A co-op that did all of this.
async fn everything(till: &Till) {
    let ada = &till.hall.members[0];
    let moving = |kind: &str, shares: u32, day: &str| json!({"member": ada.member, "kind": kind, "shares": shares, "effective_on": day});
    let _ = till.create("shares", &moving("subscribed", 5, "2025-01-01")).await;
    let _ = till.create("shares", &moving("paid", 4, "2025-01-01")).await;
    let _ = till.create("shares/interest/2025", &json!({})).await;
    let _ = till.create("shares", &moving("withdrawn", 1, "2026-01-10")).await;
    let invoice = json!({"member": ada.member, "issued_on": "2026-03-01",
        "lines": [{"about": "Training", "quantity": 2, "price": "50.00", "vat": "standard"}]});
    let issued = till.create("invoices", &invoice).await;
    let paid = json!({"amount": "150.00", "received_on": "2026-03-02", "reference": "bank-1", "invoice": issued["id"]});
    let _ = till.create("incoming-payments", &paid).await;
    let part = json!({"reason": "x", "issued_on": "2026-03-03", "lines": [{"line": 1, "quantity": 1}]});
    let at = format!("invoices/{}/credit-note", issued["id"].as_str().unwrap());
    let _ = till.create(&at, &part).await;
    let fee = json!({"member": ada.member, "received_on": "2026-03-04"});
    let _ = till.create("entrance-fees", &fee).await;
    for reference in ["proposed", "cancelled", "paid"] {
        let bill = json!({"supplier": "Power", "reference": reference, "issued_on": "2026-03-01", "due_on": "2026-03-31",
            "currency": "EUR", "lines": [{"about": "Electricity", "amount": "10.00", "account": "expenses:operations"}]});
        let bill = till.create("bills", &bill).await;
        let at = |step: &str| format!("bills/{}/{step}", bill["id"].as_str().unwrap());
        if reference == "cancelled" {
            let _ = till
                .post(&at("cancellation"), &json!({"reason": "x"}))
                .await
                .expect(200);
        }
        if reference == "paid" {
            let digest = json!({"digest": bill["digest"]});
            let _ = till.post_as(&till.auditor, &at("approvals"), &digest).await.expect(200);
            let _ = till
                .post(&at("payment"), &json!({"paid_on": "2026-03-05"}))
                .await
                .expect(200);
        }
    }
    let path = "years/2024/closing";
    let seen: Value = till.get(path).await;
    let _ = till.create(path, &json!({"digest": seen["digest"]})).await;
}

/// The rules of a kind that the database has on the money tables.
async fn rules(client: &Client, query: &str) -> BTreeSet<String> {
    let tables: Vec<String> = TABLES.iter().map(|table| (*table).to_owned()).collect();
    let rows = client.query(query, &[&tables]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn breaks_checks(client: &Client) {
    for (table, tries) in CHECKS {
        for Try(rule, row, change) in *tries {
            let broken = format!(
                "ALTER TABLE {table} DISABLE TRIGGER ALL;
                 UPDATE {table} SET {change} WHERE ctid = (SELECT ctid FROM {table} WHERE {row} LIMIT 1)"
            );
            assert_eq!(refused(client, &broken).await.as_deref(), Some(*rule), "{broken}");
            let without = format!("ALTER TABLE {table} DROP CONSTRAINT {rule}; {broken}");
            assert_eq!(refused(client, &without).await, None, "without {rule}: {broken}");
        }
    }
    let query = "SELECT conname::text FROM pg_constraint WHERE contype = 'c' AND conrelid::regclass::text = ANY ($1)";
    let tried = CHECKS.iter().flat_map(|(_, tries)| *tries);
    let tried: BTreeSet<String> = tried.map(|Try(rule, ..)| (*rule).to_owned()).collect();
    assert_eq!(
        rules(client, query).await,
        tried,
        "each CHECK is tried, and none that is not there"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_check_of_the_money_tables_refuses_what_it_is_for() {
    let app = TestApp::start().await;
    let till = Till::open(&app).await;
    everything(&till).await;
    let client = app.database.superuser().await;
    breaks_checks(&client).await;
    app.finish().await;
}
