//! The rows of payments.

use serde_json::{Value, json};

use super::payouts::{APPROVERS, OFFICERS};
use super::{ACTIVE, Ask, Operation, TREASURERS, Who, World, operation, with};

/// Who is paid, or said where: everybody who is active.
const PAID: [u16; 8] = [401, 404, 200, 404, 200, 200, 200, 404];

/// Where a member wants to be paid.
fn payee() -> Value {
    json!({"rail": "bank", "name": "Demo Ana", "iban": "DE89370400440532013000"})
}

/// Those of this area.
pub fn operations() -> Vec<Operation> {
    let mut all = places();
    all.extend(reads());
    all.extend(steps());
    all
}

fn places() -> Vec<Operation> {
    vec![
        operation!("GET /api/v1/coops/{coop}/payee", PAID, false, |world, _who| {
            world.everybody_is_paid().await;
            Ask::plain()
        }),
        operation!(
            "POST /api/v1/coops/{coop}/payee",
            with(ACTIVE, 201),
            true,
            |_world, _who| Ask::plain().body(payee())
        ),
        operation!("GET /api/v1/coops/{coop}/payees", OFFICERS, false, |_world, _who| {
            Ask::plain()
        }),
        operation!(
            "POST /api/v1/coops/{coop}/payees/{member}/confirmation",
            OFFICERS,
            true,
            |world, _who| {
                let (member, version) = world.unconfirmed().await;
                Ask::plain().id("member", member).body(json!({"version": version}))
            }
        ),
        operation!(
            "GET /api/v1/coops/{coop}/bank-accounts",
            OFFICERS,
            false,
            |_world, _who| Ask::plain()
        ),
        operation!(
            "POST /api/v1/coops/{coop}/bank-accounts",
            with(TREASURERS, 201),
            true,
            |world, _who| Ask::plain().body(world.new_bank_account().await)
        ),
    ]
}

fn reads() -> Vec<Operation> {
    vec![
        operation!(
            "GET /api/v1/coops/{coop}/payouts/{cycle}/issue",
            OFFICERS,
            false,
            |world, _who| Ask::plain().id("cycle", world.issued().await)
        ),
        operation!(
            "GET /api/v1/coops/{coop}/payouts/{cycle}/payments",
            OFFICERS,
            false,
            |world, _who| Ask::plain().id("cycle", world.issued().await)
        ),
        operation!(
            "GET /api/v1/coops/{coop}/payouts/{cycle}/payment",
            PAID,
            false,
            |world, _who| Ask::plain().id("cycle", world.issued().await)
        ),
        operation!(
            "GET /api/v1/coops/{coop}/payouts/{cycle}/files",
            OFFICERS,
            false,
            |world, _who| Ask::plain().id("cycle", world.issued().await)
        ),
        operation!(
            "GET /api/v1/coops/{coop}/payouts/{cycle}/files/{file}/transfers.xml",
            OFFICERS,
            false,
            |world, _who| {
                let (cycle, file) = world.file().await;
                let path = world.coop.path(&format!(
                    "payouts/{cycle}/files/{}/release",
                    file["id"].as_str().unwrap()
                ));
                let request = world.insider(Who::Auditor).person.post(&path);
                let _ = request
                    .json(&json!({"digest": file["digest"]}))
                    .send()
                    .await
                    .expect(200);
                Ask::plain().id("cycle", cycle).id("file", file["id"].as_str().unwrap())
            }
        ),
    ]
}

fn steps() -> Vec<Operation> {
    vec![
        operation!(
            "POST /api/v1/coops/{coop}/payouts/{cycle}/issue",
            TREASURERS,
            true,
            |world, _who| Ask::plain().id("cycle", world.owing().await)
        ),
        operation!(
            "POST /api/v1/coops/{coop}/payouts/{cycle}/files",
            with(TREASURERS, 201),
            true,
            |world, _who| {
                let cycle = world.issued().await;
                let body = json!({"ledger_account": world.bank_account().await, "pay_on": "2999-12-31"});
                Ask::plain().id("cycle", cycle).body(body)
            }
        ),
        operation!(
            "POST /api/v1/coops/{coop}/payouts/{cycle}/files/{file}/release",
            APPROVERS,
            true,
            |world, _who| {
                let (cycle, file) = world.file().await;
                Ask::plain()
                    .id("cycle", cycle)
                    .id("file", file["id"].as_str().unwrap())
                    .body(json!({"digest": file["digest"]}))
            }
        ),
        operation!(
            "POST /api/v1/coops/{coop}/payouts/{cycle}/files/{file}/withdrawal",
            OFFICERS,
            true,
            |world, _who| {
                let (cycle, file) = world.file().await;
                Ask::plain()
                    .id("cycle", cycle)
                    .id("file", file["id"].as_str().unwrap())
                    .body(json!({"reason": "for a test"}))
            }
        ),
    ]
}

