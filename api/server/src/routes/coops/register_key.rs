//! `POST /api/v1/coops/{coop}/keys`

use actix_web::web::Data;
use wire::coop::{KeyView, RegisterKey};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::keys;

/// Registers a key that will sign the caller's ballots in proposals that open from now on.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/keys", operation_id = "register_key", tag = "co-ops",
    params(("coop" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = RegisterKey,
    responses((status = 201, body = KeyView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn register_key(
    app: Data<App>,
    actor: Actor<Active>,
    command: Command<RegisterKey>,
) -> Result<Answer, Problem> {
    keys::register(&app, &actor, command).await
}
