//! A node that keeps back what was told in its blocks: everything else passes.

use std::sync::{Arc, Mutex, PoisonError};

use actix_web::web::{Bytes, Data, to};
use actix_web::{App, HttpResponse, HttpServer};
use serde_json::{Value, json};

/// What becomes of a question for logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logs {
    /// They are told.
    Told,
    /// The answer is `null`.
    Null,
    /// The answer is that there are none.
    None,
    /// One block at a time is told, and more are refused.
    OneBlock,
}

/// A way to a node.
pub struct Tampering {
    /// Its address.
    pub url: String,
    logs: Arc<Mutex<Logs>>,
}

impl Tampering {
    /// A way to this node that changes nothing yet.
    pub fn before(node: String) -> Self {
        let logs = Arc::new(Mutex::new(Logs::Told));
        let state = Data::new((node, Arc::clone(&logs), reqwest::Client::new()));
        let server = HttpServer::new(move || App::new().app_data(state.clone()).default_service(to(pass)))
            .workers(1)
            .disable_signals()
            .bind(("127.0.0.1", 0))
            .expect("a free port");
        let address = server.addrs().into_iter().next().expect("an address");
        drop(tokio::spawn(server.run()));
        Self {
            url: format!("http://{address}"),
            logs,
        }
    }

    /// From now on.
    pub fn tell(&self, logs: Logs) {
        *self.logs.lock().unwrap_or_else(PoisonError::into_inner) = logs;
    }
}

type Way = (String, Arc<Mutex<Logs>>, reqwest::Client);

async fn pass(way: Data<Way>, body: Bytes) -> HttpResponse {
    let question: Value = serde_json::from_slice(&body).expect("a question");
    let logs = *way.1.lock().unwrap_or_else(PoisonError::into_inner);
    let asked = &question["params"][0];
    let result = match logs {
        _ if question["method"] != "eth_getLogs" => None,
        Logs::Null => Some(json!({"result": null})),
        Logs::None => Some(json!({"result": []})),
        Logs::OneBlock if asked["fromBlock"] != asked["toBlock"] => {
            Some(json!({"error": {"code": -32_005, "message": "too many blocks"}}))
        }
        Logs::OneBlock | Logs::Told => None,
    };
    if let Some(mut answer) = result {
        answer["jsonrpc"] = json!("2.0");
        answer["id"] = question["id"].clone();
        return HttpResponse::Ok().json(answer);
    }
    let sent = way
        .2
        .post(&way.0)
        .json(&question)
        .send()
        .await
        .expect("the node answers");
    let answer = sent.bytes().await.expect("an answer");
    HttpResponse::Ok().content_type("application/json").body(answer)
}
