//! What banks answer, written here: what follows from it, once, and what does not.

use serde_json::{Value, json};
use tests::app::TestApp;
use tests::person::Reply;

use super::world::{CO_OP, House, stands};

/// A file that answers about payments: which, what, why.
pub fn status(name: &str, about: &str, said: &[(&str, &str, &str)]) -> String {
    let transfers: String = said
        .iter()
        .map(|(reference, status, reason)| {
            format!(
                "<TxInfAndSts><OrgnlEndToEndId>{reference}</OrgnlEndToEndId><TxSts>{status}</TxSts>\
                 <StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf></TxInfAndSts>"
            )
        })
        .collect();
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt><GrpHdr><MsgId>{name}</MsgId></GrpHdr>\
         <OrgnlGrpInfAndSts><OrgnlMsgId>{about}</OrgnlMsgId></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts>{transfers}</OrgnlPmtInfAndSts>\
         </CstmrPmtStsRpt></Document>"
    )
}

/// A statement of a day: the balance before, and what was booked under which references.
pub fn statement(name: &str, (day, opening): (&str, i64), booked: &[(&str, i64)]) -> String {
    let amount = |cents: i64| format!("{}.{:02}", cents.abs() / 100, cents.abs() % 100);
    let side = |cents: i64| if cents < 0 { "DBIT" } else { "CRDT" };
    let closing = opening + booked.iter().map(|(_, cents)| cents).sum::<i64>();
    let balance = |code: &str, cents: i64| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{}</Amt><CdtDbtInd>{}</CdtDbtInd>\
             <Dt><Dt>{day}</Dt></Dt></Bal>",
            amount(cents),
            side(cents)
        )
    };
    let entries: String = booked
        .iter()
        .map(|(reference, cents)| {
            format!(
                "<Ntry><Amt Ccy=\"EUR\">{}</Amt><CdtDbtInd>{}</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>{day}</Dt></BookgDt>\
                 <NtryDtls><TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>",
                amount(*cents),
                side(*cents)
            )
        })
        .collect();
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><Stmt><Id>{name}</Id>\
         <Acct><Id><IBAN>{CO_OP}</IBAN></Id><Ccy>EUR</Ccy></Acct>{}{}{entries}</Stmt></BkToCstmrStmt></Document>",
        balance("OPBD", opening),
        balance("CLBD", closing)
    )
}

/// A payment that came back.
pub fn back(name: &str, reference: &str, (sent, came_back): (&str, &str)) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pacs.004.001.09\"><PmtRtr><GrpHdr><MsgId>{name}</MsgId></GrpHdr><TxInf>\
         <OrgnlEndToEndId>{reference}</OrgnlEndToEndId><OrgnlIntrBkSttlmAmt Ccy=\"EUR\">{sent}</OrgnlIntrBkSttlmAmt>\
         <RtrdIntrBkSttlmAmt Ccy=\"EUR\">{came_back}</RtrdIntrBkSttlmAmt><IntrBkSttlmDt>2026-12-04</IntrBkSttlmDt>\
         <RtrRsnInf><Rsn><Cd>AC04</Cd></Rsn></RtrRsnInf></TxInf></PmtRtr></Document>"
    )
}

impl House {
    /// Brings in a file of the bank.
    pub async fn hear(&self, file: &str) -> Reply {
        self.post(&self.treasurer, "bank-files", &json!({"file": file})).await
    }

    /// Looks what it would do.
    pub async fn look(&self, file: &str) -> Value {
        let path = "bank-files/preview";
        self.post(&self.treasurer, path, &json!({"file": file}))
            .await
            .expect(200)
    }

    /// The references of the payments of a cycle, by their members.
    pub async fn references(&self, cycle: &str) -> Vec<String> {
        let mut found = Vec::new();
        for member in &self.hall.members {
            let path = format!("payouts/{cycle}/payment");
            let payment = self.get(member, &path).await.expect(200);
            found.push(payment["reference"].as_str().unwrap_or_default().to_owned());
        }
        found
    }

