//! `POST /api/v1/coops/{coop}/invoices/preview`

use actix_web::web::Data;
use wire::money::{InvoicePreview, IssueInvoice};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Body;
use crate::problem::Problem;
use crate::services::money;

/// What an invoice would come to, without issuing it.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/invoices/preview", operation_id = "preview_invoice", tag = "money",
    params(("coop" = String, Path, format = Uuid)),
    request_body = IssueInvoice,
    responses((status = 200, body = InvoicePreview),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn preview_invoice(
    app: Data<App>,
    actor: Actor<Treasurer>,
    body: Body<IssueInvoice>,
) -> Result<Answer, Problem> {
    money::preview_invoice(&app, &actor, body.0).await
}
