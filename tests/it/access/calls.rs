//! Aim: what was voted is what happens under `/v1`: limits, refusals, revocation and a halt. Method: whole calls over HTTP to a server
//! with the real books, whose one model is the mock; a second server over the same database is another replica.

use governance::access::KeyParts;
use serde_json::{Value, json};
use tests::app::{Options, TestApp};
use tests::upstream::{MockUpstream, Script, Step, hello, text, until};

use super::world::{allowance, carry, invariants, key, model, motion, policy, tool_at};
use crate::decisions::world::Hall;
use crate::gateway::events;

/// How often running calls ask whether they may go on, in these tests.
const RENEW_MS: u64 = 20;

/// A co-op whose one model is the mock.
pub struct Shop {
    pub app: TestApp,
    pub mock: MockUpstream,
    pub hall: Hall,
    client: reqwest::Client,
}

/// An answer under `/v1`.
#[derive(Debug)]
pub struct Told {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Shop {
    /// Without tools yet.
    pub async fn open(scripts: Vec<Script>, members: usize) -> Self {
        let mock = MockUpstream::start(scripts).await;
        let origin = mock.origin.clone();
        let options = Options::default().configure(move |config| {
            config.gateway.allowed_origins = vec![origin];
            config.gateway.renew_ms = RENEW_MS;
        });
        let app = TestApp::start_with(options).await;
        let hall = Hall::with_members(&app, members).await;
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            app,
            mock,
            hall,
            client,
        }
    }

    /// Registers the tool, the model and a policy with these allowances, by one motion.
    pub async fn stock(&self, allowances: &[Value]) -> governance::id::ProposalId {
        let acts = [tool_at(&self.mock.origin), model("small"), policy(0, allowances)];
        carry(&self.app, &self.hall, &acts).await
    }

    /// A chat to be asked at a server.
    pub fn asking(&self, url: &str, key: &str, members: Value) -> reqwest::RequestBuilder {
        let mut body =
            json!({"model": "small", "max_tokens": 5, "messages": [{"role": "user", "content": "Hello there"}]});
        let object = body.as_object_mut().unwrap();
        object.extend(members.as_object().unwrap().clone());
        let request = self.client.post(format!("{url}/v1/chat/completions"));
        request.bearer_auth(key).json(&body)
    }

    /// Asks a chat at a server.
    pub async fn chat_at(&self, url: &str, key: &str, members: Value) -> reqwest::Response {
        self.asking(url, key, members).send().await.unwrap()
    }

    /// Asks a chat and reads what is answered.
    pub async fn chat(&self, key: &str) -> Told {
        told(self.chat_at(&self.app.url, key, json!({})).await).await
    }

    /// What was answered, read.
    pub async fn told(&self, answer: reqwest::Response) -> Told {
        told(answer).await
    }

    /// Something under `/v1` to be asked with a body.
    pub fn posting(&self, key: &str, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.post(format!("{}/v1{path}", self.app.url));
        request.header("content-type", "application/json").bearer_auth(key)
    }

    /// Asks something under `/v1` with a body of one's own making.
    pub async fn send(&self, key: &str, path: &str, body: reqwest::Body) -> Told {
        told(self.posting(key, path).body(body).send().await.unwrap()).await
    }

    /// Asks something under `/v1`.
    pub async fn post(&self, key: &str, path: &str, body: &Value) -> Told {
        self.send(key, path, body.to_string().into()).await
    }

    /// Reads something under `/v1`.
    pub async fn get(&self, key: &str, path: &str) -> Told {
        let request = self.client.get(format!("{}/v1{path}", self.app.url));
        told(request.bearer_auth(key).send().await.unwrap()).await
    }

    /// Nothing runs or is held any more, and the books are right.
    pub async fn close(self) {
        until("nothing runs", || self.app.app.gateway.load() == (0, 0)).await;
        let books = invariants(&self.app, &self.hall).await;
        assert_eq!(
            (&books["holds_true"], &books["holds_open"], &books["held"]),
            (&json!(true), &json!(0), &json!(0)),
            "{books}"
        );
        self.app.finish().await;
    }
}

async fn told(answer: reqwest::Response) -> Told {
    Told {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        body: answer.json().await.unwrap(),
    }
}

