//! `GET /api/v1/coops/{coop}/halts`

use actix_web::web::{Data, Query};
use wire::coop::HaltView;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::halts;

/// The halts of the co-op, the newest first.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/halts", operation_id = "list_halts", tag = "co-ops",
    params(("coop" = String, Path, format = Uuid), PageQuery),
    responses((status = 200, body = Page<HaltView>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_halts(app: Data<App>, actor: Actor<Member>, page: Query<PageQuery>) -> Result<Answer, Problem> {
    halts::list(&app, &actor, &page).await
}
