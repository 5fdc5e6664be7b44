//! `GET /api/v1/coops/{coop}/invoices`

use actix_web::web::{Data, Query};
use wire::money::{DocumentView, DocumentsQuery};
use wire::page::Page;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::money;

/// Invoices, credit notes and receipts, the newest first: one's own, and everybody's for who holds an office.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/invoices", operation_id = "list_documents", tag = "money",
    params(("coop" = String, Path, format = Uuid), DocumentsQuery),
    responses((status = 200, body = Page<DocumentView>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_documents(
    app: Data<App>,
    actor: Actor<Member>,
    query: Query<DocumentsQuery>,
) -> Result<Answer, Problem> {
    money::list_documents(&app, &actor, &query).await
}
