//! `GET /api/v1/coops/{coop}/ledger/accounts`

use actix_web::web::{Data, Query};
use wire::ledger::LedgerAccountView;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::ledger;

/// The accounts of the books, in the order in which they were opened.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/ledger/accounts", operation_id = "list_ledger_accounts", tag = "books",
    params(("coop" = String, Path, format = Uuid), PageQuery),
    responses((status = 200, body = Page<LedgerAccountView>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_ledger_accounts(
    app: Data<App>,
    actor: Actor<Member>,
    page: Query<PageQuery>,
) -> Result<Answer, Problem> {
    ledger::list_accounts(&app, &actor, &page).await
}
