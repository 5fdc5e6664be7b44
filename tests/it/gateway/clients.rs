//! Aim: what a client is told, word for word, and by which fields of its request an upstream is asked. Method: whole calls over HTTP.

use serde_json::{Value, json};
use server::gateway::meter::Refusal;
use tests::meter::used_up;
use tests::upstream::{Script, Step, event, hello, stop, text, usage};

use super::{World, events, question};

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_is_answered_whole_or_as_a_stream_and_says_what_it_costs() {
    let world = World::start(vec![hello()]).await;
    let answer = world.chat(json!({"max_tokens": 500, "user": "ada"})).await;
    assert_eq!(answer.headers()["x-coop-clamped"], "1");
    assert!(answer.headers().contains_key("x-request-id"));
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["choices"][0]["message"]["content"], "Hello!");
    assert_eq!(
        (&answer["model"], &answer["object"]),
        (&json!("small"), &json!("chat.completion"))
    );
    assert_eq!(
        answer["coop"],
        json!({"usage_source": "final", "charged_units": 10, "partial_charge_rule": "counted", "fallback": false})
    );
    let got = world.mock.got().remove(0);
    assert_eq!(
        (&got.body["model"], &got.body["max_tokens"], &got.body["stream"]),
        (&json!("smol.gguf"), &json!(50), &json!(true))
    );
    assert!(
        !got.head.to_lowercase().contains("authorization") && !got.body.to_string().contains("ada"),
        "{}",
        got.head
    );
    assert!(got.body["user"].as_str().unwrap().len() == 32);
    let stream = world
        .chat(json!({"stream": true, "stream_options": {"include_usage": true}}))
        .await;
    assert_eq!(
        (
            &stream.headers()["content-type"],
            stream.headers().get("content-encoding")
        ),
        (&"text/event-stream".parse().unwrap(), None)
    );
    let events = events(&stream.text().await.unwrap());
    assert_eq!(events.len(), 6);
    let last: Value = serde_json::from_str(&events[4]).unwrap();
    assert_eq!(
        (
            &last["usage"]["completion_tokens"],
            &last["coop"]["charged_units"],
            &last["choices"]
        ),
        (&json!(3), &json!(10), &json!([]))
    );
    assert_eq!(events[5], "[DONE]");
    assert_eq!(world.meter.asked(), [(6, 1, Some(500)), (6, 1, None)]);
    world.settled(2).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_endpoints_answer_in_their_own_forms() {
    let world = World::start(vec![hello()]).await;
    let ask = async |path: &str, body: Value| -> Value {
        let answer = world.post(path).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    };
    let told = usage(json!({"prompt_tokens": 2, "completion_tokens": 1}));
    let piece = event(
        &json!({"id": "c", "object": "text_completion", "choices": [{"index": 0, "text": "ok", "finish_reason": "stop"}]}),
    );
    world.mock.script(vec![Script::stream(vec![piece, told])]);
    let answer = ask("/completions", json!({"model": "small", "prompt": "hi"})).await;
    assert_eq!(
        (&answer["choices"][0]["text"], &answer["object"]),
        (&json!("ok"), &json!("text_completion"))
    );
    let response = json!({"id": "resp_1", "object": "response", "status": "completed", "output": [], "usage": {"input_tokens": 2, "output_tokens": 1}});
    world.mock.script(vec![Script::stream(vec![event(
        &json!({"type": "response.completed", "sequence_number": 0, "response": response}),
    )])]);
    let answer = ask("/responses", json!({"model": "small", "input": "hi"})).await;
    assert_eq!(
        (&answer["id"], &answer["model"], &answer["coop"]["charged_units"]),
        (&json!("resp_1"), &json!("small"), &json!(3))
    );
    let vectors = json!({"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.5, -1.0]}], "model": "x", "usage": {"prompt_tokens": 2, "total_tokens": 2}});
    world.mock.script(vec![Script::json(200, &vectors)]);
    let answer = ask("/embeddings", json!({"model": "small", "input": "hi"})).await;
    assert_eq!(answer["data"][0]["embedding"], json!([0.5, -1.0]));
    let answer = ask(
        "/embeddings",
        json!({"model": "small", "input": "hi", "encoding_format": "base64"}),
    )
    .await;
    assert_eq!(answer["data"][0]["embedding"], "AAAAPwAAgL8=");
    let models: Value = world.get("/models").send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (
            &models["object"],
            &models["data"][0]["id"],
            &models["data"][0]["object"]
        ),
        (&json!("list"), &json!("small"), &json!("model"))
    );
    for (path, status) in [
        ("/models/small", 200),
        ("/models/none", 404),
        ("/coop/allowance", 200),
        ("/coop/policy", 200),
        ("/nothing", 404),
        ("/chat/completions", 405),
    ] {
        assert_eq!(world.get(path).send().await.unwrap().status(), status, "{path}");
    }
    world.settled(4).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_answered_is_told_as_the_clients_read_it_and_holds_nothing() {
    let world = World::start(vec![hello()]).await;
    let chat = || world.post("/chat/completions");
    let big = format!(
        "{{\"model\":\"small\",\"messages\":[{{\"role\":\"user\",\"content\":\"{}\"}}]}}",
        "x".repeat(8 * 1_024 * 1_024)
    );
    let plain = || question(json!({}));
    let anonymous = world
        .client
        .post(format!("{}/v1/chat/completions", world.app.url))
        .json(&plain());
    let cases = [
        (chat().body("{"), 400, "malformed_json"),
        (chat().body(""), 400, "malformed_json"),
        (chat().body(big), 413, "body_too_large"),
        (chat().json(&question(json!({"n": 500}))), 400, "invalid_value"),
        (
            chat().json(&question(json!({"store": true}))),
            400,
            "unsupported_parameter",
        ),
        (chat().json(&question(json!({"model": "none"}))), 404, "model_not_found"),
        (anonymous, 401, "invalid_api_key"),
        (
            world
                .client
                .post(format!("{}/v1/chat/completions", world.app.url))
                .bearer_auth("rdk_other")
                .json(&plain()),
            401,
            "invalid_api_key",
        ),
        (
            chat().header("authorization", "Bearer second").json(&plain()),
            401,
            "invalid_api_key",
        ),
        (world.post("/nothing").json(&plain()), 404, "not_found"),
        (
            world.client.put(format!("{}/v1/embeddings", world.app.url)),
            405,
            "method_not_allowed",
        ),
    ];
    for (request, status, code) in cases {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{code}");
        assert!(answer.headers().contains_key("x-request-id"), "{code}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["error"]["code"], code);
    }
    assert!(world.mock.got().is_empty() && world.meter.settled().is_empty());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_allowance_that_is_used_up_is_told_and_not_tried_again() {
    let world = World::start(vec![hello()]).await;
    world
        .meter
        .change(|plan| plan.refusal = Some(Refusal::AllowanceUsedUp(Box::new(used_up(10, 10)))));
    let answer = world.chat(json!({"stream": true})).await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["x-should-retry"]),
        (429, &"false".parse().unwrap())
    );
    assert_eq!(
        answer.json::<Value>().await.unwrap()["error"]["type"],
        "insufficient_quota"
    );
    assert!(world.mock.got().is_empty() && world.meter.settled().is_empty());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_is_told_so_in_it_and_has_no_last_word() {
    let world = World::start(vec![Script::stream(vec![text("a"), Step::HangUp])]).await;
    let answer = world.chat(json!({"stream": true})).await;
    assert_eq!(answer.status(), 200);
    let events = events(&answer.text().await.unwrap());
    let last: Value = serde_json::from_str(events.last().unwrap()).unwrap();
    assert_eq!((events.len(), &last["error"]["code"]), (2, &json!("upstream_broken")));
    world.settled(1).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_waits_is_sent_signs_of_life_and_its_place_in_the_queue() {
    let slow = Script::stream(vec![Step::Gate, text("a"), stop(), tests::upstream::done()]);
    let world = World::start_with(vec![slow], |config| config.heartbeat_ms = 20, |model| model.slots = 1).await;
    let mut first = world.chat(json!({"stream": true})).await;
    let second = world.chat(json!({"stream": true})).await;
    assert!(first.chunk().await.unwrap().unwrap().starts_with(b": working\n\n"));
    assert_eq!(world.app.app.gateway.load(), (2, 1));
    assert_eq!(world.mock.got().len(), 1, "the second waits for the slot");
    world.mock.gate.notify_one();
    assert!(first.text().await.unwrap().ends_with("data: [DONE]\n\n"));
    world.mock.gate.notify_one();
    let told = second.text().await.unwrap();
    assert!(told.starts_with(": queued position=1 eta_ms="), "{told}");
    assert!(told.ends_with("data: [DONE]\n\n"), "{told}");
    world.settled(2).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn books_that_cannot_be_written_are_tried_again() {
    let world = World::start(vec![hello()]).await;
    world.meter.change(|plan| plan.faults = 2);
    assert_eq!(world.chat(json!({})).await.status(), 200);
    world.settled(1).await;
    world.finish().await;
}
