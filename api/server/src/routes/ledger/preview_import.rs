//! `POST /api/v1/coops/{coop}/ledger/imports/preview`

use actix_web::web::Data;
use wire::ledger::{ImportLedger, LedgerImport};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Body;
use crate::problem::Problem;
use crate::services::ledger;

/// What taking over the transactions of another ledger would do, for the treasurer. Nothing is posted.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/ledger/imports/preview", operation_id = "preview_ledger_import", tag = "books",
    params(("coop" = String, Path, format = Uuid)),
    request_body = ImportLedger,
    responses((status = 200, body = LedgerImport),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn preview_import(
    app: Data<App>,
    actor: Actor<Treasurer>,
    body: Body<ImportLedger>,
) -> Result<Answer, Problem> {
    ledger::preview_import(&app, &actor, &body.0).await
}
