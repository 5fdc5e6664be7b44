//! Who approves a payout cycle, and how many must: as many as the bylaws say, who hold an office, and none who brought about its figures.

use governance::membership::{Class, Role};
use serde_json::{Value, json};
use tests::app::TestApp;

use super::house::House;
use super::world::{carry, end_challenges, table};
use crate::decisions::world::Insider;

/// How many approve is what the bylaws say that members adopted; a later amendment leaves a cycle that is proposed as it is.
#[tokio::test(flavor = "multi_thread")]
async fn as_many_approve_as_the_bylaws_say() {
    let app = TestApp::start().await;
    let mut house = House::new(&app).await;
    // They vote as well.
    house
        .hall
        .members
        .extend([house.treasurer.clone(), house.auditor.clone()]);
    house.hours(&app, [1, 1]).await;
    let amend = async |approvals: Value| {
        let request = house.hall.steward.person.get(&house.hall.path("bylaws"));
        let bylaws = request.send().await.expect(200);
        let mut content = bylaws["content"].clone();
        content["approvals"] = approvals;
        let act = json!({"action": "amend_bylaws", "version": 1, "replaces": bylaws["version"], "bylaws": content});
        let _ = carry(&app, &house.hall, &[act]).await;
    };
    amend(json!({"tiers": [{"upto": "899.99", "approvals": 1}], "above": 2})).await;
    let (cycle, view) = house.upto("2026-Q3", "proposal").await;
    assert_eq!(
        (&view["approvals_needed"], &view["sums"]["accrued"]),
        (&json!(2), &json!("900.00"))
    );
    amend(json!({"tiers": [], "above": 1})).await;
    let one = house.approve(&house.auditor, &cycle, &view).await.expect(200);
    assert_eq!(one["state"], "proposed", "{one}");
    assert_eq!(house.step(&house.treasurer, &cycle, "posting").await.status, 409);
    let both = house.approve(&house.hall.steward, &cycle, &view).await.expect(200);
    assert_eq!(both["state"], "approved", "{both}");
    let _ = house.step(&house.treasurer, &cycle, "posting").await.expect(200);
    app.finish().await;
}

/// Whoever recorded income or costs, ruled on a dispute or moved shares that the cycle is the first to count approves it as little as who
/// prepared it, and is told who may. Who only approved a bill may; and the next cycle is another one.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_approves_a_cycle_whose_figures_they_brought_about() {
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    let [ana, ben] = [&house.hall.members[0], &house.hall.members[1]];
    let mut others = Vec::new();
    for name in ["Cashier", "Buyer", "Registrar", "Clerk"] {
        others.push(house.hall.join(&app, name, Class::Worker, &[Role::Treasurer]).await);
    }
    let [cashier, buyer, registrar, clerk] = &others[..] else {
        unreachable!()
    };
    let sales = "date,amount,reference,description\n2026-07-02,50.00,inv-2,Sales\n";
    let income = json!({"currency": "EUR", "into": "assets:bank:main", "from": "income:other", "table": sales});
    let _ = house.post(cashier, "income", &income).await.expect(201);
    let bill = json!({"supplier": "Power & Light", "reference": "A-1", "iban": "DE89370400440532013000", "issued_on": "2026-07-03",
        "due_on": "2026-10-31", "currency": "EUR", "vat": "0.00",
        "lines": [{"about": "Electricity", "amount": "10.00", "account": "expenses:operations"}]});
    let bill = house.post(buyer, "bills", &bill).await.expect(201);
    let path = format!("bills/{}/approvals", bill["id"].as_str().unwrap());
    let looked = json!({"digest": bill["digest"]});
    let _ = house.post(&house.auditor, &path, &looked).await.expect(200);
    let by_hand = |path: &str, reference: &Insider| {
        json!({"description": "By hand", "effective_on": "2026-07-04", "entries": [
            {"account": "assets:bank:main", "currency": "EUR", "amount": "5.00"},
            {"account": path, "currency": "EUR", "amount": "-5.00", "reference": reference.member}]})
    };
    let _ = house
        .post(
            &house.treasurer,
            "ledger/accounts",
            &json!({"currency": "EUR", "paths": ["equity:shares", "liabilities:members:payable"]}),
        )
        .await;
    for (who, account) in [(registrar, "equity:shares"), (clerk, "liabilities:members:payable")] {
        let _ = house.post(who, "journal", &by_hand(account, ana)).await.expect(201);
    }
    let table = table(&[(ana.member, 30), (ben.member, 10)]);
    let body = json!({"metric": "hours", "starts_on": "2026-07-01", "ends_on": "2026-09-30", "source": "sheets", "challenge_days": 7,
        "table": table});
    let made = house.post(&house.treasurer, "contributions", &body).await.expect(201);
    let disputes = format!("contributions/{}/disputes", made["id"].as_str().unwrap());
    let _ = house
        .post(ana, &disputes, &json!({"reason": "It is wrong."}))
        .await
        .expect(201);
    let ruling = json!({"is_upheld": false, "reason": "It is right."});
    let path = format!("{disputes}/{}/ruling", ana.member);
    let _ = house.post(&house.hall.steward, &path, &ruling).await.expect(201);
    end_challenges(&app).await;

    let (cycle, view) = house.upto("2026-Q3", "proposal").await;
    for (who, why) in [
        (&house.treasurer, "prepared it"),
        (cashier, "recorded income"),
        (buyer, "prepared a bill"),
        (registrar, "moved shares"),
        (clerk, "wrote what a member is owed"),
        (&house.hall.steward, "ruled on a dispute"),
    ] {
        let told = house.approve(who, &cycle, &view).await.problem("four-eyes");
        assert_eq!(told["approvers"], json!([house.auditor.member]), "who {why}");
        assert!(told["detail"].as_str().unwrap().contains("Auditor"), "{told}");
    }
    let _ = house.approve(&house.auditor, &cycle, &view).await.expect(200);
    let _ = house.step(&house.treasurer, &cycle, "posting").await.expect(200);
    // They had no part in what comes later.
    house.earn("inv-3", "10.00").await;
    let (cycle, view) = house.upto("2026-Q4", "proposal").await;
    let done = house.approve(cashier, &cycle, &view).await.expect(200);
    assert_eq!(done["state"], "approved");
    app.finish().await;
}

/// Who lost the office in between does not count any more; a cancelled cycle makes room for another one of its period.
#[tokio::test(flavor = "multi_thread")]
async fn an_approval_of_somebody_without_an_office_posts_nothing() {
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    house.hours(&app, [1, 1]).await;
    let (cycle, _) = house.upto("2026-Q3", "approval").await;
    let member = house.hall.path(&format!("members/{}", house.auditor.member));
    let etag = house.hall.steward.person.get(&member).send().await.etag().unwrap();
    let end = house
        .hall
        .steward
        .person
        .delete(&format!("{member}/roles/auditor"))
        .if_match(&etag);
    let ended = end.json(&json!({"reason": "so"})).send().await;
    assert!(ended.status < 300, "{}", String::from_utf8_lossy(&ended.bytes));
    assert_eq!(house.step(&house.treasurer, &cycle, "posting").await.status, 409);
    let path = format!("payouts/{cycle}/cancellation");
    let cancelled = house
        .post(&house.treasurer, &path, &json!({"reason": "The auditor left office."}))
        .await;
    assert_eq!(cancelled.expect(200)["state"], "cancelled");
    let _ = house.open("2026-Q3").await;
    app.finish().await;
}