impl World {
    /// Has everybody say where to be paid, and somebody else confirm it.
    async fn everybody_is_paid(&self) {
        for who in [Who::Member, Who::Treasurer, Who::Auditor, Who::Steward] {
            let person = &self.insider(who).person;
            if person.get(&self.coop.path("payee")).send().await.status == 200 {
                continue;
            }
            let request = person.post(&self.coop.path("payee")).json(&payee());
            let view = request.send().await.expect(201);
            let confirming = if who == Who::Auditor {
                Who::Steward
            } else {
                Who::Auditor
            };
            let path = self
                .coop
                .path(&format!("payees/{}/confirmation", view["member"].as_str().unwrap()));
            let request = self.insider(confirming).person.post(&path);
            let _ = request.json(&json!({"version": 1})).send().await.expect(200);
        }
    }

    /// A member who said anew where to be paid.
    async fn unconfirmed(&self) -> (String, u64) {
        let person = &self.insider(Who::Member).person;
        let view = person
            .post(&self.coop.path("payee"))
            .json(&payee())
            .send()
            .await
            .expect(201);
        (
            view["member"].as_str().unwrap().to_owned(),
            view["version"].as_u64().unwrap(),
        )
    }

    /// A posted cycle that pays everybody who is active.
    async fn owing(&self) -> String {
        let treasurer = &self.insider(Who::Treasurer).person;
        let _ = self.posted(&self.coop).await;
        let reference = uuid::Uuid::now_v7().simple().to_string();
        let table = format!("date,amount,reference,description\n2026-01-01,100.00,{reference},Sales\n");
        let body = json!({"currency": "EUR", "into": "assets:bank:main", "from": "income:other", "table": table});
        let _ = treasurer
            .post(&self.coop.path("income"))
            .json(&body)
            .send()
            .await
            .expect(201);
        self.cycle("posted").await.0
    }

    /// The same, issued, with everybody's account known.
    async fn issued(&self) -> String {
        self.everybody_is_paid().await;
        let (member, version) = self.unconfirmed().await;
        let path = self.coop.path(&format!("payees/{member}/confirmation"));
        let request = self.insider(Who::Auditor).person.post(&path);
        let _ = request.json(&json!({"version": version})).send().await.expect(200);
        let cycle = self.owing().await;
        let path = self.coop.path(&format!("payouts/{cycle}/issue"));
        let _ = self.insider(Who::Treasurer).person.post(&path).send().await.expect(200);
        cycle
    }

    /// An account of the books that stands for none of a bank yet, and a number that no other one has.
    async fn new_bank_account(&self) -> Value {
        let treasurer = &self.insider(Who::Treasurer).person;
        let path = format!("assets:bank:a{}", uuid::Uuid::now_v7().simple());
        let body = json!({"currency": "EUR", "paths": [path]});
        let _ = treasurer
            .post(&self.coop.path("ledger/accounts"))
            .json(&body)
            .send()
            .await
            .expect(201);
        json!({"account": path, "currency": "EUR", "iban": number(), "holder": "Demo co-op", "edition": "pain.001.001.09"})
    }

    /// An account of a bank.
    async fn bank_account(&self) -> String {
        let body = self.new_bank_account().await;
        let treasurer = &self.insider(Who::Treasurer).person;
        let request = treasurer.post(&self.coop.path("bank-accounts")).json(&body);
        request.send().await.expect(201)["ledger_account"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// A file that was prepared by the treasurer, and its cycle.
    async fn file(&self) -> (String, Value) {
        let cycle = self.issued().await;
        let body = json!({"ledger_account": self.bank_account().await, "pay_on": "2999-12-31"});
        let path = self.coop.path(&format!("payouts/{cycle}/files"));
        let request = self.insider(Who::Treasurer).person.post(&path).json(&body);
        let file = request.send().await.expect(201);
        (cycle, file)
    }
}

/// A drawn account number whose check digits are right.
fn number() -> String {
    let drawn = uuid::Uuid::now_v7().as_u128() % 1_000_000_000_000_000_000;
    // D is 13 and E is 14: the number with the country and two zeros behind it, modulo 97.
    let rest = (0..18)
        .rev()
        .fold(0_u128, |rest, place| (rest * 10 + drawn / 10_u128.pow(place) % 10) % 97);
    let rest = (rest * 1_000_000 + 131_400) % 97;
    format!("DE{:02}{drawn:018}", 98 - rest)
}
