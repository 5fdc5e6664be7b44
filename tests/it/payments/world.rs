//! A co-op that owes its members money, and where they want to be paid.

use governance::membership::{Class, Role};
use serde_json::{Value, json};
use tests::app::TestApp;
use tests::person::Reply;

use crate::decisions::world::{Hall, Insider};
use crate::revenue::world::{adopt, carry, equal, nothing};

/// The co-op's own account, and those of its members, as mock-bank knows them: open, open elsewhere, closed.
pub const CO_OP: &str = "NL41MOCK0000000001";
/// Where three members want to be paid.
pub const ACCOUNTS: [&str; 3] = ["DE89370400440532013000", "GB82WEST12345698765432", "NL84MOCK0000000003"];

/// A co-op with a rule, books, an account of a bank, a treasurer and an auditor.
pub struct House {
    /// The co-op.
    pub hall: Hall,
    /// Who pays.
    pub treasurer: Insider,
    /// Who looks at it.
    pub auditor: Insider,
    /// The account that pays, in the books.
    pub account: String,
}

impl House {
    /// A co-op of six who share equally.
    pub async fn new(app: &TestApp) -> Self {
        Self::paying(app, &["sepa", "manual"]).await
    }

    /// The same, whose rule pays on these rails.
    pub async fn paying(app: &TestApp, rails: &[&str]) -> Self {
        let mut rule = equal(1, &nothing());
        rule["payout"]["rails"] = json!(rails);
        Self::under(app, &rule).await
    }

    /// The same, under this rule.
    pub async fn under(app: &TestApp, rule: &Value) -> Self {
        let hall = Hall::with_members(app, 3).await;
        let _ = carry(app, &hall, &[adopt(rule)]).await;
        let treasurer = hall.join(app, "Treasurer", Class::Worker, &[Role::Treasurer]).await;
        let auditor = hall.join(app, "Auditor", Class::Worker, &[Role::Auditor]).await;
        let mut house = Self {
            hall,
            treasurer,
            auditor,
            account: String::new(),
        };
        let books = json!({"currency": "EUR"});
        let _ = house
            .post(&house.treasurer, "ledger/accounts", &books)
            .await
            .expect(201);
        let account = json!({"account": "assets:bank:main", "currency": "EUR", "iban": CO_OP, "bic": "MOCKNL2A", "holder": "Demo co-op",
            "edition": "pain.001.001.09"});
        let added = house
            .post(&house.treasurer, "bank-accounts", &account)
            .await
            .expect(201);
        added["ledger_account"].as_str().unwrap().clone_into(&mut house.account);
        house
    }

    /// Asks for something to be done.
    pub async fn post(&self, who: &Insider, path: &str, body: &Value) -> Reply {
        who.person.post(&self.hall.path(path)).json(body).send().await
    }

    /// Reads something.
    pub async fn get(&self, who: &Insider, path: &str) -> Reply {
        who.person.get(&self.hall.path(path)).send().await
    }

    /// A posted cycle that shares so much.
    pub async fn owing(&self, period: &str, amount: &str) -> String {
        let cycle = self.upto_freezing(period, amount).await;
        let at = |step: &str| format!("payouts/{cycle}/{step}");
        let mut view = Value::Null;
        for step in ["computation", "verification", "proposal"] {
            view = self.post(&self.treasurer, &at(step), &json!({})).await.expect(200);
        }
        let digests = json!({"digest": view["digest"], "payout_digest": view["payout_digest"]});
        let _ = self.post(&self.auditor, &at("approvals"), &digests).await.expect(200);
        let _ = self.post(&self.treasurer, &at("posting"), &json!({})).await.expect(200);
        cycle
    }

