//! `POST /api/v1/coops/{coop}/income/preview`

use actix_web::web::Data;
use wire::ledger::{IncomePreview, RecordIncome};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Body;
use crate::problem::Problem;
use crate::services::ledger;

/// What recording a table of income would do, row by row, for the treasurer. Nothing is posted.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/income/preview", operation_id = "preview_income", tag = "books",
    params(("coop" = String, Path, format = Uuid)),
    request_body = RecordIncome,
    responses((status = 200, body = IncomePreview),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn preview_income(
    app: Data<App>,
    actor: Actor<Treasurer>,
    body: Body<RecordIncome>,
) -> Result<Answer, Problem> {
    ledger::preview_income(&app, &actor, body.0).await
}
