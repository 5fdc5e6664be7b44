//! Asks an upstream: once, with nothing of the client's own headers, and reads no more of a refusal than it needs.

use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::address::{PublicNames, Reach, look_at};
use crate::gateway::content::Content;
use crate::gateway::meter::{Endpoint, ModelTarget};

/// How long to find and reach an upstream.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(3);
/// Connections that are kept to each upstream.
const IDLE_MAX: usize = 256;
/// The most of a refusal that is read, in bytes, and told on, in characters.
const REFUSAL_BYTES_MAX: usize = 64 * 1_024;
const REFUSAL_CHARS_MAX: usize = 500;

/// The clients of this process, by where they may go.
pub struct Clients {
    public: Client,
    allowed: Client,
    origins: Vec<String>,
}

/// Why an attempt failed, before any of an answer arrived.
pub enum Failure {
    /// The address may not be asked.
    Address,
    /// No connection, or it broke before an answer.
    Connection,
    /// No answer in time; the upstream may be at work still.
    Silence,
    /// It has too much to do, and says until when.
    Busy(Option<Duration>),
    /// It failed with this status.
    Status(u16),
    /// It will not take the request; what it says of that.
    Rejected(Content<Option<String>>),
}

impl Failure {
    /// For logs and metrics; says nothing of what was asked.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Address => "address_refused",
            Self::Connection => "no_connection",
            Self::Silence => "silence",
            Self::Busy(_) => "busy",
            Self::Status(_) => "status",
            Self::Rejected(_) => "rejected",
        }
    }
}

impl Clients {
    /// Clients that may also go to these origins.
    ///
    /// # Errors
    /// If the roots of trust cannot be read.
    pub fn new(origins: Vec<String>) -> Result<Self, reqwest::Error> {
        let builder = || {
            Client::builder()
                .redirect(Policy::none())
                .no_proxy()
                .connect_timeout(CONNECT_TIME_MAX)
                .pool_max_idle_per_host(IDLE_MAX)
                .user_agent("rochdale")
        };
        Ok(Self {
            public: builder().dns_resolver(PublicNames).build()?,
            allowed: builder().build()?,
            origins,
        })
    }

    /// Asks once, and waits for the head of the answer until `deadline`.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn ask(
        &self,
        target: &ModelTarget,
        endpoint: Endpoint,
        body: &Content<Vec<u8>>,
        deadline: Instant,
    ) -> Result<Response, Failure> {
        let (url, reach) = look_at(&target.base_url, &self.origins).map_err(|_| Failure::Address)?;
        let client = match reach {
            Reach::Public => &self.public,
            Reach::Allowed => &self.allowed,
        };
        let accepts = match endpoint {
            Endpoint::Embeddings => "application/json",
            Endpoint::ChatCompletions | Endpoint::Completions | Endpoint::Responses => "text/event-stream",
        };
        let mut request = client
            .post(format!("{}{}", url.as_str().trim_end_matches('/'), path(endpoint)))
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, accepts);
        if let Some(key) = &target.provider_key {
            let mut value =
                HeaderValue::from_str(&format!("Bearer {}", key.expose_secret())).map_err(|_| Failure::Address)?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let sent = request.body(body.expose().clone()).send();
        let answer = match tokio::time::timeout_at(deadline.into(), sent).await {
            Err(_) => return Err(Failure::Silence),
            Ok(Err(error)) if error.is_timeout() && !error.is_connect() => return Err(Failure::Silence),
            Ok(Err(_)) => return Err(Failure::Connection),
            Ok(Ok(answer)) => answer,
        };
        match answer.status().as_u16() {
            200 => Ok(answer),
            429 => Err(Failure::Busy(retry_after(&answer))),
            400 | 413 | 415 | 422 => {
                let said = tokio::time::timeout_at(deadline.into(), refusal(answer)).await;
                // Others' words may hold part of a key of the co-op's.
                let said = if target.external { None } else { said.ok().flatten() };
                Err(Failure::Rejected(Content::new(said)))
            }
            // A redirect is among these: it is not followed.
            status => Err(Failure::Status(status)),
        }
    }
}

const fn path(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::ChatCompletions => "/chat/completions",
        Endpoint::Completions => "/completions",
        Endpoint::Responses => "/responses",
        Endpoint::Embeddings => "/embeddings",
    }
}

fn retry_after(answer: &Response) -> Option<Duration> {
    let number = |name: &str| answer.headers().get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    number("retry-after-ms")
        .map(Duration::from_millis)
        .or_else(|| number(RETRY_AFTER.as_str()).map(Duration::from_secs))
}

/// What an upstream says of a request that it will not take.
async fn refusal(mut answer: Response) -> Option<String> {
    let mut bytes = Vec::new();
    while let Ok(Some(piece)) = answer.chunk().await {
        if bytes.len().saturating_add(piece.len()) > REFUSAL_BYTES_MAX {
            return None;
        }
        bytes.extend_from_slice(&piece);
    }
    let body: Value = serde_json::from_slice(&bytes).ok()?;
    let said = body.get("error")?;
    let said = said.as_str().or_else(|| said.get("message")?.as_str())?;
    Some(
        said.chars()
            .filter(|character| !character.is_control())
            .take(REFUSAL_CHARS_MAX)
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use governance::id::UpstreamId;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use uuid::Uuid;

    use super::*;
    use crate::gateway::meter::UpstreamKind;

    fn target(base_url: String) -> ModelTarget {
        ModelTarget {
            id: String::from("small"),
            upstream: UpstreamId::from_uuid(Uuid::nil()),
            base_url,
            upstream_name: String::from("m"),
            provider_key: None,
            kind: UpstreamKind::Plain,
            external: false,
            first_byte_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(5),
            slots: 1,
        }
    }

    /// Something of this machine that nobody may reach through an upstream, and its address.
    async fn inner() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    async fn is_left_alone(inner: &TcpListener) -> bool {
        tokio::time::timeout(Duration::from_millis(200), inner.accept())
            .await
            .is_err()
    }

    #[tokio::test]
    async fn an_upstream_that_sends_us_elsewhere_is_not_followed() {
        let ((inner, secret), (door, address)) = (inner().await, inner().await);
        let origin = format!("http://{address}");
        let clients = Clients::new(vec![origin.clone()]).unwrap();
        let answer =
            format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: http://{secret}/latest\r\ncontent-length: 0\r\n\r\n");
        let redirecting = tokio::spawn(async move {
            let (mut stream, _) = door.accept().await.unwrap();
            let mut bytes = [0; 4_096];
            let _ = stream.read(&mut bytes).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
        });
        let (target, body) = (target(format!("{origin}/v1")), Content::new(b"{}".to_vec()));
        let deadline = Instant::now() + Duration::from_secs(5);
        let asked = clients.ask(&target, Endpoint::ChatCompletions, &body, deadline).await;
        assert!(matches!(asked, Err(Failure::Status(307))));
        redirecting.await.unwrap();
        assert!(is_left_alone(&inner).await);
    }

    #[tokio::test]
    async fn the_client_for_public_places_connects_to_no_other_whatever_a_name_leads_to() {
        let (inner, secret) = inner().await;
        let clients = Clients::new(Vec::new()).unwrap();
        let name = format!("http://localhost:{}/", secret.port());
        let asked = clients.public.get(&name).timeout(Duration::from_secs(5)).send().await;
        assert!(asked.unwrap_err().is_connect());
        assert!(is_left_alone(&inner).await);
    }
}
