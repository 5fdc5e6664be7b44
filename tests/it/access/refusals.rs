//! Aim: whoever is refused is told the limit, the decision behind it and its end, and nothing of what few others used; and whoever has
//! no key takes no room. Method: whole calls over HTTP to a server with the real books.

use std::time::Duration;

use governance::access::KeyParts;
use serde_json::{Value, json};
use tests::upstream::{Script, Step, done, hello, stop, text, until, usage};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::calls::{Shop, Told};
use super::world::{allowance, carry, key, model, policy, tool_at};

fn said(told: &Told) -> &str {
    told.body["error"]["message"].as_str().unwrap_or_default()
}

async fn chat(shop: &Shop, key: &str, members: Value) -> Told {
    shop.told(shop.chat_at(&shop.app.url, key, members).await).await
}

/// What one kind of limit shows in `/v1/coop/allowance`.
async fn line(shop: &Shop, key: &str, kind: &str) -> Value {
    let left = shop.get(key, "/coop/allowance").await.body;
    let lines = left["limits"].as_array().unwrap().clone();
    lines.into_iter().find(|line| line["limit"] == kind).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fewer_than_five_share_is_named_in_a_refusal_and_not_told() {
    let shop = Shop::open(vec![hello()], 3).await;
    let together = |group, units| allowance(group, "together", units);
    let lines = [
        together(json!({"group": "everyone"}), 100_000),
        together(json!({"group": "role", "role": "steward"}), 130),
    ];
    let set_by = shop.stock(&lines).await;
    let key_of = async |who| key(&shop.hall, who, json!({})).await;
    let steward = key_of(&shop.hall.steward).await;
    assert_eq!(chat(&shop, &steward, json!({})).await.status, 200);
    let refused = chat(
        &shop,
        &steward,
        json!({"max_tokens": 500, "messages": [{"role": "user", "content": "x".repeat(60)}]}),
    )
    .await;
    assert_eq!(refused.code(), (429, "coop_allowance_exhausted"));
    for part in [
        "role steward for one month",
        "too little is left of 130",
        "begins anew at",
        &set_by.to_string(),
    ] {
        assert!(said(&refused).contains(part), "{refused:?}");
    }
    assert!(!said(&refused).contains("spent"), "{refused:?}");
    // Four members are fewer than five: neither the office nor the co-op tells.
    for kind in ["role", "coop"] {
        let shown = line(&shop, &steward, kind).await;
        assert_eq!(
            (&shown["spent"], &shown["held"]),
            (&Value::Null, &Value::Null),
            "{shown}"
        );
        assert_eq!(shown["period"], "month");
    }
    let path = shop.hall.path("access/invariants");
    let books = shop.hall.steward.person.get(&path).send().await.expect(200);
    for sum in ["holds_open", "held", "held_by_holds", "spent", "charged"] {
        assert_eq!(books[sum], Value::Null, "{books}");
    }
    assert_eq!(books["holds_true"], true);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_five_share_is_told_them() {
    let shop = Shop::open(vec![hello()], 4).await;
    let _ = shop
        .stock(&[allowance(json!({"group": "everyone"}), "together", 100_000)])
        .await;
    let mine = key(&shop.hall, &shop.hall.members[0], json!({})).await;
    assert_eq!(chat(&shop, &mine, json!({})).await.status, 200);
    assert_eq!(line(&shop, &mine, "coop").await["spent"], 66);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_may_not_be_used_is_refused_with_why_and_by_whom() {
    let shop = Shop::open(vec![hello()], 1).await;
    let each = [allowance(json!({"group": "everyone"}), "each", 1_000)];
    let _ = shop.stock(&each).await;
    let mine = key(&shop.hall, &shop.hall.members[0], json!({})).await;
    let narrow = key(&shop.hall, &shop.hall.members[0], json!({"endpoints": ["embeddings"]})).await;
    let mut for_stewards = policy(1, &each);
    for_stewards["policy"]["models"] = json!([{"model": "small", "for": [{"group": "role", "role": "steward"}]}]);
    let set_by = carry(&shop.app, &shop.hall, &[for_stewards.clone()]).await;
    // Another policy that says the same of the model changes nothing of who said it.
    for_stewards["replaces"] = json!(2);
    for_stewards["policy"]["allowances"] = json!([allowance(json!({"group": "everyone"}), "each", 2_000)]);
    let _ = carry(&shop.app, &shop.hall, &[for_stewards]).await;

    let by_decision = chat(&shop, &mine, json!({})).await;
    let by_key = chat(&shop, &narrow, json!({})).await;
    let elsewhere = shop
        .post(&mine, "/completions", &json!({"model": "small", "prompt": "a"}))
        .await;
    for (told, part) in [
        (&by_decision, format!("proposal {set_by} set it, and it holds until")),
        (&by_key, String::from("This key was made for other models")),
        (&elsewhere, String::from("does not answer at this address")),
    ] {
        assert_eq!(told.code(), (403, "model_not_permitted"));
        assert_eq!(told.headers["x-should-retry"], "false");
        assert!(said(told).contains(&part), "{told:?}");
    }
    let many = chat(&shop, &mine, json!({"n": 1_000})).await;
    assert_eq!(
        (many.code(), &many.body["error"]["param"]),
        ((400, "invalid_value"), &json!("n"))
    );
    shop.close().await;
}

/// Somebody who sends a body without end is told at once that there is no such key.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_key_is_refused_before_the_body_is_read() {
    let shop = Shop::open(vec![hello()], 1).await;
    let _ = shop
        .stock(&[allowance(json!({"group": "everyone"}), "each", 1_000)])
        .await;
    let real = key(&shop.hall, &shop.hall.members[0], json!({})).await;
    let id = KeyParts::read(&real).unwrap().id;
    assert_eq!(chat(&shop, &real, json!({})).await.status, 200);
    let path = shop
        .hall
        .path(&format!("access/members/{}/keys/{id}", shop.hall.members[0].member));
    let other = key(&shop.hall, &shop.hall.members[0], json!({})).await;
    let _ = shop.hall.members[0].person.delete(&path).send().await.expect(204);
    let guessed = guess(&other);
    for stranger in ["rdk_nothing", &guessed] {
        let head = timeout(Duration::from_secs(4), head_alone(&shop.app.url, stranger)).await;
        let head = head.expect("an answer at once");
        assert!(head.starts_with("HTTP/1.1 401"), "{head}");
    }
    // A key that was worth something may send its question, and is refused when it is admitted.
    assert_eq!(chat(&shop, &real, json!({})).await.code(), (401, "invalid_api_key"));
    shop.close().await;
}

/// Sends the head of a question and nothing of its body, and reads the first line of the answer.
async fn head_alone(url: &str, key: &str) -> String {
    let address = url.strip_prefix("http://").unwrap();
    let mut server = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n\
         content-length: 8000000\r\n\r\n"
    );
    server.write_all(head.as_bytes()).await.unwrap();
    let mut line = String::new();
    BufReader::new(server).read_line(&mut line).await.unwrap();
    line
}

/// A key of the same form and co-op whose secret nobody was given.
fn guess(key: &str) -> String {
    let parts = KeyParts::read(key).unwrap();
    KeyParts {
        secret: [7; 32],
        ..parts
    }
    .text()
}

/// What a turn at a tool counts is what the call took, however it ended: nothing where nothing was sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_turn_counts_the_tokens_that_a_call_took_however_it_ended() {
    let told = json!({"prompt_tokens": 7, "completion_tokens": 3});
    let refuses = Script::json(400, &json!({"error": {"message": "no"}}));
    let shop = Shop::open(vec![refuses], 1).await;
    let free = {
        let mut free = model("small");
        free["terms"]["price"] = json!({"input": 0, "output": 0, "call": 0});
        free
    };
    let each = [allowance(json!({"group": "everyone"}), "each", 1_000)];
    let _ = carry(
        &shop.app,
        &shop.hall,
        &[tool_at(&shop.mock.origin), free, policy(0, &each)],
    )
    .await;
    let mine = key(&shop.hall, &shop.hall.members[0], json!({})).await;
    assert_eq!(chat(&shop, &mine, json!({})).await.status, 400);
    assert_eq!(counted(&shop).await, 0, "a refusal took nothing");
    let whole = Script::stream(vec![text("a"), usage(told), stop(), done()]);
    let broken = Script::stream(vec![text("a"), text("b"), Step::HangUp]);
    // The bytes of the question are 15 tokens at most, which is all that is known of a call that broke off.
    for (script, tokens) in [(whole, 7 + 3), (broken, 7 + 3 + 15 + 2)] {
        shop.mock.script(vec![script]);
        let _ = chat(&shop, &mine, json!({})).await;
        assert_eq!(counted(&shop).await, tokens);
    }
    shop.close().await;
}

