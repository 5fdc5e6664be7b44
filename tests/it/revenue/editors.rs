//! Aim: each condition by which somebody is kept from approving a cycle is needed. Method: a cycle with figures of different people, each by one
//! condition alone; then the conditions are broken one after the other, and each time somebody is let through or kept out.

use std::collections::BTreeSet;

use governance::membership::{Class, Role};
use serde_json::json;
use tests::app::TestApp;
use tokio_postgres::Client;
use uuid::Uuid;

use super::house::House;
use super::world::{end_challenges, table};
use crate::decisions::world::Insider;

/// Who does not approve a cycle, with the function as it is but for one text in it.
async fn editors(client: &Client, cycle: &str, (text, other): (&str, &str)) -> BTreeSet<Uuid> {
    let row = client
        .query_one("SELECT pg_get_functiondef('payout_cycle_editors'::regproc)", &[])
        .await
        .unwrap();
    let definition: String = row.get(0);
    assert!(definition.contains(text), "{text}");
    client
        .batch_execute(&format!("BEGIN; {}", definition.replace(text, other)))
        .await
        .unwrap();
    let cycle: Uuid = cycle.parse().unwrap();
    let query = "SELECT payout_cycle_editors(head) FROM payout_cycle AS head WHERE id = $1";
    let rows = client.query(query, &[&cycle]).await.unwrap();
    client.batch_execute("ROLLBACK").await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

impl House {
    async fn by_hand(&self, who: &Insider, account: &str) {
        let about = self.hall.members[0].member;
        let body = json!({"description": "By hand", "effective_on": "2026-07-04", "entries": [
            {"account": "assets:bank:main", "currency": "EUR", "amount": "5.00"},
            {"account": account, "currency": "EUR", "amount": "-5.00", "reference": about}]});
        let _ = self.post(who, "journal", &body).await.expect(201);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a story")]
async fn each_condition_that_keeps_somebody_from_approving_is_needed() {
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    let mut people = Vec::new();
    for name in ["Cashier", "Buyer", "Registrar", "Clerk", "Keeper", "Counter", "Taxer"] {
        people.push(house.hall.join(&app, name, Class::Worker, &[Role::Treasurer]).await);
    }
    let [cashier, buyer, registrar, clerk, keeper, counter, taxer] = &people[..] else {
        unreachable!()
    };
    let [ana, ben] = [&house.hall.members[0], &house.hall.members[1]];
    let paths =
        json!({"currency": "EUR", "paths": ["equity:shares", "liabilities:members:payable", "equity:reserve:legal"]});
    let _ = house.post(&house.treasurer, "ledger/accounts", &paths).await;
    for (who, account) in [
        (cashier, "income:other"),
        (buyer, "expenses:operations"),
        (registrar, "equity:shares"),
        (clerk, "liabilities:members:payable"),
        (keeper, "equity:reserve:legal"),
    ] {
        house.by_hand(who, account).await;
    }
    let body = json!({"metric": "hours", "starts_on": "2026-07-01", "ends_on": "2026-09-30", "source": "sheets", "challenge_days": 7,
        "table": table(&[(ana.member, 30), (ben.member, 10)])});
    let made = house.post(counter, "contributions", &body).await.expect(201);
    let disputes = format!("contributions/{}/disputes", made["id"].as_str().unwrap());
    let _ = house
        .post(ana, &disputes, &json!({"reason": "It is wrong."}))
        .await
        .expect(201);
    let ruling = json!({"is_upheld": false, "reason": "It is right."});
    let path = format!("{disputes}/{}/ruling", ana.member);
    let _ = house.post(&house.hall.steward, &path, &ruling).await.expect(201);
    let profile = json!({"member": ana.member, "profile": "no_number"});
    let _ = house.post(taxer, "tax-profiles", &profile).await.expect(201);
    end_challenges(&app).await;
    let (cycle, view) = house.upto("2026-Q3", "proposal").await;
    let client = app.database.superuser().await;
    let whole = editors(&client, &cycle, ("UNION", "UNION")).await;
    for (text, other, who) in [
        ("given.id = ANY (cycle.snapshots)", "false", counter),
        (
            "ruling.snapshot_id = ANY (cycle.snapshots)",
            "false",
            &house.hall.steward,
        ),
        ("given.set_at <= cycle.frozen_at", "false", taxer),
        (
            "account.kind IN ('income', 'expense')",
            "account.kind = 'expense'",
            cashier,
        ),
        (
            "account.kind IN ('income', 'expense')",
            "account.kind = 'income'",
            buyer,
        ),
        ("'equity:shares', ", "", registrar),
        (", 'liabilities:members:payable'", "", clerk),
        ("account.path LIKE 'equity:reserve:%'", "false", keeper),
    ] {
        let without = editors(&client, &cycle, (text, other)).await;
        let gone: Vec<&Uuid> = whole.difference(&without).collect();
        assert_eq!(gone, [&who.member.uuid()], "{text} as {other}");
    }
    let _ = house.approve(&house.auditor, &cycle, &view).await.expect(200);
    let _ = house.step(&house.treasurer, &cycle, "posting").await.expect(200);
    house.earn("inv-3", "10.00").await;
    let (next, _) = house.upto("2026-Q4", "proposal").await;
    let only = editors(&client, &next, ("UNION", "UNION")).await;
    assert!(!only.contains(&clerk.member.uuid()), "the cycle before counted that");
    let all = editors(&client, &next, ("coalesce(former.journal_upto, 0)", "0")).await;
    assert!(all.contains(&clerk.member.uuid()), "it would be counted for ever");
    app.finish().await;
}
