//! `GET /api/v1/coops/{coop}/public-page`

use actix_web::web::Data;
use wire::coop::PublicPageSetting;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::public_page;

/// What the co-op shows to everybody, and what it showed before, with who set it.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/public-page", operation_id = "get_public_page", tag = "co-ops",
    params(("coop" = String, Path, format = Uuid)),
    responses((status = 200, body = PublicPageSetting), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_public_page(app: Data<App>, actor: Actor<Member>) -> Result<Answer, Problem> {
    public_page::setting(&app, &actor).await
}
