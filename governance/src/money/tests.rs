//! Tables of named cases for terms and shares, and properties of interest.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::hash::keccak256;
use crate::id::{DocumentId, MemberId};
use crate::ledger::{Currency, Day};
use crate::revenue::Amount;
use crate::rule::{Language, Ratio};

fn terms(change: impl Fn(&mut serde_json::Value)) -> MoneyTerms {
    let mut value = serde_json::json!({"version": 1, "currency": "EUR", "payment_days": 30, "entrance_fee": "25.00",
        "shares": {"price": "100.00", "least": 2, "most": 10, "refund_days": 180, "interest": {"share": 3, "whole": 100}},
        "dues": [{"class": "user", "period": "month", "amount": "8.40", "vat": "standard"},
                 {"class": "worker", "period": "year", "amount": "60.00"}],
        "vat": [{"name": "standard", "rate": {"share": 19, "whole": 100}}]});
    change(&mut value);
    serde_json::from_value(value).unwrap()
}

#[test]
fn terms_are_refused_with_the_reason() {
    let whole = terms(|_| ());
    assert_eq!(whole.check(), Ok(()));
    assert_eq!(whole.rate("standard"), Ratio::new(19, 100).ok());
    type Case = (&'static str, fn(&mut serde_json::Value), &'static str);
    let cases: [Case; 9] = [
        (
            "no currency",
            |terms| terms["currency"] = "euro".into(),
            "three capitals",
        ),
        (
            "a fraction of a cent",
            |terms| terms["entrance_fee"] = "0.001".into(),
            "the entrance fee",
        ),
        (
            "nothing",
            |terms| terms["shares"]["price"] = "0".into(),
            "the price of a share",
        ),
        (
            "too dear",
            |terms| terms["dues"][0]["amount"] = "1000000.01".into(),
            "a due",
        ),
        ("no share at all", |terms| terms["shares"]["least"] = 0.into(), "fewest"),
        (
            "fewest above most",
            |terms| terms["shares"]["least"] = 11.into(),
            "fewest",
        ),
        (
            "a refund in six years",
            |terms| terms["shares"]["refund_days"] = 2_000.into(),
            "before a refund",
        ),
        (
            "dues twice",
            |terms| terms["dues"][1] = terms["dues"][0].clone(),
            "user",
        ),
        (
            "VAT that is not there",
            |terms| terms["dues"][0]["vat"] = "reduced".into(),
            "reduced",
        ),
    ];
    for (name, change, reason) in cases {
        let refused = terms(change).check().unwrap_err().to_string();
        assert!(refused.contains(reason), "{name}: {refused}");
    }
    let yen = terms(|terms| {
        terms["currency"] = "JPY".into();
        terms["dues"] = serde_json::json!([]);
    });
    assert_eq!(yen.check(), Ok(()), "100.00 yen are whole ones");
}

#[test]
fn every_part_of_the_terms_is_bound_by_their_hash_and_said() {
    let namespace = keccak256(b"ns");
    let whole = terms(|_| ());
    let changes: [fn(&mut serde_json::Value); 12] = [
        |terms| terms["version"] = 2.into(),
        |terms| terms["supersedes"] = keccak256(b"before").to_string().into(),
        |terms| terms["currency"] = "CHF".into(),
        |terms| terms["payment_days"] = 31.into(),
        |terms| terms["entrance_fee"] = serde_json::Value::Null,
        |terms| terms["shares"]["price"] = "100.01".into(),
        |terms| terms["shares"]["least"] = 1.into(),
        |terms| terms["shares"]["most"] = 11.into(),
        |terms| terms["shares"]["refund_days"] = 181.into(),
        |terms| terms["shares"]["interest"] = serde_json::Value::Null,
        |terms| terms["dues"][0]["period"] = "quarter".into(),
        |terms| terms["vat"][0]["rate"]["share"] = 20.into(),
    ];
    for (place, change) in changes.into_iter().enumerate() {
        assert_ne!(terms(change).hash(namespace), whole.hash(namespace), "change {place}");
    }
    assert_ne!(
        whole.hash(keccak256(b"other")),
        whole.hash(namespace),
        "a co-op's terms are its own"
    );
    let said = |language| whole.sentences(language).len();
    assert_eq!((said(Language::English), said(Language::Chinese)), (7, 7));
}

/// A name, what a member holds, the move and how many shares, whether the member is active and how many shares are due, and what follows.
type Move = (
    &'static str,
    Holding,
    (ShareMove, u64),
    (bool, u64),
    Result<Holding, &'static str>,
);

