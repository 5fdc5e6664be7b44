//! `GET /api/v1/coops/{coop}/live`

use std::convert::Infallible;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::{Bytes, Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::StreamExt as _;
use wire::live::LiveQuery;
use wire::problem::{ProblemBody, ProblemKind};

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::problem::Problem;
use crate::services::live::Topic;

/// Follows one proposal or one payout cycle: a stream of server-sent events, each of which tells how it stands.
///
/// Events are called `proposal` or `cycle`. Send the id of the last one as `Last-Event-ID` when you come back; a stream ends after
/// five minutes. A comment comes every 15 seconds.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/live", operation_id = "follow", tag = "live",
    params(("coop" = String, Path, format = Uuid), LiveQuery,
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event; it is not told again while it stands")),
    responses((status = 200, description = "Events, whose data are `LiveProposal` or `LiveCycle`", body = String,
            content_type = "text/event-stream"),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody),
        (status = 429, body = ProblemBody),
        (status = 503, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn follow(
    app: Data<App>,
    actor: Actor<Member>,
    query: Query<LiveQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let topic = match (query.proposal, query.cycle) {
        (Some(proposal), None) => Topic::Proposal(proposal),
        (None, Some(cycle)) => Topic::Cycle(cycle),
        (None, None) | (Some(_), Some(_)) => {
            let detail = "Name what is followed: one `proposal` or one `cycle`.";
            return Err(Problem::new(ProblemKind::InvalidQuery, detail));
        }
    };
    let last = request.headers().get("last-event-id");
    let last = last.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let stream = app
        .live
        .follow((actor.signed_in.account, actor.coop), topic, last)
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, "no-store"))
        // Proxies that gather would make a stream of it that is none.
        .insert_header(("x-accel-buffering", "no"))
        .streaming(Box::pin(stream.map(|frame| Ok::<_, Infallible>(Bytes::from(frame))))))
}
