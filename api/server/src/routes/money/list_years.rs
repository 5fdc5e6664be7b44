//! `GET /api/v1/coops/{coop}/years`

use actix_web::web::Data;
use wire::money::YearsView;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::money;

/// The years that are closed, the last first.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/years", operation_id = "list_years", tag = "money",
    params(("coop" = String, Path, format = Uuid)),
    responses((status = 200, body = YearsView),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_years(app: Data<App>, actor: Actor<Member>) -> Result<Answer, Problem> {
    money::list_years(&app, &actor).await
}
