//! `GET /api/v1/coops/{coop}/journal/{journal}`

use actix_web::web::Data;
use governance::id::JournalId;
use wire::ledger::JournalView;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::ledger;

/// A transaction of the books.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/journal/{journal}", operation_id = "get_journal", tag = "books",
    params(("coop" = String, Path, format = Uuid), ("journal" = String, Path, format = Uuid)),
    responses((status = 200, body = JournalView),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_journal(app: Data<App>, actor: Actor<Member>, journal: Id<JournalId>) -> Result<Answer, Problem> {
    ledger::get_journal(&app, &actor, journal.0).await
}
