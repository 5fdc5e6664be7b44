//! `POST /api/v1/coops`

use actix_web::web::Data;
use wire::coop::{CoopView, FoundCoop};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::founding;

/// Founds a co-op; the caller becomes its first member and steward.
///
/// The co-op's id comes from the caller and the Idempotency-Key, so a repeated request finds the co-op it made.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops", operation_id = "found_coop", tag = "co-ops",
    params(("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = FoundCoop,
    responses((status = 201, body = CoopView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn found_coop(app: Data<App>, signed_in: SignedIn, command: Command<FoundCoop>) -> Result<Answer, Problem> {
    founding::found(&app, signed_in, command).await
}
