//! `POST /api/v1/coops/{coop}/invoices/{document}/credit-note/preview`

use actix_web::web::Data;
use governance::id::DocumentId;
use wire::money::{CreditInvoice, InvoicePreview};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Body;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::money;

/// What a credit note would come to, without issuing it.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/invoices/{document}/credit-note/preview", operation_id = "preview_credit_note", tag = "money",
    params(("coop" = String, Path, format = Uuid), ("document" = String, Path, format = Uuid)),
    request_body = CreditInvoice,
    responses((status = 200, body = InvoicePreview),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn preview_credit_note(
    app: Data<App>,
    actor: Actor<Treasurer>,
    document: Id<DocumentId>,
    body: Body<CreditInvoice>,
) -> Result<Answer, Problem> {
    money::preview_credit(&app, &actor, document.0, body.0).await
}
