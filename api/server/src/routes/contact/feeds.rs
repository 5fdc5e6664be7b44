//! `GET`, `PUT` and `DELETE /api/v1/coops/{coop}/feeds`, and what is read at the addresses they give.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use wire::decision::FeedAddresses;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::feeds::{self, Form};
use crate::services::proposals::Asking;

/// The caller's secret addresses of this co-op's calendar and feed.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/feeds", operation_id = "get_feeds", tag = "notices",
    params(("coop" = String, Path, format = Uuid)),
    responses((status = 200, body = FeedAddresses),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_feeds(app: Data<App>, actor: Actor<Member>) -> Result<Answer, Problem> {
    feeds::addresses(&app, Asking::from(&actor)).await
}

/// Makes new secret addresses, which end those before.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    put, path = "/api/v1/coops/{coop}/feeds", operation_id = "renew_feeds", tag = "notices",
    params(("coop" = String, Path, format = Uuid)),
    responses((status = 200, body = FeedAddresses),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn renew_feeds(app: Data<App>, actor: Actor<Member>) -> Result<Answer, Problem> {
    feeds::renew(&app, Asking::from(&actor)).await
}

/// Ends the caller's secret addresses.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    delete, path = "/api/v1/coops/{coop}/feeds", operation_id = "end_feeds", tag = "notices",
    params(("coop" = String, Path, format = Uuid)),
    responses((status = 204, description = "They do not work any more"),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn end_feeds(app: Data<App>, actor: Actor<Member>) -> Result<Answer, Problem> {
    feeds::end(&app, Asking::from(&actor)).await
}

/// The votes of a co-op as a calendar (RFC 5545), for whoever has the secret address.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/feeds/{token}/calendar.ics", operation_id = "read_calendar", tag = "notices",
    params(("token" = String, Path, description = "As the address holds it")),
    responses((status = 200, description = "iCalendar", content_type = "text/calendar", body = String),
        (status = 304, description = "As If-None-Match says it is known"),
        (status = 404, body = ProblemBody)),
    security(())
)]
pub async fn read_calendar(app: Data<App>, request: HttpRequest, token: Path<String>) -> Result<HttpResponse, Problem> {
    read(&app, &request, &token, Form::Calendar).await
}

/// What happened to the votes of a co-op as a feed (RFC 4287), for whoever has the secret address.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/feeds/{token}/atom.xml", operation_id = "read_feed", tag = "notices",
    params(("token" = String, Path, description = "As the address holds it")),
    responses((status = 200, description = "Atom", content_type = "application/atom+xml", body = String),
        (status = 304, description = "As If-None-Match says it is known"),
        (status = 404, body = ProblemBody)),
    security(())
)]
pub async fn read_feed(app: Data<App>, request: HttpRequest, token: Path<String>) -> Result<HttpResponse, Problem> {
    read(&app, &request, &token, Form::Atom).await
}

async fn read(app: &App, request: &HttpRequest, token: &str, form: Form) -> Result<HttpResponse, Problem> {
    let feed = feeds::read(app, token, form).await?;
    let is_known = request
        .headers()
        .get(IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == feed.etag.as_bytes());
    let mut response = if is_known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header((ETAG, feed.etag))
        .insert_header((CACHE_CONTROL, "private, no-cache"))
        .insert_header(("x-robots-tag", "noindex"));
    if is_known {
        return Ok(response.finish());
    }
    Ok(response.insert_header((CONTENT_TYPE, feed.media)).body(feed.text))
}
