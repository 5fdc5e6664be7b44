//! Aim: each unique key of the books, of payouts, payments and money refuses what it alone refuses, and each is named here with what would pass
//! without it. Method: two rows that are alike in the columns of the key and differ in every other one are written as the superuser, with every other
//! guard of the table taken away: the second is refused by that key, and taken once the key is taken away too.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use tests::app::TestApp;
use tokio_postgres::Client;

use crate::money::guards::refused;

const TABLES: [&str; 52] = [
    "bank_account",
    "bank_file",
    "bank_item",
    "bank_statement",
    "bill",
    "bill_approval",
    "claim",
    "claim_root",
    "claim_root_record",
    "claim_seen",
    "contribution_dispute",
    "contribution_line",
    "contribution_record",
    "contribution_ruling",
    "contribution_signature",
    "contribution_snapshot",
    "distributor",
    "distributor_place",
    "foreign_root",
    "incoming_payment",
    "journal",
    "journal_entry",
    "ledger_account",
    "ledger_book",
    "ledger_currency",
    "ledger_snapshot",
    "member_tax_profile",
    "money_document",
    "money_terms",
    "payee",
    "payee_confirmation",
    "payment",
    "payment_attempt",
    "payment_closing",
    "payment_file",
    "payment_issue",
    "payment_statement",
    "payout",
    "payout_approval",
    "payout_cycle",
    "payout_line",
    "payout_member",
    "payout_metric",
    "payout_reversal",
    "payout_statement_tile",
    "payout_statements",
    "payout_step",
    "revenue_rule",
    "settlement",
    "share_interest",
    "share_interest_line",
    "share_movement",
];

/// Each key that is no primary one, and what would pass without it.
const KEYS: &[(&str, &str)] = &[
    (
        "bank_account_is_one_for_each_number",
        "two accounts of the books stand for one account of a bank",
    ),
    ("bank_file_is_imported_once", "a bank's file moves payments twice"),
    ("bill_is_paid_by_one_transaction", "one payment pays two bills"),
    (
        "bill_is_posted_by_one_transaction",
        "one transaction is the cost of two bills",
    ),
    ("bill_reference_is_taken_once", "a supplier's bill is taken twice"),
    ("claim_root_is_alone", "two roots are built on the same active one"),
    (
        "claim_root_is_of_one_epoch",
        "two roots wait for the same place in the queue",
    ),
    (
        "claim_root_record_is_one_for_each_file",
        "one list is told to be two roots",
    ),
    (
        "contribution_is_replaced_once",
        "two corrections of the same figures count",
    ),
    (
        "contribution_line_is_one_for_each_member",
        "a member's figures count twice",
    ),
    (
        "distributor_is_one_for_each_token",
        "one contract is held to be two, with the money of one",
    ),
    (
        "incoming_payment_is_posted_by_one_transaction",
        "one transaction is the receipt of two payments",
    ),
    (
        "incoming_payment_reference_is_taken_once",
        "a payment is recorded twice",
    ),
    ("journal_is_reversed_once", "a transaction is undone twice"),
    (
        "journal_key_is_used_once",
        "a request that is sent again is posted again",
    ),
    (
        "journal_number_is_taken_once",
        "the journal has two transactions in one place",
    ),
    ("ledger_account_path_is_taken_once", "one name is two accounts"),
    (
        "money_document_is_posted_by_one_transaction",
        "one transaction is what two documents ask for",
    ),
    ("money_document_number_is_taken_once", "two invoices have one number"),
    (
        "money_document_period_is_charged_once",
        "a member is charged twice for a period",
    ),
    (
        "money_terms_are_superseded_once",
        "two versions of the terms are in force",
    ),
    (
        "money_terms_hash_is_of_one_version",
        "one hash is two versions of the terms",
    ),
    ("payment_attempt_is_alone", "two tries pay one payment"),
    (
        "payment_attempt_reference_is_used_once",
        "the bank's answer to one try is taken for that to another",
    ),
    (
        "payment_closing_is_alone",
        "two persons ask for one cycle to be closed, and nobody confirms",
    ),
    (
        "payment_file_is_written_once",
        "two files have the name by which a bank knows one of them",
    ),
    (
        "payment_is_of_one_amount",
        "a try is for another amount than its payment",
    ),
    ("payment_is_one_for_each_payout", "a member is paid twice by a cycle"),
    (
        "payment_statement_is_alone",
        "two statements of the same payment wait for a verdict",
    ),
    ("payout_cycle_is_alone", "two cycles share the same revenue"),
    ("payout_cycle_is_followed_once", "two cycles carry what one left"),
    ("payout_cycle_is_one_for_each_period", "a period is shared twice"),
    (
        "payout_cycle_is_posted_by_one_transaction",
        "one transaction posts two cycles",
    ),
    ("payout_reversal_is_alone", "a cycle is undone twice"),
    (
        "payout_statement_tile_of_member",
        "two tiles of a tree begin with one member",
    ),
    (
        "revenue_rule_hash_is_of_one_version",
        "one hash is two versions of the rule",
    ),
    (
        "revenue_rule_is_superseded_once",
        "two versions of the rule are in force",
    ),
    (
        "share_interest_is_posted_by_one_transaction",
        "one transaction is the interest of two years",
    ),
    (
        "share_movement_is_posted_by_one_transaction",
        "one transaction moves shares twice",
    ),
];

