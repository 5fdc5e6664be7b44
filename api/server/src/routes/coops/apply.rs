//! `POST /api/v1/coops/{coop}/applications`

use actix_web::web::Data;
use governance::id::CoopId;
use wire::coop::{ApplicationView, ApplyToCoop};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::applications;

/// Asks to join, where the bylaws admit applications.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/applications", operation_id = "apply_to_coop", tag = "co-ops",
    params(("coop" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = ApplyToCoop,
    responses((status = 201, body = ApplicationView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn apply_to_coop(
    app: Data<App>,
    signed_in: SignedIn,
    coop: Id<CoopId>,
    command: Command<ApplyToCoop>,
) -> Result<Answer, Problem> {
    applications::apply(&app, signed_in, coop.0, command).await
}
