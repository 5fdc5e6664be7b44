//! Somebody who talks to the server over HTTP, with or without a session.

use governance::id::{AccountId, SessionId};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use server::tokens::Named;

use crate::checker::journal::{Asker, Journal};

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body.
    pub bytes: Vec<u8>,
}

impl Reply {
    /// The body as JSON; null where it is empty.
    ///
    /// # Panics
    /// If it is something else.
    #[must_use]
    pub fn json(&self) -> Value {
        if self.bytes.is_empty() {
            return Value::Null;
        }
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.bytes)))
    }

    /// Makes sure of the status and gives the body.
    ///
    /// # Panics
    /// If it has another status; the message holds the body.
    #[track_caller]
    #[must_use]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        self.json()
    }

    /// Makes sure that it is this problem: status, media type, address and a sentence that helps.
    ///
    /// # Panics
    /// If it is not.
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "the check is the point, the document a bonus")]
    pub fn problem(&self, slug: &str) -> Value {
        let body = self.json();
        assert_eq!(body["type"], format!("/problems/{slug}"), "{body}");
        assert_eq!(body["status"], self.status, "{body}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert!(
            body["detail"].as_str().is_some_and(|detail| detail.len() > 20),
            "{body}"
        );
        assert_eq!(body["instance"].as_str(), self.header("x-request-id"));
        body
    }

    /// A header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The version from the ETag.
    #[must_use]
    pub fn etag(&self) -> Option<String> {
        self.header("etag").map(str::to_owned)
    }
}

/// A request being put together.
#[must_use]
pub struct Request {
    builder: reqwest::RequestBuilder,
    journal: Journal,
    asker: Asker,
}

impl Request {
    /// A header.
    pub fn header(self, name: &str, value: &str) -> Self {
        Self {
            builder: self.builder.header(name, value),
            ..self
        }
    }

    /// The Idempotency-Key; without this a fresh one is sent with every POST.
    pub fn key(self, key: &str) -> Self {
        self.header("x-test-key", key)
    }

    /// The version a change is based on.
    pub fn if_match(self, etag: &str) -> Self {
        self.header("if-match", etag)
    }

    /// A JSON body.
    pub fn json(self, body: &Value) -> Self {
        Self {
            builder: self.builder.json(body),
            ..self
        }
    }

    /// A body of any kind.
    pub fn body(self, media: &str, body: impl Into<reqwest::Body>) -> Self {
        Self {
            builder: self.builder.header("content-type", media).body(body),
            ..self
        }
    }

    /// Sends it.
    ///
    /// # Panics
    /// If there is no answer.
    pub async fn send(self) -> Reply {
        self.try_send().await.expect("an answer")
    }

    /// Sends it and notes it in the journal; `Err` where no answer came.
    ///
    /// # Errors
    /// If the connection fails.
    pub async fn try_send(self) -> Result<Reply, reqwest::Error> {
        let (client, request) = self.builder.build_split();
        let mut request = request?;
        let given = request.headers_mut().remove("x-test-key");
        if request.method() == Method::POST && !request.headers().contains_key("idempotency-key") {
            let key = given.unwrap_or_else(|| uuid::Uuid::now_v7().to_string().parse().expect("a header"));
            request.headers_mut().insert("idempotency-key", key);
        }
        let key = request
            .headers()
            .get("idempotency-key")
            .and_then(|key| key.to_str().ok());
        let asked = self.journal.ask(
            self.asker,
            request.method().as_str(),
            request.url().path(),
            key.map(str::to_owned),
            request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default(),
        );
        let reply = read(client.execute(request).await).await;
        let answer = reply.as_ref().ok().map(|reply| {
            let cookies = reply.headers.get_all("set-cookie").iter();
            let cookies = cookies.filter_map(|cookie| cookie.to_str().ok().map(str::to_owned));
            (reply.status, cookies.collect(), reply.bytes.as_slice())
        });
        self.journal.answer(asked, answer);
        reply
    }
}

async fn read(response: Result<reqwest::Response, reqwest::Error>) -> Result<Reply, reqwest::Error> {
    let response = response?;
    Ok(Reply {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        bytes: response.bytes().await?.to_vec(),
    })
}

/// One method for each verb of HTTP, over `request`.
macro_rules! verbs {
    () => {
        /// GET
        pub fn get(&self, path: &str) -> Request {
            self.request(Method::GET, path)
        }

        /// POST
        pub fn post(&self, path: &str) -> Request {
            self.request(Method::POST, path)
        }

        /// PUT
        pub fn put(&self, path: &str) -> Request {
            self.request(Method::PUT, path)
        }

        /// PATCH
        pub fn patch(&self, path: &str) -> Request {
            self.request(Method::PATCH, path)
        }

        /// DELETE
        pub fn delete(&self, path: &str) -> Request {
            self.request(Method::DELETE, path)
        }
    };
}

/// Somebody without a session.
#[derive(Debug, Clone)]
pub struct Anonymous {
    client: reqwest::Client,
    url: String,
    journal: Journal,
    asker: Asker,
}

impl Anonymous {
    /// A client of the server at this address.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    pub fn new(url: &str) -> Self {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(std::time::Duration::from_secs(30))
            .build()
            .expect("a client");
        Self {
            client,
            url: url.to_owned(),
            journal: Journal::default(),
            asker: Asker::default(),
        }
    }

    /// The same, with everything noted in this journal.
    #[must_use]
    pub fn noted_in(mut self, journal: &Journal) -> Self {
        self.journal = journal.clone();
        self
    }

    /// A request. An address that begins with a slash is taken as it is, any other below /api/v1.
    pub fn request(&self, method: Method, path: &str) -> Request {
        let address = if path.starts_with('/') {
            format!("{}{path}", self.url)
        } else {
            format!("{}/api/v1/{path}", self.url)
        };
        Request {
            builder: self.client.request(method, address),
            journal: self.journal.clone(),
            asker: self.asker.clone(),
        }
    }

    verbs!();
}

/// A person with a session.
#[derive(Debug, Clone)]
pub struct Person {
    /// How the person is called.
    pub name: String,
    /// The address.
    pub email: String,
    /// The account.
    pub account: AccountId,
    /// The session.
    pub session: SessionId,
    /// The access token.
    pub token: String,
    anonymous: Anonymous,
}

impl Person {
    /// A person as the harness made them.
    #[must_use]
    pub fn new(url: &str, name: &str, email: String, named: Named, token: String) -> Self {
        Self {
            name: name.to_owned(),
            email,
            account: named.account,
            session: named.session,
            anonymous: Anonymous {
                asker: Asker {
                    account: Some(named.account.uuid()),
                    session: Some(named.session.uuid()),
                    token: Some(token.clone()),
                },
                ..Anonymous::new(url)
            },
            token,
        }
    }

    /// The same, with everything noted in this journal.
    #[must_use]
    pub fn noted_in(mut self, journal: &Journal) -> Self {
        self.anonymous = self.anonymous.noted_in(journal);
        self
    }

    /// A request with the access token.
    pub fn request(&self, method: Method, path: &str) -> Request {
        let request = self.anonymous.request(method, path);
        Request {
            builder: request.builder.bearer_auth(&self.token),
            ..request
        }
    }

    verbs!();
}

/// The status codes that mean success.
#[must_use]
pub fn is_success(status: u16) -> bool {
    StatusCode::from_u16(status).is_ok_and(|status| status.is_success())
}
