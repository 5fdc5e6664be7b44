//! `POST /api/v1/coops/{coop}/ledger/imports`

use actix_web::web::Data;
use wire::ledger::{ImportLedger, LedgerImport};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::ledger;

/// Takes over the transactions of another ledger, for the treasurer: every row that was not taken over before by its identifier, or none at all.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/ledger/imports", operation_id = "import_ledger", tag = "books",
    params(("coop" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = ImportLedger,
    responses((status = 201, body = LedgerImport),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn import_ledger(
    app: Data<App>,
    actor: Actor<Treasurer>,
    command: Command<ImportLedger>,
) -> Result<Answer, Problem> {
    ledger::import_ledger(&app, &actor, command).await
}
