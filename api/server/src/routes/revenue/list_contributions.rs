//! `GET /api/v1/coops/{coop}/contributions`

use actix_web::web::{Data, Query};
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;
use wire::revenue::ContributionView;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::revenue::contributions;

/// What was brought in of contributions, the oldest first, each with what the member who asks has in it.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/contributions", operation_id = "list_contributions", tag = "revenue",
    params(("coop" = String, Path, format = Uuid), PageQuery),
    responses((status = 200, body = Page<ContributionView>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_contributions(
    app: Data<App>,
    actor: Actor<Member>,
    page: Query<PageQuery>,
) -> Result<Answer, Problem> {
    contributions::list(&app, &actor, &page).await
}
