//! Aim: whatever a program writes, the books hold whole, balanced transactions that never change. Method: each rule broken by statements of the
//! role that serves, and each once more with its guard asleep, so that it is that guard which refused.

use governance::id::{JournalId, LedgerAccountId};
use governance::ledger::{Day, Entry, JournalHead, JournalKind, LedgerAccount, Posting, journal_digest};
use store::ledger::Posted;
use tests::app::TestApp;
use tokio_postgres::Client;
use uuid::Uuid;

use super::world::{Ask, Books, ask};

/// What a statement broke: the name of the constraint, else what the database said. Nothing of it stays.
async fn attempt(client: &Client, books: &Books, asleep: &[(&str, &str)], statement: &str) -> Result<(), String> {
    client.batch_execute("BEGIN").await.unwrap();
    for (table, trigger) in asleep {
        let command = format!("ALTER TABLE {table} DISABLE TRIGGER {trigger}");
        client.batch_execute(&command).await.unwrap();
    }
    let role = format!(
        "SET LOCAL ROLE rochdale_app; SET LOCAL app.coop_id = '{}'",
        books.coop.id
    );
    client.batch_execute(&role).await.unwrap();
    let done = client
        .batch_execute(&format!("{statement}; SET CONSTRAINTS ALL IMMEDIATE"))
        .await;
    client.batch_execute("ROLLBACK").await.unwrap();
    done.map_err(|error| {
        let error = error.as_db_error().unwrap();
        error.constraint().unwrap_or_else(|| error.message()).to_owned()
    })
}

struct Post<'a> {
    accounts: Vec<String>,
    codes: Vec<&'static str>,
    amounts: Vec<i64>,
    sums: &'a str,
}

/// A transaction of which nothing but the given parts is right; its digest never is.
fn post(books: &Books, post: &Post<'_>) -> String {
    let coop = books.coop.id;
    let list = |values: Vec<String>| values.join(",");
    let accounts = list(post.accounts.iter().map(|id| format!("'{id}'")).collect());
    let codes = list(post.codes.iter().map(|code| format!("'{code}'")).collect());
    let amounts = list(post.amounts.iter().map(i64::to_string).collect());
    let (id, sums) = (Uuid::now_v7(), post.sums);
    format!(
        "SELECT journal_post(jsonb_populate_record(NULL::journal, jsonb_build_object('coop_id', '{coop}', 'id', '{id}',
             'kind', 'manual', 'description', 'x', 'effective_on', '2026-11-26', 'idempotency_key', '{id}',
             'request_hash', sha256('x'), 'digest', sha256('x'), 'recorded_by', 'test') || '{sums}'),
             ARRAY[{accounts}]::uuid[], ARRAY[{codes}], ARRAY[{amounts}]::bigint[],
             array_fill(NULL::uuid, ARRAY[{count}]))",
        count = post.amounts.len()
    )
}

/// The row of a transaction without its entries.
fn header(books: &Books, number: u64) -> String {
    let (coop, id) = (books.coop.id, Uuid::now_v7());
    format!(
        "INSERT INTO journal (coop_id, id, number, kind, description, effective_on, idempotency_key, request_hash, entry_count, digest,
                              currencies, debits, recorded_by)
         VALUES ('{coop}', '{id}', {number}, 'manual', 'x', '2026-11-26', '{id}', sha256('x'), 2, sha256('x'), '{{EUR}}', '{{5}}',
                 'test')"
    )
}

fn entry(books: &Books, number: u64, line: u64, amount: i64) -> String {
    let (coop, account) = (books.coop.id, books.accounts[0].id);
    format!("INSERT INTO journal_entry VALUES ('{coop}', {number}, {line}, '{account}', 'EUR', {amount}, NULL)")
}

const EUROS: &str = r#"{"currencies": ["EUR"], "debits": [5]}"#;
const WHOLE: (&str, &str) = ("journal", "journal_is_what_its_entries_are");
const SEALED: (&str, &str) = ("journal_entry", "journal_entry_is_whole");

struct Case {
    name: &'static str,
    statement: String,
    broken: &'static str,
    /// The trigger without which it would pass.
    guard: Option<(&'static str, &'static str)>,
}

fn case(
    name: &'static str,
    statement: String,
    broken: &'static str,
    guard: Option<(&'static str, &'static str)>,
) -> Case {
    Case {
        name,
        statement,
        broken,
        guard,
    }
}

