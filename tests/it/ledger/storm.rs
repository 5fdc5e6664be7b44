//! Aim: many at once leave the books as one after the other would. Method: as many tasks as the pool has connections and more, all on one
//! co-op; what remains is added up by the database and by hand.

use std::sync::Arc;

use governance::id::JournalId;
use server::services::payments::reconciling::look_at_all;
use store::ledger::{Posted, ledger_balances, ledger_snapshot_take};
use tests::app::TestApp;

use super::world::{Ask, Books, ask};

const TASKS: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn of_many_reversals_at_once_one_succeeds() {
    let app = Arc::new(TestApp::start().await);
    let books = Arc::new(Books::open(&app).await);
    let posting = books.entries(&[(0, 500), (1, -500)]);
    let (id, _) = books.post(&app, &posting, ask("first")).await.unwrap();
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let (app, books, undone) = (Arc::clone(&app), Arc::clone(&books), posting.reversal());
            tokio::spawn(async move {
                let key = format!("undo {task}");
                let asked = Ask {
                    reverses: Some(id),
                    ..ask(&key)
                };
                books.post(&app, &undone, asked).await
            })
        })
        .collect();
    let mut succeeded = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok((_, posted)) => {
                assert_eq!(posted, Posted::Fresh(2));
                succeeded += 1;
            }
            Err(error) => assert!(error.is_constraint("journal_is_reversed_once"), "{error:?}"),
        }
    }
    assert_eq!(succeeded, 1);
    Arc::into_inner(app).unwrap().finish().await;
}

/// One task of the storm: posts, repeats itself, undoes, and takes a snapshot now and then.
async fn rage(app: Arc<TestApp>, books: Arc<Books>, task: i64) {
    for round in 1..=10_i64 {
        let key = format!("{task} {round}");
        let amount = task * 1_000 + round;
        let posting = books.entries(&[(0, amount), (1, -amount), (2, round), (3, -round)]);
        let (id, posted) = books.post(&app, &posting, ask(&key)).await.unwrap();
        let Posted::Fresh(number) = posted else {
            panic!("{posted:?}")
        };
        let (_, again) = books.post(&app, &posting, ask(&key)).await.unwrap();
        assert_eq!(again, Posted::Before(id, number));
        if round % 2 == 0 {
            undo(&app, &books, id, &posting.reversal(), &format!("undo {key}")).await;
        }
        if round % 3 == 0 {
            let mut tx = app.app.store.coop_tx("snapshot_test", books.coop.id).await.unwrap();
            let taken = ledger_snapshot_take(&mut tx).await.unwrap();
            tx.commit().await.unwrap();
            assert!(taken >= number);
        }
    }
}

async fn undo(app: &TestApp, books: &Books, id: JournalId, posting: &governance::ledger::Posting, key: &str) {
    let asked = Ask {
        reverses: Some(id),
        ..ask(key)
    };
    assert!(matches!(
        books.post(app, posting, asked).await.unwrap().1,
        Posted::Fresh(_)
    ));
}

/// The hourly look writes down what the accounts come to, and nothing where nothing was posted since.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_accounts_come_to_is_written_down_each_hour() {
    let app = TestApp::start().await;
    let books = Books::open(&app).await;
    let client = app.database.superuser().await;
    let written = async || -> Vec<(i64, i64)> {
        let rows = "SELECT upto_number, count(*) FROM ledger_snapshot GROUP BY 1 ORDER BY 1";
        let rows = client.query(rows, &[]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    };
    let post = async |key: &str| {
        let posting = books.entries(&[(0, 500), (1, -500)]);
        let _ = books.post(&app, &posting, ask(key)).await.unwrap();
    };
    post("first").await;
    look_at_all(&app.app).await.unwrap();
    look_at_all(&app.app).await.unwrap();
    assert_eq!(written().await, [(1, 2)]);
    post("second").await;
    let mut tx = app.app.store.coop_tx("balances_test", books.coop.id).await.unwrap();
    let sums: Vec<String> = ledger_balances(&mut tx)
        .await
        .unwrap()
        .into_iter()
        .map(|row| row.balance)
        .collect();
    tx.commit().await.unwrap();
    assert_eq!(sums, ["1000", "0", "-1000", "0"]);
    look_at_all(&app.app).await.unwrap();
    assert_eq!(written().await, [(1, 2), (2, 2)]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_storm_the_sums_are_zero_the_numbers_have_no_gap_and_snapshots_tell_the_same() {
    let app = Arc::new(TestApp::start().await);
    let books = Arc::new(Books::open(&app).await);
    let tasks: Vec<_> = (1..=8)
        .map(|task| tokio::spawn(rage(Arc::clone(&app), Arc::clone(&books), task)))
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let client = app.database.superuser().await;
    let row = client
        .query_one(
            "SELECT (SELECT count(*) FROM journal), (SELECT max(number) FROM journal), (SELECT last_number FROM ledger_book),
                    (SELECT count(*) FROM (SELECT currency FROM journal_entry GROUP BY number, currency HAVING sum(amount) <> 0) AS wrong),
                    (SELECT count(*) FROM journal WHERE digest <> journal_digest(journal)),
                    (SELECT count(DISTINCT upto_number) FROM ledger_snapshot)",
            &[],
        )
        .await
        .unwrap();
    let figures: Vec<i64> = (0..6).map(|place| row.get(place)).collect();
    assert_eq!(figures[..5], [120, 120, 120, 0, 0]);
    assert!(figures[5] >= 1);
    // What was not undone: of each task the odd rounds.
    let left: i64 = (1..=8)
        .flat_map(|task| [1, 3, 5, 7, 9].map(|round| task * 1_000 + round))
        .sum();
    let mut tx = app.app.store.coop_tx("balances_test", books.coop.id).await.unwrap();
    let balances = ledger_balances(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    let shown: Vec<(&str, &str, i64)> = balances
        .iter()
        .map(|row| (row.path.as_str(), row.currency.as_str(), row.balance.parse().unwrap()))
        .collect();
    assert_eq!(
        shown,
        [
            ("assets:cash", "EUR", left),
            ("assets:cash", "USD", 200),
            ("income:dues", "EUR", -left),
            ("income:dues", "USD", -200)
        ]
    );
    Arc::into_inner(app).unwrap().finish().await;
}
