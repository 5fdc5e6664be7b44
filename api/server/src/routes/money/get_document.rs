//! `GET /api/v1/coops/{coop}/invoices/{document}`

use actix_web::web::Data;
use governance::id::DocumentId;
use wire::money::DocumentView;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::money;

/// An invoice, a credit note or a receipt: one's own, and everybody's for who holds an office.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/invoices/{document}", operation_id = "get_document", tag = "money",
    params(("coop" = String, Path, format = Uuid), ("document" = String, Path, format = Uuid)),
    responses((status = 200, body = DocumentView),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_document(app: Data<App>, actor: Actor<Member>, document: Id<DocumentId>) -> Result<Answer, Problem> {
    money::get_document(&app, &actor, document.0).await
}
