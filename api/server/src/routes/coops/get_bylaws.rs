//! `GET /api/v1/coops/{coop}/bylaws`

use actix_web::web::Data;
use wire::coop::BylawsView;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::bylaws::{self, Version};

/// The bylaws in force, each rule also as a sentence.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/bylaws", operation_id = "get_bylaws", tag = "co-ops",
    params(("coop" = String, Path, format = Uuid)),
    responses((status = 200, body = BylawsView),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_bylaws(app: Data<App>, actor: Actor<Member>) -> Result<Answer, Problem> {
    bylaws::one(&app, &actor, Version::InForce).await
}
