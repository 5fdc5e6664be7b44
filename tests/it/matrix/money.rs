//! The rows of money beside payout cycles.

use serde_json::{Value, json};

use super::{ACTIVE, Ask, MEMBERS, Operation, TREASURERS, Who, World, operation, with};
use crate::money::world::terms;

/// Whoever holds an office.
const OFFICERS: [u16; 8] = [401, 404, 403, 403, 200, 200, 200, 404];
/// Whoever holds an office and prepared nothing: the treasurer did.
const APPROVERS: [u16; 8] = [401, 404, 403, 403, 403, 200, 200, 404];
/// Whoever holds an office, and the plain member about themselves.
const OFFICERS_AND_OWN: [u16; 8] = [401, 404, 200, 404, 200, 200, 200, 404];

/// Those of this area.
pub fn operations() -> Vec<Operation> {
    let mut all = decided();
    all.extend(shares());
    all.extend(owed());
    all.extend(charged());
    all.extend(received());
    all.extend(bills());
    all.extend(years());
    all
}

fn decided() -> Vec<Operation> {
    vec![
        operation!(
            "GET /api/v1/coops/{coop}/money/terms",
            MEMBERS,
            false,
            |_world, _who| Ask::plain()
        ),
        operation!(
            "POST /api/v1/coops/{coop}/money/terms/preview",
            ACTIVE,
            false,
            |_world, _who| Ask::plain().body(json!({"terms": terms()}))
        ),
    ]
}

impl World {
    /// Shares that a member subscribes.
    fn subscription(&self) -> Value {
        let member = self.insider(Who::Member).member;
        json!({"member": member, "kind": "subscribed", "shares": 1, "effective_on": "2026-01-01"})
    }

    /// Shares that stood for a year, so that it has interest; of another member for each request.
    async fn with_interest(&self, year: u16) -> String {
        let (insider, _) = self.target(&[]).await;
        let treasurer = &self.insider(Who::Treasurer).person;
        // Interest is a cost, and there must be something to share afterwards.
        let mut income = super::ledger::dues();
        income["entries"][0]["amount"] = json!("100.00");
        income["entries"][1]["amount"] = json!("-100.00");
        let _ = self.posted(&self.coop).await;
        let _ = treasurer
            .post(&self.coop.path("journal"))
            .json(&income)
            .send()
            .await
            .expect(201);
        for kind in ["subscribed", "paid"] {
            let body =
                json!({"member": insider.member, "kind": kind, "shares": 9, "effective_on": format!("{year}-01-01")});
            let _ = treasurer.post(&self.coop.path("shares")).json(&body).send().await;
        }
        year.to_string()
    }
}

fn shares() -> Vec<Operation> {
    vec![
        operation!("GET /api/v1/coops/{coop}/shares", MEMBERS, false, |_world, _who| {
            Ask::plain()
        }),
        operation!(
            "GET /api/v1/coops/{coop}/shares/register",
            MEMBERS,
            false,
            |_world, _who| Ask::plain()
        ),
        operation!(
            "GET /api/v1/coops/{coop}/shares/register.csv",
            MEMBERS,
            false,
            |_world, _who| Ask::plain()
        ),
        operation!(
            "POST /api/v1/coops/{coop}/shares/preview",
            TREASURERS,
            false,
            |world, _who| Ask::plain().body(world.subscription())
        ),
        operation!(
            "POST /api/v1/coops/{coop}/shares",
            with(TREASURERS, 201),
            true,
            |world, _who| Ask::plain().body(world.subscription())
        ),
        operation!(
            "GET /api/v1/coops/{coop}/shares/interest/{year}",
            TREASURERS,
            false,
            |world, _who| Ask::plain().id("year", world.with_interest(2025).await)
        ),
        operation!(
            "POST /api/v1/coops/{coop}/shares/interest/{year}",
            with(TREASURERS, 201),
            true,
            |world, _who| Ask::plain().id("year", world.with_interest(2024).await)
        ),
    ]
}

