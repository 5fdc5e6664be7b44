//! What a service gives back: a status and a body, bytes already, so that an idempotent answer can be stored and repeated as it was.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, ETAG};
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;

use crate::problem::Problem;

/// What is set aside for a body, in bytes: a receipt fits, and so need not be moved as it grows.
const BODY_BYTES_USUAL: usize = 1_024;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, JSON.
    pub body: Vec<u8>,
    /// The version of the thing answered with, for its ETag.
    pub version: Option<i64>,
    /// Whether it repeats an earlier answer.
    pub is_replay: bool,
}

impl Answer {
    fn json(status: u16, body: &impl Serialize) -> Result<Self, Problem> {
        let mut bytes = Vec::with_capacity(BODY_BYTES_USUAL);
        serde_json::to_writer(&mut bytes, body).map_err(Problem::internal)?;
        Ok(Self {
            status,
            body: bytes,
            version: None,
            is_replay: false,
        })
    }

    /// 200 with a body.
    ///
    /// # Errors
    /// If the body cannot be written.
    pub fn ok(body: &impl Serialize) -> Result<Self, Problem> {
        Self::json(200, body)
    }

    /// 201 with what was made.
    ///
    /// # Errors
    /// If the body cannot be written.
    pub fn created(body: &impl Serialize) -> Result<Self, Problem> {
        Self::json(201, body)
    }

    /// 202: it will be done.
    #[must_use]
    pub const fn accepted() -> Self {
        Self {
            status: 202,
            body: Vec::new(),
            version: None,
            is_replay: false,
        }
    }

    /// 204: it is done and there is nothing to say.
    #[must_use]
    pub const fn nothing() -> Self {
        Self {
            status: 204,
            body: Vec::new(),
            version: None,
            is_replay: false,
        }
    }

    /// Adds the version.
    #[must_use]
    pub const fn at_version(mut self, version: i64) -> Self {
        self.version = Some(version);
        self
    }
}

/// The ETag of a version.
#[must_use]
pub fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

impl Responder for Answer {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        if let Some(version) = self.version {
            response.insert_header((ETAG, etag(version)));
        }
        if self.is_replay {
            response.insert_header(("idempotent-replayed", "true"));
        }
        if self.body.is_empty() {
            return response.finish();
        }
        response.insert_header((CONTENT_TYPE, "application/json"));
        response.body(self.body)
    }
}
