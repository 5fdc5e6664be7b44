//! The id of a request: in every answer, every problem and every line of the log. Also the one line the log holds per request.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use tracing::Instrument as _;

use crate::app::App;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request being answered; empty outside one.
#[must_use]
pub fn current() -> String {
    CURRENT.try_with(Clone::clone).unwrap_or_default()
}

/// Gives each request an id, measures it and logs it: method, matched route, status, time. Never the path as sent, a query, a
/// header or a body, since any of them may hold what should not be in a log.
///
/// # Errors
/// Passes on what comes from inside.
pub async fn middleware<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let id = uuid::Uuid::now_v7().hyphenated().to_string();
    let started = Instant::now();
    let method = method_name(request.method());
    let metrics = request
        .app_data::<Data<App>>()
        .map(|app| std::sync::Arc::clone(&app.metrics));
    let span = tracing::info_span!("request", request.id = %id);
    let mut answered = CURRENT
        .scope(id.clone(), next.call(request).instrument(span.clone()))
        .await;
    // A request that was given up is gone, and its route with it.
    let route = answered
        .as_ref()
        .ok()
        .and_then(|response| response.request().match_pattern())
        .unwrap_or_else(|| String::from("none"));
    let status = match &mut answered {
        Ok(response) => {
            add(response.headers_mut(), &id);
            response.status()
        }
        Err(error) => error.as_response_error().status_code(),
    };
    let (status, elapsed) = (status.as_u16(), started.elapsed());
    if let Some(metrics) = metrics {
        metrics.request(method, &route, status, elapsed);
    }
    let duration_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    span.in_scope(
        || tracing::info!(http.method = method, http.route = %route, http.status = status, duration_ms, "answered"),
    );
    answered
}

/// Adds the id to an answer.
pub fn add(headers: &mut HeaderMap, id: &str) {
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(HEADER, id);
    }
}

/// The name of a method that HTTP knows; every other one is `other`. A method is any word a client likes, and each label of a metric
/// is kept for good, so an invented one must not become a label.
fn method_name(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = [
        "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
    ];
    KNOWN
        .into_iter()
        .find(|known| *known == method.as_str())
        .unwrap_or("other")
}
