//! `POST /api/v1/coops/{coop}/applications/{application}/decision`

use actix_web::web::Data;
use governance::id::ApplicationId;
use wire::coop::{DecideApplication, DecidedApplication};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Steward};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::applications;

/// Admits a person who applied, or declines.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/applications/{application}/decision", operation_id = "decide_application", tag = "co-ops",
    params(("coop" = String, Path, format = Uuid), ("application" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = DecideApplication,
    responses((status = 200, body = DecidedApplication),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn decide_application(
    app: Data<App>,
    actor: Actor<Steward>,
    application: Id<ApplicationId>,
    command: Command<DecideApplication>,
) -> Result<Answer, Problem> {
    applications::decide(&app, &actor, application.0, command).await
}
