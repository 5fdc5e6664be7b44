//! `GET /api/v1/coops/{coop}/delegations`

use actix_web::web::Data;
use wire::delegation::MyDelegations;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::delegations;

/// The caller's own delegations, the newest of each scope, and how many members trust the caller.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/delegations", operation_id = "list_delegations", tag = "delegations",
    params(("coop" = String, Path, format = Uuid)),
    responses((status = 200, body = MyDelegations),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_delegations(app: Data<App>, actor: Actor<Member>) -> Result<Answer, Problem> {
    delegations::mine(&app, &actor).await
}
