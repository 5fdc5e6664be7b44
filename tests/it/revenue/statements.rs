//! Aim: what a member was told of a cycle is what the co-op's record holds, and nothing else passes for it. Method: statements as members get them,
//! given to the auditor's program, which knows the key of the log; then each thing in them forged.

use governance::hash::Hash32;
use governance::log::VerifierKey;
use serde_json::{Value, json};
use tests::app::TestApp;

use super::house::House;
use crate::decisions::world::Insider;
use crate::log::world::Log;

impl House {
    /// A statement once the log holds its cycle.
    async fn logged(&self, app: &TestApp, who: &Insider, cycle: &str) -> Value {
        app.work().await;
        let hash = audit::check_statement(self.statement(who, cycle).await.to_string().as_bytes(), None).record_hash;
        let path = self.hall.path(&format!("receipts/{}", hash.expect("a record")));
        let request = who.person.get(&path).header("prefer", "wait=5");
        assert_eq!(request.send().await.expect(200)["state"], "published");
        self.statement(who, cycle).await
    }
}

fn status(statement: &Value, key: Option<&VerifierKey>) -> (u8, String) {
    let report = audit::check_statement(statement.to_string().as_bytes(), key);
    (report.status, report.reason)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_is_proved_by_the_record_of_its_cycle_and_by_no_other() {
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    house.hours(&app, [30, 11]).await;
    let (cycle, view) = house.upto("2026-Q3", "approval").await;
    let [ana, ben] = [&house.hall.members[0], &house.hall.members[1]];
    let early = house.statement(ana, &cycle).await;
    assert_eq!(early["proof"], Value::Null, "nothing is final before it is posted");
    assert_eq!(status(&early, None).0, 2);
    let _ = house.step(&house.treasurer, &cycle, "posting").await.expect(200);
    let log = Log::of(&app, house.hall.coop);
    let key = Some(log.key());
    let [own, other] = [
        house.logged(&app, ana, &cycle).await,
        house.logged(&app, ben, &cycle).await,
    ];
    for statement in [&own, &other] {
        assert_eq!(status(statement, key).0, 0, "{:?}", status(statement, key));
        assert_eq!(
            status(statement, None).0,
            2,
            "without a key of the log nothing is known of the log"
        );
    }
    let payout = &own["proof"]["payout"];
    assert_eq!((&payout["digest"], &payout["members"]), (&view["digest"], &json!(5)));
    assert_eq!(payout, &other["proof"]["payout"]);

    for (path, value) in forgeries(&other) {
        let mut forged = own.clone();
        *forged.pointer_mut(path).unwrap_or_else(|| panic!("{path} in {own}")) = value;
        assert_eq!(status(&forged, key).0, 1, "{path}: {:?}", status(&forged, key));
    }
    // A line less, and as much less in all: it adds up, and is not what the record holds.
    let mut forged = own.clone();
    for (path, value) in [
        ("/lines", json!([])),
        ("/accrued", json!("0.00000000")),
        ("/paid", json!("0.00000000")),
        ("/carried", json!("0.00000000")),
    ] {
        *forged.pointer_mut(path).unwrap() = value;
    }
    let (code, reason) = status(&forged, key);
    assert!(code == 1 && reason.contains("root"), "{reason}");
    // The whole proof of another.
    let mut forged = own.clone();
    forged["proof"] = other["proof"].clone();
    assert_eq!(status(&forged, key).0, 1);
    the_bundle_gives_the_root(&house, &cycle, payout).await;
    app.finish().await;
}

/// What is written in place of what stands there.
fn forgeries(other: &Value) -> Vec<(&'static str, Value)> {
    let word = |text: &str| json!(governance::hash::keccak256(text.as_bytes()).to_string());
    vec![
        ("/lines/0/amount", json!("1.00000000")),
        ("/lines/0/weight", json!("2")),
        ("/lines/0/shared", json!("1.00000000")),
        ("/lines/0/step", json!("labour")),
        ("/paid", json!("1.00000000")),
        ("/is_held", json!(true)),
        ("/member", other["member"].clone()),
        ("/period", json!("2026-Q4")),
        ("/currency", json!("USD")),
        ("/proof/salt", word("salt")),
        ("/proof/index", other["proof"]["index"].clone()),
        ("/proof/inclusion", other["proof"]["inclusion"].clone()),
        ("/proof/payout/statements", word("root")),
        ("/proof/payout/members", json!(6)),
        ("/proof/payout/total", json!("1.00000000")),
        ("/proof/payout/payout_digest", word("digest")),
        ("/proof/log/record_hash", word("record")),
        ("/proof/log/index", json!(0)),
        ("/proof/log/type_hash", word("TallyV1")),
    ]
}

/// Whoever holds an office builds the whole tree again from the file of the cycle.
async fn the_bundle_gives_the_root(house: &House, cycle: &str, payout: &Value) {
    let path = house.hall.path(&format!("payouts/{cycle}/bundle"));
    let text = String::from_utf8(house.auditor.person.get(&path).send().await.bytes.clone()).unwrap();
    let report = audit::allocate_reader(text.as_bytes()).unwrap();
    assert_eq!(
        (report.different, report.missing.len()),
        (0, 0),
        "{:?}",
        report.differences
    );
    let root: Hash32 = payout["statements"].as_str().unwrap().parse().unwrap();
    assert_eq!(report.statements, Some(root));
    let forged = text.replace(&root.to_string(), &Hash32::ZERO.to_string());
    assert_eq!(audit::allocate_reader(forged.as_bytes()).unwrap().different, 1);
    let secret = text.lines().nth(1).unwrap();
    let secret: Value = serde_json::from_str(secret).unwrap();
    let forged = text.replace(secret["secret"].as_str().unwrap(), &Hash32::ZERO.to_string());
    assert_eq!(
        audit::allocate_reader(forged.as_bytes()).unwrap().different,
        1,
        "other salts give another root"
    );
}
