use super::*;
use crate::hash::{Hash32, keccak256};
use crate::ledger::{Currency, Day};
use crate::time::Timestamp;

const EUR: i64 = 100_000_000;
const CENT: i64 = 1_000_000;

fn party(name: &str) -> PartyToTransfer {
    PartyToTransfer {
        name: name.to_owned(),
        iban: Iban::parse("DE89370400440532013000").unwrap(),
        bic: None,
    }
}

fn transfer(number: u8, amount: i64) -> Transfer {
    Transfer {
        attempt: attempt(keccak256(&[number]), 1),
        payee: party("Demo Member"),
        amount,
        about: String::from("Cycle 7"),
    }
}

fn file(transfers: Vec<Transfer>) -> TransferFile {
    TransferFile {
        created_at: Timestamp(1_795_651_201),
        pay_on: "2026-11-27".parse::<Day>().unwrap(),
        currency: Currency::money("EUR").unwrap(),
        payer: party("Demo co-op"),
        transfers,
    }
}

fn refusal(change: impl FnOnce(&mut TransferFile)) -> TransferFileRefusal {
    let mut changed = file(vec![transfer(1, CENT), transfer(2, EUR)]);
    change(&mut changed);
    changed.write(FileVersion::V09).unwrap_err()
}

#[test]
fn the_same_payments_are_the_same_bytes_in_whatever_order_they_are_given() {
    let one = file(vec![
        transfer(1, 1_012 * CENT),
        transfer(2, 50 * EUR),
        transfer(3, CENT),
    ]);
    let mut other = one.clone();
    other.transfers.rotate_left(1);
    for version in [FileVersion::V03, FileVersion::V09] {
        let written = one.write(version).unwrap();
        assert_eq!(written, other.write(version).unwrap());
        assert_eq!(
            (written.transfers, written.total),
            (3, i128::from(60 * EUR + 13 * CENT))
        );
        for part in [
            "<NbOfTxs>3</NbOfTxs><CtrlSum>60.13</CtrlSum>",
            "<CreDtTm>2026-11-26T00:00:01Z</CreDtTm>",
            "<InstdAmt Ccy=\"EUR\">10.12</InstdAmt>",
            "<Cd>SEPA</Cd>",
        ] {
            assert!(written.xml.contains(part), "{part} in {}", written.xml);
        }
    }
    let mut again = one.clone();
    again.transfers[0].attempt = attempt(keccak256(&[1]), 2);
    assert_ne!(
        again.write(FileVersion::V09).unwrap().id,
        one.write(FileVersion::V09).unwrap().id
    );
}

#[test]
fn a_file_is_refused_where_a_bank_would_refuse_it_or_pay_wrongly() {
    type Change = fn(&mut TransferFile);
    let cases: [(Change, TransferFileRefusal); 9] = [
        (|file| file.transfers.clear(), TransferFileRefusal::Empty),
        (
            |file| file.transfers = vec![transfer(1, CENT); TRANSFERS_MAX + 1],
            TransferFileRefusal::TooMany,
        ),
        (
            |file| file.transfers[1].amount = 0,
            TransferFileRefusal::Amount { transfer: 1 },
        ),
        (
            |file| file.transfers[0].amount = -CENT,
            TransferFileRefusal::Amount { transfer: 0 },
        ),
        (
            |file| file.transfers[0].amount = 1_000_000_000 * EUR,
            TransferFileRefusal::Amount { transfer: 0 },
        ),
        (
            |file| file.transfers[0].amount = CENT + 1,
            TransferFileRefusal::TooFine { transfer: 0 },
        ),
        (
            |file| file.transfers[0].payee.name = String::from("李雷"),
            TransferFileRefusal::Payee {
                transfer: 0,
                why: NotWritten,
            },
        ),
        (
            |file| file.payer.name = String::new(),
            TransferFileRefusal::Payer(NotWritten),
        ),
        (
            |file| file.created_at = Timestamp(u64::MAX),
            TransferFileRefusal::Moment,
        ),
    ];
    for (change, expected) in cases {
        assert_eq!(refusal(change), expected);
    }
    let twice = refusal(|file| file.transfers[1].attempt = file.transfers[0].attempt);
    assert!(matches!(twice, TransferFileRefusal::Twice { .. }), "{twice:?}");
}

