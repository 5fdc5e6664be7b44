//! `POST /api/v1/coops/{coop}/proposals/{proposal}/objections`

use actix_web::web::Data;
use governance::id::ProposalId;
use wire::decision::{ProposalAnswer, RaiseObjection};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::body::{Command, MaybeBasedOn};
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::objections;
use crate::services::proposals::Asking;

/// Objects to what was carried, with a reason that members read; enough objections stop it. Who is on the roll may.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/proposals/{proposal}/objections", operation_id = "object_to_proposal", tag = "decisions",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid),
        ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated"),
        ("If-Match" = Option<String>, Header, description = "The ETag of what was read; where given, nothing is done if it changed since")),
    request_body = RaiseObjection,
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
pub async fn object_to_proposal(
    app: Data<App>,
    actor: Actor<Active>,
    proposal: Id<ProposalId>,
    based_on: MaybeBasedOn,
    command: Command<RaiseObjection>,
) -> Result<Answer, Problem> {
    objections::object(&app, Asking::from(&actor), proposal.0, based_on, command).await
}
