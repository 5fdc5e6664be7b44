//! `POST /api/v1/coops/{coop}/income`

use actix_web::web::Data;
use wire::ledger::{IncomeRecorded, RecordIncome};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::ledger;

/// Records a table of income in the books, for the treasurer: every receipt that was not recorded before by its reference, or none at all.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/income", operation_id = "record_income", tag = "books",
    params(("coop" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = RecordIncome,
    responses((status = 201, body = IncomeRecorded),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn record_income(
    app: Data<App>,
    actor: Actor<Treasurer>,
    command: Command<RecordIncome>,
) -> Result<Answer, Problem> {
    ledger::record_income(&app, &actor, command).await
}
