//! Aim: a treasurer keeps the books over HTTP, members read them, and nothing wrong is posted. Method: one co-op, from the chart of accounts to the
//! files, and each refusal beside what it refuses.

use governance::membership::Role;
use serde_json::{Value, json};
use tests::app::TestApp;
use tests::person::{Person, Reply};

use super::world::{Books, ask};
use crate::coops::world::{Coop, found};

const DAY: &str = "2026-11-26";

fn entries(lines: &[(&str, &str, &str)]) -> Value {
    let entries = lines
        .iter()
        .map(|(account, currency, amount)| json!({"account": account, "currency": currency, "amount": amount}));
    entries.collect()
}

fn dues(amount: &str, credit: &str) -> Value {
    let entries = entries(&[("assets:bank:main", "EUR", amount), ("income:dues", "EUR", credit)]);
    json!({"description": "Dues of November", "effective_on": DAY, "entries": entries})
}

async fn post(coop: &Coop, person: &Person, path: &str, body: &Value) -> Reply {
    person.post(&coop.path(path)).json(body).send().await
}

async fn balances(coop: &Coop, query: &str) -> Vec<(String, String)> {
    let path = coop.path(&format!("ledger/balances{query}"));
    let view = coop.founder.get(&path).send().await.expect(200);
    let rows = view["balances"].as_array().unwrap().iter();
    let shown = rows.map(|row| {
        (
            row["account"].as_str().unwrap().to_owned(),
            row["balance"].as_str().unwrap().to_owned(),
        )
    });
    shown.filter(|(_, balance)| balance != "0.00").collect()
}

