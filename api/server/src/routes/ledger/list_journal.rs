//! `GET /api/v1/coops/{coop}/journal`

use actix_web::web::{Data, Query};
use wire::ledger::JournalView;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::ledger;

/// The journal of the books, the newest transaction first.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/journal", operation_id = "list_journal", tag = "books",
    params(("coop" = String, Path, format = Uuid), PageQuery),
    responses((status = 200, body = Page<JournalView>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_journal(app: Data<App>, actor: Actor<Member>, page: Query<PageQuery>) -> Result<Answer, Problem> {
    ledger::list_journal(&app, &actor, &page).await
}
