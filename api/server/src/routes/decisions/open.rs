//! `POST /api/v1/coops/{coop}/proposals/{proposal}/opening`

use actix_web::web::Data;
use governance::id::ProposalId;
use wire::decision::{OpenVoting, ProposalAnswer};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Steward};
use crate::http::answer::Answer;
use crate::http::body::{Command, MaybeBasedOn};
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::opening;
use crate::services::proposals::Asking;

/// Opens voting: texts, rule and roll are frozen and recorded. With `opens_at` it sets when that happens by itself. Stewards may, once
/// the bylaws' time for discussion is over, and for a moment after it.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/proposals/{proposal}/opening", operation_id = "open_voting", tag = "decisions",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid),
        ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated"),
        ("If-Match" = Option<String>, Header, description = "The ETag of what was read; where given, nothing is done if it changed since")),
    request_body = OpenVoting,
    responses((status = 200, body = ProposalAnswer),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 412, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn open_voting(
    app: Data<App>,
    actor: Actor<Steward>,
    proposal: Id<ProposalId>,
    based_on: MaybeBasedOn,
    command: Command<OpenVoting>,
) -> Result<Answer, Problem> {
    opening::open(&app, Asking::from(&actor), proposal.0, based_on, command).await
}
