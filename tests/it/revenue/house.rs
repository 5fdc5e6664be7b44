//! A co-op with a rule, books, income and the people who run a payout cycle.

use governance::membership::{Class, Role};
use serde_json::{Value, json};
use tests::app::TestApp;
use tests::person::Reply;

use super::world::{adopt, carry, end_challenges, nothing, table};
use crate::decisions::world::{Hall, Insider};

/// A co-op with a rule, books and income of 1000.00, whose treasurer prepares cycles.
pub struct House {
    pub hall: Hall,
    pub treasurer: Insider,
    pub auditor: Insider,
}

/// A tenth to the reserve, a third of the rest to everybody, the others by hours.
pub fn rule() -> Value {
    json!({"version": 1, "supersedes": nothing(), "currency": "EUR", "effective_from": 0,
        "steps": [
            {"id": "legal", "does": {"op": "reserve", "share": {"share": 1, "whole": 10}, "to": "reserve:legal",
                "until": {"reaches": "amount", "amount": "5000.00"}}},
            {"id": "split", "does": {"op": "split", "parts": [{"to": "pool:all", "weight": 1}, {"to": "pool:work", "weight": 2}]}},
            {"id": "equal", "from": "pool:all", "does": {"op": "per_capita", "to": "members:active"}},
            {"id": "labour", "from": "pool:work", "does": {"op": "patronage", "to": "members:all",
                "weights": [{"metric": "hours", "weight": 1}]}},
            {"id": "rest", "from": "pool:work", "does": {"op": "transfer", "to": "fund:common"}}],
        "payout": {"decimals": 2, "min": "1.00", "rails": ["sepa", "manual"]}})
}

impl House {
    pub async fn new(app: &TestApp) -> Self {
        Self::under(app, &rule()).await
    }

    pub async fn under(app: &TestApp, rule: &Value) -> Self {
        let hall = Hall::with_members(app, 2).await;
        let _ = carry(app, &hall, &[adopt(rule)]).await;
        let treasurer = hall.join(app, "Treasurer", Class::Worker, &[Role::Treasurer]).await;
        let auditor = hall.join(app, "Auditor", Class::Worker, &[Role::Auditor]).await;
        let house = Self {
            hall,
            treasurer,
            auditor,
        };
        let _ = house
            .post(&house.treasurer, "ledger/accounts", &json!({"currency": "EUR"}))
            .await
            .expect(201);
        house.earn("inv-1", "1000.00").await;
        house
    }

    pub async fn post(&self, who: &Insider, path: &str, body: &Value) -> Reply {
        who.person.post(&self.hall.path(path)).json(body).send().await
    }

    pub async fn earn(&self, reference: &str, amount: &str) {
        let table = format!("date,amount,reference,description\n2026-07-01,{amount},{reference},Sales\n");
        let body = json!({"currency": "EUR", "into": "assets:bank:main", "from": "income:other", "table": table});
        let _ = self.post(&self.treasurer, "income", &body).await.expect(201);
    }

    pub async fn hours(&self, app: &TestApp, hours: [u64; 2]) {
        let [ana, ben] = [&self.hall.members[0], &self.hall.members[1]];
        let table = table(&[(ana.member, hours[0]), (ben.member, hours[1])]);
        let body = json!({"metric": "hours", "starts_on": "2026-07-01", "ends_on": "2026-09-30", "source": "sheets", "challenge_days": 7,
            "table": table});
        let _ = self.post(&self.treasurer, "contributions", &body).await.expect(201);
        end_challenges(app).await;
    }

    pub async fn open(&self, period: &str) -> String {
        let body = json!({"period": period, "ends_on": "2026-09-30"});
        let made = self.post(&self.treasurer, "payouts", &body).await.expect(201);
        made["id"].as_str().unwrap().to_owned()
    }

    pub async fn step(&self, who: &Insider, cycle: &str, step: &str) -> Reply {
        let request = who.person.post(&self.hall.path(&format!("payouts/{cycle}/{step}")));
        request.send().await
    }

    pub async fn approve(&self, who: &Insider, cycle: &str, view: &Value) -> Reply {
        let body = json!({"digest": view["digest"], "payout_digest": view["payout_digest"]});
        self.post(who, &format!("payouts/{cycle}/approvals"), &body).await
    }

    /// Runs a cycle up to a step, that step included.
    pub async fn upto(&self, period: &str, last: &str) -> (String, Value) {
        let cycle = self.open(period).await;
        let mut view = Value::Null;
        for step in ["freezing", "computation", "verification", "proposal"] {
            view = self.step(&self.treasurer, &cycle, step).await.expect(200);
            if step == last {
                return (cycle, view);
            }
        }
        view = self.approve(&self.auditor, &cycle, &view).await.expect(200);
        if last == "approval" {
            return (cycle, view);
        }
        view = self.step(&self.treasurer, &cycle, "posting").await.expect(200);
        (cycle, view)
    }

    pub async fn balance(&self, account: &str) -> String {
        let request = self.hall.steward.person.get(&self.hall.path("ledger/balances"));
        let view = request.send().await.expect(200);
        let mut rows = view["balances"].as_array().unwrap().iter();
        let row = rows.find(|row| row["account"] == account);
        row.map_or("none", |row| row["balance"].as_str().unwrap()).to_owned()
    }

    pub async fn statement(&self, who: &Insider, cycle: &str) -> Value {
        let request = who.person.get(&self.hall.path(&format!("payouts/{cycle}/statement")));
        request.send().await.expect(200)
    }
}
