//! `POST /api/v1/coops/{coop}/income/statement/preview`

use actix_web::web::Data;
use wire::money::{ImportStatement, StatementImported};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Body;
use crate::problem::Problem;
use crate::services::money;

/// What importing a bank's statement would do, movement by movement, without doing it.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/income/statement/preview", operation_id = "preview_statement", tag = "money",
    params(("coop" = String, Path, format = Uuid)),
    request_body = ImportStatement,
    responses((status = 200, body = StatementImported),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn preview_statement(
    app: Data<App>,
    actor: Actor<Treasurer>,
    body: Body<ImportStatement>,
) -> Result<Answer, Problem> {
    money::preview_statement(&app, &actor, body.0).await
}
