//! Aim: another model answers where the one asked for does not, only as it was decided, nowhere weaker, and for its own price. Method:
//! two tools of one server of models, whose answers tell them apart by what was asked where.

use serde_json::{Value, json};
use tests::app::TestApp;
use tests::upstream::{Script, Step, hello, text};

use super::calls::Shop;
use super::world::{allowance, carry, key, model, motion, policy};
use crate::decisions::world::Hall;

fn everyone() -> Value {
    json!({"group": "everyone"})
}

/// A tool under a path of its own.
pub fn tool(name: &str, origin: &str) -> Value {
    json!({"action": "set_tool", "version": 1, "tool": name, "terms": {"kind": "llama_cpp", "base_url": format!("{origin}/{name}/v1"),
        "external": false, "data_location": "our own server", "slots": 2, "first_byte_seconds": 30, "idle_seconds": 30}})
}

/// The usual model for chats alone, at a tool, with changes of its terms.
fn chat_model(name: &str, tool: &str, changes: Value) -> Value {
    let mut act = model(name);
    let terms = act["terms"].as_object_mut().unwrap();
    terms.insert("tool".into(), tool.into());
    terms.insert("endpoints".into(), json!(["chat_completions"]));
    terms.extend(changes.as_object().unwrap().clone());
    act
}

/// `small` of the tool `main` with the fallback `spare` of the tool `side`, which costs a third.
fn acts(origin: &str, policy: Value) -> Vec<Value> {
    vec![
        tool("main", origin),
        tool("side", origin),
        chat_model("spare", "side", json!({"price": {"input": 1, "output": 5, "call": 0}})),
        chat_model("small", "main", json!({"fallbacks": ["spare"]})),
        policy,
    ]
}

fn missing() -> Script {
    Script::json(404, &json!({"error": {"message": "it is not loaded"}}))
}

