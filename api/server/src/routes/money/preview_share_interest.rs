//! `GET /api/v1/coops/{coop}/shares/interest/{year}`

use actix_web::web::{Data, Path};
use wire::money::InterestView;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::money;

/// What crediting the interest of a year would do, without doing it.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/shares/interest/{year}", operation_id = "preview_share_interest", tag = "money",
    params(("coop" = String, Path, format = Uuid), ("year" = String, Path)),
    responses((status = 200, body = InterestView),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn preview_share_interest(
    app: Data<App>,
    actor: Actor<Treasurer>,
    path: Path<(String, String)>,
) -> Result<Answer, Problem> {
    money::preview_interest(&app, &actor, money::year(&path.1)?).await
}
