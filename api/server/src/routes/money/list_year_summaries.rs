//! `GET /api/v1/coops/{coop}/years/{year}/summaries`

use actix_web::web::{Data, Path, Query};
use wire::money::YearSummary;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::money;

/// What every member got in a year, for who holds an office.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/years/{year}/summaries", operation_id = "list_year_summaries", tag = "money",
    params(("coop" = String, Path, format = Uuid), ("year" = String, Path), PageQuery),
    responses((status = 200, body = Page<YearSummary>),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_year_summaries(
    app: Data<App>,
    actor: Actor<Active>,
    path: Path<(String, String)>,
    page: Query<PageQuery>,
) -> Result<Answer, Problem> {
    money::year_summaries(&app, &actor, money::year(&path.1)?, &page).await
}