    /// A cycle of which three payments of a hundred were asked of the bank, and their references.
    pub async fn asked(&self) -> (String, Value, Vec<String>) {
        let cycle = self.owing("2026-Q3", "600.00").await;
        self.everybody_is_known().await;
        let _ = self.issue(&cycle).await;
        let file = self.prepare(&cycle).await.expect(201);
        let _ = self.release(&self.auditor, &cycle, &file).await.expect(200);
        let references = self.references(&cycle).await;
        (cycle, file, references)
    }
}

/// The story of every way a payment can go, told by the bank's files, each brought in once.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_bank_says_moves_each_payment_once() {
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    let (cycle, file, references) = house.asked().await;
    let [ana, ben, cem] = [&*references[0], &*references[1], &*references[2]];
    let message = file["message"].as_str().unwrap();
    let answer = status(
        "status-1",
        message,
        &[(ana, "ACCP", "G000"), (ben, "ACSC", "G000"), (cem, "RJCT", "AC04")],
    );
    let would = house.look(&answer).await;
    assert_eq!(would["is_known"], false);
    assert_eq!(
        house.stand(&cycle).await,
        stands(&[("held", 3), ("submitted", 3)]),
        "a preview changes nothing"
    );
    let did = house.hear(&answer).await.expect(201);
    assert_eq!((&did["changes"], &did["items"]), (&would["changes"], &would["items"]));
    assert_eq!(
        house.stand(&cycle).await,
        stands(&[("accepted", 2), ("held", 3), ("ready", 1)])
    );
    assert_eq!(house.lies().await, ["-400.00", "-200.00", "0.00"]);
    let _ = house.hear(&answer).await.problem("payment-state");
    // The statement pays one, and speaks of something else.
    let day = statement("day-1", ("2026-12-01", 100_000), &[(ana, -10_000), ("rent", -5_000)]);
    let did = house.hear(&day).await.expect(201);
    assert_eq!(
        (&did["unmatched"], &did["statements"][0]["unexplained"]),
        (&json!(1), &json!("0.00")),
        "{did}"
    );
    assert_eq!(house.lies().await, ["-400.00", "-100.00", "0.00"]);
    // Another file that says the same changes nothing more.
    let again = statement("day-1b", ("2026-12-01", 100_000), &[(ana, -10_000)]);
    assert_eq!(house.hear(&again).await.expect(201)["changes"], json!([]));
    // It comes back with a charge kept; the member is still owed the whole.
    let main = house.balance("assets:bank:main").await;
    assert_eq!(main, "500.00", "600.00 came in and 100.00 went out");
    let did = house.hear(&back("back-1", ana, ("100.00", "97.50"))).await.expect(201);
    assert_eq!(did["items"][0]["becomes"], "returned");
    assert_eq!(house.lies().await, ["-500.00", "-100.00", "0.00"]);
    assert_eq!(house.balance("expenses:bank-fees").await, "2.50");
    assert_eq!(house.balance("assets:bank:main").await, "597.50");
    // What was refused and what came back is tried again, under other references; what was not answered is not.
    let next = house.prepare(&cycle).await.expect(201);
    assert_eq!(next["transfers"], 2);
    let later = house.references(&cycle).await;
    assert!(later[0] != ana && later[2] != cem && later[1] == ben);
    // A bank that pays what it refused, pays another amount, or pays what was not released, is not believed.
    for (name, booked) in [
        ("odd-1", (cem, -10_000)),
        ("odd-2", (ben, -9_999)),
        ("odd-3", (&*later[0], -10_000)),
    ] {
        let did = house
            .hear(&statement(name, ("2026-12-02", 0), &[booked]))
            .await
            .expect(201);
        assert_eq!(
            (&did["contradictions"], &did["changes"]),
            (&json!(1), &json!([])),
            "{did}"
        );
    }
    app.finish().await;
}

