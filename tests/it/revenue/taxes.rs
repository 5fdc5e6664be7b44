//! Aim: in real cycles tax is withheld in whole cents, once of the same money, and what nobody could be paid for long goes to a fund.
//! Method: several cycles one after the other, the books and the statements beside them.

use chrono::Datelike as _;
use governance::membership::{Class, Role};
use serde_json::{Value, json};
use tests::app::TestApp;
use tests::person::Reply;

use super::world::{adopt, carry, nothing};
use crate::decisions::world::{Hall, Insider};

struct House {
    hall: Hall,
    treasurer: Insider,
    auditor: Insider,
}

impl House {
    async fn new(app: &TestApp, rule: &Value) -> Self {
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
            .post("ledger/accounts", &json!({"currency": "EUR"}))
            .await
            .expect(201);
        house
    }

    async fn post(&self, path: &str, body: &Value) -> Reply {
        let request = self.treasurer.person.post(&self.hall.path(path));
        if body.is_null() {
            return request.send().await;
        }
        request.json(body).send().await
    }

    async fn earn(&self, reference: &str, amount: &str) {
        self.earn_on(reference, "2026-01-01", amount).await;
    }

    async fn earn_on(&self, reference: &str, day: &str, amount: &str) {
        let table = format!("date,amount,reference,description\n{day},{amount},{reference},Sales\n");
        let body = json!({"currency": "EUR", "into": "assets:bank:main", "from": "income:other", "table": table});
        let _ = self.post("income", &body).await.expect(201);
    }

    async fn tax(&self, who: &Insider, profile: Option<&str>) -> Reply {
        self.post("tax-profiles", &json!({"member": who.member, "profile": profile}))
            .await
    }

    /// Gives a member another status.
    async fn stand(&self, who: &Insider, status: &str) {
        let path = self.hall.path(&format!("members/{}", who.member));
        let steward = &self.hall.steward.person;
        let etag = steward.get(&path).send().await.etag().unwrap();
        let body = json!({"status": status, "reason": "for a test"});
        let change = steward.post(&format!("{path}/status")).if_match(&etag).json(&body);
        let _ = change.send().await.expect(200);
    }

    /// A whole cycle up to a day.
    async fn cycle(&self, ends_on: &str) -> String {
        let body = json!({"period": ends_on, "ends_on": ends_on});
        let made = self.post("payouts", &body).await.expect(201);
        let cycle = made["id"].as_str().unwrap().to_owned();
        let mut view = made;
        for step in ["freezing", "computation", "verification", "proposal"] {
            view = self
                .post(&format!("payouts/{cycle}/{step}"), &Value::Null)
                .await
                .expect(200);
        }
        let digests = json!({"digest": view["digest"], "payout_digest": view["payout_digest"]});
        let path = self.hall.path(&format!("payouts/{cycle}/approvals"));
        let _ = self.auditor.person.post(&path).json(&digests).send().await.expect(200);
        let _ = self
            .post(&format!("payouts/{cycle}/posting"), &Value::Null)
            .await
            .expect(200);
        cycle
    }

    /// Before, accrued, withheld, paid, dormant and carried, of a member in a cycle.
    async fn told(&self, who: &Insider, cycle: &str) -> Vec<String> {
        let request = who.person.get(&self.hall.path(&format!("payouts/{cycle}/statement")));
        let statement = request.send().await.expect(200);
        ["before", "accrued", "withheld", "paid", "dormant", "carried"]
            .map(|part| statement[part].as_str().unwrap().to_owned())
            .to_vec()
    }

    /// Accrued, withheld and paid, of a member in this year, for the tax office.
    async fn year(&self, who: &Insider) -> Vec<String> {
        let path = format!("years/{}/summary", chrono::Utc::now().year());
        let summary = who.person.get(&self.hall.path(&path)).send().await.expect(200);
        ["accrued", "withheld", "paid"]
            .map(|part| summary["amounts"][0][part].as_str().unwrap().to_owned())
            .to_vec()
    }

    async fn balance(&self, account: &str) -> String {
        let request = self.treasurer.person.get(&self.hall.path("ledger/balances"));
        let view = request.send().await.expect(200);
        let mut rows = view["balances"].as_array().unwrap().iter();
        let row = rows.find(|row| row["account"] == account);
        row.map_or("none", |row| row["balance"].as_str().unwrap()).to_owned()
    }
}

