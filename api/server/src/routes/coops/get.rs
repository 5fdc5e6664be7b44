//! `GET /api/v1/coops/{coop}`

use actix_web::web::Data;
use wire::coop::CoopView;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::coops;

/// The co-op, with what a signer needs and the caller's own membership.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}", operation_id = "get_coop", tag = "co-ops",
    params(("coop" = String, Path, format = Uuid)),
    responses((status = 200, body = CoopView),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_coop(app: Data<App>, actor: Actor<Member>) -> Result<Answer, Problem> {
    coops::view(&app, &actor).await
}
