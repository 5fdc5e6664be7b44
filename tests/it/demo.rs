//! The demonstration: the co-op that a newcomer finds.

use serde_json::{Value, json};
use server::services::demo::{DemoModels, DemoStory, seed};
use tests::app::{ChainChoice, Options, TestApp};
use tests::memory_chain::MemoryWorld;

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_holds_decisions_that_were_done_votes_that_wait_an_application_and_a_cycle_to_run() {
    let options = Options::default().configure(|config| {
        config.gateway.allowed_origins = ["http://127.0.0.1:9", "http://127.0.0.1:10"]
            .map(str::to_owned)
            .to_vec();
    });
    let app = TestApp::start_with(options.chain(ChainChoice::Memory(MemoryWorld::start().await))).await;
    let story = DemoStory {
        models: Some(DemoModels {
            language: String::from("http://127.0.0.1:9/v1"),
            embeddings: String::from("http://127.0.0.1:10/v1"),
        }),
        shares_revenue: true,
    };
    let demo = seed(&app.app, "rochdale 0a1b2c", &story)
        .await
        .expect("a demonstration");
    app.work().await;
    let anyone = app.anonymous();
    let session = anyone
        .post("sessions")
        .json(&json!({"email": "treasurer@demo.example", "password": demo.password}))
        .send()
        .await
        .expect(201);
    let token = format!("Bearer {}", session["access_token"].as_str().expect("a token"));
    let read = async |path: &str| -> Value {
        let request = anyone.get(&format!("coops/{}/{path}", demo.coop));
        request.header("authorization", &token).send().await.expect(200)["items"].clone()
    };
    let proposals = read("proposals").await;
    let mut states: Vec<&str> = proposals
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| item["state"].as_str().expect("a state"))
        .collect();
    states.sort_unstable();
    assert_eq!(states, ["discussion", "executed", "executed", "open", "open", "passed"]);
    let tools = anyone.get(&format!("coops/{}/access/tools", demo.coop));
    let tools = tools.header("authorization", &token).send().await.expect(200);
    assert_eq!(tools["models"].as_array().map(Vec::len), Some(2), "{tools}");
    let cycles = read("payouts").await;
    assert_eq!(cycles[0]["state"], "open", "{cycles}");
    let cycle = format!(
        "coops/{}/payouts/{}/freezing",
        demo.coop,
        cycles[0]["id"].as_str().expect("an id")
    );
    let frozen = anyone
        .post(&cycle)
        .header("authorization", &token)
        .send()
        .await
        .expect(200);
    assert_eq!(frozen["revenue"], "267.65", "{frozen}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demonstration_without_models_and_books_says_nothing_of_them() {
    let app = TestApp::start().await;
    let demo = seed(&app.app, "rochdale 0a1b2c", &DemoStory::default())
        .await
        .expect("a demonstration");
    app.work().await;
    let anyone = app.anonymous();
    let session = anyone
        .post("sessions")
        .json(&json!({"email": "steward@demo.example", "password": demo.password}))
        .send()
        .await
        .expect(201);
    let token = format!("Bearer {}", session["access_token"].as_str().expect("a token"));
    for (path, count) in [("proposals", 4), ("applications", 1), ("payouts", 0)] {
        let request = anyone.get(&format!("coops/{}/{path}", demo.coop));
        let list = request.header("authorization", &token).send().await.expect(200);
        assert_eq!(list["items"].as_array().map(Vec::len), Some(count), "{path}: {list}");
    }
    app.finish().await;
}