/// Everything equally among active members.
fn rule(more: &Value) -> Value {
    let mut rule = json!({"version": 1, "supersedes": nothing(), "currency": "EUR", "effective_from": 0,
        "steps": [{"id": "all", "does": {"op": "per_capita", "to": "members:active"}}],
        "payout": {"decimals": 2, "min": "1.00", "rails": ["sepa", "manual"]}});
    for (name, value) in more.as_object().unwrap() {
        rule[name] = value.clone();
    }
    rule
}

/// Five members get 30.01 each: of the taxed one 24 % of 30.01 go to the office, in whole cents. What the cycle pays is not paid, so it is
/// owed in the next one, and is not withheld from again.
#[tokio::test(flavor = "multi_thread")]
async fn tax_is_withheld_in_whole_cents_and_once_of_the_same_money() {
    let app = TestApp::start().await;
    let withholding = json!([{"id": "backup", "profile": "no_number", "share": {"share": 24, "whole": 100}, "to": "tax:backup",
        "rounding": "up"}]);
    let house = House::new(&app, &rule(&json!({"withholding": withholding}))).await;
    let [ana, ben] = [&house.hall.members[0], &house.hall.members[1]];
    let _ = house.tax(ana, Some("no_number")).await.expect(201);
    assert_eq!(house.tax(&house.treasurer, None).await.status, 403, "one's own");
    assert_eq!(house.tax(ana, Some("No Number")).await.status, 422);
    let list = |who: &Insider| who.person.get(&house.hall.path("tax-profiles")).send();
    assert_eq!(
        list(&house.auditor).await.expect(200)["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(list(ana).await.expect(200)["items"][0]["profile"], "no_number");
    assert_eq!(
        list(ben).await.expect(200)["items"],
        json!([]),
        "others see their own alone"
    );
    house.earn("inv-1", "150.05").await;
    let first = house.cycle("2026-03-31").await;
    assert_eq!(
        house.told(ana, &first).await,
        ["0.00", "30.01", "7.21", "22.80", "0.00", "0.00"]
    );
    assert_eq!(
        house.told(ben, &first).await,
        ["0.00", "30.01", "0.00", "30.01", "0.00", "0.00"]
    );
    assert_eq!(house.balance("liabilities:tax:backup").await, "-7.21");
    assert_eq!(house.balance("liabilities:members:payable").await, "-142.84");
    house.earn("inv-2", "50.00").await;
    let second = house.cycle("2026-06-30").await;
    assert_eq!(
        house.told(ana, &second).await,
        ["22.80", "10.00", "2.40", "30.40", "0.00", "0.00"]
    );
    // What the second cycle pays again is counted once: the year adds up.
    assert_eq!(house.year(ana).await, ["40.01", "9.61", "30.40"]);
    assert_eq!(house.year(ben).await, ["40.01", "0.00", "40.01"]);
    // Ana is paid at last, and has a number now.
    let paid = json!({"description": "Paid", "effective_on": "2026-07-01", "entries": [
        {"account": "liabilities:members:payable", "currency": "EUR", "amount": "30.40", "reference": ana.member},
        {"account": "assets:bank:main", "currency": "EUR", "amount": "-30.40"}]});
    let _ = house.post("journal", &paid).await.expect(201);
    let _ = house.tax(ana, None).await.expect(201);
    house.earn("inv-3", "5.00").await;
    let third = house.cycle("2026-09-30").await;
    assert_eq!(
        house.told(ana, &third).await,
        ["0.00", "1.00", "0.00", "1.00", "0.00", "0.00"]
    );
    assert_eq!(house.balance("liabilities:tax:backup").await, "-9.61");
    assert_eq!(house.year(ana).await, ["41.01", "9.61", "31.40"]);
    app.finish().await;
}

/// What is given back of a cycle after the next one was frozen was withheld from already. Two cycles are set aside to be paid; the payment of
/// the first is carried then: the third withholds of what is new alone.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_cycle_gives_back_is_not_withheld_from_again() {
    let app = TestApp::start().await;
    let withholding = json!([{"id": "backup", "profile": "no_number", "share": {"share": 24, "whole": 100}, "to": "tax:backup",
        "rounding": "up"}]);
    let house = House::new(&app, &rule(&json!({"withholding": withholding}))).await;
    let ana = &house.hall.members[0];
    let _ = house.tax(ana, Some("no_number")).await.expect(201);
    let mut cycles = Vec::new();
    for (reference, amount, ends_on) in [("inv-1", "150.05", "2026-03-31"), ("inv-2", "50.00", "2026-06-30")] {
        house.earn(reference, amount).await;
        let cycle = house.cycle(ends_on).await;
        let _ = house
            .post(&format!("payouts/{cycle}/issue"), &Value::Null)
            .await
            .expect(200);
        cycles.push(cycle);
    }
    assert_eq!(
        house.told(ana, &cycles[1]).await,
        ["0.00", "10.00", "2.40", "7.60", "0.00", "0.00"]
    );
    let carry = format!("payouts/{}/payments/{}/carry", cycles[0], ana.member);
    let _ = house.post(&carry, &json!({"reason": "no account"})).await.expect(200);
    house.earn("inv-3", "5.00").await;
    // Before or after a freeze is told by the books' order, and by no clock, which may have been set back in between.
    let client = app.database.superuser().await;
    let set = async |sign| {
        let clock = format!(
            "ALTER TABLE payment_attempt DISABLE TRIGGER payment_attempt_only_goes_on;
             UPDATE payment_attempt SET changed_at = changed_at {sign} interval '1 day' WHERE rail = 'carry';
             ALTER TABLE payment_attempt ENABLE ALWAYS TRIGGER payment_attempt_only_goes_on"
        );
        client.batch_execute(&clock).await.unwrap();
    };
    set('-').await;
    let third = house.cycle("2026-09-30").await;
    set('+').await;
    assert_eq!(
        house.told(ana, &third).await,
        ["22.80", "1.00", "0.24", "23.56", "0.00", "0.00"]
    );
    assert_eq!(
        house.year(ana).await,
        ["41.01", "9.85", "31.16"],
        "22.80, 7.60 and 0.76"
    );
    app.finish().await;
}

/// What was withheld from and given back waits while its member is suspended, and is still taxed when it is paid at last.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_withheld_from_stays_taxed_through_a_cycle_that_pays_its_member_nothing() {
    let app = TestApp::start().await;
    let withholding = json!([{"id": "backup", "profile": "no_number", "share": {"share": 24, "whole": 100}, "to": "tax:backup",
        "rounding": "up"}]);
    let house = House::new(&app, &rule(&json!({"withholding": withholding}))).await;
    let ana = &house.hall.members[0];
    let _ = house.tax(ana, Some("no_number")).await.expect(201);
    house.earn("inv-1", "150.00").await;
    let first = house.cycle("2026-03-31").await;
    let issue = format!("payouts/{first}/issue");
    let _ = house.post(&issue, &Value::Null).await.expect(200);
    let carry = format!("payouts/{first}/payments/{}/carry", ana.member);
    let _ = house.post(&carry, &json!({"reason": "no account"})).await.expect(200);
    house.stand(ana, "suspended").await;
    for (reference, ends_on) in [("inv-2", "2026-06-30"), ("inv-3", "2026-07-31")] {
        house.earn(reference, "40.00").await;
        let idle = house.cycle(ends_on).await;
        assert_eq!(
            house.told(ana, &idle).await,
            ["22.80", "0.00", "0.00", "0.00", "0.00", "22.80"],
            "{ends_on}"
        );
    }
    house.stand(ana, "active").await;
    house.earn("inv-4", "5.00").await;
    let last = house.cycle("2026-09-30").await;
    assert_eq!(
        house.told(ana, &last).await,
        ["22.80", "1.00", "0.24", "23.56", "0.00", "0.00"]
    );
    app.finish().await;
}

