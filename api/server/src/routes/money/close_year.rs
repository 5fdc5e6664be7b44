//! `POST /api/v1/coops/{coop}/years/{year}/closing`

use actix_web::web::{Data, Path};
use wire::money::{CloseYear, YearView};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::money;

/// Closes a year as it was looked at: its accounts of income and costs become the result, and nothing takes effect within it any more.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/years/{year}/closing", operation_id = "close_year", tag = "money",
    params(("coop" = String, Path, format = Uuid), ("year" = String, Path), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = CloseYear,
    responses((status = 201, body = YearView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn close_year(
    app: Data<App>,
    actor: Actor<Treasurer>,
    path: Path<(String, String)>,
    command: Command<CloseYear>,
) -> Result<Answer, Problem> {
    money::close_year(&app, &actor, money::year(&path.1)?, command).await
}
