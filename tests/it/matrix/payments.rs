//! The rows of payments.

use serde_json::{Value, json};

use super::payouts::{APPROVERS, OFFICERS};
use super::{ACTIVE, Ask, MEMBERS, Operation, TREASURERS, Who, World, operation, with};

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
    all.extend(lists());
    all.extend(steps());
    all.extend(endings());
    all
}

fn places() -> Vec<Operation> {
    vec![
        operation!(
            "GET /api/v1/coops/{coop}/reconciliation",
            OFFICERS,
            false,
            |_world, _who| Ask::plain()
        ),
        operation!(
            "GET /api/v1/coops/{coop}/bank-files",
            OFFICERS,
            false,
            |_world, _who| Ask::plain()
        ),
        operation!(
            "POST /api/v1/coops/{coop}/bank-files/preview",
            TREASURERS,
            false,
            |_world, _who| Ask::plain().body(json!({"file": told()}))
        ),
        operation!(
            "POST /api/v1/coops/{coop}/bank-files",
            with(TREASURERS, 201),
            true,
            |_world, _who| Ask::plain().body(json!({"file": told()}))
        ),
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
                let (cycle, file) = world.released().await;
                Ask::plain().id("cycle", cycle).id("file", file)
            }
        ),
    ]
}

fn lists() -> Vec<Operation> {
    vec![
        operation!("GET /api/v1/coops/{coop}/claims", MEMBERS, false, |_world, _who| {
            Ask::plain()
        }),
        operation!(
            "GET /api/v1/coops/{coop}/distributors",
            OFFICERS,
            false,
            |_world, _who| Ask::plain()
        ),
        // This server follows no chain; payments::claims adds one.
        operation!(
            "POST /api/v1/coops/{coop}/distributors",
            with(TREASURERS, 409),
            false,
            |_world, _who| Ask::plain().body(json!({"account": "assets:chain:distributor", "currency": "EUR",
                "contract": format!("0x{}", "11".repeat(20)), "token_address": format!("0x{}", "22".repeat(20))}))
        ),
        // A file for a bank is no list of claims.
        operation!(
            "GET /api/v1/coops/{coop}/payouts/{cycle}/files/{file}/claims.txt",
            with(OFFICERS, 404),
            false,
            |world, _who| {
                let (cycle, file) = world.released().await;
                Ask::plain().id("cycle", cycle).id("file", file)
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
            "POST /api/v1/coops/{coop}/payouts/{cycle}/files/preview",
            TREASURERS,
            false,
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

fn endings() -> Vec<Operation> {
    vec![
        operation!(
            "GET /api/v1/coops/{coop}/payouts/{cycle}/evidence",
            OFFICERS,
            false,
            |world, _who| Ask::plain().id("cycle", world.issued().await)
        ),
        operation!(
            "POST /api/v1/coops/{coop}/payouts/{cycle}/payments/{member}/evidence",
            with(TREASURERS, 201),
            true,
            |world, _who| {
                let (cycle, member) = world.by_hand().await;
                let body = world.evidence().await;
                Ask::plain().id("cycle", cycle).id("member", member).body(body)
            }
        ),
        operation!(
            "POST /api/v1/coops/{coop}/payouts/{cycle}/evidence/{evidence}/verdict",
            APPROVERS,
            true,
            |world, _who| {
                let (cycle, evidence) = world.stated().await;
                Ask::plain()
                    .id("cycle", cycle)
                    .id("evidence", evidence)
                    .body(json!({"is_right": true}))
            }
        ),
        operation!(
            "POST /api/v1/coops/{coop}/payouts/{cycle}/payments/{member}/carry",
            TREASURERS,
            true,
            |world, _who| {
                let (cycle, member) = world.by_hand().await;
                Ask::plain()
                    .id("cycle", cycle)
                    .id("member", member)
                    .body(json!({"reason": "for a test"}))
            }
        ),
        operation!(
            "POST /api/v1/coops/{coop}/payouts/{cycle}/closing",
            OFFICERS,
            true,
            |world, _who| Ask::plain().id("cycle", world.all_carried().await)
        ),
        operation!(
            "POST /api/v1/coops/{coop}/payouts/{cycle}/ending/withdrawal",
            OFFICERS,
            true,
            |world, who| Ask::plain().id("cycle", world.closing_asked(who).await)
        ),
        operation!(
            "POST /api/v1/coops/{coop}/payouts/{cycle}/reversal",
            OFFICERS,
            true,
            |world, _who| Ask::plain()
                .id("cycle", world.owing().await)
                .body(json!({"reason": "for a test"}))
        ),
    ]
}

impl World {
    /// A cycle that was issued just now.
    async fn fresh(&self) -> String {
        self.everybody_is_paid().await;
        let cycle = self.owing().await;
        let path = self.coop.path(&format!("payouts/{cycle}/issue"));
        let _ = self.insider(Who::Treasurer).person.post(&path).send().await.expect(200);
        cycle
    }

    /// An issued cycle that pays the member and did not try to yet, and the member, who is paid by hand.
    async fn by_hand(&self) -> (String, String) {
        let member = self.insider(Who::Member).member;
        let query = format!(
            "SELECT cycle_id FROM payment WHERE coop_id = $1 AND member_id = '{member}' AND NOT EXISTS (SELECT FROM payment_attempt AS live
                 WHERE live.coop_id = $1 AND live.payment_id = payment.id AND live.state NOT IN ('rejected', 'returned', 'withdrawn'))
             LIMIT 1"
        );
        let cycle = match self.found(&query).await {
            Some(cycle) => cycle,
            None => self.fresh().await,
        };
        let body = json!({"rail": "manual", "name": "in cash"});
        let request = self.insider(Who::Member).person.post(&self.coop.path("payee"));
        let view = request.json(&body).send().await.expect(201);
        let member = view["member"].as_str().unwrap().to_owned();
        let path = self.coop.path(&format!("payees/{member}/confirmation"));
        let request = self.insider(Who::Auditor).person.post(&path);
        let _ = request
            .json(&json!({"version": view["version"]}))
            .send()
            .await
            .expect(200);
        (cycle, member)
    }

    /// Evidence of a payment in cash.
    async fn evidence(&self) -> Value {
        let balances = self
            .insider(Who::Treasurer)
            .person
            .get(&self.coop.path("ledger/accounts"));
        let all = balances.send().await.expect(200);
        let cash = all["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["path"] == "assets:cash" && one["currency"] == "EUR");
        json!({"outcome": "paid", "ledger_account": cash.unwrap()["id"], "day": "2026-01-01", "reference": "receipt 1",
            "document": format!("0x{}", "11".repeat(32))})
    }

    /// Evidence of a payment by hand that waits for its verdict, and its cycle: one that is there, or one that is made.
    async fn stated(&self) -> (String, String) {
        let treasurer = &self.insider(Who::Treasurer).person;
        let query = "SELECT payment.cycle_id FROM payment_statement AS said JOIN payment USING (coop_id)
            WHERE said.coop_id = $1 AND payment.id = said.payment_id AND said.verdict IS NULL LIMIT 1";
        if let Some(cycle) = self.found(query).await {
            let path = self.coop.path(&format!("payouts/{cycle}/evidence"));
            let all = treasurer.get(&path).send().await.expect(200);
            let mut all = all["items"].as_array().unwrap().iter();
            let waiting = all.find(|one| one["verdict"].is_null()).unwrap();
            return (cycle, waiting["id"].as_str().unwrap().to_owned());
        }
        let (cycle, member) = self.by_hand().await;
        let path = self.coop.path(&format!("payouts/{cycle}/payments/{member}/evidence"));
        let stated = treasurer
            .post(&path)
            .json(&self.evidence().await)
            .send()
            .await
            .expect(201);
        (cycle, stated["id"].as_str().unwrap().to_owned())
    }

    /// A cycle that somebody who holds an office asked to close, or else the treasurer.
    async fn closing_asked(&self, who: Who) -> String {
        let who = if matches!(who, Who::Steward | Who::Auditor) {
            who
        } else {
            Who::Treasurer
        };
        for _ in 0..3 {
            let cycle = self.all_carried().await;
            let path = self.coop.path(&format!("payouts/{cycle}/closing"));
            let reply = self.insider(who).person.post(&path).send().await;
            // Where somebody else had asked, this closed it.
            if reply.status != 200 || reply.json()["closed_at"].is_null() {
                return cycle;
            }
        }
        panic!("every cycle is closed");
    }

    /// An issued cycle of which every payment was carried and that is not closed: one that somebody asked to close, or one that is made.
    async fn all_carried(&self) -> String {
        let query = "SELECT cycle_id FROM payment_closing AS closing WHERE coop_id = $1 AND closed_at IS NULL AND withdrawn_at IS NULL
            AND NOT EXISTS (SELECT FROM payout_reversal AS undone WHERE undone.coop_id = $1 AND undone.cycle_id = closing.cycle_id)
            LIMIT 1";
        if let Some(cycle) = self.found(query).await {
            return cycle;
        }
        let cycle = self.fresh().await;
        let treasurer = &self.insider(Who::Treasurer).person;
        // Every page of them: other rows of the table bring members of their own.
        let mut after = String::new();
        loop {
            let path = self.coop.path(&format!("payouts/{cycle}/payments?limit=50{after}"));
            let page = treasurer.get(&path).send().await.expect(200);
            for one in page["items"].as_array().unwrap() {
                let member = one["member"].as_str().unwrap();
                let path = self.coop.path(&format!("payouts/{cycle}/payments/{member}/carry"));
                let request = treasurer.post(&path).json(&json!({"reason": "for a test"}));
                let _ = request.send().await.expect(200);
            }
            match page["next_cursor"].as_str() {
                Some(cursor) => after = format!("&cursor={cursor}"),
                None => break,
            }
        }
        cycle
    }

    /// Has everybody say where to be paid, and somebody else confirm it.
    async fn everybody_is_paid(&self) {
        for who in [Who::Member, Who::Treasurer, Who::Auditor, Who::Steward] {
            let person = &self.insider(who).person;
            let mut said = person.get(&self.coop.path("payee")).send().await;
            if said.status != 200 {
                said = person.post(&self.coop.path("payee")).json(&payee()).send().await;
            }
            let view = said.json();
            if view["is_usable"] == true {
                continue;
            }
            let confirming = if who == Who::Auditor {
                Who::Steward
            } else {
                Who::Auditor
            };
            let path = self
                .coop
                .path(&format!("payees/{}/confirmation", view["member"].as_str().unwrap()));
            let request = self.insider(confirming).person.post(&path);
            let _ = request
                .json(&json!({"version": view["version"]}))
                .send()
                .await
                .expect(200);
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

    /// A posted cycle that pays everybody who is active, which was not issued: the last one, or one that is made.
    async fn owing(&self) -> String {
        let query = "SELECT cycle.id FROM payout_cycle AS cycle
            JOIN journal ON journal.coop_id = cycle.coop_id AND journal.id = cycle.journal_id
            WHERE cycle.coop_id = $1 AND cycle.state = 'posted'
              AND EXISTS (SELECT FROM payout WHERE payout.coop_id = $1 AND payout.cycle_id = cycle.id AND paid > 0)
              AND NOT EXISTS (SELECT FROM payment_issue WHERE payment_issue.coop_id = $1 AND payment_issue.cycle_id = cycle.id)
              AND NOT EXISTS (SELECT FROM payout_reversal AS undone WHERE undone.coop_id = $1 AND undone.cycle_id = cycle.id
                  AND undone.reversed_at IS NOT NULL)
              AND NOT EXISTS (SELECT FROM payout_cycle AS later WHERE later.coop_id = $1 AND later.id <> cycle.id
                  AND later.state NOT IN ('open', 'cancelled') AND later.journal_upto >= journal.number)";
        if let Some(cycle) = self.found(query).await {
            return cycle;
        }
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

    /// An issued cycle with payments that are ready: the last one, or one that is made.
    async fn issued(&self) -> String {
        let query = "SELECT cycle_id FROM payment WHERE coop_id = $1
              AND NOT EXISTS (SELECT FROM payment_attempt AS live WHERE live.coop_id = $1 AND live.payment_id = payment.id
                  AND live.state NOT IN ('rejected', 'returned', 'withdrawn'))
              AND EXISTS (SELECT FROM payee LEFT JOIN payee_confirmation AS given USING (coop_id, member_id, version)
                  WHERE payee.coop_id = $1 AND payee.member_id = payment.member_id AND payee.rail = 'bank'
                    AND given.confirmed_by IS NOT NULL AND NOT EXISTS (SELECT FROM payee AS later WHERE later.coop_id = $1
                        AND later.member_id = payee.member_id AND later.version > payee.version))
            ORDER BY cycle_id DESC LIMIT 1";
        if let Some(cycle) = self.found(query).await {
            return cycle;
        }
        self.fresh().await
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

    /// A file that was prepared by the treasurer, and its cycle: the last one, or one that is made.
    async fn file(&self) -> (String, Value) {
        let query = "SELECT cycle_id FROM payment_file AS file WHERE coop_id = $1 AND state = 'prepared'
              AND NOT EXISTS (SELECT FROM payment_attempt AS attempt JOIN payee AS later ON later.coop_id = $1
                  AND later.member_id = attempt.member_id AND later.version > attempt.payee_version
                  WHERE attempt.coop_id = $1 AND attempt.file_id = file.id)
            ORDER BY id DESC LIMIT 1";
        let treasurer = &self.insider(Who::Treasurer).person;
        if let Some(cycle) = self.found(query).await {
            let path = self.coop.path(&format!("payouts/{cycle}/files"));
            let all = treasurer.get(&path).send().await.expect(200);
            let last = all["items"]
                .as_array()
                .unwrap()
                .iter()
                .rfind(|file| file["state"] == "prepared");
            return (cycle, last.unwrap().clone());
        }
        let cycle = self.issued().await;
        let body = json!({"ledger_account": self.bank_account().await, "pay_on": "2999-12-31"});
        let path = self.coop.path(&format!("payouts/{cycle}/files"));
        let file = treasurer.post(&path).json(&body).send().await.expect(201);
        (cycle, file)
    }

    /// A file that was released, and its cycle: the last one, or one that is made.
    async fn released(&self) -> (String, String) {
        let query = "SELECT id FROM payment_file WHERE coop_id = $1 AND state = 'released' ORDER BY id DESC LIMIT 1";
        let newest = format!("SELECT cycle_id FROM payment_file WHERE coop_id = $1 AND id = ({query})");
        if let (Some(file), Some(cycle)) = (self.found(query).await, self.found(&newest).await) {
            return (cycle, file);
        }
        let (cycle, file) = self.file().await;
        let id = file["id"].as_str().unwrap().to_owned();
        let path = self.coop.path(&format!("payouts/{cycle}/files/{id}/release"));
        let request = self.insider(Who::Auditor).person.post(&path);
        let _ = request
            .json(&json!({"digest": file["digest"]}))
            .send()
            .await
            .expect(200);
        (cycle, id)
    }
}

/// A file of a bank that speaks of none of our payments.
fn told() -> String {
    let name = uuid::Uuid::now_v7().simple();
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt><GrpHdr><MsgId>{name}</MsgId></GrpHdr>\
         <OrgnlGrpInfAndSts><OrgnlMsgId>other</OrgnlMsgId><GrpSts>ACCP</GrpSts></OrgnlGrpInfAndSts></CstmrPmtStsRpt></Document>"
    )
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