fn of(unpaid: u64, paid: u64, leaving: u64) -> Holding {
    Holding { unpaid, paid, leaving }
}

fn check_moves(cases: &[Move]) {
    let whole = terms(|_| ());
    let terms = whole.shares.as_ref().unwrap();
    for (name, before, asked, standing, expected) in cases {
        match (before.decide(*asked, *standing, terms), expected) {
            (Ok(after), Ok(expected)) => assert_eq!(after, *expected, "{name}"),
            (Err(refusal), Err(reason)) => assert!(refusal.to_string().contains(reason), "{name}: {refusal}"),
            (found, _) => panic!("{name}: {found:?}"),
        }
    }
}

#[test]
fn shares_are_subscribed_and_paid_as_the_terms_allow() {
    use ShareMove::{Paid, Subscribed};
    check_moves(&[
        (
            "a first subscription",
            of(0, 0, 0),
            (Subscribed, 2),
            (true, 0),
            Ok(of(2, 0, 0)),
        ),
        (
            "fewer than the fewest",
            of(0, 0, 0),
            (Subscribed, 1),
            (true, 0),
            Err("2 to 10"),
        ),
        (
            "more than the most",
            of(2, 7, 0),
            (Subscribed, 2),
            (true, 0),
            Err("2 to 10"),
        ),
        (
            "by who is no member",
            of(0, 0, 0),
            (Subscribed, 2),
            (false, 0),
            Err("active"),
        ),
        ("a payment", of(3, 0, 0), (Paid, 2), (true, 0), Ok(of(1, 2, 0))),
        (
            "more than was promised",
            of(1, 2, 0),
            (Paid, 2),
            (true, 0),
            Err("has 1 shares"),
        ),
        ("none", of(1, 2, 0), (Paid, 0), (true, 0), Err("at least one")),
    ]);
}