/// Of keys that are of some rows alone: what such a row says.
const OF_SOME_ROWS: &[(&str, &str)] = &[
    ("claim_root_is_alone", "('state', 'prepared')"),
    ("payment_closing_is_alone", "('withdrawn_at', NULL)"),
    ("payout_reversal_is_alone", "('withdrawn_at', NULL)"),
    ("payment_statement_is_alone", "('verdict', NULL)"),
    ("payout_cycle_is_followed_once", "('state', 'posted')"),
    ("payout_statement_tile_of_member", "('level', 0)"),
];

/// A unique key: its name, its table, whether it is the primary one, and what takes it away.
struct Key {
    name: String,
    table: String,
    is_primary: bool,
    without: String,
    columns: Vec<String>,
}

async fn keys(client: &Client) -> Vec<Key> {
    let query = "SELECT name.relname::text, named.relname::text, one.indisprimary, made.conname IS NOT NULL,
            array(SELECT attname::text FROM pg_attribute AS part WHERE part.attrelid = one.indrelid
                AND (part.attnum = ANY (one.indkey::smallint[])
                    -- What a key computes from, such as a name in small letters.
                    OR 0 = ANY (one.indkey::smallint[]) AND pg_get_expr(one.indexprs, one.indrelid) LIKE '%' || part.attname || '%'))
        FROM pg_index AS one JOIN pg_class AS name ON name.oid = one.indexrelid JOIN pg_class AS named ON named.oid = one.indrelid
        LEFT JOIN pg_constraint AS made ON made.conindid = one.indexrelid AND made.contype IN ('p', 'u')
        WHERE one.indisunique AND named.relname = ANY ($1) AND named.relnamespace = 'public'::regnamespace ORDER BY 1";
    let rows = client.query(query, &[&TABLES.as_slice()]).await.unwrap();
    let key = |row: &tokio_postgres::Row| {
        let (name, table, is_constraint): (String, String, bool) = (row.get(0), row.get(1), row.get(3));
        let without = if is_constraint {
            format!("ALTER TABLE {table} DROP CONSTRAINT {name} CASCADE;")
        } else {
            format!("DROP INDEX {name};")
        };
        Key {
            name,
            table,
            is_primary: row.get(2),
            without,
            columns: row.get(4),
        }
    };
    rows.iter().map(key).collect()
}

/// What takes every other guard of a table away.
async fn unguarded(client: &Client, key: &Key, all: &[Key]) -> String {
    let mut text = format!("ALTER TABLE {} DISABLE TRIGGER ALL;", key.table);
    let checks = "SELECT conname::text FROM pg_constraint WHERE conrelid = $1::text::regclass AND contype = 'c'";
    for row in client.query(checks, &[&key.table]).await.unwrap() {
        let name: String = row.get(0);
        write!(text, "ALTER TABLE {} DROP CONSTRAINT {name};", key.table).unwrap();
    }
    for other in all
        .iter()
        .filter(|other| other.table == key.table && other.name != key.name)
    {
        text.push_str(&other.without);
    }
    text
}

/// Two rows that are alike in the columns of a key and in no other one.
async fn alike(client: &Client, key: &Key) -> String {
    let columns = "SELECT attname::text, format_type(atttypid, NULL) FROM pg_attribute
        WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''";
    let some = OF_SOME_ROWS.iter().find(|(name, _)| *name == key.name);
    let mut text = String::new();
    let described = client.query(columns, &[&key.table]).await.unwrap();
    for number in [1, 2] {
        let mut values = Vec::new();
        for row in &described {
            let (column, kind): (String, String) = (row.get(0), row.get(1));
            let is_fixed = some.filter(|(_, says)| says.starts_with(&format!("('{column}'")));
            values.push(match is_fixed {
                Some((_, says)) => says.split(", ").nth(1).unwrap().trim_end_matches(')').to_owned(),
                None => value(&kind, if key.columns.contains(&column) { 1 } else { number }),
            });
        }
        write!(
            text,
            "INSERT INTO {} OVERRIDING SYSTEM VALUE VALUES ({});",
            key.table,
            values.join(", ")
        )
        .unwrap();
    }
    text
}

fn value(kind: &str, number: u8) -> String {
    match kind {
        "uuid" => format!("'00000000-0000-0000-0000-00000000000{number}'"),
        "timestamp with time zone" | "date" => format!("'2026-01-0{number}'"),
        "bytea" => format!("'\\x0{number}'"),
        "boolean" => (number == 1).to_string(),
        "jsonb" | "text" => format!("'{number}'"),
        kind if kind.ends_with("[]") => String::from("'{}'"),
        _ => number.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_unique_key_refuses_what_nothing_else_does() {
    let app = TestApp::start().await;
    let client = app.database.superuser().await;
    let all = keys(&client).await;
    let told: BTreeSet<&str> = KEYS.iter().map(|(name, _)| *name).collect();
    let there: BTreeSet<&str> = all
        .iter()
        .filter(|key| !key.is_primary)
        .map(|key| key.name.as_str())
        .collect();
    assert_eq!(there, told, "say of each key what would pass without it");
    for key in &all {
        let case = KEYS.iter().find(|(name, _)| *name == key.name);
        let case = case.map_or("one row stands twice", |(_, case)| case);
        let statements = format!("{} {}", unguarded(&client, key, &all).await, alike(&client, key).await);
        assert_eq!(
            refused(&client, &statements).await.as_deref(),
            Some(key.name.as_str()),
            "{case}"
        );
        let without = format!("{} {statements}", key.without);
        assert_eq!(refused(&client, &without).await, None, "without {} {case}", key.name);
    }
    app.finish().await;
}
