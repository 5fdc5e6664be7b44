//! `POST /api/v1/coops/{coop}/proposals/{proposal}/execution`

use actix_web::web::Data;
use governance::id::ProposalId;
use wire::decision::ProposalAnswer;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Steward};
use crate::http::answer::Answer;
use crate::http::body::{BareCommand, MaybeBasedOn};
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::execution;
use crate::services::proposals::Asking;

/// Tries again to execute what was carried, after an attempt failed; stewards may.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/proposals/{proposal}/execution", operation_id = "execute_proposal", tag = "decisions",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid),
        ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated"),
        ("If-Match" = Option<String>, Header, description = "The ETag of what was read; where given, nothing is done if it changed since")),

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
pub async fn execute_proposal(
    app: Data<App>,
    actor: Actor<Steward>,
    proposal: Id<ProposalId>,
    based_on: MaybeBasedOn,
    command: BareCommand,
) -> Result<Answer, Problem> {
    execution::retry(&app, Asking::from(&actor), proposal.0, based_on, command.0).await
}