#[test]
fn shares_are_let_go_and_given_back_as_the_terms_allow() {
    use ShareMove::{Refunded, Waived, Withdrawn};
    check_moves(&[
        ("a promise let go", of(2, 2, 0), (Waived, 2), (true, 0), Ok(of(0, 2, 0))),
        (
            "below the fewest",
            of(1, 2, 0),
            (Withdrawn, 2),
            (true, 0),
            Err("only with the membership"),
        ),
        (
            "all of who leaves",
            of(0, 2, 0),
            (Withdrawn, 2),
            (false, 0),
            Ok(of(0, 0, 2)),
        ),
        (
            "a refund that is due",
            of(0, 0, 2),
            (Refunded, 2),
            (false, 2),
            Ok(of(0, 0, 0)),
        ),
        (
            "one that is not",
            of(0, 0, 2),
            (Refunded, 2),
            (false, 1),
            Err("1 shares are due"),
        ),
    ]);
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

#[test]
fn a_share_counts_from_the_day_it_was_paid_to_the_day_before_it_was_given_back() {
    use ShareMove::{Paid, Subscribed, Withdrawn};
    type Case<'a> = (&'a str, &'a [(ShareMove, u64, Day)], u64);
    let year = (day("2025-01-01"), day("2025-12-31"));
    let cases: [Case<'_>; 5] = [
        ("the whole year", &[(Paid, 3, day("2024-05-01"))], 3 * 365),
        ("from the last day", &[(Paid, 3, day("2025-12-31"))], 3),
        (
            "not yet",
            &[(Paid, 3, day("2026-01-01")), (Subscribed, 9, day("2025-01-01"))],
            0,
        ),
        (
            "for a day",
            &[(Paid, 3, day("2025-03-01")), (Withdrawn, 3, day("2025-03-02"))],
            3,
        ),
        (
            "given back before",
            &[(Paid, 3, day("2023-03-01")), (Withdrawn, 2, day("2024-03-02"))],
            365,
        ),
    ];
    for (name, moves, expected) in cases {
        assert_eq!(share_days(moves, year), expected, "{name}");
    }
}

fn stakes(days: &[u64]) -> Vec<Stake> {
    let stakes = (1_u128..).zip(days).map(|(number, share_days)| Stake {
        member: MemberId::from_uuid(Uuid::from_u128(number)),
        share_days: *share_days,
    });
    stakes.collect()
}

#[test]
fn interest_is_the_exact_sum_in_whole_cents_by_largest_remainders() {
    let (price, rate): (Amount, Ratio) = ("100.00".parse().unwrap(), Ratio::new(3, 100).unwrap());
    let cent = 1_000_000;
    let told = |days: &[u64]| {
        let found = interest((price, rate), (365, cent), &stakes(days), keccak256(b"word"));
        found.map(|found| {
            (
                found.total / cent,
                found.shares.iter().map(|share| share / cent).collect::<Vec<_>>(),
            )
        })
    };
    // Three euros on a share for a year; 1/365 of that for a day is 0.82 cents.
    assert_eq!(told(&[365, 730]), Ok((900, vec![300, 600])));
    assert_eq!(told(&[1]), Err(InterestRefusal::Nothing));
    assert_eq!(told(&[]), Err(InterestRefusal::Nothing));
    // 100 + 100 + 165 days are three euros: 82.19, 82.19 and 135.62 cents, so the largest remainder gets the cent.
    assert_eq!(told(&[100, 100, 165]), Ok((300, vec![82, 82, 136])));
}

fn line(quantity: u32, price: &str, rate: Option<(u64, u64)>) -> DocumentLine {
    DocumentLine {
        about: String::from("Hours"),
        quantity,
        price: price.parse().unwrap(),
        vat: rate.map(|(share, _)| format!("r{share}")),
        rate: rate.map(|(share, whole)| Ratio::new(share, whole).unwrap()),
        account: String::from("income:other"),
    }
}

#[test]
fn vat_is_rounded_half_up_once_for_each_rate_and_nothing_else_is_rounded() {
    let (euro, yen) = (Currency::money("EUR").unwrap(), Currency::money("JPY").unwrap());
    let full = Some((19, 100));
    let cases = [
        ("no VAT", &euro, vec![line(3, "0.33", None)], ["0.99", "0.99"]),
        (
            "half a cent goes up",
            &euro,
            vec![line(1, "0.50", Some((5, 100)))],
            ["0.50", "0.53"],
        ),
        (
            "less goes down",
            &euro,
            vec![line(1, "0.49", Some((5, 100)))],
            ["0.49", "0.51"],
        ),
        // Line by line 0.19 * 0.03 would be a cent each.
        (
            "on the sum of the lines",
            &euro,
            vec![line(1, "0.03", full), line(1, "0.03", full), line(1, "0.03", full)],
            ["0.09", "0.11"],
        ),
        (
            "each rate by itself",
            &euro,
            vec![line(2, "10.01", full), line(1, "9.99", Some((7, 100)))],
            ["30.01", "34.51"],
        ),
        ("whole yen", &yen, vec![line(7, "100", Some((10, 100)))], ["700", "770"]),
    ];
    for (name, currency, lines, [net, gross]) in cases {
        let found = totals(currency, &lines).unwrap();
        let shown = [found.net, found.gross].map(|units| currency.format_amount(i128::from(units)));
        assert_eq!(shown, [net, gross], "{name}");
    }
    let refusals = [
        ("no line", vec![], "1 to 100 lines"),
        ("no piece", vec![line(0, "1.00", None)], "line 1: there are"),
        (
            "no price",
            vec![line(1, "1.00", None), line(1, "0", None)],
            "line 2: the price",
        ),
        (
            "a fraction of a cent",
            vec![line(1, "0.001", None)],
            "line 1: the price",
        ),
        (
            "too much",
            vec![line(1_000_000, "92233720368.54", None)],
            "more than the ledger",
        ),
    ];
    for (name, lines, reason) in refusals {
        let refused = totals(&euro, &lines).unwrap_err().to_string();
        assert!(refused.contains(reason), "{name}: {refused}");
    }
    let mut cost = line(1, "1.00", None);
    cost.account = String::from("expenses:operations");
    assert_eq!(totals(&euro, &[cost]), Err(DocumentRefusal::Account(1)));
}

#[test]
fn a_credit_note_takes_back_no_more_than_the_invoice() {
    let euro = Currency::money("EUR").unwrap();
    let invoice = [line(3, "33.33", Some((19, 100))), line(1, "10.00", None)];
    let refused = |before: &[DocumentLine], lines: &[DocumentLine]| {
        credit_totals(&euro, &invoice, before, lines).unwrap_err().to_string()
    };
    assert_eq!(lines_left(&invoice, &[]), invoice);
    // A part in pieces, and a part of the price.
    let first = [line(1, "33.33", Some((19, 100))), line(1, "4.00", None)];
    let taken = credit_totals(&euro, &invoice, &[], &first).unwrap();
    assert_eq!((taken.net, taken.gross), (3_733_000_000, 4_366_000_000));
    let rest = lines_left(&invoice, &first);
    assert_eq!(rest, [line(1, "66.66", Some((19, 100))), line(1, "6.00", None)]);
    let whole = totals(&euro, &invoice).unwrap();
    let last = credit_totals(&euro, &invoice, &first, &rest).unwrap();
    assert_eq!(
        (taken.net + last.net, taken.gross + last.gross),
        (whole.net, whole.gross)
    );
    let both = [&first[..], &rest[..]].concat();
    assert_eq!(lines_left(&invoice, &both), []);
    assert_eq!(refused(&both, &first), "line 1: no more than 0.00 is left of it");
    assert_eq!(
        refused(&first, &[line(1, "6.01", None)]),
        "line 1: no more than 6.00 is left of it"
    );
    assert_eq!(
        refused(&[], &[line(1, "7.00", None), line(1, "4.00", None)]),
        "line 2: no more than 3.00 is left of it"
    );
    // Another rate, another account and another text are another line.
    assert!(refused(&[], &[line(1, "1.00", Some((7, 100)))]).contains("no more than 0.00"));
    let mut other = line(1, "1.00", None);
    other.account = String::from("income:dues");
    assert!(refused(&[], &[other]).contains("no more than 0.00"));
    assert!(refused(&[], &[]).contains("1 to 100 lines"));
}

proptest! {
    #[test]
    fn credit_notes_in_any_parts_take_back_the_vat_to_the_last_unit(
        prices in prop::collection::vec((1_u64..100_000, prop::option::of(prop::sample::select(vec![(19, 100), (7, 100), (1, 3)]))), 1..6),
        parts in prop::collection::vec(prop::collection::vec(0_u64..101, 6), 0..5),
    ) {
        let euro = Currency::money("EUR").unwrap();
        let of = |cents: u64, rate| line(1, &format!("{}.{:02}", cents / 100, cents % 100), rate);
        let mut invoice: Vec<DocumentLine> = prices.iter().map(|(cents, rate)| of(*cents, *rate)).collect();
        for (number, line) in invoice.iter_mut().enumerate() {
            line.about = number.to_string();
        }
        let (mut before, mut net, mut gross): (Vec<DocumentLine>, i64, i64) = (Vec::new(), 0, 0);
        let mut notes: Vec<Vec<DocumentLine>> = Vec::new();
        for part in &parts {
            let so_far = [&before[..], &notes.concat()[..]].concat();
            let mut note = lines_left(&invoice, &so_far);
            for line in &mut note {
                let percent = part[line.about.parse::<usize>().unwrap()];
                line.price = Amount::from_units(line.price.units() / 100_000_000 * percent * 1_000_000).unwrap();
            }
            note.retain(|line| line.price != Amount::ZERO);
            if !note.is_empty() {
                notes.push(note);
            }
        }
        let rest = lines_left(&invoice, &notes.concat());
        notes.extend(Some(rest).filter(|rest| !rest.is_empty()));
        for note in &notes {
            let taken = credit_totals(&euro, &invoice, &before, note).unwrap();
            prop_assert!(taken.gross >= taken.net);
            (net, gross) = (net + taken.net, gross + taken.gross);
            before.extend(note.iter().cloned());
        }
        let whole = totals(&euro, &invoice).unwrap();
        prop_assert_eq!((net, gross), (whole.net, whole.gross));
    }
}

#[test]
fn every_part_of_a_document_is_in_its_digest() {
    let euro = Currency::money("EUR").unwrap();
    let id = |number: u128| DocumentId::from_uuid(Uuid::from_u128(number));
    let head = DocumentHead {
        id: id(1),
        kind: DocumentKind::Invoice,
        code: "INV-2026-00001",
        member: None,
        recipient: "Demo",
        issued_on: day("2026-11-26"),
        due_on: day("2026-12-26"),
        currency: "EUR",
        corrects: None,
    };
    assert_eq!(head.kind.code(2026, 1), head.code);
    let lines = [line(2, "10.01", Some((19, 100)))];
    let digest =
        |head: &DocumentHead<'_>, lines: &[DocumentLine]| document_digest(head, lines, &totals(&euro, lines).unwrap());
    let others = [
        DocumentHead { id: id(2), ..head },
        DocumentHead {
            kind: DocumentKind::CreditNote,
            ..head
        },
        DocumentHead {
            code: "INV-2026-00002",
            ..head
        },
        DocumentHead {
            member: Some(MemberId::from_uuid(Uuid::from_u128(1))),
            ..head
        },
        DocumentHead {
            recipient: "Other",
            ..head
        },
        DocumentHead {
            issued_on: day("2026-11-25"),
            ..head
        },
        DocumentHead {
            due_on: day("2026-12-27"),
            ..head
        },
        DocumentHead {
            currency: "CHF",
            ..head
        },
        DocumentHead {
            corrects: Some(id(3)),
            ..head
        },
    ];
    let mut digests: Vec<_> = others.iter().map(|other| digest(other, &lines)).collect();
    let mut changed = [lines[0].clone(), lines[0].clone(), lines[0].clone(), lines[0].clone()];
    changed[0].about = String::from("Days");
    changed[1].quantity = 3;
    changed[2].vat = Some(String::from("other"));
    changed[3].account = String::from("income:dues");
    digests.extend(changed.map(|line| digest(&head, &[line])));
    digests.push(digest(&head, &lines));
    let count = digests.len();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), count);
}

