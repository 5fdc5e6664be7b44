//! How long a request may take, from its first byte to the head of its answer.

use std::net::TcpListener;
use std::time::Duration;
use std::{fmt, io};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::{HttpResponse, ResponseError};
use wire::problem::ProblemKind;

use super::{headers, request_id};
use crate::problem::Problem;

/// How long an answer of a model may take; above what the gateway allows, so that it is the gateway that ends a call.
const MODEL_TIME_MAX: Duration = Duration::from_secs(3_600);

/// The limits of one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// How long the head of a request may take to arrive.
    pub head: Duration,
    /// How long its body may take; the library has a limit for heads alone.
    pub body: Duration,
    /// How long it may take from the end of the head to the head of the answer, reading the body included.
    pub answer: Duration,
    /// How long an answer may lie unread: the client takes none of it for so long. The library waits for ever; Linux alone does not.
    pub unread: Duration,
}

impl Times {
    /// Lets the operating system end connections whose client takes nothing of an answer, for every connection this socket accepts.
    ///
    /// # Errors
    /// If the socket cannot be set so.
    pub fn bound_reading(&self, listener: &TcpListener) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        socket2::SockRef::from(listener).set_tcp_user_timeout(Some(self.unread))?;
        #[cfg(not(target_os = "linux"))]
        let _ = listener;
        Ok(())
    }
}

impl Default for Times {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(5),
            body: Duration::from_secs(10),
            answer: Duration::from_secs(60),
            unread: Duration::from_secs(60),
        }
    }
}

/// The answer did not come in time; the work on it was dropped.
#[derive(Debug)]
struct Late {
    problem: Problem,
    request: String,
}

impl fmt::Display for Late {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(formatter)
    }
}

impl ResponseError for Late {
    fn status_code(&self) -> StatusCode {
        self.problem.status_code()
    }

    /// With all headers: a request that is given up has no way back through what adds them.
    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = self.problem.response(&self.request);
        headers::add(response.headers_mut());
        request_id::add(response.headers_mut(), &self.request);
        response
    }
}

/// Gives up on what takes too long. What is dropped is rolled back, unless it was just being committed or is done together with what
/// others asked for; so the answer to a change does not say that nothing was changed.
///
/// # Errors
/// 503 where it took too long. Passes on what comes from inside.
pub async fn middleware<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let times = request.app_data::<Times>().copied().unwrap_or_default();
    let is_safe = request.method().is_safe();
    // Models take their time; the gateway bounds it itself.
    let limit = if request.path().starts_with("/v1/") {
        MODEL_TIME_MAX
    } else {
        times.answer
    };
    match tokio::time::timeout(limit, next.call(request)).await {
        Ok(answered) => answered,
        Err(_) => Err(Late {
            problem: late(is_safe),
            request: request_id::current(),
        }
        .into()),
    }
}

fn late(is_safe: bool) -> Problem {
    tracing::warn!("a request took too long and was given up");
    let detail = if is_safe {
        "The answer took too long. Try again in a moment, or ask for less at once."
    } else {
        "This took too long, so whether it was done is not known. Send the same request again with the same Idempotency-Key, or look \
         first."
    };
    Problem::new(ProblemKind::Busy, detail).retry_after(2)
}