#[test]
fn a_currency_without_decimal_places_is_written_without_them() {
    let mut yen = file(vec![transfer(1, 1_200 * EUR)]);
    yen.currency = Currency::money("JPY").unwrap();
    let written = yen.write(FileVersion::V09).unwrap();
    assert!(
        written.xml.contains("<InstdAmt Ccy=\"JPY\">1200</InstdAmt>"),
        "{}",
        written.xml
    );
    assert!(!written.xml.contains("SEPA"));
    yen.transfers[0].amount += CENT;
    assert_eq!(
        yen.write(FileVersion::V09),
        Err(TransferFileRefusal::TooFine { transfer: 0 })
    );
}

#[test]
fn nothing_that_a_name_holds_becomes_part_of_the_file() {
    let mut hostile = file(vec![transfer(1, EUR)]);
    hostile.transfers[0].payee.name = String::from("A</Nm><Amt>9</Amt>&amp;<!--");
    hostile.transfers[0].about = String::from("]]><x/>");
    let written = hostile.write(FileVersion::V09).unwrap();
    assert!(
        written.xml.contains("<Cdtr><Nm>A /Nm Amt 9 /Amt +amp --</Nm>"),
        "{}",
        written.xml
    );
}

fn document(message: &str, inside: &str) -> String {
    format!("<?xml version='1.0'?>\n<Document xmlns='urn:iso:std:iso:20022:tech:xsd:{message}'>{inside}</Document>")
}

fn report(group: &str, transfers: &str) -> String {
    document(
        "pain.002.001.10",
        &format!(
            "<CstmrPmtStsRpt><GrpHdr><MsgId>B1</MsgId></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>M1</OrgnlMsgId>{group}\
             </OrgnlGrpInfAndSts><OrgnlPmtInfAndSts>{transfers}</OrgnlPmtInfAndSts></CstmrPmtStsRpt>"
        ),
    )
}

fn answer(reference: &str, status: &str) -> String {
    format!("<TxInfAndSts><OrgnlEndToEndId>{reference}</OrgnlEndToEndId>{status}</TxInfAndSts>")
}

#[test]
fn an_answer_is_of_each_payment_or_of_all_and_silence_is_no_answer() {
    let refused = "<TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>closed</AddtlInf></StsRsnInf>";
    let text = report(
        "<GrpSts>PART</GrpSts>",
        &(answer("E1", refused) + &answer("E2", "<TxSts>ACSC</TxSts>")),
    );
    let BankMessage::StatusReport(partly) = BankMessage::read(&text).unwrap() else {
        panic!("{text}")
    };
    let closed = BankReason {
        code: String::from("AC04"),
        text: Some(String::from("closed")),
    };
    assert_eq!((partly.id.as_str(), partly.about.as_str()), ("B1", "M1"));
    assert_eq!(partly.of("E1"), Some((TransferStatus::Rejected, Some(&closed))));
    assert_eq!(partly.of("E2"), Some((TransferStatus::Settled, None)));
    assert_eq!(
        partly.of("E3"),
        None,
        "a payment that a partial answer does not name is open"
    );
    assert_eq!(partly.named().count(), 2);

    for (status, expected) in [
        ("RJCT", TransferStatus::Rejected),
        ("ACCP", TransferStatus::Accepted),
        ("RCVD", TransferStatus::Pending),
    ] {
        let text = report(&format!("<GrpSts>{status}</GrpSts>"), "");
        let BankMessage::StatusReport(whole) = BankMessage::read(&text).unwrap() else {
            panic!("{text}")
        };
        assert_eq!(whole.of("E9").map(|(status, _)| status), Some(expected));
    }
    // The status of a batch is that of its payments where they have none of their own.
    let text = report("", &("<PmtInfSts>RJCT</PmtInfSts>".to_owned() + &answer("E1", "")));
    let BankMessage::StatusReport(batch) = BankMessage::read(&text).unwrap() else {
        panic!("{text}")
    };
    assert_eq!(batch.of("E1").map(|(status, _)| status), Some(TransferStatus::Rejected));
    assert_eq!(batch.of("E2"), None);
}

fn statement(entries: &str, closing: &str) -> String {
    document(
        "camt.053.001.08",
        &format!(
            "<BkToCstmrStmt><GrpHdr><MsgId>S</MsgId></GrpHdr><Stmt><Id>S1</Id><ElctrncSeqNb>7</ElctrncSeqNb>\
             <Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>\
             <Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>\
             <Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{closing}</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>\
             {entries}</Stmt></BkToCstmrStmt>"
        ),
    )
}