#[test]
fn a_payment_settles_the_named_invoice_first_and_then_what_is_due_first() {
    let invoice = |number: u128, due: &str, open: i64| OpenInvoice {
        id: DocumentId::from_uuid(Uuid::from_u128(number)),
        due_on: day(due),
        open,
    };
    let open = [
        invoice(3, "2026-03-01", 30),
        invoice(1, "2026-01-01", 10),
        invoice(2, "2026-01-01", 20),
        invoice(4, "2026-02-01", 0),
    ];
    let told = |amount: i64, named: Option<u128>| {
        let named = named.map(|number| DocumentId::from_uuid(Uuid::from_u128(number)));
        let found = match_payment(amount, named, &open);
        let settled = found.settled.iter().map(|(id, part)| (id.uuid().as_u128(), *part));
        (settled.collect::<Vec<_>>(), found.credit)
    };
    assert_eq!(told(25, None), (vec![(1, 10), (2, 15)], 0));
    assert_eq!(told(35, Some(3)), (vec![(3, 30), (1, 5)], 0));
    assert_eq!(told(100, Some(9)), (vec![(1, 10), (2, 20), (3, 30)], 40));
}

#[test]
fn a_period_has_one_text() {
    for (text, kind) in [
        ("2026-11", Period::Month),
        ("2026-Q4", Period::Quarter),
        ("2026", Period::Year),
    ] {
        let period: DuesPeriod = text.parse().unwrap();
        assert_eq!((period.kind(), period.name()), (kind, text));
    }
    for wrong in [
        "",
        "26",
        "2026-13",
        "2026-1",
        "2026-00",
        "2026-Q5",
        "2026-q1",
        "2026-11-01",
        "+026",
        "２０２６",
    ] {
        assert!(wrong.parse::<DuesPeriod>().is_err(), "{wrong}");
    }
}

