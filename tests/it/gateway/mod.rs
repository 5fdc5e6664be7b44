//! The gateway over the whole server: a server of models that does what it is told, a meter that remembers what it was told, and
//! clients that ask over HTTP.

mod bounds;
mod callers;
mod clients;
pub mod sdks;
mod upstreams;

use std::sync::Arc;

use serde_json::{Value, json};
use server::config::GatewayConfig;
use server::gateway::meter::ModelTarget;
use server::http::times::Times;
use tests::app::{Options, TestApp};
use tests::meter::{FakeMeter, KEY, Settled, target};
use tests::upstream::{MockUpstream, Script, until};

/// A server whose one model is the mock.
pub struct World {
    pub app: TestApp,
    pub mock: MockUpstream,
    pub meter: Arc<FakeMeter>,
    pub client: reqwest::Client,
}

impl World {
    pub async fn start(scripts: Vec<Script>) -> Self {
        Self::start_with(scripts, |_| {}, |_| {}).await
    }

    /// With a change of the settings and of the model.
    pub async fn start_with(
        scripts: Vec<Script>,
        configure: impl FnOnce(&mut GatewayConfig) + Send + 'static,
        model: impl FnOnce(&mut ModelTarget),
    ) -> Self {
        Self::start_within(scripts, Times::default(), configure, model).await
    }

    /// With other limits of time too.
    pub async fn start_within(
        scripts: Vec<Script>,
        times: Times,
        configure: impl FnOnce(&mut GatewayConfig) + Send + 'static,
        model: impl FnOnce(&mut ModelTarget),
    ) -> Self {
        let mock = MockUpstream::start(scripts).await;
        let mut target = target(&mock.origin);
        model(&mut target);
        let meter = Arc::new(FakeMeter::new(target));
        let origin = mock.origin.clone();
        let options = Options::default()
            .times(times)
            .meter(Arc::clone(&meter) as _)
            .configure(move |config| {
                config.gateway.allowed_origins = vec![origin];
                configure(&mut config.gateway);
            });
        Self {
            app: TestApp::start_with(options).await,
            mock,
            meter,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    pub fn post(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.post(format!("{}/v1{path}", self.app.url)).bearer_auth(KEY)
    }

    pub fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.get(format!("{}/v1{path}", self.app.url)).bearer_auth(KEY)
    }

    /// Asks the chat with these members beside model and message.
    pub async fn chat(&self, members: Value) -> reqwest::Response {
        self.post("/chat/completions")
            .json(&question(members))
            .send()
            .await
            .unwrap()
    }

    /// What was settled, once it is so many.
    pub async fn settled(&self, count: usize) -> Vec<Settled> {
        until("settled", || self.meter.settled().len() >= count).await;
        let settled = self.meter.settled();
        assert_eq!(
            (settled.len(), self.meter.open()),
            (count, 0),
            "each call is settled once"
        );
        settled
    }

    /// Nothing runs, waits or is held any more.
    pub async fn finish(self) {
        until("nothing runs", || {
            self.app.app.gateway.load() == (0, 0) && self.meter.open() == 0
        })
        .await;
        self.app.finish().await;
    }
}

pub fn question(members: Value) -> Value {
    let mut body = json!({"model": "small", "messages": [{"role": "user", "content": "hi"}]});
    body.as_object_mut()
        .unwrap()
        .extend(members.as_object().unwrap().clone());
    body
}

/// The events of a stream, without signs of life.
pub fn events(text: &str) -> Vec<String> {
    text.split("\n\n")
        .filter_map(|event| event.lines().find_map(|line| line.strip_prefix("data: ")))
        .map(str::to_owned)
        .collect()
}
