//! `POST /api/v1/coops/{coop}/journal/preview`

use actix_web::web::Data;
use wire::ledger::{JournalPreview, PostJournal};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Body;
use crate::problem::Problem;
use crate::services::ledger;

/// What posting a transaction would do to the books, for the treasurer. Nothing is posted.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/journal/preview", operation_id = "preview_journal", tag = "books",
    params(("coop" = String, Path, format = Uuid)),
    request_body = PostJournal,
    responses((status = 200, body = JournalPreview),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn preview_journal(
    app: Data<App>,
    actor: Actor<Treasurer>,
    body: Body<PostJournal>,
) -> Result<Answer, Problem> {
    ledger::preview(&app, &actor, body.0).await
}