proptest! {
    /// Nobody is a minor unit away from their part of the sum, nothing is lost, and the order of members does not matter.
    #[test]
    fn nobody_is_a_minor_unit_away_from_the_exact_interest(
        days in prop::collection::vec(0_u64..400_000_000, 1..40), price in 1_u64..1_000_000, share in 1_u64..20, minor in prop::sample::select(vec![1_u64, 100_000, 1_000_000, 100_000_000])
    ) {
        let price = Amount::from_units(price * minor).unwrap();
        let rate = Ratio::new(share, 100).unwrap();
        let all = stakes(&days);
        let Ok(found) = interest((price, rate), (365, minor), &all, keccak256(b"word")) else {
            return Ok(());
        };
        let total: u128 = days.iter().map(|days| u128::from(*days)).sum();
        prop_assert_eq!(found.shares.iter().sum::<u64>(), found.total);
        prop_assert_eq!(found.total % minor, 0);
        let exact = total * u128::from(price.units()) * u128::from(share) / (100 * 365);
        prop_assert_eq!(u128::from(found.total), exact / u128::from(minor) * u128::from(minor));
        for (stake, got) in all.iter().zip(&found.shares) {
            let quota = u128::from(found.total) * u128::from(stake.share_days);
            let distance = (u128::from(*got) * total).abs_diff(quota);
            prop_assert!(distance < u128::from(minor) * total);
        }
        let mut turned: Vec<Stake> = all.clone();
        turned.reverse();
        let mut again = interest((price, rate), (365, minor), &turned, keccak256(b"word")).unwrap().shares;
        again.reverse();
        prop_assert_eq!(again, found.shares);
    }
}