    /// A frozen cycle that shares so much.
    pub async fn upto_freezing(&self, period: &str, amount: &str) -> String {
        let table = format!("date,amount,reference,description\n2026-07-01,{amount},{period},Sales\n");
        let income = json!({"currency": "EUR", "into": "assets:bank:main", "from": "income:other", "table": table});
        let _ = self.post(&self.treasurer, "income", &income).await.expect(201);
        let body = json!({"period": period, "ends_on": "2026-09-30"});
        let made = self.post(&self.treasurer, "payouts", &body).await.expect(201);
        let cycle = made["id"].as_str().unwrap().to_owned();
        let freezing = format!("payouts/{cycle}/freezing");
        let _ = self.post(&self.treasurer, &freezing, &json!({})).await.expect(200);
        cycle
    }

    /// Has a member say where to be paid.
    pub async fn say(&self, who: &Insider, name: &str, iban: &str) -> Value {
        let body = json!({"rail": "bank", "name": name, "iban": iban});
        self.post(who, "payee", &body).await.expect(201)
    }

    /// Confirms it, as the auditor.
    pub async fn confirm(&self, payee: &Value) {
        let path = format!("payees/{}/confirmation", payee["member"].as_str().unwrap());
        let body = json!({"version": payee["version"]});
        let _ = self.post(&self.auditor, &path, &body).await.expect(200);
    }

    /// Has the three members say where to be paid, confirmed.
    pub async fn everybody_is_known(&self) {
        for (number, (who, iban)) in self.hall.members.iter().zip(ACCOUNTS).enumerate() {
            let payee = self.say(who, &format!("Demo {number}"), iban).await;
            self.confirm(&payee).await;
        }
    }

    /// Sets aside what a cycle pays.
    pub async fn issue(&self, cycle: &str) -> Value {
        let path = format!("payouts/{cycle}/issue");
        self.post(&self.treasurer, &path, &json!({})).await.expect(200)
    }

    /// Prepares a file.
    pub async fn prepare(&self, cycle: &str) -> Reply {
        let body = json!({"ledger_account": self.account, "pay_on": "2999-12-31"});
        self.post(&self.treasurer, &format!("payouts/{cycle}/files"), &body)
            .await
    }

    /// Releases a file.
    pub async fn release(&self, who: &Insider, cycle: &str, file: &Value) -> Reply {
        let path = format!("payouts/{cycle}/files/{}/release", file["id"].as_str().unwrap());
        self.post(who, &path, &json!({"digest": file["digest"]})).await
    }

    /// A file as it is downloaded.
    pub async fn download(&self, cycle: &str, file: &Value) -> Reply {
        let path = format!("payouts/{cycle}/files/{}/transfers.xml", file["id"].as_str().unwrap());
        self.get(&self.treasurer, &path).await
    }

    /// What an account of the books comes to.
    pub async fn balance(&self, account: &str) -> String {
        let view = self.get(&self.hall.steward, "ledger/balances").await.expect(200);
        let mut rows = view["balances"].as_array().unwrap().iter();
        let row = rows.find(|row| row["account"] == account);
        row.map_or("none", |row| row["balance"].as_str().unwrap()).to_owned()
    }

    /// What is due, what is clearing, and what members are owed.
    pub async fn lies(&self) -> [String; 3] {
        [
            self.balance("liabilities:payments:due").await,
            self.balance("liabilities:payments:clearing").await,
            self.balance("liabilities:members:payable").await,
        ]
    }

    /// How many payments stand where.
    pub async fn stand(&self, cycle: &str) -> Vec<(String, u64)> {
        let view = self
            .get(&self.auditor, &format!("payouts/{cycle}/issue"))
            .await
            .expect(200);
        let sums = view["sums"].as_array().unwrap().iter();
        sums.map(|sum| {
            (
                sum["state"].as_str().unwrap().to_owned(),
                sum["payments"].as_u64().unwrap(),
            )
        })
        .collect()
    }
}

/// What stands where, as it is written in tests.
pub fn stands(expected: &[(&str, u64)]) -> Vec<(String, u64)> {
    expected
        .iter()
        .map(|(state, count)| ((*state).to_owned(), *count))
        .collect()
}
