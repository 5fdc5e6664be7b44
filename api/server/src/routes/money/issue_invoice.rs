//! `POST /api/v1/coops/{coop}/invoices`

use actix_web::web::Data;
use wire::money::{DocumentView, IssueInvoice};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::money;

/// Issues an invoice with the next number; a credit of the member settles it at once. It is never changed; a credit note takes it back.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/invoices", operation_id = "issue_invoice", tag = "money",
    params(("coop" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = IssueInvoice,
    responses((status = 201, body = DocumentView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn issue_invoice(
    app: Data<App>,
    actor: Actor<Treasurer>,
    command: Command<IssueInvoice>,
) -> Result<Answer, Problem> {
    money::issue_invoice(&app, &actor, command).await
}