impl Told {
    /// The code of an error.
    pub fn code(&self) -> (u16, &str) {
        (self.status, self.body["error"]["code"].as_str().unwrap_or_default())
    }

    fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap_or_default()
    }
}

fn everyone() -> Value {
    json!({"group": "everyone"})
}

/// The story of the demo over HTTP: a decision registers tool, model and policy, a call is settled in the books, the next one does not
/// fit and is told which limit and proposal that is, another decision raises it, and the next call works.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_settled_and_the_next_one_waits_for_the_decision_that_raises_the_allowance() {
    let shop = Shop::open(vec![hello()], 2).await;
    let key = key(&shop.hall, &shop.hall.members[0], json!({})).await;
    assert_eq!(shop.chat(&key).await.code(), (404, "model_not_found"));
    let first = shop.stock(&[allowance(everyone(), "each", 120)]).await;

    let answer = shop.chat(&key).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["choices"][0]["message"]["content"], "Hello!");
    // 15 bytes at 3 and 5 tokens at 15 were held; 7 tokens and 3 were used.
    assert_eq!(answer.body["coop"]["charged_units"], 66, "{answer:?}");
    let refused = shop.chat(&key).await;
    assert_eq!(refused.code(), (429, "coop_allowance_exhausted"));
    assert_eq!(refused.headers["x-should-retry"], "false");
    let left = shop.get(&key, "/coop/allowance").await.body;
    let line = &left["limits"][0];
    assert_eq!(
        (
            &line["limit"],
            &line["spent"],
            &line["held"],
            &line["cap"],
            &line["proposal"]
        ),
        (&json!("member"), &json!(66), &json!(0), &json!(120), &json!(first)),
        "{left}"
    );
    let resets = line["resets_at"].as_str().unwrap();
    for part in ["of the member", "66 of 120", &first.to_string(), resets] {
        assert!(
            refused.message().contains(part),
            "{part} is not in: {}",
            refused.message()
        );
    }
    assert_eq!(shop.mock.got().len(), 1, "a refused call reaches nobody");

    let raised = policy(1, &[allowance(everyone(), "each", 240)]);
    let proposal = shop.hall.opened(&motion(&[raised])).await;
    assert_eq!(shop.chat(&key).await.code().0, 429, "a proposal alone raises nothing");
    shop.hall.all_cast(proposal, &[&[0], &[0], &[0]]).await;
    let _ = shop.hall.finish(&shop.app, proposal).await;

    let mut stream = shop
        .chat_at(
            &shop.app.url,
            &key,
            json!({"stream": true, "stream_options": {"include_usage": true}}),
        )
        .await;
    assert_eq!(stream.status(), 200);
    let mut streamed = String::new();
    while let Some(piece) = stream.chunk().await.unwrap() {
        streamed.push_str(&String::from_utf8_lossy(&piece));
    }
    let streamed = events(&streamed);
    let last: Value = serde_json::from_str(&streamed[streamed.len() - 2]).unwrap();
    assert_eq!(last["coop"]["charged_units"], 66, "{streamed:?}");
    let rules = shop.get(&key, "/coop/policy").await.body;
    assert_eq!(rules["policies"][0]["proposal"], json!(proposal), "{rules}");
    let used = shop.hall.members[0]
        .person
        .get(&shop.hall.path("access/usage"))
        .send()
        .await
        .expect(200);
    let charges: Vec<&Value> = used["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| &call["charged"])
        .collect();
    assert_eq!(charges, [&json!(66), &json!(66)], "{used}");
    shop.close().await;
}

