//! `POST /api/v1/coops/{coop}/halts`

use actix_web::web::Data;
use wire::coop::{HaltCoop, HaltView};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Overseer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::halts;

/// Halts the co-op in an emergency, for a steward or an auditor.
///
/// For some days voting does not open, memberships and offices are not changed by others, and no result is carried out. Members go
/// on voting in what is open.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/halts", operation_id = "halt_coop", tag = "co-ops",
    params(("coop" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = HaltCoop,
    responses((status = 201, body = HaltView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn halt_coop(app: Data<App>, actor: Actor<Overseer>, command: Command<HaltCoop>) -> Result<Answer, Problem> {
    halts::begin(&app, &actor, command).await
}
