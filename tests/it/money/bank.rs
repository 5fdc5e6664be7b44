//! Aim: each receipt of a bank's statement is recorded once, matched with the invoice that it names, or refused with the reason. Method: statements
//! as banks write them, imported twice and one after the other, beside what is wrong with others.

use serde_json::{Value, json};
use tests::app::TestApp;

use super::world::Till;

/// A movement: amount, direction, status, the bank's reference, and what is in it.
fn entry(amount: &str, direction: &str, status: &str, reference: &str, details: &str) -> String {
    let reference = if reference.is_empty() {
        String::new()
    } else {
        format!("<AcctSvcrRef>{reference}</AcctSvcrRef>")
    };
    format!(
        "<Ntry><Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts><Cd>{status}</Cd></Sts>\
             <BookgDt><Dt>2026-10-05</Dt></BookgDt>{reference}<NtryDtls>{details}</NtryDtls></Ntry>\n"
    )
}

fn detail(end_to_end: &str, about: &str, more: &str) -> String {
    format!(
        "<TxDtls><Refs><EndToEndId>{end_to_end}</EndToEndId></Refs>{more}<RltdPties><Dbtr><Nm>=Demo</Nm></Dbtr></RltdPties>\
             <RmtInf><Ustrd>{about}</Ustrd></RmtInf></TxDtls>"
    )
}

fn statement(entries: &str, closing: &str) -> Value {
    let file = format!(
        "<?xml version='1.0'?><Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt><GrpHdr><MsgId>S</MsgId></GrpHdr>\
         <Stmt><Id>S1</Id><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>\
         <Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>0.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>\
         <Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{closing}</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>\n\
         {entries}</Stmt></BkToCstmrStmt></Document>"
    );
    json!({"file": file, "from": "income:other"})
}

fn outcomes(view: &Value) -> Vec<&str> {
    view["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["outcome"].as_str().unwrap())
        .collect()
}

/// A table of the receipts of a statement records none of them again.
async fn not_from_a_table_either(till: &Till) {
    let table = json!({"currency": "EUR", "into": "assets:bank:main", "from": "income:other",
        "table": "date,amount,reference,description\n2026-10-05,70.00,B1,Again\n"});
    let refused = till.post("income", &table).await;
    assert_eq!(refused.status, 422, "another receipt has that reference");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_is_imported_once_matched_by_invoice_and_refused_by_row() {
    let app = TestApp::start().await;
    let till = Till::open(&app).await;
    let ada = &till.hall.members[0];
    let invoice = json!({"member": ada.member, "issued_on": "2026-10-01", "lines": [{"about": "Training", "quantity": 1, "price": "100.00"}]});
    let issued = till.create("invoices", &invoice).await;
    let customer = json!({"recipient": "Demo GmbH", "issued_on": "2026-10-02", "lines": [{"about": "Hours", "quantity": 1, "price": "50.00"}]});
    let _ = till.create("invoices", &customer).await;
    let batch = detail("NOTPROVIDED", "Donation", "<Amt Ccy='EUR'>4.00</Amt>")
        + &detail("E9", "inv 2026 00001 rest", "<Amt Ccy='EUR'>30.00</Amt>");
    let entries = [
        entry("70.00", "CRDT", "BOOK", "B1", &detail("INV-2026-00001", "thanks", "")),
        entry("34.00", "CRDT", "BOOK", "B2", &batch),
        entry("9.00", "CRDT", "BOOK", "", &detail("E1", "no reference", "")),
        entry("5.00", "CRDT", "PDNG", "B4", &detail("E2", "announced", "")),
        entry("1.00", "DBIT", "BOOK", "B5", &detail("E3", "fee", "")),
        entry("60.00", "CRDT", "BOOK", "B6", &detail("E4", "INV-2026-00002", "")),
        entry(
            "2.00",
            "CRDT",
            "BOOK",
            "B7",
            &detail("E5", "x", "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"),
        ),
        entry("3.00", "CRDT", "BOOK", "B1", &detail("E6", "the same reference", "")),
    ];
    let body = statement(&entries.concat(), "177.00");
    let expected = [
        "payment",
        "income",
        "payment",
        "refused",
        "refused",
        "refused",
        "refused",
        "refused",
        "recorded_before",
    ];
    let seen = till.post("income/statement/preview", &body).await.expect(200);
    assert_eq!(outcomes(&seen), expected, "{seen}");
    assert_eq!(
        till.balance("assets:bank:main").await,
        "none",
        "a preview records nothing"
    );
    let done = till.create("income/statement", &body).await;
    assert_eq!(outcomes(&done), expected);
    assert_eq!(
        (&done["recorded"], &done["refused"], &done["total"]),
        (&json!(3), &json!(5), &json!("104.00"))
    );
    for (row, reason) in [
        (3, "no reference"),
        (4, "only announced"),
        (5, "went out"),
        (6, "more than the invoice"),
        (7, "came back"),
    ] {
        assert!(
            done["rows"][row]["reason"].as_str().unwrap().contains(reason),
            "{row}: {done}"
        );
    }
    let view = till.get(&format!("invoices/{}", issued["id"].as_str().unwrap())).await;
    assert_eq!(view["open"], "0.00");
    assert_eq!(till.balance("income:other").await, "-154.00");
    let again = till.create("income/statement", &body).await;
    assert_eq!((&again["recorded"], &again["recorded_before"]), (&json!(0), &json!(4)));
    not_from_a_table_either(&till).await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_whole_statement_is_refused_whole() {
    let app = TestApp::start().await;
    let till = Till::open(&app).await;
    let fine = entry("1.00", "CRDT", "BOOK", "B1", &detail("E1", "x", ""));
    let change = |from: &str, to: &str| {
        let mut body = statement(&fine, "1.00");
        body["file"] = json!(body["file"].as_str().unwrap().replace(from, to));
        body
    };
    let mut unmatched = statement(&fine, "1.00");
    unmatched["from"] = Value::Null;
    let mut cost = statement(&fine, "1.00");
    cost["from"] = json!("expenses:operations");
    let cases = [
        (statement(&fine, "2.00"), "lacks movements"),
        (change("camt.053", "camt.052"), "file"),
        (change("</Stmt>", ""), "not XML"),
        (
            change(
                "'EUR'>1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>",
                "'EUR'>1.001</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>",
            ),
            "2 decimal places",
        ),
        (cost, "none of income"),
    ];
    for (body, reason) in cases {
        for path in ["income/statement/preview", "income/statement"] {
            let refused = till.post(path, &body).await;
            let text = String::from_utf8_lossy(&refused.bytes).into_owned();
            assert_eq!(refused.status, 422, "{path}: {text}");
            assert!(text.contains(reason), "{reason}: {text}");
        }
    }
    let done = till.create("income/statement", &unmatched).await;
    assert_eq!((outcomes(&done), &done["recorded"]), (vec!["refused"], &json!(0)));
    app.finish().await;
}