/// A key that is revoked is refused by every replica on the very next call, and ends what runs under it.
#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_is_refused_at_once_by_every_server_and_ends_the_stream_that_runs() {
    let shop = Shop::open(vec![Script::stream(vec![text("a"), Step::Stall])], 1).await;
    let _ = shop.stock(&[allowance(everyone(), "each", 10_000)]).await;
    let who = &shop.hall.members[0];
    let (revoked, other) = (
        key(&shop.hall, who, json!({})).await,
        key(&shop.hall, who, json!({})).await,
    );
    let replica = shop.app.replica();
    let streams = json!({"stream": true});
    let (mut here, mut there) = (
        shop.chat_at(&shop.app.url, &revoked, streams.clone()).await,
        shop.chat_at(&replica.url, &revoked, streams).await,
    );
    let mut began = Vec::new();
    for stream in [&mut here, &mut there] {
        began.push(String::from_utf8(stream.chunk().await.unwrap().unwrap().to_vec()).unwrap());
    }
    let id = KeyParts::read(&revoked).unwrap().id;
    let path = shop.hall.path(&format!("access/members/{}/keys/{id}", who.member));
    let _ = who.person.delete(&path).send().await.expect(204);
    for url in [&shop.app.url, &replica.url] {
        let next = told(shop.chat_at(url, &revoked, json!({})).await).await;
        assert_eq!(next.code(), (401, "invalid_api_key"), "{url}");
    }
    for (stream, began) in [here, there].into_iter().zip(began) {
        let said = events(&format!("{began}{}", stream.text().await.unwrap()));
        let last: Value = serde_json::from_str(said.last().unwrap()).unwrap();
        assert_eq!(last["error"]["code"], "key_revoked", "{said:?}");
    }
    until("both upstreams are free", || shop.mock.hung_up() == 2).await;
    assert_eq!(shop.mock.got().len(), 2, "nothing is asked for a revoked key");
    shop.mock.script(vec![hello()]);
    assert_eq!(shop.chat(&other).await.status, 200, "the member's other key works on");
    until("the replica ended its calls", || replica.app.gateway.load() == (0, 0)).await;
    let used = who.person.get(&shop.hall.path("access/usage")).send().await.expect(200);
    // By the rule `counted`: the input, and the one piece that came.
    let charges: Vec<&Value> = used["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| &call["charged"])
        .collect();
    assert_eq!(charges, [&json!(66), &json!(60), &json!(60)], "{used}");
    replica.stop().await;
    shop.close().await;
}

/// A halt stops the tools: nothing is admitted, what runs is ended and says why, and when the halt is over calls work again.
#[tokio::test(flavor = "multi_thread")]
async fn a_halt_stops_calls_that_run_and_admits_none_until_it_is_over() {
    let shop = Shop::open(vec![Script::stream(vec![text("a"), Step::Stall])], 1).await;
    let _ = shop.stock(&[allowance(everyone(), "each", 10_000)]).await;
    let key = key(&shop.hall, &shop.hall.members[0], json!({})).await;
    let mut stream = shop.chat_at(&shop.app.url, &key, json!({"stream": true})).await;
    let began = String::from_utf8(stream.chunk().await.unwrap().unwrap().to_vec()).unwrap();
    let steward = &shop.hall.steward.person;
    let emergency = json!({"reason": "A key was stolen.", "days": 1});
    let halt = steward
        .post(&shop.hall.path("halts"))
        .json(&emergency)
        .send()
        .await
        .expect(201);
    let refused = shop.chat(&key).await;
    assert_eq!(refused.code(), (403, "coop_halted"));
    assert_eq!(refused.headers["x-should-retry"], "false");
    let until_then = &halt["until"].as_str().unwrap()[..19];
    assert!(
        refused.message().contains(until_then),
        "{until_then} is not in: {}",
        refused.message()
    );
    assert!(
        !refused.message().contains("stolen"),
        "whoever has a stolen key is told no reason"
    );
    let said = events(&format!("{began}{}", stream.text().await.unwrap()));
    let last: Value = serde_json::from_str(said.last().unwrap()).unwrap();
    assert_eq!(last["error"]["code"], "coop_halted", "{said:?}");
    until("the upstream is free", || shop.mock.hung_up() == 1).await;
    // What may be read is read on, and a key may be revoked in the emergency.
    assert_eq!(shop.get(&key, "/coop/allowance").await.status, 200);
    assert_eq!(shop.chat("rdk_nothing").await.code(), (401, "invalid_api_key"));
    let path = shop.hall.path("halts/current");
    let _ = steward
        .delete(&path)
        .json(&json!({"reason": "It is over."}))
        .send()
        .await
        .expect(200);
    shop.mock.script(vec![hello()]);
    assert_eq!(shop.chat(&key).await.status, 200);
    shop.close().await;
}
