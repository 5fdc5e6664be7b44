//! `GET /api/v1/coops/{coop}/years/{year}/summary`

use actix_web::web::{Data, Path};
use wire::money::YearSummary;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::money;

/// What the member got in a year, for the tax office: from posted payout cycles and credited interest.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/years/{year}/summary", operation_id = "get_own_year", tag = "money",
    params(("coop" = String, Path, format = Uuid), ("year" = String, Path)),
    responses((status = 200, body = YearSummary),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_own_year(
    app: Data<App>,
    actor: Actor<Member>,
    path: Path<(String, String)>,
) -> Result<Answer, Problem> {
    money::own_year(&app, &actor, money::year(&path.1)?).await
}
