//! `POST /api/v1/coops/{coop}/contributions`

use actix_web::web::Data;
use wire::problem::ProblemBody;
use wire::revenue::{ContributionView, SubmitContributions};

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::revenue::contributions;

/// Brings in what members contributed, of one metric and for some days, for the treasurer. Members may dispute their own line for as
/// long as it says; a correction is another snapshot that replaces it.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/contributions", operation_id = "submit_contributions", tag = "revenue",
    params(("coop" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = SubmitContributions,
    responses((status = 201, body = ContributionView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn submit_contributions(
    app: Data<App>,
    actor: Actor<Treasurer>,
    command: Command<SubmitContributions>,
) -> Result<Answer, Problem> {
    contributions::submit(&app, &actor, command).await
}
