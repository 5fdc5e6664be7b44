//! The API, as a treasurer's command asks it.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;
use wire::page::Page;
use wire::problem::{ProblemBody, ProblemKind};

use super::session::Session;

/// The most pages of a list that are read.
pub const PAGES_MAX: usize = 1_000;
/// How often a request is repeated whose answer did not come.
const REPEATS_MAX: u32 = 5;
/// How long to wait before that.
const PAUSE: Duration = Duration::from_secs(2);

/// A client with a session.
pub struct Client {
    http: reqwest::Client,
    session: Session,
}

impl Client {
    pub fn new(session: Session) -> anyhow::Result<Self> {
        Ok(Self {
            http: session.connect()?,
            session,
        })
    }

    /// The co-op's short name.
    pub fn slug(&self) -> &str {
        self.session.slug()
    }

    /// Reads something.
    pub async fn get<T: DeserializeOwned>(&mut self, path: &str) -> anyhow::Result<T> {
        self.answered(&Asked::get(path)).await
    }

    /// Every item of a list.
    pub async fn all<T: DeserializeOwned>(&mut self, path: &str) -> anyhow::Result<Vec<T>> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        for _ in 0..PAGES_MAX {
            let page: Page<T> = self.get(&format!("{path}?limit=100{cursor}")).await?;
            items.extend(page.items);
            let Some(next) = page.next_cursor else {
                return Ok(items);
            };
            cursor = format!("&cursor={next}");
        }
        bail!("{path} has more than {PAGES_MAX} pages")
    }

    /// Asks what something would do.
    pub async fn look<T: DeserializeOwned>(&mut self, path: &str, body: &impl Serialize) -> anyhow::Result<T> {
        let asked = Asked {
            key: None,
            ..Asked::post(path, body)?
        };
        self.answered(&asked).await
    }

    /// Does something, once: where no answer comes the same request is sent again under the same key.
    pub async fn post<T: DeserializeOwned>(&mut self, path: &str, body: &impl Serialize) -> anyhow::Result<T> {
        let asked = Asked::post(path, body)?;
        let mut repeats = 0;
        loop {
            let refusal = match self.once(&asked).await {
                Ok(done) => return Ok(done),
                Err(refusal) => refusal,
            };
            if !refusal.is_open {
                return Err(refusal.why);
            }
            if repeats == REPEATS_MAX {
                return Err(refusal
                    .why
                    .context("whether it was done is not known; look before you try again"));
            }
            repeats += 1;
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Writes an answer to a new file as it comes; how many bytes.
    pub async fn download(&mut self, path: &str, to: &Path) -> anyhow::Result<u64> {
        let mut answer = self.send(&Asked::get(path)).await.map_err(|refusal| refusal.why)?;
        if !answer.status().is_success() {
            return Err(refusal(answer).await.why);
        }
        let mut options = tokio::fs::OpenOptions::new();
        // What members are paid is nobody's but whoever fetched it.
        let file = options.write(true).create_new(true).mode(0o600).open(to).await;
        let mut file = file.with_context(|| format!("{} cannot be made", to.display()))?;
        let mut bytes: u64 = 0;
        while let Some(piece) = answer.chunk().await? {
            file.write_all(&piece).await?;
            bytes = bytes.saturating_add(piece.len().try_into()?);
        }
        file.sync_all().await?;
        Ok(bytes)
    }

    async fn answered<T: DeserializeOwned>(&mut self, asked: &Asked) -> anyhow::Result<T> {
        self.once(asked).await.map_err(|refusal| refusal.why)
    }

    async fn once<T: DeserializeOwned>(&mut self, asked: &Asked) -> Result<T, Refusal> {
        let answer = self.send(asked).await?;
        if !answer.status().is_success() {
            return Err(refusal(answer).await);
        }
        let bytes = answer.bytes().await?;
        understood(&bytes).map_err(Refusal::last)
    }

    /// Sends a request, once more with a prolonged session where the old one is not taken any more.
    async fn send(&mut self, asked: &Asked) -> Result<Response, Refusal> {
        let answer = self.request(asked).map_err(Refusal::last)?.send().await?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        self.session.prolong(&self.http).await.map_err(Refusal::last)?;
        Ok(self.request(asked).map_err(Refusal::last)?.send().await?)
    }

    fn request(&self, asked: &Asked) -> anyhow::Result<RequestBuilder> {
        let address = self.session.address(&asked.path)?;
        let mut request = self.http.request(asked.method.clone(), address);
        request = request.bearer_auth(self.session.access());
        if let Some(key) = &asked.key {
            request = request.header("idempotency-key", key);
        }
        Ok(match &asked.body {
            Some(body) => request.json(body),
            None => request,
        })
    }
}

/// A request, as it can be sent again.
struct Asked {
    method: Method,
    path: String,
    key: Option<String>,
    body: Option<Value>,
}

impl Asked {
    fn get(path: &str) -> Self {
        Self {
            method: Method::GET,
            path: path.to_owned(),
            key: None,
            body: None,
        }
    }

    fn post(path: &str, body: &impl Serialize) -> anyhow::Result<Self> {
        Ok(Self {
            method: Method::POST,
            path: path.to_owned(),
            key: Some(Uuid::now_v7().to_string()),
            body: Some(serde_json::to_value(body)?),
        })
    }
}

/// Why something was not answered with what was asked for.
struct Refusal {
    /// Whether it may have been done, or may be done yet.
    is_open: bool,
    why: anyhow::Error,
}

impl Refusal {
    const fn last(why: anyhow::Error) -> Self {
        Self { is_open: false, why }
    }
}

impl From<reqwest::Error> for Refusal {
    fn from(fault: reqwest::Error) -> Self {
        Self {
            is_open: true,
            why: anyhow::Error::new(fault).context("the server did not answer"),
        }
    }
}

/// An answer as what it should be.
pub async fn read<T: DeserializeOwned>(answer: Response) -> anyhow::Result<T> {
    if !answer.status().is_success() {
        return Err(refusal(answer).await.why);
    }
    understood(&answer.bytes().await?)
}

fn understood<T: DeserializeOwned>(bytes: &[u8]) -> anyhow::Result<T> {
    serde_json::from_slice(bytes)
        .context("the server answers what this program does not understand; are they of one version?")
}

/// What the server says it did not do, and why.
async fn refusal(answer: Response) -> Refusal {
    let status = answer.status();
    let may_change = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    let Ok(problem) = answer.json::<ProblemBody>().await else {
        return Refusal {
            is_open: may_change,
            why: anyhow!("the server answers {status}"),
        };
    };
    let facts: String = problem
        .members
        .iter()
        .map(|(name, value)| format!("\n  {name}: {value}"))
        .collect();
    let is_in_flight = problem.kind == format!("/problems/{}", ProblemKind::IdempotencyInFlight.slug());
    Refusal {
        is_open: may_change || is_in_flight,
        why: anyhow!("{}: {}{facts}", problem.title, problem.detail),
    }
}