/// Aim: silence is no answer. Method: statements of days after the payment do not speak of it: it is unknown, nothing is sent again, and what
/// the bank says later is believed.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_bank_does_not_speak_of_is_unknown_and_is_not_sent_again() {
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    let (cycle, _, references) = house.asked().await;
    let early = statement("early", ("2999-12-31", 0), &[(&references[0], -10_000)]);
    let _ = house.hear(&early).await.expect(201);
    assert_eq!(
        house.stand(&cycle).await,
        stands(&[("held", 3), ("settled", 1), ("submitted", 2)])
    );
    // Three days later, in the next millennium.
    let late = statement("late", ("3000-01-03", -10_000), &[]);
    let did = house.hear(&late).await.expect(201);
    assert_eq!(
        did["changes"],
        json!([{"state": "unknown", "payments": 2, "total": "200.00"}])
    );
    assert_eq!(
        house.stand(&cycle).await,
        stands(&[("held", 3), ("settled", 1), ("unknown", 2)])
    );
    assert_eq!(house.lies().await, ["-300.00", "-200.00", "0.00"]);
    let _ = house.prepare(&cycle).await.problem("payment-state");
    let found = statement("found", ("3000-01-04", -10_000), &[(&references[1], -10_000)]);
    let _ = house.hear(&found).await.expect(201);
    assert_eq!(
        house.stand(&cycle).await,
        stands(&[("held", 3), ("settled", 2), ("unknown", 1)])
    );
    app.finish().await;
}

/// Aim: a broken file is refused whole, with its line. Method: files that are none, of another account, and with a wrong amount.
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_file_of_a_bank_is_refused_whole() {
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    let (cycle, file, references) = house.asked().await;
    let good = statement("day-1", ("2026-12-01", 0), &[(&references[0], -10_000)]);
    let message = file["message"].as_str().unwrap();
    for wrong in [
        String::from("nothing"),
        good.replace(CO_OP, "DE89370400440532013000"),
        good.replace(">100.00<", ">100.001<"),
        good.replace(">100.00<", ">-100.00<"),
        good.replace("camt.053", "camt.099"),
        good[..good.len() - 9].to_owned(),
        status(
            "s",
            message,
            &[(&references[0], "RJCT", "AC04"), (&references[0], "ACCP", "G000")],
        ),
    ] {
        let refused = house.hear(&wrong).await.problem("invalid-field");
        assert_eq!(refused["field"], "file", "{refused}");
    }
    assert_eq!(house.stand(&cycle).await, stands(&[("held", 3), ("submitted", 3)]));
    app.finish().await;
}

/// Aim: what a bank tells late is not lost. Method: a statement of a day whose year was closed meanwhile moves its payment on the first day that is
/// open, and says its own day.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_bank_says_of_a_closed_year_is_posted_on_the_first_open_day() {
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    let (cycle, _, references) = house.asked().await;
    let path = "years/2025/closing";
    let seen = house.get(&house.treasurer, path).await.expect(200);
    let _ = house
        .post(&house.treasurer, path, &json!({"digest": seen["digest"]}))
        .await
        .expect(201);
    let late = statement("late", ("2025-12-31", 0), &[(&references[0], -10_000)]);
    let _ = house.hear(&late).await.expect(201);
    assert_eq!(
        house.stand(&cycle).await,
        stands(&[("held", 3), ("settled", 1), ("submitted", 2)])
    );
    let posted = "SELECT effective_on::text, description FROM journal WHERE description LIKE 'camt.053%'";
    let row = app.database.superuser().await.query_one(posted, &[]).await.unwrap();
    assert_eq!(
        (row.get::<_, String>(0), row.get::<_, String>(1)),
        (
            String::from("2026-01-01"),
            String::from("camt.053 late of the bank, which says 2025-12-31; that year is closed")
        )
    );
    app.finish().await;
}
