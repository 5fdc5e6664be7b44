//! `POST /api/v1/coops/{coop}/income/statement`

use actix_web::web::Data;
use wire::money::{ImportStatement, StatementImported};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::money;

/// Records the receipts of a bank's statement of a day (camt.053), each once by the bank's reference: payments of the invoices that they name, and income; each refused row with its reason.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/income/statement", operation_id = "import_statement", tag = "money",
    params(("coop" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = ImportStatement,
    responses((status = 201, body = StatementImported),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn import_statement(
    app: Data<App>,
    actor: Actor<Treasurer>,
    command: Command<ImportStatement>,
) -> Result<Answer, Problem> {
    money::record_statement(&app, &actor, command).await
}
