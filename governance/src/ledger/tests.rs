//! Aim: the books take what is balanced in each currency and nothing else, and a reversal undoes it to the last unit. Method: tables of
//! cases, and properties over random transactions.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::id::{CoopId, JournalId, LedgerAccountId};

fn account(number: u128, path: &str, currency: &Currency) -> LedgerAccount {
    LedgerAccount {
        id: LedgerAccountId::from_uuid(Uuid::from_u128(number)),
        path: path.parse().unwrap(),
        currency: currency.clone(),
    }
}

fn euro() -> Currency {
    Currency::money("EUR").unwrap()
}

fn entry(number: u128, code: &str, amount: i64) -> Entry {
    let currency = Currency::money(code).unwrap();
    Entry {
        account: account(number, "assets:cash", &currency),
        amount,
        reference: None,
    }
}

#[test]
fn a_currency_knows_its_decimal_places() {
    for (code, expected) in [("EUR", 2), ("JPY", 0), ("KWD", 3), ("XYZ", 2)] {
        assert_eq!(Currency::money(code).unwrap().minor_digits(), expected, "{code}");
    }
    for wrong in ["", "eu", "EURO", "eur", "E1R", "ÄÖÜ"] {
        assert_eq!(Currency::money(wrong), Err(CurrencyRefusal::Code), "{wrong}");
    }
    assert!(Currency::token("USDC", 6).is_ok());
    assert_eq!(Currency::token("1INCH", 18), Err(CurrencyRefusal::Code));
    assert_eq!(Currency::token("WEI", 19), Err(CurrencyRefusal::Exponent));
    assert_eq!(Currency::stored("EUR", 9, 8), Err(CurrencyRefusal::Exponent));
}

#[test]
fn an_amount_has_one_way_to_be_written() {
    let too_fine = |currency: &str, digits| {
        Err(AmountRefusal::TooFine {
            currency: currency.to_owned(),
            digits,
        })
    };
    let cases: [(&str, &str, Result<i64, AmountRefusal>); 19] = [
        ("EUR", "12.50", Ok(1_250_000_000)),
        ("EUR", "12.5", Ok(1_250_000_000)),
        ("EUR", "-0.01", Ok(-1_000_000)),
        ("EUR", "0", Ok(0)),
        ("EUR", "0.001", too_fine("EUR", 2)),
        ("JPY", "100", Ok(10_000_000_000)),
        ("JPY", "100.0", too_fine("JPY", 0)),
        ("KWD", "0.001", Ok(100_000)),
        ("EUR", "", Err(AmountRefusal::Shape)),
        ("EUR", "1e3", Err(AmountRefusal::Shape)),
        ("EUR", "+1", Err(AmountRefusal::Shape)),
        ("EUR", "--1", Err(AmountRefusal::Shape)),
        ("EUR", "1,000", Err(AmountRefusal::Shape)),
        ("EUR", " 1", Err(AmountRefusal::Shape)),
        ("EUR", ".5", Err(AmountRefusal::Shape)),
        ("EUR", "5.", Err(AmountRefusal::Shape)),
        ("EUR", "92233720368.54", Ok(9_223_372_036_854_000_000)),
        ("EUR", "92233720368.55", Err(AmountRefusal::TooLarge)),
        (
            "EUR",
            "99999999999999999999999999999999999999",
            Err(AmountRefusal::TooLarge),
        ),
    ];
    for (code, text, expected) in cases {
        assert_eq!(
            Currency::money(code).unwrap().parse_amount(text),
            expected,
            "{code} {text}"
        );
    }
    for (amount, expected) in [
        (0, "0.00"),
        (1, "0.00000001"),
        (-1_000_000, "-0.01"),
        (1_250_000_000, "12.50"),
    ] {
        assert_eq!(euro().format_amount(amount), expected);
    }
    assert_eq!(Currency::token("VOTE", 0).unwrap().format_amount(-7), "-7");
}

#[test]
fn a_day_is_one_of_the_calendar() {
    for (text, days) in [
        ("1970-01-01", 0),
        ("2000-02-29", 11_016),
        ("2026-11-26", 20_783),
        ("1969-12-31", -1),
        ("0001-01-01", -719_162),
        ("9999-12-31", 2_932_896),
    ] {
        assert_eq!(text.parse::<Day>().map(Day::days), Ok(days), "{text}");
        assert_eq!(Day::from_days(days).unwrap().to_string(), text);
    }
    for wrong in [
        "2026-02-30",
        "1900-02-29",
        "2026-13-01",
        "2026-1-1",
        "2026-11-26T00:00",
        "0000-01-01",
        "+026-01-01",
        "",
    ] {
        assert_eq!(wrong.parse::<Day>(), Err(DayTextError), "{wrong}");
    }
    assert_eq!(Day::from_days(2_932_897), Err(DayTextError));
}

