//! `GET /api/v1/coops/{coop}/applications`

use actix_web::web::{Data, Query};
use wire::coop::ApplicationView;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Steward};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::applications;

/// The applications, oldest first.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/applications", operation_id = "list_applications", tag = "co-ops",
    params(("coop" = String, Path, format = Uuid), PageQuery),
    responses((status = 200, body = Page<ApplicationView>),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_applications(
    app: Data<App>,
    actor: Actor<Steward>,
    page: Query<PageQuery>,
) -> Result<Answer, Problem> {
    applications::list(&app, &actor, &page).await
}
