//! `POST /api/v1/coops/{coop}/delegations`

use actix_web::web::Data;
use wire::delegation::{DelegationView, GiveDelegation};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::delegations;

/// Lets another member vote where the caller does not, says that nobody may, or takes back what was given in a scope.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/delegations", operation_id = "give_delegation", tag = "delegations",
    params(("coop" = String, Path, format = Uuid),
        ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = GiveDelegation,
    responses((status = 201, body = DelegationView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn give_delegation(
    app: Data<App>,
    actor: Actor<Active>,
    command: Command<GiveDelegation>,
) -> Result<Answer, Problem> {
    delegations::give(&app, &actor, command).await
}