#[test]
fn the_path_of_an_account_tells_its_kind() {
    for path in DEFAULT_CHART {
        let parsed: AccountPath = path.parse().unwrap();
        assert!(path.starts_with(parsed.kind().root()), "{path}");
    }
    let cases = [
        ("assets", AccountRefusal::Length),
        ("assets:a:b:c:d:e:f:g:h", AccountRefusal::Length),
        ("money:bank", AccountRefusal::Root),
        ("Assets:bank", AccountRefusal::Part),
        ("assets::bank", AccountRefusal::Part),
        ("assets:-bank", AccountRefusal::Part),
        ("assets:bank\n", AccountRefusal::Part),
    ];
    for (path, expected) in cases {
        assert_eq!(path.parse::<AccountPath>(), Err(expected), "{path}");
    }
    let long = format!("assets:{}", "a".repeat(ACCOUNT_PATH_LENGTH_MAX));
    assert_eq!(long.parse::<AccountPath>(), Err(AccountRefusal::Length));
}

#[test]
fn the_books_say_why_they_take_a_transaction_not() {
    let large = |code: &str| PostingRefusal::TooLarge {
        currency: code.to_owned(),
    };
    let unbalanced = |code: &str, difference: &str| PostingRefusal::Unbalanced {
        currency: code.to_owned(),
        difference: difference.to_owned(),
    };
    let cases = [
        ("nothing", vec![], PostingRefusal::Count),
        ("one side", vec![entry(1, "EUR", 5)], PostingRefusal::Count),
        (
            "a zero",
            vec![entry(1, "EUR", 5), entry(2, "EUR", 0), entry(3, "EUR", -5)],
            PostingRefusal::Zero { line: 2 },
        ),
        (
            "a unit missing",
            vec![entry(1, "EUR", 500_000_000), entry(2, "EUR", -499_999_999)],
            unbalanced("EUR", "0.00000001"),
        ),
        (
            "balanced across currencies only",
            vec![entry(1, "EUR", 100), entry(2, "USD", -100)],
            unbalanced("EUR", "0.000001"),
        ),
        (
            "the amount without an opposite",
            vec![entry(1, "EUR", i64::MIN), entry(2, "EUR", i64::MAX)],
            large("EUR"),
        ),
        (
            "sums beyond an i64",
            vec![
                entry(1, "EUR", i64::MAX),
                entry(2, "EUR", 1),
                entry(3, "EUR", -i64::MAX),
                entry(4, "EUR", -1),
            ],
            large("EUR"),
        ),
    ];
    for (name, entries, expected) in cases {
        assert_eq!(Posting::new(entries), Err(expected), "{name}");
    }
    let mut other = entry(2, "EUR", -100);
    other.account.currency = Currency::stored("EUR", 2, 2).unwrap();
    let expected = PostingRefusal::Units {
        line: 2,
        currency: String::from("EUR"),
    };
    assert_eq!(Posting::new(vec![entry(1, "EUR", 100), other]), Err(expected));
}

fn head(description: &str) -> JournalHead<'_> {
    JournalHead {
        coop: CoopId::from_uuid(Uuid::from_u128(1)),
        id: JournalId::from_uuid(Uuid::from_u128(2)),
        kind: JournalKind::Manual,
        effective_on: Day::from_days(20_783).unwrap(),
        reverses: None,
        description,
    }
}

