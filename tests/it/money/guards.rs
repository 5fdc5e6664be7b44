//! Aim: the schema refuses what contradicts the terms and the books, whichever program writes, and by the guard that docs/money.md names. Method: rows
//! written past the API as the superuser, each refused by its rule, and taken once the guard is switched off.

use serde_json::{Value, json};
use tests::app::TestApp;
use tokio_postgres::Client;
use uuid::Uuid;

use super::world::Till;

/// A row that must be refused: the guard, its table, the rule, and the statements.
type Case = (&'static str, &'static str, &'static str, String);

fn case((guard, table): (&'static str, &'static str), rule: &'static str, statements: String) -> Case {
    (guard, table, rule, statements)
}

/// What a test writes past the API.
pub struct Past<'a> {
    pub till: &'a Till,
    pub member: Uuid,
}

impl Past<'_> {
    /// A transaction of the books with the number 9999, which nothing but its entries is looked at of before the commit.
    pub fn journal(&self, kind: &str, day: &str, lines: &[(&str, i64, Uuid)]) -> String {
        let coop = self.till.hall.coop;
        let entries: String = (1..)
            .zip(lines)
            .map(|(line, (path, amount, reference))| {
                format!(
                    "INSERT INTO journal_entry (coop_id, number, line, account_id, currency, amount, reference)
                     SELECT coop_id, 9999, {line}, id, currency, {amount}, '{reference}' FROM ledger_account
                     WHERE coop_id = '{coop}' AND path = '{path}';\n"
                )
            })
            .collect();
        format!(
            "INSERT INTO journal (coop_id, id, number, kind, description, effective_on, idempotency_key, request_hash, entry_count, digest,
                currencies, debits, recorded_by)
             VALUES ('{coop}', '{ONE}', 9999, '{kind}', 'x', '{day}', 'x', decode(repeat('00', 32), 'hex'), {}, decode(repeat('00', 32), 'hex'),
                '{{EUR}}', '{{1}}', 'test');
             ALTER TABLE journal_entry DISABLE TRIGGER journal_entry_is_whole;\n{entries}",
            lines.len().max(2)
        )
    }

    pub fn movement(&self, kind: &str, shares: i64, day: &str) -> String {
        let (coop, member, treasurer) = (self.till.hall.coop, self.member, self.till.treasurer.member);
        let due = if kind == "withdrawn" {
            format!("'{day}'")
        } else {
            String::from("NULL")
        };
        format!(
            "INSERT INTO share_movement (coop_id, id, member_id, kind, shares, amount, currency, effective_on, due_on, terms_version, journal_id,
                actor_id, recorded_by)
             VALUES ('{coop}', '{ONE}', '{member}', '{kind}', {shares}, {shares} * 10000000000, 'EUR', '{day}', {due}, 1, '{ONE}',
                '{treasurer}', 'test')"
        )
    }

    fn document(&self, change: &str) -> String {
        let coop = self.till.hall.coop;
        format!(
            "INSERT INTO money_document SELECT (jsonb_populate_record(NULL::money_document, to_jsonb(one)
                || jsonb_build_object('id', '{ONE}', 'journal_id', '{ONE}', 'period', NULL) || {change})).*
             FROM money_document AS one WHERE coop_id = '{coop}' AND kind = 'invoice' ORDER BY number DESC LIMIT 1"
        )
    }
}

pub const ONE: &str = "01890000-0000-7000-8000-000000000001";

pub async fn refused(client: &Client, statements: &str) -> Option<String> {
    client.batch_execute("BEGIN").await.unwrap();
    let done = client.batch_execute(statements).await;
    client.batch_execute("ROLLBACK").await.unwrap();
    let error = done.err()?;
    let error = error.as_db_error().expect("the database refuses");
    Some(error.constraint().map_or_else(|| error.to_string(), str::to_owned))
}

