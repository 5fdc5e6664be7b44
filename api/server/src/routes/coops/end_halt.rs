//! `DELETE /api/v1/coops/{coop}/halts/current`

use actix_web::web::Data;
use wire::coop::{EndHalt, HaltView};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Steward};
use crate::http::answer::Answer;
use crate::http::body::Body;
use crate::problem::Problem;
use crate::services::halts;

/// Ends the halt that is in force before its time.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    delete, path = "/api/v1/coops/{coop}/halts/current", operation_id = "end_halt", tag = "co-ops",
    params(("coop" = String, Path, format = Uuid)),
    request_body = EndHalt,
    responses((status = 200, body = HaltView),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn end_halt(app: Data<App>, actor: Actor<Steward>, body: Body<EndHalt>) -> Result<Answer, Problem> {
    halts::end(&app, &actor, body.0).await
}
