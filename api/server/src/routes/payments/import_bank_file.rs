//! `POST /api/v1/coops/{coop}/bank-files`

use actix_web::web::Data;
use wire::payment::{BankFileOutcome, ImportBankFile};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::{BANK_FILE_BYTES_MAX, Command};
use crate::problem::Problem;
use crate::services::payments::answers;

/// Brings in a file of a bank, for the treasurer: payments go on by what it says, and the books with them. Each file once.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/bank-files", operation_id = "import_bank_file", tag = "payments",
    params(("coop" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = ImportBankFile,
    responses((status = 201, body = BankFileOutcome),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 413, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn import_bank_file(
    app: Data<App>,
    actor: Actor<Treasurer>,
    command: Command<ImportBankFile, BANK_FILE_BYTES_MAX>,
) -> Result<Answer, Problem> {
    answers::import(&app, &actor, command).await
}
