//! `POST /api/v1/coops/{coop}/proposals`

use actix_web::web::Data;
use wire::decision::{NewProposal, ProposalAnswer};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::proposals::{self, Asking};

/// Begins a proposal, as a draft that its author and stewards see.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/proposals", operation_id = "draft_proposal", tag = "decisions",
    params(("coop" = String, Path, format = Uuid),
        ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = NewProposal,
    responses((status = 201, body = ProposalAnswer),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn draft_proposal(
    app: Data<App>,
    actor: Actor<Active>,
    command: Command<NewProposal>,
) -> Result<Answer, Problem> {
    proposals::create(&app, Asking::from(&actor), command).await
}
