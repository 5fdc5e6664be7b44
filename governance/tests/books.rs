//! Aim: other programs read our books and come to the same balances, and a wrong cent is not overlooked. Method: beancount and hledger
//! themselves, on books that a person could write and on the published transactions of a collective.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod shared;

use std::path::PathBuf;
use std::process::Command;

use governance::id::{CoopId, JournalId, LedgerAccountId};
use governance::ledger::export::{
    BookFormat, ImportRefusal, JournalLine, OpenCollectiveAccounts, open_collective, whole,
};
use governance::ledger::{Currency, Day, Entry, JournalHead, JournalKind, LedgerAccount, Posting};
use shared::{find, not_run};
use uuid::Uuid;

fn account(number: u128, path: &str, currency: &Currency) -> LedgerAccount {
    LedgerAccount {
        id: LedgerAccountId::from_uuid(Uuid::from_u128(number)),
        path: path.parse().unwrap(),
        currency: currency.clone(),
    }
}

fn line<'a>(
    number: u64,
    kind: JournalKind,
    description: &'a str,
    entries: &[(&LedgerAccount, i64)],
) -> JournalLine<'a> {
    let entries = entries.iter().map(|(account, amount)| Entry {
        account: (*account).clone(),
        amount: *amount,
        reference: Some(Uuid::from_u128(77)),
    });
    JournalLine {
        number,
        head: JournalHead {
            coop: CoopId::from_uuid(Uuid::from_u128(1)),
            id: JournalId::from_uuid(Uuid::from_u128(u128::from(number))),
            kind,
            effective_on: Day::from_days(20_783).unwrap(),
            reverses: None,
            description,
        },
        posting: Posting::new(entries.collect()).unwrap(),
    }
}

/// Four currencies, a share of 10^-8, a reversal, and descriptions that try to break out of their file.
fn books() -> Vec<JournalLine<'static>> {
    let (euro, yen) = (Currency::money("EUR").unwrap(), Currency::money("JPY").unwrap());
    let (token, vote) = (
        Currency::token("USDC2", 6).unwrap(),
        Currency::token("VOTE", 0).unwrap(),
    );
    let bank = account(1, "assets:bank:main", &euro);
    let (dues, members) = (
        account(2, "income:dues", &euro),
        account(3, "liabilities:members:payable", &euro),
    );
    let (cash, other) = (
        account(4, "assets:bank:main", &yen),
        account(5, "income:ai-usage", &yen),
    );
    let (chain, shares) = (
        account(6, "assets:chain:distributor", &token),
        account(7, "equity:shares", &token),
    );
    let (votes, issued) = (account(8, "assets:cash", &vote), account(9, "equity:2026-issue", &vote));
    let mut reversal = line(
        6,
        JournalKind::Reversal,
        "Undone",
        &[(&bank, -1_000_000), (&dues, 1_000_000)],
    );
    reversal.head.reverses = Some(JournalId::from_uuid(Uuid::from_u128(5)));
    vec![
        line(
            1,
            JournalKind::Opening,
            "Dues of \"November\" \\ 100%",
            &[(&bank, 12_345_000_000), (&dues, -12_345_000_000)],
        ),
        line(
            2,
            JournalKind::Cycle,
            "Accrued; to a unit | of 10^-8",
            &[(&dues, 1), (&members, -1)],
        ),
        line(
            3,
            JournalKind::Manual,
            "=HYPERLINK(\"http://x\")",
            &[(&cash, 500_000_000_000), (&other, -500_000_000_000)],
        ),
        line(
            4,
            JournalKind::Manual,
            "@社员 分红",
            &[(&chain, 1_500_001), (&shares, -1_500_001), (&votes, 3), (&issued, -3)],
        ),
        line(
            5,
            JournalKind::Manual,
            "A mistake",
            &[(&bank, 1_000_000), (&dues, -1_000_000)],
        ),
        reversal,
    ]
}

