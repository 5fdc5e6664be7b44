//! Bodies of requests: bounded in size and time, typed, unknown fields refused.

use std::future::Future;
use std::pin::Pin;

use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::web::BytesMut;
use actix_web::{FromRequest, HttpRequest, dev};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use wire::problem::ProblemKind;

use super::times::Times;
use crate::problem::Problem;

/// The largest body, in bytes: an import of a thousand members fits, nothing else comes near it.
pub const BODY_BYTES_MAX: usize = 512 * 1024;
/// The longest Idempotency-Key, in characters.
const KEY_LENGTH_MAX: usize = 255;

type Reading<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

/// The largest file of a bank that is taken, in bytes: some ten thousand payments.
pub const BANK_FILE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A JSON body of at most `MAX` bytes.
pub struct Body<T, const MAX: usize = BODY_BYTES_MAX>(pub T);

/// What makes a request itself again when it is sent twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The Idempotency-Key.
    pub key: String,
    /// The SHA-256 of method, path and body.
    pub request_hash: [u8; 32],
}

/// A JSON body of at most `MAX` bytes that creates something: it comes with an Idempotency-Key.
pub struct Command<T, const MAX: usize = BODY_BYTES_MAX> {
    /// The body.
    pub value: T,
    /// The request as such.
    pub ask: Ask,
}

/// A request that creates something and takes no body, or an empty object.
pub struct BareCommand(pub Ask);

/// The version that a change is based on, from If-Match: one ETag, in double quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasedOn(pub i64);

impl BasedOn {
    /// Makes sure that the thing still has that version.
    ///
    /// # Errors
    /// 412.
    pub fn require(self, version: i64) -> Result<(), Problem> {
        if self.0 == version {
            return Ok(());
        }
        Err(Problem::new(
            ProblemKind::StaleVersion,
            "Somebody changed it since you read it. Read it again and repeat your change on the new version.",
        )
        .with("current_version", version))
    }
}

/// The version that a change is based on, where the request says one. What may be done whatever changed in between takes this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaybeBasedOn(pub Option<BasedOn>);

impl MaybeBasedOn {
    /// Makes sure that the thing still has that version, where one was said.
    ///
    /// # Errors
    /// 412.
    pub fn require(self, version: i64) -> Result<(), Problem> {
        self.0.map_or(Ok(()), |based_on| based_on.require(version))
    }
}

impl<T: DeserializeOwned + 'static, const MAX: usize> FromRequest for Body<T, MAX> {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let bytes = read(&request, payload, MAX).await?;
            parse(&bytes).map(Self)
        })
    }
}

impl<T: DeserializeOwned + 'static, const MAX: usize> FromRequest for Command<T, MAX> {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let key = idempotency_key(request.headers())?;
            let bytes = read(&request, payload, MAX).await?;
            let request_hash = request_hash(&request, &bytes);
            Ok(Self {
                value: parse(&bytes)?,
                ask: Ask { key, request_hash },
            })
        })
    }
}

impl FromRequest for BareCommand {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let key = idempotency_key(request.headers())?;
            let bytes = in_time(&request, payload, BODY_BYTES_MAX).await?;
            require_nothing(&bytes)?;
            let request_hash = request_hash(&request, &bytes);
            Ok(Self(Ask { key, request_hash }))
        })
    }
}

impl FromRequest for BasedOn {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        std::future::ready(based_on(request.headers()))
    }
}

impl FromRequest for MaybeBasedOn {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let headers = request.headers();
        let given = headers.contains_key("if-match").then(|| based_on(headers));
        std::future::ready(given.transpose().map(Self))
    }
}

fn based_on(headers: &HeaderMap) -> Result<BasedOn, Problem> {
    let Some(value) = headers.get("if-match") else {
        return Err(Problem::new(
            ProblemKind::IfMatchMissing,
            "Read the thing first and send its ETag as If-Match, so that no other change is undone unseen.",
        ));
    };
    value
        .to_str()
        .ok()
        .and_then(|text| text.strip_prefix('"')?.strip_suffix('"')?.parse().ok())
        .map(BasedOn)
        .ok_or_else(|| {
            Problem::new(
                ProblemKind::IfMatchMissing,
                "If-Match must hold one ETag as this API gave it: a number in double quotes. Read the thing first and send its ETag.",
            )
        })
}

fn idempotency_key(headers: &HeaderMap) -> Result<String, Problem> {
    let missing = || {
        Problem::new(
            ProblemKind::IdempotencyKeyMissing,
            "Send a fresh random Idempotency-Key (such as a UUID), and the same one when you repeat the request.",
        )
    };
    let mut values = headers.get_all("idempotency-key");
    let key = values
        .next()
        .and_then(|value| value.to_str().ok())
        .ok_or_else(missing)?;
    if values.next().is_some() || key.is_empty() || key.len() > KEY_LENGTH_MAX {
        return Err(missing());
    }
    Ok(key.to_owned())
}

fn request_hash(request: &HttpRequest, body: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in [request.method().as_str(), request.path()] {
        hasher.update(part);
        hasher.update([0]);
    }
    hasher.update(body);
    hasher.finalize().into()
}

async fn read(request: &HttpRequest, payload: dev::Payload, max: usize) -> Result<BytesMut, Problem> {
    let is_json = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json"));
    if !is_json {
        return Err(Problem::new(
            ProblemKind::UnsupportedMediaType,
            "Send the body as JSON, with the header Content-Type: application/json.",
        ));
    }
    in_time(request, payload, max).await
}

async fn in_time(request: &HttpRequest, payload: dev::Payload, max: usize) -> Result<BytesMut, Problem> {
    let times = request.app_data::<Times>().copied().unwrap_or_default();
    tokio::time::timeout(times.body, collect(payload, max))
        .await
        .map_err(|_| {
            Problem::new(
                ProblemKind::RequestTimeout,
                "The body did not arrive in time. Nothing was changed; try again.",
            )
        })?
}

async fn collect(mut payload: dev::Payload, max: usize) -> Result<BytesMut, Problem> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| {
            Problem::new(
                ProblemKind::MalformedJson,
                "The body broke off. Nothing was changed; send it again.",
            )
        })?;
        if bytes.len().saturating_add(chunk.len()) > max {
            return Err(Problem::new(
                ProblemKind::BodyTooLarge,
                format!("The body may have at most {max} bytes. Send less, or in several requests."),
            ));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Makes sure that a body says nothing: it is empty, or an object without members. What the request would not do must not look done.
fn require_nothing(bytes: &[u8]) -> Result<(), Problem> {
    if bytes.is_empty() {
        return Ok(());
    }
    if parse::<serde_json::Map<String, serde_json::Value>>(bytes)?.is_empty() {
        return Ok(());
    }
    Err(Problem::new(
        ProblemKind::InvalidBody,
        "This request takes no body: the address says it all. Send none, or an empty object.",
    ))
}

/// Parses a body; what the parser says names fields and types, never values of ours.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        match error.classify() {
            serde_json::error::Category::Data => Problem::new(
                ProblemKind::InvalidBody,
                format!("The body is not of the expected form: {error}."),
            ),
            serde_json::error::Category::Io
            | serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof => Problem::new(
                ProblemKind::MalformedJson,
                format!("The body stops being JSON at {place}."),
            ),
        }
    })
}
