//! Aim: a model takes no call before it is shown that none costs more than is set aside, and again none once it is another one. Method: a
//! server of models that says how many tokens it read.

use serde_json::{Value, json};
use server::services::access::checking::check;
use server::services::access::proving::prove_once;
use tests::upstream::{Script, done, hello, stop, text, usage};

use super::calls::Shop;
use super::world::{allowance, decide, key, model, policy, tool_at};

fn claims(tokens: u64) -> Script {
    let told = json!({"prompt_tokens": tokens, "completion_tokens": 1});
    Script::stream(vec![text("a"), stop(), usage(told), done()])
}

async fn seen(shop: &Shop) -> (Value, Value) {
    let tools = shop.hall.members[0]
        .person
        .get(&shop.hall.path("access/tools"))
        .send()
        .await
        .expect(200);
    (
        tools["models"][0]["is_proved"].clone(),
        tools["models"][0]["lacks"].clone(),
    )
}

/// Lets it be time to look again.
async fn later(shop: &Shop) {
    let client = shop.app.database.superuser().await;
    client
        .batch_execute("UPDATE access_model SET probe_due_at = now()")
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_takes_no_call_before_its_bound_is_shown_to_hold() {
    let shop = Shop::open(vec![claims(10_000)], 1).await;
    let acts = [
        tool_at(&shop.mock.origin),
        model("small"),
        policy(0, &[allowance(json!({"group": "everyone"}), "each", 10_000)]),
    ];
    let _ = decide(&shop.app, &shop.hall, &acts).await;
    let key = key(&shop.hall, &shop.hall.members[0], json!({})).await;
    assert_eq!(shop.chat(&key).await.code(), (503, "model_unproved"));
    assert_eq!(shop.get(&key, "/models").await.body["data"], json!([]));
    assert!(shop.mock.got().is_empty(), "a refused call reaches nobody");

    assert_eq!(prove_once(&shop.app.app).await.unwrap(), 1);
    let (is_proved, lacks) = seen(&shop).await;
    assert!(is_proved == false && lacks.as_u64().unwrap() > 9_000, "{lacks}");
    assert_eq!(shop.chat(&key).await.code(), (503, "model_unproved"));
    assert_eq!(
        prove_once(&shop.app.app).await.unwrap(),
        0,
        "it waits before it looks again"
    );

    shop.mock.script(vec![hello()]);
    later(&shop).await;
    assert_eq!(prove_once(&shop.app.app).await.unwrap(), 1);
    assert_eq!(seen(&shop).await, (json!(true), Value::Null));
    assert_eq!(shop.chat(&key).await.status, 200);

    // Another price proves nothing anew; another template, name or server does, and an operator may look at once.
    let mut dearer = model("small");
    dearer["terms"]["price"]["input"] = json!(4);
    let _ = decide(&shop.app, &shop.hall, &[dearer.clone()]).await;
    assert_eq!(shop.chat(&key).await.status, 200);
    dearer["terms"]["overhead"]["call"] = json!(1);
    let _ = decide(&shop.app, &shop.hall, &[dearer]).await;
    assert_eq!(shop.chat(&key).await.code(), (503, "model_unproved"));
    let report = check(&shop.app.app, &shop.hall.slug, Some("ours")).await.unwrap();
    assert!(report[0].models[0].holds());
    assert_eq!(shop.chat(&key).await.status, 200);
    let mut moved = tool_at(&shop.mock.origin);
    moved["terms"]["kind"] = json!("vllm");
    let _ = decide(&shop.app, &shop.hall, &[moved]).await;
    assert_eq!(shop.chat(&key).await.code(), (503, "model_unproved"));
    shop.close().await;
}
