//! `POST /api/v1/coops/{coop}/invoices/{document}/credit-note`

use actix_web::web::Data;
use governance::id::DocumentId;
use wire::money::{CreditInvoice, DocumentView};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::money;

/// Takes an invoice back by a credit note, whole or in part; what was paid beyond the rest is a credit of the member.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/invoices/{document}/credit-note", operation_id = "credit_invoice", tag = "money",
    params(("coop" = String, Path, format = Uuid), ("document" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = CreditInvoice,
    responses((status = 201, body = DocumentView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn credit_invoice(
    app: Data<App>,
    actor: Actor<Treasurer>,
    document: Id<DocumentId>,
    command: Command<CreditInvoice>,
) -> Result<Answer, Problem> {
    money::credit_invoice(&app, &actor, document.0, command).await
}