#[test]
fn every_fact_of_a_transaction_enters_its_digest() {
    let entries = || vec![entry(1, "EUR", 5), entry(2, "EUR", -5)];
    let posting = Posting::new(entries()).unwrap();
    let mut digests = vec![journal_digest(&head("dues"), &posting)];
    // Computed by hand with Python's hashlib from the words of `journal_digest`.
    assert_eq!(
        digests[0].to_string(),
        "0x0b1fc5399a9676f0cf39d3b231eac55a9ffe639860ad8c3da1589611d13d1944"
    );
    let id = Uuid::from_u128(9);
    let heads = [
        head("Dues"),
        JournalHead {
            coop: CoopId::from_uuid(id),
            ..head("dues")
        },
        JournalHead {
            id: JournalId::from_uuid(id),
            ..head("dues")
        },
        JournalHead {
            kind: JournalKind::Opening,
            ..head("dues")
        },
        JournalHead {
            effective_on: Day::from_days(20_784).unwrap(),
            ..head("dues")
        },
        JournalHead {
            reverses: Some(JournalId::from_uuid(id)),
            ..head("dues")
        },
    ];
    digests.extend(heads.iter().map(|head| journal_digest(head, &posting)));
    let mut changed = [entries(), entries(), entries(), entries()];
    changed[0].swap(0, 1);
    changed[1][0].account.id = LedgerAccountId::from_uuid(id);
    changed[2][1].reference = Some(id);
    changed[3] = vec![entry(1, "EUR", 6), entry(2, "EUR", -6)];
    let dollars = vec![entry(1, "USD", 5), entry(2, "USD", -5)];
    digests.extend(
        changed
            .into_iter()
            .chain([dollars])
            .map(|entries| journal_digest(&head("dues"), &Posting::new(entries).unwrap())),
    );
    let all = digests.len();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), all);
}

/// Entries in up to three currencies, of which the last of each closes the gap.
fn balanced() -> impl Strategy<Value = Vec<Entry>> {
    let line = (0_u128..40, 0_usize..3, -1_000_000_000_000_i64..1_000_000_000_000);
    proptest::collection::vec(line, 1..60).prop_filter_map("moves nothing", |lines| {
        let codes = ["EUR", "JPY", "USD"];
        let mut entries: Vec<Entry> = lines
            .into_iter()
            .filter(|(_, _, amount)| *amount != 0)
            .map(|(number, code, amount)| entry(number, codes[code], amount))
            .collect();
        for code in codes {
            let mine = entries.iter().filter(|entry| entry.account.currency.code() == code);
            let gap: i64 = mine.map(|entry| entry.amount).sum();
            if gap != 0 {
                entries.push(entry(99, code, -gap));
            }
        }
        (entries.len() >= 2).then_some(entries)
    })
}

fn total(posting: &Posting, code: &str) -> i128 {
    let mine = posting
        .entries()
        .iter()
        .filter(|entry| entry.account.currency.code() == code);
    mine.map(|entry| i128::from(entry.amount)).sum()
}

proptest! {
    /// I1.
    #[test]
    fn what_is_posted_comes_to_zero_in_each_currency_and_one_unit_less_is_refused(entries in balanced(), at in 0_usize..60) {
        let posting = Posting::new(entries.clone()).unwrap();
        for code in ["EUR", "JPY", "USD"] {
            prop_assert_eq!(total(&posting, code), 0);
        }
        for sum in posting.sums() {
            let debits = entries.iter().filter(|entry| entry.account.currency.code() == sum.currency && entry.amount > 0);
            prop_assert_eq!(debits.map(|entry| entry.amount).sum::<i64>(), sum.debits);
        }
        let mut spoilt = entries;
        let at = at % spoilt.len();
        spoilt[at].amount += if spoilt[at].amount == -1 { -1 } else { 1 };
        let refused = matches!(Posting::new(spoilt), Err(PostingRefusal::Unbalanced { .. }));
        prop_assert!(refused);
    }

    /// I2 as far as a pure value goes: the database proves the rest.
    #[test]
    fn a_reversal_undoes_every_entry_and_reversing_it_gives_the_first_again(entries in balanced()) {
        let posting = Posting::new(entries).unwrap();
        let reversal = posting.reversal();
        for (ours, theirs) in posting.entries().iter().zip(reversal.entries()) {
            prop_assert_eq!(ours.amount + theirs.amount, 0);
            prop_assert_eq!(&ours.account, &theirs.account);
        }
        prop_assert_eq!(Posting::new(reversal.entries().to_vec()), Ok(reversal.clone()));
        prop_assert_eq!(reversal.reversal(), posting);
    }

    #[test]
    fn what_is_written_is_read_again(amount in -i64::MAX..=i64::MAX, exponent in 0_u8..=18) {
        let token = Currency::token("TOKEN", exponent).unwrap();
        prop_assert_eq!(token.parse_amount(&token.format_amount(i128::from(amount))), Ok(amount));
    }

    #[test]
    fn a_day_is_read_as_it_is_written(days in -719_162_i32..=2_932_896) {
        let day = Day::from_days(days).unwrap();
        prop_assert_eq!(day.to_string().parse(), Ok(day));
    }
}