fn owed() -> Vec<Operation> {
    vec![
        operation!(
            "POST /api/v1/coops/{coop}/invoices/preview",
            TREASURERS,
            false,
            |world, _who| Ask::plain().body(world.an_invoice())
        ),
        operation!(
            "POST /api/v1/coops/{coop}/invoices",
            with(TREASURERS, 201),
            true,
            |world, _who| Ask::plain().body(world.an_invoice())
        ),
        operation!("GET /api/v1/coops/{coop}/invoices", MEMBERS, false, |_world, _who| {
            Ask::plain()
        }),
        operation!(
            "GET /api/v1/coops/{coop}/invoices/{document}",
            OFFICERS_AND_OWN,
            false,
            |world, _who| Ask::plain().id("document", world.invoice().await)
        ),
        operation!(
            "POST /api/v1/coops/{coop}/invoices/{document}/credit-note",
            with(TREASURERS, 201),
            true,
            |world, _who| {
                let body = json!({"reason": "for a test", "issued_on": "2026-11-26"});
                Ask::plain().id("document", world.invoice().await).body(body)
            }
        ),
        operation!(
            "POST /api/v1/coops/{coop}/invoices/{document}/credit-note/preview",
            TREASURERS,
            false,
            |world, _who| {
                let body = json!({"reason": "for a test", "issued_on": "2026-11-26",
                    "lines": [{"line": 1, "quantity": 1, "price": "0.01"}]});
                Ask::plain().id("document", world.invoice().await).body(body)
            }
        ),
    ]
}

fn charged() -> Vec<Operation> {
    vec![
        operation!(
            "POST /api/v1/coops/{coop}/dues/preview",
            TREASURERS,
            false,
            |_world, _who| Ask::plain().body(json!({"period": "2026-11", "issued_on": "2026-11-26"}))
        ),
        operation!(
            "POST /api/v1/coops/{coop}/dues",
            with(TREASURERS, 201),
            true,
            |_world, _who| Ask::plain().body(json!({"period": "2026", "issued_on": "2026-11-26"}))
        ),
        operation!(
            "POST /api/v1/coops/{coop}/usage-invoices/preview",
            TREASURERS,
            false,
            |_world, _who| Ask::plain().body(json!({"issued_on": "2026-11-26"}))
        ),
        // Nobody used anything.
        operation!(
            "POST /api/v1/coops/{coop}/usage-invoices",
            with(TREASURERS, 409),
            false,
            |_world, _who| Ask::plain().body(json!({"issued_on": "2026-11-26"}))
        ),
        operation!(
            "POST /api/v1/coops/{coop}/entrance-fees",
            with(TREASURERS, 201),
            true,
            |world, _who| {
                let (insider, _) = world.target(&[]).await;
                Ask::plain().body(json!({"member": insider.member, "received_on": "2026-11-26"}))
            }
        ),
        operation!(
            "GET /api/v1/coops/{coop}/money/account",
            MEMBERS,
            false,
            |_world, _who| Ask::plain()
        ),
        operation!(
            "GET /api/v1/coops/{coop}/money/arrears",
            OFFICERS,
            false,
            |_world, _who| Ask::plain()
        ),
        operation!(
            "GET /api/v1/coops/{coop}/members/{member}/account",
            OFFICERS_AND_OWN,
            false,
            |world, _who| Ask::plain().id("member", world.insider(Who::Member).member)
        ),
    ]
}

fn received() -> Vec<Operation> {
    vec![
        operation!(
            "POST /api/v1/coops/{coop}/incoming-payments/preview",
            TREASURERS,
            false,
            |world, _who| Ask::plain().body(world.a_payment())
        ),
        operation!(
            "POST /api/v1/coops/{coop}/incoming-payments",
            with(TREASURERS, 201),
            true,
            |world, _who| Ask::plain().body(world.a_payment())
        ),
        operation!(
            "POST /api/v1/coops/{coop}/income/statement/preview",
            TREASURERS,
            false,
            |_world, _who| Ask::plain().body(a_statement())
        ),
        operation!(
            "POST /api/v1/coops/{coop}/income/statement",
            with(TREASURERS, 201),
            true,
            |_world, _who| Ask::plain().body(a_statement())
        ),
    ]
}

fn bills() -> Vec<Operation> {
    vec![
        operation!(
            "POST /api/v1/coops/{coop}/bills",
            with(TREASURERS, 201),
            true,
            |_world, _who| Ask::plain().body(a_bill())
        ),
        operation!("GET /api/v1/coops/{coop}/bills", OFFICERS, false, |_world, _who| {
            Ask::plain()
        }),
        operation!(
            "GET /api/v1/coops/{coop}/bills/{bill}",
            OFFICERS,
            false,
            |world, _who| Ask::plain().id("bill", world.bill(false).await.0)
        ),
        operation!(
            "POST /api/v1/coops/{coop}/bills/{bill}/approvals",
            APPROVERS,
            true,
            |world, _who| {
                let (bill, digest) = world.bill(false).await;
                Ask::plain().id("bill", bill).body(json!({"digest": digest}))
            }
        ),
        operation!(
            "POST /api/v1/coops/{coop}/bills/{bill}/payment",
            TREASURERS,
            true,
            |world, _who| {
                let (bill, _) = world.bill(true).await;
                Ask::plain().id("bill", bill).body(json!({"paid_on": "2026-11-26"}))
            }
        ),
        operation!(
            "POST /api/v1/coops/{coop}/bills/{bill}/cancellation",
            TREASURERS,
            true,
            |world, _who| {
                let (bill, _) = world.bill(false).await;
                Ask::plain().id("bill", bill).body(json!({"reason": "for a test"}))
            }
        ),
    ]
}