/// What the one member was served by the one tool, in tokens, once nobody has a slot any more.
async fn counted(shop: &Shop) -> i64 {
    let client = shop.app.database.superuser().await;
    let client = &client;
    for _ in 0..250 {
        let gone = client.query_one("SELECT count(*) FROM access_turn", &[]).await.unwrap();
        if gone.get::<_, i64>(0) == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let floor = "SELECT coalesce(max(floor) / 232792560, 0)::bigint FROM access_lane";
    until("nothing runs", || shop.app.app.gateway.load() == (0, 0)).await;
    client.query_one(floor, &[]).await.unwrap().get(0)
}

/// A key that has ended is refused as one that never was, by what costs and by what does not.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_has_ended_is_refused_on_the_very_next_call() {
    let shop = Shop::open(vec![hello()], 1).await;
    let mut free = model("free");
    free["terms"]["price"] = json!({"input": 0, "output": 0, "call": 0});
    let each = [allowance(json!({"group": "everyone"}), "each", 1_000)];
    let acts = [tool_at(&shop.mock.origin), model("small"), free, policy(0, &each)];
    let _ = carry(&shop.app, &shop.hall, &acts).await;
    let mine = key(&shop.hall, &shop.hall.members[0], json!({})).await;
    for name in ["small", "free", "free"] {
        assert_eq!(chat(&shop, &mine, json!({"model": name})).await.status, 200, "{name}");
    }
    let before = shop.mock.got().len();
    let client = shop.app.database.superuser().await;
    let ended = "UPDATE access_key SET expires_at = clock_timestamp()";
    client.batch_execute(ended).await.unwrap();
    for name in ["small", "free"] {
        let told = chat(&shop, &mine, json!({"model": name})).await;
        assert_eq!(told.code(), (401, "invalid_api_key"), "{name}");
    }
    assert_eq!(shop.mock.got().len(), before, "a refused call reaches nobody");
    shop.close().await;
}