#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn posted_wrongly(books: &Books, other: &Books) -> Vec<Case> {
    let id = |place: usize| books.accounts[place].id.to_string();
    let two = |accounts: [String; 2], codes: [&'static str; 2], amounts: [i64; 2], sums: &'static str| {
        let given = Post {
            accounts: accounts.to_vec(),
            codes: codes.to_vec(),
            amounts: amounts.to_vec(),
            sums,
        };
        post(books, &given)
    };
    let euros = ["EUR", "EUR"];
    let (nobody, theirs) = (Uuid::now_v7().to_string(), other.accounts[0].id.to_string());
    let across = r#"{"currencies": ["EUR", "USD"], "debits": [5, 5]}"#;
    let account = "journal_entry_account_has_its_currency";
    vec![
        case(
            "unbalanced",
            two([id(0), id(1)], euros, [5, -4], EUROS),
            "journal_balances_in_each_currency",
            Some(WHOLE),
        ),
        case(
            "balanced across currencies only",
            two([id(0), id(3)], ["EUR", "USD"], [5, -5], across),
            "journal_balances_in_each_currency",
            Some(WHOLE),
        ),
        case(
            "an account of another currency",
            two([id(0), id(1)], ["EUR", "USD"], [5, -5], EUROS),
            account,
            None,
        ),
        case(
            "an account of nobody",
            two([id(0), nobody], euros, [5, -5], EUROS),
            account,
            None,
        ),
        case(
            "an account of another co-op",
            two([id(0), theirs], euros, [5, -5], EUROS),
            account,
            None,
        ),
        case(
            "another sum",
            two([id(0), id(1)], euros, [6, -6], EUROS),
            "journal_comes_to_its_sums",
            Some(WHOLE),
        ),
        case(
            "another digest",
            two([id(0), id(1)], euros, [5, -5], EUROS),
            "journal_has_the_digest_of_its_entries",
            Some(WHOLE),
        ),
        case(
            "a zero",
            two([id(0), id(1)], euros, [5, 0], EUROS),
            "journal_entry_moves_something",
            None,
        ),
        case(
            "one entry",
            {
                let given = Post {
                    accounts: vec![id(0)],
                    codes: vec!["EUR"],
                    amounts: vec![5],
                    sums: EUROS,
                };
                post(books, &given)
            },
            "journal_has_two_entries_or_more",
            None,
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn written_wrongly(books: &Books, other: &Books) -> Vec<Case> {
    let coop = books.coop.id;
    let both = |number: u64| {
        let second = books.accounts[1].id;
        format!(
            "{}, ('{coop}', {number}, 2, '{second}', 'EUR', -5, NULL)",
            entry(books, number, 1, 5)
        )
    };
    vec![
        case(
            "a transaction without entries",
            header(books, 1_000),
            "journal_has_its_entries",
            Some(WHOLE),
        ),
        case("a late entry", entry(books, 1, 3, 5), "journal_is_sealed", Some(SEALED)),
        case(
            "a late entry in the place of another",
            entry(books, 1, 1, 5),
            "journal_entry_pkey",
            None,
        ),
        case("all entries twice", both(1), "journal_entry_pkey", None),
        case("entries of no transaction", both(77), "journal_is_sealed", Some(SEALED)),
        case(
            "entries one by one",
            format!(
                "{}; {}; {}",
                header(books, 1_000),
                entry(books, 1_000, 1, 5),
                entry(books, 1_000, 2, -5)
            ),
            "journal_is_sealed",
            None,
        ),
        case(
            "a number that is taken",
            header(books, 1),
            "journal_number_is_taken_once",
            None,
        ),
        case(
            "a number taken back",
            format!("UPDATE ledger_book SET last_number = 0 WHERE coop_id = '{coop}'"),
            "the journal only goes on, by one",
            Some(("ledger_book", "ledger_book_only_goes_on")),
        ),
        case(
            "a number left out",
            format!("UPDATE ledger_book SET last_number = last_number + 2 WHERE coop_id = '{coop}'"),
            "the journal only goes on, by one",
            Some(("ledger_book", "ledger_book_only_goes_on")),
        ),
        case(
            "a transaction of another co-op",
            header(other, 1_000),
            "new row violates row-level security policy for table \"journal\"",
            None,
        ),
        case(
            "a change",
            String::from("UPDATE journal_entry SET amount = 1"),
            "permission denied for table journal_entry",
            None,
        ),
        case(
            "a removal",
            String::from("DELETE FROM journal"),
            "permission denied for table journal",
            None,
        ),
        case(
            "emptying",
            String::from("TRUNCATE journal_entry"),
            "permission denied for table journal_entry",
            None,
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_takes_no_transaction_that_is_not_whole_and_no_change() {
    let app = TestApp::start().await;
    let (books, other) = (Books::open(&app).await, Books::open(&app).await);
    let posting = books.entries(&[(0, 5), (1, -5)]);
    let (_, posted) = books.post(&app, &posting, ask("first")).await.unwrap();
    assert_eq!(posted, Posted::Fresh(1));
    let client = app.database.superuser().await;
    for case in posted_wrongly(&books, &other)
        .into_iter()
        .chain(written_wrongly(&books, &other))
    {
        let Case {
            name,
            statement,
            broken,
            guard,
        } = case;
        let refused = attempt(&client, &books, &[], &statement).await;
        assert_eq!(refused, Err(broken.to_owned()), "{name}");
        if guard.is_some() {
            // The guard alone stood in the way.
            assert_eq!(
                attempt(&client, &books, guard.as_slice(), &statement).await,
                Ok(()),
                "{name}"
            );
        }
    }
    nothing_is_removed_by_anybody(&client, &books).await;
    app.finish().await;
}

/// What puts the triggers to sleep that refuse every change, of the tables that are meant.
fn asleep(tables: &str) -> String {
    format!(
        "DO $$ DECLARE one record; BEGIN
             FOR one IN SELECT tgrelid::regclass AS place, tgname AS name FROM pg_trigger
                 WHERE tgfoid = 'refuse_change'::regproc AND tgrelid {tables}
             LOOP EXECUTE format('ALTER TABLE %s DISABLE TRIGGER %I', one.place, one.name); END LOOP;
         END $$"
    )
}

/// Whoever may everything is refused by the triggers, also where the session plays a replica. Those of every other table sleep meanwhile, so it is
/// the table's own `_only_grows`, `_is_never_removed` and `_is_never_emptied` that refuse; without them the rows are gone.
async fn nothing_is_removed_by_anybody(client: &Client, books: &Books) {
    let snapshot = format!("SELECT ledger_snapshot_take('{}')", books.coop.id);
    client.batch_execute(&snapshot).await.unwrap();
    for table in [
        "journal",
        "journal_entry",
        "ledger_account",
        "ledger_currency",
        "ledger_snapshot",
        "ledger_book",
    ] {
        let others = asleep(&format!("<> '{table}'::regclass"));
        for statement in [format!("DELETE FROM {table}"), format!("TRUNCATE {table} CASCADE")] {
            let begin = format!("BEGIN; SET LOCAL session_replication_role = replica; {others}");
            client.batch_execute(&begin).await.unwrap();
            let error = client.batch_execute(&statement).await.unwrap_err();
            let said = error.as_db_error().unwrap().message().to_owned();
            assert!(
                said.ends_with("rows are never changed or removed"),
                "{statement}: {said}"
            );
            let without = asleep(&format!("= '{table}'::regclass"));
            let taken = format!("ROLLBACK; {begin}; {without}; {statement}; ROLLBACK");
            client.batch_execute(&taken).await.expect(&statement);
        }
    }
}

/// A transaction of which everything is right by itself, its digest too.
fn post_rightly(books: &Books, entries: Vec<Entry>, reverses: Option<JournalId>) -> String {
    let id = JournalId::from_uuid(Uuid::now_v7());
    let posting = Posting::new(entries).unwrap();
    let head = JournalHead {
        coop: books.coop.id,
        id,
        kind: reverses.map_or(JournalKind::Manual, |_| JournalKind::Reversal),
        effective_on: Day::from_days(20_783).unwrap(),
        reverses,
        description: "x",
    };
    let digest = journal_digest(&head, &posting).to_string();
    let lines = posting.entries();
    let undone = reverses.map_or(String::from("null"), |undone| format!("\"{undone}\""));
    let sums = format!(
        "{{\"currencies\": [\"EUR\"], \"debits\": [5], \"id\": \"{id}\", \"kind\": \"{}\", \"reverses\": {undone}, \"digest\": \"\\\\x{}\"}}",
        head.kind.name(),
        digest.trim_start_matches("0x"),
    );
    let given = Post {
        accounts: lines.iter().map(|entry| entry.account.id.to_string()).collect(),
        codes: vec!["EUR"; lines.len()],
        amounts: lines.iter().map(|entry| entry.amount).collect(),
        sums: &sums,
    };
    post(books, &given)
}

/// Aim: what the database looks at last, or first, is refused by that guard too. Method: transactions of which all else is right.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_is_whole_is_refused_for_its_account_its_number_or_what_it_undoes() {
    let app = TestApp::start().await;
    let books = Books::open(&app).await;
    let (first, _) = books
        .post(&app, &books.entries(&[(0, 5), (1, -5)]), ask("first"))
        .await
        .unwrap();
    let entry = |account: &LedgerAccount, amount: i64| Entry {
        account: account.clone(),
        amount,
        reference: None,
    };
    let [cash, dues, ..] = &books.accounts;
    let nobody = LedgerAccount {
        id: LedgerAccountId::from_uuid(Uuid::now_v7()),
        ..dues.clone()
    };
    let is_whole = post_rightly(&books, vec![entry(cash, 5), entry(dues, -5)], None);
    let client = app.database.superuser().await;
    assert_eq!(attempt(&client, &books, &[], &is_whole).await, Ok(()));
    let of_nobody = post_rightly(&books, vec![entry(cash, 5), entry(&nobody, -5)], None);
    // It is given back what it was given.
    let taken_back = format!("{is_whole}; UPDATE ledger_book SET last_number = last_number - 1");
    let book = ("ledger_book", "ledger_book_only_goes_on");
    let other = post_rightly(&books, vec![entry(cash, -5), entry(dues, 5)], Some(first));
    for (statement, broken, before, guard) in [
        (of_nobody, "journal_entry_account_has_its_currency", None, SEALED),
        (taken_back, "journal_number_was_given_out", Some(book), WHOLE),
        (other, "journal_reversal_undoes_each_entry", None, WHOLE),
    ] {
        let refused = attempt(&client, &books, before.as_slice(), &statement).await;
        assert_eq!(refused, Err(broken.to_owned()));
        let without: Vec<_> = before.into_iter().chain([guard]).collect();
        assert_eq!(attempt(&client, &books, &without, &statement).await, Ok(()), "{broken}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_posts_once_and_another_request_with_it_is_refused() {
    let app = TestApp::start().await;
    let books = Books::open(&app).await;
    let posting = books.entries(&[(0, 500), (1, -500), (2, 1), (3, -1)]);
    let (id, first) = books.post(&app, &posting, ask("key")).await.unwrap();
    let (_, again) = books.post(&app, &posting, ask("key")).await.unwrap();
    assert_eq!((first, again), (Posted::Fresh(1), Posted::Before(id, 1)));
    let other = Ask {
        request: "another",
        ..ask("key")
    };
    assert_eq!(books.post(&app, &posting, other).await.unwrap().1, Posted::Differs);
    // The refused one took no number.
    assert_eq!(
        books.post(&app, &posting, ask("next")).await.unwrap().1,
        Posted::Fresh(2)
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reversal_undoes_each_entry_and_comes_once() {
    let app = TestApp::start().await;
    let books = Books::open(&app).await;
    let posting = books.entries(&[(0, 500), (1, -500)]);
    let (id, _) = books.post(&app, &posting, ask("first")).await.unwrap();
    fn reversing(key: &str, reverses: JournalId) -> Ask<'_> {
        Ask {
            reverses: Some(reverses),
            ..ask(key)
        }
    }
    let refused = |result: Result<(JournalId, Posted), store::StoreError>, rule: &str| {
        let error = result.unwrap_err();
        assert!(error.is_constraint(rule), "{error:?} is not {rule}");
    };
    // The same entries again, a part of them, and others.
    let wrong: [Posting; 3] = [
        posting.clone(),
        books.entries(&[(0, -499), (1, 499)]),
        books.entries(&[(0, -500), (1, 500), (2, 1), (3, -1)]),
    ];
    for (number, posting) in wrong.iter().enumerate() {
        let key = format!("wrong {number}");
        refused(
            books.post(&app, posting, reversing(&key, id)).await,
            "journal_reversal_undoes_each_entry",
        );
    }
    let (undone, posted) = books
        .post(&app, &posting.reversal(), reversing("undo", id))
        .await
        .unwrap();
    assert_eq!(posted, Posted::Fresh(2));
    refused(
        books.post(&app, &posting.reversal(), reversing("again", id)).await,
        "journal_is_reversed_once",
    );
    // The reversal itself may be reversed, which is the first transaction again.
    let redo = Ask {
        reverses: Some(undone),
        ..ask("redo")
    };
    assert_eq!(books.post(&app, &posting, redo).await.unwrap().1, Posted::Fresh(3));
    let unknown = Ask {
        reverses: Some(JournalId::from_uuid(Uuid::now_v7())),
        ..ask("unknown")
    };
    refused(
        books.post(&app, &posting.reversal(), unknown).await,
        "journal_reverses_one_of_this_co_op",
    );
    app.finish().await;
}
