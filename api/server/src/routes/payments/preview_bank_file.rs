//! `POST /api/v1/coops/{coop}/bank-files/preview`

use actix_web::web::Data;
use wire::payment::{BankFileOutcome, ImportBankFile};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::{BANK_FILE_BYTES_MAX, Body};
use crate::problem::Problem;
use crate::services::payments::answers;

/// What bringing in a file of a bank would do, for the treasurer. Nothing is changed.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/bank-files/preview", operation_id = "preview_bank_file", tag = "payments",
    params(("coop" = String, Path, format = Uuid)),
    request_body = ImportBankFile,
    responses((status = 200, body = BankFileOutcome),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 413, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn preview_bank_file(
    app: Data<App>,
    actor: Actor<Treasurer>,
    body: Body<ImportBankFile, BANK_FILE_BYTES_MAX>,
) -> Result<Answer, Problem> {
    answers::preview(&app, &actor, &body.0).await
}
