//! The demonstration: the co-op that a newcomer finds.

use tests::app::{ChainChoice, Options, TestApp};
use tests::memory_chain::MemoryWorld;

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_holds_a_decided_motion_two_open_votes_and_an_application() {
    let app = TestApp::start_with(Options::default().chain(ChainChoice::Memory(MemoryWorld::start().await))).await;
    let demo = server::services::demo::seed(&app.app, "rochdale 0a1b2c")
        .await
        .expect("a demonstration");
    app.work().await;
    let anyone = app.anonymous();
    let session = anyone
        .post("sessions")
        .json(&serde_json::json!({"email": "steward@demo.example", "password": demo.password}))
        .send()
        .await
        .expect(201);
    let token = format!("Bearer {}", session["access_token"].as_str().expect("a token"));
    let path = format!("coops/{}/proposals", demo.coop);
    let list = anyone
        .get(&path)
        .header("authorization", &token)
        .send()
        .await
        .expect(200);
    let mut states: Vec<&str> = list["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| item["state"].as_str().expect("a state"))
        .collect();
    states.sort_unstable();
    assert_eq!(states, ["discussion", "open", "open", "passed"]);
    let applications = format!("coops/{}/applications", demo.coop);
    let waiting = anyone
        .get(&applications)
        .header("authorization", &token)
        .send()
        .await
        .expect(200);
    assert_eq!(waiting["items"].as_array().map(Vec::len), Some(1));
    app.finish().await;
}