/// The names of the tools that were asked, in order.
fn asked(shop: &Shop) -> Vec<String> {
    let path = |head: &str| head.split('/').nth(1).unwrap_or_default().to_owned();
    shop.mock.got().iter().map(|got| path(&got.head)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decided_fallback_answers_in_its_own_name_at_its_own_price() {
    let shop = Shop::open(vec![missing(), hello()], 1).await;
    let origin = shop.mock.origin.clone();
    let all = policy(0, &[allowance(everyone(), "each", 1_000)]);
    let _ = carry(&shop.app, &shop.hall, &acts(&origin, all)).await;
    let key = key(&shop.hall, &shop.hall.members[0], json!({})).await;

    let answer = shop.chat(&key).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let named = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok());
    assert_eq!(
        (named("x-coop-fallback"), named("x-coop-model")),
        (Some("1"), Some("spare"))
    );
    // 7 tokens at 1 and 3 at 5: its own price, of the 120 that were held at the price of the other.
    let coop = &answer.body["coop"];
    assert_eq!(
        (&answer.body["model"], &coop["fallback"], &coop["charged_units"]),
        (&json!("spare"), &json!(true), &json!(22)),
        "{answer:?}"
    );
    assert_eq!(asked(&shop), ["main", "side"]);

    shop.mock.script(vec![missing(), hello()]);
    let streamed = shop.chat_at(&shop.app.url, &key, json!({"stream": true})).await;
    let said = crate::gateway::events(&streamed.text().await.unwrap());
    let first: Value = serde_json::from_str(&said[0]).unwrap();
    assert_eq!(first["model"], "spare", "{said:?}");

    shop.mock.script(vec![hello()]);
    let own = shop.chat(&key).await;
    assert_eq!(
        (&own.body["model"], &own.body["coop"]["charged_units"]),
        (&json!("small"), &json!(66))
    );
    assert!(!own.headers.contains_key("x-coop-fallback") && !own.headers.contains_key("x-coop-model"));

    // Once a byte has come, nobody else is asked.
    let before = asked(&shop).len();
    shop.mock
        .script(vec![Script::stream(vec![text("a"), Step::HangUp]), hello()]);
    assert_eq!(shop.chat(&key).await.status, 502);
    assert_eq!(asked(&shop).len(), before + 1);

    let used = shop.hall.members[0]
        .person
        .get(&shop.hall.path("access/usage"))
        .send()
        .await
        .expect(200);
    let calls: Vec<(&Value, &Value)> = used["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| (&call["model"], &call["charged"]))
        .collect();
    let (spare, small) = (json!("spare"), json!("small"));
    assert_eq!(
        calls,
        [
            (&small, &json!(60)),
            (&small, &json!(66)),
            (&spare, &json!(22)),
            (&spare, &json!(22))
        ],
        "{used}"
    );
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fallback_answers_only_those_who_may_use_it() {
    let shop = Shop::open(vec![missing(), hello()], 1).await;
    let origin = shop.mock.origin.clone();
    let mut some = policy(0, &[allowance(everyone(), "each", 1_000)]);
    some["policy"]["models"] = json!([{"model": "spare", "for": [{"group": "role", "role": "steward"}]}]);
    let _ = carry(&shop.app, &shop.hall, &acts(&origin, some)).await;
    let (member, steward, bound) = (
        key(&shop.hall, &shop.hall.members[0], json!({})).await,
        key(&shop.hall, &shop.hall.steward, json!({})).await,
        key(&shop.hall, &shop.hall.steward, json!({"models": ["small"]})).await,
    );
    for (key, status, tools) in [
        (&member, 503, &["main"][..]),
        (&bound, 503, &["main"]),
        (&steward, 200, &["main", "side"]),
    ] {
        let before = asked(&shop).len();
        shop.mock.script(vec![missing(), hello()]);
        assert_eq!(shop.chat(key).await.status, status);
        assert_eq!(asked(&shop)[before..], *tools);
    }
    // One that was retired is passed over.
    let _ = carry(
        &shop.app,
        &shop.hall,
        &[json!({"action": "retire_model", "version": 1, "model": "spare"})],
    )
    .await;
    shop.mock.script(vec![missing(), hello()]);
    assert_eq!(shop.chat(&steward).await.status, 503);
    shop.close().await;
}

/// What stands in the way of a motion with this act.
async fn obstacle(hall: &Hall, act: Value) -> String {
    let proposal = hall.draft(&hall.steward, &motion(&[act])).await;
    let preview = hall
        .steward
        .person
        .get(&hall.about(proposal, "preview"))
        .send()
        .await
        .expect(200);
    preview["actions"][0]["obstacle"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_decision_makes_a_fallback_weaker_than_what_it_stands_in_for() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let mut acts = acts("http://127.0.0.1:9", policy(0, &[]));
    let _ = carry(&app, &hall, &acts).await;
    let dearer = json!({"price": {"input": 4, "output": 5, "call": 0}});
    let mut outside = tool("side", "https://models.example.org");
    outside["terms"]["external"] = json!(true);
    let mut elsewhere = tool("side", "http://127.0.0.1:9");
    elsewhere["terms"]["data_location"] = json!("a rented server");
    let cases = [
        (
            chat_model("spare", "side", json!({"licence": "Gemma"})),
            "weaker licence",
        ),
        (chat_model("spare", "side", dearer), "costs more"),
        (
            chat_model("spare", "side", json!({"output_tokens": 1_999})),
            "writes less",
        ),
        (
            chat_model("spare", "side", json!({"endpoints": ["responses"]})),
            "endpoints",
        ),
        (outside.clone(), "another place"),
        (elsewhere, "another place"),
        (
            chat_model("small", "main", json!({"fallbacks": ["nobody"]})),
            "no model nobody",
        ),
    ];
    for (act, expected) in cases {
        let said = obstacle(&hall, act.clone()).await;
        assert!(said.contains(expected), "{expected} is not in {said:?}: {act}");
    }
    // Whoever carries it all the same changes nothing.
    let proposal = hall.opened(&motion(&[outside])).await;
    hall.all_cast(proposal, &[&[0], &[0]]).await;
    let _ = hall.finish(&app, proposal).await;
    assert_eq!(hall.view(&hall.steward, proposal).await["state"], "execution_failed");
    let tools = hall
        .steward
        .person
        .get(&hall.path("access/tools"))
        .send()
        .await
        .expect(200);
    assert!(
        tools["tools"]
            .as_array()
            .unwrap()
            .iter()
            .all(|tool| tool["terms"]["external"] == false),
        "{tools}"
    );
    // Without its fallback the model stands in nobody's way.
    acts[3]["terms"]["fallbacks"] = json!([]);
    let _ = carry(&app, &hall, &[acts.remove(3)]).await;
    let said = obstacle(&hall, chat_model("spare", "side", json!({"licence": "Gemma"}))).await;
    assert_eq!(said, "");
    app.finish().await;
}
