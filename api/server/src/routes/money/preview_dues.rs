//! `POST /api/v1/coops/{coop}/dues/preview`

use actix_web::web::Data;
use wire::money::{ChargeDues, DuesPreview};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Body;
use crate::problem::Problem;
use crate::services::money;

/// What charging the dues of a period would do, member by member, without doing it.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/dues/preview", operation_id = "preview_dues", tag = "money",
    params(("coop" = String, Path, format = Uuid)),
    request_body = ChargeDues,
    responses((status = 200, body = DuesPreview),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn preview_dues(app: Data<App>, actor: Actor<Treasurer>, body: Body<ChargeDues>) -> Result<Answer, Problem> {
    money::preview_dues(&app, &actor, body.0).await
}
