//! A co-op whose members set terms of money.

use governance::membership::{Class, Role};
use serde_json::{Value, json};
use tests::app::TestApp;
use tests::person::Reply;

use crate::decisions::world::{Hall, Insider};
use crate::revenue::world::{carry, nothing};

/// Terms with everything in them.
pub fn terms() -> Value {
    json!({"version": 1, "supersedes": nothing(), "currency": "EUR", "payment_days": 30, "entrance_fee": "25.00",
        "shares": {"price": "100.00", "least": 1, "most": 50, "refund_days": 0, "interest": {"share": 3, "whole": 100}},
        "dues": [{"class": "worker", "period": "month", "amount": "8.40", "vat": "standard"},
                 {"class": "user", "period": "year", "amount": "60.00"}],
        "vat": [{"name": "standard", "rate": {"share": 19, "whole": 100}}, {"name": "reduced", "rate": {"share": 7, "whole": 100}}]})
}

/// The action that sets terms.
pub fn set(terms: &Value) -> Value {
    json!({"action": "set_money_terms", "version": 1, "terms": terms})
}

/// A co-op with terms, a treasurer and an auditor.
pub struct Till {
    /// The co-op; its members are two workers.
    pub hall: Hall,
    /// Who keeps the books.
    pub treasurer: Insider,
    /// Who checks them.
    pub auditor: Insider,
}

impl Till {
    /// Opens it.
    pub async fn open(app: &TestApp) -> Self {
        Self::open_with(app, &[]).await
    }

    /// Opens it; its members decide on these acts together with the terms.
    pub async fn open_with(app: &TestApp, acts: &[Value]) -> Self {
        let hall = Hall::with_members(app, 2).await;
        let _ = carry(app, &hall, &[&[set(&terms())], acts].concat()).await;
        let treasurer = hall.join(app, "Treasurer", Class::Supporter, &[Role::Treasurer]).await;
        let auditor = hall.join(app, "Auditor", Class::Supporter, &[Role::Auditor]).await;
        Self {
            hall,
            treasurer,
            auditor,
        }
    }

    /// Sends a body as the treasurer.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.post_as(&self.treasurer, path, body).await
    }

    /// Sends a body as the treasurer, which makes something.
    pub async fn create(&self, path: &str, body: &Value) -> Value {
        self.post(path, body).await.expect(201)
    }

    /// Sends a body as somebody.
    pub async fn post_as(&self, who: &Insider, path: &str, body: &Value) -> Reply {
        who.person.post(&self.hall.path(path)).json(body).send().await
    }

    /// Reads as the treasurer.
    pub async fn get(&self, path: &str) -> Value {
        self.get_as(&self.treasurer, path).await.expect(200)
    }

    /// Reads as somebody.
    pub async fn get_as(&self, who: &Insider, path: &str) -> Reply {
        who.person.get(&self.hall.path(path)).send().await
    }

    /// A file as the treasurer reads it.
    pub async fn file(&self, path: &str) -> String {
        let reply = self.treasurer.person.get(&self.hall.path(path)).send().await;
        assert_eq!(reply.status, 200, "{path}");
        String::from_utf8(reply.bytes).unwrap()
    }

    /// What an account comes to, as it is written.
    pub async fn balance(&self, account: &str) -> String {
        let view = self.get("ledger/balances").await;
        let rows = view["balances"].as_array().unwrap();
        let found = rows.iter().find(|row| row["account"] == account);
        found.map_or_else(
            || String::from("none"),
            |row| row["balance"].as_str().unwrap().to_owned(),
        )
    }
}
