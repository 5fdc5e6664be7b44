//! Aim: a treasurer brings the past of a collective along from the command line, once, and other programs accept the books that come of it. Method: the
//! published transactions of a collective and the program as a process, beside a server.

use std::path::{Path, PathBuf};

use governance::membership::{Class, Role};
use serde_json::Value;
use tests::app::TestApp;
use tests::data::{not_run, shared_data};

use super::desk::{Desk, give_passwords};
use crate::crash::program::program;
use crate::decisions::world::Hall;
use crate::money::years::accepts;

/// The balance that the collective publishes after all of its rows.
const PUBLISHED: (u64, i64) = (1_916, 568_829);
/// How many rows a usual run takes over; all of them, in four parts, with `ROCHDALE_FULL`.
const ROWS: usize = 120;

/// An amount of at most two decimal places in cents, read by nothing of ours.
fn cents(amount: &str) -> i64 {
    let (whole, part) = amount.split_once('.').unwrap_or((amount, ""));
    format!("{whole}{part:0<2}").parse().unwrap()
}

/// A file of the published rows: where it is, how many they are, and what its own column of net amounts comes to in cents.
fn rows(data: &Path, folder: &Path) -> (PathBuf, u64, i64) {
    let text =
        std::fs::read_to_string(data.join("ledger/opencollective_hledger/oc_transactions_no_names.csv")).unwrap();
    let is_full = std::env::var_os("ROCHDALE_FULL").is_some();
    let kept: Vec<&str> = text.lines().take(if is_full { usize::MAX } else { ROWS + 1 }).collect();
    let place = kept[0].split(',').position(|name| name == "netAmount").unwrap();
    let sum = kept[1..]
        .iter()
        .map(|line| cents(line.split(',').nth(place).unwrap()))
        .sum();
    let count = u64::try_from(kept.len() - 1).unwrap();
    assert!(
        count < PUBLISHED.0 || (count, sum) == PUBLISHED,
        "{count} rows come to {sum}"
    );
    let file = folder.join("collective.csv");
    std::fs::write(&file, kept.join("\n")).unwrap();
    (file, count, sum)
}

/// How many rows a run posted, and how many were posted before.
fn told(done: &Value) -> (u64, u64) {
    let sum = |name: &str| {
        done.as_array()
            .unwrap()
            .iter()
            .map(|part| part[name].as_u64().unwrap())
            .sum()
    };
    (sum("posted"), sum("posted_before"))
}

/// Both files are written by the program, and read by those they are for.
async fn other_programs_accept_the_books(desk: &Desk, folder: &Path, balance: &str) {
    let hledger = [
        "check",
        "balancednoautoconversion",
        "assertions",
        "commodities",
        "accounts",
        "-f",
    ];
    for (books, program, arguments, end) in [
        ("beancount", "bean-check", &[][..], "beancount"),
        ("hledger", "hledger", &hledger[..], "journal"),
    ] {
        let to = folder.join(books);
        let _ = desk.does(&["export", books, "--to", to.to_str().unwrap()]).await.well();
        let text = std::fs::read_to_string(&to).unwrap();
        assert!(text.contains(balance), "the file asserts the balance {balance}");
        accepts(program, arguments, &text, end);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_of_a_collective_is_taken_over_once_from_the_command_line() {
    let Some(program) = program() else {
        not_run("a ledger taken over from the command line", "the program is not built");
        return;
    };
    let Some(data) = shared_data("a ledger taken over from the command line") else {
        return;
    };
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 0).await;
    let treasurer = hall.join(&app, "Treasurer", Class::Worker, &[Role::Treasurer]).await;
    give_passwords(&app, &[&treasurer]).await;
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::new(&program, folder.path(), "treasurer");
    let _ = desk.signs_in(&hall.slug, &treasurer, &app.url).await.well();
    let (file, count, sum) = rows(&data, folder.path());
    let take = [
        "import-ledger",
        "--format",
        "open-collective",
        "--currency",
        "USD",
        file.to_str().unwrap(),
    ];
    let balances = async || {
        let request = treasurer.person.get(&hall.path("ledger/balances"));
        let view = request.send().await.expect(200);
        let rows = view["balances"].as_array().unwrap().iter();
        rows.filter(|row| row["balance"] != "0.00")
            .cloned()
            .collect::<Vec<Value>>()
    };

    let said = desk.does(&[&take[..], &["--dry-run"]].concat()).await.well();
    let first = said.lines().next().unwrap();
    assert!(
        first.starts_with(&format!("{count} rows to post from 2")) && first.ends_with("; 0 were posted before."),
        "{said}"
    );
    assert!(
        said.contains("assets:bank:main") && said.contains("Nothing was done"),
        "{said}"
    );
    assert!(balances().await.is_empty(), "what is only shown posts nothing");

    let done = desk.does(&[&take[..], &["--yes", "--json"]].concat()).await.json();
    assert_eq!(told(&done), (count, 0));
    let books = balances().await;
    let balance = |row: &Value| cents(row["balance"].as_str().unwrap());
    let bank = books.iter().find(|row| row["account"] == "assets:bank:main").unwrap();
    assert_eq!(balance(bank), sum, "what the rows say that they come to");
    assert_eq!(books.iter().map(balance).sum::<i64>(), 0);

    let again = desk.types("y\n", &[&take[..], &["--json"]].concat()).await.json();
    assert_eq!(told(&again), (0, count), "a row is taken over once");
    assert_eq!(balances().await, books);
    let asserted = format!("{}000000", bank["balance"].as_str().unwrap());
    other_programs_accept_the_books(&desk, folder.path(), &asserted).await;
    app.finish().await;
}