fn entry(amount: &str, direction: &str, status: &str, details: &str) -> String {
    format!(
        "\n<Ntry><Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts>{status}</Sts>\
         <BookgDt><DtTm>2026-11-27T10:00:00+01:00</DtTm></BookgDt><ValDt><Dt>2026-11-28</Dt></ValDt>\
         <NtryDtls>{details}</NtryDtls></Ntry>"
    )
}

fn detail(reference: &str, more: &str) -> String {
    format!("<TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs>{more}</TxDtls>")
}

fn read_statement(text: &str) -> Statement {
    match BankMessage::read(text) {
        Ok(BankMessage::Statements(mut statements)) => statements.remove(0),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_statement_is_read_with_its_returns_and_its_batches_and_shows_what_it_leaves_out() {
    let returned =
        "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf><RltdPties><Dbtr><Pty><Nm>Demo Member</Nm></Pty></Dbtr></RltdPties>";
    let batch = detail("E1", "<Amt Ccy='EUR'>10.10</Amt>")
        + &detail("E2", "<AmtDtls><TxAmt><Amt Ccy='EUR'>9.90000</Amt></TxAmt></AmtDtls>");
    let entries = entry("20.00", "DBIT", "<Cd>BOOK</Cd>", &batch)
        + &entry("9.90", "CRDT", "BOOK", &detail("E2", returned))
        + &entry("5.00", "DBIT", "<Cd>PDNG</Cd>", &detail("NOTPROVIDED", ""));
    let read = read_statement(&statement(&entries, "89.90"));
    assert_eq!((read.kind, read.sequence), (StatementKind::EndOfDay, Some(7)));
    assert_eq!(read.unexplained(), Some(0), "what is announced does not count");
    let amounts: Vec<(i64, bool, u32)> = read
        .entries
        .iter()
        .map(|entry| (entry.amount, entry.is_booked, entry.line))
        .collect();
    assert_eq!(
        amounts,
        [(-20 * EUR, true, 3), (990 * CENT, true, 4), (-5 * EUR, false, 5)]
    );
    let parts: Vec<Option<i64>> = read.entries[0].details.iter().map(|detail| detail.amount).collect();
    assert_eq!(parts, [Some(-1_010 * CENT), Some(-990 * CENT)]);
    let back = &read.entries[1].details[0];
    assert_eq!(back.returned.as_ref().map(|reason| reason.code.as_str()), Some("AC04"));
    assert_eq!(
        (back.amount, back.other_party.as_deref()),
        (Some(990 * CENT), Some("Demo Member"))
    );
    assert_eq!(read.entries[2].details[0].end_to_end, None);
    assert_eq!(
        read.entries[0].booked_on.map(|day| day.to_string()).as_deref(),
        Some("2026-11-27")
    );

    // One entry left out: eleven cents are unexplained.
    let gap = read_statement(&statement(&entries, "89.79"));
    assert_eq!(gap.unexplained(), Some(i128::from(-11 * CENT)));
}

#[test]
fn a_returned_payment_may_be_less_than_was_sent_and_never_more() {
    let text = |sent: &str, back: &str| {
        document(
            "pacs.004.001.09",
            &format!(
                "<PmtRtr><GrpHdr><MsgId>R1</MsgId><IntrBkSttlmDt>2026-12-01</IntrBkSttlmDt></GrpHdr><TxInf>\
                 <OrgnlEndToEndId>E1</OrgnlEndToEndId><OrgnlIntrBkSttlmAmt Ccy='EUR'>{sent}</OrgnlIntrBkSttlmAmt>\
                 <RtrdIntrBkSttlmAmt Ccy='EUR'>{back}</RtrdIntrBkSttlmAmt>\
                 <RtrRsnInf><Rsn><Prtry>gone</Prtry></Rsn></RtrRsnInf></TxInf></PmtRtr>"
            ),
        )
    };
    let BankMessage::Returns(returns) = BankMessage::read(&text("20.00", "17.50")).unwrap() else {
        panic!("no returns")
    };
    let back = &returns.transfers[0];
    assert_eq!(
        (back.end_to_end.as_str(), back.sent, back.came_back),
        ("E1", Some(20 * EUR), 1_750 * CENT)
    );
    assert_eq!(
        back.settled_on.map(|day| day.to_string()).as_deref(),
        Some("2026-12-01")
    );
    assert_eq!(back.reason.as_ref().map(|reason| reason.code.as_str()), Some("gone"));
    let more = BankMessage::read(&text("20.00", "20.01"));
    assert!(
        matches!(
            more,
            Err(BankFileRefusal::Value {
                line: 2,
                element: "RtrdIntrBkSttlmAmt",
                ..
            })
        ),
        "{more:?}"
    );
}

#[test]
fn a_file_that_is_none_is_refused_with_its_line() {
    let good = entry("1.00", "DBIT", "BOOK", &detail("E1", ""));
    let spoiled = |from: &str, to: &str| {
        let text = statement(&good, "99.00");
        assert!(text.contains(from), "{from}");
        BankMessage::read(&text.replace(from, to)).unwrap_err()
    };
    let cases: [(BankFileRefusal, &str); 14] = [
        (spoiled("camt.053", "camt.029"), "camt.029.001.08"),
        (
            spoiled("'urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'", "'x'"),
            "but x",
        ),
        (spoiled("</Stmt>", ""), "line 3: this is not XML"),
        (
            spoiled("<?xml version='1.0'?>", "<!DOCTYPE x [<!ENTITY a 'b'>]>"),
            "line 1: this is not XML",
        ),
        (spoiled("<Id>S1</Id>", ""), "Id is missing"),
        (
            spoiled("DE89370400440532013000", "DE88370400440532013000"),
            "check digits",
        ),
        (spoiled("'EUR'>1.00", "'EUR'>1,00"), "line 3: Amt is \"1,00\""),
        (spoiled("'EUR'>1.00", "'EUR'>-1.00"), "has no sign"),
        (spoiled("'EUR'>1.00", "'EUR'>1.001"), "2 decimal places"),
        (
            spoiled("'EUR'>1.00", "'EUR'>99999999999999999999"),
            "more than the ledger",
        ),
        (spoiled("'EUR'>1.00", "'USD'>1.00"), "not in EUR"),
        (spoiled("DBIT", "DBTI"), "neither CRDT nor DBIT"),
        (spoiled("<Sts>BOOK", "<Sts>BOKO"), "neither booked nor announced"),
        (spoiled("2026-11-28", "2026-02-30"), "ValDt is \"2026-02-30\""),
    ];
    for (refusal, expected) in cases {
        assert!(refusal.to_string().contains(expected), "{refusal} for {expected}");
    }
    let twice = detail("E1", "<Amt Ccy='EUR'>0.40</Amt>") + &detail("E2", "<Amt Ccy='EUR'>0.59</Amt>");
    let sum = BankMessage::read(&statement(&entry("1.00", "DBIT", "BOOK", &twice), "99.00"));
    assert_eq!(sum, Err(BankFileRefusal::Sum { line: 3 }));
    let twice = answer("E1", "<TxSts>ACCP</TxSts>") + &answer("E1", "<TxSts>RJCT</TxSts>");
    let error = BankMessage::read(&report("", &twice)).unwrap_err();
    assert!(error.to_string().contains("answers twice"), "{error}");
    let unknown = BankMessage::read(&report("", &answer("E1", "<TxSts>YESS</TxSts>"))).unwrap_err();
    assert!(unknown.to_string().contains("YESS"), "{unknown}");
}

#[test]
fn hostile_files_end_in_a_refusal_in_bounded_time() {
    let deep = "<a>".repeat(200_000);
    for text in ["", "\0", "<Document/>", &deep, &document("camt.053.001.08", &deep)] {
        assert!(BankMessage::read(text).is_err());
    }
    let large = " ".repeat(BANK_FILE_LENGTH_MAX + 1);
    assert_eq!(BankMessage::read(&large), Err(BankFileRefusal::TooLarge));
    // Every byte of a good file in turn is left out or changed: what is read or refused does not matter, only that it ends.
    let good = statement(&entry("1.00", "DBIT", "BOOK", &detail("E1", "")), "99.00");
    for place in 0..good.len() {
        for letter in [None, Some('<'), Some('9'), Some('\u{2028}')] {
            let mut changed = good.clone();
            changed.replace_range(place..=place, &letter.map(String::from).unwrap_or_default());
            let _ = BankMessage::read(&changed);
        }
    }
}

#[test]
fn what_is_written_names_each_payment_by_its_reference() {
    let written = file(vec![transfer(1, CENT), transfer(2, EUR)])
        .write(FileVersion::V03)
        .unwrap();
    for number in [1, 2] {
        let reference = end_to_end(attempt(keccak256(&[number]), 1));
        assert!(written.xml.contains(&format!("<EndToEndId>{reference}</EndToEndId>")));
    }
    assert_eq!(written.id.len(), 32);
    assert_ne!(Hash32::ZERO, attempt(Hash32::ZERO, 0));
}
