//! `POST /api/v1/coops/{coop}/ledger/accounts`

use actix_web::web::Data;
use wire::ledger::{LedgerAccountsOpened, OpenLedgerAccounts};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::ledger;

/// Opens accounts of the books, for the treasurer: the chart that every co-op begins with, or others.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/ledger/accounts", operation_id = "open_ledger_accounts", tag = "books",
    params(("coop" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = OpenLedgerAccounts,
    responses((status = 201, body = LedgerAccountsOpened),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody),
        (status = 503, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn open_ledger_accounts(
    app: Data<App>,
    actor: Actor<Treasurer>,
    command: Command<OpenLedgerAccounts>,
) -> Result<Answer, Problem> {
    ledger::open_accounts(&app, &actor, command).await
}
