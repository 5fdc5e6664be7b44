//! `GET /api/v1/coops/{coop}/years/{year}/closing`

use actix_web::web::{Data, Path};
use wire::money::YearPreview;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::money;

/// What closing a year would do: its result, its accounts, and what might still belong to it.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/years/{year}/closing", operation_id = "preview_year", tag = "money",
    params(("coop" = String, Path, format = Uuid), ("year" = String, Path)),
    responses((status = 200, body = YearPreview),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn preview_year(
    app: Data<App>,
    actor: Actor<Treasurer>,
    path: Path<(String, String)>,
) -> Result<Answer, Problem> {
    money::preview_year(&app, &actor, money::year(&path.1)?).await
}