/// What a program says of a file, and whether it accepts it; `None` where it is not here.
fn verdict(test: &str, program: &str, text: &str) -> Option<(bool, String)> {
    let folder = tempfile_folder(test);
    let (path, arguments): (PathBuf, &[&str]) = match program {
        "bean-check" => (folder.join("books.beancount"), &[]),
        _ => (
            folder.join("books.journal"),
            &[
                "check",
                "balancednoautoconversion",
                "assertions",
                "commodities",
                "accounts",
                "-f",
            ],
        ),
    };
    std::fs::write(&path, text).unwrap();
    let local = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../target/beancount/bin")
        .join(program);
    let found = if local.exists() { local } else { PathBuf::from(program) };
    match Command::new(found)
        .args(arguments)
        .arg(&path)
        .env("LC_ALL", "C.UTF-8")
        .output()
    {
        Ok(output) => {
            let said = [output.stdout, output.stderr].concat();
            Some((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
        }
        Err(_) => {
            not_run(
                test,
                &format!("{program} is not installed (PyPI beancount in target/beancount, Debian hledger)"),
            );
            None
        }
    }
}

fn tempfile_folder(test: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Both programs accept the file, and neither accepts it with each of the changes.
fn check(test: &str, journal: &[JournalLine<'_>], changes: &[(&str, &str)]) {
    let files = [
        ("bean-check", whole(BookFormat::Beancount, "Weavers \"&\" Co", journal)),
        ("hledger", whole(BookFormat::Hledger, "", journal)),
    ];
    for (program, text) in files {
        let Some((accepted, said)) = verdict(test, program, &text) else {
            continue;
        };
        assert!(accepted, "{program}: {said}\n{text}");
        for (from, to) in changes {
            assert!(text.contains(from), "{from} is not in\n{text}");
            let (accepted, said) = verdict(test, program, &text.replacen(from, to, 1)).unwrap();
            assert!(!accepted, "{program} overlooked {from} -> {to}: {said}");
        }
    }
}

#[test]
fn beancount_and_hledger_accept_our_books_and_catch_a_wrong_cent_and_a_wrong_unit() {
    check(
        "books",
        &books(),
        &[
            // A cent, the last of the eight decimal places, and a whole unit of currencies with fewer of them.
            ("  123.45000000 EUR", "  123.46000000 EUR"),
            ("  0.00000001 EUR", "  0.00000002 EUR"),
            ("  1.500001 ", "  1.500002 "),
            ("  3 VOTE", "  4 VOTE"),
        ],
    );
}

#[test]
fn the_files_of_our_books_are_written_so() {
    let (journal, mut shown) = (books(), String::new());
    for text in
        [BookFormat::Beancount, BookFormat::Hledger, BookFormat::Csv].map(|format| whole(format, "Weavers", &journal))
    {
        shown.push_str(&text);
        shown.push_str("----\n");
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/ledger/books.txt");
    if std::env::var_os("ROCHDALE_WRITE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &shown).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), shown);
    // No cell begins a formula, and the quotes inside are doubled.
    let table = whole(BookFormat::Csv, "Weavers", &journal);
    assert!(
        table.contains("\"'=HYPERLINK(\"\"http://x\"\")\"") && table.contains("\"'@社员 分红\""),
        "{table}"
    );
    assert_eq!(
        (
            whole(BookFormat::Beancount, "Empty", &[]).lines().count(),
            whole(BookFormat::Hledger, "", &[]).lines().count()
        ),
        (3, 1)
    );
}

fn collective() -> OpenCollectiveAccounts {
    let dollar = Currency::money("USD").unwrap();
    OpenCollectiveAccounts {
        bank: account(1, "assets:bank:main", &dollar),
        other: account(2, "income:other", &dollar),
        fees: account(3, "expenses:bank-fees", &dollar),
        host: account(4, "expenses:host-fees", &dollar),
    }
}

#[test]
fn the_published_transactions_of_a_collective_import_and_balance_to_the_cent() {
    let path = "ledger/opencollective_hledger/oc_transactions_no_names.csv";
    let Some(path) = find("open-collective", path) else {
        return;
    };
    let text = std::fs::read_to_string(path).unwrap();
    let rows = open_collective(&text, &collective()).unwrap();
    assert_eq!(rows.len(), 1_916);
    let entries = || rows.iter().flat_map(|row| row.posting.entries());
    let sum = |path: &str| -> i128 {
        let mine = entries().filter(|entry| entry.account.path.as_str() == path);
        mine.map(|entry| i128::from(entry.amount)).sum()
    };
    // The balance that the collective publishes.
    assert_eq!(
        collective().bank.currency.format_amount(sum("assets:bank:main")),
        "5688.29"
    );
    assert_eq!(entries().map(|entry| i128::from(entry.amount)).sum::<i128>(), 0);
    let journal: Vec<JournalLine<'_>> = (1..)
        .zip(&rows)
        .map(|(number, row)| JournalLine {
            number,
            head: JournalHead {
                effective_on: row.effective_on,
                description: &row.id,
                kind: JournalKind::Import,
                ..line(
                    number,
                    JournalKind::Import,
                    "",
                    &[(&collective().bank, 1), (&collective().other, -1)],
                )
                .head
            },
            posting: row.posting.clone(),
        })
        .collect();
    check("collective", &journal, &[("5688.29000000", "5688.28000000")]);
}

#[test]
fn a_broken_file_of_a_collective_is_refused_with_its_row() {
    const HEADER: &str = "datetime,shortId,kind,amount,paymentProcessorFee,netAmount,currency\n";
    let good = "2026-07-02T12:05:45,a,CONTRIBUTION,5,-0.45,4.55,USD\n";
    let cases = [
        ("", "", "the first row does not name the column datetime"),
        (
            HEADER,
            "2026-07-02,a,CONTRIBUTION,5,-0.45,USD\n",
            "row 2 has not as many cells as the first",
        ),
        (
            HEADER,
            "yesterday,a,CONTRIBUTION,5,-0.45,4.55,USD\n",
            "row 2 has no day at its beginning",
        ),
        (
            HEADER,
            "2026-07-02,a,CONTRIBUTION,5,-0.45,4.55,JPY\n",
            "row 2 is in JPY, another currency than the accounts",
        ),
        (
            HEADER,
            "2026-07-02,a,CONTRIBUTION,5.001,-0.45,4.551,USD\n",
            "row 2, amount: USD has 2 decimal places, and the amount has more",
        ),
        (
            HEADER,
            "2026-07-02,a,CONTRIBUTION,5,-0.45,4.56,USD\n",
            "row 2: the net amount is more than the amount and the fee come to",
        ),
        (
            HEADER,
            "2026-07-02,a,CONTRIBUTION,0,0,0,USD\n",
            "row 2: a transaction has 2 to 2000000 entries",
        ),
    ];
    let words = |column| format!("row 2, {column}: 1 to 64 letters, digits, hyphens and underscores are expected");
    let long = "a".repeat(65);
    let unread = [
        ("shortId", String::from("2026-07-02,,CONTRIBUTION,5,-0.45,4.55,USD\n")),
        ("shortId", format!("2026-07-02,{long},CONTRIBUTION,5,-0.45,4.55,USD\n")),
        ("kind", String::from("2026-07-02,a,A\u{202e}B,5,-0.45,4.55,USD\n")),
        ("kind", String::from("2026-07-02,a,A\0,5,-0.45,4.55,USD\n")),
    ];
    for (column, row) in unread {
        let refused = open_collective(&format!("{HEADER}{row}"), &collective()).unwrap_err();
        assert_eq!(refused.to_string(), words(column));
    }
    for (header, row, expected) in cases {
        let refused = open_collective(&format!("{header}{row}"), &collective()).unwrap_err();
        assert_eq!(refused.to_string(), expected);
    }
    let twice = format!("{HEADER}{good}{good}");
    assert_eq!(open_collective(&twice, &collective()), Err(ImportRefusal::Repeated(3)));
    // Alike in different groups are two.
    let (one, two) = (good.replace(",a,", ",a,g1,"), good.replace(",a,", ",a,g2,"));
    let grouped = |rows: &str| format!("{}{rows}", HEADER.replace("shortId,", "shortId,shortGroup,"));
    let read = open_collective(&grouped(&format!("{one}{two}")), &collective()).unwrap();
    assert_eq!([&read[0].group, &read[1].group], ["g1", "g2"]);
    let twice = open_collective(&grouped(&format!("{one}{one}")), &collective());
    assert_eq!(twice, Err(ImportRefusal::Repeated(3)));
}
