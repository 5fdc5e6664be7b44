//! `GET /api/v1/coops/{coop}/journal/{journal}/entries`

use actix_web::web::{Data, Query};
use governance::id::JournalId;
use wire::ledger::EntryView;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::ledger;

/// The entries of a transaction in their order, of which the transaction itself shows the first 200.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/journal/{journal}/entries", operation_id = "list_journal_entries", tag = "books",
    params(("coop" = String, Path, format = Uuid), ("journal" = String, Path, format = Uuid), PageQuery),
    responses((status = 200, body = Page<EntryView>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_journal_entries(
    app: Data<App>,
    actor: Actor<Member>,
    journal: Id<JournalId>,
    page: Query<PageQuery>,
) -> Result<Answer, Problem> {
    ledger::list_entries(&app, &actor, journal.0, &page).await
}