/// Below the least payment nothing is paid; after twelve months it goes to the fund, whoever got something meanwhile excepted.
#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_paid_for_long_goes_to_the_fund() {
    let app = TestApp::start().await;
    let payout = json!({"decimals": 2, "min": "100.00", "dormant": {"after_months": 12, "to": "fund:unclaimed"}, "rails": ["sepa"]});
    let house = House::new(&app, &rule(&json!({"payout": payout}))).await;
    let [ana, ben] = [&house.hall.members[0], &house.hall.members[1]];
    for (reference, ends_on) in [("inv-1", "2025-03-31"), ("inv-2", "2025-09-30")] {
        house.earn_on(reference, "2025-01-01", "5.00").await;
        let cycle = house.cycle(ends_on).await;
        assert_eq!(house.told(ana, &cycle).await[4], "0.00", "{ends_on}");
    }
    // Ben gets his by hand, so his time begins anew.
    let paid = json!({"description": "Paid", "effective_on": "2025-10-01", "entries": [
        {"account": "liabilities:members:payable", "currency": "EUR", "amount": "2.00", "reference": ben.member},
        {"account": "assets:bank:main", "currency": "EUR", "amount": "-2.00"}]});
    let _ = house.post("journal", &paid).await.expect(201);
    house.earn_on("inv-3", "2025-01-01", "5.00").await;
    let last = house.cycle("2026-03-31").await;
    assert_eq!(
        house.told(ana, &last).await,
        ["2.00", "1.00", "0.00", "0.00", "3.00", "0.00"]
    );
    assert_eq!(
        house.told(ben, &last).await,
        ["0.00", "1.00", "0.00", "0.00", "0.00", "1.00"]
    );
    assert_eq!(house.balance("equity:fund:unclaimed").await, "-12.00", "of four");
    assert_eq!(house.balance("liabilities:members:payable").await, "-1.00");
    // What waits, or went to the fund, was paid to nobody; Ben had 2.00.
    assert_eq!(house.year(ana).await, ["3.00", "0.00", "0.00"]);
    assert_eq!(house.year(ben).await, ["3.00", "0.00", "2.00"]);
    app.finish().await;
}