async fn check(client: &Client, cases: &[Case]) {
    for (guard, table, rule, statements) in cases {
        assert_eq!(
            refused(client, statements).await.as_deref(),
            Some(*rule),
            "{guard}: {statements}"
        );
        let without = format!("ALTER TABLE {table} DISABLE TRIGGER {guard}; {statements}");
        assert_eq!(
            refused(client, &without).await,
            None,
            "without {guard} nothing refuses: {statements}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_moves_no_shares_that_are_not_there() {
    let app = TestApp::start().await;
    let till = Till::open(&app).await;
    let ada = &till.hall.members[0];
    let moving = |kind: &str, shares: u32, day: &str| json!({"member": ada.member, "kind": kind, "shares": shares, "effective_on": day});
    for (kind, shares, day) in [("subscribed", 5, "2025-01-01"), ("paid", 4, "2025-01-01")] {
        let _ = till.create("shares", &moving(kind, shares, day)).await;
    }
    let _ = till.create("shares/interest/2025", &json!({})).await;
    let past = Past {
        till: &till,
        member: ada.member.uuid(),
    };
    let paid = |shares: i64, posted: i64, day: &str| {
        let lines = [
            ("assets:bank:main", posted, past.member),
            ("equity:shares", -posted, past.member),
        ];
        past.journal("capital", day, &lines) + &past.movement("paid", shares, day)
    };
    let price = 10_000_000_000_i64;
    let withdrawn = past.journal(
        "capital",
        "2026-02-01",
        &[
            ("equity:shares", 5 * price, past.member),
            ("assets:cash", -5 * price, past.member),
        ],
    ) + &past.movement("withdrawn", 5, "2026-02-01");
    let guard = ("share_movement_is_right", "share_movement");
    let interest = format!(
        "INSERT INTO share_interest (coop_id, year, currency, price, rate_share, rate_whole, total, terms_version, journal_id, actor_id, recorded_by)
         SELECT coop_id, 2024, currency, price, rate_share, rate_whole, total, terms_version, '{ONE}', actor_id, 'test' FROM share_interest;
         SET CONSTRAINTS share_interest_is_its_lines IMMEDIATE"
    );
    let _ = till.create("ledger/accounts", &json!({"currency": "EUR"})).await;
    let lines = [("assets:cash", 1, past.member), ("income:other", -1, past.member)];
    let cases: Vec<Case> = vec![
        case(
            guard,
            "share_movement_is_of_shares_that_are_there",
            paid(2, 2 * price, "2026-02-01"),
        ),
        case(guard, "share_movement_is_of_shares_that_are_there", withdrawn),
        case(
            guard,
            "share_movement_is_posted_as_it_is",
            paid(1, price - 1, "2026-02-01"),
        ),
        case(
            guard,
            "share_movement_is_after_the_last_interest",
            paid(1, price, "2025-02-01"),
        ),
        (
            "share_interest_is_its_lines",
            "share_interest",
            "share_interest_comes_to_its_lines",
            past.journal("interest", "2024-12-31", &lines) + &interest,
        ),
    ];
    let client = app.database.superuser().await;
    check(&client, &cases).await;
    // Terms that nobody voted on.
    let unvoted = "ALTER TABLE money_terms DISABLE TRIGGER money_terms_only_grows; UPDATE money_terms SET proposal_id = gen_random_uuid()";
    let rule = "money_terms_are_set_by_a_proposal";
    assert_eq!(refused(&client, unvoted).await.as_deref(), Some(rule));
    let without = format!("ALTER TABLE money_terms DROP CONSTRAINT {rule}; {unvoted}");
    assert_eq!(refused(&client, &without).await, None);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a table of everything that must be refused")]
async fn the_schema_numbers_documents_and_settles_them_once() {
    let app = TestApp::start().await;
    let till = Till::open(&app).await;
    let ada = &till.hall.members[0];
    let invoice = json!({"member": ada.member, "issued_on": "2026-03-01", "lines": [{"about": "Training", "quantity": 1, "price": "100.00", "vat": "standard"}]});
    let issued = till.create("invoices", &invoice).await;
    let past = Past {
        till: &till,
        member: ada.member.uuid(),
    };
    let hundred = 10_000_000_000_i64;
    let posted = |amount: i64, kind: &str| {
        let lines = [
            ("assets:receivable:members", amount, past.member),
            ("income:other", -amount, past.member),
        ];
        past.journal(kind, "2026-03-02", &lines)
    };
    let next = "jsonb_build_object('number', 2, 'issued_on', '2026-03-02')";
    let document = |journal: String, change: &str| journal + &past.document(change);
    let note = |change: &str| {
        format!(
            "jsonb_build_object('kind', 'credit_note', 'number', 1, 'issued_on', '2026-03-02', 'corrects', one.id, 'reason', 'x') || {change}"
        )
    };
    // Two pieces of one; more VAT than there was; all of it without the VAT.
    let pieces = note("jsonb_build_object('lines', jsonb_build_array(jsonb_set(one.lines -> 0, '{quantity}', '2')))");
    let taxed = note("jsonb_build_object('vat', one.vat + 1, 'gross', one.gross + 1)");
    let untaxed = note("jsonb_build_object('vat', 0, 'gross', one.net)");
    let rated =
        note("jsonb_build_object('vat_lines', jsonb_build_array(jsonb_set(one.vat_lines -> 0, '{vat}', '\"0.01\"')))");
    let settle = |way: &str, amount: i64| {
        let (coop, id) = (till.hall.coop, issued["id"].as_str().unwrap());
        posted(1, "payment")
            + &format!(
                "INSERT INTO settlement (coop_id, document_id, journal_id, way, amount, recorded_by)
                 VALUES ('{coop}', '{id}', '{ONE}', '{way}', {amount}, 'test')"
            )
    };
    let undo = format!(
        "UPDATE journal SET kind = kind WHERE false; INSERT INTO journal SELECT (jsonb_populate_record(NULL::journal, to_jsonb(one)
            || jsonb_build_object('id', '{ONE}', 'number', 9999, 'kind', 'reversal', 'reverses', one.id, 'idempotency_key', 'x'))).*
         FROM journal AS one WHERE kind = 'invoice'"
    );
    let guard = ("money_document_is_right", "money_document");
    let more = "money_document_takes_back_no_more_than_there_is";
    let settlement = ("settlement_is_possible", "settlement");
    let cases: Vec<Case> = vec![
        case(
            guard,
            "money_document_numbers_follow_each_other",
            document(
                posted(hundred, "invoice"),
                "jsonb_build_object('number', 3, 'issued_on', '2026-03-02')",
            ),
        ),
        case(
            guard,
            "money_document_numbers_follow_each_other",
            document(
                posted(hundred, "invoice"),
                "jsonb_build_object('number', 2, 'issued_on', '2026-02-28')",
            ),
        ),
        case(
            guard,
            "money_document_is_posted_as_it_is",
            document(posted(hundred - 1, "invoice"), next),
        ),
        case(
            guard,
            "money_document_is_posted_as_it_is",
            document(posted(hundred, "manual"), next),
        ),
        case(
            guard,
            "money_document_takes_an_invoice_back",
            document(
                posted(-hundred, "invoice"),
                &note("jsonb_build_object('member_id', NULL)"),
            ),
        ),
        case(guard, more, document(posted(-hundred, "invoice"), &pieces)),
        case(guard, more, document(posted(-hundred, "invoice"), &taxed)),
        case(guard, more, document(posted(-hundred, "invoice"), &untaxed)),
        case(guard, more, document(posted(-hundred, "invoice"), &rated)),
        case(
            settlement,
            "settlement_is_of_what_is_open",
            settle("payment", hundred / 100 * 119 + 1),
        ),
        case(settlement, "settlement_uses_credit_that_is_there", settle("credit", 1)),
    ];
    let client = app.database.superuser().await;
    check(&client, &cases).await;
    assert_eq!(
        refused(&client, &undo).await.as_deref(),
        Some("journal_of_such_an_act_is_not_undone")
    );
    let off = "ALTER TABLE journal DISABLE TRIGGER journal_undoing_is_possible; ALTER TABLE journal DISABLE TRIGGER journal_payment_undoing_is_possible;";
    assert_eq!(refused(&client, &format!("{off}{undo}")).await, None);
    app.finish().await;
}

fn bill(reference: &str) -> Value {
    json!({"supplier": "Power", "reference": reference, "issued_on": "2025-10-01", "due_on": "2025-10-31", "currency": "EUR",
        "lines": [{"about": "Electricity", "amount": "10.00", "account": "expenses:operations"}]})
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a table of everything that must be refused")]
async fn the_schema_approves_no_bill_and_closes_no_year_but_as_they_are() {
    let app = TestApp::start().await;
    let till = Till::open(&app).await;
    let _ = till.create("ledger/accounts", &json!({"currency": "EUR"})).await;
    let prepared = till.create("bills", &bill("A-1")).await;
    let past = Past {
        till: &till,
        member: till.auditor.member.uuid(),
    };
    let (coop, id) = (till.hall.coop, prepared["id"].as_str().unwrap().to_owned());
    let approve = |member: String, digest: &str| {
        format!(
            "INSERT INTO bill_approval (coop_id, bill_id, member_id, digest, approved_at, recorded_by)
             SELECT coop_id, id, '{member}', {digest}, now(), 'test' FROM bill WHERE id = '{id}';"
        )
    };
    let approved =
        format!("UPDATE bill SET state = 'approved', journal_id = '{ONE}', approved_at = now() WHERE id = '{id}'");
    let subject: Uuid = id.parse().unwrap();
    let posted = |amount: i64| {
        let lines = [
            ("expenses:operations", amount, subject),
            ("liabilities:suppliers", -amount, subject),
        ];
        past.journal("bill", "2025-10-01", &lines)
    };
    let ten = 1_000_000_000_i64;
    let auditor = till.auditor.member.to_string();
    let close = |year: i32| {
        format!(
            "INSERT INTO year_close (coop_id, year, digest, results, closed_by, closed_at, recorded_by)
             VALUES ('{coop}', {year}, decode(repeat('00', 32), 'hex'), '{{}}', '{}', now(), 'test');",
            till.treasurer.member
        )
    };
    let approval = ("bill_approval_is_by_another", "bill_approval");
    let goes = ("bill_only_goes_on", "bill");
    let one = [("assets:cash", 1, subject), ("income:other", -1, subject)];
    let cases: Vec<Case> = vec![
        case(
            approval,
            "bill_approval_is_by_another",
            approve(till.treasurer.member.to_string(), "digest"),
        ),
        case(
            approval,
            "bill_approval_is_of_what_is_proposed",
            approve(auditor.clone(), "decode(repeat('11', 32), 'hex')"),
        ),
        case(goes, "bill_is_approved_by_enough", posted(ten) + &approved),
        case(
            goes,
            "bill_is_posted_as_it_is",
            posted(ten - 1) + &approve(auditor.clone(), "digest") + &approved,
        ),
        (
            "year_close_is_whole",
            "year_close",
            "year_close_leaves_nothing",
            past.journal("manual", "2020-05-01", &one) + &close(2020),
        ),
        (
            "year_close_is_whole",
            "year_close",
            "year_close_follows_the_years_before",
            close(2020) + &close(2019),
        ),
        (
            "journal_is_of_an_open_year",
            "journal",
            "journal_year_is_open",
            close(2020) + &past.journal("manual", "2020-12-31", &one),
        ),
    ];
    let client = app.database.superuser().await;
    check(&client, &cases).await;
    let back = approve(auditor, "digest")
        + &posted(ten)
        + &approved
        + &format!("; UPDATE bill SET state = 'proposed' WHERE id = '{id}'");
    assert!(refused(&client, &back).await.unwrap().contains("never back"));
    app.finish().await;
}
