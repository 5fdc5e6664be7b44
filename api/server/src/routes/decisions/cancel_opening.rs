//! `POST /api/v1/coops/{coop}/proposals/{proposal}/opening-cancellation`

use actix_web::web::Data;
use governance::id::ProposalId;
use wire::decision::{Cancellation, ProposalAnswer};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Steward};
use crate::http::answer::Answer;
use crate::http::body::{Command, MaybeBasedOn};
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::proposals::Asking;
use crate::services::scheduling;

/// Takes back that voting opens by itself, with a reason that members read; stewards may.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/proposals/{proposal}/opening-cancellation", operation_id = "cancel_opening", tag = "decisions",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid),
        ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated"),
        ("If-Match" = Option<String>, Header, description = "The ETag of what was read; where given, nothing is done if it changed since")),
    request_body = Cancellation,
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
pub async fn cancel_opening(
    app: Data<App>,
    actor: Actor<Steward>,
    proposal: Id<ProposalId>,
    based_on: MaybeBasedOn,
    command: Command<Cancellation>,
) -> Result<Answer, Problem> {
    scheduling::cancel(&app, Asking::from(&actor), proposal.0, based_on, command).await
}