fn pair(account: &str, balance: &str) -> (String, String) {
    (account.to_owned(), balance.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_treasurer_posts_undoes_and_takes_the_books_away() {
    let app = TestApp::start().await;
    let coop = found(&app).await;
    let treasurer = coop.insider(&app, "Treasurer", &[Role::Treasurer]).await.person;
    let opened = post(&coop, &treasurer, "ledger/accounts", &json!({"currency": "EUR"}))
        .await
        .expect(201);
    assert_eq!(opened["opened"].as_array().unwrap().len(), 20);
    let again = json!({"currency": "EUR", "paths": ["assets:cash", "assets:till", "assets:till"]});
    let again = post(&coop, &treasurer, "ledger/accounts", &again).await.expect(201);
    assert_eq!(
        (&again["opened"][0]["path"], &again["open_before"]),
        (&json!("assets:till"), &json!(1))
    );

    let preview = post(&coop, &treasurer, "journal/preview", &dues("12.50", "-12.50"))
        .await
        .expect(200);
    assert_eq!(preview["sums"], json!([{"currency": "EUR", "amount": "12.50"}]));
    assert_eq!(preview["balances"][0]["after"], "12.50");
    assert!(balances(&coop, "").await.is_empty(), "a preview posts nothing");

    let request = || treasurer.post(&coop.path("journal")).key("once");
    let posted = request().json(&dues("12.50", "-12.50")).send().await.expect(201);
    let repeated = request().json(&dues("12.50", "-12.50")).send().await.expect(201);
    assert_eq!(posted, repeated);
    let reused = request().json(&dues("1.00", "-1.00")).send().await;
    let _ = reused.problem("idempotency-key-reused");
    assert_eq!(posted["number"], 1);
    let expected = [pair("assets:bank:main", "12.50"), pair("income:dues", "-12.50")];
    assert_eq!(balances(&coop, "").await, expected);
    assert_eq!(balances(&coop, "?on=2026-11-26").await, expected);
    assert!(balances(&coop, "?on=2026-11-25").await.is_empty());

    let path = format!("journal/{}/reversal", posted["id"].as_str().unwrap());
    let undo = json!({"reason": "It was a gift", "effective_on": "2026-11-27"});
    let undone = post(&coop, &treasurer, &path, &undo).await.expect(201);
    assert_eq!(
        (&undone["kind"], &undone["reverses"]),
        (&json!("reversal"), &posted["id"])
    );
    let twice = post(&coop, &treasurer, &path, &undo).await;
    let _ = twice.problem("journal-reversed");
    assert!(balances(&coop, "").await.is_empty());
    assert_eq!(
        balances(&coop, "?on=2026-11-26").await,
        expected,
        "the day before stands as it was"
    );

    let page = coop.founder.get(&coop.path("journal?limit=1")).send().await.expect(200);
    assert_eq!(page["items"][0]["number"], 2);
    let next = format!("journal?limit=1&cursor={}", page["next_cursor"].as_str().unwrap());
    let page = coop.founder.get(&coop.path(&next)).send().await.expect(200);
    assert_eq!(
        (&page["items"][0]["reversed_by"], &page["next_cursor"]),
        (&undone["id"], &Value::Null)
    );
    for (file, holds) in [
        ("books.beancount", "Assets:Bank:Main  12.50000000 EUR"),
        ("books.journal", "income:dues  -12.50000000 EUR"),
        ("books.csv", ",\"It was a gift\","),
    ] {
        let reply = coop
            .founder
            .get(&coop.path(&format!("ledger/exports/{file}")))
            .send()
            .await;
        let text = String::from_utf8(reply.bytes).unwrap();
        assert!(text.contains(holds), "{file}: {text}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_wrong_is_posted_and_the_reason_is_told() {
    let app = TestApp::start().await;
    let coop = found(&app).await;
    let treasurer = coop.insider(&app, "Treasurer", &[Role::Treasurer]).await.person;
    for currency in ["EUR", "JPY"] {
        let _ = post(&coop, &treasurer, "ledger/accounts", &json!({"currency": currency}))
            .await
            .expect(201);
    }
    let other = json!({"currency": "EUR", "token_digits": 2});
    let refused = post(&coop, &treasurer, "ledger/accounts", &other).await;
    assert_eq!(refused.status, 422, "a currency is counted in one way");
    let across = entries(&[("assets:cash", "EUR", "5"), ("assets:cash", "JPY", "-5")]);
    let cases = [
        (
            dues("1.00", "-0.99"),
            "the entries in EUR do not balance: they come to 0.01, and must come to zero",
        ),
        (dues("0", "0"), "entry 1 moves nothing"),
        (
            dues("1.005", "-1.005"),
            "entry 1: EUR has 2 decimal places, and the amount has more",
        ),
        (dues("1e3", "-1e3"), "entry 1: an amount is written as digits"),
        (
            dues("92233720368.55", "-92233720368.55"),
            "entry 1: the amount is more than the ledger can hold",
        ),
        (
            json!({"description": "x", "effective_on": DAY, "entries": across}),
            "the entries in EUR do not balance",
        ),
        (
            json!({"description": "x", "effective_on": "2026-02-30", "entries": dues("1", "-1")["entries"]}),
            "a day is written as",
        ),
        (
            json!({"description": "x", "effective_on": DAY, "entries": entries(&[("assets:none", "EUR", "1")])}),
            "entry 1: the books have no account assets:none in EUR",
        ),
        (
            json!({"description": "x", "effective_on": DAY, "entries": []}),
            "a transaction has 2 to",
        ),
    ];
    for (body, expected) in cases {
        for path in ["journal", "journal/preview"] {
            let refused = post(&coop, &treasurer, path, &body).await;
            let document = refused.json();
            let said = document["detail"].as_str().unwrap();
            assert!(refused.status == 422 && said.contains(expected), "{body}: {said}");
        }
    }
    let page = coop.founder.get(&coop.path("journal")).send().await.expect(200);
    assert_eq!(page["items"], json!([]));
    app.finish().await;
}

/// A payout cycle of a million members is one transaction: its page is as short as any other.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_transaction_with_many_entries_the_first_are_read_and_shown() {
    let app = TestApp::start().await;
    let books = Books::open(&app).await;
    let lines: Vec<(usize, i64)> = (1..=150).flat_map(|amount| [(0, amount), (1, -amount)]).collect();
    let (id, _) = books.post(&app, &books.entries(&lines), ask("many")).await.unwrap();
    let _ = books
        .post(&app, &books.entries(&[(0, 5), (1, -5)]), ask("few"))
        .await
        .unwrap();
    let read = async |path: String| books.coop.founder.get(&books.coop.path(&path)).send().await.expect(200);
    let list = read(String::from("journal")).await;
    let shown = |row: &Value| row["entries"].as_array().unwrap().len();
    assert_eq!(
        list["items"].as_array().unwrap().iter().map(shown).collect::<Vec<_>>(),
        [2, 200]
    );
    let one = read(format!("journal/{id}")).await;
    assert_eq!((shown(&one), &one["entries"]), (200, &list["items"][1]["entries"]));
    let mut tx = app.app.store.coop_tx("journal_test", books.coop.id).await.unwrap();
    let rows = store::ledger::journal_entries_first(&mut tx, &[1, 2], 3).await.unwrap();
    tx.commit().await.unwrap();
    let lines: Vec<(i64, i32)> = rows.iter().map(|row| (row.number, row.line)).collect();
    assert_eq!(lines, [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2)]);
    app.finish().await;
}

/// Whoever comes from Open Collective brings the past along: each row once, all of a file or none, and it balances.
#[tokio::test(flavor = "multi_thread")]
async fn the_transactions_of_a_collective_are_taken_over_once_and_balance() {
    const FIRST: &str = "datetime,shortId,kind,amount,paymentProcessorFee,netAmount,currency\n";
    let app = TestApp::start().await;
    let coop = found(&app).await;
    let treasurer = coop.insider(&app, "Treasurer", &[Role::Treasurer]).await.person;
    let file = |rows: &str| json!({"format": "open-collective", "currency": "USD", "file": format!("{FIRST}{rows}")});
    let (one, two) = (
        "2026-07-02T12:05:45,a,CONTRIBUTION,5,-0.45,4.55,USD\n",
        "2026-07-03T12:05:45,b,EXPENSE,-3.00,-0.20,-3.20,USD\n",
    );
    let seen = post(&coop, &treasurer, "ledger/imports/preview", &file(one))
        .await
        .expect(200);
    assert_eq!((&seen["posted"], &seen["first_day"]), (&json!(1), &json!("2026-07-02")));
    assert!(
        balances(&coop, "").await.is_empty(),
        "a preview posts nothing and opens nothing"
    );
    let _ = post(&coop, &treasurer, "ledger/imports", &file(one)).await.expect(201);
    let both = post(&coop, &treasurer, "ledger/imports", &file(&format!("{one}{two}")))
        .await
        .expect(201);
    assert_eq!((&both["posted"], &both["posted_before"]), (&json!(1), &json!(1)));
    let expected = [
        pair("assets:bank:main", "1.35"),
        pair("expenses:bank-fees", "0.65"),
        pair("income:other", "-2.00"),
    ];
    assert_eq!(balances(&coop, "").await, expected);
    for (rows, why) in [
        (
            two.replace("-3.20", "-3.10").replace("-0.20", "-0.10"),
            "taken over before",
        ),
        (format!("{}x,,\n", two.replace(",b,", ",c,")), "row 3"),
        (two.replace("USD", "EUR"), "another currency"),
    ] {
        let refused = post(&coop, &treasurer, "ledger/imports", &file(&rows))
            .await
            .problem("invalid-field");
        assert!(refused["detail"].as_str().unwrap().contains(why), "{refused}");
    }
    assert_eq!(balances(&coop, "").await, expected, "nothing of a file that is refused");
    app.finish().await;
}

/// A cycle of many members is one transaction, and books are as large as their co-op is old.
#[tokio::test(flavor = "multi_thread")]
async fn all_entries_are_read_page_by_page_and_written_part_by_part() {
    let app = TestApp::start().await;
    let books = Books::open(&app).await;
    let coop = &books.coop;
    let member = coop.insider(&app, "Member", &[]).await.person;
    let lines: Vec<(usize, i64)> = (1..=3_000).flat_map(|amount| [(0, amount), (1, -amount)]).collect();
    let few = [(0, 5), (1, -5)];
    let _ = books.post(&app, &books.entries(&few), ask("first")).await.unwrap();
    let (id, _) = books.post(&app, &books.entries(&lines), ask("many")).await.unwrap();
    // It moves nothing that may be seen, and what comes after it is seen all the same.
    let back = [(0, 7), (0, -7)];
    let _ = books.post(&app, &books.entries(&back), ask("back")).await.unwrap();
    let _ = books.post(&app, &books.entries(&few), ask("last")).await.unwrap();
    // A part ends in the middle of the newest one too.
    let _ = books.post(&app, &books.entries(&lines), ask("newest")).await.unwrap();

    let (mut read, mut cursor) = (Vec::new(), String::new());
    while read.len() < 400 {
        let path = coop.path(&format!("journal/{id}/entries?limit=100{cursor}"));
        let page = coop.founder.get(&path).send().await.expect(200);
        read.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|line| line["line"].as_u64().unwrap()),
        );
        cursor = format!("&cursor={}", page["next_cursor"].as_str().unwrap());
    }
    assert_eq!(read, (1..=400).collect::<Vec<u64>>());
    let folded = member
        .get(&coop.path(&format!("journal/{id}/entries")))
        .send()
        .await
        .expect(200);
    let folded: Vec<Value> = folded["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| json!([line["line"], line["account"], line["amount"], line["reference"]]))
        .collect();
    assert_eq!(
        folded,
        [
            json!([1, "assets:cash", "0.045015", null]),
            json!([2, "income:dues", "-0.045015", null])
        ]
    );
    let wrong = coop
        .founder
        .get(&coop.path(&format!("journal/{id}/entries?cursor=x")))
        .send()
        .await;
    assert_eq!(wrong.status, 422);

    check_digests(coop, &member, &id.to_string()).await;
    check_files(coop, &member).await;
    app.finish().await;
}

/// A digest tells of guesses at the entries whether they are right.
async fn check_digests(coop: &Coop, member: &Person, id: &str) {
    for (person, sees) in [(&coop.founder, true), (member, false)] {
        let one = person
            .get(&coop.path(&format!("journal/{id}")))
            .send()
            .await
            .expect(200);
        let all = person.get(&coop.path("journal")).send().await.expect(200);
        let digests = [&one["digest"], &all["items"][0]["digest"]];
        assert_eq!(
            digests.map(Value::is_string),
            [sees; 2],
            "a digest tells of guesses whether they are right"
        );
    }
}

/// Every entry stands in the files of who may see it.
async fn check_files(coop: &Coop, member: &Person) {
    let rows = async |person: &Person| {
        let reply = person.get(&coop.path("ledger/exports/books.csv")).send().await;
        let text = String::from_utf8(reply.bytes).unwrap();
        let numbers = text
            .lines()
            .skip(1)
            .map(|line| line.split(',').next().unwrap().parse::<i64>().unwrap());
        numbers.fold([0_u32; 6], |mut counts, number| {
            counts[usize::try_from(number).unwrap()] += 1;
            counts
        })
    };
    assert_eq!(rows(&coop.founder).await, [0, 2, 6_000, 2, 2, 6_000]);
    assert_eq!(rows(member).await, [0, 2, 2, 0, 2, 2]);
    for file in ["books.beancount", "books.journal"] {
        let reply = member.get(&coop.path(&format!("ledger/exports/{file}"))).send().await;
        let text = String::from_utf8(reply.bytes).unwrap();
        assert!(text.trim_end().ends_with(" EUR"), "{file} is whole: {text}");
        assert_eq!(text.matches("0.04501500 EUR").count(), 4, "{file}: {text}");
    }
}