fn years() -> Vec<Operation> {
    vec![
        operation!("GET /api/v1/coops/{coop}/years", MEMBERS, false, |_world, _who| {
            Ask::plain()
        }),
        operation!(
            "GET /api/v1/coops/{coop}/years/{year}/closing",
            TREASURERS,
            false,
            |_world, _who| Ask::plain().id("year", 2010)
        ),
        operation!(
            "POST /api/v1/coops/{coop}/years/{year}/closing",
            with(TREASURERS, 201),
            true,
            |world, _who| {
                let path = world.coop.path("years/1999/closing");
                let seen = world.insider(Who::Treasurer).person.get(&path).send().await.json();
                // Closed by the treasurer's own request, and shown then in the preview no more.
                let digest = seen["digest"]
                    .as_str()
                    .map_or_else(|| format!("0x{}", "00".repeat(32)), str::to_owned);
                Ask::plain().id("year", 1999).body(json!({"digest": digest}))
            }
        ),
        operation!(
            "GET /api/v1/coops/{coop}/years/{year}/summary",
            MEMBERS,
            false,
            |_world, _who| Ask::plain().id("year", 2026)
        ),
        operation!(
            "GET /api/v1/coops/{coop}/years/{year}/summaries",
            OFFICERS,
            false,
            |_world, _who| Ask::plain().id("year", 2026)
        ),
        operation!(
            "GET /api/v1/coops/{coop}/years/{year}/summaries.csv",
            OFFICERS,
            false,
            |_world, _who| Ask::plain().id("year", 2026)
        ),
    ]
}

/// A bill of its own.
fn a_bill() -> Value {
    json!({"supplier": "Power", "reference": uuid::Uuid::now_v7().simple().to_string(), "issued_on": "2026-11-26", "due_on": "2026-11-26",
        "currency": "EUR", "lines": [{"about": "Electricity", "amount": "1.00", "account": "expenses:operations"}]})
}

/// A statement with a receipt of its own.
fn a_statement() -> Value {
    let reference = uuid::Uuid::now_v7().simple().to_string();
    let balance = |code: &str, amount: &str| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>"
        )
    };
    let (opening, closing) = (balance("OPBD", "0.00"), balance("CLBD", "1.00"));
    let file = format!(
        "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt><GrpHdr><MsgId>S</MsgId></GrpHdr><Stmt><Id>S1</Id>\
         <Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>{opening}{closing}\
         <Ntry><Amt Ccy='EUR'>1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-25</Dt></BookgDt>\
         <AcctSvcrRef>{reference}</AcctSvcrRef></Ntry></Stmt></BkToCstmrStmt></Document>"
    );
    json!({"file": file, "from": "income:other"})
}

impl World {
    /// An invoice to the plain member.
    fn an_invoice(&self) -> Value {
        json!({"member": self.insider(Who::Member).member, "issued_on": "2026-11-26",
            "lines": [{"about": "Training", "quantity": 1, "price": "1.00"}]})
    }

    /// A payment of the plain member, of its own.
    fn a_payment(&self) -> Value {
        let reference = uuid::Uuid::now_v7().simple().to_string();
        json!({"member": self.insider(Who::Member).member, "amount": "1.00", "received_on": "2026-11-26", "reference": reference})
    }

    /// An invoice made for one request.
    async fn invoice(&self) -> String {
        let treasurer = &self.insider(Who::Treasurer).person;
        let request = treasurer.post(&self.coop.path("invoices")).json(&self.an_invoice());
        request.send().await.expect(201)["id"].as_str().unwrap().to_owned()
    }

    /// A bill made for one request, approved or not, and its digest.
    async fn bill(&self, approved: bool) -> (String, Value) {
        let treasurer = &self.insider(Who::Treasurer).person;
        let request = treasurer.post(&self.coop.path("bills")).json(&a_bill());
        let view = request.send().await.expect(201);
        let bill = view["id"].as_str().unwrap().to_owned();
        if approved {
            let path = self.coop.path(&format!("bills/{bill}/approvals"));
            let request = self.insider(Who::Auditor).person.post(&path);
            let _ = request
                .json(&json!({"digest": view["digest"]}))
                .send()
                .await
                .expect(200);
        }
        (bill, view["digest"].clone())
    }
}
