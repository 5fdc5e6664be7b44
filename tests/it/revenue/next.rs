//! Aim: before a step is taken, whoever takes it is told what it does, in figures. Method: a whole cycle, asked before each step.

use serde_json::{Value, json};
use tests::app::TestApp;

use super::house::House;

async fn next(house: &House, cycle: &str) -> Value {
    let path = house.hall.path(&format!("payouts/{cycle}/next"));
    let told = house.treasurer.person.get(&path).send().await.expect(200);
    if let Some(act) = told["act"].as_str() {
        assert_eq!(told["path"], format!("payouts/{cycle}/{act}"));
        assert!(told["what"].is_string(), "{told}");
    }
    told
}

fn approvers(told: &Value) -> Vec<&str> {
    let all = told["approvers"].as_array().unwrap();
    all.iter().map(|one| one["name"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn before_each_step_of_a_cycle_it_is_told_what_it_does() {
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    let cycle = house.open("2026-Q3").await;
    house.hours(&app, [30, 11]).await;
    house.earn("back", "-1000.01").await;
    let told = next(&house, &cycle).await;
    assert_eq!((&told["act"], &told["stays"]), (&json!("freezing"), &json!(false)));
    assert!(
        told["obstacles"][0].as_str().unwrap().contains("the costs are more"),
        "{told}"
    );
    let path = house.hall.path(&format!("payouts/{cycle}/next"));
    let by_member = house.hall.members[0].person.get(&path).send().await.expect(200);
    assert_eq!(by_member["obstacles"], json!([]), "it takes a look at all books");
    house.earn("again", "1000.01").await;
    assert_eq!(next(&house, &cycle).await["obstacles"], json!([]));
    let mut view = Value::Null;
    for (step, follows) in [
        ("freezing", "computation"),
        ("computation", "verification"),
        ("verification", "proposal"),
        ("proposal", "approvals"),
    ] {
        view = house.step(&house.treasurer, &cycle, step).await.expect(200);
        let told = next(&house, &cycle).await;
        assert_eq!(
            (&told["act"], &told["revenue"]),
            (&json!(follows), &view["revenue"]),
            "{told}"
        );
        assert_eq!((&told["sums"], &told["digest"]), (&view["sums"], &view["digest"]));
        // Before it is proposed too, when it is not known yet who proposes it.
        let names = approvers(&told);
        assert_eq!(names.contains(&"Auditor"), told["sums"].is_object(), "{told}");
        assert!(!names.contains(&"Treasurer"), "{told}");
    }
    let told = next(&house, &cycle).await;
    assert_eq!(
        (&told["approvals_needed"], &told["approvals_given"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(told["roles"], json!(["treasurer", "auditor", "steward"]));
    let _ = house.approve(&house.auditor, &cycle, &view).await.expect(200);
    let told = next(&house, &cycle).await;
    assert_eq!(
        (&told["act"], &told["stays"], &told["approvals_given"]),
        (&json!("posting"), &json!(true), &json!(1))
    );
    assert_eq!((&told["approvers"], &told["obstacles"]), (&json!([]), &json!([])));
    let _ = house.step(&house.treasurer, &cycle, "posting").await.expect(200);
    assert_eq!(next(&house, &cycle).await["act"], "issue");
    let _ = house.step(&house.treasurer, &cycle, "issue").await.expect(200);
    let told = next(&house, &cycle).await;
    assert_eq!((&told["act"], &told["stays"]), (&json!("closing"), &json!(true)));
    app.finish().await;
}