/// Who set a tax profile that a cycle is the first to count does not approve it.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_approves_a_cycle_whose_tax_profiles_they_set() {
    let app = TestApp::start().await;
    let house = House::new(&app, &rule(&json!({}))).await;
    let second = house.hall.join(&app, "Second", Class::Worker, &[Role::Treasurer]).await;
    let set = json!({"member": house.hall.members[0].member, "profile": "no_number"});
    let path = house.hall.path("tax-profiles");
    let _ = second.person.post(&path).json(&set).send().await.expect(201);
    house.earn("inv-1", "10.00").await;
    let made = house
        .post("payouts", &json!({"period": "one", "ends_on": "2026-03-31"}))
        .await
        .expect(201);
    let cycle = made["id"].as_str().unwrap();
    let mut view = Value::Null;
    for step in ["freezing", "computation", "verification", "proposal"] {
        view = house
            .post(&format!("payouts/{cycle}/{step}"), &Value::Null)
            .await
            .expect(200);
    }
    let digests = json!({"digest": view["digest"], "payout_digest": view["payout_digest"]});
    let path = house.hall.path(&format!("payouts/{cycle}/approvals"));
    assert_eq!(second.person.post(&path).json(&digests).send().await.status, 403);
    let _ = house.auditor.person.post(&path).json(&digests).send().await.expect(200);
    app.finish().await;
}

/// I16: under US-T the rule is older than the first income that it shares.
#[tokio::test(flavor = "multi_thread")]
async fn a_rule_under_the_law_of_the_united_states_shares_no_older_income() {
    let app = TestApp::start().await;
    let house = House::new(&app, &rule(&json!({"profile": "US-T"}))).await;
    let today = chrono::Utc::now().date_naive().to_string();
    house.earn_on("inv-1", &today, "10.00").await;
    let made = house
        .post("payouts", &json!({"period": "one", "ends_on": today}))
        .await
        .expect(201);
    let path = house
        .hall
        .path(&format!("payouts/{}/freezing", made["id"].as_str().unwrap()));
    let obstacles = async || {
        let seen = house.treasurer.person.get(&path).send().await.expect(200);
        seen["obstacles"].as_array().unwrap().len()
    };
    assert_eq!(obstacles().await, 0);
    house.earn_on("inv-2", "2026-01-01", "10.00").await;
    assert_eq!(obstacles().await, 1, "income of before the rule");
    let frozen = house.treasurer.person.post(&path).send().await;
    assert_eq!(frozen.status, 409);
    app.finish().await;
}
